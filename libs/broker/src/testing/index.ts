// @drave/broker/testing: a real broker inside a test, on a free port and a disk in memory.

export * from './test-broker.js';
