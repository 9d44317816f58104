// SaslHandshakeResponse (key 17), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/17-sasl-handshake.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SaslHandshakeResponse {
  readonly errorCode: number;
  readonly mechanisms: string[];
}

export interface SaslHandshakeResponseInput {
  readonly errorCode: number;
  readonly mechanisms: readonly string[];
}

function decodeSaslHandshakeResponseClassic(
  reader: Reader,
  apiVersion: number,
): SaslHandshakeResponse {
  const errorCode = reader.int16();
  const mechanismsLength = reader.arrayLength(2);
  const mechanisms = newArray<string>(mechanismsLength);
  for (let i = 0; i < mechanismsLength; i++) mechanisms[i] = reader.string();
  return { errorCode, mechanisms };
}

function encodeSaslHandshakeResponseClassic(
  writer: Writer,
  value: SaslHandshakeResponseInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  const mechanisms = value.mechanisms;
  writer.arrayLength(mechanisms.length);
  for (const element of mechanisms) writer.string(element);
}

export const saslHandshakeResponseCodec: MessageCodec<
  SaslHandshakeResponse,
  SaslHandshakeResponseInput
> = {
  decode: (reader, apiVersion) => decodeSaslHandshakeResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeSaslHandshakeResponseClassic(writer, value, apiVersion),
};
