// JoinGroupResponse (key 11), versions 0 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/11-join-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface JoinGroupResponse {
  /** Versions 2+. */
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  /** default -1. */
  readonly generationId: number;
  /** Versions 7+. */
  readonly protocolType: string | null;
  /** null in 7+. */
  readonly protocolName: string | null;
  readonly leader: string;
  /** Versions 9; default false. */
  readonly skipAssignment: boolean;
  readonly memberId: string;
  readonly members: JoinGroupResponseMember[];
}

export interface JoinGroupResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly generationId?: number | undefined;
  readonly protocolType?: string | null | undefined;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment?: boolean | undefined;
  readonly memberId: string;
  readonly members: readonly JoinGroupResponseMemberInput[];
}

export interface JoinGroupResponseMember {
  readonly memberId: string;
  /** Versions 5+. */
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface JoinGroupResponseMemberInput {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly metadata: Uint8Array;
}

function decodeJoinGroupResponseMemberClassic(
  reader: Reader,
  apiVersion: number,
): JoinGroupResponseMember {
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 5 ? reader.nullableString() : null;
  const metadata = reader.bytes();
  return { memberId, groupInstanceId, metadata };
}

function decodeJoinGroupResponseClassic(reader: Reader, apiVersion: number): JoinGroupResponse {
  const throttleTimeMs = apiVersion >= 2 ? reader.int32() : 0;
  const errorCode = reader.int16();
  const generationId = reader.int32();
  const protocolType: string | null = null;
  const protocolName = reader.string();
  const leader = reader.string();
  const skipAssignment: boolean = false;
  const memberId = reader.string();
  const membersLength = reader.arrayLength(6);
  const members = newArray<JoinGroupResponseMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeJoinGroupResponseMemberClassic(reader, apiVersion);
  return {
    throttleTimeMs,
    errorCode,
    generationId,
    protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  };
}

function encodeJoinGroupResponseMemberClassic(
  writer: Writer,
  value: JoinGroupResponseMemberInput,
  apiVersion: number,
): void {
  writer.string(value.memberId);
  if (apiVersion >= 5) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
  writer.bytes(value.metadata);
}

function encodeJoinGroupResponseClassic(
  writer: Writer,
  value: JoinGroupResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 2) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode);
  writer.int32(value.generationId ?? -1);
  writer.string(value.protocolName ?? '');
  writer.string(value.leader);
  writer.string(value.memberId);
  const members = value.members;
  writer.arrayLength(members.length);
  for (const element of members) encodeJoinGroupResponseMemberClassic(writer, element, apiVersion);
}

function decodeJoinGroupResponseMemberFlexible(
  reader: Reader,
  apiVersion: number,
): JoinGroupResponseMember {
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const metadata = reader.compactBytes();
  reader.skipTags();
  return { memberId, groupInstanceId, metadata };
}

function decodeJoinGroupResponseFlexible(reader: Reader, apiVersion: number): JoinGroupResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const generationId = reader.int32();
  const protocolType = apiVersion >= 7 ? reader.compactNullableString() : null;
  const protocolName = apiVersion >= 7 ? reader.compactNullableString() : reader.compactString();
  const leader = reader.compactString();
  const skipAssignment = apiVersion >= 9 ? reader.bool() : false;
  const memberId = reader.compactString();
  const membersLength = reader.compactArrayLength(4);
  const members = newArray<JoinGroupResponseMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeJoinGroupResponseMemberFlexible(reader, apiVersion);
  reader.skipTags();
  return {
    throttleTimeMs,
    errorCode,
    generationId,
    protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  };
}

function encodeJoinGroupResponseMemberFlexible(
  writer: Writer,
  value: JoinGroupResponseMemberInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  writer.compactBytes(value.metadata);
  writer.uvarint(0);
}

function encodeJoinGroupResponseFlexible(
  writer: Writer,
  value: JoinGroupResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.int32(value.generationId ?? -1);
  if (apiVersion >= 7) {
    writer.compactNullableString(value.protocolType ?? null);
  }
  if (apiVersion >= 7) {
    writer.compactNullableString(value.protocolName);
  } else {
    writer.compactString(value.protocolName ?? '');
  }
  writer.compactString(value.leader);
  if (apiVersion >= 9) {
    writer.bool(value.skipAssignment ?? false);
  }
  writer.compactString(value.memberId);
  const members = value.members;
  writer.compactArrayLength(members.length);
  for (const element of members) encodeJoinGroupResponseMemberFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const joinGroupResponseCodec: MessageCodec<JoinGroupResponse, JoinGroupResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 6
      ? decodeJoinGroupResponseFlexible(reader, apiVersion)
      : decodeJoinGroupResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 6
      ? encodeJoinGroupResponseFlexible(writer, value, apiVersion)
      : encodeJoinGroupResponseClassic(writer, value, apiVersion),
};
