// SaslAuthenticateRequest (key 36), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/36-sasl-authenticate.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SaslAuthenticateRequest {
  readonly authBytes: Buffer;
}

export interface SaslAuthenticateRequestInput {
  readonly authBytes: Uint8Array;
}

function decodeSaslAuthenticateRequestClassic(
  reader: Reader,
  apiVersion: number,
): SaslAuthenticateRequest {
  const authBytes = reader.bytes();
  return { authBytes };
}

function encodeSaslAuthenticateRequestClassic(
  writer: Writer,
  value: SaslAuthenticateRequestInput,
  apiVersion: number,
): void {
  writer.bytes(value.authBytes);
}

function decodeSaslAuthenticateRequestFlexible(
  reader: Reader,
  apiVersion: number,
): SaslAuthenticateRequest {
  const authBytes = reader.compactBytes();
  reader.skipTags();
  return { authBytes };
}

function encodeSaslAuthenticateRequestFlexible(
  writer: Writer,
  value: SaslAuthenticateRequestInput,
  apiVersion: number,
): void {
  writer.compactBytes(value.authBytes);
  writer.uvarint(0);
}

export const saslAuthenticateRequestCodec: MessageCodec<
  SaslAuthenticateRequest,
  SaslAuthenticateRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeSaslAuthenticateRequestFlexible(reader, apiVersion)
      : decodeSaslAuthenticateRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeSaslAuthenticateRequestFlexible(writer, value, apiVersion)
      : encodeSaslAuthenticateRequestClassic(writer, value, apiVersion),
};
