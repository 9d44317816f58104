// InitProducerIdRequest (key 22), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/22-init-producer-id.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface InitProducerIdRequest {
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  /** Versions 3+; default -1. */
  readonly producerId: number;
  /** Versions 3+; default -1. */
  readonly producerEpoch: number;
}

export interface InitProducerIdRequestInput {
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  readonly producerId?: number | undefined;
  readonly producerEpoch?: number | undefined;
}

function decodeInitProducerIdRequestClassic(
  reader: Reader,
  apiVersion: number,
): InitProducerIdRequest {
  const transactionalId = reader.nullableString();
  const transactionTimeoutMs = reader.int32();
  const producerId: number = -1;
  const producerEpoch: number = -1;
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
}

function encodeInitProducerIdRequestClassic(
  writer: Writer,
  value: InitProducerIdRequestInput,
  apiVersion: number,
): void {
  writer.nullableString(value.transactionalId);
  writer.int32(value.transactionTimeoutMs);
}

function decodeInitProducerIdRequestFlexible(
  reader: Reader,
  apiVersion: number,
): InitProducerIdRequest {
  const transactionalId = reader.compactNullableString();
  const transactionTimeoutMs = reader.int32();
  const producerId = apiVersion >= 3 ? reader.int64() : -1;
  const producerEpoch = apiVersion >= 3 ? reader.int16() : -1;
  reader.skipTags();
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch };
}

function encodeInitProducerIdRequestFlexible(
  writer: Writer,
  value: InitProducerIdRequestInput,
  apiVersion: number,
): void {
  writer.compactNullableString(value.transactionalId);
  writer.int32(value.transactionTimeoutMs);
  if (apiVersion >= 3) {
    writer.int64(value.producerId ?? -1);
  }
  if (apiVersion >= 3) {
    writer.int16(value.producerEpoch ?? -1);
  }
  writer.uvarint(0);
}

export const initProducerIdRequestCodec: MessageCodec<
  InitProducerIdRequest,
  InitProducerIdRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeInitProducerIdRequestFlexible(reader, apiVersion)
      : decodeInitProducerIdRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeInitProducerIdRequestFlexible(writer, value, apiVersion)
      : encodeInitProducerIdRequestClassic(writer, value, apiVersion),
};
