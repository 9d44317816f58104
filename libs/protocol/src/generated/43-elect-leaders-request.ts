// ElectLeadersRequest (key 43), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/43-elect-leaders.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ElectLeadersRequest {
  /** Versions 1+. */
  readonly electionType: number;
  readonly topicPartitions: ElectLeadersRequestTopicPartition[] | null;
  /** default 60000. */
  readonly timeoutMs: number;
}

export interface ElectLeadersRequestInput {
  readonly electionType?: number | undefined;
  readonly topicPartitions: readonly ElectLeadersRequestTopicPartitionInput[] | null;
  readonly timeoutMs?: number | undefined;
}

export interface ElectLeadersRequestTopicPartition {
  readonly topic: string;
  readonly partitions: number[];
}

export interface ElectLeadersRequestTopicPartitionInput {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function decodeElectLeadersRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): ElectLeadersRequestTopicPartition {
  const topic = reader.string();
  const partitionsLength = reader.arrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  return { topic, partitions };
}

function decodeElectLeadersRequestClassic(reader: Reader, apiVersion: number): ElectLeadersRequest {
  const electionType = apiVersion >= 1 ? reader.int8() : 0;
  let topicPartitions: ElectLeadersRequestTopicPartition[] | null = null;
  const topicPartitionsLength = reader.nullableArrayLength(6);
  if (topicPartitionsLength < 0) topicPartitions = null;
  else {
    topicPartitions = newArray<ElectLeadersRequestTopicPartition>(topicPartitionsLength);
    for (let i = 0; i < topicPartitionsLength; i++)
      topicPartitions[i] = decodeElectLeadersRequestTopicPartitionClassic(reader, apiVersion);
  }
  const timeoutMs = reader.int32();
  return { electionType, topicPartitions, timeoutMs };
}

function encodeElectLeadersRequestTopicPartitionClassic(
  writer: Writer,
  value: ElectLeadersRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.string(value.topic);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
}

function encodeElectLeadersRequestClassic(
  writer: Writer,
  value: ElectLeadersRequestInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int8(value.electionType ?? 0);
  }
  const topicPartitions = value.topicPartitions;
  if (topicPartitions === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(topicPartitions.length);
    for (const element of topicPartitions)
      encodeElectLeadersRequestTopicPartitionClassic(writer, element, apiVersion);
  }
  writer.int32(value.timeoutMs ?? 60000);
}

function decodeElectLeadersRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ElectLeadersRequestTopicPartition {
  const topic = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topic, partitions };
}

function decodeElectLeadersRequestFlexible(
  reader: Reader,
  apiVersion: number,
): ElectLeadersRequest {
  const electionType = reader.int8();
  let topicPartitions: ElectLeadersRequestTopicPartition[] | null = null;
  const topicPartitionsLength = reader.compactNullableArrayLength(3);
  if (topicPartitionsLength < 0) topicPartitions = null;
  else {
    topicPartitions = newArray<ElectLeadersRequestTopicPartition>(topicPartitionsLength);
    for (let i = 0; i < topicPartitionsLength; i++)
      topicPartitions[i] = decodeElectLeadersRequestTopicPartitionFlexible(reader, apiVersion);
  }
  const timeoutMs = reader.int32();
  reader.skipTags();
  return { electionType, topicPartitions, timeoutMs };
}

function encodeElectLeadersRequestTopicPartitionFlexible(
  writer: Writer,
  value: ElectLeadersRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeElectLeadersRequestFlexible(
  writer: Writer,
  value: ElectLeadersRequestInput,
  apiVersion: number,
): void {
  writer.int8(value.electionType ?? 0);
  const topicPartitions = value.topicPartitions;
  if (topicPartitions === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topicPartitions.length);
    for (const element of topicPartitions)
      encodeElectLeadersRequestTopicPartitionFlexible(writer, element, apiVersion);
  }
  writer.int32(value.timeoutMs ?? 60000);
  writer.uvarint(0);
}

export const electLeadersRequestCodec: MessageCodec<ElectLeadersRequest, ElectLeadersRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 2
        ? decodeElectLeadersRequestFlexible(reader, apiVersion)
        : decodeElectLeadersRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 2
        ? encodeElectLeadersRequestFlexible(writer, value, apiVersion)
        : encodeElectLeadersRequestClassic(writer, value, apiVersion),
  };
