// ListTransactionsRequest (key 66), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/66-list-transactions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListTransactionsRequest {
  readonly stateFilters: string[];
  readonly producerIdFilters: number[];
  /** Versions 1; default -1. */
  readonly durationFilter: number;
}

export interface ListTransactionsRequestInput {
  readonly stateFilters: readonly string[];
  readonly producerIdFilters: readonly number[];
  readonly durationFilter?: number | undefined;
}

function decodeListTransactionsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): ListTransactionsRequest {
  const stateFiltersLength = reader.compactArrayLength(1);
  const stateFilters = newArray<string>(stateFiltersLength);
  for (let i = 0; i < stateFiltersLength; i++) stateFilters[i] = reader.compactString();
  const producerIdFiltersLength = reader.compactArrayLength(8);
  const producerIdFilters = newArray<number>(producerIdFiltersLength);
  for (let i = 0; i < producerIdFiltersLength; i++) producerIdFilters[i] = reader.int64();
  const durationFilter = apiVersion >= 1 ? reader.int64() : -1;
  reader.skipTags();
  return { stateFilters, producerIdFilters, durationFilter };
}

function encodeListTransactionsRequestFlexible(
  writer: Writer,
  value: ListTransactionsRequestInput,
  apiVersion: number,
): void {
  const stateFilters = value.stateFilters;
  writer.compactArrayLength(stateFilters.length);
  for (const element of stateFilters) writer.compactString(element);
  const producerIdFilters = value.producerIdFilters;
  writer.compactArrayLength(producerIdFilters.length);
  for (const element of producerIdFilters) writer.int64(element);
  if (apiVersion >= 1) {
    writer.int64(value.durationFilter ?? -1);
  }
  writer.uvarint(0);
}

export const listTransactionsRequestCodec: MessageCodec<
  ListTransactionsRequest,
  ListTransactionsRequestInput
> = {
  decode: (reader, apiVersion) => decodeListTransactionsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeListTransactionsRequestFlexible(writer, value, apiVersion),
};
