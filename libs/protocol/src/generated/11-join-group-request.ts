// JoinGroupRequest (key 11), versions 0 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/11-join-group.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface JoinGroupRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** Versions 1+; default -1. */
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  /** Versions 5+. */
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: JoinGroupRequestProtocol[];
  /** Versions 8+. */
  readonly reason: string | null;
}

export interface JoinGroupRequestInput {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs?: number | undefined;
  readonly memberId: string;
  readonly groupInstanceId?: string | null | undefined;
  readonly protocolType: string;
  readonly protocols: readonly JoinGroupRequestProtocolInput[];
  readonly reason?: string | null | undefined;
}

export interface JoinGroupRequestProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface JoinGroupRequestProtocolInput {
  readonly name: string;
  readonly metadata: Uint8Array;
}

function decodeJoinGroupRequestProtocolClassic(
  reader: Reader,
  apiVersion: number,
): JoinGroupRequestProtocol {
  const name = reader.string();
  const metadata = reader.bytes();
  return { name, metadata };
}

function decodeJoinGroupRequestClassic(reader: Reader, apiVersion: number): JoinGroupRequest {
  const groupId = reader.string();
  const sessionTimeoutMs = reader.int32();
  const rebalanceTimeoutMs = apiVersion >= 1 ? reader.int32() : -1;
  const memberId = reader.string();
  const groupInstanceId = apiVersion >= 5 ? reader.nullableString() : null;
  const protocolType = reader.string();
  const protocolsLength = reader.arrayLength(6);
  const protocols = newArray<JoinGroupRequestProtocol>(protocolsLength);
  for (let i = 0; i < protocolsLength; i++)
    protocols[i] = decodeJoinGroupRequestProtocolClassic(reader, apiVersion);
  const reason: string | null = null;
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberId,
    groupInstanceId,
    protocolType,
    protocols,
    reason,
  };
}

function encodeJoinGroupRequestProtocolClassic(
  writer: Writer,
  value: JoinGroupRequestProtocolInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.bytes(value.metadata);
}

function encodeJoinGroupRequestClassic(
  writer: Writer,
  value: JoinGroupRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId);
  writer.int32(value.sessionTimeoutMs);
  if (apiVersion >= 1) {
    writer.int32(value.rebalanceTimeoutMs ?? -1);
  }
  writer.string(value.memberId);
  if (apiVersion >= 5) {
    writer.nullableString(value.groupInstanceId ?? null);
  }
  writer.string(value.protocolType);
  const protocols = value.protocols;
  writer.arrayLength(protocols.length);
  for (const element of protocols)
    encodeJoinGroupRequestProtocolClassic(writer, element, apiVersion);
}

function decodeJoinGroupRequestProtocolFlexible(
  reader: Reader,
  apiVersion: number,
): JoinGroupRequestProtocol {
  const name = reader.compactString();
  const metadata = reader.compactBytes();
  reader.skipTags();
  return { name, metadata };
}

function decodeJoinGroupRequestFlexible(reader: Reader, apiVersion: number): JoinGroupRequest {
  const groupId = reader.compactString();
  const sessionTimeoutMs = reader.int32();
  const rebalanceTimeoutMs = reader.int32();
  const memberId = reader.compactString();
  const groupInstanceId = reader.compactNullableString();
  const protocolType = reader.compactString();
  const protocolsLength = reader.compactArrayLength(3);
  const protocols = newArray<JoinGroupRequestProtocol>(protocolsLength);
  for (let i = 0; i < protocolsLength; i++)
    protocols[i] = decodeJoinGroupRequestProtocolFlexible(reader, apiVersion);
  const reason = apiVersion >= 8 ? reader.compactNullableString() : null;
  reader.skipTags();
  return {
    groupId,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberId,
    groupInstanceId,
    protocolType,
    protocols,
    reason,
  };
}

function encodeJoinGroupRequestProtocolFlexible(
  writer: Writer,
  value: JoinGroupRequestProtocolInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactBytes(value.metadata);
  writer.uvarint(0);
}

function encodeJoinGroupRequestFlexible(
  writer: Writer,
  value: JoinGroupRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  writer.int32(value.sessionTimeoutMs);
  writer.int32(value.rebalanceTimeoutMs ?? -1);
  writer.compactString(value.memberId);
  writer.compactNullableString(value.groupInstanceId ?? null);
  writer.compactString(value.protocolType);
  const protocols = value.protocols;
  writer.compactArrayLength(protocols.length);
  for (const element of protocols)
    encodeJoinGroupRequestProtocolFlexible(writer, element, apiVersion);
  if (apiVersion >= 8) {
    writer.compactNullableString(value.reason ?? null);
  }
  writer.uvarint(0);
}

export const joinGroupRequestCodec: MessageCodec<JoinGroupRequest, JoinGroupRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 6
      ? decodeJoinGroupRequestFlexible(reader, apiVersion)
      : decodeJoinGroupRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 6
      ? encodeJoinGroupRequestFlexible(writer, value, apiVersion)
      : encodeJoinGroupRequestClassic(writer, value, apiVersion),
};
