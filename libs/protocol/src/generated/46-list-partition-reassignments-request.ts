// ListPartitionReassignmentsRequest (key 46), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/46-list-partition-reassignments.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListPartitionReassignmentsRequest {
  /** default 60000. */
  readonly timeoutMs: number;
  readonly topics: ListPartitionReassignmentsRequestTopic[] | null;
}

export interface ListPartitionReassignmentsRequestInput {
  readonly timeoutMs?: number | undefined;
  readonly topics?: readonly ListPartitionReassignmentsRequestTopicInput[] | null | undefined;
}

export interface ListPartitionReassignmentsRequestTopic {
  readonly name: string;
  readonly partitionIndexes: number[];
}

export interface ListPartitionReassignmentsRequestTopicInput {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function decodeListPartitionReassignmentsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ListPartitionReassignmentsRequestTopic {
  const name = reader.compactString();
  const partitionIndexesLength = reader.compactArrayLength(4);
  const partitionIndexes = newArray<number>(partitionIndexesLength);
  for (let i = 0; i < partitionIndexesLength; i++) partitionIndexes[i] = reader.int32();
  reader.skipTags();
  return { name, partitionIndexes };
}

function decodeListPartitionReassignmentsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): ListPartitionReassignmentsRequest {
  const timeoutMs = reader.int32();
  let topics: ListPartitionReassignmentsRequestTopic[] | null = null;
  const topicsLength = reader.compactNullableArrayLength(3);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<ListPartitionReassignmentsRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeListPartitionReassignmentsRequestTopicFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { timeoutMs, topics };
}

function encodeListPartitionReassignmentsRequestTopicFlexible(
  writer: Writer,
  value: ListPartitionReassignmentsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionIndexes = value.partitionIndexes;
  writer.compactArrayLength(partitionIndexes.length);
  for (const element of partitionIndexes) writer.int32(element);
  writer.uvarint(0);
}

function encodeListPartitionReassignmentsRequestFlexible(
  writer: Writer,
  value: ListPartitionReassignmentsRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.timeoutMs ?? 60000);
  const topics = value.topics ?? null;
  if (topics === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topics.length);
    for (const element of topics)
      encodeListPartitionReassignmentsRequestTopicFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const listPartitionReassignmentsRequestCodec: MessageCodec<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsRequestInput
> = {
  decode: (reader, apiVersion) =>
    decodeListPartitionReassignmentsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeListPartitionReassignmentsRequestFlexible(writer, value, apiVersion),
};
