// EndTxnRequest (key 26), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/26-end-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface EndTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

export interface EndTxnRequestInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

function decodeEndTxnRequestClassic(reader: Reader, apiVersion: number): EndTxnRequest {
  const transactionalId = reader.string();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const committed = reader.bool();
  return { transactionalId, producerId, producerEpoch, committed };
}

function encodeEndTxnRequestClassic(
  writer: Writer,
  value: EndTxnRequestInput,
  apiVersion: number,
): void {
  writer.string(value.transactionalId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  writer.bool(value.committed);
}

function decodeEndTxnRequestFlexible(reader: Reader, apiVersion: number): EndTxnRequest {
  const transactionalId = reader.compactString();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const committed = reader.bool();
  reader.skipTags();
  return { transactionalId, producerId, producerEpoch, committed };
}

function encodeEndTxnRequestFlexible(
  writer: Writer,
  value: EndTxnRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.transactionalId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  writer.bool(value.committed);
  writer.uvarint(0);
}

export const endTxnRequestCodec: MessageCodec<EndTxnRequest, EndTxnRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeEndTxnRequestFlexible(reader, apiVersion)
      : decodeEndTxnRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeEndTxnRequestFlexible(writer, value, apiVersion)
      : encodeEndTxnRequestClassic(writer, value, apiVersion),
};
