// IncrementalAlterConfigsResponse (key 44), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/44-incremental-alter-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface IncrementalAlterConfigsResponse {
  readonly throttleTimeMs: number;
  readonly responses: IncrementalAlterConfigsResponseResponse[];
}

export interface IncrementalAlterConfigsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly responses: readonly IncrementalAlterConfigsResponseResponseInput[];
}

export interface IncrementalAlterConfigsResponseResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

export interface IncrementalAlterConfigsResponseResponseInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

function decodeIncrementalAlterConfigsResponseResponseClassic(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsResponseResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const resourceType = reader.int8();
  const resourceName = reader.string();
  return { errorCode, errorMessage, resourceType, resourceName };
}

function decodeIncrementalAlterConfigsResponseClassic(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.arrayLength(7);
  const responses = newArray<IncrementalAlterConfigsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeIncrementalAlterConfigsResponseResponseClassic(reader, apiVersion);
  return { throttleTimeMs, responses };
}

function encodeIncrementalAlterConfigsResponseResponseClassic(
  writer: Writer,
  value: IncrementalAlterConfigsResponseResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
}

function encodeIncrementalAlterConfigsResponseClassic(
  writer: Writer,
  value: IncrementalAlterConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.arrayLength(responses.length);
  for (const element of responses)
    encodeIncrementalAlterConfigsResponseResponseClassic(writer, element, apiVersion);
}

function decodeIncrementalAlterConfigsResponseResponseFlexible(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsResponseResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  reader.skipTags();
  return { errorCode, errorMessage, resourceType, resourceName };
}

function decodeIncrementalAlterConfigsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.compactArrayLength(6);
  const responses = newArray<IncrementalAlterConfigsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeIncrementalAlterConfigsResponseResponseFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, responses };
}

function encodeIncrementalAlterConfigsResponseResponseFlexible(
  writer: Writer,
  value: IncrementalAlterConfigsResponseResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  writer.uvarint(0);
}

function encodeIncrementalAlterConfigsResponseFlexible(
  writer: Writer,
  value: IncrementalAlterConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses)
    encodeIncrementalAlterConfigsResponseResponseFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const incrementalAlterConfigsResponseCodec: MessageCodec<
  IncrementalAlterConfigsResponse,
  IncrementalAlterConfigsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeIncrementalAlterConfigsResponseFlexible(reader, apiVersion)
      : decodeIncrementalAlterConfigsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeIncrementalAlterConfigsResponseFlexible(writer, value, apiVersion)
      : encodeIncrementalAlterConfigsResponseClassic(writer, value, apiVersion),
};
