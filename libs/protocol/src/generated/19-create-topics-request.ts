// CreateTopicsRequest (key 19), versions 2 to 7. Written by `npm run gen` from
// libs/protocol/src/messages/19-create-topics.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreateTopicsRequest {
  readonly topics: CreateTopicsRequestTopic[];
  /** default 60000. */
  readonly timeoutMs: number;
  /** default false. */
  readonly validateOnly: boolean;
}

export interface CreateTopicsRequestInput {
  readonly topics: readonly CreateTopicsRequestTopicInput[];
  readonly timeoutMs?: number | undefined;
  readonly validateOnly?: boolean | undefined;
}

export interface CreateTopicsRequestTopic {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: CreateTopicsRequestTopicAssignment[];
  readonly configs: CreateTopicsRequestTopicConfig[];
}

export interface CreateTopicsRequestTopicInput {
  readonly name: string;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly CreateTopicsRequestTopicAssignmentInput[];
  readonly configs: readonly CreateTopicsRequestTopicConfigInput[];
}

export interface CreateTopicsRequestTopicConfig {
  readonly name: string;
  readonly value: string | null;
}

export interface CreateTopicsRequestTopicConfigInput {
  readonly name: string;
  readonly value: string | null;
}

export interface CreateTopicsRequestTopicAssignment {
  readonly partitionIndex: number;
  readonly brokerIds: number[];
}

export interface CreateTopicsRequestTopicAssignmentInput {
  readonly partitionIndex: number;
  readonly brokerIds: readonly number[];
}

function decodeCreateTopicsRequestTopicAssignmentClassic(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopicAssignment {
  const partitionIndex = reader.int32();
  const brokerIdsLength = reader.arrayLength(4);
  const brokerIds = newArray<number>(brokerIdsLength);
  for (let i = 0; i < brokerIdsLength; i++) brokerIds[i] = reader.int32();
  return { partitionIndex, brokerIds };
}

function decodeCreateTopicsRequestTopicConfigClassic(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopicConfig {
  const name = reader.string();
  const value = reader.nullableString();
  return { name, value };
}

function decodeCreateTopicsRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopic {
  const name = reader.string();
  const numPartitions = reader.int32();
  const replicationFactor = reader.int16();
  const assignmentsLength = reader.arrayLength(8);
  const assignments = newArray<CreateTopicsRequestTopicAssignment>(assignmentsLength);
  for (let i = 0; i < assignmentsLength; i++)
    assignments[i] = decodeCreateTopicsRequestTopicAssignmentClassic(reader, apiVersion);
  const configsLength = reader.arrayLength(4);
  const configs = newArray<CreateTopicsRequestTopicConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeCreateTopicsRequestTopicConfigClassic(reader, apiVersion);
  return { name, numPartitions, replicationFactor, assignments, configs };
}

function decodeCreateTopicsRequestClassic(reader: Reader, apiVersion: number): CreateTopicsRequest {
  const topicsLength = reader.arrayLength(16);
  const topics = newArray<CreateTopicsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreateTopicsRequestTopicClassic(reader, apiVersion);
  const timeoutMs = reader.int32();
  const validateOnly = reader.bool();
  return { topics, timeoutMs, validateOnly };
}

function encodeCreateTopicsRequestTopicAssignmentClassic(
  writer: Writer,
  value: CreateTopicsRequestTopicAssignmentInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  const brokerIds = value.brokerIds;
  writer.arrayLength(brokerIds.length);
  for (const element of brokerIds) writer.int32(element);
}

function encodeCreateTopicsRequestTopicConfigClassic(
  writer: Writer,
  value: CreateTopicsRequestTopicConfigInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.nullableString(value.value);
}

function encodeCreateTopicsRequestTopicClassic(
  writer: Writer,
  value: CreateTopicsRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.int32(value.numPartitions);
  writer.int16(value.replicationFactor);
  const assignments = value.assignments;
  writer.arrayLength(assignments.length);
  for (const element of assignments)
    encodeCreateTopicsRequestTopicAssignmentClassic(writer, element, apiVersion);
  const configs = value.configs;
  writer.arrayLength(configs.length);
  for (const element of configs)
    encodeCreateTopicsRequestTopicConfigClassic(writer, element, apiVersion);
}

function encodeCreateTopicsRequestClassic(
  writer: Writer,
  value: CreateTopicsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeCreateTopicsRequestTopicClassic(writer, element, apiVersion);
  writer.int32(value.timeoutMs ?? 60000);
  writer.bool(value.validateOnly ?? false);
}

function decodeCreateTopicsRequestTopicAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopicAssignment {
  const partitionIndex = reader.int32();
  const brokerIdsLength = reader.compactArrayLength(4);
  const brokerIds = newArray<number>(brokerIdsLength);
  for (let i = 0; i < brokerIdsLength; i++) brokerIds[i] = reader.int32();
  reader.skipTags();
  return { partitionIndex, brokerIds };
}

function decodeCreateTopicsRequestTopicConfigFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopicConfig {
  const name = reader.compactString();
  const value = reader.compactNullableString();
  reader.skipTags();
  return { name, value };
}

function decodeCreateTopicsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequestTopic {
  const name = reader.compactString();
  const numPartitions = reader.int32();
  const replicationFactor = reader.int16();
  const assignmentsLength = reader.compactArrayLength(6);
  const assignments = newArray<CreateTopicsRequestTopicAssignment>(assignmentsLength);
  for (let i = 0; i < assignmentsLength; i++)
    assignments[i] = decodeCreateTopicsRequestTopicAssignmentFlexible(reader, apiVersion);
  const configsLength = reader.compactArrayLength(3);
  const configs = newArray<CreateTopicsRequestTopicConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeCreateTopicsRequestTopicConfigFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, numPartitions, replicationFactor, assignments, configs };
}

function decodeCreateTopicsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsRequest {
  const topicsLength = reader.compactArrayLength(10);
  const topics = newArray<CreateTopicsRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreateTopicsRequestTopicFlexible(reader, apiVersion);
  const timeoutMs = reader.int32();
  const validateOnly = reader.bool();
  reader.skipTags();
  return { topics, timeoutMs, validateOnly };
}

function encodeCreateTopicsRequestTopicAssignmentFlexible(
  writer: Writer,
  value: CreateTopicsRequestTopicAssignmentInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  const brokerIds = value.brokerIds;
  writer.compactArrayLength(brokerIds.length);
  for (const element of brokerIds) writer.int32(element);
  writer.uvarint(0);
}

function encodeCreateTopicsRequestTopicConfigFlexible(
  writer: Writer,
  value: CreateTopicsRequestTopicConfigInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactNullableString(value.value);
  writer.uvarint(0);
}

function encodeCreateTopicsRequestTopicFlexible(
  writer: Writer,
  value: CreateTopicsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int32(value.numPartitions);
  writer.int16(value.replicationFactor);
  const assignments = value.assignments;
  writer.compactArrayLength(assignments.length);
  for (const element of assignments)
    encodeCreateTopicsRequestTopicAssignmentFlexible(writer, element, apiVersion);
  const configs = value.configs;
  writer.compactArrayLength(configs.length);
  for (const element of configs)
    encodeCreateTopicsRequestTopicConfigFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeCreateTopicsRequestFlexible(
  writer: Writer,
  value: CreateTopicsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeCreateTopicsRequestTopicFlexible(writer, element, apiVersion);
  writer.int32(value.timeoutMs ?? 60000);
  writer.bool(value.validateOnly ?? false);
  writer.uvarint(0);
}

export const createTopicsRequestCodec: MessageCodec<CreateTopicsRequest, CreateTopicsRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 5
        ? decodeCreateTopicsRequestFlexible(reader, apiVersion)
        : decodeCreateTopicsRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 5
        ? encodeCreateTopicsRequestFlexible(writer, value, apiVersion)
        : encodeCreateTopicsRequestClassic(writer, value, apiVersion),
  };
