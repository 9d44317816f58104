// ProduceRequest (key 0), versions 3 to 11. Written by `npm run gen` from
// libs/protocol/src/messages/00-produce.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: ProduceRequestTopic[];
}

export interface ProduceRequestInput {
  readonly transactionalId?: string | null | undefined;
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: readonly ProduceRequestTopicInput[];
}

export interface ProduceRequestTopic {
  readonly name: string;
  readonly partitionData: ProduceRequestTopicPartition[];
}

export interface ProduceRequestTopicInput {
  readonly name: string;
  readonly partitionData: readonly ProduceRequestTopicPartitionInput[];
}

export interface ProduceRequestTopicPartition {
  readonly index: number;
  readonly records: Buffer | null;
}

export interface ProduceRequestTopicPartitionInput {
  readonly index: number;
  readonly records: Uint8Array | null;
}

function decodeProduceRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): ProduceRequestTopicPartition {
  const index = reader.int32();
  const records = reader.nullableBytes();
  return { index, records };
}

function decodeProduceRequestTopicClassic(reader: Reader, apiVersion: number): ProduceRequestTopic {
  const name = reader.string();
  const partitionDataLength = reader.arrayLength(8);
  const partitionData = newArray<ProduceRequestTopicPartition>(partitionDataLength);
  for (let i = 0; i < partitionDataLength; i++)
    partitionData[i] = decodeProduceRequestTopicPartitionClassic(reader, apiVersion);
  return { name, partitionData };
}

function decodeProduceRequestClassic(reader: Reader, apiVersion: number): ProduceRequest {
  const transactionalId = reader.nullableString();
  const acks = reader.int16();
  const timeoutMs = reader.int32();
  const topicDataLength = reader.arrayLength(6);
  const topicData = newArray<ProduceRequestTopic>(topicDataLength);
  for (let i = 0; i < topicDataLength; i++)
    topicData[i] = decodeProduceRequestTopicClassic(reader, apiVersion);
  return { transactionalId, acks, timeoutMs, topicData };
}

function encodeProduceRequestTopicPartitionClassic(
  writer: Writer,
  value: ProduceRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.index);
  writer.nullableRecords(value.records);
}

function encodeProduceRequestTopicClassic(
  writer: Writer,
  value: ProduceRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitionData = value.partitionData;
  writer.arrayLength(partitionData.length);
  for (const element of partitionData)
    encodeProduceRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeProduceRequestClassic(
  writer: Writer,
  value: ProduceRequestInput,
  apiVersion: number,
): void {
  writer.nullableString(value.transactionalId ?? null);
  writer.int16(value.acks);
  writer.int32(value.timeoutMs);
  const topicData = value.topicData;
  writer.arrayLength(topicData.length);
  for (const element of topicData) encodeProduceRequestTopicClassic(writer, element, apiVersion);
}

function decodeProduceRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceRequestTopicPartition {
  const index = reader.int32();
  const records = reader.compactNullableBytes();
  reader.skipTags();
  return { index, records };
}

function decodeProduceRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceRequestTopic {
  const name = reader.compactString();
  const partitionDataLength = reader.compactArrayLength(6);
  const partitionData = newArray<ProduceRequestTopicPartition>(partitionDataLength);
  for (let i = 0; i < partitionDataLength; i++)
    partitionData[i] = decodeProduceRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitionData };
}

function decodeProduceRequestFlexible(reader: Reader, apiVersion: number): ProduceRequest {
  const transactionalId = reader.compactNullableString();
  const acks = reader.int16();
  const timeoutMs = reader.int32();
  const topicDataLength = reader.compactArrayLength(3);
  const topicData = newArray<ProduceRequestTopic>(topicDataLength);
  for (let i = 0; i < topicDataLength; i++)
    topicData[i] = decodeProduceRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { transactionalId, acks, timeoutMs, topicData };
}

function encodeProduceRequestTopicPartitionFlexible(
  writer: Writer,
  value: ProduceRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.index);
  writer.compactNullableRecords(value.records);
  writer.uvarint(0);
}

function encodeProduceRequestTopicFlexible(
  writer: Writer,
  value: ProduceRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionData = value.partitionData;
  writer.compactArrayLength(partitionData.length);
  for (const element of partitionData)
    encodeProduceRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeProduceRequestFlexible(
  writer: Writer,
  value: ProduceRequestInput,
  apiVersion: number,
): void {
  writer.compactNullableString(value.transactionalId ?? null);
  writer.int16(value.acks);
  writer.int32(value.timeoutMs);
  const topicData = value.topicData;
  writer.compactArrayLength(topicData.length);
  for (const element of topicData) encodeProduceRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const produceRequestCodec: MessageCodec<ProduceRequest, ProduceRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 9
      ? decodeProduceRequestFlexible(reader, apiVersion)
      : decodeProduceRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 9
      ? encodeProduceRequestFlexible(writer, value, apiVersion)
      : encodeProduceRequestClassic(writer, value, apiVersion),
};
