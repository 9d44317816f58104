// CreateAclsResponse (key 30), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/30-create-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreateAclsResponse {
  readonly throttleTimeMs: number;
  readonly results: CreateAclsResponseResult[];
}

export interface CreateAclsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly results: readonly CreateAclsResponseResultInput[];
}

export interface CreateAclsResponseResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface CreateAclsResponseResultInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function decodeCreateAclsResponseResultClassic(
  reader: Reader,
  apiVersion: number,
): CreateAclsResponseResult {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  return { errorCode, errorMessage };
}

function decodeCreateAclsResponseClassic(reader: Reader, apiVersion: number): CreateAclsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.arrayLength(4);
  const results = newArray<CreateAclsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeCreateAclsResponseResultClassic(reader, apiVersion);
  return { throttleTimeMs, results };
}

function encodeCreateAclsResponseResultClassic(
  writer: Writer,
  value: CreateAclsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
}

function encodeCreateAclsResponseClassic(
  writer: Writer,
  value: CreateAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.arrayLength(results.length);
  for (const element of results) encodeCreateAclsResponseResultClassic(writer, element, apiVersion);
}

function decodeCreateAclsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): CreateAclsResponseResult {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { errorCode, errorMessage };
}

function decodeCreateAclsResponseFlexible(reader: Reader, apiVersion: number): CreateAclsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.compactArrayLength(4);
  const results = newArray<CreateAclsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeCreateAclsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, results };
}

function encodeCreateAclsResponseResultFlexible(
  writer: Writer,
  value: CreateAclsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.uvarint(0);
}

function encodeCreateAclsResponseFlexible(
  writer: Writer,
  value: CreateAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeCreateAclsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const createAclsResponseCodec: MessageCodec<CreateAclsResponse, CreateAclsResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeCreateAclsResponseFlexible(reader, apiVersion)
      : decodeCreateAclsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeCreateAclsResponseFlexible(writer, value, apiVersion)
      : encodeCreateAclsResponseClassic(writer, value, apiVersion),
};
