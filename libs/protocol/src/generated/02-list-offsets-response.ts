// ListOffsetsResponse (key 2), versions 1 to 7. Written by `npm run gen` from
// libs/protocol/src/messages/02-list-offsets.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListOffsetsResponse {
  /** Versions 2+. */
  readonly throttleTimeMs: number;
  readonly topics: ListOffsetsResponseTopic[];
}

export interface ListOffsetsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly ListOffsetsResponseTopicInput[];
}

export interface ListOffsetsResponseTopic {
  readonly name: string;
  readonly partitions: ListOffsetsResponseTopicPartition[];
}

export interface ListOffsetsResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly ListOffsetsResponseTopicPartitionInput[];
}

export interface ListOffsetsResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  /** default -1. */
  readonly timestamp: number;
  /** default -1. */
  readonly offset: number;
  /** Versions 4+; default -1. */
  readonly leaderEpoch: number;
}

export interface ListOffsetsResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly timestamp?: number | undefined;
  readonly offset?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}

function decodeListOffsetsResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): ListOffsetsResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const timestamp = reader.int64();
  const offset = reader.int64();
  const leaderEpoch = apiVersion >= 4 ? reader.int32() : -1;
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch };
}

function decodeListOffsetsResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): ListOffsetsResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(22);
  const partitions = newArray<ListOffsetsResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeListOffsetsResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeListOffsetsResponseClassic(reader: Reader, apiVersion: number): ListOffsetsResponse {
  const throttleTimeMs = apiVersion >= 2 ? reader.int32() : 0;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<ListOffsetsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeListOffsetsResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeListOffsetsResponseTopicPartitionClassic(
  writer: Writer,
  value: ListOffsetsResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.int64(value.timestamp ?? -1);
  writer.int64(value.offset ?? -1);
  if (apiVersion >= 4) {
    writer.int32(value.leaderEpoch ?? -1);
  }
}

function encodeListOffsetsResponseTopicClassic(
  writer: Writer,
  value: ListOffsetsResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeListOffsetsResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeListOffsetsResponseClassic(
  writer: Writer,
  value: ListOffsetsResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 2) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeListOffsetsResponseTopicClassic(writer, element, apiVersion);
}

function decodeListOffsetsResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ListOffsetsResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const timestamp = reader.int64();
  const offset = reader.int64();
  const leaderEpoch = reader.int32();
  reader.skipTags();
  return { partitionIndex, errorCode, timestamp, offset, leaderEpoch };
}

function decodeListOffsetsResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ListOffsetsResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(27);
  const partitions = newArray<ListOffsetsResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeListOffsetsResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeListOffsetsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ListOffsetsResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<ListOffsetsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeListOffsetsResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeListOffsetsResponseTopicPartitionFlexible(
  writer: Writer,
  value: ListOffsetsResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.int64(value.timestamp ?? -1);
  writer.int64(value.offset ?? -1);
  writer.int32(value.leaderEpoch ?? -1);
  writer.uvarint(0);
}

function encodeListOffsetsResponseTopicFlexible(
  writer: Writer,
  value: ListOffsetsResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeListOffsetsResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeListOffsetsResponseFlexible(
  writer: Writer,
  value: ListOffsetsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeListOffsetsResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const listOffsetsResponseCodec: MessageCodec<ListOffsetsResponse, ListOffsetsResponseInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 6
        ? decodeListOffsetsResponseFlexible(reader, apiVersion)
        : decodeListOffsetsResponseClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 6
        ? encodeListOffsetsResponseFlexible(writer, value, apiVersion)
        : encodeListOffsetsResponseClassic(writer, value, apiVersion),
  };
