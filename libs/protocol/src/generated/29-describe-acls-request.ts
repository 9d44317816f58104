// DescribeAclsRequest (key 29), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/29-describe-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeAclsRequest {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  /** default 3. */
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

export interface DescribeAclsRequestInput {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter?: number | undefined;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

function decodeDescribeAclsRequestClassic(reader: Reader, apiVersion: number): DescribeAclsRequest {
  const resourceTypeFilter = reader.int8();
  const resourceNameFilter = reader.nullableString();
  const patternTypeFilter = reader.int8();
  const principalFilter = reader.nullableString();
  const hostFilter = reader.nullableString();
  const operation = reader.int8();
  const permissionType = reader.int8();
  return {
    resourceTypeFilter,
    resourceNameFilter,
    patternTypeFilter,
    principalFilter,
    hostFilter,
    operation,
    permissionType,
  };
}

function encodeDescribeAclsRequestClassic(
  writer: Writer,
  value: DescribeAclsRequestInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceTypeFilter);
  writer.nullableString(value.resourceNameFilter);
  writer.int8(value.patternTypeFilter ?? 3);
  writer.nullableString(value.principalFilter);
  writer.nullableString(value.hostFilter);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
}

function decodeDescribeAclsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeAclsRequest {
  const resourceTypeFilter = reader.int8();
  const resourceNameFilter = reader.compactNullableString();
  const patternTypeFilter = reader.int8();
  const principalFilter = reader.compactNullableString();
  const hostFilter = reader.compactNullableString();
  const operation = reader.int8();
  const permissionType = reader.int8();
  reader.skipTags();
  return {
    resourceTypeFilter,
    resourceNameFilter,
    patternTypeFilter,
    principalFilter,
    hostFilter,
    operation,
    permissionType,
  };
}

function encodeDescribeAclsRequestFlexible(
  writer: Writer,
  value: DescribeAclsRequestInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceTypeFilter);
  writer.compactNullableString(value.resourceNameFilter);
  writer.int8(value.patternTypeFilter ?? 3);
  writer.compactNullableString(value.principalFilter);
  writer.compactNullableString(value.hostFilter);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
  writer.uvarint(0);
}

export const describeAclsRequestCodec: MessageCodec<DescribeAclsRequest, DescribeAclsRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 2
        ? decodeDescribeAclsRequestFlexible(reader, apiVersion)
        : decodeDescribeAclsRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 2
        ? encodeDescribeAclsRequestFlexible(writer, value, apiVersion)
        : encodeDescribeAclsRequestClassic(writer, value, apiVersion),
  };
