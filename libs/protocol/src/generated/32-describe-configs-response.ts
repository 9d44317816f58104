// DescribeConfigsResponse (key 32), versions 1 to 4. Written by `npm run gen` from
// libs/protocol/src/messages/32-describe-configs.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeConfigsResponse {
  readonly throttleTimeMs: number;
  readonly results: DescribeConfigsResponseResult[];
}

export interface DescribeConfigsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly results: readonly DescribeConfigsResponseResultInput[];
}

export interface DescribeConfigsResponseResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: DescribeConfigsResponseResultConfig[];
}

export interface DescribeConfigsResponseResultInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly DescribeConfigsResponseResultConfigInput[];
}

export interface DescribeConfigsResponseResultConfig {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  /** default -1. */
  readonly configSource: number;
  readonly isSensitive: boolean;
  readonly synonyms: DescribeConfigsResponseResultConfigSynonym[];
  /** Versions 3+; default 0. */
  readonly configType: number;
  /** Versions 3+. */
  readonly documentation: string | null;
}

export interface DescribeConfigsResponseResultConfigInput {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number | undefined;
  readonly isSensitive: boolean;
  readonly synonyms: readonly DescribeConfigsResponseResultConfigSynonymInput[];
  readonly configType?: number | undefined;
  readonly documentation?: string | null | undefined;
}

export interface DescribeConfigsResponseResultConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

export interface DescribeConfigsResponseResultConfigSynonymInput {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

function decodeDescribeConfigsResponseResultConfigSynonymClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResultConfigSynonym {
  const name = reader.string();
  const value = reader.nullableString();
  const source = reader.int8();
  return { name, value, source };
}

function decodeDescribeConfigsResponseResultConfigClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResultConfig {
  const name = reader.string();
  const value = reader.nullableString();
  const readOnly = reader.bool();
  const configSource = reader.int8();
  const isSensitive = reader.bool();
  const synonymsLength = reader.arrayLength(5);
  const synonyms = newArray<DescribeConfigsResponseResultConfigSynonym>(synonymsLength);
  for (let i = 0; i < synonymsLength; i++)
    synonyms[i] = decodeDescribeConfigsResponseResultConfigSynonymClassic(reader, apiVersion);
  const configType = apiVersion >= 3 ? reader.int8() : 0;
  const documentation = apiVersion >= 3 ? reader.nullableString() : '';
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation };
}

function decodeDescribeConfigsResponseResultClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResult {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const resourceType = reader.int8();
  const resourceName = reader.string();
  const configsLength = reader.arrayLength(11);
  const configs = newArray<DescribeConfigsResponseResultConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeDescribeConfigsResponseResultConfigClassic(reader, apiVersion);
  return { errorCode, errorMessage, resourceType, resourceName, configs };
}

function decodeDescribeConfigsResponseClassic(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.arrayLength(11);
  const results = newArray<DescribeConfigsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDescribeConfigsResponseResultClassic(reader, apiVersion);
  return { throttleTimeMs, results };
}

function encodeDescribeConfigsResponseResultConfigSynonymClassic(
  writer: Writer,
  value: DescribeConfigsResponseResultConfigSynonymInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.nullableString(value.value);
  writer.int8(value.source);
}

function encodeDescribeConfigsResponseResultConfigClassic(
  writer: Writer,
  value: DescribeConfigsResponseResultConfigInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.nullableString(value.value);
  writer.bool(value.readOnly);
  writer.int8(value.configSource ?? -1);
  writer.bool(value.isSensitive);
  const synonyms = value.synonyms;
  writer.arrayLength(synonyms.length);
  for (const element of synonyms)
    encodeDescribeConfigsResponseResultConfigSynonymClassic(writer, element, apiVersion);
  if (apiVersion >= 3) {
    writer.int8(value.configType ?? 0);
  }
  if (apiVersion >= 3) {
    writer.nullableString(value.documentation === undefined ? '' : value.documentation);
  }
}

function encodeDescribeConfigsResponseResultClassic(
  writer: Writer,
  value: DescribeConfigsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.string(value.resourceName);
  const configs = value.configs;
  writer.arrayLength(configs.length);
  for (const element of configs)
    encodeDescribeConfigsResponseResultConfigClassic(writer, element, apiVersion);
}

function encodeDescribeConfigsResponseClassic(
  writer: Writer,
  value: DescribeConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.arrayLength(results.length);
  for (const element of results)
    encodeDescribeConfigsResponseResultClassic(writer, element, apiVersion);
}

function decodeDescribeConfigsResponseResultConfigSynonymFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResultConfigSynonym {
  const name = reader.compactString();
  const value = reader.compactNullableString();
  const source = reader.int8();
  reader.skipTags();
  return { name, value, source };
}

function decodeDescribeConfigsResponseResultConfigFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResultConfig {
  const name = reader.compactString();
  const value = reader.compactNullableString();
  const readOnly = reader.bool();
  const configSource = reader.int8();
  const isSensitive = reader.bool();
  const synonymsLength = reader.compactArrayLength(4);
  const synonyms = newArray<DescribeConfigsResponseResultConfigSynonym>(synonymsLength);
  for (let i = 0; i < synonymsLength; i++)
    synonyms[i] = decodeDescribeConfigsResponseResultConfigSynonymFlexible(reader, apiVersion);
  const configType = reader.int8();
  const documentation = reader.compactNullableString();
  reader.skipTags();
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation };
}

function decodeDescribeConfigsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponseResult {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resourceType = reader.int8();
  const resourceName = reader.compactString();
  const configsLength = reader.compactArrayLength(9);
  const configs = newArray<DescribeConfigsResponseResultConfig>(configsLength);
  for (let i = 0; i < configsLength; i++)
    configs[i] = decodeDescribeConfigsResponseResultConfigFlexible(reader, apiVersion);
  reader.skipTags();
  return { errorCode, errorMessage, resourceType, resourceName, configs };
}

function decodeDescribeConfigsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeConfigsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.compactArrayLength(7);
  const results = newArray<DescribeConfigsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDescribeConfigsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, results };
}

function encodeDescribeConfigsResponseResultConfigSynonymFlexible(
  writer: Writer,
  value: DescribeConfigsResponseResultConfigSynonymInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactNullableString(value.value);
  writer.int8(value.source);
  writer.uvarint(0);
}

function encodeDescribeConfigsResponseResultConfigFlexible(
  writer: Writer,
  value: DescribeConfigsResponseResultConfigInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactNullableString(value.value);
  writer.bool(value.readOnly);
  writer.int8(value.configSource ?? -1);
  writer.bool(value.isSensitive);
  const synonyms = value.synonyms;
  writer.compactArrayLength(synonyms.length);
  for (const element of synonyms)
    encodeDescribeConfigsResponseResultConfigSynonymFlexible(writer, element, apiVersion);
  writer.int8(value.configType ?? 0);
  writer.compactNullableString(value.documentation === undefined ? '' : value.documentation);
  writer.uvarint(0);
}

function encodeDescribeConfigsResponseResultFlexible(
  writer: Writer,
  value: DescribeConfigsResponseResultInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.int8(value.resourceType);
  writer.compactString(value.resourceName);
  const configs = value.configs;
  writer.compactArrayLength(configs.length);
  for (const element of configs)
    encodeDescribeConfigsResponseResultConfigFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeConfigsResponseFlexible(
  writer: Writer,
  value: DescribeConfigsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeDescribeConfigsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeConfigsResponseCodec: MessageCodec<
  DescribeConfigsResponse,
  DescribeConfigsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 4
      ? decodeDescribeConfigsResponseFlexible(reader, apiVersion)
      : decodeDescribeConfigsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 4
      ? encodeDescribeConfigsResponseFlexible(writer, value, apiVersion)
      : encodeDescribeConfigsResponseClassic(writer, value, apiVersion),
};
