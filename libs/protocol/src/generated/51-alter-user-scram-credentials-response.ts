// AlterUserScramCredentialsResponse (key 51), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/51-alter-user-scram-credentials.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface AlterUserScramCredentialsResponse {
  readonly throttleTimeMs: number;
  readonly results: AlterUserScramCredentialsResponseResult[];
}

export interface AlterUserScramCredentialsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly results: readonly AlterUserScramCredentialsResponseResultInput[];
}

export interface AlterUserScramCredentialsResponseResult {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface AlterUserScramCredentialsResponseResultInput {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function decodeAlterUserScramCredentialsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): AlterUserScramCredentialsResponseResult {
  const user = reader.compactString();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  reader.skipTags();
  return { user, errorCode, errorMessage };
}

function decodeAlterUserScramCredentialsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): AlterUserScramCredentialsResponse {
  const throttleTimeMs = reader.int32();
  const resultsLength = reader.compactArrayLength(5);
  const results = newArray<AlterUserScramCredentialsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeAlterUserScramCredentialsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, results };
}

function encodeAlterUserScramCredentialsResponseResultFlexible(
  writer: Writer,
  value: AlterUserScramCredentialsResponseResultInput,
  apiVersion: number,
): void {
  writer.compactString(value.user);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.uvarint(0);
}

function encodeAlterUserScramCredentialsResponseFlexible(
  writer: Writer,
  value: AlterUserScramCredentialsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeAlterUserScramCredentialsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const alterUserScramCredentialsResponseCodec: MessageCodec<
  AlterUserScramCredentialsResponse,
  AlterUserScramCredentialsResponseInput
> = {
  decode: (reader, apiVersion) =>
    decodeAlterUserScramCredentialsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeAlterUserScramCredentialsResponseFlexible(writer, value, apiVersion),
};
