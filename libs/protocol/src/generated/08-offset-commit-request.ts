// OffsetCommitRequest (key 8), versions 2 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/08-offset-commit.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetCommitRequest {
  readonly groupId: string;
  /** default -1. */
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  /** Versions 7+. */
  readonly groupInstanceId: string | null;
  /** Versions 2 to 4; default -1. */
  readonly retentionTimeMs: number;
  readonly topics: OffsetCommitRequestTopic[];
}

export interface OffsetCommitRequestInput {
  readonly groupId: string;
  readonly generationIdOrMemberEpoch?: number | undefined;
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly retentionTimeMs?: number | undefined;
  readonly topics: readonly OffsetCommitRequestTopicInput[];
}

export interface OffsetCommitRequestTopic {
  readonly name: string;
  readonly partitions: OffsetCommitRequestTopicPartition[];
}

export interface OffsetCommitRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetCommitRequestTopicPartitionInput[];
}

export interface OffsetCommitRequestTopicPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  /** Versions 6+; default -1. */
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

export interface OffsetCommitRequestTopicPartitionInput {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly committedMetadata: string | null;
}

function decodeOffsetCommitRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = apiVersion >= 6 ? reader.int32() : -1;
  const committedMetadata = reader.nullableString();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function decodeOffsetCommitRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetCommitRequestTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(14);
  const partitions = newArray<OffsetCommitRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetCommitRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeOffsetCommitRequestClassic(reader: Reader, apiVersion: number): OffsetCommitRequest {
  const groupId = reader.string();
  const generationIdOrMemberEpoch = reader.int32();
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 7 ? reader.nullableString() : null;
  const retentionTimeMs = apiVersion <= 4 ? reader.int64() : -1;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetCommitRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetCommitRequestTopicClassic(reader, apiVersion);
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics };
}

function encodeOffsetCommitRequestTopicPartitionClassic(
  writer: Writer,
  value: OffsetCommitRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  if (apiVersion >= 6) {
    writer.int32(value.committedLeaderEpoch ?? -1);
  }
  writer.nullableString(value.committedMetadata);
}

function encodeOffsetCommitRequestTopicClassic(
  writer: Writer,
  value: OffsetCommitRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetCommitRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetCommitRequestClassic(
  writer: Writer,
  value: OffsetCommitRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.int32(value.generationIdOrMemberEpoch ?? -1);
  writer.string(value.memberId);
  if (apiVersion >= 7) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
  if (apiVersion <= 4) {
    writer.int64(value.retentionTimeMs ?? -1);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeOffsetCommitRequestTopicClassic(writer, element, apiVersion);
}

function decodeOffsetCommitRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = reader.int32();
  const committedMetadata = reader.compactNullableString();
  reader.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function decodeOffsetCommitRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitRequestTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(18);
  const partitions = newArray<OffsetCommitRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetCommitRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeOffsetCommitRequestFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitRequest {
  const groupId = reader.compactString();
  const generationIdOrMemberEpoch = reader.int32();
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const retentionTimeMs: number = -1;
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<OffsetCommitRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetCommitRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, retentionTimeMs, topics };
}

function encodeOffsetCommitRequestTopicPartitionFlexible(
  writer: Writer,
  value: OffsetCommitRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  writer.int32(value.committedLeaderEpoch ?? -1);
  writer.compactNullableString(value.committedMetadata);
  writer.uvarint(0);
}

function encodeOffsetCommitRequestTopicFlexible(
  writer: Writer,
  value: OffsetCommitRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetCommitRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetCommitRequestFlexible(
  writer: Writer,
  value: OffsetCommitRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.int32(value.generationIdOrMemberEpoch ?? -1);
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeOffsetCommitRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const offsetCommitRequestCodec: MessageCodec<OffsetCommitRequest, OffsetCommitRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 8
        ? decodeOffsetCommitRequestFlexible(reader, apiVersion)
        : decodeOffsetCommitRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 8
        ? encodeOffsetCommitRequestFlexible(writer, value, apiVersion)
        : encodeOffsetCommitRequestClassic(writer, value, apiVersion),
  };
