// DescribeProducersRequest (key 61), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/61-describe-producers.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeProducersRequest {
  readonly topics: DescribeProducersRequestTopic[];
}

export interface DescribeProducersRequestInput {
  readonly topics: readonly DescribeProducersRequestTopicInput[];
}

export interface DescribeProducersRequestTopic {
  readonly name: string;
  readonly partitionIndexes: number[];
}

export interface DescribeProducersRequestTopicInput {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function decodeDescribeProducersRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersRequestTopic {
  const name = reader.compactString();
  const partitionIndexesLength = reader.compactArrayLength(4);
  const partitionIndexes = newArray<number>(partitionIndexesLength);
  for (let i = 0; i < partitionIndexesLength; i++) partitionIndexes[i] = reader.int32();
  reader.skipTags();
  return { name, partitionIndexes };
}

function decodeDescribeProducersRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersRequest {
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DescribeProducersRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDescribeProducersRequestTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { topics };
}

function encodeDescribeProducersRequestTopicFlexible(
  writer: Writer,
  value: DescribeProducersRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionIndexes = value.partitionIndexes;
  writer.compactArrayLength(partitionIndexes.length);
  for (const element of partitionIndexes) writer.int32(element);
  writer.uvarint(0);
}

function encodeDescribeProducersRequestFlexible(
  writer: Writer,
  value: DescribeProducersRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDescribeProducersRequestTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeProducersRequestCodec: MessageCodec<
  DescribeProducersRequest,
  DescribeProducersRequestInput
> = {
  decode: (reader, apiVersion) => decodeDescribeProducersRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeProducersRequestFlexible(writer, value, apiVersion),
};
