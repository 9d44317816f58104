// OffsetDeleteRequest (key 47), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/47-offset-delete.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: OffsetDeleteRequestTopic[];
}

export interface OffsetDeleteRequestInput {
  readonly groupId: string;
  readonly topics: readonly OffsetDeleteRequestTopicInput[];
}

export interface OffsetDeleteRequestTopic {
  readonly name: string;
  readonly partitions: OffsetDeleteRequestTopicPartition[];
}

export interface OffsetDeleteRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteRequestTopicPartitionInput[];
}

export interface OffsetDeleteRequestTopicPartition {
  readonly partitionIndex: number;
}

export interface OffsetDeleteRequestTopicPartitionInput {
  readonly partitionIndex: number;
}

function decodeOffsetDeleteRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetDeleteRequestTopicPartition {
  const partitionIndex = reader.int32();
  return { partitionIndex };
}

function decodeOffsetDeleteRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetDeleteRequestTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(4);
  const partitions = newArray<OffsetDeleteRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetDeleteRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeOffsetDeleteRequestClassic(reader: Reader, apiVersion: number): OffsetDeleteRequest {
  const groupId = reader.string();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetDeleteRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetDeleteRequestTopicClassic(reader, apiVersion);
  return { groupId, topics };
}

function encodeOffsetDeleteRequestTopicPartitionClassic(
  writer: Writer,
  value: OffsetDeleteRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
}

function encodeOffsetDeleteRequestTopicClassic(
  writer: Writer,
  value: OffsetDeleteRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetDeleteRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetDeleteRequestClassic(
  writer: Writer,
  value: OffsetDeleteRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeOffsetDeleteRequestTopicClassic(writer, element, apiVersion);
}

export const offsetDeleteRequestCodec: MessageCodec<OffsetDeleteRequest, OffsetDeleteRequestInput> =
  {
    decode: (reader, apiVersion) => decodeOffsetDeleteRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      encodeOffsetDeleteRequestClassic(writer, value, apiVersion),
  };
