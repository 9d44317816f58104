// DescribeGroupsRequest (key 15), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/15-describe-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeGroupsRequest {
  readonly groups: string[];
  /** Versions 3+. */
  readonly includeAuthorizedOperations: boolean;
}

export interface DescribeGroupsRequestInput {
  readonly groups: readonly string[];
  readonly includeAuthorizedOperations?: boolean | undefined;
}

function decodeDescribeGroupsRequestClassic(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsRequest {
  const groupsLength = reader.arrayLength(2);
  const groups = newArray<string>(groupsLength);
  for (let i = 0; i < groupsLength; i++) groups[i] = reader.string();
  const includeAuthorizedOperations = apiVersion >= 3 ? reader.bool() : false;
  return { groups, includeAuthorizedOperations };
}

function encodeDescribeGroupsRequestClassic(
  writer: Writer,
  value: DescribeGroupsRequestInput,
  apiVersion: number,
): void {
  const groups = value.groups;
  writer.arrayLength(groups.length);
  for (const element of groups) writer.string(element);
  if (apiVersion >= 3) {
    writer.bool(value.includeAuthorizedOperations ?? false);
  }
}

function decodeDescribeGroupsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeGroupsRequest {
  const groupsLength = reader.compactArrayLength(1);
  const groups = newArray<string>(groupsLength);
  for (let i = 0; i < groupsLength; i++) groups[i] = reader.compactString();
  const includeAuthorizedOperations = reader.bool();
  reader.skipTags();
  return { groups, includeAuthorizedOperations };
}

function encodeDescribeGroupsRequestFlexible(
  writer: Writer,
  value: DescribeGroupsRequestInput,
  apiVersion: number,
): void {
  const groups = value.groups;
  writer.compactArrayLength(groups.length);
  for (const element of groups) writer.compactString(element);
  writer.bool(value.includeAuthorizedOperations ?? false);
  writer.uvarint(0);
}

export const describeGroupsRequestCodec: MessageCodec<
  DescribeGroupsRequest,
  DescribeGroupsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 5
      ? decodeDescribeGroupsRequestFlexible(reader, apiVersion)
      : decodeDescribeGroupsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 5
      ? encodeDescribeGroupsRequestFlexible(writer, value, apiVersion)
      : encodeDescribeGroupsRequestClassic(writer, value, apiVersion),
};
