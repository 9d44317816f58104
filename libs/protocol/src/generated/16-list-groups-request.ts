// ListGroupsRequest (key 16), versions 0 to 5. Written by `npm run gen` from
// libs/protocol/src/messages/16-list-groups.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface ListGroupsRequest {
  /** Versions 4+. */
  readonly statesFilter: string[];
  /** Versions 5. */
  readonly typesFilter: string[];
}

export interface ListGroupsRequestInput {
  readonly statesFilter?: readonly string[] | undefined;
  readonly typesFilter?: readonly string[] | undefined;
}

function decodeListGroupsRequestClassic(reader: Reader, apiVersion: number): ListGroupsRequest {
  const statesFilter: string[] = [];
  const typesFilter: string[] = [];
  return { statesFilter, typesFilter };
}

function encodeListGroupsRequestClassic(
  writer: Writer,
  value: ListGroupsRequestInput,
  apiVersion: number,
): void {}

function decodeListGroupsRequestFlexible(reader: Reader, apiVersion: number): ListGroupsRequest {
  let statesFilter: string[] = [];
  if (apiVersion >= 4) {
    const statesFilterLength = reader.compactArrayLength(1);
    statesFilter = newArray<string>(statesFilterLength);
    for (let i = 0; i < statesFilterLength; i++) statesFilter[i] = reader.compactString();
  }
  let typesFilter: string[] = [];
  if (apiVersion >= 5) {
    const typesFilterLength = reader.compactArrayLength(1);
    typesFilter = newArray<string>(typesFilterLength);
    for (let i = 0; i < typesFilterLength; i++) typesFilter[i] = reader.compactString();
  }
  reader.skipTags();
  return { statesFilter, typesFilter };
}

function encodeListGroupsRequestFlexible(
  writer: Writer,
  value: ListGroupsRequestInput,
  apiVersion: number,
): void {
  if (apiVersion >= 4) {
    const statesFilter = value.statesFilter ?? [];
    writer.compactArrayLength(statesFilter.length);
    for (const element of statesFilter) writer.compactString(element);
  }
  if (apiVersion >= 5) {
    const typesFilter = value.typesFilter ?? [];
    writer.compactArrayLength(typesFilter.length);
    for (const element of typesFilter) writer.compactString(element);
  }
  writer.uvarint(0);
}

export const listGroupsRequestCodec: MessageCodec<ListGroupsRequest, ListGroupsRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 3
      ? decodeListGroupsRequestFlexible(reader, apiVersion)
      : decodeListGroupsRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 3
      ? encodeListGroupsRequestFlexible(writer, value, apiVersion)
      : encodeListGroupsRequestClassic(writer, value, apiVersion),
};
