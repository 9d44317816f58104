// @drave/broker/testing: a real broker inside a test, on a free port and a disk in memory.

export * from './broker-dump.js';
export type { Duration } from './duration.js';
export {
  delay,
  drop,
  dropAnswer,
  failure,
  silence,
  type ApiName,
  type Decision,
  type Instruction,
  type InterceptedRequest,
  type Interception,
  type Interceptor,
  type KeyOf,
  type RequestTrace,
} from './interception.js';
export type { StoredRecord, TestRecord } from './stored-records.js';
export * from './test-broker.js';
export type { TestClock } from './test-clock.js';
export type { TestBrokerOptions } from './test-options.js';
export * from './runner-hooks.js';
