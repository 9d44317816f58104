// DeleteRecordsRequest (key 21), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/21-delete-records.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteRecordsRequest {
  readonly topics: DeleteRecordsRequestTopic[];
  readonly timeoutMs: number;
}

export interface DeleteRecordsRequestInput {
  readonly topics: readonly DeleteRecordsRequestTopicInput[];
  readonly timeoutMs: number;
}

export interface DeleteRecordsRequestTopic {
  readonly name: string;
  readonly partitions: DeleteRecordsRequestTopicPartition[];
}

export interface DeleteRecordsRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsRequestTopicPartitionInput[];
}

export interface DeleteRecordsRequestTopicPartition {
  readonly partitionIndex: number;
  readonly offset: number;
}

export interface DeleteRecordsRequestTopicPartitionInput {
  readonly partitionIndex: number;
  readonly offset: number;
}

function decodeDeleteRecordsRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequestTopicPartition {
  const partitionIndex = reader.int32();
  const offset = reader.int64();
  return { partitionIndex, offset };
}

function decodeDeleteRecordsRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequestTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(12);
  const partitions = newArray<DeleteRecordsRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDeleteRecordsRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeDeleteRecordsRequestClassic(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequest {
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<DeleteRecordsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDeleteRecordsRequestTopicClassic(reader, apiVersion);
  const timeoutMs = reader.int32();
  return { topics, timeoutMs };
}

function encodeDeleteRecordsRequestTopicPartitionClassic(
  writer: Writer,
  value: DeleteRecordsRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.offset);
}

function encodeDeleteRecordsRequestTopicClassic(
  writer: Writer,
  value: DeleteRecordsRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeDeleteRecordsRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeDeleteRecordsRequestClassic(
  writer: Writer,
  value: DeleteRecordsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeDeleteRecordsRequestTopicClassic(writer, element, apiVersion);
  writer.int32(value.timeoutMs);
}

function decodeDeleteRecordsRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequestTopicPartition {
  const partitionIndex = reader.int32();
  const offset = reader.int64();
  reader.skipTags();
  return { partitionIndex, offset };
}

function decodeDeleteRecordsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequestTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(13);
  const partitions = newArray<DeleteRecordsRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDeleteRecordsRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeDeleteRecordsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteRecordsRequest {
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DeleteRecordsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDeleteRecordsRequestTopicFlexible(reader, apiVersion);
  const timeoutMs = reader.int32();
  reader.skipTags();
  return { topics, timeoutMs };
}

function encodeDeleteRecordsRequestTopicPartitionFlexible(
  writer: Writer,
  value: DeleteRecordsRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.offset);
  writer.uvarint(0);
}

function encodeDeleteRecordsRequestTopicFlexible(
  writer: Writer,
  value: DeleteRecordsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeDeleteRecordsRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDeleteRecordsRequestFlexible(
  writer: Writer,
  value: DeleteRecordsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDeleteRecordsRequestTopicFlexible(writer, element, apiVersion);
  writer.int32(value.timeoutMs);
  writer.uvarint(0);
}

export const deleteRecordsRequestCodec: MessageCodec<
  DeleteRecordsRequest,
  DeleteRecordsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDeleteRecordsRequestFlexible(reader, apiVersion)
      : decodeDeleteRecordsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDeleteRecordsRequestFlexible(writer, value, apiVersion)
      : encodeDeleteRecordsRequestClassic(writer, value, apiVersion),
};
