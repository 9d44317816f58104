// Bounds and defaults of the transport in one place: every queue, wait and retry of it names one of these.
// Protects: relations between them, checked when the file loads.

import { assert } from '@drave/platform';

export const transportLimits = Object.freeze({
  /** Records of one partition that wait or run; then the partition is paused. Default of `bufferedRecords`. */
  bufferedRecords: 500,
  /** Records of one poll; a buffer exceeds its bound by at most this. */
  pollRecords: 500,
  /** How long a poll waits for records. */
  pollMs: 500,
  /** Completed records are committed so often. */
  commitIntervalMs: 500,
  /** Highest concurrency of one partition. */
  concurrencyMax: 1_000,
  /** Largest batch. */
  batchRecordsMax: 10_000,
  batchRecords: 100,
  batchLingerMs: 20,
  attempts: 3,
  attemptsMax: 100,
  /** Pauses between attempts when a handler says nothing. */
  inPlaceDelaysMs: Object.freeze([200, 1_000]),
  topicDelaysMs: Object.freeze([1_000, 10_000, 60_000]),
  /** Different delays of one handler, one retry topic each. */
  delaysMax: 10,
  retryPartitions: 3,
  /** A retry or dead letter that cannot be written is tried again after this, doubling up to the maximum. */
  writeBackoffMs: 500,
  writeBackoffMsMax: 30_000,
  /** How long a rebalance waits for handlers of the partitions that go. */
  revokeMs: 5_000,
  /** How long a shutdown waits for handlers. */
  drainMs: 10_000,
  /** How long leaving a group and closing connections may take. */
  closeMs: 5_000,
  /** How long `listen` waits for the first assignment; then it goes on. */
  joinMs: 10_000,
  /** Topics are looked up so often for RegExp patterns. */
  topicRefreshMs: 30_000,
  /** A handler that runs longer counts as stuck in the health check. */
  stuckMs: 300_000,
  /** No poll for so long is unhealthy. */
  pollAgeMs: 30_000,
  /** A consumer that fails is started again this often in a row; then it has failed for good. */
  restarts: 10,
  restartBackoffMs: 500,
  restartBackoffMsMax: 30_000,
  /** A consumer that ran so long without failing has recovered. */
  restartForgetMs: 60_000,
  /** Requests of one client that wait for replies. */
  pendingRequests: 10_000,
  requestTimeoutMs: 30_000,
  replyPartitions: 3,
  replyRetentionMs: 3_600_000,
  /** How long a reply waits for metadata, and for its acknowledgement. */
  replyBlockMs: 5_000,
  replyDeliveryMs: 30_000,
});

assert(transportLimits.revokeMs < 60_000, 'revoke-within-rebalance');
assert(transportLimits.writeBackoffMs <= transportLimits.writeBackoffMsMax, 'write-backoff-range');
assert(transportLimits.restartBackoffMs <= transportLimits.restartBackoffMsMax, 'restart-range');
assert(transportLimits.batchRecords <= transportLimits.batchRecordsMax, 'batch-range');
