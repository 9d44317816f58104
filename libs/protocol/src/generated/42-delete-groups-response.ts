// DeleteGroupsResponse (key 42), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/42-delete-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteGroupsResponse {
  readonly throttleTimeMs: number;
  readonly results: DeleteGroupsResponseResult[];
}

export interface DeleteGroupsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly results: readonly DeleteGroupsResponseResultInput[];
}

export interface DeleteGroupsResponseResult {
  readonly groupId: string;
  readonly errorCode: number;
}

export interface DeleteGroupsResponseResultInput {
  readonly groupId: string;
  readonly errorCode: number;
}

function decodeDeleteGroupsResponseResultClassic(
  reader: Reader,
  apiVersion: number,
): DeleteGroupsResponseResult {
  const groupId = reader.string();
  const errorCode = reader.int16();
  return { groupId, errorCode };
}

function decodeDeleteGroupsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DeleteGroupsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.arrayLength(4);
  const results = newArray<DeleteGroupsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDeleteGroupsResponseResultClassic(reader, apiVersion);
  return { throttleTimeMs, results };
}

function encodeDeleteGroupsResponseResultClassic(
  writer: Writer,
  value: DeleteGroupsResponseResultInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.int16(value.errorCode);
}

function encodeDeleteGroupsResponseClassic(
  writer: Writer,
  value: DeleteGroupsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.arrayLength(results.length);
  for (const element of results)
    encodeDeleteGroupsResponseResultClassic(writer, element, apiVersion);
}

function decodeDeleteGroupsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteGroupsResponseResult {
  const groupId = reader.compactString();
  const errorCode = reader.int16();
  reader.skipTags();
  return { groupId, errorCode };
}

function decodeDeleteGroupsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteGroupsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.compactArrayLength(4);
  const results = newArray<DeleteGroupsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDeleteGroupsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, results };
}

function encodeDeleteGroupsResponseResultFlexible(
  writer: Writer,
  value: DeleteGroupsResponseResultInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

function encodeDeleteGroupsResponseFlexible(
  writer: Writer,
  value: DeleteGroupsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeDeleteGroupsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const deleteGroupsResponseCodec: MessageCodec<
  DeleteGroupsResponse,
  DeleteGroupsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDeleteGroupsResponseFlexible(reader, apiVersion)
      : decodeDeleteGroupsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDeleteGroupsResponseFlexible(writer, value, apiVersion)
      : encodeDeleteGroupsResponseClassic(writer, value, apiVersion),
};
