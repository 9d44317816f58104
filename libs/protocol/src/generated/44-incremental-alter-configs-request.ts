// IncrementalAlterConfigsRequest (key 44), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/44-incremental-alter-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface IncrementalAlterConfigsRequest {
  readonly resources: IncrementalAlterConfigsRequestResource[];
  readonly validateOnly: boolean;
}

export interface IncrementalAlterConfigsRequestInput {
  readonly resources: readonly IncrementalAlterConfigsRequestResourceInput[];
  readonly validateOnly: boolean;
}

export interface IncrementalAlterConfigsRequestResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: IncrementalAlterConfigsRequestResourceConfig[];
}

export interface IncrementalAlterConfigsRequestResourceInput {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly IncrementalAlterConfigsRequestResourceConfigInput[];
}

export interface IncrementalAlterConfigsRequestResourceConfig {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

export interface IncrementalAlterConfigsRequestResourceConfigInput {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

function decodeIncrementalAlterConfigsRequestResourceConfigClassic(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequestResourceConfig {
  const name = reader.string();
  const configOperation = reader.int8();
  const value = reader.nullableString();
  return { name, configOperation, value };
}

function decodeIncrementalAlterConfigsRequestResourceClassic(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const configsLength = reader.arrayLength(5);
  const configs = newArray<IncrementalAlterConfigsRequestResourceConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeIncrementalAlterConfigsRequestResourceConfigClassic(reader, apiVersion);
  return { resourceType, resourceName, configs };
}

function decodeIncrementalAlterConfigsRequestClassic(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequest {
  const resourcesLength = reader.arrayLength(7);
  const resources = newArray<IncrementalAlterConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeIncrementalAlterConfigsRequestResourceClassic(reader, apiVersion);
  const validateOnly = reader.bool();
  return { resources, validateOnly };
}

function encodeIncrementalAlterConfigsRequestResourceConfigClassic(
  writer: Writer,
  value: IncrementalAlterConfigsRequestResourceConfigInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.int8(value.configOperation);
  writer.nullableString(value.value);
}

function encodeIncrementalAlterConfigsRequestResourceClassic(
  writer: Writer,
  value: IncrementalAlterConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  const configs = value.configs;
  writer.arrayLength(configs.length);
  for (const element of configs)
    encodeIncrementalAlterConfigsRequestResourceConfigClassic(writer, element, apiVersion);
}

function encodeIncrementalAlterConfigsRequestClassic(
  writer: Writer,
  value: IncrementalAlterConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.arrayLength(resources.length);
  for (const element of resources)
    encodeIncrementalAlterConfigsRequestResourceClassic(writer, element, apiVersion);
  writer.bool(value.validateOnly);
}

function decodeIncrementalAlterConfigsRequestResourceConfigFlexible(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequestResourceConfig {
  const name = reader.compactString();
  const configOperation = reader.int8();
  const value = reader.compactNullableString();
  reader.skipTags();
  return { name, configOperation, value };
}

function decodeIncrementalAlterConfigsRequestResourceFlexible(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const configsLength = reader.compactArrayLength(4);
  const configs = newArray<IncrementalAlterConfigsRequestResourceConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeIncrementalAlterConfigsRequestResourceConfigFlexible(reader, apiVersion);
  reader.skipTags();
  return { resourceType, resourceName, configs };
}

function decodeIncrementalAlterConfigsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): IncrementalAlterConfigsRequest {
  const resourcesLength = reader.compactArrayLength(4);
  const resources = newArray<IncrementalAlterConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeIncrementalAlterConfigsRequestResourceFlexible(reader, apiVersion);
  const validateOnly = reader.bool();
  reader.skipTags();
  return { resources, validateOnly };
}

function encodeIncrementalAlterConfigsRequestResourceConfigFlexible(
  writer: Writer,
  value: IncrementalAlterConfigsRequestResourceConfigInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int8(value.configOperation);
  writer.compactNullableString(value.value);
  writer.uvarint(0);
}

function encodeIncrementalAlterConfigsRequestResourceFlexible(
  writer: Writer,
  value: IncrementalAlterConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  const configs = value.configs;
  writer.compactArrayLength(configs.length);
  for (const element of configs)
    encodeIncrementalAlterConfigsRequestResourceConfigFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeIncrementalAlterConfigsRequestFlexible(
  writer: Writer,
  value: IncrementalAlterConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.compactArrayLength(resources.length);
  for (const element of resources)
    encodeIncrementalAlterConfigsRequestResourceFlexible(writer, element, apiVersion);
  writer.bool(value.validateOnly);
  writer.uvarint(0);
}

export const incrementalAlterConfigsRequestCodec: MessageCodec<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeIncrementalAlterConfigsRequestFlexible(reader, apiVersion)
      : decodeIncrementalAlterConfigsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeIncrementalAlterConfigsRequestFlexible(writer, value, apiVersion)
      : encodeIncrementalAlterConfigsRequestClassic(writer, value, apiVersion),
};
