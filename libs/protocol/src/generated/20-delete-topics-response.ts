// DeleteTopicsResponse (key 20), versions 1 to 6. Written by `npm run gen` from
// libs/protocol/src/messages/20-delete-topics.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer, notNull } from '../writer.js';

export interface DeleteTopicsResponse {
  readonly throttleTimeMs: number;
  readonly responses: DeleteTopicsResponseResponse[];
}

export interface DeleteTopicsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly responses: readonly DeleteTopicsResponseResponseInput[];
}

export interface DeleteTopicsResponseResponse {
  /** null in 6. */
  readonly name: string | null;
  /** Versions 6. */
  readonly topicId: string;
  readonly errorCode: number;
  /** Versions 5+. */
  readonly errorMessage: string | null;
}

export interface DeleteTopicsResponseResponseInput {
  readonly name: string | null;
  readonly topicId?: string | undefined;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
}

function decodeDeleteTopicsResponseResponseClassic(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsResponseResponse {
  const name = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const errorCode = reader.int16();
  const errorMessage: string | null = null;
  return { name, topicId, errorCode, errorMessage };
}

function decodeDeleteTopicsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.arrayLength(4);
  const responses = newArray<DeleteTopicsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeDeleteTopicsResponseResponseClassic(reader, apiVersion);
  return { throttleTimeMs, responses };
}

function encodeDeleteTopicsResponseResponseClassic(
  writer: Writer,
  value: DeleteTopicsResponseResponseInput,
  apiVersion: number,
): void {
  writer.string(notNull(value.name, 'DeleteTopicsResponseResponse.name', apiVersion));
  writer.int16(value.errorCode);
}

function encodeDeleteTopicsResponseClassic(
  writer: Writer,
  value: DeleteTopicsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.arrayLength(responses.length);
  for (const element of responses)
    encodeDeleteTopicsResponseResponseClassic(writer, element, apiVersion);
}

function decodeDeleteTopicsResponseResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsResponseResponse {
  const name = apiVersion >= 6 ? reader.compactNullableString() : reader.compactString();
  const topicId = apiVersion >= 6 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const errorCode = reader.int16();
  const errorMessage = apiVersion >= 5 ? reader.compactNullableString() : null;
  reader.skipTags();
  return { name, topicId, errorCode, errorMessage };
}

function decodeDeleteTopicsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsResponse {
  const throttleTimeMs = reader.int32();
  const responsesLength = reader.compactArrayLength(4);
  const responses = newArray<DeleteTopicsResponseResponse>(responsesLength);
  for (let i = 0; i < responsesLength; i++)
    responses[i] = decodeDeleteTopicsResponseResponseFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, responses };
}

function encodeDeleteTopicsResponseResponseFlexible(
  writer: Writer,
  value: DeleteTopicsResponseResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 6) {
    writer.compactNullableString(value.name);
  } else {
    writer.compactString(notNull(value.name, 'DeleteTopicsResponseResponse.name', apiVersion));
  }
  if (apiVersion >= 6) {
    writer.uuid(value.topicId ?? '00000000-0000-0000-0000-000000000000');
  }
  writer.int16(value.errorCode);
  if (apiVersion >= 5) {
    writer.compactNullableString(value.errorMessage ?? null);
  }
  writer.uvarint(0);
}

function encodeDeleteTopicsResponseFlexible(
  writer: Writer,
  value: DeleteTopicsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const responses = value.responses;
  writer.compactArrayLength(responses.length);
  for (const element of responses)
    encodeDeleteTopicsResponseResponseFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const deleteTopicsResponseCodec: MessageCodec<
  DeleteTopicsResponse,
  DeleteTopicsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeDeleteTopicsResponseFlexible(reader, apiVersion)
      : decodeDeleteTopicsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeDeleteTopicsResponseFlexible(writer, value, apiVersion)
      : encodeDeleteTopicsResponseClassic(writer, value, apiVersion),
};
