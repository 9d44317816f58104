// DescribeTransactionsResponse (key 65), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/65-describe-transactions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeTransactionsResponse {
  readonly throttleTimeMs: number;
  readonly transactionStates: DescribeTransactionsResponseTransactionState[];
}

export interface DescribeTransactionsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly transactionStates: readonly DescribeTransactionsResponseTransactionStateInput[];
}

export interface DescribeTransactionsResponseTransactionState {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly transactionState: string;
  readonly transactionTimeoutMs: number;
  readonly transactionStartTimeMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topics: DescribeTransactionsResponseTransactionStateTopic[];
}

export interface DescribeTransactionsResponseTransactionStateInput {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly transactionState: string;
  readonly transactionTimeoutMs: number;
  readonly transactionStartTimeMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topics: readonly DescribeTransactionsResponseTransactionStateTopicInput[];
}

export interface DescribeTransactionsResponseTransactionStateTopic {
  readonly topic: string;
  readonly partitions: number[];
}

export interface DescribeTransactionsResponseTransactionStateTopicInput {
  readonly topic: string;
  readonly partitions: readonly number[];
}

function decodeDescribeTransactionsResponseTransactionStateTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeTransactionsResponseTransactionStateTopic {
  const topic = reader.compactString();
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topic, partitions };
}

function decodeDescribeTransactionsResponseTransactionStateFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeTransactionsResponseTransactionState {
  const errorCode = reader.int16();
  const transactionalId = reader.compactString();
  const transactionState = reader.compactString();
  const transactionTimeoutMs = reader.int32();
  const transactionStartTimeMs = reader.int64();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const topicsLength = reader.compactArrayLength(3);
  const topics = newArray<DescribeTransactionsResponseTransactionStateTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeDescribeTransactionsResponseTransactionStateTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return {
    errorCode,
    transactionalId,
    transactionState,
    transactionTimeoutMs,
    transactionStartTimeMs,
    producerId,
    producerEpoch,
    topics,
  };
}

function decodeDescribeTransactionsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeTransactionsResponse {
  const throttleTimeMs = reader.int32();
  const transactionStatesLength = reader.compactArrayLength(28);
  const transactionStates =
    newArray<DescribeTransactionsResponseTransactionState>(transactionStatesLength);
  for (let i = 0; i < transactionStatesLength; i++)
    transactionStates[i] = decodeDescribeTransactionsResponseTransactionStateFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { throttleTimeMs, transactionStates };
}

function encodeDescribeTransactionsResponseTransactionStateTopicFlexible(
  writer: Writer,
  value: DescribeTransactionsResponseTransactionStateTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeDescribeTransactionsResponseTransactionStateFlexible(
  writer: Writer,
  value: DescribeTransactionsResponseTransactionStateInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactString(value.transactionalId);
  writer.compactString(value.transactionState);
  writer.int32(value.transactionTimeoutMs);
  writer.int64(value.transactionStartTimeMs);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeDescribeTransactionsResponseTransactionStateTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeTransactionsResponseFlexible(
  writer: Writer,
  value: DescribeTransactionsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const transactionStates = value.transactionStates;
  writer.compactArrayLength(transactionStates.length);
  for (const element of transactionStates)
    encodeDescribeTransactionsResponseTransactionStateFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeTransactionsResponseCodec: MessageCodec<
  DescribeTransactionsResponse,
  DescribeTransactionsResponseInput
> = {
  decode: (reader, apiVersion) => decodeDescribeTransactionsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeTransactionsResponseFlexible(writer, value, apiVersion),
};
