// LeaveGroupRequest (key 13), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/13-leave-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface LeaveGroupRequest {
  readonly groupId: string;
  /** Versions 0 to 2. */
  readonly memberId: string;
  /** Versions 3+. */
  readonly members: LeaveGroupRequestMember[];
}

export interface LeaveGroupRequestInput {
  readonly groupId: string;
  readonly memberId?: string | undefined;
  readonly members?: readonly LeaveGroupRequestMemberInput[] | undefined;
}

export interface LeaveGroupRequestMember {
  /** Versions 3+. */
  readonly memberId: string;
  /** Versions 3+. */
  readonly groupInstanceId: string | null;
  /** Versions 5. */
  readonly reason: string | null;
}

export interface LeaveGroupRequestMemberInput {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly reason?: string | null | undefined;
}

function decodeLeaveGroupRequestMemberClassic(
  reader: Reader,
  apiVersion: number,
): LeaveGroupRequestMember {
  const memberId = reader.string();
  const groupInstanceId = reader.nullableString();
  const reason: string | null = null;
  return { memberId, groupInstanceId, reason };
}

function decodeLeaveGroupRequestClassic(reader: Reader, apiVersion: number): LeaveGroupRequest {
  const groupId = reader.string();
  const memberId = apiVersion <= 2 ? reader.string() : '';
  let members: LeaveGroupRequestMember[] = [];
  if (apiVersion >= 3) {
    const membersLength = reader.arrayLength(4);
    members = newArray<LeaveGroupRequestMember>(membersLength);
    for (let i = 0; i < membersLength; i++)
      members[i] = decodeLeaveGroupRequestMemberClassic(reader, apiVersion);
  }
  return { groupId, memberId, members };
}

function encodeLeaveGroupRequestMemberClassic(
  writer: Writer,
  value: LeaveGroupRequestMemberInput,
  apiVersion: number,
): void {
  writer.string(value.memberId);
  writer.nullableString(value.groupInstanceId ?? null);
}

function encodeLeaveGroupRequestClassic(
  writer: Writer,
  value: LeaveGroupRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  if (apiVersion <= 2) {
    writer.string(value.memberId ?? '');
  }
  if (apiVersion >= 3) {
    const members = value.members ?? [];
    writer.arrayLength(members.length);
    for (const element of members)
      encodeLeaveGroupRequestMemberClassic(writer, element, apiVersion);
  }
}

function decodeLeaveGroupRequestMemberFlexible(
  reader: Reader,
  apiVersion: number,
): LeaveGroupRequestMember {
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const reason = apiVersion >= 5 ? reader.compactNullableString() : null;
  reader.skipTags();
  return { memberId, groupInstanceId, reason };
}

function decodeLeaveGroupRequestFlexible(reader: Reader, apiVersion: number): LeaveGroupRequest {
  const groupId = reader.compactString();
  const memberId: string = '';
  const membersLength = reader.compactArrayLength(3);
  const members = newArray<LeaveGroupRequestMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeLeaveGroupRequestMemberFlexible(reader, apiVersion);
  reader.skipTags();
  return { groupId, memberId, members };
}

function encodeLeaveGroupRequestMemberFlexible(
  writer: Writer,
  value: LeaveGroupRequestMemberInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  if (apiVersion >= 5) {
    writer.compactNullableString(value.reason ?? null);
  }
  writer.uvarint(0);
}

function encodeLeaveGroupRequestFlexible(
  writer: Writer,
  value: LeaveGroupRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  const members = value.members ?? [];
  writer.compactArrayLength(members.length);
  for (const element of members) encodeLeaveGroupRequestMemberFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const leaveGroupRequestCodec: MessageCodec<LeaveGroupRequest, LeaveGroupRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeLeaveGroupRequestFlexible(reader, apiVersion)
      : decodeLeaveGroupRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeLeaveGroupRequestFlexible(writer, value, apiVersion)
      : encodeLeaveGroupRequestClassic(writer, value, apiVersion),
};
