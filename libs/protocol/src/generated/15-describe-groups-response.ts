// DescribeGroupsResponse (key 15), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/15-describe-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeGroupsResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  readonly groups: DescribeGroupsResponseGroup[];
}

export interface DescribeGroupsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly groups: readonly DescribeGroupsResponseGroupInput[];
}

export interface DescribeGroupsResponseGroup {
  readonly errorCode: number;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: DescribeGroupsResponseGroupMember[];
  /** Versions 3+; default -2147483648. */
  readonly authorizedOperations: number;
}

export interface DescribeGroupsResponseGroupInput {
  readonly errorCode: number;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  readonly protocolData: string;
  readonly members: readonly DescribeGroupsResponseGroupMemberInput[];
  readonly authorizedOperations?: number | undefined;
}

export interface DescribeGroupsResponseGroupMember {
  readonly memberId: string;
  /** Versions 4+. */
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberMetadata: Buffer;
  readonly memberAssignment: Buffer;
}

export interface DescribeGroupsResponseGroupMemberInput {
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly clientId: string;
  readonly clientHost: string;
  readonly memberMetadata: Uint8Array;
  readonly memberAssignment: Uint8Array;
}

function decodeDescribeGroupsResponseGroupMemberClassic(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponseGroupMember {
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 4 ? reader.nullableString() : null;
  const clientId = reader.string();
  const clientHost = reader.string();
  const memberMetadata = reader.bytes();
  const memberAssignment = reader.bytes();
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment };
}

function decodeDescribeGroupsResponseGroupClassic(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponseGroup {
  const errorCode = reader.int16();
  const groupId = reader.string();
  const groupState = reader.string();
  const protocolType = reader.string();
  const protocolData = reader.string();
  const membersLength = reader.arrayLength(14);
  const members = newArray<DescribeGroupsResponseGroupMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeDescribeGroupsResponseGroupMemberClassic(reader, apiVersion);
  const authorizedOperations = apiVersion >= 3 ? reader.int32() : -2147483648;
  return {
    errorCode,
    groupId,
    groupState,
    protocolType,
    protocolData,
    members,
    authorizedOperations,
  };
}

function decodeDescribeGroupsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const groupsLength = reader.arrayLength(14);
  const groups = newArray<DescribeGroupsResponseGroup>(groupsLength);
  for (let i = 0; i < groupsLength; i++)
    groups[i] = decodeDescribeGroupsResponseGroupClassic(reader, apiVersion);
  return { throttleTimeMs, groups };
}

function encodeDescribeGroupsResponseGroupMemberClassic(
  writer: Writer,
  value: DescribeGroupsResponseGroupMemberInput,
  apiVersion: number,
): void {
  writer.string(value.memberId);
  if (apiVersion >= 4) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
  writer.string(value.clientId);
  writer.string(value.clientHost);
  writer.bytes(value.memberMetadata);
  writer.bytes(value.memberAssignment);
}

function encodeDescribeGroupsResponseGroupClassic(
  writer: Writer,
  value: DescribeGroupsResponseGroupInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.string(value.groupId);
  writer.string(value.groupState);
  writer.string(value.protocolType);
  writer.string(value.protocolData);
  const members = value.members;
  writer.arrayLength(members.length);
  for (const element of members)
    encodeDescribeGroupsResponseGroupMemberClassic(writer, element, apiVersion);
  if (apiVersion >= 3) {
    writer.int32(value.authorizedOperations ?? -2147483648);
  }
}

function encodeDescribeGroupsResponseClassic(
  writer: Writer,
  value: DescribeGroupsResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  const groups = value.groups;
  writer.arrayLength(groups.length);
  for (const element of groups)
    encodeDescribeGroupsResponseGroupClassic(writer, element, apiVersion);
}

function decodeDescribeGroupsResponseGroupMemberFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponseGroupMember {
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const clientId = reader.compactString();
  const clientHost = reader.compactString();
  const memberMetadata = reader.compactBytes();
  const memberAssignment = reader.compactBytes();
  reader.skipTags();
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment };
}

function decodeDescribeGroupsResponseGroupFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponseGroup {
  const errorCode = reader.int16();
  const groupId = reader.compactString();
  const groupState = reader.compactString();
  const protocolType = reader.compactString();
  const protocolData = reader.compactString();
  const membersLength = reader.compactArrayLength(7);
  const members = newArray<DescribeGroupsResponseGroupMember>(membersLength);
  for (let i = 0; i < membersLength; i++)
    members[i] = decodeDescribeGroupsResponseGroupMemberFlexible(reader, apiVersion);
  const authorizedOperations = reader.int32();
  reader.skipTags();
  return {
    errorCode,
    groupId,
    groupState,
    protocolType,
    protocolData,
    members,
    authorizedOperations,
  };
}

function decodeDescribeGroupsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsResponse {
  const throttleTimeMs = reader.int32();
  const groupsLength = reader.compactArrayLength(12);
  const groups = newArray<DescribeGroupsResponseGroup>(groupsLength);
  for (let i = 0; i < groupsLength; i++)
    groups[i] = decodeDescribeGroupsResponseGroupFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, groups };
}

function encodeDescribeGroupsResponseGroupMemberFlexible(
  writer: Writer,
  value: DescribeGroupsResponseGroupMemberInput,
  apiVersion: number,
): void {
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  writer.compactString(value.clientId);
  writer.compactString(value.clientHost);
  writer.compactBytes(value.memberMetadata);
  writer.compactBytes(value.memberAssignment);
  writer.uvarint(0);
}

function encodeDescribeGroupsResponseGroupFlexible(
  writer: Writer,
  value: DescribeGroupsResponseGroupInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactString(value.groupId);
  writer.compactString(value.groupState);
  writer.compactString(value.protocolType);
  writer.compactString(value.protocolData);
  const members = value.members;
  writer.compactArrayLength(members.length);
  for (const element of members)
    encodeDescribeGroupsResponseGroupMemberFlexible(writer, element, apiVersion);
  writer.int32(value.authorizedOperations ?? -2147483648);
  writer.uvarint(0);
}

function encodeDescribeGroupsResponseFlexible(
  writer: Writer,
  value: DescribeGroupsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const groups = value.groups;
  writer.compactArrayLength(groups.length);
  for (const element of groups)
    encodeDescribeGroupsResponseGroupFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeGroupsResponseCodec: MessageCodec<
  DescribeGroupsResponse,
  DescribeGroupsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 5
      ? decodeDescribeGroupsResponseFlexible(reader, apiVersion)
      : decodeDescribeGroupsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 5
      ? encodeDescribeGroupsResponseFlexible(writer, value, apiVersion)
      : encodeDescribeGroupsResponseClassic(writer, value, apiVersion),
};
