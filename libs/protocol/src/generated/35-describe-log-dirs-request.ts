// DescribeLogDirsRequest (key 35), versions 1 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/35-describe-log-dirs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeLogDirsRequest {
  readonly topics: DescribeLogDirsRequestTopic[] | null;
}

export interface DescribeLogDirsRequestInput {
  readonly topics: readonly DescribeLogDirsRequestTopicInput[] | null;
}

export interface DescribeLogDirsRequestTopic {
  readonly topic: string;
  readonly partitions: number[];
}

export interface DescribeLogDirsRequestTopicInput {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function decodeDescribeLogDirsRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsRequestTopic {
  const topic = reader.string();
  const partitionsLength = reader.arrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  return { topic, partitions };
}

function decodeDescribeLogDirsRequestClassic(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsRequest {
  let topics: DescribeLogDirsRequestTopic[] | null = null;
  const topicsLength = reader.nullableArrayLength(6);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<DescribeLogDirsRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeDescribeLogDirsRequestTopicClassic(reader, apiVersion);
  }
  return { topics };
}

function encodeDescribeLogDirsRequestTopicClassic(
  writer: Writer,
  value: DescribeLogDirsRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic);
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
}

function encodeDescribeLogDirsRequestClassic(
  writer: Writer,
  value: DescribeLogDirsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  if (topics === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(topics.length);
    for (const element of topics)
      encodeDescribeLogDirsRequestTopicClassic(writer, element, apiVersion);
  }
}

function decodeDescribeLogDirsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsRequestTopic {
  const topic = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topic, partitions };
}

function decodeDescribeLogDirsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeLogDirsRequest {
  let topics: DescribeLogDirsRequestTopic[] | null = null;
  const topicsLength = reader.compactNullableArrayLength(3);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<DescribeLogDirsRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeDescribeLogDirsRequestTopicFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { topics };
}

function encodeDescribeLogDirsRequestTopicFlexible(
  writer: Writer,
  value: DescribeLogDirsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeDescribeLogDirsRequestFlexible(
  writer: Writer,
  value: DescribeLogDirsRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  if (topics === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topics.length);
    for (const element of topics)
      encodeDescribeLogDirsRequestTopicFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const describeLogDirsRequestCodec: MessageCodec<
  DescribeLogDirsRequest,
  DescribeLogDirsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDescribeLogDirsRequestFlexible(reader, apiVersion)
      : decodeDescribeLogDirsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDescribeLogDirsRequestFlexible(writer, value, apiVersion)
      : encodeDescribeLogDirsRequestClassic(writer, value, apiVersion),
};
