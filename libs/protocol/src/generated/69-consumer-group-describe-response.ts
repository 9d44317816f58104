// ConsumerGroupDescribeResponse (key 69), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/69-consumer-group-describe.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ConsumerGroupDescribeResponse {
  readonly throttleTimeMs: number;
  readonly groups: ConsumerGroupDescribeResponseGroup[];
}

export interface ConsumerGroupDescribeResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly groups: readonly ConsumerGroupDescribeResponseGroupInput[];
}

export interface ConsumerGroupDescribeResponseGroup {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: ConsumerGroupDescribeResponseGroupMember[];
  /** default -2147483648. */
  readonly authorizedOperations: number;
}

export interface ConsumerGroupDescribeResponseGroupInput {
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly ConsumerGroupDescribeResponseGroupMemberInput[];
  readonly authorizedOperations?: number | undefined;
}

export interface ConsumerGroupDescribeResponseGroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: string[];
  readonly subscribedTopicRegex: string | null;
  readonly assignment: ConsumerGroupDescribeResponseGroupMemberAssignment;
  readonly targetAssignment: ConsumerGroupDescribeResponseGroupMemberTargetAssignment;
  /** Versions 1; default -1. */
  readonly memberType: number;
}

export interface ConsumerGroupDescribeResponseGroupMemberInput {
  readonly memberId: string;
  readonly instanceId?: string | null | undefined;
  readonly rackId?: string | null | undefined;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex?: string | null | undefined;
  readonly assignment: ConsumerGroupDescribeResponseGroupMemberAssignmentInput;
  readonly targetAssignment: ConsumerGroupDescribeResponseGroupMemberTargetAssignmentInput;
  readonly memberType?: number | undefined;
}

export interface ConsumerGroupDescribeResponseGroupMemberTargetAssignment {
  readonly topicPartitions: ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartition[];
}

export interface ConsumerGroupDescribeResponseGroupMemberTargetAssignmentInput {
  readonly topicPartitions: readonly ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionInput[];
}

export interface ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartition {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: number[];
}

export interface ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionInput {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: readonly number[];
}

export interface ConsumerGroupDescribeResponseGroupMemberAssignment {
  readonly topicPartitions: ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartition[];
}

export interface ConsumerGroupDescribeResponseGroupMemberAssignmentInput {
  readonly topicPartitions: readonly ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionInput[];
}

export interface ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartition {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: number[];
}

export interface ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionInput {
  readonly topicId: string;
  readonly topicName: string;
  readonly partitions: readonly number[];
}

const defaultConsumerGroupDescribeResponseGroupMemberAssignment: ConsumerGroupDescribeResponseGroupMemberAssignment =
  Object.freeze({ topicPartitions: [] });

const defaultConsumerGroupDescribeResponseGroupMemberTargetAssignment: ConsumerGroupDescribeResponseGroupMemberTargetAssignment =
  Object.freeze({ topicPartitions: [] });

function decodeConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartition {
  const topicId = reader.uuid();
  const topicName = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topicId, topicName, partitions };
}

function decodeConsumerGroupDescribeResponseGroupMemberAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroupMemberAssignment {
  const topicPartitionsLength = reader.compactArrayLength(19);
  const topicPartitions =
    newArray<ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartition>(
      topicPartitionsLength,
    );
  for (let i = 0; i < topicPartitionsLength; i++)
    topicPartitions[i] =
      decodeConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionFlexible(
        reader,
        apiVersion,
      );
  reader.skipTags();
  return { topicPartitions };
}

function decodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartition {
  const topicId = reader.uuid();
  const topicName = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topicId, topicName, partitions };
}

function decodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroupMemberTargetAssignment {
  const topicPartitionsLength = reader.compactArrayLength(19);
  const topicPartitions =
    newArray<ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartition>(
      topicPartitionsLength,
    );
  for (let i = 0; i < topicPartitionsLength; i++)
    topicPartitions[i] =
      decodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionFlexible(
        reader,
        apiVersion,
      );
  reader.skipTags();
  return { topicPartitions };
}

function decodeConsumerGroupDescribeResponseGroupMemberFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroupMember {
  const memberId = reader.compactString();
  const instanceId = reader.compactNullableString();
  const rackId = reader.compactNullableString();
  const memberEpoch = reader.int32();
  const clientId = reader.compactString();
  const clientHost = reader.compactString();
  const subscribedTopicNamesLength = reader.compactArrayLength(1);
  const subscribedTopicNames = newArray<string>(subscribedTopicNamesLength);
  for (let i = 0; i < subscribedTopicNamesLength; i++)
    subscribedTopicNames[i] = reader.compactString();
  const subscribedTopicRegex = reader.compactNullableString();
  const assignment = decodeConsumerGroupDescribeResponseGroupMemberAssignmentFlexible(
    reader,
    apiVersion,
  );
  const targetAssignment = decodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentFlexible(
    reader,
    apiVersion,
  );
  const memberType = apiVersion >= 1 ? reader.int8() : -1;
  reader.skipTags();
  return {
    memberId,
    instanceId,
    rackId,
    memberEpoch,
    clientId,
    clientHost,
    subscribedTopicNames,
    subscribedTopicRegex,
    assignment,
    targetAssignment,
    memberType,
  };
}

function decodeConsumerGroupDescribeResponseGroupFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponseGroup {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const groupId = reader.compactString();
  const groupState = reader.compactString();
  const groupEpoch = reader.int32();
  const assignmentEpoch = reader.int32();
  const assignorName = reader.compactString();
  const membersLength = reader.compactArrayLength(16);
  const members = newArray<ConsumerGroupDescribeResponseGroupMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeConsumerGroupDescribeResponseGroupMemberFlexible(reader, apiVersion);
  const authorizedOperations = reader.int32();
  reader.skipTags();
  return {
    errorCode,
    errorMessage,
    groupId,
    groupState,
    groupEpoch,
    assignmentEpoch,
    assignorName,
    members,
    authorizedOperations,
  };
}

function decodeConsumerGroupDescribeResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeResponse {
  const throttleTimeMs = reader.int32();
  const groupsLength = reader.compactArrayLength(20);
  const groups = newArray<ConsumerGroupDescribeResponseGroup>(groupsLength);
  for (let i = 0; i < groupsLength; i++)
    groups[i] = decodeConsumerGroupDescribeResponseGroupFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, groups };
}

function encodeConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionInput,
  apiVersion: number,
): void {
  writer.uuid(value.topicId);
  writer.compactString(value.topicName);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseGroupMemberAssignmentFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupMemberAssignmentInput,
  apiVersion: number,
): void {
  const topicPartitions = value.topicPartitions;
  writer.compactArrayLength(topicPartitions.length);
  for (const element of topicPartitions)
    encodeConsumerGroupDescribeResponseGroupMemberAssignmentTopicPartitionFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionInput,
  apiVersion: number,
): void {
  writer.uuid(value.topicId);
  writer.compactString(value.topicName);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupMemberTargetAssignmentInput,
  apiVersion: number,
): void {
  const topicPartitions = value.topicPartitions;
  writer.compactArrayLength(topicPartitions.length);
  for (const element of topicPartitions)
    encodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentTopicPartitionFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseGroupMemberFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupMemberInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactNullableString(value.instanceId ?? null);
  writer.compactNullableString(value.rackId ?? null);
  writer.int32(value.memberEpoch);
  writer.compactString(value.clientId);
  writer.compactString(value.clientHost);
  const subscribedTopicNames = value.subscribedTopicNames;
  writer.compactArrayLength(subscribedTopicNames.length);
  for (const element of subscribedTopicNames) writer.compactString(element);
  writer.compactNullableString(value.subscribedTopicRegex ?? null);
  encodeConsumerGroupDescribeResponseGroupMemberAssignmentFlexible(
    writer,
    value.assignment,
    apiVersion,
  );
  encodeConsumerGroupDescribeResponseGroupMemberTargetAssignmentFlexible(
    writer,
    value.targetAssignment,
    apiVersion,
  );
  if (apiVersion >= 1) {
    writer.int8(value.memberType ?? -1);
  }
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseGroupFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseGroupInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage ?? null);
  writer.compactString(value.groupId);
  writer.compactString(value.groupState);
  writer.int32(value.groupEpoch);
  writer.int32(value.assignmentEpoch);
  writer.compactString(value.assignorName);
  const members = value.members;
  writer.compactArrayLength(members.length);
  for (const element of members)
    encodeConsumerGroupDescribeResponseGroupMemberFlexible(writer, element, apiVersion);
  writer.int32(value.authorizedOperations ?? -2147483648);
  writer.uvarint(0);
}

function encodeConsumerGroupDescribeResponseFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const groups = value.groups;
  writer.compactArrayLength(groups.length);
  for (const element of groups)
    encodeConsumerGroupDescribeResponseGroupFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const consumerGroupDescribeResponseCodec: MessageCodec<
  ConsumerGroupDescribeResponse,
  ConsumerGroupDescribeResponseInput
> = {
  decode: (reader, apiVersion) => decodeConsumerGroupDescribeResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeConsumerGroupDescribeResponseFlexible(writer, value, apiVersion),
};
