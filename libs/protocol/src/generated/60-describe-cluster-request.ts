// DescribeClusterRequest (key 60), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/60-describe-cluster.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeClusterRequest {
  readonly includeClusterAuthorizedOperations: boolean;
  /** Versions 1+; default 1. */
  readonly endpointType: number;
  /** Versions 2; default false. */
  readonly includeFencedBrokers: boolean;
}

export interface DescribeClusterRequestInput {
  readonly includeClusterAuthorizedOperations: boolean;
  readonly endpointType?: number | undefined;
  readonly includeFencedBrokers?: boolean | undefined;
}

function decodeDescribeClusterRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClusterRequest {
  const includeClusterAuthorizedOperations = reader.bool();
  const endpointType = apiVersion >= 1 ? reader.int8() : 1;
  const includeFencedBrokers = apiVersion >= 2 ? reader.bool() : false;
  reader.skipTags();
  return { includeClusterAuthorizedOperations, endpointType, includeFencedBrokers };
}

function encodeDescribeClusterRequestFlexible(
  writer: Writer,
  value: DescribeClusterRequestInput,
  apiVersion: number,
): void {
  writer.bool(value.includeClusterAuthorizedOperations);
  if (apiVersion >= 1) {
    writer.int8(value.endpointType ?? 1);
  }
  if (apiVersion >= 2) {
    writer.bool(value.includeFencedBrokers ?? false);
  }
  writer.uvarint(0);
}

export const describeClusterRequestCodec: MessageCodec<
  DescribeClusterRequest,
  DescribeClusterRequestInput
> = {
  decode: (reader, apiVersion) => decodeDescribeClusterRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeClusterRequestFlexible(writer, value, apiVersion),
};
