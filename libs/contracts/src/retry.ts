// Names of the headers on a record in a retry topic, fixed once. Values are UTF-8 text; numbers in decimal. The record keeps key,
// value and its other headers; its own timestamp is the time of the failed attempt, so that retention does not eat old records.

export const retryHeaders = Object.freeze({
  /** Where the record was first: topic, partition, offset, timestamp in milliseconds. */
  topic: 'x-retry-topic',
  partition: 'x-retry-partition',
  offset: 'x-retry-offset',
  timestamp: 'x-retry-timestamp',
  /** Attempts that failed so far, at least 1. */
  attempts: 'x-retry-attempts',
  /** Not before this time; milliseconds since the epoch. */
  due: 'x-retry-due',
  /** Class and sentence of the last failure. */
  error: 'x-retry-error',
});
