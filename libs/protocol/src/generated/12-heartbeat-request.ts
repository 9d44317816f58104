// HeartbeatRequest (key 12), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/12-heartbeat.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface HeartbeatRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  /** Versions 3+. */
  readonly groupInstanceId: string | null;
}

export interface HeartbeatRequestInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
}

function decodeHeartbeatRequestClassic(reader: Reader, apiVersion: number): HeartbeatRequest {
  const groupId = reader.string();
  const generationId = reader.int32();
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 3 ? reader.nullableString() : null;
  return { groupId, generationId, memberId, groupInstanceId };
}

function encodeHeartbeatRequestClassic(
  writer: Writer,
  value: HeartbeatRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.int32(value.generationId);
  writer.string(value.memberId);
  if (apiVersion >= 3) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
}

function decodeHeartbeatRequestFlexible(reader: Reader, apiVersion: number): HeartbeatRequest {
  const groupId = reader.compactString();
  const generationId = reader.int32();
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  reader.skipTags();
  return { groupId, generationId, memberId, groupInstanceId };
}

function encodeHeartbeatRequestFlexible(
  writer: Writer,
  value: HeartbeatRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.int32(value.generationId);
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  writer.uvarint(0);
}

export const heartbeatRequestCodec: MessageCodec<HeartbeatRequest, HeartbeatRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeHeartbeatRequestFlexible(reader, apiVersion)
      : decodeHeartbeatRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeHeartbeatRequestFlexible(writer, value, apiVersion)
      : encodeHeartbeatRequestClassic(writer, value, apiVersion),
};
