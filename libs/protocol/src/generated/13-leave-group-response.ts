// LeaveGroupResponse (key 13), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/13-leave-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface LeaveGroupResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  /** Versions 3+. */
  readonly members: LeaveGroupResponseMember[];
}

export interface LeaveGroupResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly members?: readonly LeaveGroupResponseMemberInput[] | undefined;
}

export interface LeaveGroupResponseMember {
  /** Versions 3+. */
  readonly memberId: string;
  /** Versions 3+. */
  readonly groupInstanceId: string | null;
  /** Versions 3+. */
  readonly errorCode: number;
}

export interface LeaveGroupResponseMemberInput {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly errorCode: number;
}

function decodeLeaveGroupResponseMemberClassic(
  reader: Reader,
  apiVersion: number,
): LeaveGroupResponseMember {
  const memberId = reader.string();
  const groupInstanceId = reader.nullableString();
  const errorCode = reader.int16();
  return { memberId, groupInstanceId, errorCode };
}

function decodeLeaveGroupResponseClassic(reader: Reader, apiVersion: number): LeaveGroupResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const errorCode = reader.int16();
  let members: LeaveGroupResponseMember[] = [];
  if (apiVersion >= 3) {
    const membersLength = reader.arrayLength(6);
    members = newArray<LeaveGroupResponseMember>(membersLength);
    for (let i = 0; i < membersLength; i++)
      members[i] = decodeLeaveGroupResponseMemberClassic(reader, apiVersion);
  }
  return { throttleTimeMs, errorCode, members };
}

function encodeLeaveGroupResponseMemberClassic(
  writer: Writer,
  value: LeaveGroupResponseMemberInput,
  apiVersion: number,
): void {
  writer.string(value.memberId);
  writer.nullableString(value.groupInstanceId);
  writer.int16(value.errorCode);
}

function encodeLeaveGroupResponseClassic(
  writer: Writer,
  value: LeaveGroupResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode);
  if (apiVersion >= 3) {
    const members = value.members ?? [];
    writer.arrayLength(members.length);
    for (const element of members)
      encodeLeaveGroupResponseMemberClassic(writer, element, apiVersion);
  }
}

function decodeLeaveGroupResponseMemberFlexible(
  reader: Reader,
  apiVersion: number,
): LeaveGroupResponseMember {
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const errorCode = reader.int16();
  reader.skipTags();
  return { memberId, groupInstanceId, errorCode };
}

function decodeLeaveGroupResponseFlexible(reader: Reader, apiVersion: number): LeaveGroupResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const membersLength = reader.compactArrayLength(5);
  const members = newArray<LeaveGroupResponseMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeLeaveGroupResponseMemberFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, members };
}

function encodeLeaveGroupResponseMemberFlexible(
  writer: Writer,
  value: LeaveGroupResponseMemberInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeLeaveGroupResponseFlexible(
  writer: Writer,
  value: LeaveGroupResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  const members = value.members ?? [];
  writer.compactArrayLength(members.length);
  for (const element of members)
    encodeLeaveGroupResponseMemberFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const leaveGroupResponseCodec: MessageCodec<LeaveGroupResponse, LeaveGroupResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeLeaveGroupResponseFlexible(reader, apiVersion)
      : decodeLeaveGroupResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeLeaveGroupResponseFlexible(writer, value, apiVersion)
      : encodeLeaveGroupResponseClassic(writer, value, apiVersion),
};
