// @drave/protocol: Kafka's wire language as pure functions over bytes.

export * from './protocol-error.js';
