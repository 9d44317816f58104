// FetchResponse (key 1), versions 4 to 17. Written by `npm run gen` from
// libs/protocol/src/messages/01-fetch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface FetchResponse {
  readonly throttleTimeMs: number;
  /** Versions 7+. */
  readonly errorCode: number;
  /** Versions 7+; default 0. */
  readonly sessionId: number;
  readonly responses: FetchResponseTopic[];
  /** Versions 16+. */
  readonly nodeEndpoints: FetchResponseNodeEndpoint[];
}

export interface FetchResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode?: number | undefined;
  readonly sessionId?: number | undefined;
  readonly responses: readonly FetchResponseTopicInput[];
  readonly nodeEndpoints?: readonly FetchResponseNodeEndpointInput[] | undefined;
}

export interface FetchResponseNodeEndpoint {
  /** Versions 16+. */
  readonly nodeId: number;
  /** Versions 16+. */
  readonly host: string;
  /** Versions 16+. */
  readonly port: number;
  /** Versions 16+. */
  readonly rack: string | null;
}

export interface FetchResponseNodeEndpointInput {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}

export interface FetchResponseTopic {
  /** Versions 4 to 12. */
  readonly topic: string;
  /** Versions 13+. */
  readonly topicId: string;
  readonly partitions: FetchResponseTopicPartition[];
}

export interface FetchResponseTopicInput {
  readonly topic?: string | undefined;
  readonly topicId?: string | undefined;
  readonly partitions: readonly FetchResponseTopicPartitionInput[];
}

export interface FetchResponseTopicPartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  /** default -1. */
  readonly lastStableOffset: number;
  /** Versions 5+; default -1. */
  readonly logStartOffset: number;
  /** Versions 12+. */
  readonly divergingEpoch: FetchResponseTopicPartitionDivergingEpoch;
  /** Versions 12+. */
  readonly currentLeader: FetchResponseTopicPartitionCurrentLeader;
  /** Versions 12+. */
  readonly snapshotId: FetchResponseTopicPartitionSnapshotId;
  readonly abortedTransactions: FetchResponseTopicPartitionAbortedTransaction[] | null;
  /** Versions 11+; default -1. */
  readonly preferredReadReplica: number;
  readonly records: Buffer | null;
}

export interface FetchResponseTopicPartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset?: number | undefined;
  readonly logStartOffset?: number | undefined;
  readonly divergingEpoch?: FetchResponseTopicPartitionDivergingEpochInput | undefined;
  readonly currentLeader?: FetchResponseTopicPartitionCurrentLeaderInput | undefined;
  readonly snapshotId?: FetchResponseTopicPartitionSnapshotIdInput | undefined;
  readonly abortedTransactions:
    readonly FetchResponseTopicPartitionAbortedTransactionInput[] | null;
  readonly preferredReadReplica?: number | undefined;
  readonly records: Uint8Array | null;
}

export interface FetchResponseTopicPartitionAbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchResponseTopicPartitionAbortedTransactionInput {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchResponseTopicPartitionSnapshotId {
  /** Versions 12+; default -1. */
  readonly endOffset: number;
  /** Versions 12+; default -1. */
  readonly epoch: number;
}

export interface FetchResponseTopicPartitionSnapshotIdInput {
  readonly endOffset?: number | undefined;
  readonly epoch?: number | undefined;
}

export interface FetchResponseTopicPartitionCurrentLeader {
  /** Versions 12+; default -1. */
  readonly leaderId: number;
  /** Versions 12+; default -1. */
  readonly leaderEpoch: number;
}

export interface FetchResponseTopicPartitionCurrentLeaderInput {
  readonly leaderId?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}

export interface FetchResponseTopicPartitionDivergingEpoch {
  /** Versions 12+; default -1. */
  readonly epoch: number;
  /** Versions 12+; default -1. */
  readonly endOffset: number;
}

export interface FetchResponseTopicPartitionDivergingEpochInput {
  readonly epoch?: number | undefined;
  readonly endOffset?: number | undefined;
}

const defaultFetchResponseTopicPartitionDivergingEpoch: FetchResponseTopicPartitionDivergingEpoch =
  Object.freeze({ epoch: -1, endOffset: -1 });

const defaultFetchResponseTopicPartitionCurrentLeader: FetchResponseTopicPartitionCurrentLeader =
  Object.freeze({ leaderId: -1, leaderEpoch: -1 });

const defaultFetchResponseTopicPartitionSnapshotId: FetchResponseTopicPartitionSnapshotId =
  Object.freeze({ endOffset: -1, epoch: -1 });

function decodeFetchResponseTopicPartitionAbortedTransactionClassic(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartitionAbortedTransaction {
  const producerId = reader.int64();
  const firstOffset = reader.int64();
  return { producerId, firstOffset };
}

function decodeFetchResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = apiVersion >= 5 ? reader.int64() : -1;
  let divergingEpoch: FetchResponseTopicPartitionDivergingEpoch =
    defaultFetchResponseTopicPartitionDivergingEpoch;
  let currentLeader: FetchResponseTopicPartitionCurrentLeader =
    defaultFetchResponseTopicPartitionCurrentLeader;
  let snapshotId: FetchResponseTopicPartitionSnapshotId =
    defaultFetchResponseTopicPartitionSnapshotId;
  let abortedTransactions: FetchResponseTopicPartitionAbortedTransaction[] | null = null;
  const abortedTransactionsLength = reader.nullableArrayLength(16);
  if (abortedTransactionsLength < 0) abortedTransactions = null;
  else {
    abortedTransactions =
      newArray<FetchResponseTopicPartitionAbortedTransaction>(abortedTransactionsLength);
    for (let i = 0; i < abortedTransactionsLength; i++)
      abortedTransactions[i] = decodeFetchResponseTopicPartitionAbortedTransactionClassic(
        reader,
        apiVersion,
      );
  }
  const preferredReadReplica = apiVersion >= 11 ? reader.int32() : -1;
  const records = reader.nullableBytes();
  return {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch,
    currentLeader,
    snapshotId,
    abortedTransactions,
    preferredReadReplica,
    records,
  };
}

function decodeFetchResponseTopicClassic(reader: Reader, apiVersion: number): FetchResponseTopic {
  const topic = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.arrayLength(30);
  const partitions = newArray<FetchResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeFetchResponseTopicPartitionClassic(reader, apiVersion);
  return { topic, topicId, partitions };
}

function decodeFetchResponseClassic(reader: Reader, apiVersion: number): FetchResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = apiVersion >= 7 ? reader.int16() : 0;
  const sessionId = apiVersion >= 7 ? reader.int32() : 0;
  const responsesLength = reader.arrayLength(6);
  const responses = newArray<FetchResponseTopic>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeFetchResponseTopicClassic(reader, apiVersion);
  let nodeEndpoints: FetchResponseNodeEndpoint[] = [];
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints };
}

function encodeFetchResponseTopicPartitionAbortedTransactionClassic(
  writer: Writer,
  value: FetchResponseTopicPartitionAbortedTransactionInput,
  apiVersion: number,
): void {
  writer.int64(value.producerId);
  writer.int64(value.firstOffset);
}

function encodeFetchResponseTopicPartitionClassic(
  writer: Writer,
  value: FetchResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.int64(value.highWatermark);
  writer.int64(value.lastStableOffset ?? -1);
  if (apiVersion >= 5) {
    writer.int64(value.logStartOffset ?? -1);
  }
  const abortedTransactions = value.abortedTransactions;
  if (abortedTransactions === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(abortedTransactions.length);
    for (const element of abortedTransactions)
      encodeFetchResponseTopicPartitionAbortedTransactionClassic(writer, element, apiVersion);
  }
  if (apiVersion >= 11) {
    writer.int32(value.preferredReadReplica ?? -1);
  }
  writer.nullableRecords(value.records);
}

function encodeFetchResponseTopicClassic(
  writer: Writer,
  value: FetchResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic ?? '');
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeFetchResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeFetchResponseClassic(
  writer: Writer,
  value: FetchResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  if (apiVersion >= 7) {
    writer.int16(value.errorCode ?? 0);
  }
  if (apiVersion >= 7) {
    writer.int32(value.sessionId ?? 0);
  }
  const responses = value.responses;
  writer.arrayLength(responses.length);
  for (const element of responses) encodeFetchResponseTopicClassic(writer, element, apiVersion);
}

function decodeFetchResponseTopicPartitionDivergingEpochFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartitionDivergingEpoch {
  const epoch = reader.int32();
  const endOffset = reader.int64();
  reader.skipTags();
  return { epoch, endOffset };
}

function decodeFetchResponseTopicPartitionCurrentLeaderFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartitionCurrentLeader {
  const leaderId = reader.int32();
  const leaderEpoch = reader.int32();
  reader.skipTags();
  return { leaderId, leaderEpoch };
}

function decodeFetchResponseTopicPartitionSnapshotIdFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartitionSnapshotId {
  const endOffset = reader.int64();
  const epoch = reader.int32();
  reader.skipTags();
  return { endOffset, epoch };
}

function decodeFetchResponseTopicPartitionAbortedTransactionFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartitionAbortedTransaction {
  const producerId = reader.int64();
  const firstOffset = reader.int64();
  reader.skipTags();
  return { producerId, firstOffset };
}

function decodeFetchResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseTopicPartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  const logStartOffset = reader.int64();
  let divergingEpoch: FetchResponseTopicPartitionDivergingEpoch =
    defaultFetchResponseTopicPartitionDivergingEpoch;
  let currentLeader: FetchResponseTopicPartitionCurrentLeader =
    defaultFetchResponseTopicPartitionCurrentLeader;
  let snapshotId: FetchResponseTopicPartitionSnapshotId =
    defaultFetchResponseTopicPartitionSnapshotId;
  let abortedTransactions: FetchResponseTopicPartitionAbortedTransaction[] | null = null;
  const abortedTransactionsLength = reader.compactNullableArrayLength(17);
  if (abortedTransactionsLength < 0) abortedTransactions = null;
  else {
    abortedTransactions =
      newArray<FetchResponseTopicPartitionAbortedTransaction>(abortedTransactionsLength);
    for (let i = 0; i < abortedTransactionsLength; i++)
      abortedTransactions[i] = decodeFetchResponseTopicPartitionAbortedTransactionFlexible(
        reader,
        apiVersion,
      );
  }
  const preferredReadReplica = reader.int32();
  const records = reader.compactNullableBytes();
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        divergingEpoch = decodeFetchResponseTopicPartitionDivergingEpochFlexible(
          reader,
          apiVersion,
        );
        break;
      }
      case 1: {
        currentLeader = decodeFetchResponseTopicPartitionCurrentLeaderFlexible(reader, apiVersion);
        break;
      }
      case 2: {
        snapshotId = decodeFetchResponseTopicPartitionSnapshotIdFlexible(reader, apiVersion);
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    partitionIndex,
    errorCode,
    highWatermark,
    lastStableOffset,
    logStartOffset,
    divergingEpoch,
    currentLeader,
    snapshotId,
    abortedTransactions,
    preferredReadReplica,
    records,
  };
}

function decodeFetchResponseTopicFlexible(reader: Reader, apiVersion: number): FetchResponseTopic {
  const topic = apiVersion <= 12 ? reader.compactString() : '';
  const topicId = apiVersion >= 13 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.compactArrayLength(37);
  const partitions = newArray<FetchResponseTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeFetchResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { topic, topicId, partitions };
}

function decodeFetchResponseNodeEndpointFlexible(
  reader: Reader,
  apiVersion: number,
): FetchResponseNodeEndpoint {
  const nodeId = reader.int32();
  const host = reader.compactString();
  const port = reader.int32();
  const rack = reader.compactNullableString();
  reader.skipTags();
  return { nodeId, host, port, rack };
}

function decodeFetchResponseFlexible(reader: Reader, apiVersion: number): FetchResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const sessionId = reader.int32();
  const responsesLength = reader.compactArrayLength(2);
  const responses = newArray<FetchResponseTopic>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeFetchResponseTopicFlexible(reader, apiVersion);
  let nodeEndpoints: FetchResponseNodeEndpoint[] = [];
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        if (apiVersion >= 16) {
          const nodeEndpointsLength = reader.compactArrayLength(11);
          nodeEndpoints = newArray<FetchResponseNodeEndpoint>(nodeEndpointsLength);
          for (let i = 0; i < nodeEndpointsLength; i++)
            nodeEndpoints[i] = decodeFetchResponseNodeEndpointFlexible(reader, apiVersion);
        }
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return { throttleTimeMs, errorCode, sessionId, responses, nodeEndpoints };
}

function encodeFetchResponseTopicPartitionDivergingEpochFlexible(
  writer: Writer,
  value: FetchResponseTopicPartitionDivergingEpochInput,
  apiVersion: number,
): void {
  writer.int32(value.epoch ?? -1);
  writer.int64(value.endOffset ?? -1);
  writer.uvarint(0);
}

function encodeFetchResponseTopicPartitionCurrentLeaderFlexible(
  writer: Writer,
  value: FetchResponseTopicPartitionCurrentLeaderInput,
  apiVersion: number,
): void {
  writer.int32(value.leaderId ?? -1);
  writer.int32(value.leaderEpoch ?? -1);
  writer.uvarint(0);
}

function encodeFetchResponseTopicPartitionSnapshotIdFlexible(
  writer: Writer,
  value: FetchResponseTopicPartitionSnapshotIdInput,
  apiVersion: number,
): void {
  writer.int64(value.endOffset ?? -1);
  writer.int32(value.epoch ?? -1);
  writer.uvarint(0);
}

function encodeFetchResponseTopicPartitionAbortedTransactionFlexible(
  writer: Writer,
  value: FetchResponseTopicPartitionAbortedTransactionInput,
  apiVersion: number,
): void {
  writer.int64(value.producerId);
  writer.int64(value.firstOffset);
  writer.uvarint(0);
}

function encodeFetchResponseTopicPartitionFlexible(
  writer: Writer,
  value: FetchResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.int64(value.highWatermark);
  writer.int64(value.lastStableOffset ?? -1);
  writer.int64(value.logStartOffset ?? -1);
  const abortedTransactions = value.abortedTransactions;
  if (abortedTransactions === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(abortedTransactions.length);
    for (const element of abortedTransactions)
      encodeFetchResponseTopicPartitionAbortedTransactionFlexible(writer, element, apiVersion);
  }
  writer.int32(value.preferredReadReplica ?? -1);
  writer.compactNullableRecords(value.records);
  const divergingEpoch = value.divergingEpoch ?? {};
  const hasDivergingEpoch =
    (divergingEpoch.epoch ?? -1) !== -1 || (divergingEpoch.endOffset ?? -1) !== -1;
  const currentLeader = value.currentLeader ?? {};
  const hasCurrentLeader =
    (currentLeader.leaderId ?? -1) !== -1 || (currentLeader.leaderEpoch ?? -1) !== -1;
  const snapshotId = value.snapshotId ?? {};
  const hasSnapshotId = (snapshotId.endOffset ?? -1) !== -1 || (snapshotId.epoch ?? -1) !== -1;
  writer.uvarint(
    (hasDivergingEpoch ? 1 : 0) + (hasCurrentLeader ? 1 : 0) + (hasSnapshotId ? 1 : 0),
  );
  if (hasDivergingEpoch) {
    const mark = writer.enterTag(0);
    encodeFetchResponseTopicPartitionDivergingEpochFlexible(writer, divergingEpoch, apiVersion);
    writer.leaveTag(mark);
  }
  if (hasCurrentLeader) {
    const mark = writer.enterTag(1);
    encodeFetchResponseTopicPartitionCurrentLeaderFlexible(writer, currentLeader, apiVersion);
    writer.leaveTag(mark);
  }
  if (hasSnapshotId) {
    const mark = writer.enterTag(2);
    encodeFetchResponseTopicPartitionSnapshotIdFlexible(writer, snapshotId, apiVersion);
    writer.leaveTag(mark);
  }
}

function encodeFetchResponseTopicFlexible(
  writer: Writer,
  value: FetchResponseTopicInput,
  apiVersion: number,
): void {
  if (apiVersion <= 12) {
    writer.compactString(value.topic ?? '');
  }
  if (apiVersion >= 13) {
    writer.uuid(value.topicId ?? '00000000-0000-0000-0000-000000000000');
  }
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeFetchResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeFetchResponseNodeEndpointFlexible(
  writer: Writer,
  value: FetchResponseNodeEndpointInput,
  apiVersion: number,
): void {
  writer.int32(value.nodeId);
  writer.compactString(value.host);
  writer.int32(value.port);
  writer.compactNullableString(value.rack ?? null);
  writer.uvarint(0);
}

function encodeFetchResponseFlexible(
  writer: Writer,
  value: FetchResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode ?? 0);
  writer.int32(value.sessionId ?? 0);
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses) encodeFetchResponseTopicFlexible(writer, element, apiVersion);
  const nodeEndpoints = value.nodeEndpoints ?? [];
  const hasNodeEndpoints = apiVersion >= 16 && nodeEndpoints.length > 0;
  writer.uvarint(hasNodeEndpoints ? 1 : 0);
  if (hasNodeEndpoints) {
    const mark = writer.enterTag(0);
    writer.compactArrayLength(nodeEndpoints.length);
    for (const element of nodeEndpoints)
      encodeFetchResponseNodeEndpointFlexible(writer, element, apiVersion);
    writer.leaveTag(mark);
  }
}

export const fetchResponseCodec: MessageCodec<FetchResponse, FetchResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 12
      ? decodeFetchResponseFlexible(reader, apiVersion)
      : decodeFetchResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 12
      ? encodeFetchResponseFlexible(writer, value, apiVersion)
      : encodeFetchResponseClassic(writer, value, apiVersion),
};
