// DescribeLogDirsResponse (key 35), versions 1 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/35-describe-log-dirs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeLogDirsResponse {
  readonly throttleTimeMs: number;
  /** Versions 3+. */
  readonly errorCode: number;
  readonly results: DescribeLogDirsResponseResult[];
}

export interface DescribeLogDirsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode?: number | undefined;
  readonly results: readonly DescribeLogDirsResponseResultInput[];
}

export interface DescribeLogDirsResponseResult {
  readonly errorCode: number;
  readonly logDir: string;
  readonly topics: DescribeLogDirsResponseResultTopic[];
  /** Versions 4; default -1. */
  readonly totalBytes: number;
  /** Versions 4; default -1. */
  readonly usableBytes: number;
}

export interface DescribeLogDirsResponseResultInput {
  readonly errorCode: number;
  readonly logDir: string;
  readonly topics: readonly DescribeLogDirsResponseResultTopicInput[];
  readonly totalBytes?: number | undefined;
  readonly usableBytes?: number | undefined;
}

export interface DescribeLogDirsResponseResultTopic {
  readonly name: string;
  readonly partitions: DescribeLogDirsResponseResultTopicPartition[];
}

export interface DescribeLogDirsResponseResultTopicInput {
  readonly name: string;
  readonly partitions: readonly DescribeLogDirsResponseResultTopicPartitionInput[];
}

export interface DescribeLogDirsResponseResultTopicPartition {
  readonly partitionIndex: number;
  readonly partitionSize: number;
  readonly offsetLag: number;
  readonly isFutureKey: boolean;
}

export interface DescribeLogDirsResponseResultTopicPartitionInput {
  readonly partitionIndex: number;
  readonly partitionSize: number;
  readonly offsetLag: number;
  readonly isFutureKey: boolean;
}

function decodeDescribeLogDirsResponseResultTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResultTopicPartition {
  const partitionIndex = reader.int32();
  const partitionSize = reader.int64();
  const offsetLag = reader.int64();
  const isFutureKey = reader.bool();
  return { partitionIndex, partitionSize, offsetLag, isFutureKey };
}

function decodeDescribeLogDirsResponseResultTopicClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResultTopic {
  const name = reader.string();
  const partitionsLength = reader.arrayLength(21);
  const partitions = newArray<DescribeLogDirsResponseResultTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDescribeLogDirsResponseResultTopicPartitionClassic(reader, apiVersion);
  return { name, partitions };
}

function decodeDescribeLogDirsResponseResultClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResult {
  const errorCode = reader.int16();
  const logDir = reader.string();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<DescribeLogDirsResponseResultTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDescribeLogDirsResponseResultTopicClassic(reader, apiVersion);
  const totalBytes: number = -1;
  const usableBytes: number = -1;
  return { errorCode, logDir, topics, totalBytes, usableBytes };
}

function decodeDescribeLogDirsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode: number = 0;
  const resultsLength = reader.arrayLength(8);
  const results = newArray<DescribeLogDirsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDescribeLogDirsResponseResultClassic(reader, apiVersion);
  return { throttleTimeMs, errorCode, results };
}

function encodeDescribeLogDirsResponseResultTopicPartitionClassic(
  writer: Writer,
  value: DescribeLogDirsResponseResultTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.partitionSize);
  writer.int64(value.offsetLag);
  writer.bool(value.isFutureKey);
}

function encodeDescribeLogDirsResponseResultTopicClassic(
  writer: Writer,
  value: DescribeLogDirsResponseResultTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeDescribeLogDirsResponseResultTopicPartitionClassic(writer, element, apiVersion);
}

function encodeDescribeLogDirsResponseResultClassic(
  writer: Writer,
  value: DescribeLogDirsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.string(value.logDir);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics)
    encodeDescribeLogDirsResponseResultTopicClassic(writer, element, apiVersion);
}

function encodeDescribeLogDirsResponseClassic(
  writer: Writer,
  value: DescribeLogDirsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.arrayLength(results.length);
  for (const element of results)
    encodeDescribeLogDirsResponseResultClassic(writer, element, apiVersion);
}

function decodeDescribeLogDirsResponseResultTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResultTopicPartition {
  const partitionIndex = reader.int32();
  const partitionSize = reader.int64();
  const offsetLag = reader.int64();
  const isFutureKey = reader.bool();
  reader.skipTags();
  return { partitionIndex, partitionSize, offsetLag, isFutureKey };
}

function decodeDescribeLogDirsResponseResultTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResultTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(22);
  const partitions = newArray<DescribeLogDirsResponseResultTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDescribeLogDirsResponseResultTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeDescribeLogDirsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponseResult {
  const errorCode = reader.int16();
  const logDir = reader.compactString();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DescribeLogDirsResponseResultTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDescribeLogDirsResponseResultTopicFlexible(reader, apiVersion);
  const totalBytes = apiVersion >= 4 ? reader.int64() : -1;
  const usableBytes = apiVersion >= 4 ? reader.int64() : -1;
  reader.skipTags();
  return { errorCode, logDir, topics, totalBytes, usableBytes };
}

function decodeDescribeLogDirsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = apiVersion >= 3 ? reader.int16() : 0;
  const resultsLength = reader.compactArrayLength(5);
  const results = newArray<DescribeLogDirsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDescribeLogDirsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, results };
}

function encodeDescribeLogDirsResponseResultTopicPartitionFlexible(
  writer: Writer,
  value: DescribeLogDirsResponseResultTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int64(value.partitionSize);
  writer.int64(value.offsetLag);
  writer.bool(value.isFutureKey);
  writer.uvarint(0);
}

function encodeDescribeLogDirsResponseResultTopicFlexible(
  writer: Writer,
  value: DescribeLogDirsResponseResultTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeDescribeLogDirsResponseResultTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeLogDirsResponseResultFlexible(
  writer: Writer,
  value: DescribeLogDirsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactString(value.logDir);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDescribeLogDirsResponseResultTopicFlexible(writer, element, apiVersion);
  if (apiVersion >= 4) {
    writer.int64(value.totalBytes ?? -1);
  }
  if (apiVersion >= 4) {
    writer.int64(value.usableBytes ?? -1);
  }
  writer.uvarint(0);
}

function encodeDescribeLogDirsResponseFlexible(
  writer: Writer,
  value: DescribeLogDirsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  if (apiVersion >= 3) {
    writer.int16(value.errorCode ?? 0);
  }
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeDescribeLogDirsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeLogDirsResponseCodec: MessageCodec<
  DescribeLogDirsResponse,
  DescribeLogDirsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDescribeLogDirsResponseFlexible(reader, apiVersion)
      : decodeDescribeLogDirsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDescribeLogDirsResponseFlexible(writer, value, apiVersion)
      : encodeDescribeLogDirsResponseClassic(writer, value, apiVersion),
};
