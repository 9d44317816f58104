// DeleteAclsResponse (key 31), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/31-delete-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteAclsResponse {
  readonly throttleTimeMs: number;
  readonly filterResults: DeleteAclsResponseFilterResult[];
}

export interface DeleteAclsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly filterResults: readonly DeleteAclsResponseFilterResultInput[];
}

export interface DeleteAclsResponseFilterResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly matchingAcls: DeleteAclsResponseFilterResultMatchingAcl[];
}

export interface DeleteAclsResponseFilterResultInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly matchingAcls: readonly DeleteAclsResponseFilterResultMatchingAclInput[];
}

export interface DeleteAclsResponseFilterResultMatchingAcl {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  /** default 3. */
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface DeleteAclsResponseFilterResultMatchingAclInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType?: number | undefined;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function decodeDeleteAclsResponseFilterResultMatchingAclClassic(
  reader: Reader,
  apiVersion: number,
): DeleteAclsResponseFilterResultMatchingAcl {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const patternType = reader.int8();
  const principal = reader.string();
  const host = reader.string();
  const operation = reader.int8();
  const permissionType = reader.int8();
  return {
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
    patternType,
    principal,
    host,
    operation,
    permissionType,
  };
}

function decodeDeleteAclsResponseFilterResultClassic(
  reader: Reader,
  apiVersion: number,
): DeleteAclsResponseFilterResult {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const matchingAclsLength = reader.arrayLength(14);
  const matchingAcls = newArray<DeleteAclsResponseFilterResultMatchingAcl>(matchingAclsLength);
  for (let i = 0; i < matchingAclsLength; i++)
    matchingAcls[i] = decodeDeleteAclsResponseFilterResultMatchingAclClassic(reader, apiVersion);
  return { errorCode, errorMessage, matchingAcls };
}

function decodeDeleteAclsResponseClassic(reader: Reader, apiVersion: number): DeleteAclsResponse {
  const throttleTimeMs = reader.int32();
  const filterResultsLength = reader.arrayLength(8);
  const filterResults = newArray<DeleteAclsResponseFilterResult>(filterResultsLength);
  for (let i = 0; i < filterResultsLength; i++)
    filterResults[i] = decodeDeleteAclsResponseFilterResultClassic(reader, apiVersion);
  return { throttleTimeMs, filterResults };
}

function encodeDeleteAclsResponseFilterResultMatchingAclClassic(
  writer: Writer,
  value: DeleteAclsResponseFilterResultMatchingAclInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  writer.int8(value.patternType ?? 3);
  writer.string(value.principal);
  writer.string(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
}

function encodeDeleteAclsResponseFilterResultClassic(
  writer: Writer,
  value: DeleteAclsResponseFilterResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  const matchingAcls = value.matchingAcls;
  writer.arrayLength(matchingAcls.length);
  for (const element of matchingAcls)
    encodeDeleteAclsResponseFilterResultMatchingAclClassic(writer, element, apiVersion);
}

function encodeDeleteAclsResponseClassic(
  writer: Writer,
  value: DeleteAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const filterResults = value.filterResults;
  writer.arrayLength(filterResults.length);
  for (const element of filterResults)
    encodeDeleteAclsResponseFilterResultClassic(writer, element, apiVersion);
}

function decodeDeleteAclsResponseFilterResultMatchingAclFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteAclsResponseFilterResultMatchingAcl {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const patternType = reader.int8();
  const principal = reader.compactString();
  const host = reader.compactString();
  const operation = reader.int8();
  const permissionType = reader.int8();
  reader.skipTags();
  return {
    errorCode,
    errorMessage,
    resourceType,
    resourceName,
    patternType,
    principal,
    host,
    operation,
    permissionType,
  };
}

function decodeDeleteAclsResponseFilterResultFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteAclsResponseFilterResult {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const matchingAclsLength = reader.compactArrayLength(11);
  const matchingAcls = newArray<DeleteAclsResponseFilterResultMatchingAcl>(matchingAclsLength);
  for (let i = 0; i < matchingAclsLength; i++)
    matchingAcls[i] = decodeDeleteAclsResponseFilterResultMatchingAclFlexible(reader, apiVersion);
  reader.skipTags();
  return { errorCode, errorMessage, matchingAcls };
}

function decodeDeleteAclsResponseFlexible(reader: Reader, apiVersion: number): DeleteAclsResponse {
  const throttleTimeMs = reader.int32();
  const filterResultsLength = reader.compactArrayLength(5);
  const filterResults = newArray<DeleteAclsResponseFilterResult>(filterResultsLength);
  for (let i = 0; i < filterResultsLength; i++)
    filterResults[i] = decodeDeleteAclsResponseFilterResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, filterResults };
}

function encodeDeleteAclsResponseFilterResultMatchingAclFlexible(
  writer: Writer,
  value: DeleteAclsResponseFilterResultMatchingAclInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  writer.int8(value.patternType ?? 3);
  writer.compactString(value.principal);
  writer.compactString(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
  writer.uvarint(0);
}

function encodeDeleteAclsResponseFilterResultFlexible(
  writer: Writer,
  value: DeleteAclsResponseFilterResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const matchingAcls = value.matchingAcls;
  writer.compactArrayLength(matchingAcls.length);
  for (const element of matchingAcls)
    encodeDeleteAclsResponseFilterResultMatchingAclFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDeleteAclsResponseFlexible(
  writer: Writer,
  value: DeleteAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const filterResults = value.filterResults;
  writer.compactArrayLength(filterResults.length);
  for (const element of filterResults)
    encodeDeleteAclsResponseFilterResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const deleteAclsResponseCodec: MessageCodec<DeleteAclsResponse, DeleteAclsResponseInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDeleteAclsResponseFlexible(reader, apiVersion)
      : decodeDeleteAclsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDeleteAclsResponseFlexible(writer, value, apiVersion)
      : encodeDeleteAclsResponseClassic(writer, value, apiVersion),
};
