// AlterConfigsRequest (key 33), versions 0 to 2. Written by `npm run gen` from
// libs/protocol/src/messages/33-alter-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterConfigsRequest {
  readonly resources: AlterConfigsRequestResource[];
  readonly validateOnly: boolean;
}

export interface AlterConfigsRequestInput {
  readonly resources: readonly AlterConfigsRequestResourceInput[];
  readonly validateOnly: boolean;
}

export interface AlterConfigsRequestResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: AlterConfigsRequestResourceConfig[];
}

export interface AlterConfigsRequestResourceInput {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly AlterConfigsRequestResourceConfigInput[];
}

export interface AlterConfigsRequestResourceConfig {
  readonly name: string;
  readonly value: string | null;
}

export interface AlterConfigsRequestResourceConfigInput {
  readonly name: string;
  readonly value: string | null;
}

function decodeAlterConfigsRequestResourceConfigClassic(
  reader: Reader,
  apiVersion: number,
): AlterConfigsRequestResourceConfig {
  const name = reader.string();
  const value = reader.nullableString();
  return { name, value };
}

function decodeAlterConfigsRequestResourceClassic(
  reader: Reader,
  apiVersion: number,
): AlterConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const configsLength = reader.arrayLength(4);
  const configs = newArray<AlterConfigsRequestResourceConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeAlterConfigsRequestResourceConfigClassic(reader, apiVersion);
  return { resourceType, resourceName, configs };
}

function decodeAlterConfigsRequestClassic(reader: Reader, apiVersion: number): AlterConfigsRequest {
  const resourcesLength = reader.arrayLength(7);
  const resources = newArray<AlterConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeAlterConfigsRequestResourceClassic(reader, apiVersion);
  const validateOnly = reader.bool();
  return { resources, validateOnly };
}

function encodeAlterConfigsRequestResourceConfigClassic(
  writer: Writer,
  value: AlterConfigsRequestResourceConfigInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.nullableString(value.value);
}

function encodeAlterConfigsRequestResourceClassic(
  writer: Writer,
  value: AlterConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  const configs = value.configs;
  writer.arrayLength(configs.length);
  for (const element of configs)
    encodeAlterConfigsRequestResourceConfigClassic(writer, element, apiVersion);
}

function encodeAlterConfigsRequestClassic(
  writer: Writer,
  value: AlterConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.arrayLength(resources.length);
  for (const element of resources)
    encodeAlterConfigsRequestResourceClassic(writer, element, apiVersion);
  writer.bool(value.validateOnly);
}

function decodeAlterConfigsRequestResourceConfigFlexible(
  reader: Reader,
  apiVersion: number,
): AlterConfigsRequestResourceConfig {
  const name = reader.compactString();
  const value = reader.compactNullableString();
  reader.skipTags();
  return { name, value };
}

function decodeAlterConfigsRequestResourceFlexible(
  reader: Reader,
  apiVersion: number,
): AlterConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const configsLength = reader.compactArrayLength(3);
  const configs = newArray<AlterConfigsRequestResourceConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeAlterConfigsRequestResourceConfigFlexible(reader, apiVersion);
  reader.skipTags();
  return { resourceType, resourceName, configs };
}

function decodeAlterConfigsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AlterConfigsRequest {
  const resourcesLength = reader.compactArrayLength(4);
  const resources = newArray<AlterConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeAlterConfigsRequestResourceFlexible(reader, apiVersion);
  const validateOnly = reader.bool();
  reader.skipTags();
  return { resources, validateOnly };
}

function encodeAlterConfigsRequestResourceConfigFlexible(
  writer: Writer,
  value: AlterConfigsRequestResourceConfigInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactNullableString(value.value);
  writer.uvarint(0);
}

function encodeAlterConfigsRequestResourceFlexible(
  writer: Writer,
  value: AlterConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  const configs = value.configs;
  writer.compactArrayLength(configs.length);
  for (const element of configs)
    encodeAlterConfigsRequestResourceConfigFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeAlterConfigsRequestFlexible(
  writer: Writer,
  value: AlterConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.compactArrayLength(resources.length);
  for (const element of resources)
    encodeAlterConfigsRequestResourceFlexible(writer, element, apiVersion);
  writer.bool(value.validateOnly);
  writer.uvarint(0);
}

export const alterConfigsRequestCodec: MessageCodec<AlterConfigsRequest, AlterConfigsRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 2
        ? decodeAlterConfigsRequestFlexible(reader, apiVersion)
        : decodeAlterConfigsRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 2
        ? encodeAlterConfigsRequestFlexible(writer, value, apiVersion)
        : encodeAlterConfigsRequestClassic(writer, value, apiVersion),
  };
