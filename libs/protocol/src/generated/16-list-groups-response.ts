// ListGroupsResponse (key 16), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/16-list-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListGroupsResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly groups: ListGroupsResponseGroup[];
}

export interface ListGroupsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly groups: readonly ListGroupsResponseGroupInput[];
}

export interface ListGroupsResponseGroup {
  readonly groupId: string;
  readonly protocolType: string;
  /** Versions 4+. */
  readonly groupState: string;
  /** Versions 5. */
  readonly groupType: string;
}

export interface ListGroupsResponseGroupInput {
  readonly groupId: string;
  readonly protocolType: string;
  readonly groupState?: string | undefined;
  readonly groupType?: string | undefined;
}

function decodeListGroupsResponseGroupClassic(
  reader: Reader,
  apiVersion: number,
): ListGroupsResponseGroup {
  const groupId = reader.string();
  const protocolType = reader.string();
  const groupState: string = '';
  const groupType: string = '';
  return { groupId, protocolType, groupState, groupType };
}

function decodeListGroupsResponseClassic(reader: Reader, apiVersion: number): ListGroupsResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const errorCode = reader.int16();
  const groupsLength = reader.arrayLength(4);
  const groups = newArray<ListGroupsResponseGroup>(groupsLength);
  for (let i = 0; i < groupsLength; i++)
    groups[i] = decodeListGroupsResponseGroupClassic(reader, apiVersion);
  return { throttleTimeMs, errorCode, groups };
}

function encodeListGroupsResponseGroupClassic(
  writer: Writer,
  value: ListGroupsResponseGroupInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.string(value.protocolType);
}

function encodeListGroupsResponseClassic(
  writer: Writer,
  value: ListGroupsResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode);
  const groups = value.groups;
  writer.arrayLength(groups.length);
  for (const element of groups) encodeListGroupsResponseGroupClassic(writer, element, apiVersion);
}

function decodeListGroupsResponseGroupFlexible(
  reader: Reader,
  apiVersion: number,
): ListGroupsResponseGroup {
  const groupId = reader.compactString();
  const protocolType = reader.compactString();
  const groupState = apiVersion >= 4 ? reader.compactString() : '';
  const groupType = apiVersion >= 5 ? reader.compactString() : '';
  reader.skipTags();
  return { groupId, protocolType, groupState, groupType };
}

function decodeListGroupsResponseFlexible(reader: Reader, apiVersion: number): ListGroupsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const groupsLength = reader.compactArrayLength(3);
  const groups = newArray<ListGroupsResponseGroup>(groupsLength);
  for (let i = 0; i < groupsLength; i++)
    groups[i] = decodeListGroupsResponseGroupFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, groups };
}

function encodeListGroupsResponseGroupFlexible(
  writer: Writer,
  value: ListGroupsResponseGroupInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.compactString(value.protocolType);
  if (apiVersion >= 4) {
    writer.compactString(value.groupState ?? '');
  }
  if (apiVersion >= 5) {
    writer.compactString(value.groupType ?? '');
  }
  writer.uvarint(0);
}

function encodeListGroupsResponseFlexible(
  writer: Writer,
  value: ListGroupsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  const groups = value.groups;
  writer.compactArrayLength(groups.length);
  for (const element of groups) encodeListGroupsResponseGroupFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const listGroupsResponseCodec: MessageCodec<ListGroupsResponse, ListGroupsResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeListGroupsResponseFlexible(reader, apiVersion)
      : decodeListGroupsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeListGroupsResponseFlexible(writer, value, apiVersion)
      : encodeListGroupsResponseClassic(writer, value, apiVersion),
};
