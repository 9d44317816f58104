// OffsetCommitResponse (key 8), versions 2 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/08-offset-commit.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetCommitResponse {
  /** Versions 3+. */
  readonly throttleTimeMs: number;
  readonly topics: OffsetCommitResponseTopic[];
}

export interface OffsetCommitResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly OffsetCommitResponseTopicInput[];
}

export interface OffsetCommitResponseTopic {
  readonly name: string;
  readonly partitions: OffsetCommitResponseTopicPartition[];
}

export interface OffsetCommitResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetCommitResponseTopicPartitionInput[];
}

export interface OffsetCommitResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

export interface OffsetCommitResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function decodeOffsetCommitResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  return { partitionIndex, errorCode };
}

function decodeOffsetCommitResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(6);
  const partitions = newArray<OffsetCommitResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetCommitResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeOffsetCommitResponseClassic(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponse {
  const throttleTimeMs = apiVersion >= 3 ? reader.int32() : 0;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetCommitResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetCommitResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeOffsetCommitResponseTopicPartitionClassic(
  writer: Writer,
  value: OffsetCommitResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
}

function encodeOffsetCommitResponseTopicClassic(
  writer: Writer,
  value: OffsetCommitResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetCommitResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetCommitResponseClassic(
  writer: Writer,
  value: OffsetCommitResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 3) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeOffsetCommitResponseTopicClassic(writer, element, apiVersion);
}

function decodeOffsetCommitResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, errorCode };
}

function decodeOffsetCommitResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(7);
  const partitions = newArray<OffsetCommitResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetCommitResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeOffsetCommitResponseFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetCommitResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<OffsetCommitResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetCommitResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeOffsetCommitResponseTopicPartitionFlexible(
  writer: Writer,
  value: OffsetCommitResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeOffsetCommitResponseTopicFlexible(
  writer: Writer,
  value: OffsetCommitResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetCommitResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetCommitResponseFlexible(
  writer: Writer,
  value: OffsetCommitResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeOffsetCommitResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const offsetCommitResponseCodec: MessageCodec<
  OffsetCommitResponse,
  OffsetCommitResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 8
      ? decodeOffsetCommitResponseFlexible(reader, apiVersion)
      : decodeOffsetCommitResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 8
      ? encodeOffsetCommitResponseFlexible(writer, value, apiVersion)
      : encodeOffsetCommitResponseClassic(writer, value, apiVersion),
};
