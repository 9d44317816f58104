// `npm run sim -- --seed N [--seeds K] [--scenario NAME] [--log]`: plays scenarios of libs/sim, one line per seed and one
// line of verdict; `--seeds 50` plays N … N+49, every tenth of them twice, whose traces must be equal.

import { parseArgs } from 'node:util';
import { pinoLogger } from '@drave/platform';
import { runSimulation, scenarios, type Scenario, type SimulationResult } from '@drave/sim';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    scenario: { type: 'string' },
    log: { type: 'boolean', default: false },
  },
});
const firstSeed = Number(values.seed);
const seedCount = Number(values.seeds);
const chosen = scenarios.filter(({ name }) => name === (values.scenario ?? name));
if (!Number.isSafeInteger(firstSeed) || !(seedCount >= 1) || chosen.length === 0) {
  const names = scenarios.map(({ name }) => name).join(', ');
  console.error(`sim: give --seed N, --seeds K ≥ 1, and --scenario one of: ${names}`);
  process.exit(2);
}

let failedCount = 0;
let passedCount = 0;
for (const scenario of chosen) {
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    try {
      report(scenario, await play(scenario, seed));
      passedCount += 1;
    } catch (error) {
      failedCount += 1;
      console.error(error);
    }
  }
}
console.log(`sim: ${passedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount === 0 ? 0 : 1;

async function play(scenario: Scenario, seed: number): Promise<SimulationResult> {
  const options = values.log ? { logger: pinoLogger({ level: 'debug', pretty: true }) } : {};
  const result = await runSimulation(seed, scenario, options);
  if (seedCount === 1 || seed % 10 === 0) {
    const again = await runSimulation(seed, scenario);
    if (again.traceHash !== result.traceHash) {
      throw new Error(`seed ${seed} has two stories: ${result.traceHash} and ${again.traceHash}`);
    }
  }
  return result;
}

function report(scenario: Scenario, result: SimulationResult): void {
  const facts = Object.entries(result.facts).map(([name, count]) => `${name}=${count}`);
  const hash = result.traceHash.slice(0, 12);
  const line = [
    scenario.name,
    `seed=${result.seed}`,
    `trace=${hash}`,
    `events=${result.eventCount}`,
  ];
  console.log([...line, `worldMs=${result.worldMs.toFixed(0)}`, ...facts].join(' '));
}
