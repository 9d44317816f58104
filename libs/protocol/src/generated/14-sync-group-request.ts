// SyncGroupRequest (key 14), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/14-sync-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SyncGroupRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  /** Versions 3+. */
  readonly groupInstanceId: string | null;
  /** Versions 5. */
  readonly protocolType: string | null;
  /** Versions 5. */
  readonly protocolName: string | null;
  readonly assignments: SyncGroupRequestAssignment[];
}

export interface SyncGroupRequestInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly protocolType?: string | null | undefined;
  readonly protocolName?: string | null | undefined;
  readonly assignments: readonly SyncGroupRequestAssignmentInput[];
}

export interface SyncGroupRequestAssignment {
  readonly memberId: string;
  readonly assignment: Buffer;
}

export interface SyncGroupRequestAssignmentInput {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}

function decodeSyncGroupRequestAssignmentClassic(
  reader: Reader,
  apiVersion: number,
): SyncGroupRequestAssignment {
  const memberId = reader.string();
  const assignment = reader.bytes();
  return { memberId, assignment };
}

function decodeSyncGroupRequestClassic(reader: Reader, apiVersion: number): SyncGroupRequest {
  const groupId = reader.string();
  const generationId = reader.int32();
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 3 ? reader.nullableString() : null;
  const protocolType: string | null = null;
  const protocolName: string | null = null;
  const assignmentsLength = reader.arrayLength(6);
  const assignments = newArray<SyncGroupRequestAssignment>(assignmentsLength);
  for (let i = 0; i < assignmentsLength; i++)
    assignments[i] = decodeSyncGroupRequestAssignmentClassic(reader, apiVersion);
  return {
    groupId,
    generationId,
    memberId,
    groupInstanceId,
    protocolType,
    protocolName,
    assignments,
  };
}

function encodeSyncGroupRequestAssignmentClassic(
  writer: Writer,
  value: SyncGroupRequestAssignmentInput,
  apiVersion: number,
): void {
  writer.string(value.memberId);
  writer.bytes(value.assignment);
}

function encodeSyncGroupRequestClassic(
  writer: Writer,
  value: SyncGroupRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.int32(value.generationId);
  writer.string(value.memberId);
  if (apiVersion >= 3) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
  const assignments = value.assignments;
  writer.arrayLength(assignments.length);
  for (const element of assignments)
    encodeSyncGroupRequestAssignmentClassic(writer, element, apiVersion);
}

function decodeSyncGroupRequestAssignmentFlexible(
  reader: Reader,
  apiVersion: number,
): SyncGroupRequestAssignment {
  const memberId = reader.compactString();
  const assignment = reader.compactBytes();
  reader.skipTags();
  return { memberId, assignment };
}

function decodeSyncGroupRequestFlexible(reader: Reader, apiVersion: number): SyncGroupRequest {
  const groupId = reader.compactString();
  const generationId = reader.int32();
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const protocolType = apiVersion >= 5 ? reader.compactNullableString() : null;
  const protocolName = apiVersion >= 5 ? reader.compactNullableString() : null;
  const assignmentsLength = reader.compactArrayLength(3);
  const assignments = newArray<SyncGroupRequestAssignment>(assignmentsLength);
  for (let i = 0; i < assignmentsLength; i++)
    assignments[i] = decodeSyncGroupRequestAssignmentFlexible(reader, apiVersion);
  reader.skipTags();
  return {
    groupId,
    generationId,
    memberId,
    groupInstanceId,
    protocolType,
    protocolName,
    assignments,
  };
}

function encodeSyncGroupRequestAssignmentFlexible(
  writer: Writer,
  value: SyncGroupRequestAssignmentInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactBytes(value.assignment);
  writer.uvarint(0);
}

function encodeSyncGroupRequestFlexible(
  writer: Writer,
  value: SyncGroupRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.int32(value.generationId);
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  if (apiVersion >= 5) {
    writer.compactNullableString(value.protocolType ?? null);
  }
  if (apiVersion >= 5) {
    writer.compactNullableString(value.protocolName ?? null);
  }
  const assignments = value.assignments;
  writer.compactArrayLength(assignments.length);
  for (const element of assignments)
    encodeSyncGroupRequestAssignmentFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const syncGroupRequestCodec: MessageCodec<SyncGroupRequest, SyncGroupRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeSyncGroupRequestFlexible(reader, apiVersion)
      : decodeSyncGroupRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeSyncGroupRequestFlexible(writer, value, apiVersion)
      : encodeSyncGroupRequestClassic(writer, value, apiVersion),
};
