// TxnOffsetCommitRequest (key 28), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/28-txn-offset-commit.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Versions 3+; default -1. */
  readonly generationId: number;
  /** Versions 3+; default empty. */
  readonly memberId: string;
  /** Versions 3+. */
  readonly groupInstanceId: string | null;
  readonly topics: TxnOffsetCommitRequestTopic[];
}

export interface TxnOffsetCommitRequestInput {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly generationId?: number | undefined;
  readonly memberId?: string | undefined;
  readonly groupInstanceId?: string | null | undefined;
  readonly topics: readonly TxnOffsetCommitRequestTopicInput[];
}

export interface TxnOffsetCommitRequestTopic {
  readonly name: string;
  readonly partitions: TxnOffsetCommitRequestTopicPartition[];
}

export interface TxnOffsetCommitRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly TxnOffsetCommitRequestTopicPartitionInput[];
}

export interface TxnOffsetCommitRequestTopicPartition {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  /** Versions 2+; default -1. */
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

export interface TxnOffsetCommitRequestTopicPartitionInput {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch?: number | undefined;
  readonly committedMetadata: string | null;
}

function decodeTxnOffsetCommitRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = apiVersion >= 2 ? reader.int32() : -1;
  const committedMetadata = reader.nullableString();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function decodeTxnOffsetCommitRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequestTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(14);
  const partitions = newArray<TxnOffsetCommitRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeTxnOffsetCommitRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeTxnOffsetCommitRequestClassic(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequest {
  const transactionalId = reader.string();
  const groupId = reader.string();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const generationId: number = -1;
  const memberId: string = '';
  const groupInstanceId: string | null = null;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<TxnOffsetCommitRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeTxnOffsetCommitRequestTopicClassic(reader, apiVersion);
  return {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    generationId,
    memberId,
    groupInstanceId,
    topics,
  };
}

function encodeTxnOffsetCommitRequestTopicPartitionClassic(
  writer: Writer,
  value: TxnOffsetCommitRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  if (apiVersion >= 2) {
    writer.int32(value.committedLeaderEpoch ?? -1);
  }
  writer.nullableString(value.committedMetadata);
}

function encodeTxnOffsetCommitRequestTopicClassic(
  writer: Writer,
  value: TxnOffsetCommitRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeTxnOffsetCommitRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeTxnOffsetCommitRequestClassic(
  writer: Writer,
  value: TxnOffsetCommitRequestInput,
  apiVersion: number,
): void {
  writer.string(value.transactionalId);
  writer.string(value.groupId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeTxnOffsetCommitRequestTopicClassic(writer, element, apiVersion);
}

function decodeTxnOffsetCommitRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequestTopicPartition {
  const partitionIndex = reader.int32();
  const committedOffset = reader.int64();
  const committedLeaderEpoch = reader.int32();
  const committedMetadata = reader.compactNullableString();
  reader.skipTags();
  return { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata };
}

function decodeTxnOffsetCommitRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequestTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(18);
  const partitions = newArray<TxnOffsetCommitRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeTxnOffsetCommitRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeTxnOffsetCommitRequestFlexible(
  reader: Reader,
  apiVersion: number,
): TxnOffsetCommitRequest {
  const transactionalId = reader.compactString();
  const groupId = reader.compactString();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const generationId = reader.int32();
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<TxnOffsetCommitRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeTxnOffsetCommitRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return {
    transactionalId,
    groupId,
    producerId,
    producerEpoch,
    generationId,
    memberId,
    groupInstanceId,
    topics,
  };
}

function encodeTxnOffsetCommitRequestTopicPartitionFlexible(
  writer: Writer,
  value: TxnOffsetCommitRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.committedOffset);
  writer.int32(value.committedLeaderEpoch ?? -1);
  writer.compactNullableString(value.committedMetadata);
  writer.uvarint(0);
}

function encodeTxnOffsetCommitRequestTopicFlexible(
  writer: Writer,
  value: TxnOffsetCommitRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeTxnOffsetCommitRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeTxnOffsetCommitRequestFlexible(
  writer: Writer,
  value: TxnOffsetCommitRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.transactionalId);
  writer.compactString(value.groupId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  writer.int32(value.generationId ?? -1);
  writer.compactString(value.memberId ?? '');
  writer.compactNullableString(value.groupInstanceId ?? null);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeTxnOffsetCommitRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const txnOffsetCommitRequestCodec: MessageCodec<
  TxnOffsetCommitRequest,
  TxnOffsetCommitRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeTxnOffsetCommitRequestFlexible(reader, apiVersion)
      : decodeTxnOffsetCommitRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeTxnOffsetCommitRequestFlexible(writer, value, apiVersion)
      : encodeTxnOffsetCommitRequestClassic(writer, value, apiVersion),
};
