// Test kit: a topology without sockets, with a clock of your own.

export * from './topology-test-driver.js';
