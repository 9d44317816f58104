// MetadataRequest (key 3), versions 0 to 12. Written by `npm run gen` from
// libs/protocol/src/messages/03-metadata.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer, notNull } from '../writer.js';

export interface MetadataRequest {
  /** null in 1+. */
  readonly topics: MetadataRequestTopic[] | null;
  /** Versions 4+; default true. */
  readonly allowAutoTopicCreation: boolean;
  /** Versions 8 to 10. */
  readonly includeClusterAuthorizedOperations: boolean;
  /** Versions 8+. */
  readonly includeTopicAuthorizedOperations: boolean;
}

export interface MetadataRequestInput {
  readonly topics: readonly MetadataRequestTopicInput[] | null;
  readonly allowAutoTopicCreation?: boolean | undefined;
  readonly includeClusterAuthorizedOperations?: boolean | undefined;
  readonly includeTopicAuthorizedOperations?: boolean | undefined;
}

export interface MetadataRequestTopic {
  /** Versions 10+. */
  readonly topicId: string;
  /** null in 10+. */
  readonly name: string | null;
}

export interface MetadataRequestTopicInput {
  readonly topicId?: string | undefined;
  readonly name: string | null;
}

function decodeMetadataRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): MetadataRequestTopic {
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const name = reader.string();
  return { topicId, name };
}

function decodeMetadataRequestClassic(reader: Reader, apiVersion: number): MetadataRequest {
  let topics: MetadataRequestTopic[] | null = null;
  const topicsLength = apiVersion >= 1 ? reader.nullableArrayLength(2) : reader.arrayLength(2);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<MetadataRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeMetadataRequestTopicClassic(reader, apiVersion);
  }
  const allowAutoTopicCreation = apiVersion >= 4 ? reader.bool() : true;
  const includeClusterAuthorizedOperations = apiVersion >= 8 ? reader.bool() : false;
  const includeTopicAuthorizedOperations = apiVersion >= 8 ? reader.bool() : false;
  return {
    topics,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations,
    includeTopicAuthorizedOperations,
  };
}

function encodeMetadataRequestTopicClassic(
  writer: Writer,
  value: MetadataRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(notNull(value.name, 'MetadataRequestTopic.name', apiVersion));
}

function encodeMetadataRequestClassic(
  writer: Writer,
  value: MetadataRequestInput,
  apiVersion: number,
): void {
  if (apiVersion >= 1) {
    const topics = value.topics;
    if (topics === null) writer.arrayLength(-1);
    else {
      writer.arrayLength(topics.length);
      for (const element of topics) encodeMetadataRequestTopicClassic(writer, element, apiVersion);
    }
  } else {
    const topics = value.topics ?? [];
    writer.arrayLength(topics.length);
    for (const element of topics) encodeMetadataRequestTopicClassic(writer, element, apiVersion);
  }
  if (apiVersion >= 4) {
    writer.bool(value.allowAutoTopicCreation ?? true);
  }
  if (apiVersion >= 8) {
    writer.bool(value.includeClusterAuthorizedOperations ?? false);
  }
  if (apiVersion >= 8) {
    writer.bool(value.includeTopicAuthorizedOperations ?? false);
  }
}

function decodeMetadataRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): MetadataRequestTopic {
  const topicId = apiVersion >= 10 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const name = apiVersion >= 10 ? reader.compactNullableString() : reader.compactString();
  reader.skipTags();
  return { topicId, name };
}

function decodeMetadataRequestFlexible(reader: Reader, apiVersion: number): MetadataRequest {
  let topics: MetadataRequestTopic[] | null = null;
  const topicsLength = reader.compactNullableArrayLength(2);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<MetadataRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeMetadataRequestTopicFlexible(reader, apiVersion);
  }
  const allowAutoTopicCreation = reader.bool();
  const includeClusterAuthorizedOperations = apiVersion <= 10 ? reader.bool() : false;
  const includeTopicAuthorizedOperations = reader.bool();
  reader.skipTags();
  return {
    topics,
    allowAutoTopicCreation,
    includeClusterAuthorizedOperations,
    includeTopicAuthorizedOperations,
  };
}

function encodeMetadataRequestTopicFlexible(
  writer: Writer,
  value: MetadataRequestTopicInput,
  apiVersion: number,
): void {
  if (apiVersion >= 10) {
    writer.uuid(value.topicId ?? '00000000-0000-0000-0000-000000000000');
  }
  if (apiVersion >= 10) {
    writer.compactNullableString(value.name);
  } else {
    writer.compactString(notNull(value.name, 'MetadataRequestTopic.name', apiVersion));
  }
  writer.uvarint(0);
}

function encodeMetadataRequestFlexible(
  writer: Writer,
  value: MetadataRequestInput,
  apiVersion: number,
): void {
  const topics = value.topics;
  if (topics === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topics.length);
    for (const element of topics) encodeMetadataRequestTopicFlexible(writer, element, apiVersion);
  }
  writer.bool(value.allowAutoTopicCreation ?? true);
  if (apiVersion <= 10) {
    writer.bool(value.includeClusterAuthorizedOperations ?? false);
  }
  writer.bool(value.includeTopicAuthorizedOperations ?? false);
  writer.uvarint(0);
}

export const metadataRequestCodec: MessageCodec<MetadataRequest, MetadataRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 9
      ? decodeMetadataRequestFlexible(reader, apiVersion)
      : decodeMetadataRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 9
      ? encodeMetadataRequestFlexible(writer, value, apiVersion)
      : encodeMetadataRequestClassic(writer, value, apiVersion),
};
