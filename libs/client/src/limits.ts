// Bounds and defaults of the client in one place: every queue, wait and retry of this library names one of these.
// Protects: relations between them, checked when the file loads. Values follow Kafka's Java client unless a comment
// says otherwise.

import { assert } from '@drave/platform';

export const clientLimits = Object.freeze({
  /** Largest response frame accepted from a broker. */
  frameBytesMax: 104_857_600,
  /** Requests of one connection that wait for an answer. */
  inFlightMax: 64,
  /** Requests of one connection that wait to be sent. */
  queuedRequestsMax: 10_000,
  /** Calls of one producer that wait for room or for metadata. */
  waitingSendsMax: 100_000,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  /** How long one API call may go on retrying. */
  apiTimeoutMs: 60_000,
  metadataMaxAgeMs: 300_000,
  /** First pause between two attempts; doubles up to the maximum, with jitter. */
  retryBackoffMs: 50,
  retryBackoffMsMax: 1_000,
  /** Offset metadata is refused by the broker above this. */
  offsetMetadataCharsMax: 4_096,
});

export const producerDefaults = Object.freeze({
  acks: -1,
  lingerMs: 5,
  /** Differs from Kafka (16 KiB): fewer, larger batches suit one event loop better. */
  batchBytes: 65_536,
  maxInFlight: 5,
  bufferBytes: 33_554_432,
  maxRequestBytes: 1_048_576,
  deliveryTimeoutMs: 120_000,
  maxBlockMs: 60_000,
  closeTimeoutMs: 30_000,
});

export const consumerDefaults = Object.freeze({
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 3_000,
  /** Time a member has to rejoin; Kafka ties it to max.poll.interval, here rejoining does not need a poll. */
  rebalanceTimeoutMs: 60_000,
  maxPollIntervalMs: 300_000,
  maxPollRecords: 500,
  /** How often a group's leader looks whether its topics have more partitions … */
  topicWatchMs: 30_000,
  /** … and while one of them does not exist yet. */
  missingTopicWatchMs: 3_000,
  pollTimeoutMs: 1_000,
  /** How long closing waits for the answer to LeaveGroup. */
  leaveTimeoutMs: 5_000,
  fetchMinBytes: 1,
  fetchMaxBytes: 16_777_216,
  fetchMaxWaitMs: 500,
  fetchPartitionMaxBytes: 1_048_576,
  /** Parallel fetches per broker, each on its own connection: a parked one must not delay a drained partition. */
  fetchLanes: 2,
});

assert(producerDefaults.batchBytes <= producerDefaults.maxRequestBytes, 'batch-fits-request');
assert(producerDefaults.maxRequestBytes <= producerDefaults.bufferBytes, 'request-fits-buffer');
assert(producerDefaults.maxInFlight <= 5, 'idempotence-window');
assert(clientLimits.retryBackoffMs <= clientLimits.retryBackoffMsMax, 'backoff-range');
assert(
  consumerDefaults.heartbeatIntervalMs * 3 <= consumerDefaults.sessionTimeoutMs,
  'heartbeats-per-session',
);
