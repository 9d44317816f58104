// @drave/client: producer, consumer, admin for any Kafka cluster.

export {
  aclOperations,
  aclPatternTypes,
  aclPermissions,
  aclResourceTypes,
  type Acl,
  type AclFilter,
} from './acl-requests.js';
export * from './admin.js';
export * from './assignor.js';
export {
  parseBrowsePlace,
  parseDuration,
  parseTime,
  type BrowsePlace,
} from './browse/browse-place.js';
export type { DamagedBatch } from './browse/partition-reader.js';
export {
  browseDefaults,
  type BrowseEvent,
  type BrowseProgress,
  type BrowseRequest,
} from './browse/record-browser.js';
export type { FoundRecord } from './browse/read-record.js';
export * from './browse/record-transfer.js';
export type { RecordMatch } from './browse/record-match.js';
export { ClientClosedError } from './client-closed-error.js';
export { KafkaClient, type KafkaClientOptions } from './client.js';
export type { ConfigChange, ConfigEntry, ConfigResource } from './config-requests.js';
export { Consumer, type ConsumerOptions, type PollOptions } from './consumer.js';
export { cooperativeStickyAssignor } from './cooperative-sticky-assignor.js';
export type { GroupDescription, GroupMemberDescription } from './group-descriptions.js';
export type { OffsetReset } from './fetcher.js';
export type { PartitionMetadata, TopicMetadata } from './metadata-cache.js';
export type { TrimTarget } from './log-requests.js';
export * from './offset-reset.js';
export type {
  CommitIdentity,
  CommittedOffset,
  FoundOffset,
  Isolation,
  OffsetQuery,
  OffsetSpec,
  OffsetToCommit,
} from './offset-requests.js';
export type { ConsumerBatches, ConsumerRecord } from './partition-buffer.js';
export type { Partitioner } from './partitioner.js';
export { Producer, type ProducerOptions } from './producer.js';
export type { Bytes, HeaderInput, ProducerRecord, RecordMetadata } from './producer-record.js';
export { rangeAssignor } from './range-assignor.js';
export {
  messagingAttributes,
  startProcess,
  traced,
  traceHeadersOf,
  type SpanStart,
  type TraceAttributes,
  type TraceHeaders,
  type TraceSpan,
  type Tracing,
} from './tracing.js';
export * from './topic-rows.js';
export * from './topic-trim.js';
export * from './letters/dead-letters.js';
export { letterOf, redriveIdHeader, type Letter } from './letters/letter.js';
export { ledgerTopic, type LetterPlace } from './letters/letter-ledger.js';
