// Suites that every adapter of a port must pass; authors of other adapters run them too.
// Each takes the runner's `describe` and `it` and a function that runs a test body with a fresh adapter.

export { diskSuite, type WithDisk } from './disk-suite.js';
export { networkSuite, type NetworkHarness, type WithNetwork } from './network-suite.js';
export { timeSuite, type TimeHarness, type WithTime } from './time-suite.js';
export type { TestRunner } from './test-runner.js';
