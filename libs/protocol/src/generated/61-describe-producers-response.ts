// DescribeProducersResponse (key 61), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/61-describe-producers.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeProducersResponse {
  readonly throttleTimeMs: number;
  readonly topics: DescribeProducersResponseTopic[];
}

export interface DescribeProducersResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly DescribeProducersResponseTopicInput[];
}

export interface DescribeProducersResponseTopic {
  readonly name: string;
  readonly partitions: DescribeProducersResponseTopicPartition[];
}

export interface DescribeProducersResponseTopicInput {
  readonly name: string;
  readonly partitions: readonly DescribeProducersResponseTopicPartitionInput[];
}

export interface DescribeProducersResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly activeProducers: DescribeProducersResponseTopicPartitionActiveProducer[];
}

export interface DescribeProducersResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly activeProducers: readonly DescribeProducersResponseTopicPartitionActiveProducerInput[];
}

export interface DescribeProducersResponseTopicPartitionActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** default -1. */
  readonly lastSequence: number;
  /** default -1. */
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** default -1. */
  readonly currentTxnStartOffset: number;
}

export interface DescribeProducersResponseTopicPartitionActiveProducerInput {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence?: number | undefined;
  readonly lastTimestamp?: number | undefined;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset?: number | undefined;
}

function decodeDescribeProducersResponseTopicPartitionActiveProducerFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersResponseTopicPartitionActiveProducer {
  const producerId = reader.int64();
  const producerEpoch = reader.int32();
  const lastSequence = reader.int32();
  const lastTimestamp = reader.int64();
  const coordinatorEpoch = reader.int32();
  const currentTxnStartOffset = reader.int64();
  reader.skipTags();
  return {
    producerId,
    producerEpoch,
    lastSequence,
    lastTimestamp,
    coordinatorEpoch,
    currentTxnStartOffset,
  };
}

function decodeDescribeProducersResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const activeProducersLength = reader.compactArrayLength(37);
  const activeProducers =
    newArray<DescribeProducersResponseTopicPartitionActiveProducer>(activeProducersLength);
  for (let i = 0; i < activeProducersLength; i++)
    activeProducers[i] = decodeDescribeProducersResponseTopicPartitionActiveProducerFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { partitionIndex, errorCode, errorMessage, activeProducers };
}

function decodeDescribeProducersResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersResponseTopic {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(9);
  const partitions = newArray<DescribeProducersResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeDescribeProducersResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitions };
}

function decodeDescribeProducersResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeProducersResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DescribeProducersResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDescribeProducersResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeDescribeProducersResponseTopicPartitionActiveProducerFlexible(
  writer: Writer,
  value: DescribeProducersResponseTopicPartitionActiveProducerInput,
  apiVersion: number,
): void {
  writer.int64(value.producerId);
  writer.int32(value.producerEpoch);
  writer.int32(value.lastSequence ?? -1);
  writer.int64(value.lastTimestamp ?? -1);
  writer.int32(value.coordinatorEpoch);
  writer.int64(value.currentTxnStartOffset ?? -1);
  writer.uvarint(0);
}

function encodeDescribeProducersResponseTopicPartitionFlexible(
  writer: Writer,
  value: DescribeProducersResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage ?? null);
  const activeProducers = value.activeProducers;
  writer.compactArrayLength(activeProducers.length);
  for (const element of activeProducers)
    encodeDescribeProducersResponseTopicPartitionActiveProducerFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeDescribeProducersResponseTopicFlexible(
  writer: Writer,
  value: DescribeProducersResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeDescribeProducersResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeProducersResponseFlexible(
  writer: Writer,
  value: DescribeProducersResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDescribeProducersResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeProducersResponseCodec: MessageCodec<
  DescribeProducersResponse,
  DescribeProducersResponseInput
> = {
  decode: (reader, apiVersion) => decodeDescribeProducersResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeProducersResponseFlexible(writer, value, apiVersion),
};
