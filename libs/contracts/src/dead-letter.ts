// Names of the headers on a dead letter, fixed once. Values are UTF-8 text; numbers in decimal.

export const deadLetterHeaders = Object.freeze({
  topic: 'x-dlq-topic',
  partition: 'x-dlq-partition',
  offset: 'x-dlq-offset',
  group: 'x-dlq-group',
  node: 'x-dlq-node',
  errorClass: 'x-dlq-error-class',
  error: 'x-dlq-error',
  attempts: 'x-dlq-attempts',
  /** When it was dead-lettered, ISO 8601; the record's own timestamp says the same. */
  at: 'x-dlq-at',
});
