// CreatePartitionsRequest (key 37), versions 0 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/37-create-partitions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreatePartitionsRequest {
  readonly topics: CreatePartitionsRequestTopic[];
  readonly timeoutMs: number;
  readonly validateOnly: boolean;
}

export interface CreatePartitionsRequestInput {
  readonly topics: readonly CreatePartitionsRequestTopicInput[];
  readonly timeoutMs: number;
  readonly validateOnly: boolean;
}

export interface CreatePartitionsRequestTopic {
  readonly name: string;
  readonly count: number;
  readonly assignments: CreatePartitionsRequestTopicAssignment[] | null;
}

export interface CreatePartitionsRequestTopicInput {
  readonly name: string;
  readonly count: number;
  readonly assignments: readonly CreatePartitionsRequestTopicAssignmentInput[] | null;
}

export interface CreatePartitionsRequestTopicAssignment {
  readonly brokerIds: number[];
}

export interface CreatePartitionsRequestTopicAssignmentInput {
  readonly brokerIds: readonly number[];
}

function decodeCreatePartitionsRequestTopicAssignmentClassic(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequestTopicAssignment {
  const brokerIdsLength = reader.arrayLength(4);
  const brokerIds = newArray<number>(brokerIdsLength);
  for (let i = 0; i < brokerIdsLength; i++) brokerIds[i] = reader.int32();
  return { brokerIds };
}

function decodeCreatePartitionsRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequestTopic {
  const name = reader.string();
  const count = reader.int32();
  let assignments: CreatePartitionsRequestTopicAssignment[] | null = null;
  const assignmentsLength = reader.nullableArrayLength(4);
  if (assignmentsLength < 0) assignments = null;
  else {
    assignments = newArray<CreatePartitionsRequestTopicAssignment>(assignmentsLength);
    for (let i = 0; i < assignmentsLength; i++)
      assignments[i] = decodeCreatePartitionsRequestTopicAssignmentClassic(reader, apiVersion);
  }
  return { name, count, assignments };
}

function decodeCreatePartitionsRequestClassic(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequest {
  const topicsLength = reader.arrayLength(10);
  const topics = newArray<CreatePartitionsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreatePartitionsRequestTopicClassic(reader, apiVersion);
  const timeoutMs = reader.int32();
  const validateOnly = reader.bool();
  return { topics, timeoutMs, validateOnly };
}

function encodeCreatePartitionsRequestTopicAssignmentClassic(
  writer: Writer,
  value: CreatePartitionsRequestTopicAssignmentInput,
  apiVersion: number,
): void {
  const brokerIds = value.brokerIds;
  writer.arrayLength(brokerIds.length);
  for (const element of brokerIds) writer.int32(element);
}

function encodeCreatePartitionsRequestTopicClassic(
  writer: Writer,
  value: CreatePartitionsRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.int32(value.count);
  const assignments = value.assignments;
  if (assignments === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(assignments.length);
    for (const element of assignments)
      encodeCreatePartitionsRequestTopicAssignmentClassic(writer, element, apiVersion);
  }
}

function encodeCreatePartitionsRequestClassic(
  writer: Writer,
  value: CreatePartitionsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeCreatePartitionsRequestTopicClassic(writer, element, apiVersion);
  writer.int32(value.timeoutMs);
  writer.bool(value.validateOnly);
}

function decodeCreatePartitionsRequestTopicAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequestTopicAssignment {
  const brokerIdsLength = reader.compactArrayLength(4);
  const brokerIds = newArray<number>(brokerIdsLength);
  for (let i = 0; i < brokerIdsLength; i++) brokerIds[i] = reader.int32();
  reader.skipTags();
  return { brokerIds };
}

function decodeCreatePartitionsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequestTopic {
  const name = reader.compactString();
  const count = reader.int32();
  let assignments: CreatePartitionsRequestTopicAssignment[] | null = null;
  const assignmentsLength = reader.compactNullableArrayLength(2);
  if (assignmentsLength < 0) assignments = null;
  else {
    assignments = newArray<CreatePartitionsRequestTopicAssignment>(assignmentsLength);
    for (let i = 0; i < assignmentsLength; i++)
      assignments[i] = decodeCreatePartitionsRequestTopicAssignmentFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { name, count, assignments };
}

function decodeCreatePartitionsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsRequest {
  const topicsLength = reader.compactArrayLength(7);
  const topics = newArray<CreatePartitionsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreatePartitionsRequestTopicFlexible(reader, apiVersion);
  const timeoutMs = reader.int32();
  const validateOnly = reader.bool();
  reader.skipTags();
  return { topics, timeoutMs, validateOnly };
}

function encodeCreatePartitionsRequestTopicAssignmentFlexible(
  writer: Writer,
  value: CreatePartitionsRequestTopicAssignmentInput,
  apiVersion: number,
): void {
  const brokerIds = value.brokerIds;
  writer.compactArrayLength(brokerIds.length);
  for (const element of brokerIds) writer.int32(element);
  writer.uvarint(0);
}

function encodeCreatePartitionsRequestTopicFlexible(
  writer: Writer,
  value: CreatePartitionsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int32(value.count);
  const assignments = value.assignments;
  if (assignments === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(assignments.length);
    for (const element of assignments)
      encodeCreatePartitionsRequestTopicAssignmentFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

function encodeCreatePartitionsRequestFlexible(
  writer: Writer,
  value: CreatePartitionsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeCreatePartitionsRequestTopicFlexible(writer, element, apiVersion);
  writer.int32(value.timeoutMs);
  writer.bool(value.validateOnly);
  writer.uvarint(0);
}

export const createPartitionsRequestCodec: MessageCodec<
  CreatePartitionsRequest,
  CreatePartitionsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeCreatePartitionsRequestFlexible(reader, apiVersion)
      : decodeCreatePartitionsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeCreatePartitionsRequestFlexible(writer, value, apiVersion)
      : encodeCreatePartitionsRequestClassic(writer, value, apiVersion),
};
