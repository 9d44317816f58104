// SaslAuthenticateResponse (key 36), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/36-sasl-authenticate.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SaslAuthenticateResponse {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly authBytes: Buffer;
  /** Versions 1+; default 0. */
  readonly sessionLifetimeMs: number;
}

export interface SaslAuthenticateResponseInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly authBytes: Uint8Array;
  readonly sessionLifetimeMs?: number | undefined;
}

function decodeSaslAuthenticateResponseClassic(
  reader: Reader,
  apiVersion: number,
): SaslAuthenticateResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const authBytes = reader.bytes();
  const sessionLifetimeMs = apiVersion >= 1 ? reader.int64() : 0;
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs };
}

function encodeSaslAuthenticateResponseClassic(
  writer: Writer,
  value: SaslAuthenticateResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  writer.bytes(value.authBytes);
  if (apiVersion >= 1) {
    writer.int64(value.sessionLifetimeMs ?? 0);
  }
}

function decodeSaslAuthenticateResponseFlexible(
  reader: Reader,
  apiVersion: number,
): SaslAuthenticateResponse {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const authBytes = reader.compactBytes();
  const sessionLifetimeMs = reader.int64();
  reader.skipTags();
  return { errorCode, errorMessage, authBytes, sessionLifetimeMs };
}

function encodeSaslAuthenticateResponseFlexible(
  writer: Writer,
  value: SaslAuthenticateResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.compactBytes(value.authBytes);
  writer.int64(value.sessionLifetimeMs ?? 0);
  writer.uvarint(0);
}

export const saslAuthenticateResponseCodec: MessageCodec<
  SaslAuthenticateResponse,
  SaslAuthenticateResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeSaslAuthenticateResponseFlexible(reader, apiVersion)
      : decodeSaslAuthenticateResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeSaslAuthenticateResponseFlexible(writer, value, apiVersion)
      : encodeSaslAuthenticateResponseClassic(writer, value, apiVersion),
};
