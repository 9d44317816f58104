// A whole broker with its clients in the simulator: nothing acknowledged is lost, and one seed is one story.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, silentLogger } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import {
  brokerCrash,
  brokerCrashScenario,
  diskFaultScenario,
  journalCrashScenario,
  manyPartitions,
  manyPartitionsScenario,
  parseSeeds,
  runSimulation,
  type Scenario,
  scenarios,
} from '@drave/sim';

describe('a broker in the simulator', () => {
  it('loses nothing acknowledged, whatever is cut, killed or without power', async () => {
    let faultCount = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const { facts } = await runSimulation(seed, brokerCrashScenario);
      expect(facts['acknowledged']).toBeGreaterThan(0);
      faultCount += facts['faults'] ?? 0;
    }
    expect(faultCount).toBeGreaterThan(5);
  });

  it('loses nothing acknowledged that only the shared journal holds', async () => {
    let replayCount = 0;
    const info = (event: string): void => void (replayCount += event === 'log-replayed' ? 1 : 0);
    const logger: Logger = { ...silentLogger, info, child: () => logger };
    for (let seed = 1; seed <= 6; seed += 1) {
      const { facts } = await runSimulation(seed, journalCrashScenario, { logger });
      expect(facts['acknowledged']).toBeGreaterThan(0);
    }
    expect(replayCount).toBeGreaterThan(0);
  });

  it('loses nothing of two hundred partitions, the journal used where it costs less', async () => {
    let replayCount = 0;
    const info = (event: string): void => void (replayCount += event === 'log-replayed' ? 1 : 0);
    const logger: Logger = { ...silentLogger, info, child: () => logger };
    for (const seed of [1, 2]) {
      const { facts } = await runSimulation(seed, manyPartitionsScenario, { logger });
      expect(facts['acknowledged']).toBeGreaterThan(200);
    }
    expect(replayCount).toBeGreaterThan(0);
    // Power cuts may take the topic itself along: then the run ends another way.
    const outcomes = await outcomesOf([1, 2, 3, 4], manyPartitions({ flush: 'os' }));
    expect(outcomes.some((one) => one.includes('acknowledged-record-is-there'))).toBe(true);
  });

  it('survives a failing disk and a power cut at any disk operation', async () => {
    let faultCount = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { facts } = await runSimulation(seed, diskFaultScenario);
      faultCount += facts['faults'] ?? 0;
    }
    expect(faultCount).toBeGreaterThan(8);
  });

  it('would notice a loss: without fsync before the answer, power cuts cost records', async () => {
    const outcomes = await outcomesOf([1, 2, 3, 4, 5, 6], brokerCrash({ flush: 'os' }));
    expect(outcomes.some((one) => one.includes('acknowledged-record-is-there'))).toBe(true);
  });

  it('plays one seed the same way each time and another seed another way', async () => {
    const first = await runSimulation(77, brokerCrashScenario);
    const second = await runSimulation(77, brokerCrashScenario);
    expect(second).toEqual(first);
    const other = await runSimulation(78, brokerCrashScenario);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it('plays the seeds that failed once', async () => {
    const text = readFileSync(join(import.meta.dirname, '..', 'seeds.txt'), 'utf8');
    for (const { scenario: name, seed } of parseSeeds(text)) {
      const scenario = scenarios.find((one) => one.name === name);
      if (scenario === undefined) throw new Error(`seeds.txt names no scenario: ${name}`);
      await runSimulation(seed, scenario);
    }
  });

  it('says how to see a failure again', async () => {
    const written: string[] = [];
    const broken = { name: 'broken', play: () => Promise.reject(new Error('invariant')) };
    const run = runSimulation(3, broken, { write: (text) => written.push(text) });
    await expect(run).rejects.toThrow('invariant');
    expect(written.join('')).toContain('npm run sim -- --scenario broken --seed 3');
  });
});

/** How each seed's run ended: 'fine', or the message of its failure. */
function outcomesOf(seeds: readonly number[], scenario: Scenario): Promise<string[]> {
  const runs = seeds.map((seed) =>
    runSimulation(seed, scenario, { write: () => undefined }).then(
      () => 'fine',
      (error: Error) => error.message,
    ),
  );
  return Promise.all(runs);
}
