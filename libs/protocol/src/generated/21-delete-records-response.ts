// DeleteRecordsResponse (key 21), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/21-delete-records.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteRecordsResponse {
  readonly throttleTimeMs: number;
  readonly topics: DeleteRecordsResponseTopic[];
}

export interface DeleteRecordsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly DeleteRecordsResponseTopicInput[];
}

export interface DeleteRecordsResponseTopic {
  readonly name: string;
  readonly partitions: DeleteRecordsResponseTopicPartition[];
}

export interface DeleteRecordsResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsResponseTopicPartitionInput[];
}

export interface DeleteRecordsResponseTopicPartition {
  readonly partitionIndex: number;
  readonly lowWatermark: number;
  readonly errorCode: number;
}

export interface DeleteRecordsResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly lowWatermark: number;
  readonly errorCode: number;
}

function decodeDeleteRecordsResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponseTopicPartition {
  const partitionIndex = reader.int32();
  const lowWatermark = reader.int64();
  const errorCode = reader.int16();
  return { partitionIndex, lowWatermark, errorCode };
}

function decodeDeleteRecordsResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(14);
  const partitions = newArray<DeleteRecordsResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDeleteRecordsResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeDeleteRecordsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<DeleteRecordsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDeleteRecordsResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeDeleteRecordsResponseTopicPartitionClassic(
  writer: Writer,
  value: DeleteRecordsResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.lowWatermark);
  writer.int16(value.errorCode);
}

function encodeDeleteRecordsResponseTopicClassic(
  writer: Writer,
  value: DeleteRecordsResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeDeleteRecordsResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeDeleteRecordsResponseClassic(
  writer: Writer,
  value: DeleteRecordsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeDeleteRecordsResponseTopicClassic(writer, element, apiVersion);
}

function decodeDeleteRecordsResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponseTopicPartition {
  const partitionIndex = reader.int32();
  const lowWatermark = reader.int64();
  const errorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, lowWatermark, errorCode };
}

function decodeDeleteRecordsResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(15);
  const partitions = newArray<DeleteRecordsResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDeleteRecordsResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeDeleteRecordsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DeleteRecordsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDeleteRecordsResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeDeleteRecordsResponseTopicPartitionFlexible(
  writer: Writer,
  value: DeleteRecordsResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.lowWatermark);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeDeleteRecordsResponseTopicFlexible(
  writer: Writer,
  value: DeleteRecordsResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeDeleteRecordsResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDeleteRecordsResponseFlexible(
  writer: Writer,
  value: DeleteRecordsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDeleteRecordsResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const deleteRecordsResponseCodec: MessageCodec<
  DeleteRecordsResponse,
  DeleteRecordsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDeleteRecordsResponseFlexible(reader, apiVersion)
      : decodeDeleteRecordsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDeleteRecordsResponseFlexible(writer, value, apiVersion)
      : encodeDeleteRecordsResponseClassic(writer, value, apiVersion),
};
