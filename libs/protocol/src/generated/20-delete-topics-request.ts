// DeleteTopicsRequest (key 20), versions 1 to 6. Written by `npm run gen` from
// libs/protocol/src/messages/20-delete-topics.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface DeleteTopicsRequest {
  /** Versions 6. */
  readonly topics: DeleteTopicsRequestTopic[];
  /** Versions 1 to 5. */
  readonly topicNames: string[];
  readonly timeoutMs: number;
}

export interface DeleteTopicsRequestInput {
  readonly topics?: readonly DeleteTopicsRequestTopicInput[] | undefined;
  readonly topicNames?: readonly string[] | undefined;
  readonly timeoutMs: number;
}

export interface DeleteTopicsRequestTopic {
  /** Versions 6. */
  readonly name: string | null;
  /** Versions 6. */
  readonly topicId: string;
}

export interface DeleteTopicsRequestTopicInput {
  readonly name?: string | null | undefined;
  readonly topicId: string;
}

function decodeDeleteTopicsRequestClassic(reader: Reader, apiVersion: number): DeleteTopicsRequest {
  const topics: DeleteTopicsRequestTopic[] = [];
  const topicNamesLength = reader.arrayLength(2);
  const topicNames = newArray<string>(topicNamesLength);
  for (let i = 0; i < topicNamesLength; i++) topicNames[i] = reader.string();
  const timeoutMs = reader.int32();
  return { topics, topicNames, timeoutMs };
}

function encodeDeleteTopicsRequestClassic(
  writer: Writer,
  value: DeleteTopicsRequestInput,
  apiVersion: number,
): void {
  const topicNames = value.topicNames ?? [];
  writer.arrayLength(topicNames.length);
  for (const element of topicNames) writer.string(element);
  writer.int32(value.timeoutMs);
}

function decodeDeleteTopicsRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsRequestTopic {
  const name = reader.compactNullableString();
  const topicId = reader.uuid();
  reader.skipTags();
  return { name, topicId };
}

function decodeDeleteTopicsRequestFlexible(
  reader: Reader,
  apiVersion: number,
): DeleteTopicsRequest {
  let topics: DeleteTopicsRequestTopic[] = [];
  if (apiVersion >= 6) {
    const topicsLength = reader.compactArrayLength(18);
    topics = newArray<DeleteTopicsRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeDeleteTopicsRequestTopicFlexible(reader, apiVersion);
  }
  let topicNames: string[] = [];
  if (apiVersion <= 5) {
    const topicNamesLength = reader.compactArrayLength(1);
    topicNames = newArray<string>(topicNamesLength);
    for (let i = 0; i < topicNamesLength; i++) topicNames[i] = reader.compactString();
  }
  const timeoutMs = reader.int32();
  reader.skipTags();
  return { topics, topicNames, timeoutMs };
}

function encodeDeleteTopicsRequestTopicFlexible(
  writer: Writer,
  value: DeleteTopicsRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactNullableString(value.name ?? null);
  writer.uuid(value.topicId);
  writer.uvarint(0);
}

function encodeDeleteTopicsRequestFlexible(
  writer: Writer,
  value: DeleteTopicsRequestInput,
  apiVersion: number,
): void {
  if (apiVersion >= 6) {
    const topics = value.topics ?? [];
    writer.compactArrayLength(topics.length);
    for (const element of topics)
      encodeDeleteTopicsRequestTopicFlexible(writer, element, apiVersion);
  }
  if (apiVersion <= 5) {
    const topicNames = value.topicNames ?? [];
    writer.compactArrayLength(topicNames.length);
    for (const element of topicNames) writer.compactString(element);
  }
  writer.int32(value.timeoutMs);
  writer.uvarint(0);
}

export const deleteTopicsRequestCodec: MessageCodec<DeleteTopicsRequest, DeleteTopicsRequestInput> =
  {
    decode: (reader, apiVersion) =>
      apiVersion >= 4
        ? decodeDeleteTopicsRequestFlexible(reader, apiVersion)
        : decodeDeleteTopicsRequestClassic(reader, apiVersion),
    encode: (writer, value, apiVersion) =>
      apiVersion >= 4
        ? encodeDeleteTopicsRequestFlexible(writer, value, apiVersion)
        : encodeDeleteTopicsRequestClassic(writer, value, apiVersion),
  };
