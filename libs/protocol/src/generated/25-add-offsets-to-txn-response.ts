// AddOffsetsToTxnResponse (key 25), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/25-add-offsets-to-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AddOffsetsToTxnResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
}

export interface AddOffsetsToTxnResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
}

function decodeAddOffsetsToTxnResponseClassic(
  reader: Reader,
  apiVersion: number,
): AddOffsetsToTxnResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  return { throttleTimeMs, errorCode };
}

function encodeAddOffsetsToTxnResponseClassic(
  writer: Writer,
  value: AddOffsetsToTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
}

function decodeAddOffsetsToTxnResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AddOffsetsToTxnResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  reader.skipTags();
  return { throttleTimeMs, errorCode };
}

function encodeAddOffsetsToTxnResponseFlexible(
  writer: Writer,
  value: AddOffsetsToTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

export const addOffsetsToTxnResponseCodec: MessageCodec<
  AddOffsetsToTxnResponse,
  AddOffsetsToTxnResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeAddOffsetsToTxnResponseFlexible(reader, apiVersion)
      : decodeAddOffsetsToTxnResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeAddOffsetsToTxnResponseFlexible(writer, value, apiVersion)
      : encodeAddOffsetsToTxnResponseClassic(writer, value, apiVersion),
};
