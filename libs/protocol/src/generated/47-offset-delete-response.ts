// OffsetDeleteResponse (key 47), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/47-offset-delete.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetDeleteResponse {
  readonly errorCode: number;
  readonly throttleTimeMs: number;
  readonly topics: OffsetDeleteResponseTopic[];
}

export interface OffsetDeleteResponseInput {
  readonly errorCode: number;
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly OffsetDeleteResponseTopicInput[];
}

export interface OffsetDeleteResponseTopic {
  readonly name: string;
  readonly partitions: OffsetDeleteResponseTopicPartition[];
}

export interface OffsetDeleteResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly OffsetDeleteResponseTopicPartitionInput[];
}

export interface OffsetDeleteResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

export interface OffsetDeleteResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function decodeOffsetDeleteResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetDeleteResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  return { partitionIndex, errorCode };
}

function decodeOffsetDeleteResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetDeleteResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(6);
  const partitions = newArray<OffsetDeleteResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetDeleteResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeOffsetDeleteResponseClassic(
  reader: Reader,
  apiVersion: number,
): OffsetDeleteResponse {
  const errorCode = reader.int16();
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetDeleteResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetDeleteResponseTopicClassic(reader, apiVersion);
  return { errorCode, throttleTimeMs, topics };
}

function encodeOffsetDeleteResponseTopicPartitionClassic(
  writer: Writer,
  value: OffsetDeleteResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
}

function encodeOffsetDeleteResponseTopicClassic(
  writer: Writer,
  value: OffsetDeleteResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetDeleteResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetDeleteResponseClassic(
  writer: Writer,
  value: OffsetDeleteResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeOffsetDeleteResponseTopicClassic(writer, element, apiVersion);
}

export const offsetDeleteResponseCodec: MessageCodec<
  OffsetDeleteResponse,
  OffsetDeleteResponseInput
> = {
  decode: (reader, apiVersion) => decodeOffsetDeleteResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeOffsetDeleteResponseClassic(writer, value, apiVersion),
};
