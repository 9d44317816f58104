// AlterConfigsResponse (key 33), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/33-alter-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterConfigsResponse {
  readonly throttleTimeMs: number;
  readonly responses: AlterConfigsResponseResponse[];
}

export interface AlterConfigsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly responses: readonly AlterConfigsResponseResponseInput[];
}

export interface AlterConfigsResponseResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

export interface AlterConfigsResponseResponseInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

function decodeAlterConfigsResponseResponseClassic(
  reader: Reader,
  apiVersion: number,
): AlterConfigsResponseResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const resourceType = reader.int8();
  const resourceName = reader.string();
  return { errorCode, errorMessage, resourceType, resourceName };
}

function decodeAlterConfigsResponseClassic(
  reader: Reader,
  apiVersion: number,
): AlterConfigsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.arrayLength(7);
  const responses = newArray<AlterConfigsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeAlterConfigsResponseResponseClassic(reader, apiVersion);
  return { throttleTimeMs, responses };
}

function encodeAlterConfigsResponseResponseClassic(
  writer: Writer,
  value: AlterConfigsResponseResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
}

function encodeAlterConfigsResponseClassic(
  writer: Writer,
  value: AlterConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.arrayLength(responses.length);
  for (const element of responses)
    encodeAlterConfigsResponseResponseClassic(writer, element, apiVersion);
}

function decodeAlterConfigsResponseResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterConfigsResponseResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  reader.skipTags();
  return { errorCode, errorMessage, resourceType, resourceName };
}

function decodeAlterConfigsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterConfigsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.compactArrayLength(6);
  const responses = newArray<AlterConfigsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeAlterConfigsResponseResponseFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, responses };
}

function encodeAlterConfigsResponseResponseFlexible(
  writer: Writer,
  value: AlterConfigsResponseResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  writer.uvarint(0);
}

function encodeAlterConfigsResponseFlexible(
  writer: Writer,
  value: AlterConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses)
    encodeAlterConfigsResponseResponseFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterConfigsResponseCodec: MessageCodec<
  AlterConfigsResponse,
  AlterConfigsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeAlterConfigsResponseFlexible(reader, apiVersion)
      : decodeAlterConfigsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeAlterConfigsResponseFlexible(writer, value, apiVersion)
      : encodeAlterConfigsResponseClassic(writer, value, apiVersion),
};
