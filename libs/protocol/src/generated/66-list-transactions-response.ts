// ListTransactionsResponse (key 66), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/66-list-transactions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListTransactionsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly unknownStateFilters: string[];
  readonly transactionStates: ListTransactionsResponseTransactionState[];
}

export interface ListTransactionsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly unknownStateFilters: readonly string[];
  readonly transactionStates: readonly ListTransactionsResponseTransactionStateInput[];
}

export interface ListTransactionsResponseTransactionState {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly transactionState: string;
}

export interface ListTransactionsResponseTransactionStateInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly transactionState: string;
}

function decodeListTransactionsResponseTransactionStateFlexible(
  reader: Reader,
  apiVersion: number,
): ListTransactionsResponseTransactionState {
  const transactionalId = reader.compactString();
  const producerId = reader.int64();
  const transactionState = reader.compactString();
  reader.skipTags();
  return { transactionalId, producerId, transactionState };
}

function decodeListTransactionsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): ListTransactionsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const unknownStateFiltersLength = reader.compactArrayLength(1);
  const unknownStateFilters = newArray<string>(unknownStateFiltersLength);
  for (let i = 0; i < unknownStateFiltersLength; i++)
    unknownStateFilters[i] = reader.compactString();
  const transactionStatesLength = reader.compactArrayLength(11);
  const transactionStates =
    newArray<ListTransactionsResponseTransactionState>(transactionStatesLength);
  for (let i = 0; i < transactionStatesLength; i++)
    transactionStates[i] = decodeListTransactionsResponseTransactionStateFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { throttleTimeMs, errorCode, unknownStateFilters, transactionStates };
}

function encodeListTransactionsResponseTransactionStateFlexible(
  writer: Writer,
  value: ListTransactionsResponseTransactionStateInput,
  apiVersion: number,
): void {
  writer.compactString(value.transactionalId);
  writer.int64(value.producerId);
  writer.compactString(value.transactionState);
  writer.uvarint(0);
}

function encodeListTransactionsResponseFlexible(
  writer: Writer,
  value: ListTransactionsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  const unknownStateFilters = value.unknownStateFilters;
  writer.compactArrayLength(unknownStateFilters.length);
  for (const element of unknownStateFilters) writer.compactString(element);
  const transactionStates = value.transactionStates;
  writer.compactArrayLength(transactionStates.length);
  for (const element of transactionStates)
    encodeListTransactionsResponseTransactionStateFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const listTransactionsResponseCodec: MessageCodec<
  ListTransactionsResponse,
  ListTransactionsResponseInput
> = {
  decode: (reader, apiVersion) => decodeListTransactionsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeListTransactionsResponseFlexible(writer, value, apiVersion),
};
