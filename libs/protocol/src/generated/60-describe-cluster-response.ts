// DescribeClusterResponse (key 60), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/60-describe-cluster.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeClusterResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Versions 1+; default 1. */
  readonly endpointType: number;
  readonly clusterId: string;
  /** default -1. */
  readonly controllerId: number;
  readonly brokers: DescribeClusterResponseBroker[];
  /** default -2147483648. */
  readonly clusterAuthorizedOperations: number;
}

export interface DescribeClusterResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage?: string | null | undefined;
  readonly endpointType?: number | undefined;
  readonly clusterId: string;
  readonly controllerId?: number | undefined;
  readonly brokers: readonly DescribeClusterResponseBrokerInput[];
  readonly clusterAuthorizedOperations?: number | undefined;
}

export interface DescribeClusterResponseBroker {
  readonly brokerId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  /** Versions 2; default false. */
  readonly isFenced: boolean;
}

export interface DescribeClusterResponseBrokerInput {
  readonly brokerId: number;
  readonly host: string;
  readonly port: number;
  readonly rack?: string | null | undefined;
  readonly isFenced?: boolean | undefined;
}

function decodeDescribeClusterResponseBrokerFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClusterResponseBroker {
  const brokerId = reader.int32();
  const host = reader.compactString();
  const port = reader.int32();
  const rack = reader.compactNullableString();
  const isFenced = apiVersion >= 2 ? reader.bool() : false;
  reader.skipTags();
  return { brokerId, host, port, rack, isFenced };
}

function decodeDescribeClusterResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClusterResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const endpointType = apiVersion >= 1 ? reader.int8() : 1;
  const clusterId = reader.compactString();
  const controllerId = reader.int32();
  const brokersLength = reader.compactArrayLength(11);
  const brokers = newArray<DescribeClusterResponseBroker>(brokersLength);
  for (let i = 0; i < brokersLength; i++)
    brokers[i] = decodeDescribeClusterResponseBrokerFlexible(reader, apiVersion);
  const clusterAuthorizedOperations = reader.int32();
  reader.skipTags();
  return {
    throttleTimeMs,
    errorCode,
    errorMessage,
    endpointType,
    clusterId,
    controllerId,
    brokers,
    clusterAuthorizedOperations,
  };
}

function encodeDescribeClusterResponseBrokerFlexible(
  writer: Writer,
  value: DescribeClusterResponseBrokerInput,
  apiVersion: number,
): void {
  writer.int32(value.brokerId);
  writer.compactString(value.host);
  writer.int32(value.port);
  writer.compactNullableString(value.rack ?? null);
  if (apiVersion >= 2) {
    writer.bool(value.isFenced ?? false);
  }
  writer.uvarint(0);
}

function encodeDescribeClusterResponseFlexible(
  writer: Writer,
  value: DescribeClusterResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage ?? null);
  if (apiVersion >= 1) {
    writer.int8(value.endpointType ?? 1);
  }
  writer.compactString(value.clusterId);
  writer.int32(value.controllerId ?? -1);
  const brokers = value.brokers;
  writer.compactArrayLength(brokers.length);
  for (const element of brokers)
    encodeDescribeClusterResponseBrokerFlexible(writer, element, apiVersion);
  writer.int32(value.clusterAuthorizedOperations ?? -2147483648);
  writer.uvarint(0);
}

export const describeClusterResponseCodec: MessageCodec<
  DescribeClusterResponse,
  DescribeClusterResponseInput
> = {
  decode: (reader, apiVersion) => decodeDescribeClusterResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeClusterResponseFlexible(writer, value, apiVersion),
};
