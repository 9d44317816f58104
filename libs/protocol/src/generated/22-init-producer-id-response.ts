// InitProducerIdResponse (key 22), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/22-init-producer-id.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface InitProducerIdResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  /** default -1. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface InitProducerIdResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly producerId?: number | undefined;
  readonly producerEpoch: number;
}

function decodeInitProducerIdResponseClassic(
  reader: Reader,
  apiVersion: number,
): InitProducerIdResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
}

function encodeInitProducerIdResponseClassic(
  writer: Writer,
  value: InitProducerIdResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.int64(value.producerId ?? -1);
  writer.int16(value.producerEpoch);
}

function decodeInitProducerIdResponseFlexible(
  reader: Reader,
  apiVersion: number,
): InitProducerIdResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const producerId = reader.int64();
  const producerEpoch = reader.int16();
  reader.skipTags();
  return { throttleTimeMs, errorCode, producerId, producerEpoch };
}

function encodeInitProducerIdResponseFlexible(
  writer: Writer,
  value: InitProducerIdResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.int64(value.producerId ?? -1);
  writer.int16(value.producerEpoch);
  writer.uvarint(0);
}

export const initProducerIdResponseCodec: MessageCodec<
  InitProducerIdResponse,
  InitProducerIdResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeInitProducerIdResponseFlexible(reader, apiVersion)
      : decodeInitProducerIdResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeInitProducerIdResponseFlexible(writer, value, apiVersion)
      : encodeInitProducerIdResponseClassic(writer, value, apiVersion),
};
