// DescribeUserScramCredentialsResponse (key 50), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/50-describe-user-scram-credentials.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeUserScramCredentialsResponse {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly results: DescribeUserScramCredentialsResponseResult[];
}

export interface DescribeUserScramCredentialsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly results: readonly DescribeUserScramCredentialsResponseResultInput[];
}

export interface DescribeUserScramCredentialsResponseResult {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly credentialInfos: DescribeUserScramCredentialsResponseResultCredentialInfo[];
}

export interface DescribeUserScramCredentialsResponseResultInput {
  readonly user: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly credentialInfos: readonly DescribeUserScramCredentialsResponseResultCredentialInfoInput[];
}

export interface DescribeUserScramCredentialsResponseResultCredentialInfo {
  readonly mechanism: number;
  readonly iterations: number;
}

export interface DescribeUserScramCredentialsResponseResultCredentialInfoInput {
  readonly mechanism: number;
  readonly iterations: number;
}

function decodeDescribeUserScramCredentialsResponseResultCredentialInfoFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeUserScramCredentialsResponseResultCredentialInfo {
  const mechanism = reader.int8();
  const iterations = reader.int32();
  reader.skipTags();
  return { mechanism, iterations };
}

function decodeDescribeUserScramCredentialsResponseResultFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeUserScramCredentialsResponseResult {
  const user = reader.compactString();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const credentialInfosLength = reader.compactArrayLength(6);
  const credentialInfos =
    newArray<DescribeUserScramCredentialsResponseResultCredentialInfo>(credentialInfosLength);
  for (let i = 0; i < credentialInfosLength; i++)
    credentialInfos[i] = decodeDescribeUserScramCredentialsResponseResultCredentialInfoFlexible(
      reader,
      apiVersion,
    );
  reader.skipTags();
  return { user, errorCode, errorMessage, credentialInfos };
}

function decodeDescribeUserScramCredentialsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeUserScramCredentialsResponse {
  const throttleTimeMs = reader.int32();
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  const resultsLength = reader.compactArrayLength(6);
  const results = newArray<DescribeUserScramCredentialsResponseResult>(resultsLength);
  for (let i = 0; i < resultsLength; i++)
    results[i] = decodeDescribeUserScramCredentialsResponseResultFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, errorCode, errorMessage, results };
}

function encodeDescribeUserScramCredentialsResponseResultCredentialInfoFlexible(
  writer: Writer,
  value: DescribeUserScramCredentialsResponseResultCredentialInfoInput,
  apiVersion: number,
): void {
  writer.int8(value.mechanism);
  writer.int32(value.iterations);
  writer.uvarint(0);
}

function encodeDescribeUserScramCredentialsResponseResultFlexible(
  writer: Writer,
  value: DescribeUserScramCredentialsResponseResultInput,
  apiVersion: number,
): void {
  writer.compactString(value.user);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const credentialInfos = value.credentialInfos;
  writer.compactArrayLength(credentialInfos.length);
  for (const element of credentialInfos)
    encodeDescribeUserScramCredentialsResponseResultCredentialInfoFlexible(
      writer,
      element,
      apiVersion,
    );
  writer.uvarint(0);
}

function encodeDescribeUserScramCredentialsResponseFlexible(
  writer: Writer,
  value: DescribeUserScramCredentialsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  const results = value.results;
  writer.compactArrayLength(results.length);
  for (const element of results)
    encodeDescribeUserScramCredentialsResponseResultFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const describeUserScramCredentialsResponseCodec: MessageCodec<
  DescribeUserScramCredentialsResponse,
  DescribeUserScramCredentialsResponseInput
> = {
  decode: (reader, apiVersion) =>
    decodeDescribeUserScramCredentialsResponseFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeUserScramCredentialsResponseFlexible(writer, value, apiVersion),
};
