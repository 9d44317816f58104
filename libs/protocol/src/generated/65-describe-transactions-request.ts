// DescribeTransactionsRequest (key 65), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/65-describe-transactions.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeTransactionsRequest {
  readonly transactionalIds: string[];
}

export interface DescribeTransactionsRequestInput {
  readonly transactionalIds: readonly string[];
}

function decodeDescribeTransactionsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeTransactionsRequest {
  const transactionalIdsLength = reader.compactArrayLength(1);
  const transactionalIds = newArray<string>(transactionalIdsLength);
  for (let i = 0; i < transactionalIdsLength; i++) transactionalIds[i] = reader.compactString();
  reader.skipTags();
  return { transactionalIds };
}

function encodeDescribeTransactionsRequestFlexible(
  writer: Writer,
  value: DescribeTransactionsRequestInput,
  apiVersion: number,
): void {
  const transactionalIds = value.transactionalIds;
  writer.compactArrayLength(transactionalIds.length);
  for (const element of transactionalIds) writer.compactString(element);
  writer.uvarint(0);
}

export const describeTransactionsRequestCodec: MessageCodec<
  DescribeTransactionsRequest,
  DescribeTransactionsRequestInput
> = {
  decode: (reader, apiVersion) => decodeDescribeTransactionsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeTransactionsRequestFlexible(writer, value, apiVersion),
};
