// TxnOffsetCommitResponse (key 28), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/28-txn-offset-commit.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface TxnOffsetCommitResponse {
  readonly throttleTimeMs: number;
  readonly topics: TxnOffsetCommitResponseTopic[];
}

export interface TxnOffsetCommitResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly TxnOffsetCommitResponseTopicInput[];
}

export interface TxnOffsetCommitResponseTopic {
  readonly name: string;
  readonly partitions: TxnOffsetCommitResponseTopicPartition[];
}

export interface TxnOffsetCommitResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly TxnOffsetCommitResponseTopicPartitionInput[];
}

export interface TxnOffsetCommitResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

export interface TxnOffsetCommitResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

function decodeTxnOffsetCommitResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  return { partitionIndex, errorCode };
}

function decodeTxnOffsetCommitResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponseTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(6);
  const partitions = newArray<TxnOffsetCommitResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeTxnOffsetCommitResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeTxnOffsetCommitResponseClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<TxnOffsetCommitResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeTxnOffsetCommitResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeTxnOffsetCommitResponseTopicPartitionClassic(
  writer: Writer,
  value: TxnOffsetCommitResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
}

function encodeTxnOffsetCommitResponseTopicClassic(
  writer: Writer,
  value: TxnOffsetCommitResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeTxnOffsetCommitResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeTxnOffsetCommitResponseClassic(
  writer: Writer,
  value: TxnOffsetCommitResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeTxnOffsetCommitResponseTopicClassic(writer, element, apiVersion);
}

function decodeTxnOffsetCommitResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  reader.skipTags();
  return { partitionIndex, errorCode };
}

function decodeTxnOffsetCommitResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(7);
  const partitions = newArray<TxnOffsetCommitResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeTxnOffsetCommitResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeTxnOffsetCommitResponseFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<TxnOffsetCommitResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeTxnOffsetCommitResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeTxnOffsetCommitResponseTopicPartitionFlexible(
  writer: Writer,
  value: TxnOffsetCommitResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeTxnOffsetCommitResponseTopicFlexible(
  writer: Writer,
  value: TxnOffsetCommitResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeTxnOffsetCommitResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeTxnOffsetCommitResponseFlexible(
  writer: Writer,
  value: TxnOffsetCommitResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeTxnOffsetCommitResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const txnOffsetCommitResponseCodec: MessageCodec<
  TxnOffsetCommitResponse,
  TxnOffsetCommitResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeTxnOffsetCommitResponseFlexible(reader, apiVersion)
      : decodeTxnOffsetCommitResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeTxnOffsetCommitResponseFlexible(writer, value, apiVersion)
      : encodeTxnOffsetCommitResponseClassic(writer, value, apiVersion),
};
