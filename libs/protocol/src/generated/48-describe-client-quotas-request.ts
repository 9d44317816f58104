// DescribeClientQuotasRequest (key 48), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/48-describe-client-quotas.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeClientQuotasRequest {
  readonly components: DescribeClientQuotasRequestComponent[];
  readonly strict: boolean;
}

export interface DescribeClientQuotasRequestInput {
  readonly components: readonly DescribeClientQuotasRequestComponentInput[];
  readonly strict: boolean;
}

export interface DescribeClientQuotasRequestComponent {
  readonly entityType: string;
  readonly matchType: number;
  readonly match: string | null;
}

export interface DescribeClientQuotasRequestComponentInput {
  readonly entityType: string;
  readonly matchType: number;
  readonly match: string | null;
}

function decodeDescribeClientQuotasRequestComponentClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasRequestComponent {
  const entityType = reader.string();
  const matchType = reader.int8();
  const match = reader.nullableString();
  return { entityType, matchType, match };
}

function decodeDescribeClientQuotasRequestClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasRequest {
  const componentsLength = reader.arrayLength(5);
  const components = newArray<DescribeClientQuotasRequestComponent>(componentsLength);
  for (let i = 0; i < componentsLength; i++)
    components[i] = decodeDescribeClientQuotasRequestComponentClassic(reader, apiVersion);
  const strict = reader.bool();
  return { components, strict };
}

function encodeDescribeClientQuotasRequestComponentClassic(
  writer: Writer,
  value: DescribeClientQuotasRequestComponentInput,
  apiVersion: number,
): void {
  writer.string(value.entityType);
  writer.int8(value.matchType);
  writer.nullableString(value.match);
}

function encodeDescribeClientQuotasRequestClassic(
  writer: Writer,
  value: DescribeClientQuotasRequestInput,
  apiVersion: number,
): void {
  const components = value.components;
  writer.arrayLength(components.length);
  for (const element of components)
    encodeDescribeClientQuotasRequestComponentClassic(writer, element, apiVersion);
  writer.bool(value.strict);
}

function decodeDescribeClientQuotasRequestComponentFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasRequestComponent {
  const entityType = reader.compactString();
  const matchType = reader.int8();
  const match = reader.compactNullableString();
  reader.skipTags();
  return { entityType, matchType, match };
}

function decodeDescribeClientQuotasRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasRequest {
  const componentsLength = reader.compactArrayLength(4);
  const components = newArray<DescribeClientQuotasRequestComponent>(componentsLength);
  for (let i = 0; i < componentsLength; i++)
    components[i] = decodeDescribeClientQuotasRequestComponentFlexible(reader, apiVersion);
  const strict = reader.bool();
  reader.skipTags();
  return { components, strict };
}

function encodeDescribeClientQuotasRequestComponentFlexible(
  writer: Writer,
  value: DescribeClientQuotasRequestComponentInput,
  apiVersion: number,
): void {
  writer.compactString(value.entityType);
  writer.int8(value.matchType);
  writer.compactNullableString(value.match);
  writer.uvarint(0);
}

function encodeDescribeClientQuotasRequestFlexible(
  writer: Writer,
  value: DescribeClientQuotasRequestInput,
  apiVersion: number,
): void {
  const components = value.components;
  writer.compactArrayLength(components.length);
  for (const element of components)
    encodeDescribeClientQuotasRequestComponentFlexible(writer, element, apiVersion);
  writer.bool(value.strict);
  writer.uvarint(0);
}

export const describeClientQuotasRequestCodec: MessageCodec<
  DescribeClientQuotasRequest,
  DescribeClientQuotasRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeDescribeClientQuotasRequestFlexible(reader, apiVersion)
      : decodeDescribeClientQuotasRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeDescribeClientQuotasRequestFlexible(writer, value, apiVersion)
      : encodeDescribeClientQuotasRequestClassic(writer, value, apiVersion),
};
