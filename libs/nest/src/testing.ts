// @drave/nest/testing: a broker inside a Nest test.

export * from './testing/drave-testing.js';
