// OffsetFetchResponse (key 9), versions 1 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/09-offset-fetch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetFetchResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number;
  /** Versions 1 to 7. */
  readonly topics: OffsetFetchResponseTopic[];
  /** Versions 2 to 7; default 0. */
  readonly errorCode: number;
  /** Versions 8+. */
  readonly groups: OffsetFetchResponseGroup[];
}

export interface OffsetFetchResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics?: readonly OffsetFetchResponseTopicInput[] | undefined;
  readonly errorCode?: number | undefined;
  readonly groups?: readonly OffsetFetchResponseGroupInput[] | undefined;
}

export interface OffsetFetchResponseGroup {
  /** Versions 8+. */
  readonly groupId: string;
  /** Versions 8+. */
  readonly topics: OffsetFetchResponseGroupTopic[];
  /** Versions 8+; default 0. */
  readonly errorCode: number;
}

export interface OffsetFetchResponseGroupInput {
  readonly groupId: string;
  readonly topics: readonly OffsetFetchResponseGroupTopicInput[];
  readonly errorCode?: number | undefined;
}

export interface OffsetFetchResponseGroupTopic {
  /** Versions 8+. */
  readonly name: string;
  /** Versions 8+. */
  readonly partitions: OffsetFetchResponseGroupTopicPartition[];
}

export interface OffsetFetchResponseGroupTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetFetchResponseGroupTopicPartitionInput[];
}

export interface OffsetFetchResponseGroupTopicPartition {
  /** Versions 8+. */
  readonly partitionIndex: number;
  /** Versions 8+. */
  readonly committedOffset: number;
  /** Versions 8+; default -1. */
  readonly committedLeaderEpoch: number;
  /** Versions 8+. */
  readonly metadata: string | null;
  /** Versions 8+. */
  readonly errorCode: number;
}

export interface OffsetFetchResponseGroupTopicPartitionInput {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly metadata: string | null;
  readonly errorCode: number;
}

export interface OffsetFetchResponseTopic {
  /** Versions 1 to 7. */
  readonly name: string;
  /** Versions 1 to 7. */
  readonly partitions: OffsetFetchResponseTopicPartition[];
}

export interface OffsetFetchResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetFetchResponseTopicPartitionInput[];
}

export interface OffsetFetchResponseTopicPartition {
  /** Versions 1 to 7. */
  readonly partitionIndex: number;
  /** Versions 1 to 7. */
  readonly committedOffset: number;
  /** Versions 5 to 7; default -1. */
  readonly committedLeaderEpoch: number;
  /** Versions 1 to 7. */
  readonly metadata: string | null;
  /** Versions 1 to 7. */
  readonly errorCode: number;
}

export interface OffsetFetchResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly metadata: string | null;
  readonly errorCode: number;
}

function decodeOffsetFetchResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = apiVersion >= 5 ? reader.int32() : -1;
  const metadata = reader.nullableString();
  const errorCode = reader.int16();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

function decodeOffsetFetchResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(16);
  const partitions = newArray<OffsetFetchResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetFetchResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeOffsetFetchResponseClassic(reader: Reader, apiVersion: number): OffsetFetchResponse {
  const throttleTimeMs = apiVersion >= 3 ? reader.int32() : 0;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetFetchResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetFetchResponseTopicClassic(reader, apiVersion);
  const errorCode = apiVersion >= 2 ? reader.int16() : 0;
  const groups: OffsetFetchResponseGroup[] = [];
  return { throttleTimeMs, topics, errorCode, groups };
}

function encodeOffsetFetchResponseTopicPartitionClassic(
  writer: Writer,
  value: OffsetFetchResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  if (apiVersion >= 5) {
    writer.int32(value.committedLeaderEpoch ?? -1);
  }
  writer.nullableString(value.metadata);
  writer.int16(value.errorCode);
}

function encodeOffsetFetchResponseTopicClassic(
  writer: Writer,
  value: OffsetFetchResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetFetchResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetFetchResponseClassic(
  writer: Writer,
  value: OffsetFetchResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 3) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  const topics = value.topics ?? [];
  writer.arrayLength(topics.length);
  for (const element of topics) encodeOffsetFetchResponseTopicClassic(writer, element, apiVersion);
  if (apiVersion >= 2) {
    writer.int16(value.errorCode ?? 0);
  }
}

function decodeOffsetFetchResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = reader.int32();
  const metadata = reader.compactNullableString();
  const errorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

function decodeOffsetFetchResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(20);
  const partitions = newArray<OffsetFetchResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetFetchResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeOffsetFetchResponseGroupTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseGroupTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = reader.int32();
  const metadata = reader.compactNullableString();
  const errorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode };
}

function decodeOffsetFetchResponseGroupTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseGroupTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(20);
  const partitions = newArray<OffsetFetchResponseGroupTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetFetchResponseGroupTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeOffsetFetchResponseGroupFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponseGroup {
  const groupId = reader.compactString();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<OffsetFetchResponseGroupTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetFetchResponseGroupTopicFlexible(reader, apiVersion);
  const errorCode = reader.int16();
  reader.skipTags();
  return { groupId, topics, errorCode };
}

function decodeOffsetFetchResponseFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchResponse {
  const throttleTimeMs = reader.int32();
  let topics: OffsetFetchResponseTopic[] = [];
  if (apiVersion <= 7) {
    const topicsLength = reader.compactArrayLength(3);
    topics = newArray<OffsetFetchResponseTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeOffsetFetchResponseTopicFlexible(reader, apiVersion);
  }
  const errorCode = apiVersion <= 7 ? reader.int16() : 0;
  let groups: OffsetFetchResponseGroup[] = [];
  if (apiVersion >= 8) {
    const groupsLength = reader.compactArrayLength(5);
    groups = newArray<OffsetFetchResponseGroup>(groupsLength);
    for (let i = 0; i < groupsLength; i++)
      groups[i] = decodeOffsetFetchResponseGroupFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { throttleTimeMs, topics, errorCode, groups };
}

function encodeOffsetFetchResponseTopicPartitionFlexible(
  writer: Writer,
  value: OffsetFetchResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  writer.int32(value.committedLeaderEpoch ?? -1);
  writer.compactNullableString(value.metadata);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeOffsetFetchResponseTopicFlexible(
  writer: Writer,
  value: OffsetFetchResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetFetchResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetFetchResponseGroupTopicPartitionFlexible(
  writer: Writer,
  value: OffsetFetchResponseGroupTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  writer.int32(value.committedLeaderEpoch ?? -1);
  writer.compactNullableString(value.metadata);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeOffsetFetchResponseGroupTopicFlexible(
  writer: Writer,
  value: OffsetFetchResponseGroupTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetFetchResponseGroupTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetFetchResponseGroupFlexible(
  writer: Writer,
  value: OffsetFetchResponseGroupInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeOffsetFetchResponseGroupTopicFlexible(writer, element, apiVersion);
  writer.int16(value.errorCode ?? 0);
  writer.uvarint(0);
}

function encodeOffsetFetchResponseFlexible(
  writer: Writer,
  value: OffsetFetchResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  if (apiVersion <= 7) {
    const topics = value.topics ?? [];
    writer.compactArrayLength(topics.length);
    for (const element of topics)
      encodeOffsetFetchResponseTopicFlexible(writer, element, apiVersion);
  }
  if (apiVersion <= 7) {
    writer.int16(value.errorCode ?? 0);
  }
  if (apiVersion >= 8) {
    const groups = value.groups ?? [];
    writer.compactArrayLength(groups.length);
    for (const element of groups)
      encodeOffsetFetchResponseGroupFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const offsetFetchResponseCodec: MessageCodec<OffsetFetchResponse, OffsetFetchResponseInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 6
        ? decodeOffsetFetchResponseFlexible(reader, apiVersion)
        : decodeOffsetFetchResponseClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 6
        ? encodeOffsetFetchResponseFlexible(writer, value, apiVersion)
        : encodeOffsetFetchResponseClassic(writer, value, apiVersion),
  };
