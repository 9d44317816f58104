// AlterClientQuotasRequest (key 49), versions 0 to 1. Written by `npm run gen` from
// libs/protocol/src/messages/49-alter-client-quotas.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterClientQuotasRequest {
  readonly entries: AlterClientQuotasRequestEntry[];
  readonly validateOnly: boolean;
}

export interface AlterClientQuotasRequestInput {
  readonly entries: readonly AlterClientQuotasRequestEntryInput[];
  readonly validateOnly: boolean;
}

export interface AlterClientQuotasRequestEntry {
  readonly entity: AlterClientQuotasRequestEntryEntity[];
  readonly ops: AlterClientQuotasRequestEntryOp[];
}

export interface AlterClientQuotasRequestEntryInput {
  readonly entity: readonly AlterClientQuotasRequestEntryEntityInput[];
  readonly ops: readonly AlterClientQuotasRequestEntryOpInput[];
}

export interface AlterClientQuotasRequestEntryOp {
  readonly key: string;
  readonly value: number;
  readonly remove: boolean;
}

export interface AlterClientQuotasRequestEntryOpInput {
  readonly key: string;
  readonly value: number;
  readonly remove: boolean;
}

export interface AlterClientQuotasRequestEntryEntity {
  readonly entityType: string;
  readonly entityName: string | null;
}

export interface AlterClientQuotasRequestEntryEntityInput {
  readonly entityType: string;
  readonly entityName: string | null;
}

function decodeAlterClientQuotasRequestEntryEntityClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntryEntity {
  const entityType = reader.string();
  const entityName = reader.nullableString();
  return { entityType, entityName };
}

function decodeAlterClientQuotasRequestEntryOpClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntryOp {
  const key = reader.string();
  const value = reader.float64();
  const remove = reader.bool();
  return { key, value, remove };
}

function decodeAlterClientQuotasRequestEntryClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntry {
  const entityLength = reader.arrayLength(4);
  const entity = newArray<AlterClientQuotasRequestEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeAlterClientQuotasRequestEntryEntityClassic(reader, apiVersion);
  const opsLength = reader.arrayLength(11);
  const ops = newArray<AlterClientQuotasRequestEntryOp>(opsLength);
  for (let i = 0; i < opsLength; i++)
    ops[i] = decodeAlterClientQuotasRequestEntryOpClassic(reader, apiVersion);
  return { entity, ops };
}

function decodeAlterClientQuotasRequestClassic(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequest {
  const entriesLength = reader.arrayLength(8);
  const entries = newArray<AlterClientQuotasRequestEntry>(entriesLength);
  for (let i = 0; i < entriesLength; i++)
    entries[i] = decodeAlterClientQuotasRequestEntryClassic(reader, apiVersion);
  const validateOnly = reader.bool();
  return { entries, validateOnly };
}

function encodeAlterClientQuotasRequestEntryEntityClassic(
  writer: Writer,
  value: AlterClientQuotasRequestEntryEntityInput,
  apiVersion: number,
): void {
  writer.string(value.entityType);
  writer.nullableString(value.entityName);
}

function encodeAlterClientQuotasRequestEntryOpClassic(
  writer: Writer,
  value: AlterClientQuotasRequestEntryOpInput,
  apiVersion: number,
): void {
  writer.string(value.key);
  writer.float64(value.value);
  writer.bool(value.remove);
}

function encodeAlterClientQuotasRequestEntryClassic(
  writer: Writer,
  value: AlterClientQuotasRequestEntryInput,
  apiVersion: number,
): void {
  const entity = value.entity;
  writer.arrayLength(entity.length);
  for (const element of entity)
    encodeAlterClientQuotasRequestEntryEntityClassic(writer, element, apiVersion);
  const ops = value.ops;
  writer.arrayLength(ops.length);
  for (const element of ops)
    encodeAlterClientQuotasRequestEntryOpClassic(writer, element, apiVersion);
}

function encodeAlterClientQuotasRequestClassic(
  writer: Writer,
  value: AlterClientQuotasRequestInput,
  apiVersion: number,
): void {
  const entries = value.entries;
  writer.arrayLength(entries.length);
  for (const element of entries)
    encodeAlterClientQuotasRequestEntryClassic(writer, element, apiVersion);
  writer.bool(value.validateOnly);
}

function decodeAlterClientQuotasRequestEntryEntityFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntryEntity {
  const entityType = reader.compactString();
  const entityName = reader.compactNullableString();
  reader.skipTags();
  return { entityType, entityName };
}

function decodeAlterClientQuotasRequestEntryOpFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntryOp {
  const key = reader.compactString();
  const value = reader.float64();
  const remove = reader.bool();
  reader.skipTags();
  return { key, value, remove };
}

function decodeAlterClientQuotasRequestEntryFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequestEntry {
  const entityLength = reader.compactArrayLength(3);
  const entity = newArray<AlterClientQuotasRequestEntryEntity>(entityLength);
  for (let i = 0; i < entityLength; i++)
    entity[i] = decodeAlterClientQuotasRequestEntryEntityFlexible(reader, apiVersion);
  const opsLength = reader.compactArrayLength(11);
  const ops = newArray<AlterClientQuotasRequestEntryOp>(opsLength);
  for (let i = 0; i < opsLength; i++)
    ops[i] = decodeAlterClientQuotasRequestEntryOpFlexible(reader, apiVersion);
  reader.skipTags();
  return { entity, ops };
}

function decodeAlterClientQuotasRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AlterClientQuotasRequest {
  const entriesLength = reader.compactArrayLength(3);
  const entries = newArray<AlterClientQuotasRequestEntry>(entriesLength);
  for (let i = 0; i < entriesLength; i++)
    entries[i] = decodeAlterClientQuotasRequestEntryFlexible(reader, apiVersion);
  const validateOnly = reader.bool();
  reader.skipTags();
  return { entries, validateOnly };
}

function encodeAlterClientQuotasRequestEntryEntityFlexible(
  writer: Writer,
  value: AlterClientQuotasRequestEntryEntityInput,
  apiVersion: number,
): void {
  writer.compactString(value.entityType);
  writer.compactNullableString(value.entityName);
  writer.uvarint(0);
}

function encodeAlterClientQuotasRequestEntryOpFlexible(
  writer: Writer,
  value: AlterClientQuotasRequestEntryOpInput,
  apiVersion: number,
): void {
  writer.compactString(value.key);
  writer.float64(value.value);
  writer.bool(value.remove);
  writer.uvarint(0);
}

function encodeAlterClientQuotasRequestEntryFlexible(
  writer: Writer,
  value: AlterClientQuotasRequestEntryInput,
  apiVersion: number,
): void {
  const entity = value.entity;
  writer.compactArrayLength(entity.length);
  for (const element of entity)
    encodeAlterClientQuotasRequestEntryEntityFlexible(writer, element, apiVersion);
  const ops = value.ops;
  writer.compactArrayLength(ops.length);
  for (const element of ops)
    encodeAlterClientQuotasRequestEntryOpFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

function encodeAlterClientQuotasRequestFlexible(
  writer: Writer,
  value: AlterClientQuotasRequestInput,
  apiVersion: number,
): void {
  const entries = value.entries;
  writer.compactArrayLength(entries.length);
  for (const element of entries)
    encodeAlterClientQuotasRequestEntryFlexible(writer, element, apiVersion);
  writer.bool(value.validateOnly);
  writer.uvarint(0);
}

export const alterClientQuotasRequestCodec: MessageCodec<
  AlterClientQuotasRequest,
  AlterClientQuotasRequestInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 1
      ? decodeAlterClientQuotasRequestFlexible(reader, apiVersion)
      : decodeAlterClientQuotasRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 1
      ? encodeAlterClientQuotasRequestFlexible(writer, value, apiVersion)
      : encodeAlterClientQuotasRequestClassic(writer, value, apiVersion),
};
