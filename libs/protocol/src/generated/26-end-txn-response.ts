// EndTxnResponse (key 26), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/26-end-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface EndTxnResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
}

export interface EndTxnResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
}

function decodeEndTxnResponseClassic(reader: Reader, apiVersion: number): EndTxnResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  return { throttleTimeMs, errorCode };
}

function encodeEndTxnResponseClassic(
  writer: Writer,
  value: EndTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
}

function decodeEndTxnResponseFlexible(reader: Reader, apiVersion: number): EndTxnResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  reader.skipTags();
  return { throttleTimeMs, errorCode };
}

function encodeEndTxnResponseFlexible(
  writer: Writer,
  value: EndTxnResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

export const endTxnResponseCodec: MessageCodec<EndTxnResponse, EndTxnResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeEndTxnResponseFlexible(reader, apiVersion)
      : decodeEndTxnResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeEndTxnResponseFlexible(writer, value, apiVersion)
      : encodeEndTxnResponseClassic(writer, value, apiVersion),
};
