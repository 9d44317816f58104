// OffsetForLeaderEpochResponse (key 23), versions 2 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/23-offset-for-leader-epoch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface OffsetForLeaderEpochResponse {
  readonly throttleTimeMs: number;
  readonly topics: OffsetForLeaderEpochResponseTopic[];
}

export interface OffsetForLeaderEpochResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly OffsetForLeaderEpochResponseTopicInput[];
}

export interface OffsetForLeaderEpochResponseTopic {
  readonly topic: string;
  readonly partitions: OffsetForLeaderEpochResponseTopicPartition[];
}

export interface OffsetForLeaderEpochResponseTopicInput {
  readonly topic: string;
  readonly partitions: readonly OffsetForLeaderEpochResponseTopicPartitionInput[];
}

export interface OffsetForLeaderEpochResponseTopicPartition {
  readonly errorCode: number;
  readonly partition: number;
  /** default -1. */
  readonly leaderEpoch: number;
  /** default -1. */
  readonly endOffset: number;
}

export interface OffsetForLeaderEpochResponseTopicPartitionInput {
  readonly errorCode: number;
  readonly partition: number;
  readonly leaderEpoch?: number | undefined;
  readonly endOffset?: number | undefined;
}

function decodeOffsetForLeaderEpochResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponseTopicPartition {
  const errorCode = reader.int16();
  const partition = reader.int32();
  const leaderEpoch = reader.int32();
  const endOffset = reader.int64();
  return { errorCode, partition, leaderEpoch, endOffset };
}

function decodeOffsetForLeaderEpochResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponseTopic {
  const topic = reader.string();
  const partitionsLength = reader.arrayLength(18);
  const partitions = newArray<OffsetForLeaderEpochResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetForLeaderEpochResponseTopicPartitionClassic(reader, apiVersion);
  return { topic, partitions };
}

function decodeOffsetForLeaderEpochResponseClassic(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<OffsetForLeaderEpochResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetForLeaderEpochResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeOffsetForLeaderEpochResponseTopicPartitionClassic(
  writer: Writer,
  value: OffsetForLeaderEpochResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.int32(value.partition);
  writer.int32(value.leaderEpoch ?? -1);
  writer.int64(value.endOffset ?? -1);
}

function encodeOffsetForLeaderEpochResponseTopicClassic(
  writer: Writer,
  value: OffsetForLeaderEpochResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetForLeaderEpochResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeOffsetForLeaderEpochResponseClassic(
  writer: Writer,
  value: OffsetForLeaderEpochResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeOffsetForLeaderEpochResponseTopicClassic(writer, element, apiVersion);
}

function decodeOffsetForLeaderEpochResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponseTopicPartition {
  const errorCode = reader.int16();
  const partition = reader.int32();
  const leaderEpoch = reader.int32();
  const endOffset = reader.int64();
  reader.skipTags();
  return { errorCode, partition, leaderEpoch, endOffset };
}

function decodeOffsetForLeaderEpochResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponseTopic {
  const topic = reader.compactString();
  const partitionsLength = reader.compactArrayLength(19);
  const partitions = newArray<OffsetForLeaderEpochResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeOffsetForLeaderEpochResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { topic, partitions };
}

function decodeOffsetForLeaderEpochResponseFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetForLeaderEpochResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<OffsetForLeaderEpochResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeOffsetForLeaderEpochResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeOffsetForLeaderEpochResponseTopicPartitionFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.int32(value.partition);
  writer.int32(value.leaderEpoch ?? -1);
  writer.int64(value.endOffset ?? -1);
  writer.uvarint(0);
}

function encodeOffsetForLeaderEpochResponseTopicFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeOffsetForLeaderEpochResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeOffsetForLeaderEpochResponseFlexible(
  writer: Writer,
  value: OffsetForLeaderEpochResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeOffsetForLeaderEpochResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const offsetForLeaderEpochResponseCodec: MessageCodec<
  OffsetForLeaderEpochResponse,
  OffsetForLeaderEpochResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeOffsetForLeaderEpochResponseFlexible(reader, apiVersion)
      : decodeOffsetForLeaderEpochResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeOffsetForLeaderEpochResponseFlexible(writer, value, apiVersion)
      : encodeOffsetForLeaderEpochResponseClassic(writer, value, apiVersion),
};
