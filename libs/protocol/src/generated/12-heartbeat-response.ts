// HeartbeatResponse (key 12), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/12-heartbeat.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface HeartbeatResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  readonly errorCode: number;
}

export interface HeartbeatResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
}

function decodeHeartbeatResponseClassic(reader: Reader, apiVersion: number): HeartbeatResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const errorCode = reader.int16();
  return { throttleTimeMs, errorCode };
}

function encodeHeartbeatResponseClassic(
  writer: Writer,
  value: HeartbeatResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode);
}

function decodeHeartbeatResponseFlexible(reader: Reader, apiVersion: number): HeartbeatResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  reader.skipTags();
  return { throttleTimeMs, errorCode };
}

function encodeHeartbeatResponseFlexible(
  writer: Writer,
  value: HeartbeatResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.uvarint(0);
}

export const heartbeatResponseCodec: MessageCodec<HeartbeatResponse, HeartbeatResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeHeartbeatResponseFlexible(reader, apiVersion)
      : decodeHeartbeatResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeHeartbeatResponseFlexible(writer, value, apiVersion)
      : encodeHeartbeatResponseClassic(writer, value, apiVersion),
};
