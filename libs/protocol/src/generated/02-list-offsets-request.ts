// ListOffsetsRequest (key 2), versions 1 to 7. Written by `npm run gen` from
// libs/protocol/src/messages/02-list-offsets.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListOffsetsRequest {
  readonly replicaId: number;
  /** Versions 2+. */
  readonly isolationLevel: number;
  readonly topics: ListOffsetsRequestTopic[];
}

export interface ListOffsetsRequestInput {
  readonly replicaId: number;
  readonly isolationLevel?: number | undefined;
  readonly topics: readonly ListOffsetsRequestTopicInput[];
}

export interface ListOffsetsRequestTopic {
  readonly name: string;
  readonly partitions: ListOffsetsRequestTopicPartition[];
}

export interface ListOffsetsRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly ListOffsetsRequestTopicPartitionInput[];
}

export interface ListOffsetsRequestTopicPartition {
  readonly partitionIndex: number;
  /** Versions 4+; default -1. */
  readonly currentLeaderEpoch: number;
  readonly timestamp: number;
}

export interface ListOffsetsRequestTopicPartitionInput {
  readonly partitionIndex: number;
  readonly currentLeaderEpoch?: number | undefined;
  readonly timestamp: number;
}

function decodeListOffsetsRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): ListOffsetsRequestTopicPartition {
  const partitionIndex = reader.int32();
  const currentLeaderEpoch = apiVersion >= 4 ? reader.int32() : -1;
  const timestamp = reader.int64();
  return { partitionIndex, currentLeaderEpoch, timestamp };
}

function decodeListOffsetsRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): ListOffsetsRequestTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(12);
  const partitions = newArray<ListOffsetsRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeListOffsetsRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeListOffsetsRequestClassic(reader: Reader, apiVersion: number): ListOffsetsRequest {
  const replicaId = reader.int32();
  const isolationLevel = apiVersion >= 2 ? reader.int8() : 0;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<ListOffsetsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeListOffsetsRequestTopicClassic(reader, apiVersion);
  return { replicaId, isolationLevel, topics };
}

function encodeListOffsetsRequestTopicPartitionClassic(
  writer: Writer,
  value: ListOffsetsRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  if (apiVersion >= 4) {
    writer.int32(value.currentLeaderEpoch ?? -1);
  }
  writer.int64(value.timestamp);
}

function encodeListOffsetsRequestTopicClassic(
  writer: Writer,
  value: ListOffsetsRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeListOffsetsRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeListOffsetsRequestClassic(
  writer: Writer,
  value: ListOffsetsRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.replicaId);
  if (apiVersion >= 2) {
    writer.int8(value.isolationLevel ?? 0);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeListOffsetsRequestTopicClassic(writer, element, apiVersion);
}

function decodeListOffsetsRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ListOffsetsRequestTopicPartition {
  const partitionIndex = reader.int32();
  const currentLeaderEpoch = reader.int32();
  const timestamp = reader.int64();
  reader.skipTags();
  return { partitionIndex, currentLeaderEpoch, timestamp };
}

function decodeListOffsetsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ListOffsetsRequestTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(17);
  const partitions = newArray<ListOffsetsRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeListOffsetsRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeListOffsetsRequestFlexible(reader: Reader, apiVersion: number): ListOffsetsRequest {
  const replicaId = reader.int32();
  const isolationLevel = reader.int8();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<ListOffsetsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeListOffsetsRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { replicaId, isolationLevel, topics };
}

function encodeListOffsetsRequestTopicPartitionFlexible(
  writer: Writer,
  value: ListOffsetsRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int32(value.currentLeaderEpoch ?? -1);
  writer.int64(value.timestamp);
  writer.uvarint(0);
}

function encodeListOffsetsRequestTopicFlexible(
  writer: Writer,
  value: ListOffsetsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeListOffsetsRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeListOffsetsRequestFlexible(
  writer: Writer,
  value: ListOffsetsRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.replicaId);
  writer.int8(value.isolationLevel ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeListOffsetsRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const listOffsetsRequestCodec: MessageCodec<ListOffsetsRequest, ListOffsetsRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 6
      ? decodeListOffsetsRequestFlexible(reader, apiVersion)
      : decodeListOffsetsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 6
      ? encodeListOffsetsRequestFlexible(writer, value, apiVersion)
      : encodeListOffsetsRequestClassic(writer, value, apiVersion),
};
