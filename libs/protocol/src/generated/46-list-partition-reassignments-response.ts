// ListPartitionReassignmentsResponse (key 46), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/46-list-partition-reassignments.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListPartitionReassignmentsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topics: ListPartitionReassignmentsResponseTopic[];
}

export interface ListPartitionReassignmentsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topics: readonly ListPartitionReassignmentsResponseTopicInput[];
}

export interface ListPartitionReassignmentsResponseTopic {
  readonly name: string;
  readonly partitions: ListPartitionReassignmentsResponseTopicPartition[];
}

export interface ListPartitionReassignmentsResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly ListPartitionReassignmentsResponseTopicPartitionInput[];
}

export interface ListPartitionReassignmentsResponseTopicPartition {
  readonly partitionIndex: number;
  readonly replicas: number[];
  readonly addingReplicas: number[];
  readonly removingReplicas: number[];
}

export interface ListPartitionReassignmentsResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

function decodeListPartitionReassignmentsResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ListPartitionReassignmentsResponseTopicPartition {
  const partitionIndex = reader.int32();
  const replicasLength = reader.compactArrayLength(4);
  const replicas = newArray<number>(replicasLength);
  for (let i = 0; i < replicasLength; i++) replicas[i] = reader.int32();
  const addingReplicasLength = reader.compactArrayLength(4);
  const addingReplicas = newArray<number>(addingReplicasLength);
  for (let i = 0; i < addingReplicasLength; i++) addingReplicas[i] = reader.int32();
  const removingReplicasLength = reader.compactArrayLength(4);
  const removingReplicas = newArray<number>(removingReplicasLength);
  for (let i = 0; i < removingReplicasLength; i++) removingReplicas[i] = reader.int32();
  reader.skipTags();
  return { partitionIndex, replicas, addingReplicas, removingReplicas };
}

function decodeListPartitionReassignmentsResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ListPartitionReassignmentsResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(8);
  const partitions = newArray<ListPartitionReassignmentsResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeListPartitionReassignmentsResponseTopicPartitionFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { name, partitions };
}

function decodeListPartitionReassignmentsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ListPartitionReassignmentsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<ListPartitionReassignmentsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeListPartitionReassignmentsResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, topics };
}

function encodeListPartitionReassignmentsResponseTopicPartitionFlexible(
  writer: Writer,
  value: ListPartitionReassignmentsResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  const replicas = value.replicas;
  writer.compactArrayLength(replicas.length);
  for (const element of replicas) writer.int32(element);
  const addingReplicas = value.addingReplicas;
  writer.compactArrayLength(addingReplicas.length);
  for (const element of addingReplicas) writer.int32(element);
  const removingReplicas = value.removingReplicas;
  writer.compactArrayLength(removingReplicas.length);
  for (const element of removingReplicas) writer.int32(element);
  writer.uvarint(0);
}

function encodeListPartitionReassignmentsResponseTopicFlexible(
  writer: Writer,
  value: ListPartitionReassignmentsResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeListPartitionReassignmentsResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeListPartitionReassignmentsResponseFlexible(
  writer: Writer,
  value: ListPartitionReassignmentsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeListPartitionReassignmentsResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const listPartitionReassignmentsResponseCodec: MessageCodec<
  ListPartitionReassignmentsResponse,
  ListPartitionReassignmentsResponseInput
> = {
  decode: (reader, apiVersion) =>
    decodeListPartitionReassignmentsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeListPartitionReassignmentsResponseFlexible(writer, value, apiVersion),
};
