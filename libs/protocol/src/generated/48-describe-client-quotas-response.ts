// DescribeClientQuotasResponse (key 48), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/48-describe-client-quotas.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeClientQuotasResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly entries: DescribeClientQuotasResponseEntry[] | null;
}

export interface DescribeClientQuotasResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly entries: readonly DescribeClientQuotasResponseEntryInput[] | null;
}

export interface DescribeClientQuotasResponseEntry {
  readonly entity: DescribeClientQuotasResponseEntryEntity[];
  readonly values: DescribeClientQuotasResponseEntryValue[];
}

export interface DescribeClientQuotasResponseEntryInput {
  readonly entity: readonly DescribeClientQuotasResponseEntryEntityInput[];
  readonly values: readonly DescribeClientQuotasResponseEntryValueInput[];
}

export interface DescribeClientQuotasResponseEntryValue {
  readonly key: string;
  readonly value: number;
}

export interface DescribeClientQuotasResponseEntryValueInput {
  readonly key: string;
  readonly value: number;
}

export interface DescribeClientQuotasResponseEntryEntity {
  readonly entityType: string;
  readonly entityName: string | null;
}

export interface DescribeClientQuotasResponseEntryEntityInput {
  readonly entityType: string;
  readonly entityName: string | null;
}

function decodeDescribeClientQuotasResponseEntryEntityClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntryEntity {
  const entityType = reader.string();
  const entityName = reader.nullableString();
  return { entityType, entityName };
}

function decodeDescribeClientQuotasResponseEntryValueClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntryValue {
  const key = reader.string();
  const value = reader.float64();
  return { key, value };
}

function decodeDescribeClientQuotasResponseEntryClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntry {
  const entityLength = reader.arrayLength(4);
  const entity = newArray<DescribeClientQuotasResponseEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeDescribeClientQuotasResponseEntryEntityClassic(reader, apiVersion);
  const valuesLength = reader.arrayLength(10);
  const values = newArray<DescribeClientQuotasResponseEntryValue>(valuesLength);
  for (let i = 0; i < valuesLength; i++)
    values[i] = decodeDescribeClientQuotasResponseEntryValueClassic(reader, apiVersion);
  return { entity, values };
}

function decodeDescribeClientQuotasResponseClassic(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  let entries: DescribeClientQuotasResponseEntry[] | null = null;
  const entriesLength = reader.nullableArrayLength(8);
  if (entriesLength < 0) entries = null;
  else {
    entries = newArray<DescribeClientQuotasResponseEntry>(entriesLength);
    for (let i = 0; i < entriesLength; i++)
      entries[i] = decodeDescribeClientQuotasResponseEntryClassic(reader, apiVersion);
  }
  return { throttleTimeMs, errorCode, errorMessage, entries };
}

function encodeDescribeClientQuotasResponseEntryEntityClassic(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryEntityInput,
  apiVersion: number,
): void {
  writer.string(value.entityType);
  writer.nullableString(value.entityName);
}

function encodeDescribeClientQuotasResponseEntryValueClassic(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryValueInput,
  apiVersion: number,
): void {
  writer.string(value.key);
  writer.float64(value.value);
}

function encodeDescribeClientQuotasResponseEntryClassic(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryInput,
  apiVersion: number,
): void {
  const entity = value.entity;
  writer.arrayLength(entity.length);
  for (const element of entity)
    encodeDescribeClientQuotasResponseEntryEntityClassic(writer, element, apiVersion);
  const values = value.values;
  writer.arrayLength(values.length);
  for (const element of values)
    encodeDescribeClientQuotasResponseEntryValueClassic(writer, element, apiVersion);
}

function encodeDescribeClientQuotasResponseClassic(
  writer: Writer,
  value: DescribeClientQuotasResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  const entries = value.entries;
  if (entries === null) writer.arrayLength(-1);
  else {
    writer.arrayLength(entries.length);
    for (const element of entries)
      encodeDescribeClientQuotasResponseEntryClassic(writer, element, apiVersion);
  }
}

function decodeDescribeClientQuotasResponseEntryEntityFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntryEntity {
  const entityType = reader.compactString();
  const entityName = reader.compactNullableString();
  reader.skipTags();
  return { entityType, entityName };
}

function decodeDescribeClientQuotasResponseEntryValueFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntryValue {
  const key = reader.compactString();
  const value = reader.float64();
  reader.skipTags();
  return { key, value };
}

function decodeDescribeClientQuotasResponseEntryFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponseEntry {
  const entityLength = reader.compactArrayLength(3);
  const entity = newArray<DescribeClientQuotasResponseEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeDescribeClientQuotasResponseEntryEntityFlexible(reader, apiVersion);
  const valuesLength = reader.compactArrayLength(10);
  const values = newArray<DescribeClientQuotasResponseEntryValue>(valuesLength);
  for (let i = 0; i < valuesLength; i++)
    values[i] = decodeDescribeClientQuotasResponseEntryValueFlexible(reader, apiVersion);
  reader.skipTags();
  return { entity, values };
}

function decodeDescribeClientQuotasResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeClientQuotasResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  let entries: DescribeClientQuotasResponseEntry[] | null = null;
  const entriesLength = reader.compactNullableArrayLength(3);
  if (entriesLength < 0) entries = null;
  else {
    entries = newArray<DescribeClientQuotasResponseEntry>(entriesLength);
    for (let i = 0; i < entriesLength; i++)
      entries[i] = decodeDescribeClientQuotasResponseEntryFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, entries };
}

function encodeDescribeClientQuotasResponseEntryEntityFlexible(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryEntityInput,
  apiVersion: number,
): void {
  writer.compactString(value.entityType);
  writer.compactNullableString(value.entityName);
  writer.uvarint(0);
}

function encodeDescribeClientQuotasResponseEntryValueFlexible(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryValueInput,
  apiVersion: number,
): void {
  writer.compactString(value.key);
  writer.float64(value.value);
  writer.uvarint(0);
}

function encodeDescribeClientQuotasResponseEntryFlexible(
  writer: Writer,
  value: DescribeClientQuotasResponseEntryInput,
  apiVersion: number,
): void {
  const entity = value.entity;
  writer.compactArrayLength(entity.length);
  for (const element of entity)
    encodeDescribeClientQuotasResponseEntryEntityFlexible(writer, element, apiVersion);
  const values = value.values;
  writer.compactArrayLength(values.length);
  for (const element of values)
    encodeDescribeClientQuotasResponseEntryValueFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeDescribeClientQuotasResponseFlexible(
  writer: Writer,
  value: DescribeClientQuotasResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const entries = value.entries;
  if (entries === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(entries.length);
    for (const element of entries)
      encodeDescribeClientQuotasResponseEntryFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const describeClientQuotasResponseCodec: MessageCodec<
  DescribeClientQuotasResponse,
  DescribeClientQuotasResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeDescribeClientQuotasResponseFlexible(reader, apiVersion)
      : decodeDescribeClientQuotasResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeDescribeClientQuotasResponseFlexible(writer, value, apiVersion)
      : encodeDescribeClientQuotasResponseClassic(writer, value, apiVersion),
};
