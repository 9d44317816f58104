// DescribeUserScramCredentialsRequest (key 50), versions 0 to 0. Written by `npm run gen` from
// libs/protocol/src/messages/50-describe-user-scram-credentials.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DescribeUserScramCredentialsRequest {
  readonly users: DescribeUserScramCredentialsRequestUser[] | null;
}

export interface DescribeUserScramCredentialsRequestInput {
  readonly users: readonly DescribeUserScramCredentialsRequestUserInput[] | null;
}

export interface DescribeUserScramCredentialsRequestUser {
  readonly name: string;
}

export interface DescribeUserScramCredentialsRequestUserInput {
  readonly name: string;
}

function decodeDescribeUserScramCredentialsRequestUserFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeUserScramCredentialsRequestUser {
  const name = reader.compactString();
  reader.skipTags();
  return { name };
}

function decodeDescribeUserScramCredentialsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DescribeUserScramCredentialsRequest {
  let users: DescribeUserScramCredentialsRequestUser[] | null = null;
  const usersLength = reader.compactNullableArrayLength(2);
  if (usersLength < 0) users = null;
  else {
    users = newArray<DescribeUserScramCredentialsRequestUser>(usersLength);
    for (let i = 0; i < usersLength; i++)
      users[i] = decodeDescribeUserScramCredentialsRequestUserFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { users };
}

function encodeDescribeUserScramCredentialsRequestUserFlexible(
  writer: Writer,
  value: DescribeUserScramCredentialsRequestUserInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.uvarint(0);
}

function encodeDescribeUserScramCredentialsRequestFlexible(
  writer: Writer,
  value: DescribeUserScramCredentialsRequestInput,
  apiVersion: number,
): void {
  const users = value.users;
  if (users === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(users.length);
    for (const element of users)
      encodeDescribeUserScramCredentialsRequestUserFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

export const describeUserScramCredentialsRequestCodec: MessageCodec<
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsRequestInput
> = {
  decode: (reader, apiVersion) =>
    decodeDescribeUserScramCredentialsRequestFlexible(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    encodeDescribeUserScramCredentialsRequestFlexible(writer, value, apiVersion),
};
