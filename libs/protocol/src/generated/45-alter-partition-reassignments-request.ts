// AlterPartitionReassignmentsRequest (key 45), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/45-alter-partition-reassignments.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterPartitionReassignmentsRequest {
  /** default 60000. */
  readonly timeoutMs: number;
  readonly topics: AlterPartitionReassignmentsRequestTopic[];
}

export interface AlterPartitionReassignmentsRequestInput {
  readonly timeoutMs?: number | undefined;
  readonly topics: readonly AlterPartitionReassignmentsRequestTopicInput[];
}

export interface AlterPartitionReassignmentsRequestTopic {
  readonly name: string;
  readonly partitions: AlterPartitionReassignmentsRequestTopicPartition[];
}

export interface AlterPartitionReassignmentsRequestTopicInput {
  readonly name: string;
  readonly partitions: readonly AlterPartitionReassignmentsRequestTopicPartitionInput[];
}

export interface AlterPartitionReassignmentsRequestTopicPartition {
  readonly partitionIndex: number;
  readonly replicas: number[] | null;
}

export interface AlterPartitionReassignmentsRequestTopicPartitionInput {
  readonly partitionIndex: number;
  readonly replicas?: readonly number[] | null | undefined;
}

function decodeAlterPartitionReassignmentsRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsRequestTopicPartition {
  const partitionIndex = reader.int32();
  let replicas: number[] | null = null;
  const replicasLength = reader.compactNullableArrayLength(4);
  if (replicasLength < 0) replicas = null;
  else {
    replicas = newArray<number>(replicasLength);
    for (let i = 0; i < replicasLength; i++) replicas[i] = reader.int32();
  }
  reader.skipTags();
  return { partitionIndex, replicas };
}

function decodeAlterPartitionReassignmentsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsRequestTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(6);
  const partitions = newArray<AlterPartitionReassignmentsRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeAlterPartitionReassignmentsRequestTopicPartitionFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { name, partitions };
}

function decodeAlterPartitionReassignmentsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsRequest {
  const timeoutMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<AlterPartitionReassignmentsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeAlterPartitionReassignmentsRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { timeoutMs, topics };
}

function encodeAlterPartitionReassignmentsRequestTopicPartitionFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  const replicas = value.replicas ?? null;
  if (replicas === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(replicas.length);
    for (const element of replicas) writer.int32(element);
  }
  writer.uvarint(0);
}

function encodeAlterPartitionReassignmentsRequestTopicFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeAlterPartitionReassignmentsRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeAlterPartitionReassignmentsRequestFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.timeoutMs ?? 60000);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeAlterPartitionReassignmentsRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterPartitionReassignmentsRequestCodec: MessageCodec<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsRequestInput
> = {
  decode: (reader, apiVersion) =>
    decodeAlterPartitionReassignmentsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeAlterPartitionReassignmentsRequestFlexible(writer, value, apiVersion),
};
