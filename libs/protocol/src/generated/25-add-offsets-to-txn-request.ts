// AddOffsetsToTxnRequest (key 25), versions 0 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/25-add-offsets-to-txn.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}

export interface AddOffsetsToTxnRequestInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}

function decodeAddOffsetsToTxnRequestClassic(
  reader: Reader,
  apiVersion: number,
): AddOffsetsToTxnRequest {
  const transactionalId = reader.string();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const groupId = reader.string();
  return { transactionalId, producerId, producerEpoch, groupId };
}

function encodeAddOffsetsToTxnRequestClassic(
  writer: Writer,
  value: AddOffsetsToTxnRequestInput,
  apiVersion: number,
): void {
  writer.string(value.transactionalId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  writer.string(value.groupId);
}

function decodeAddOffsetsToTxnRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AddOffsetsToTxnRequest {
  const transactionalId = reader.compactString();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  const groupId = reader.compactString();
  reader.skipTags();
  return { transactionalId, producerId, producerEpoch, groupId };
}

function encodeAddOffsetsToTxnRequestFlexible(
  writer: Writer,
  value: AddOffsetsToTxnRequestInput,
  apiVersion: number,
): void {
  writer.compactString(value.transactionalId);
  writer.int64(value.producerId);
  writer.int16(value.producerEpoch);
  writer.compactString(value.groupId);
  writer.uvarint(0);
}

export const addOffsetsToTxnRequestCodec: MessageCodec<
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeAddOffsetsToTxnRequestFlexible(reader, apiVersion)
      : decodeAddOffsetsToTxnRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeAddOffsetsToTxnRequestFlexible(writer, value, apiVersion)
      : encodeAddOffsetsToTxnRequestClassic(writer, value, apiVersion),
};
