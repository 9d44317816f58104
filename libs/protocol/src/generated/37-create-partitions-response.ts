// CreatePartitionsResponse (key 37), versions 0 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/37-create-partitions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreatePartitionsResponse {
  readonly throttleTimeMs: number;
  readonly results: CreatePartitionsResponseResult[];
}

export interface CreatePartitionsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly results: readonly CreatePartitionsResponseResultInput[];
}

export interface CreatePartitionsResponseResult {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface CreatePartitionsResponseResultInput {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

function decodeCreatePartitionsResponseResultClassic(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsResponseResult {
  const name = reader.string();
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  return { name, errorCode, errorMessage };
}

function decodeCreatePartitionsResponseClassic(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.arrayLength(6);
  const results = newArray<CreatePartitionsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeCreatePartitionsResponseResultClassic(reader, apiVersion);
  return { throttleTimeMs, results };
}

function encodeCreatePartitionsResponseResultClassic(
  writer: Writer,
  value: CreatePartitionsResponseResultInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage ?? null);
}

function encodeCreatePartitionsResponseClassic(
  writer: Writer,
  value: CreatePartitionsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.arrayLength(results.length);
  for (const element of results)
    encodeCreatePartitionsResponseResultClassic(writer, element, apiVersion);
}

function decodeCreatePartitionsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsResponseResult {
  const name = reader.compactString();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { name, errorCode, errorMessage };
}

function decodeCreatePartitionsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): CreatePartitionsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.compactArrayLength(5);
  const results = newArray<CreatePartitionsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeCreatePartitionsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, results };
}

function encodeCreatePartitionsResponseResultFlexible(
  writer: Writer,
  value: CreatePartitionsResponseResultInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage ?? null);
  writer.uvarint(0);
}

function encodeCreatePartitionsResponseFlexible(
  writer: Writer,
  value: CreatePartitionsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeCreatePartitionsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const createPartitionsResponseCodec: MessageCodec<
  CreatePartitionsResponse,
  CreatePartitionsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeCreatePartitionsResponseFlexible(reader, apiVersion)
      : decodeCreatePartitionsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeCreatePartitionsResponseFlexible(writer, value, apiVersion)
      : encodeCreatePartitionsResponseClassic(writer, value, apiVersion),
};
