// SaslHandshakeRequest (key 17), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/17-sasl-handshake.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface SaslHandshakeRequest {
  readonly mechanism: string;
}

export interface SaslHandshakeRequestInput {
  readonly mechanism: string;
}

function decodeSaslHandshakeRequestClassic(
  reader: Reader,
  apiVersion: number,
): SaslHandshakeRequest {
  const mechanism = reader.string();
  return { mechanism };
}

function encodeSaslHandshakeRequestClassic(
  writer: Writer,
  value: SaslHandshakeRequestInput,
  apiVersion: number,
): void {
  writer.string(value.mechanism);
}

export const saslHandshakeRequestCodec: MessageCodec<
  SaslHandshakeRequest,
  SaslHandshakeRequestInput
> = {
  decode: (reader, apiVersion) => decodeSaslHandshakeRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeSaslHandshakeRequestClassic(writer, value, apiVersion),
};
