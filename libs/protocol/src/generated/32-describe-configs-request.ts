// DescribeConfigsRequest (key 32), versions 1 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/32-describe-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeConfigsRequest {
  readonly resources: DescribeConfigsRequestResource[];
  /** default false. */
  readonly includeSynonyms: boolean;
  /** Versions 3+; default false. */
  readonly includeDocumentation: boolean;
}

export interface DescribeConfigsRequestInput {
  readonly resources: readonly DescribeConfigsRequestResourceInput[];
  readonly includeSynonyms?: boolean | undefined;
  readonly includeDocumentation?: boolean | undefined;
}

export interface DescribeConfigsRequestResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configurationKeys: string[] | null;
}

export interface DescribeConfigsRequestResourceInput {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configurationKeys: readonly string[] | null;
}

function decodeDescribeConfigsRequestResourceClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.string();
  let configurationKeys: string[] | null = null;
  const configurationKeysLength = reader.nullableArrayLength(2);
  if (configurationKeysLength < 0) configurationKeys = null;
  else {
    configurationKeys = newArray<string>(configurationKeysLength);
    for (let i = 0; i < configurationKeysLength; i++) configurationKeys[i] = reader.string();
  }
  return { resourceType, resourceName, configurationKeys };
}

function decodeDescribeConfigsRequestClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsRequest {
  const resourcesLength = reader.arrayLength(7);
  const resources = newArray<DescribeConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeDescribeConfigsRequestResourceClassic(reader, apiVersion);
  const includeSynonyms = reader.bool();
  const includeDocumentation = apiVersion >= 3 ? reader.bool() : false;
  return { resources, includeSynonyms, includeDocumentation };
}

function encodeDescribeConfigsRequestResourceClassic(
  writer: Writer,
  value: DescribeConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  const configurationKeys = value.configurationKeys;
  if (configurationKeys === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(configurationKeys.length);
    for (const element of configurationKeys) writer.string(element);
  }
}

function encodeDescribeConfigsRequestClassic(
  writer: Writer,
  value: DescribeConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.arrayLength(resources.length);
  for (const element of resources)
    encodeDescribeConfigsRequestResourceClassic(writer, element, apiVersion);
  writer.bool(value.includeSynonyms ?? false);
  if (apiVersion >= 3) {
    writer.bool(value.includeDocumentation ?? false);
  }
}

function decodeDescribeConfigsRequestResourceFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsRequestResource {
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  let configurationKeys: string[] | null = null;
  const configurationKeysLength = reader.compactNullableArrayLength(1);
  if (configurationKeysLength < 0) configurationKeys = null;
  else {
    configurationKeys = newArray<string>(configurationKeysLength);
    for (let i = 0; i < configurationKeysLength; i++) configurationKeys[i] = reader.compactString();
  }
  reader.skipTags();
  return { resourceType, resourceName, configurationKeys };
}

function decodeDescribeConfigsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsRequest {
  const resourcesLength = reader.compactArrayLength(4);
  const resources = newArray<DescribeConfigsRequestResource>(resourcesLength);
  for (let i = 0; i < resourcesLength; i++)
    resources[i] = decodeDescribeConfigsRequestResourceFlexible(reader, apiVersion);
  const includeSynonyms = reader.bool();
  const includeDocumentation = reader.bool();
  reader.skipTags();
  return { resources, includeSynonyms, includeDocumentation };
}

function encodeDescribeConfigsRequestResourceFlexible(
  writer: Writer,
  value: DescribeConfigsRequestResourceInput,
  apiVersion: number,
): void {
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  const configurationKeys = value.configurationKeys;
  if (configurationKeys === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(configurationKeys.length);
    for (const element of configurationKeys) writer.compactString(element);
  }
  writer.uvarint(0);
}

function encodeDescribeConfigsRequestFlexible(
  writer: Writer,
  value: DescribeConfigsRequestInput,
  apiVersion: number,
): void {
  const resources = value.resources;
  writer.compactArrayLength(resources.length);
  for (const element of resources)
    encodeDescribeConfigsRequestResourceFlexible(writer, element, apiVersion);
  writer.bool(value.includeSynonyms ?? false);
  writer.bool(value.includeDocumentation ?? false);
  writer.uvarint(0);
}

export const describeConfigsRequestCodec: MessageCodec<
  DescribeConfigsRequest,
  DescribeConfigsRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeDescribeConfigsRequestFlexible(reader, apiVersion)
      : decodeDescribeConfigsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeDescribeConfigsRequestFlexible(writer, value, apiVersion)
      : encodeDescribeConfigsRequestClassic(writer, value, apiVersion),
};
