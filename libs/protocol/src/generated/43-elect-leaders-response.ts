// ElectLeadersResponse (key 43), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/43-elect-leaders.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ElectLeadersResponse {
  readonly throttleTimeMs: number;
  /** Versions 1+. */
  readonly errorCode: number;
  readonly replicaElectionResults: ElectLeadersResponseReplicaElectionResult[];
}

export interface ElectLeadersResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode?: number | undefined;
  readonly replicaElectionResults: readonly ElectLeadersResponseReplicaElectionResultInput[];
}

export interface ElectLeadersResponseReplicaElectionResult {
  readonly topic: string;
  readonly partitionResult: ElectLeadersResponseReplicaElectionResultPartitionResult[];
}

export interface ElectLeadersResponseReplicaElectionResultInput {
  readonly topic: string;
  readonly partitionResult: readonly ElectLeadersResponseReplicaElectionResultPartitionResultInput[];
}

export interface ElectLeadersResponseReplicaElectionResultPartitionResult {
  readonly partitionId: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface ElectLeadersResponseReplicaElectionResultPartitionResultInput {
  readonly partitionId: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function decodeElectLeadersResponseReplicaElectionResultPartitionResultClassic(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponseReplicaElectionResultPartitionResult {
  const partitionId = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  return { partitionId, errorCode, errorMessage };
}

function decodeElectLeadersResponseReplicaElectionResultClassic(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponseReplicaElectionResult {
  const topic = reader.string();
  const partitionResultLength = reader.arrayLength(8);
  const partitionResult =
    newArray<ElectLeadersResponseReplicaElectionResultPartitionResult>(partitionResultLength);
  for (let i = 0; i < partitionResultLength; i++)
    partitionResult[i] = decodeElectLeadersResponseReplicaElectionResultPartitionResultClassic(
      reader,
      apiVersion,
    );
  return { topic, partitionResult };
}

function decodeElectLeadersResponseClassic(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = apiVersion >= 1 ? reader.int16() : 0;
  const replicaElectionResultsLength = reader.arrayLength(6);
  const replicaElectionResults = newArray<ElectLeadersResponseReplicaElectionResult>(
    replicaElectionResultsLength,
  );
  for (let i = 0; i < replicaElectionResultsLength; i++)
    replicaElectionResults[i] = decodeElectLeadersResponseReplicaElectionResultClassic(
      reader,
      apiVersion,
    );
  return { throttleTimeMs, errorCode, replicaElectionResults };
}

function encodeElectLeadersResponseReplicaElectionResultPartitionResultClassic(
  writer: Writer,
  value: ElectLeadersResponseReplicaElectionResultPartitionResultInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionId);
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
}

function encodeElectLeadersResponseReplicaElectionResultClassic(
  writer: Writer,
  value: ElectLeadersResponseReplicaElectionResultInput,
  apiVersion: number,
): void {
  writer.string(value.topic);
  const partitionResult = value.partitionResult;
  writer.arrayLength(partitionResult.length);
  for (const element of partitionResult)
    encodeElectLeadersResponseReplicaElectionResultPartitionResultClassic(
      writer,
      element,
      apiVersion,
    );
}

function encodeElectLeadersResponseClassic(
  writer: Writer,
  value: ElectLeadersResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  if (apiVersion >= 1) {
    writer.int16(value.errorCode ?? 0);
  }
  const replicaElectionResults = value.replicaElectionResults;
  writer.arrayLength(replicaElectionResults.length);
  for (const element of replicaElectionResults)
    encodeElectLeadersResponseReplicaElectionResultClassic(writer, element, apiVersion);
}

function decodeElectLeadersResponseReplicaElectionResultPartitionResultFlexible(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponseReplicaElectionResultPartitionResult {
  const partitionId = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { partitionId, errorCode, errorMessage };
}

function decodeElectLeadersResponseReplicaElectionResultFlexible(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponseReplicaElectionResult {
  const topic = reader.compactString();
  const partitionResultLength = reader.compactArrayLength(8);
  const partitionResult =
    newArray<ElectLeadersResponseReplicaElectionResultPartitionResult>(partitionResultLength);
  for (let i = 0; i < partitionResultLength; i++)
    partitionResult[i] = decodeElectLeadersResponseReplicaElectionResultPartitionResultFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { topic, partitionResult };
}

function decodeElectLeadersResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ElectLeadersResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const replicaElectionResultsLength = reader.compactArrayLength(3);
  const replicaElectionResults = newArray<ElectLeadersResponseReplicaElectionResult>(
    replicaElectionResultsLength,
  );
  for (let i = 0; i < replicaElectionResultsLength; i++)
    replicaElectionResults[i] = decodeElectLeadersResponseReplicaElectionResultFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { throttleTimeMs, errorCode, replicaElectionResults };
}

function encodeElectLeadersResponseReplicaElectionResultPartitionResultFlexible(
  writer: Writer,
  value: ElectLeadersResponseReplicaElectionResultPartitionResultInput,
  apiVersion: number,
): void {
  writer.int32(value.partitionId);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.uvarint(0);
}

function encodeElectLeadersResponseReplicaElectionResultFlexible(
  writer: Writer,
  value: ElectLeadersResponseReplicaElectionResultInput,
  apiVersion: number,
): void {
  writer.compactString(value.topic);
  const partitionResult = value.partitionResult;
  writer.compactArrayLength(partitionResult.length);
  for (const element of partitionResult)
    encodeElectLeadersResponseReplicaElectionResultPartitionResultFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeElectLeadersResponseFlexible(
  writer: Writer,
  value: ElectLeadersResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode ?? 0);
  const replicaElectionResults = value.replicaElectionResults;
  writer.compactArrayLength(replicaElectionResults.length);
  for (const element of replicaElectionResults)
    encodeElectLeadersResponseReplicaElectionResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const electLeadersResponseCodec: MessageCodec<
  ElectLeadersResponse,
  ElectLeadersResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeElectLeadersResponseFlexible(reader, apiVersion)
      : decodeElectLeadersResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeElectLeadersResponseFlexible(writer, value, apiVersion)
      : encodeElectLeadersResponseClassic(writer, value, apiVersion),
};
