// AlterUserScramCredentialsRequest (key 51), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/51-alter-user-scram-credentials.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterUserScramCredentialsRequest {
  readonly deletions: AlterUserScramCredentialsRequestDeletion[];
  readonly upsertions: AlterUserScramCredentialsRequestUpsertion[];
}

export interface AlterUserScramCredentialsRequestInput {
  readonly deletions: readonly AlterUserScramCredentialsRequestDeletionInput[];
  readonly upsertions: readonly AlterUserScramCredentialsRequestUpsertionInput[];
}

export interface AlterUserScramCredentialsRequestUpsertion {
  readonly name: string;
  readonly mechanism: number;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
}

export interface AlterUserScramCredentialsRequestUpsertionInput {
  readonly name: string;
  readonly mechanism: number;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly saltedPassword: Uint8Array;
}

export interface AlterUserScramCredentialsRequestDeletion {
  readonly name: string;
  readonly mechanism: number;
}

export interface AlterUserScramCredentialsRequestDeletionInput {
  readonly name: string;
  readonly mechanism: number;
}

function decodeAlterUserScramCredentialsRequestDeletionFlexible(
  reader: Reader,
  apiVersion: number,
): AlterUserScramCredentialsRequestDeletion {
  const name = reader.compactString();
  const mechanism = reader.int8();
  reader.skipTags();
  return { name, mechanism };
}

function decodeAlterUserScramCredentialsRequestUpsertionFlexible(
  reader: Reader,
  apiVersion: number,
): AlterUserScramCredentialsRequestUpsertion {
  const name = reader.compactString();
  const mechanism = reader.int8();
  const iterations = reader.int32();
  const salt = reader.compactBytes();
  const saltedPassword = reader.compactBytes();
  reader.skipTags();
  return { name, mechanism, iterations, salt, saltedPassword };
}

function decodeAlterUserScramCredentialsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): AlterUserScramCredentialsRequest {
  const deletionsLength = reader.compactArrayLength(3);
  const deletions = newArray<AlterUserScramCredentialsRequestDeletion>(deletionsLength);
  for (let i = 0; i < deletionsLength; i++)
    deletions[i] = decodeAlterUserScramCredentialsRequestDeletionFlexible(reader, apiVersion);
  const upsertionsLength = reader.compactArrayLength(9);
  const upsertions = newArray<AlterUserScramCredentialsRequestUpsertion>(upsertionsLength);
  for (let i = 0; i < upsertionsLength; i++)
    upsertions[i] = decodeAlterUserScramCredentialsRequestUpsertionFlexible(reader, apiVersion);
  reader.skipTags();
  return { deletions, upsertions };
}

function encodeAlterUserScramCredentialsRequestDeletionFlexible(
  writer: Writer,
  value: AlterUserScramCredentialsRequestDeletionInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int8(value.mechanism);
  writer.uvarint(0);
}

function encodeAlterUserScramCredentialsRequestUpsertionFlexible(
  writer: Writer,
  value: AlterUserScramCredentialsRequestUpsertionInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.int8(value.mechanism);
  writer.int32(value.iterations);
  writer.compactBytes(value.salt);
  writer.compactBytes(value.saltedPassword);
  writer.uvarint(0);
}

function encodeAlterUserScramCredentialsRequestFlexible(
  writer: Writer,
  value: AlterUserScramCredentialsRequestInput,
  apiVersion: number,
): void {
  const deletions = value.deletions;
  writer.compactArrayLength(deletions.length);
  for (const element of deletions)
    encodeAlterUserScramCredentialsRequestDeletionFlexible(writer, element, apiVersion);
  const upsertions = value.upsertions;
  writer.compactArrayLength(upsertions.length);
  for (const element of upsertions)
    encodeAlterUserScramCredentialsRequestUpsertionFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterUserScramCredentialsRequestCodec: MessageCodec<
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsRequestInput
> = {
  decode: (reader, apiVersion) =>
    decodeAlterUserScramCredentialsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeAlterUserScramCredentialsRequestFlexible(writer, value, apiVersion),
};
