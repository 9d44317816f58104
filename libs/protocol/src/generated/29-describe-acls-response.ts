// DescribeAclsResponse (key 29), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/29-describe-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeAclsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resources: DescribeAclsResponseResource[];
}

export interface DescribeAclsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resources: readonly DescribeAclsResponseResourceInput[];
}

export interface DescribeAclsResponseResource {
  readonly resourceType: number;
  readonly resourceName: string;
  /** default 3. */
  readonly patternType: number;
  readonly acls: DescribeAclsResponseResourceAcl[];
}

export interface DescribeAclsResponseResourceInput {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType?: number | undefined;
  readonly acls: readonly DescribeAclsResponseResourceAclInput[];
}

export interface DescribeAclsResponseResourceAcl {
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface DescribeAclsResponseResourceAclInput {
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function decodeDescribeAclsResponseResourceAclClassic(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponseResourceAcl {
  const principal = reader.string();
  const host = reader.string();
  const operation = reader.int8();
  const permissionType = reader.int8();
  return { principal, host, operation, permissionType };
}

function decodeDescribeAclsResponseResourceClassic(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponseResource {
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const patternType = reader.int8();
  const aclsLength = reader.arrayLength(6);
  const acls = newArray<DescribeAclsResponseResourceAcl>(aclsLength);
  for (let i = 0; i < aclsLength; i++)
    acls[i] = decodeDescribeAclsResponseResourceAclClassic(reader, apiVersion);
  return { resourceType, resourceName, patternType, acls };
}

function decodeDescribeAclsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const resourcesLength = reader.arrayLength(8);
  const resources = newArray<DescribeAclsResponseResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeDescribeAclsResponseResourceClassic(reader, apiVersion);
  return { throttleTimeMs, errorCode, errorMessage, resources };
}

function encodeDescribeAclsResponseResourceAclClassic(
  writer: Writer,
  value: DescribeAclsResponseResourceAclInput,
  apiVersion: number,
): void {
  writer.string(value.principal);
  writer.string(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
}

function encodeDescribeAclsResponseResourceClassic(
  writer: Writer,
  value: DescribeAclsResponseResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  writer.int8(value.patternType ?? 3);
  const acls = value.acls;
  writer.arrayLength(acls.length);
  for (const element of acls)
    encodeDescribeAclsResponseResourceAclClassic(writer, element, apiVersion);
}

function encodeDescribeAclsResponseClassic(
  writer: Writer,
  value: DescribeAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  const resources = value.resources;
  writer.arrayLength(resources.length);
  for (const element of resources)
    encodeDescribeAclsResponseResourceClassic(writer, element, apiVersion);
}

function decodeDescribeAclsResponseResourceAclFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponseResourceAcl {
  const principal = reader.compactString();
  const host = reader.compactString();
  const operation = reader.int8();
  const permissionType = reader.int8();
  reader.skipTags();
  return { principal, host, operation, permissionType };
}

function decodeDescribeAclsResponseResourceFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponseResource {
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const patternType = reader.int8();
  const aclsLength = reader.compactArrayLength(5);
  const acls = newArray<DescribeAclsResponseResourceAcl>(aclsLength);
  for (let i = 0; i < aclsLength; i++)
    acls[i] = decodeDescribeAclsResponseResourceAclFlexible(reader, apiVersion);
  reader.skipTags();
  return { resourceType, resourceName, patternType, acls };
}

function decodeDescribeAclsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeAclsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resourcesLength = reader.compactArrayLength(5);
  const resources = newArray<DescribeAclsResponseResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeDescribeAclsResponseResourceFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, resources };
}

function encodeDescribeAclsResponseResourceAclFlexible(
  writer: Writer,
  value: DescribeAclsResponseResourceAclInput,
  apiVersion: number,
): void {
  writer.compactString(value.principal);
  writer.compactString(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
  writer.uvarint(0);
}

function encodeDescribeAclsResponseResourceFlexible(
  writer: Writer,
  value: DescribeAclsResponseResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  writer.int8(value.patternType ?? 3);
  const acls = value.acls;
  writer.compactArrayLength(acls.length);
  for (const element of acls)
    encodeDescribeAclsResponseResourceAclFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeAclsResponseFlexible(
  writer: Writer,
  value: DescribeAclsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const resources = value.resources;
  writer.compactArrayLength(resources.length);
  for (const element of resources)
    encodeDescribeAclsResponseResourceFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeAclsResponseCodec: MessageCodec<
  DescribeAclsResponse,
  DescribeAclsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeDescribeAclsResponseFlexible(reader, apiVersion)
      : decodeDescribeAclsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeDescribeAclsResponseFlexible(writer, value, apiVersion)
      : encodeDescribeAclsResponseClassic(writer, value, apiVersion),
};
