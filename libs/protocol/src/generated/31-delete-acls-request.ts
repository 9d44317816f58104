// DeleteAclsRequest (key 31), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/31-delete-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteAclsRequest {
  readonly filters: DeleteAclsRequestFilter[];
}

export interface DeleteAclsRequestInput {
  readonly filters: readonly DeleteAclsRequestFilterInput[];
}

export interface DeleteAclsRequestFilter {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  /** default 3. */
  readonly patternTypeFilter: number;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

export interface DeleteAclsRequestFilterInput {
  readonly resourceTypeFilter: number;
  readonly resourceNameFilter: string | null;
  readonly patternTypeFilter?: number | undefined;
  readonly principalFilter: string | null;
  readonly hostFilter: string | null;
  readonly operation: number;
  readonly permissionType: number;
}

function decodeDeleteAclsRequestFilterClassic(
  reader: Reader,
  apiVersion: number,
): DeleteAclsRequestFilter {
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

function decodeDeleteAclsRequestClassic(reader: Reader, apiVersion: number): DeleteAclsRequest {
  const filtersLength = reader.arrayLength(10);
  const filters = newArray<DeleteAclsRequestFilter>(filtersLength);
  for (let i = 0; i < filtersLength; i++)
    filters[i] = decodeDeleteAclsRequestFilterClassic(reader, apiVersion);
  return { filters };
}

function encodeDeleteAclsRequestFilterClassic(
  writer: Writer,
  value: DeleteAclsRequestFilterInput,
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

function encodeDeleteAclsRequestClassic(
  writer: Writer,
  value: DeleteAclsRequestInput,
  apiVersion: number,
): void {
  const filters = value.filters;
  writer.arrayLength(filters.length);
  for (const element of filters) encodeDeleteAclsRequestFilterClassic(writer, element, apiVersion);
}

function decodeDeleteAclsRequestFilterFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteAclsRequestFilter {
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

function decodeDeleteAclsRequestFlexible(reader: Reader, apiVersion: number): DeleteAclsRequest {
  const filtersLength = reader.compactArrayLength(8);
  const filters = newArray<DeleteAclsRequestFilter>(filtersLength);
  for (let i = 0; i < filtersLength; i++)
    filters[i] = decodeDeleteAclsRequestFilterFlexible(reader, apiVersion);
  reader.skipTags();
  return { filters };
}

function encodeDeleteAclsRequestFilterFlexible(
  writer: Writer,
  value: DeleteAclsRequestFilterInput,
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

function encodeDeleteAclsRequestFlexible(
  writer: Writer,
  value: DeleteAclsRequestInput,
  apiVersion: number,
): void {
  const filters = value.filters;
  writer.compactArrayLength(filters.length);
  for (const element of filters) encodeDeleteAclsRequestFilterFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const deleteAclsRequestCodec: MessageCodec<DeleteAclsRequest, DeleteAclsRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDeleteAclsRequestFlexible(reader, apiVersion)
      : decodeDeleteAclsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDeleteAclsRequestFlexible(writer, value, apiVersion)
      : encodeDeleteAclsRequestClassic(writer, value, apiVersion),
};
