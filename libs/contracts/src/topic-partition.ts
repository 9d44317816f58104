// Topic, partition and offset as the field names them. An int64 is a `number` (range-checked where bytes are decoded).

/** Position of a record in a partition; integer, 0 … 2^53 − 1; −1 where Kafka says "none". */
export type Offset = number;

/** Kafka's leader epoch; int32; −1 for "not known". */
export type LeaderEpoch = number;

/** int64 as a number; −1 for "none". */
export type ProducerId = number;

/** Node id of a broker; int32, ≥ 0; −1 for "none". */
export type BrokerId = number;

export interface TopicPartition {
  readonly topic: string;
  /** int32, ≥ 0. */
  readonly partition: number;
}

/** `topic-partition` as in Kafka's directory names; unique because the last hyphen separates. */
export function topicPartitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Inverse of `topicPartitionKey`; undefined when the text is not of that form. */
export function parseTopicPartitionKey(key: string): TopicPartition | undefined {
  const match = /^(.+)-(0|[1-9]\d{0,9})$/s.exec(key);
  return match ? { topic: match[1] ?? '', partition: Number(match[2]) } : undefined;
}

/** Legal topic name: 1 to 249 of `[a-zA-Z0-9._-]`, not `.` or `..`. Source: Kafka's Topic.validate. */
export function isLegalTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}

/** Topics the cluster itself writes; clients may not produce to them. */
export const internalTopics = Object.freeze({
  consumerOffsets: '__consumer_offsets',
  transactionState: '__transaction_state',
});

/** Records that wait for their time stand in the topic of this prefix and the name of their own. */
export const delayTopicPrefix = '__drave_delay.';

export function isDelayTopic(name: string): boolean {
  return name.startsWith(delayTopicPrefix);
}

export function isInternalTopic(name: string): boolean {
  return (
    name === internalTopics.consumerOffsets ||
    name === internalTopics.transactionState ||
    isDelayTopic(name)
  );
}
