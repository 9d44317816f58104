// ProduceResponse (key 0), versions 3 to 11. Written by `npm run gen` from
// libs/protocol/src/messages/00-produce.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ProduceResponse {
  readonly responses: ProduceResponseTopic[];
  readonly throttleTimeMs: number;
  /** Versions 10+. */
  readonly nodeEndpoints: ProduceResponseNodeEndpoint[];
}

export interface ProduceResponseInput {
  readonly responses: readonly ProduceResponseTopicInput[];
  readonly throttleTimeMs?: number | undefined;
  readonly nodeEndpoints?: readonly ProduceResponseNodeEndpointInput[] | undefined;
}

export interface ProduceResponseNodeEndpoint {
  /** Versions 10+. */
  readonly nodeId: number;
  /** Versions 10+. */
  readonly host: string;
  /** Versions 10+. */
  readonly port: number;
  /** Versions 10+. */
  readonly rack: string | null;
}

export interface ProduceResponseNodeEndpointInput {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
}

export interface ProduceResponseTopic {
  readonly name: string;
  readonly partitionResponses: ProduceResponseTopicPartition[];
}

export interface ProduceResponseTopicInput {
  readonly name: string;
  readonly partitionResponses: readonly ProduceResponseTopicPartitionInput[];
}

export interface ProduceResponseTopicPartition {
  readonly index: number;
  readonly errorCode: number;
  readonly baseOffset: number;
  /** default -1. */
  readonly logAppendTimeMs: number;
  /** Versions 5+; default -1. */
  readonly logStartOffset: number;
  /** Versions 8+. */
  readonly recordErrors: ProduceResponseTopicPartitionRecordError[];
  /** Versions 8+. */
  readonly errorMessage: string | null;
  /** Versions 10+. */
  readonly currentLeader: ProduceResponseTopicPartitionCurrentLeader;
}

export interface ProduceResponseTopicPartitionInput {
  readonly index: number;
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly logAppendTimeMs?: number | undefined;
  readonly logStartOffset?: number | undefined;
  readonly recordErrors?: readonly ProduceResponseTopicPartitionRecordErrorInput[] | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly currentLeader?: ProduceResponseTopicPartitionCurrentLeaderInput | undefined;
}

export interface ProduceResponseTopicPartitionCurrentLeader {
  /** Versions 10+; default -1. */
  readonly leaderId: number;
  /** Versions 10+; default -1. */
  readonly leaderEpoch: number;
}

export interface ProduceResponseTopicPartitionCurrentLeaderInput {
  readonly leaderId?: number | undefined;
  readonly leaderEpoch?: number | undefined;
}

export interface ProduceResponseTopicPartitionRecordError {
  /** Versions 8+. */
  readonly batchIndex: number;
  /** Versions 8+. */
  readonly batchIndexErrorMessage: string | null;
}

export interface ProduceResponseTopicPartitionRecordErrorInput {
  readonly batchIndex: number;
  readonly batchIndexErrorMessage?: string | null | undefined;
}

const defaultProduceResponseTopicPartitionCurrentLeader: ProduceResponseTopicPartitionCurrentLeader =
  Object.freeze({ leaderId: -1, leaderEpoch: -1 });

function decodeProduceResponseTopicPartitionRecordErrorClassic(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopicPartitionRecordError {
  const batchIndex = reader.int32();
  const batchIndexErrorMessage = reader.nullableString();
  return { batchIndex, batchIndexErrorMessage };
}

function decodeProduceResponseTopicPartitionClassic(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopicPartition {
  const index = reader.int32();
  const errorCode = reader.int16();
  const baseOffset = reader.int64();
  const logAppendTimeMs = reader.int64();
  const logStartOffset = apiVersion >= 5 ? reader.int64() : -1;
  let recordErrors: ProduceResponseTopicPartitionRecordError[] = [];
  if (apiVersion >= 8) {
    const recordErrorsLength = reader.arrayLength(6);
    recordErrors = newArray<ProduceResponseTopicPartitionRecordError>(recordErrorsLength);
    for (let i = 0; i < recordErrorsLength; i++)
      recordErrors[i] = decodeProduceResponseTopicPartitionRecordErrorClassic(reader, apiVersion);
  }
  const errorMessage = apiVersion >= 8 ? reader.nullableString() : null;
  let currentLeader: ProduceResponseTopicPartitionCurrentLeader =
    defaultProduceResponseTopicPartitionCurrentLeader;
  return {
    index,
    errorCode,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    recordErrors,
    errorMessage,
    currentLeader,
  };
}

function decodeProduceResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopic {
  const name = reader.string();
  const partitionResponsesLength = reader.arrayLength(22);
  const partitionResponses = newArray<ProduceResponseTopicPartition>(partitionResponsesLength);
  for (let i = 0; i < partitionResponsesLength; i++)
    partitionResponses[i] = decodeProduceResponseTopicPartitionClassic(reader, apiVersion);
  return { name, partitionResponses };
}

function decodeProduceResponseClassic(reader: Reader, apiVersion: number): ProduceResponse {
  const responsesLength = reader.arrayLength(6);
  const responses = newArray<ProduceResponseTopic>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeProduceResponseTopicClassic(reader, apiVersion);
  const throttleTimeMs = reader.int32();
  let nodeEndpoints: ProduceResponseNodeEndpoint[] = [];
  return { responses, throttleTimeMs, nodeEndpoints };
}

function encodeProduceResponseTopicPartitionRecordErrorClassic(
  writer: Writer,
  value: ProduceResponseTopicPartitionRecordErrorInput,
  apiVersion: number,
): void {
  writer.int32(value.batchIndex);
  writer.nullableString(value.batchIndexErrorMessage ?? null);
}

function encodeProduceResponseTopicPartitionClassic(
  writer: Writer,
  value: ProduceResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.index);
  writer.int16(value.errorCode);
  writer.int64(value.baseOffset);
  writer.int64(value.logAppendTimeMs ?? -1);
  if (apiVersion >= 5) {
    writer.int64(value.logStartOffset ?? -1);
  }
  if (apiVersion >= 8) {
    const recordErrors = value.recordErrors ?? [];
    writer.arrayLength(recordErrors.length);
    for (const element of recordErrors)
      encodeProduceResponseTopicPartitionRecordErrorClassic(writer, element, apiVersion);
  }
  if (apiVersion >= 8) {
    writer.nullableString(value.errorMessage ?? null);
  }
}

function encodeProduceResponseTopicClassic(
  writer: Writer,
  value: ProduceResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitionResponses = value.partitionResponses;
  writer.arrayLength(partitionResponses.length);
  for (const element of partitionResponses)
    encodeProduceResponseTopicPartitionClassic(writer, element, apiVersion);
}

function encodeProduceResponseClassic(
  writer: Writer,
  value: ProduceResponseInput,
  apiVersion: number,
): void {
  const responses = value.responses;
  writer.arrayLength(responses.length);
  for (const element of responses) encodeProduceResponseTopicClassic(writer, element, apiVersion);
  writer.int32(value.throttleTimeMs ?? 0);
}

function decodeProduceResponseTopicPartitionRecordErrorFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopicPartitionRecordError {
  const batchIndex = reader.int32();
  const batchIndexErrorMessage = reader.compactNullableString();
  reader.skipTags();
  return { batchIndex, batchIndexErrorMessage };
}

function decodeProduceResponseTopicPartitionCurrentLeaderFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopicPartitionCurrentLeader {
  const leaderId = reader.int32();
  const leaderEpoch = reader.int32();
  reader.skipTags();
  return { leaderId, leaderEpoch };
}

function decodeProduceResponseTopicPartitionFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopicPartition {
  const index = reader.int32();
  const errorCode = reader.int16();
  const baseOffset = reader.int64();
  const logAppendTimeMs = reader.int64();
  const logStartOffset = reader.int64();
  const recordErrorsLength = reader.compactArrayLength(6);
  const recordErrors = newArray<ProduceResponseTopicPartitionRecordError>(recordErrorsLength);
  for (let i = 0; i < recordErrorsLength; i++)
    recordErrors[i] = decodeProduceResponseTopicPartitionRecordErrorFlexible(reader, apiVersion);
  const errorMessage = reader.compactNullableString();
  let currentLeader: ProduceResponseTopicPartitionCurrentLeader =
    defaultProduceResponseTopicPartitionCurrentLeader;
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        if (apiVersion >= 10) {
          currentLeader = decodeProduceResponseTopicPartitionCurrentLeaderFlexible(
            reader,
            apiVersion,
          );
        }
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    index,
    errorCode,
    baseOffset,
    logAppendTimeMs,
    logStartOffset,
    recordErrors,
    errorMessage,
    currentLeader,
  };
}

function decodeProduceResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceResponseTopic {
  const name = reader.compactString();
  const partitionResponsesLength = reader.compactArrayLength(33);
  const partitionResponses = newArray<ProduceResponseTopicPartition>(partitionResponsesLength);
  for (let i = 0; i < partitionResponsesLength; i++)
    partitionResponses[i] = decodeProduceResponseTopicPartitionFlexible(reader, apiVersion);
  reader.skipTags();
  return { name, partitionResponses };
}

function decodeProduceResponseNodeEndpointFlexible(
  reader: Reader,
  apiVersion: number,
): ProduceResponseNodeEndpoint {
  const nodeId = reader.int32();
  const host = reader.compactString();
  const port = reader.int32();
  const rack = reader.compactNullableString();
  reader.skipTags();
  return { nodeId, host, port, rack };
}

function decodeProduceResponseFlexible(reader: Reader, apiVersion: number): ProduceResponse {
  const responsesLength = reader.compactArrayLength(3);
  const responses = newArray<ProduceResponseTopic>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeProduceResponseTopicFlexible(reader, apiVersion);
  const throttleTimeMs = reader.int32();
  let nodeEndpoints: ProduceResponseNodeEndpoint[] = [];
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        if (apiVersion >= 10) {
          const nodeEndpointsLength = reader.compactArrayLength(11);
          nodeEndpoints = newArray<ProduceResponseNodeEndpoint>(nodeEndpointsLength);
          for (let i = 0; i < nodeEndpointsLength; i++)
            nodeEndpoints[i] = decodeProduceResponseNodeEndpointFlexible(reader, apiVersion);
        }
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return { responses, throttleTimeMs, nodeEndpoints };
}

function encodeProduceResponseTopicPartitionRecordErrorFlexible(
  writer: Writer,
  value: ProduceResponseTopicPartitionRecordErrorInput,
  apiVersion: number,
): void {
  writer.int32(value.batchIndex);
  writer.compactNullableString(value.batchIndexErrorMessage ?? null);
  writer.uvarint(0);
}

function encodeProduceResponseTopicPartitionCurrentLeaderFlexible(
  writer: Writer,
  value: ProduceResponseTopicPartitionCurrentLeaderInput,
  apiVersion: number,
): void {
  writer.int32(value.leaderId ?? -1);
  writer.int32(value.leaderEpoch ?? -1);
  writer.uvarint(0);
}

function encodeProduceResponseTopicPartitionFlexible(
  writer: Writer,
  value: ProduceResponseTopicPartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.index);
  writer.int16(value.errorCode);
  writer.int64(value.baseOffset);
  writer.int64(value.logAppendTimeMs ?? -1);
  writer.int64(value.logStartOffset ?? -1);
  const recordErrors = value.recordErrors ?? [];
  writer.compactArrayLength(recordErrors.length);
  for (const element of recordErrors)
    encodeProduceResponseTopicPartitionRecordErrorFlexible(writer, element, apiVersion);
  writer.compactNullableString(value.errorMessage ?? null);
  const currentLeader = value.currentLeader ?? {};
  const hasCurrentLeader =
    apiVersion >= 10 &&
    ((currentLeader.leaderId ?? -1) !== -1 || (currentLeader.leaderEpoch ?? -1) !== -1);
  writer.uvarint(hasCurrentLeader ? 1 : 0);
  if (hasCurrentLeader) {
    const mark = writer.enterTag(0);
    encodeProduceResponseTopicPartitionCurrentLeaderFlexible(writer, currentLeader, apiVersion);
    writer.leaveTag(mark);
  }
}

function encodeProduceResponseTopicFlexible(
  writer: Writer,
  value: ProduceResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionResponses = value.partitionResponses;
  writer.compactArrayLength(partitionResponses.length);
  for (const element of partitionResponses)
    encodeProduceResponseTopicPartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeProduceResponseNodeEndpointFlexible(
  writer: Writer,
  value: ProduceResponseNodeEndpointInput,
  apiVersion: number,
): void {
  writer.int32(value.nodeId);
  writer.compactString(value.host);
  writer.int32(value.port);
  writer.compactNullableString(value.rack ?? null);
  writer.uvarint(0);
}

function encodeProduceResponseFlexible(
  writer: Writer,
  value: ProduceResponseInput,
  apiVersion: number,
): void {
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses) encodeProduceResponseTopicFlexible(writer, element, apiVersion);
  writer.int32(value.throttleTimeMs ?? 0);
  const nodeEndpoints = value.nodeEndpoints ?? [];
  const hasNodeEndpoints = apiVersion >= 10 && nodeEndpoints.length > 0;
  writer.uvarint(hasNodeEndpoints ? 1 : 0);
  if (hasNodeEndpoints) {
    const mark = writer.enterTag(0);
    writer.compactArrayLength(nodeEndpoints.length);
    for (const element of nodeEndpoints)
      encodeProduceResponseNodeEndpointFlexible(writer, element, apiVersion);
    writer.leaveTag(mark);
  }
}

export const produceResponseCodec: MessageCodec<ProduceResponse, ProduceResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 9
      ? decodeProduceResponseFlexible(reader, apiVersion)
      : decodeProduceResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 9
      ? encodeProduceResponseFlexible(writer, value, apiVersion)
      : encodeProduceResponseClassic(writer, value, apiVersion),
};
