// @drave/sim: deterministic worlds for tests. A scenario plays brokers and clients under one seed and checks invariants.

import { brokerCrashScenario, journalCrashScenario } from './broker-crash-scenario.js';
import { diskFaultScenario } from './disk-fault-scenario.js';
import { manyPartitionsScenario } from './many-partitions-scenario.js';
import type { Scenario } from './run-simulation.js';
import { streamsCrashScenario } from './streams-crash-scenario.js';

export { brokerCrash, brokerCrashScenario, journalCrashScenario } from './broker-crash-scenario.js';
export {
  runSimulation,
  type Scenario,
  type ScenarioFacts,
  type SimulationOptions,
  type SimulationResult,
} from './run-simulation.js';
export { diskFaultScenario } from './disk-fault-scenario.js';
export { manyPartitions, manyPartitionsScenario } from './many-partitions-scenario.js';
export { streamsCrashScenario } from './streams-crash-scenario.js';
export { parseSeeds, type KnownSeed } from './known-seeds.js';

/** What `npm run sim` can play. */
export const scenarios: readonly Scenario[] = Object.freeze([
  brokerCrashScenario,
  journalCrashScenario,
  manyPartitionsScenario,
  diskFaultScenario,
  streamsCrashScenario,
]);
