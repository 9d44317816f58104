// @drave/coordinator: consumer groups and committed offsets as replicated state machines.

export type { PartitionWriter } from './coordinator-runtime.js';
export * from './group-coordinator.js';
export type * from './consumer-group-requests.js';
export type { GroupHappening, LeaveReason, RebalanceReason, TellGroup } from './group-events.js';
export type { GroupTopic, GroupTopics } from './group-topics.js';
export * from './group-requests.js';
export { type GroupSettings, groupSettings } from './group-settings.js';
export * from './offsets-topic-codec.js';
export type { KeyValue } from './record-bytes.js';
export type { ListedTopicPartitions } from './topic-partitions.js';
