// AlterClientQuotasResponse (key 49), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/49-alter-client-quotas.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterClientQuotasResponse {
  readonly throttleTimeMs: number;
  readonly entries: AlterClientQuotasResponseEntry[];
}

export interface AlterClientQuotasResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly entries: readonly AlterClientQuotasResponseEntryInput[];
}

export interface AlterClientQuotasResponseEntry {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly entity: AlterClientQuotasResponseEntryEntity[];
}

export interface AlterClientQuotasResponseEntryInput {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly entity: readonly AlterClientQuotasResponseEntryEntityInput[];
}

export interface AlterClientQuotasResponseEntryEntity {
  readonly entityType: string;
  readonly entityName: string | null;
}

export interface AlterClientQuotasResponseEntryEntityInput {
  readonly entityType: string;
  readonly entityName: string | null;
}

function decodeAlterClientQuotasResponseEntryEntityClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponseEntryEntity {
  const entityType = reader.string();
  const entityName = reader.nullableString();
  return { entityType, entityName };
}

function decodeAlterClientQuotasResponseEntryClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponseEntry {
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  const entityLength = reader.arrayLength(4);
  const entity = newArray<AlterClientQuotasResponseEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeAlterClientQuotasResponseEntryEntityClassic(reader, apiVersion);
  return { errorCode, errorMessage, entity };
}

function decodeAlterClientQuotasResponseClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponse {
  const throttleTimeMs = reader.int32();
  const entriesLength = reader.arrayLength(8);
  const entries = newArray<AlterClientQuotasResponseEntry>(entriesLength);
  for (let i = 0; i < entriesLength; i++)
    entries[i] = decodeAlterClientQuotasResponseEntryClassic(reader, apiVersion);
  return { throttleTimeMs, entries };
}

function encodeAlterClientQuotasResponseEntryEntityClassic(
  writer: Writer,
  value: AlterClientQuotasResponseEntryEntityInput,
  apiVersion: number,
): void {
  writer.string(value.entityType);
  writer.nullableString(value.entityName);
}

function encodeAlterClientQuotasResponseEntryClassic(
  writer: Writer,
  value: AlterClientQuotasResponseEntryInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
  const entity = value.entity;
  writer.arrayLength(entity.length);
  for (const element of entity)
    encodeAlterClientQuotasResponseEntryEntityClassic(writer, element, apiVersion);
}

function encodeAlterClientQuotasResponseClassic(
  writer: Writer,
  value: AlterClientQuotasResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const entries = value.entries;
  writer.arrayLength(entries.length);
  for (const element of entries)
    encodeAlterClientQuotasResponseEntryClassic(writer, element, apiVersion);
}

function decodeAlterClientQuotasResponseEntryEntityFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponseEntryEntity {
  const entityType = reader.compactString();
  const entityName = reader.compactNullableString();
  reader.skipTags();
  return { entityType, entityName };
}

function decodeAlterClientQuotasResponseEntryFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponseEntry {
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const entityLength = reader.compactArrayLength(3);
  const entity = newArray<AlterClientQuotasResponseEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeAlterClientQuotasResponseEntryEntityFlexible(reader, apiVersion);
  reader.skipTags();
  return { errorCode, errorMessage, entity };
}

function decodeAlterClientQuotasResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasResponse {
  const throttleTimeMs = reader.int32();
  const entriesLength = reader.compactArrayLength(5);
  const entries = newArray<AlterClientQuotasResponseEntry>(entriesLength);
  for (let i = 0; i < entriesLength; i++)
    entries[i] = decodeAlterClientQuotasResponseEntryFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, entries };
}

function encodeAlterClientQuotasResponseEntryEntityFlexible(
  writer: Writer,
  value: AlterClientQuotasResponseEntryEntityInput,
  apiVersion: number,
): void {
  writer.compactString(value.entityType);
  writer.compactNullableString(value.entityName);
  writer.uvarint(0);
}

function encodeAlterClientQuotasResponseEntryFlexible(
  writer: Writer,
  value: AlterClientQuotasResponseEntryInput,
  apiVersion: number,
): void {
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const entity = value.entity;
  writer.compactArrayLength(entity.length);
  for (const element of entity)
    encodeAlterClientQuotasResponseEntryEntityFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeAlterClientQuotasResponseFlexible(
  writer: Writer,
  value: AlterClientQuotasResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const entries = value.entries;
  writer.compactArrayLength(entries.length);
  for (const element of entries)
    encodeAlterClientQuotasResponseEntryFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterClientQuotasResponseCodec: MessageCodec<
  AlterClientQuotasResponse,
  AlterClientQuotasResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeAlterClientQuotasResponseFlexible(reader, apiVersion)
      : decodeAlterClientQuotasResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeAlterClientQuotasResponseFlexible(writer, value, apiVersion)
      : encodeAlterClientQuotasResponseClassic(writer, value, apiVersion),
};
