// DeleteGroupsRequest (key 42), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/42-delete-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteGroupsRequest {
  readonly groupsNames: string[];
}

export interface DeleteGroupsRequestInput {
  readonly groupsNames: readonly string[];
}

function decodeDeleteGroupsRequestClassic(reader: Reader, apiVersion: number): DeleteGroupsRequest {
  const groupsNamesLength = reader.arrayLength(2);
  const groupsNames = newArray<string>(groupsNamesLength);
  for (let i = 0; i < groupsNamesLength; i++) groupsNames[i] = reader.string();
  return { groupsNames };
}

function encodeDeleteGroupsRequestClassic(
  writer: Writer,
  value: DeleteGroupsRequestInput,
  apiVersion: number,
): void {
  const groupsNames = value.groupsNames;
  writer.arrayLength(groupsNames.length);
  for (const element of groupsNames) writer.string(element);
}

function decodeDeleteGroupsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteGroupsRequest {
  const groupsNamesLength = reader.compactArrayLength(1);
  const groupsNames = newArray<string>(groupsNamesLength);
  for (let i = 0; i < groupsNamesLength; i++) groupsNames[i] = reader.compactString();
  reader.skipTags();
  return { groupsNames };
}

function encodeDeleteGroupsRequestFlexible(
  writer: Writer,
  value: DeleteGroupsRequestInput,
  apiVersion: number,
): void {
  const groupsNames = value.groupsNames;
  writer.compactArrayLength(groupsNames.length);
  for (const element of groupsNames) writer.compactString(element);
  writer.uvarint(0);
}

export const deleteGroupsRequestCodec: MessageCodec<DeleteGroupsRequest, DeleteGroupsRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 2
        ? decodeDeleteGroupsRequestFlexible(reader, apiVersion)
        : decodeDeleteGroupsRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 2
        ? encodeDeleteGroupsRequestFlexible(writer, value, apiVersion)
        : encodeDeleteGroupsRequestClassic(writer, value, apiVersion),
  };
