// OffsetForLeaderEpochRequest (key 23), versions 2 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/23-offset-for-leader-epoch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetForLeaderEpochRequest {
  /** Versions 3+; default -2. */
  readonly replicaId: number;
  readonly topics: OffsetForLeaderEpochRequestTopic[];
}

export interface OffsetForLeaderEpochRequestInput {
  readonly replicaId?: number | undefined;
  readonly topics: readonly OffsetForLeaderEpochRequestTopicInput[];
}

export interface OffsetForLeaderEpochRequestTopic {
  readonly topic: string;
  readonly partitions: OffsetForLeaderEpochRequestTopicPartition[];
}

export interface OffsetForLeaderEpochRequestTopicInput {
  readonly topic: string;
  readonly partitions: readonly OffsetForLeaderEpochRequestTopicPartitionInput[];
}

export interface OffsetForLeaderEpochRequestTopicPartition {
  readonly partition: number;
  /** default -1. */
  readonly currentLeaderEpoch: number;
  readonly leaderEpoch: number;
}

export interface OffsetForLeaderEpochRequestTopicPartitionInput {
  readonly partition: number;
  readonly currentLeaderEpoch?: number | undefined;
  readonly leaderEpoch: number;
}

function decodeOffsetForLeaderEpochRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequestTopicPartition {
  const partition = reader.int32();
  const currentLeaderEpoch = reader.int32();
  const leaderEpoch = reader.int32();
  return { partition, currentLeaderEpoch, leaderEpoch };
}

function decodeOffsetForLeaderEpochRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequestTopic {
  const topic = reader.string();
  const partitionsLength = reader.arrayLength(12);
  const partitions = newArray<OffsetForLeaderEpochRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetForLeaderEpochRequestTopicPartitionClassic(reader, apiVersion);
  return { topic, partitions };
}

function decodeOffsetForLeaderEpochRequestClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequest {
  const replicaId = apiVersion >= 3 ? reader.int32() : -2;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetForLeaderEpochRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetForLeaderEpochRequestTopicClassic(reader, apiVersion);
  return { replicaId, topics };
}

function encodeOffsetForLeaderEpochRequestTopicPartitionClassic(
  writer: Writer,
  value: OffsetForLeaderEpochRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partition);
  writer.int32(value.currentLeaderEpoch ?? -1);
  writer.int32(value.leaderEpoch);
}

function encodeOffsetForLeaderEpochRequestTopicClassic(
  writer: Writer,
  value: OffsetForLeaderEpochRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetForLeaderEpochRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetForLeaderEpochRequestClassic(
  writer: Writer,
  value: OffsetForLeaderEpochRequestInput,
  apiVersion: number,
): void {
  if (apiVersion >= 3) {
    writer.int32(value.replicaId ?? -2);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeOffsetForLeaderEpochRequestTopicClassic(writer, element, apiVersion);
}

function decodeOffsetForLeaderEpochRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequestTopicPartition {
  const partition = reader.int32();
  const currentLeaderEpoch = reader.int32();
  const leaderEpoch = reader.int32();
  reader.skipTags();
  return { partition, currentLeaderEpoch, leaderEpoch };
}

function decodeOffsetForLeaderEpochRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequestTopic {
  const topic = reader.compactString();
  const partitionsLength = reader.compactArrayLength(13);
  const partitions = newArray<OffsetForLeaderEpochRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetForLeaderEpochRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { topic, partitions };
}

function decodeOffsetForLeaderEpochRequestFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochRequest {
  const replicaId = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<OffsetForLeaderEpochRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetForLeaderEpochRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { replicaId, topics };
}

function encodeOffsetForLeaderEpochRequestTopicPartitionFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partition);
  writer.int32(value.currentLeaderEpoch ?? -1);
  writer.int32(value.leaderEpoch);
  writer.uvarint(0);
}

function encodeOffsetForLeaderEpochRequestTopicFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetForLeaderEpochRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetForLeaderEpochRequestFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.replicaId ?? -2);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeOffsetForLeaderEpochRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const offsetForLeaderEpochRequestCodec: MessageCodec<
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeOffsetForLeaderEpochRequestFlexible(reader, apiVersion)
      : decodeOffsetForLeaderEpochRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeOffsetForLeaderEpochRequestFlexible(writer, value, apiVersion)
      : encodeOffsetForLeaderEpochRequestClassic(writer, value, apiVersion),
};
