// Plays a scenario in a world of its own. Protects: a failure says how to see it again, and a world's trace is complete.

import { SimulatedWorld, type Logger } from '@drave/platform';

export interface Scenario {
  /** As `npm run sim -- --scenario` takes it: letters, digits and dashes. */
  readonly name: string;
  /** Rejects when an invariant is broken. All chance comes from `world.random`, all time from the world. */
  readonly play: (world: SimulatedWorld) => Promise<ScenarioFacts>;
}

/** What a run did; tests assert on these that the interesting things happened. */
export type ScenarioFacts = Readonly<Record<string, number>>;

export interface SimulationResult {
  readonly seed: number | string;
  /** Equal for equal runs. */
  readonly traceHash: string;
  readonly eventCount: number;
  readonly worldMs: number;
  readonly facts: ScenarioFacts;
}

export interface SimulationOptions {
  /** Gets the log lines of all nodes. */
  readonly logger?: Logger;
  /** Where the replay command goes when the run fails; default standard error. */
  readonly write?: (text: string) => void;
}

/** Plays `scenario` under `seed`. On a failure writes the command that replays it, then rejects with the error. */
export async function runSimulation(
  seed: number | string,
  scenario: Scenario,
  options: SimulationOptions = {},
): Promise<SimulationResult> {
  const { logger } = options;
  const world = new SimulatedWorld({ seed, ...(logger === undefined ? {} : { logger }) });
  try {
    const facts = await scenario.play(world);
    const { eventCount, nowMs } = world;
    return { seed, traceHash: world.traceHash(), eventCount, worldMs: nowMs, facts };
  } catch (error) {
    const write = options.write ?? ((text: string) => void process.stderr.write(text));
    write(
      `simulation "${scenario.name}" failed at ${world.nowMs.toFixed(3)} ms of its world; to see it again:\n` +
        `  npm run sim -- --scenario ${scenario.name} --seed ${seed}\n`,
    );
    throw error;
  }
}
