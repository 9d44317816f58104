// ConsumerGroupDescribeRequest (key 69), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/69-consumer-group-describe.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ConsumerGroupDescribeRequest {
  readonly groupIds: string[];
  readonly includeAuthorizedOperations: boolean;
}

export interface ConsumerGroupDescribeRequestInput {
  readonly groupIds: readonly string[];
  readonly includeAuthorizedOperations: boolean;
}

function decodeConsumerGroupDescribeRequestFlexible(
  reader: Reader,
  apiVersion: number,
): ConsumerGroupDescribeRequest {
  const groupIdsLength = reader.compactArrayLength(1);
  const groupIds = newArray<string>(groupIdsLength);
  for (let i = 0; i < groupIdsLength; i++) groupIds[i] = reader.compactString();
  const includeAuthorizedOperations = reader.bool();
  reader.skipTags();
  return { groupIds, includeAuthorizedOperations };
}

function encodeConsumerGroupDescribeRequestFlexible(
  writer: Writer,
  value: ConsumerGroupDescribeRequestInput,
  apiVersion: number,
): void {
  const groupIds = value.groupIds;
  writer.compactArrayLength(groupIds.length);
  for (const element of groupIds) writer.compactString(element);
  writer.bool(value.includeAuthorizedOperations);
  writer.uvarint(0);
}

export const consumerGroupDescribeRequestCodec: MessageCodec<
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeRequestInput
> = {
  decode: (reader, apiVersion) => decodeConsumerGroupDescribeRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeConsumerGroupDescribeRequestFlexible(writer, value, apiVersion),
};
