// ConsumerGroupHeartbeatResponse (key 68), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/68-consumer-group-heartbeat.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ConsumerGroupHeartbeatResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment: ConsumerGroupHeartbeatResponseAssignment | null;
}

export interface ConsumerGroupHeartbeatResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  readonly assignment?: ConsumerGroupHeartbeatResponseAssignmentInput | null | undefined;
}

export interface ConsumerGroupHeartbeatResponseAssignment {
  readonly topicPartitions: ConsumerGroupHeartbeatResponseAssignmentTopicPartition[];
}

export interface ConsumerGroupHeartbeatResponseAssignmentInput {
  readonly topicPartitions: readonly ConsumerGroupHeartbeatResponseAssignmentTopicPartitionInput[];
}

export interface ConsumerGroupHeartbeatResponseAssignmentTopicPartition {
  readonly topicId: string;
  readonly partitions: number[];
}

export interface ConsumerGroupHeartbeatResponseAssignmentTopicPartitionInput {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

function decodeConsumerGroupHeartbeatResponseAssignmentTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupHeartbeatResponseAssignmentTopicPartition {
  const topicId = reader.uuid();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topicId, partitions };
}

function decodeConsumerGroupHeartbeatResponseAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupHeartbeatResponseAssignment {
  const topicPartitionsLength = reader.compactArrayLength(18);
  const topicPartitions =
    newArray<ConsumerGroupHeartbeatResponseAssignmentTopicPartition>(topicPartitionsLength);
  for (let i = 0; i < topicPartitionsLength; i++)
    topicPartitions[i] = decodeConsumerGroupHeartbeatResponseAssignmentTopicPartitionFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { topicPartitions };
}

function decodeConsumerGroupHeartbeatResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupHeartbeatResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const memberId = reader.compactNullableString();
  const memberEpoch = reader.int32();
  const heartbeatIntervalMs = reader.int32();
  const assignment =
    reader.int8() < 0
      ? null
      : decodeConsumerGroupHeartbeatResponseAssignmentFlexible(reader, apiVersion);
  reader.skipTags();
  return {
    throttleTimeMs,
    errorCode,
    errorMessage,
    memberId,
    memberEpoch,
    heartbeatIntervalMs,
    assignment,
  };
}

function encodeConsumerGroupHeartbeatResponseAssignmentTopicPartitionFlexible(
  writer: Writer,
  value: ConsumerGroupHeartbeatResponseAssignmentTopicPartitionInput,
  apiVersion: number,
): void {
  writer.uuid(value.topicId);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeConsumerGroupHeartbeatResponseAssignmentFlexible(
  writer: Writer,
  value: ConsumerGroupHeartbeatResponseAssignmentInput,
  apiVersion: number,
): void {
  const topicPartitions = value.topicPartitions;
  writer.compactArrayLength(topicPartitions.length);
  for (const element of topicPartitions)
    encodeConsumerGroupHeartbeatResponseAssignmentTopicPartitionFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeConsumerGroupHeartbeatResponseFlexible(
  writer: Writer,
  value: ConsumerGroupHeartbeatResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage ?? null);
  writer.compactNullableString(value.memberId ?? null);
  writer.int32(value.memberEpoch);
  writer.int32(value.heartbeatIntervalMs);
  const assignment = value.assignment ?? null;
  if (assignment === null) writer.int8(-1);
  else {
    writer.int8(1);
    encodeConsumerGroupHeartbeatResponseAssignmentFlexible(writer, assignment, apiVersion);
  }
  writer.uvarint(0);
}

export const consumerGroupHeartbeatResponseCodec: MessageCodec<
  ConsumerGroupHeartbeatResponse,
  ConsumerGroupHeartbeatResponseInput
> = {
  decode: (reader, apiVersion) => decodeConsumerGroupHeartbeatResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeConsumerGroupHeartbeatResponseFlexible(writer, value, apiVersion),
};
