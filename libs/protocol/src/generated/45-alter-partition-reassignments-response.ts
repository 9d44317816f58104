// AlterPartitionReassignmentsResponse (key 45), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/45-alter-partition-reassignments.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterPartitionReassignmentsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly responses: AlterPartitionReassignmentsResponseResponse[];
}

export interface AlterPartitionReassignmentsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly responses: readonly AlterPartitionReassignmentsResponseResponseInput[];
}

export interface AlterPartitionReassignmentsResponseResponse {
  readonly name: string;
  readonly partitions: AlterPartitionReassignmentsResponseResponsePartition[];
}

export interface AlterPartitionReassignmentsResponseResponseInput {
  readonly name: string;
  readonly partitions: readonly AlterPartitionReassignmentsResponseResponsePartitionInput[];
}

export interface AlterPartitionReassignmentsResponseResponsePartition {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface AlterPartitionReassignmentsResponseResponsePartitionInput {
  readonly partitionIndex: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function decodeAlterPartitionReassignmentsResponseResponsePartitionFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsResponseResponsePartition {
  const partitionIndex = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { partitionIndex, errorCode, errorMessage };
}

function decodeAlterPartitionReassignmentsResponseResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsResponseResponse {
  const name = reader.compactString();
  const partitionsLength = reader.compactArrayLength(8);
  const partitions =
    newArray<AlterPartitionReassignmentsResponseResponsePartition>(partitionsLength);
  for (let i = 0; i < partitionsLength; i++)
    partitions[i] = decodeAlterPartitionReassignmentsResponseResponsePartitionFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { name, partitions };
}

function decodeAlterPartitionReassignmentsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterPartitionReassignmentsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const responsesLength = reader.compactArrayLength(3);
  const responses = newArray<AlterPartitionReassignmentsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeAlterPartitionReassignmentsResponseResponseFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, responses };
}

function encodeAlterPartitionReassignmentsResponseResponsePartitionFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsResponseResponsePartitionInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionIndex);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.uvarint(0);
}

function encodeAlterPartitionReassignmentsResponseResponseFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsResponseResponseInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitions = value.partitions;
  writer.compactArrayLength(partitions.length);
  for (const element of partitions)
    encodeAlterPartitionReassignmentsResponseResponsePartitionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeAlterPartitionReassignmentsResponseFlexible(
  writer: Writer,
  value: AlterPartitionReassignmentsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses)
    encodeAlterPartitionReassignmentsResponseResponseFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterPartitionReassignmentsResponseCodec: MessageCodec<
  AlterPartitionReassignmentsResponse,
  AlterPartitionReassignmentsResponseInput
> = {
  decode: (reader, apiVersion) =>
    decodeAlterPartitionReassignmentsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeAlterPartitionReassignmentsResponseFlexible(writer, value, apiVersion),
};
