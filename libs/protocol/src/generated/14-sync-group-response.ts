// SyncGroupResponse (key 14), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/14-sync-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SyncGroupResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  /** Versions 5. */
  readonly protocolType: string | null;
  /** Versions 5. */
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface SyncGroupResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly protocolType?: string | null | undefined;
  readonly protocolName?: string | null | undefined;
  readonly assignment: Uint8Array;
}

function decodeSyncGroupResponseClassic(reader: Reader, apiVersion: number): SyncGroupResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const errorCode = reader.int16();
  const protocolType: string | null = null;
  const protocolName: string | null = null;
  const assignment = reader.bytes();
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment };
}

function encodeSyncGroupResponseClassic(
  writer: Writer,
  value: SyncGroupResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode);
  writer.bytes(value.assignment);
}

function decodeSyncGroupResponseFlexible(reader: Reader, apiVersion: number): SyncGroupResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const protocolType = apiVersion >= 5 ? reader.compactNullableString() : null;
  const protocolName = apiVersion >= 5 ? reader.compactNullableString() : null;
  const assignment = reader.compactBytes();
  reader.skipTags();
  return { throttleTimeMs, errorCode, protocolType, protocolName, assignment };
}

function encodeSyncGroupResponseFlexible(
  writer: Writer,
  value: SyncGroupResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  if (apiVersion >= 5) {
    writer.compactNullableString(value.protocolType ?? null);
  }
  if (apiVersion >= 5) {
    writer.compactNullableString(value.protocolName ?? null);
  }
  writer.compactBytes(value.assignment);
  writer.uvarint(0);
}

export const syncGroupResponseCodec: MessageCodec<SyncGroupResponse, SyncGroupResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeSyncGroupResponseFlexible(reader, apiVersion)
      : decodeSyncGroupResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeSyncGroupResponseFlexible(writer, value, apiVersion)
      : encodeSyncGroupResponseClassic(writer, value, apiVersion),
};
