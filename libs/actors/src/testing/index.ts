// @drave/actors/testing: behaviours without a system, refs that keep what they are told.

export { BehaviorTestKit, type BehaviorTestKitOptions, type Effect } from './behavior-test-kit.js';
export { testInbox, type TestInbox } from './test-inbox.js';
