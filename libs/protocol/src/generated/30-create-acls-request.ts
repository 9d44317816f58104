// CreateAclsRequest (key 30), versions 1 to 3. Written by `npm run gen` from
// libs/protocol/src/messages/30-create-acls.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreateAclsRequest {
  readonly creations: CreateAclsRequestCreation[];
}

export interface CreateAclsRequestInput {
  readonly creations: readonly CreateAclsRequestCreationInput[];
}

export interface CreateAclsRequestCreation {
  readonly resourceType: number;
  readonly resourceName: string;
  /** default 3. */
  readonly resourcePatternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

export interface CreateAclsRequestCreationInput {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly resourcePatternType?: number | undefined;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

function decodeCreateAclsRequestCreationClassic(
  reader: Reader,
  apiVersion: number,
): CreateAclsRequestCreation {
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const resourcePatternType = reader.int8();
  const principal = reader.string();
  const host = reader.string();
  const operation = reader.int8();
  const permissionType = reader.int8();
  return {
    resourceType,
    resourceName,
    resourcePatternType,
    principal,
    host,
    operation,
    permissionType,
  };
}

function decodeCreateAclsRequestClassic(reader: Reader, apiVersion: number): CreateAclsRequest {
  const creationsLength = reader.arrayLength(10);
  const creations = newArray<CreateAclsRequestCreation>(creationsLength);
  for (let i = 0; i < creationsLength; i++)
    creations[i] = decodeCreateAclsRequestCreationClassic(reader, apiVersion);
  return { creations };
}

function encodeCreateAclsRequestCreationClassic(
  writer: Writer,
  value: CreateAclsRequestCreationInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  writer.int8(value.resourcePatternType ?? 3);
  writer.string(value.principal);
  writer.string(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
}

function encodeCreateAclsRequestClassic(
  writer: Writer,
  value: CreateAclsRequestInput,
  apiVersion: number,
): void {
  const creations = value.creations;
  writer.arrayLength(creations.length);
  for (const element of creations)
    encodeCreateAclsRequestCreationClassic(writer, element, apiVersion);
}

function decodeCreateAclsRequestCreationFlexible(
  reader: Reader,
  apiVersion: number,
): CreateAclsRequestCreation {
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const resourcePatternType = reader.int8();
  const principal = reader.compactString();
  const host = reader.compactString();
  const operation = reader.int8();
  const permissionType = reader.int8();
  reader.skipTags();
  return {
    resourceType,
    resourceName,
    resourcePatternType,
    principal,
    host,
    operation,
    permissionType,
  };
}

function decodeCreateAclsRequestFlexible(reader: Reader, apiVersion: number): CreateAclsRequest {
  const creationsLength = reader.compactArrayLength(8);
  const creations = newArray<CreateAclsRequestCreation>(creationsLength);
  for (let i = 0; i < creationsLength; i++)
    creations[i] = decodeCreateAclsRequestCreationFlexible(reader, apiVersion);
  reader.skipTags();
  return { creations };
}

function encodeCreateAclsRequestCreationFlexible(
  writer: Writer,
  value: CreateAclsRequestCreationInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  writer.int8(value.resourcePatternType ?? 3);
  writer.compactString(value.principal);
  writer.compactString(value.host);
  writer.int8(value.operation);
  writer.int8(value.permissionType);
  writer.uvarint(0);
}

function encodeCreateAclsRequestFlexible(
  writer: Writer,
  value: CreateAclsRequestInput,
  apiVersion: number,
): void {
  const creations = value.creations;
  writer.compactArrayLength(creations.length);
  for (const element of creations)
    encodeCreateAclsRequestCreationFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const createAclsRequestCodec: MessageCodec<CreateAclsRequest, CreateAclsRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 2
      ? decodeCreateAclsRequestFlexible(reader, apiVersion)
      : decodeCreateAclsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 2
      ? encodeCreateAclsRequestFlexible(writer, value, apiVersion)
      : encodeCreateAclsRequestClassic(writer, value, apiVersion),
};
