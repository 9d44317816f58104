// FindCoordinatorRequest (key 10), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/10-find-coordinator.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface FindCoordinatorRequest {
  /** Versions 0 to 3. */
  readonly key: string;
  /** Versions 1+; default 0. */
  readonly keyType: number;
  /** Versions 4. */
  readonly coordinatorKeys: string[];
}

export interface FindCoordinatorRequestInput {
  readonly key?: string | undefined;
  readonly keyType?: number | undefined;
  readonly coordinatorKeys?: readonly string[] | undefined;
}

function decodeFindCoordinatorRequestClassic(
  reader: Reader,
  apiVersion: number,
): FindCoordinatorRequest {
  const key = reader.string();
  const keyType = apiVersion >= 1 ? reader.int8() : 0;
  const coordinatorKeys: string[] = [];
  return { key, keyType, coordinatorKeys };
}

function encodeFindCoordinatorRequestClassic(
  writer: Writer,
  value: FindCoordinatorRequestInput,
  apiVersion: number,
): void {
  writer.string(value.key ?? '');
  if (apiVersion >= 1) {
    writer.int8(value.keyType ?? 0);
  }
}

function decodeFindCoordinatorRequestFlexible(
  reader: Reader,
  apiVersion: number,
): FindCoordinatorRequest {
  const key = apiVersion <= 3 ? reader.compactString() : '';
  const keyType = reader.int8();
  let coordinatorKeys: string[] = [];
  if (apiVersion >= 4) {
    const coordinatorKeysLength = reader.compactArrayLength(1);
    coordinatorKeys = newArray<string>(coordinatorKeysLength);
    for (let i = 0; i < coordinatorKeysLength; i++) coordinatorKeys[i] = reader.compactString();
  }
  reader.skipTags();
  return { key, keyType, coordinatorKeys };
}

function encodeFindCoordinatorRequestFlexible(
  writer: Writer,
  value: FindCoordinatorRequestInput,
  apiVersion: number,
): void {
  if (apiVersion <= 3) {
    writer.compactString(value.key ?? '');
  }
  writer.int8(value.keyType ?? 0);
  if (apiVersion >= 4) {
    const coordinatorKeys = value.coordinatorKeys ?? [];
    writer.compactArrayLength(coordinatorKeys.length);
    for (const element of coordinatorKeys) writer.compactString(element);
  }
  writer.uvarint(0);
}

export const findCoordinatorRequestCodec: MessageCodec<
  FindCoordinatorRequest,
  FindCoordinatorRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeFindCoordinatorRequestFlexible(reader, apiVersion)
      : decodeFindCoordinatorRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeFindCoordinatorRequestFlexible(writer, value, apiVersion)
      : encodeFindCoordinatorRequestClassic(writer, value, apiVersion),
};
