// ConsumerGroupHeartbeatRequest (key 68), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/68-consumer-group-heartbeat.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ConsumerGroupHeartbeatRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** default -1. */
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: string[] | null;
  /** Versions 1. */
  readonly subscribedTopicRegex: string | null;
  readonly serverAssignor: string | null;
  readonly topicPartitions: ConsumerGroupHeartbeatRequestTopicPartition[] | null;
}

export interface ConsumerGroupHeartbeatRequestInput {
  readonly groupId: string;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly instanceId?: string | null | undefined;
  readonly rackId?: string | null | undefined;
  readonly rebalanceTimeoutMs?: number | undefined;
  readonly subscribedTopicNames?: readonly string[] | null | undefined;
  readonly subscribedTopicRegex?: string | null | undefined;
  readonly serverAssignor?: string | null | undefined;
  readonly topicPartitions?:
    readonly ConsumerGroupHeartbeatRequestTopicPartitionInput[] | null | undefined;
}

export interface ConsumerGroupHeartbeatRequestTopicPartition {
  readonly topicId: string;
  readonly partitions: number[];
}

export interface ConsumerGroupHeartbeatRequestTopicPartitionInput {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

function decodeConsumerGroupHeartbeatRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupHeartbeatRequestTopicPartition {
  const topicId = reader.uuid();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topicId, partitions };
}

function decodeConsumerGroupHeartbeatRequestFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupHeartbeatRequest {
  const groupId = reader.compactString();
  const memberId = reader.compactString();
  const memberEpoch = reader.int32();
  const instanceId = reader.compactNullableString();
  const rackId = reader.compactNullableString();
  const rebalanceTimeoutMs = reader.int32();
  let subscribedTopicNames: string[] | null = null;
  const subscribedTopicNamesLength = reader.compactNullableArrayLength(1);
  if (subscribedTopicNamesLength < 0) subscribedTopicNames = null;
  else {
    subscribedTopicNames = newArray<string>(subscribedTopicNamesLength);
    for (let i = 0; i < subscribedTopicNamesLength; i++)
      subscribedTopicNames[i] = reader.compactString();
  }
  const subscribedTopicRegex = apiVersion >= 1 ? reader.compactNullableString() : null;
  const serverAssignor = reader.compactNullableString();
  let topicPartitions: ConsumerGroupHeartbeatRequestTopicPartition[] | null = null;
  const topicPartitionsLength = reader.compactNullableArrayLength(18);
  if (topicPartitionsLength < 0) topicPartitions = null;
  else {
    topicPartitions = newArray<ConsumerGroupHeartbeatRequestTopicPartition>(topicPartitionsLength);
    for (let i = 0; i < topicPartitionsLength; i++)
      topicPartitions[i] = decodeConsumerGroupHeartbeatRequestTopicPartitionFlexible(
        reader,
        apiVersion,
      );
  }
  reader.skipTags();
  return {
    groupId,
    memberId,
    memberEpoch,
    instanceId,
    rackId,
    rebalanceTimeoutMs,
    subscribedTopicNames,
    subscribedTopicRegex,
    serverAssignor,
    topicPartitions,
  };
}

function encodeConsumerGroupHeartbeatRequestTopicPartitionFlexible(
  writer: Writer,
  value: ConsumerGroupHeartbeatRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.uuid(value.topicId);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeConsumerGroupHeartbeatRequestFlexible(
  writer: Writer,
  value: ConsumerGroupHeartbeatRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.compactString(value.memberId);
  writer.int32(value.memberEpoch);
  writer.compactNullableString(value.instanceId ?? null);
  writer.compactNullableString(value.rackId ?? null);
  writer.int32(value.rebalanceTimeoutMs ?? -1);
  const subscribedTopicNames = value.subscribedTopicNames ?? null;
  if (subscribedTopicNames === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(subscribedTopicNames.length);
    for (const element of subscribedTopicNames) writer.compactString(element);
  }
  if (apiVersion >= 1) {
    writer.compactNullableString(value.subscribedTopicRegex ?? null);
  }
  writer.compactNullableString(value.serverAssignor ?? null);
  const topicPartitions = value.topicPartitions ?? null;
  if (topicPartitions === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topicPartitions.length);
    for (const element of topicPartitions)
      encodeConsumerGroupHeartbeatRequestTopicPartitionFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const consumerGroupHeartbeatRequestCodec: MessageCodec<
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatRequestInput
> = {
  decode: (reader, apiVersion) => decodeConsumerGroupHeartbeatRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeConsumerGroupHeartbeatRequestFlexible(writer, value, apiVersion),
};
