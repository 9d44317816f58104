// FetchRequest (key 1), versions 4 to 17. Written by `npm run gen` from
// libs/protocol/src/messages/01-fetch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface FetchRequest {
  /** Versions 12+. */
  readonly clusterId: string | null;
  /** Versions 15+. */
  readonly replicaState: FetchRequestReplicaState;
  /** Versions 4 to 14; default -1. */
  readonly replicaId: number;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** default 2147483647. */
  readonly maxBytes: number;
  readonly isolationLevel: number;
  /** Versions 7+; default 0. */
  readonly sessionId: number;
  /** Versions 7+; default -1. */
  readonly sessionEpoch: number;
  readonly topics: FetchRequestTopic[];
  /** Versions 7+. */
  readonly forgottenTopicsData: FetchRequestForgottenTopic[];
  /** Versions 11+; default empty. */
  readonly rackId: string;
}

export interface FetchRequestInput {
  readonly clusterId?: string | null | undefined;
  readonly replicaState?: FetchRequestReplicaStateInput | undefined;
  readonly replicaId?: number | undefined;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes?: number | undefined;
  readonly isolationLevel?: number | undefined;
  readonly sessionId?: number | undefined;
  readonly sessionEpoch?: number | undefined;
  readonly topics: readonly FetchRequestTopicInput[];
  readonly forgottenTopicsData?: readonly FetchRequestForgottenTopicInput[] | undefined;
  readonly rackId?: string | undefined;
}

export interface FetchRequestForgottenTopic {
  /** Versions 7 to 12. */
  readonly topic: string;
  /** Versions 13+. */
  readonly topicId: string;
  /** Versions 7+. */
  readonly partitions: number[];
}

export interface FetchRequestForgottenTopicInput {
  readonly topic?: string | undefined;
  readonly topicId?: string | undefined;
  readonly partitions: readonly number[];
}

export interface FetchRequestTopic {
  /** Versions 4 to 12. */
  readonly topic: string;
  /** Versions 13+. */
  readonly topicId: string;
  readonly partitions: FetchRequestTopicPartition[];
}

export interface FetchRequestTopicInput {
  readonly topic?: string | undefined;
  readonly topicId?: string | undefined;
  readonly partitions: readonly FetchRequestTopicPartitionInput[];
}

export interface FetchRequestTopicPartition {
  readonly partition: number;
  /** Versions 9+; default -1. */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** Versions 12+; default -1. */
  readonly lastFetchedEpoch: number;
  /** Versions 5+; default -1. */
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
  /** Versions 17. */
  readonly replicaDirectoryId: string;
}

export interface FetchRequestTopicPartitionInput {
  readonly partition: number;
  readonly currentLeaderEpoch?: number | undefined;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch?: number | undefined;
  readonly logStartOffset?: number | undefined;
  readonly partitionMaxBytes: number;
  readonly replicaDirectoryId?: string | undefined;
}

export interface FetchRequestReplicaState {
  /** Versions 15+; default -1. */
  readonly replicaId: number;
  /** Versions 15+; default -1. */
  readonly replicaEpoch: number;
}

export interface FetchRequestReplicaStateInput {
  readonly replicaId?: number | undefined;
  readonly replicaEpoch?: number | undefined;
}

const defaultFetchRequestReplicaState: FetchRequestReplicaState = Object.freeze({
  replicaId: -1,
  replicaEpoch: -1,
});

function decodeFetchRequestTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): FetchRequestTopicPartition {
  const partition = reader.int32();
  const currentLeaderEpoch = apiVersion >= 9 ? reader.int32() : -1;
  const fetchOffset = reader.int64();
  const lastFetchedEpoch: number = -1;
  const logStartOffset = apiVersion >= 5 ? reader.int64() : -1;
  const partitionMaxBytes = reader.int32();
  let replicaDirectoryId: string = '00000000-0000-0000-0000-000000000000';
  return {
    partition,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId,
  };
}

function decodeFetchRequestTopicClassic(reader: Reader, apiVersion: number): FetchRequestTopic {
  const topic = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.arrayLength(16);
  const partitions = newArray<FetchRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeFetchRequestTopicPartitionClassic(reader, apiVersion);
  return { topic, topicId, partitions };
}

function decodeFetchRequestForgottenTopicClassic(
  reader: Reader,
  apiVersion: number,
): FetchRequestForgottenTopic {
  const topic = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.arrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  return { topic, topicId, partitions };
}

function decodeFetchRequestClassic(reader: Reader, apiVersion: number): FetchRequest {
  let clusterId: string | null = null;
  let replicaState: FetchRequestReplicaState = defaultFetchRequestReplicaState;
  const replicaId = reader.int32();
  const maxWaitMs = reader.int32();
  const minBytes = reader.int32();
  const maxBytes = reader.int32();
  const isolationLevel = reader.int8();
  const sessionId = apiVersion >= 7 ? reader.int32() : 0;
  const sessionEpoch = apiVersion >= 7 ? reader.int32() : -1;
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<FetchRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeFetchRequestTopicClassic(reader, apiVersion);
  let forgottenTopicsData: FetchRequestForgottenTopic[] = [];
  if (apiVersion >= 7) {
    const forgottenTopicsDataLength = reader.arrayLength(6);
    forgottenTopicsData = newArray<FetchRequestForgottenTopic>(forgottenTopicsDataLength);
    for (let i = 0; i < forgottenTopicsDataLength; i++)
      forgottenTopicsData[i] = decodeFetchRequestForgottenTopicClassic(reader, apiVersion);
  }
  const rackId = apiVersion >= 11 ? reader.string() : '';
  return {
    clusterId,
    replicaState,
    replicaId,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId,
    sessionEpoch,
    topics,
    forgottenTopicsData,
    rackId,
  };
}

function encodeFetchRequestTopicPartitionClassic(
  writer: Writer,
  value: FetchRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partition);
  if (apiVersion >= 9) {
    writer.int32(value.currentLeaderEpoch ?? -1);
  }
  writer.int64(value.fetchOffset);
  if (apiVersion >= 5) {
    writer.int64(value.logStartOffset ?? -1);
  }
  writer.int32(value.partitionMaxBytes);
}

function encodeFetchRequestTopicClassic(
  writer: Writer,
  value: FetchRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic ?? '');
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions)
    encodeFetchRequestTopicPartitionClassic(writer, element, apiVersion);
}

function encodeFetchRequestForgottenTopicClassic(
  writer: Writer,
  value: FetchRequestForgottenTopicInput,
  apiVersion: number,
): void {
  writer.string(value.topic ?? '');
  const partitions = value.partitions;
  writer.arrayLength(partitions.length);
  for (const element of partitions) writer.int32(element);
}

function encodeFetchRequestClassic(
  writer: Writer,
  value: FetchRequestInput,
  apiVersion: number,
): void {
  writer.int32(value.replicaId ?? -1);
  writer.int32(value.maxWaitMs);
  writer.int32(value.minBytes);
  writer.int32(value.maxBytes ?? 2147483647);
  writer.int8(value.isolationLevel ?? 0);
  if (apiVersion >= 7) {
    writer.int32(value.sessionId ?? 0);
  }
  if (apiVersion >= 7) {
    writer.int32(value.sessionEpoch ?? -1);
  }
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeFetchRequestTopicClassic(writer, element, apiVersion);
  if (apiVersion >= 7) {
    const forgottenTopicsData = value.forgottenTopicsData ?? [];
    writer.arrayLength(forgottenTopicsData.length);
    for (const element of forgottenTopicsData)
      encodeFetchRequestForgottenTopicClassic(writer, element, apiVersion);
  }
  if (apiVersion >= 11) {
    writer.string(value.rackId ?? '');
  }
}

function decodeFetchRequestReplicaStateFlexible(
  reader: Reader,
  apiVersion: number,
): FetchRequestReplicaState {
  const replicaId = reader.int32();
  const replicaEpoch = reader.int64();
  reader.skipTags();
  return { replicaId, replicaEpoch };
}

function decodeFetchRequestTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): FetchRequestTopicPartition {
  const partition = reader.int32();
  const currentLeaderEpoch = reader.int32();
  const fetchOffset = reader.int64();
  const lastFetchedEpoch = reader.int32();
  const logStartOffset = reader.int64();
  const partitionMaxBytes = reader.int32();
  let replicaDirectoryId: string = '00000000-0000-0000-0000-000000000000';
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        if (apiVersion >= 17) {
          replicaDirectoryId = reader.uuid();
        }
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    partition,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId,
  };
}

function decodeFetchRequestTopicFlexible(reader: Reader, apiVersion: number): FetchRequestTopic {
  const topic = apiVersion <= 12 ? reader.compactString() : '';
  const topicId = apiVersion >= 13 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.compactArrayLength(33);
  const partitions = newArray<FetchRequestTopicPartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeFetchRequestTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { topic, topicId, partitions };
}

function decodeFetchRequestForgottenTopicFlexible(
  reader: Reader,
  apiVersion: number,
): FetchRequestForgottenTopic {
  const topic = apiVersion <= 12 ? reader.compactString() : '';
  const topicId = apiVersion >= 13 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const partitionsLength = reader.compactArrayLength(4);
  const partitions = newArray<number>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++) partitions[i] = reader.int32();
  reader.skipTags();
  return { topic, topicId, partitions };
}

function decodeFetchRequestFlexible(reader: Reader, apiVersion: number): FetchRequest {
  let clusterId: string | null = null;
  let replicaState: FetchRequestReplicaState = defaultFetchRequestReplicaState;
  const replicaId = apiVersion <= 14 ? reader.int32() : -1;
  const maxWaitMs = reader.int32();
  const minBytes = reader.int32();
  const maxBytes = reader.int32();
  const isolationLevel = reader.int8();
  const sessionId = reader.int32();
  const sessionEpoch = reader.int32();
  const topicsLength = reader.compactArrayLength(2);
  const topics = newArray<FetchRequestTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeFetchRequestTopicFlexible(reader, apiVersion);
  const forgottenTopicsDataLength = reader.compactArrayLength(2);
  const forgottenTopicsData = newArray<FetchRequestForgottenTopic>(forgottenTopicsDataLength);
  for (let i = 0; i < forgottenTopicsDataLength; i++)
    forgottenTopicsData[i] = decodeFetchRequestForgottenTopicFlexible(reader, apiVersion);
  const rackId = reader.compactString();
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        clusterId = reader.compactNullableString();
        break;
      }
      case 1: {
        if (apiVersion >= 15) {
          replicaState = decodeFetchRequestReplicaStateFlexible(reader, apiVersion);
        }
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    clusterId,
    replicaState,
    replicaId,
    maxWaitMs,
    minBytes,
    maxBytes,
    isolationLevel,
    sessionId,
    sessionEpoch,
    topics,
    forgottenTopicsData,
    rackId,
  };
}

function encodeFetchRequestReplicaStateFlexible(
  writer: Writer,
  value: FetchRequestReplicaStateInput,
  apiVersion: number,
): void {
  writer.int32(value.replicaId ?? -1);
  writer.int64(value.replicaEpoch ?? -1);
  writer.uvarint(0);
}

function encodeFetchRequestTopicPartitionFlexible(
  writer: Writer,
  value: FetchRequestTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partition);
  writer.int32(value.currentLeaderEpoch ?? -1);
  writer.int64(value.fetchOffset);
  writer.int32(value.lastFetchedEpoch ?? -1);
  writer.int64(value.logStartOffset ?? -1);
  writer.int32(value.partitionMaxBytes);
  const replicaDirectoryId = value.replicaDirectoryId ?? '00000000-0000-0000-0000-000000000000';
  const hasReplicaDirectoryId =
    apiVersion >= 17 && replicaDirectoryId !== '00000000-0000-0000-0000-000000000000';
  writer.uvarint(hasReplicaDirectoryId ? 1 : 0);
  if (hasReplicaDirectoryId) {
    const mark = writer.enterTag(0);
    writer.uuid(replicaDirectoryId);
    writer.leaveTag(mark);
  }
}

function encodeFetchRequestTopicFlexible(
  writer: Writer,
  value: FetchRequestTopicInput,
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
    encodeFetchRequestTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeFetchRequestForgottenTopicFlexible(
  writer: Writer,
  value: FetchRequestForgottenTopicInput,
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
  for (const element of partitions) writer.int32(element);
  writer.uvarint(0);
}

function encodeFetchRequestFlexible(
  writer: Writer,
  value: FetchRequestInput,
  apiVersion: number,
): void {
  if (apiVersion <= 14) {
    writer.int32(value.replicaId ?? -1);
  }
  writer.int32(value.maxWaitMs);
  writer.int32(value.minBytes);
  writer.int32(value.maxBytes ?? 2147483647);
  writer.int8(value.isolationLevel ?? 0);
  writer.int32(value.sessionId ?? 0);
  writer.int32(value.sessionEpoch ?? -1);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics) encodeFetchRequestTopicFlexible(writer, element, apiVersion);
  const forgottenTopicsData = value.forgottenTopicsData ?? [];
  writer.compactArrayLength(forgottenTopicsData.length);
  for (const element of forgottenTopicsData)
    encodeFetchRequestForgottenTopicFlexible(writer, element, apiVersion);
  writer.compactString(value.rackId ?? '');
  const clusterId = value.clusterId ?? null;
  const hasClusterId = clusterId !== null;
  const replicaState = value.replicaState ?? {};
  const hasReplicaState =
    apiVersion >= 15 &&
    ((replicaState.replicaId ?? -1) !== -1 || (replicaState.replicaEpoch ?? -1) !== -1);
  writer.uvarint((hasClusterId ? 1 : 0) + (hasReplicaState ? 1 : 0));
  if (hasClusterId) {
    const mark = writer.enterTag(0);
    writer.compactNullableString(clusterId);
    writer.leaveTag(mark);
  }
  if (hasReplicaState) {
    const mark = writer.enterTag(1);
    encodeFetchRequestReplicaStateFlexible(writer, replicaState, apiVersion);
    writer.leaveTag(mark);
  }
}

export const fetchRequestCodec: MessageCodec<FetchRequest, FetchRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 12
      ? decodeFetchRequestFlexible(reader, apiVersion)
      : decodeFetchRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 12
      ? encodeFetchRequestFlexible(writer, value, apiVersion)
      : encodeFetchRequestClassic(writer, value, apiVersion),
};
