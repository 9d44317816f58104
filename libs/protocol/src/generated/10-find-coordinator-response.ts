// FindCoordinatorResponse (key 10), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/10-find-coordinator.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface FindCoordinatorResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number;
  /** Versions 0 to 3. */
  readonly errorCode: number;
  /** Versions 1 to 3. */
  readonly errorMessage: string | null;
  /** Versions 0 to 3. */
  readonly nodeId: number;
  /** Versions 0 to 3. */
  readonly host: string;
  /** Versions 0 to 3. */
  readonly port: number;
  /** Versions 4. */
  readonly coordinators: FindCoordinatorResponseCoordinator[];
}

export interface FindCoordinatorResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode?: number | undefined;
  readonly errorMessage?: string | null | undefined;
  readonly nodeId?: number | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly coordinators?: readonly FindCoordinatorResponseCoordinatorInput[] | undefined;
}

export interface FindCoordinatorResponseCoordinator {
  /** Versions 4. */
  readonly key: string;
  /** Versions 4. */
  readonly nodeId: number;
  /** Versions 4. */
  readonly host: string;
  /** Versions 4. */
  readonly port: number;
  /** Versions 4. */
  readonly errorCode: number;
  /** Versions 4. */
  readonly errorMessage: string | null;
}

export interface FindCoordinatorResponseCoordinatorInput {
  readonly key: string;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function decodeFindCoordinatorResponseClassic(
  reader: Reader,
  apiVersion: number,
): FindCoordinatorResponse {
  const throttleTimeMs = apiVersion >= 1 ? reader.int32() : 0;
  const errorCode = reader.int16();
  const errorMessage = apiVersion >= 1 ? reader.nullableString() : '';
  const nodeId = reader.int32();
  const host = reader.string();
  const port = reader.int32();
  const coordinators: FindCoordinatorResponseCoordinator[] = [];
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators };
}

function encodeFindCoordinatorResponseClassic(
  writer: Writer,
  value: FindCoordinatorResponseInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    writer.int32(value.throttleTimeMs ?? 0);
  }
  writer.int16(value.errorCode ?? 0);
  if (apiVersion >= 1) {
    writer.nullableString(value.errorMessage === undefined ? '' : value.errorMessage);
  }
  writer.int32(value.nodeId ?? 0);
  writer.string(value.host ?? '');
  writer.int32(value.port ?? 0);
}

function decodeFindCoordinatorResponseCoordinatorFlexible(
  reader: Reader,
  apiVersion: number,
): FindCoordinatorResponseCoordinator {
  const key = reader.compactString();
  const nodeId = reader.int32();
  const host = reader.compactString();
  const port = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { key, nodeId, host, port, errorCode, errorMessage };
}

function decodeFindCoordinatorResponseFlexible(
  reader: Reader,
  apiVersion: number,
): FindCoordinatorResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = apiVersion <= 3 ? reader.int16() : 0;
  const errorMessage = apiVersion <= 3 ? reader.compactNullableString() : '';
  const nodeId = apiVersion <= 3 ? reader.int32() : 0;
  const host = apiVersion <= 3 ? reader.compactString() : '';
  const port = apiVersion <= 3 ? reader.int32() : 0;
  let coordinators: FindCoordinatorResponseCoordinator[] = [];
  if (apiVersion >= 4) {
    const coordinatorsLength = reader.compactArrayLength(14);
    coordinators = newArray<FindCoordinatorResponseCoordinator>(coordinatorsLength);
    for (let i = 0; i < coordinatorsLength; i++)
      coordinators[i] = decodeFindCoordinatorResponseCoordinatorFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, nodeId, host, port, coordinators };
}

function encodeFindCoordinatorResponseCoordinatorFlexible(
  writer: Writer,
  value: FindCoordinatorResponseCoordinatorInput,
  apiVersion: number,
): void {
  writer.compactString(value.key);
  writer.int32(value.nodeId);
  writer.compactString(value.host);
  writer.int32(value.port);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.uvarint(0);
}

function encodeFindCoordinatorResponseFlexible(
  writer: Writer,
  value: FindCoordinatorResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  if (apiVersion <= 3) {
    writer.int16(value.errorCode ?? 0);
  }
  if (apiVersion <= 3) {
    writer.compactNullableString(value.errorMessage === undefined ? '' : value.errorMessage);
  }
  if (apiVersion <= 3) {
    writer.int32(value.nodeId ?? 0);
  }
  if (apiVersion <= 3) {
    writer.compactString(value.host ?? '');
  }
  if (apiVersion <= 3) {
    writer.int32(value.port ?? 0);
  }
  if (apiVersion >= 4) {
    const coordinators = value.coordinators ?? [];
    writer.compactArrayLength(coordinators.length);
    for (const element of coordinators)
      encodeFindCoordinatorResponseCoordinatorFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const findCoordinatorResponseCodec: MessageCodec<
  FindCoordinatorResponse,
  FindCoordinatorResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeFindCoordinatorResponseFlexible(reader, apiVersion)
      : decodeFindCoordinatorResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeFindCoordinatorResponseFlexible(writer, value, apiVersion)
      : encodeFindCoordinatorResponseClassic(writer, value, apiVersion),
};
