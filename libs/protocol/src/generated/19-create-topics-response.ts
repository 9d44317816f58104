// CreateTopicsResponse (key 19), versions 2 to 7. Written by `npm run gen` from
// libs/protocol/src/messages/19-create-topics.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer } from '../writer.js';

export interface CreateTopicsResponse {
  readonly throttleTimeMs: number;
  readonly topics: CreateTopicsResponseTopic[];
}

export interface CreateTopicsResponseInput {
  readonly throttleTimeMs?: number | undefined;
  readonly topics: readonly CreateTopicsResponseTopicInput[];
}

export interface CreateTopicsResponseTopic {
  readonly name: string;
  /** Versions 7. */
  readonly topicId: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Versions 5+. */
  readonly topicConfigErrorCode: number;
  /** Versions 5+; default -1. */
  readonly numPartitions: number;
  /** Versions 5+; default -1. */
  readonly replicationFactor: number;
  /** Versions 5+. */
  readonly configs: CreateTopicsResponseTopicConfig[] | null;
}

export interface CreateTopicsResponseTopicInput {
  readonly name: string;
  readonly topicId?: string | undefined;
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly topicConfigErrorCode?: number | undefined;
  readonly numPartitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  readonly configs?: readonly CreateTopicsResponseTopicConfigInput[] | null | undefined;
}

export interface CreateTopicsResponseTopicConfig {
  /** Versions 5+. */
  readonly name: string;
  /** Versions 5+. */
  readonly value: string | null;
  /** Versions 5+. */
  readonly readOnly: boolean;
  /** Versions 5+; default -1. */
  readonly configSource: number;
  /** Versions 5+. */
  readonly isSensitive: boolean;
}

export interface CreateTopicsResponseTopicConfigInput {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource?: number | undefined;
  readonly isSensitive: boolean;
}

function decodeCreateTopicsResponseTopicClassic(
  reader: Reader,
  apiVersion: number,
): CreateTopicsResponseTopic {
  const name = reader.string();
  const topicId: string = '00000000-0000-0000-0000-000000000000';
  const errorCode = reader.int16();
  const errorMessage = reader.nullableString();
  let topicConfigErrorCode: number = 0;
  const numPartitions: number = -1;
  const replicationFactor: number = -1;
  const configs: CreateTopicsResponseTopicConfig[] | null = [];
  return {
    name,
    topicId,
    errorCode,
    errorMessage,
    topicConfigErrorCode,
    numPartitions,
    replicationFactor,
    configs,
  };
}

function decodeCreateTopicsResponseClassic(
  reader: Reader,
  apiVersion: number,
): CreateTopicsResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.arrayLength(6);
  const topics = newArray<CreateTopicsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreateTopicsResponseTopicClassic(reader, apiVersion);
  return { throttleTimeMs, topics };
}

function encodeCreateTopicsResponseTopicClassic(
  writer: Writer,
  value: CreateTopicsResponseTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  writer.int16(value.errorCode);
  writer.nullableString(value.errorMessage);
}

function encodeCreateTopicsResponseClassic(
  writer: Writer,
  value: CreateTopicsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.arrayLength(topics.length);
  for (const element of topics) encodeCreateTopicsResponseTopicClassic(writer, element, apiVersion);
}

function decodeCreateTopicsResponseTopicConfigFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsResponseTopicConfig {
  const name = reader.compactString();
  const value = reader.compactNullableString();
  const readOnly = reader.bool();
  const configSource = reader.int8();
  const isSensitive = reader.bool();
  reader.skipTags();
  return { name, value, readOnly, configSource, isSensitive };
}

function decodeCreateTopicsResponseTopicFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsResponseTopic {
  const name = reader.compactString();
  const topicId = apiVersion >= 7 ? reader.uuid() : '00000000-0000-0000-0000-000000000000';
  const errorCode = reader.int16();
  const errorMessage = reader.compactNullableString();
  let topicConfigErrorCode: number = 0;
  const numPartitions = reader.int32();
  const replicationFactor = reader.int16();
  let configs: CreateTopicsResponseTopicConfig[] | null = null;
  const configsLength = reader.compactNullableArrayLength(6);
  if (configsLength < 0) configs = null;
  else {
    configs = newArray<CreateTopicsResponseTopicConfig>(configsLength);
    for (let i = 0; i < configsLength; i++)
      configs[i] = decodeCreateTopicsResponseTopicConfigFlexible(reader, apiVersion);
  }
  for (let count = reader.tagCount(); count > 0; count--) {
    const tag = reader.uvarint();
    const end = reader.tagEnd();
    switch (tag) {
      case 0: {
        topicConfigErrorCode = reader.int16();
        break;
      }
      default:
    }
    reader.leaveTag(end);
  }
  return {
    name,
    topicId,
    errorCode,
    errorMessage,
    topicConfigErrorCode,
    numPartitions,
    replicationFactor,
    configs,
  };
}

function decodeCreateTopicsResponseFlexible(
  reader: Reader,
  apiVersion: number,
): CreateTopicsResponse {
  const throttleTimeMs = reader.int32();
  const topicsLength = reader.compactArrayLength(12);
  const topics = newArray<CreateTopicsResponseTopic>(topicsLength);
  for (let i = 0; i < topicsLength; i++)
    topics[i] = decodeCreateTopicsResponseTopicFlexible(reader, apiVersion);
  reader.skipTags();
  return { throttleTimeMs, topics };
}

function encodeCreateTopicsResponseTopicConfigFlexible(
  writer: Writer,
  value: CreateTopicsResponseTopicConfigInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  writer.compactNullableString(value.value);
  writer.bool(value.readOnly);
  writer.int8(value.configSource ?? -1);
  writer.bool(value.isSensitive);
  writer.uvarint(0);
}

function encodeCreateTopicsResponseTopicFlexible(
  writer: Writer,
  value: CreateTopicsResponseTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  if (apiVersion >= 7) {
    writer.uuid(value.topicId ?? '00000000-0000-0000-0000-000000000000');
  }
  writer.int16(value.errorCode);
  writer.compactNullableString(value.errorMessage);
  writer.int32(value.numPartitions ?? -1);
  writer.int16(value.replicationFactor ?? -1);
  const configs = value.configs === undefined ? [] : value.configs;
  if (configs === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(configs.length);
    for (const element of configs)
      encodeCreateTopicsResponseTopicConfigFlexible(writer, element, apiVersion);
  }
  const topicConfigErrorCode = value.topicConfigErrorCode ?? 0;
  const hasTopicConfigErrorCode = topicConfigErrorCode !== 0;
  writer.uvarint(hasTopicConfigErrorCode ? 1 : 0);
  if (hasTopicConfigErrorCode) {
    const mark = writer.enterTag(0);
    writer.int16(topicConfigErrorCode);
    writer.leaveTag(mark);
  }
}

function encodeCreateTopicsResponseFlexible(
  writer: Writer,
  value: CreateTopicsResponseInput,
  apiVersion: number,
): void {
  writer.int32(value.throttleTimeMs ?? 0);
  const topics = value.topics;
  writer.compactArrayLength(topics.length);
  for (const element of topics)
    encodeCreateTopicsResponseTopicFlexible(writer, element, apiVersion);
  writer.uvarint(0);
}

export const createTopicsResponseCodec: MessageCodec<
  CreateTopicsResponse,
  CreateTopicsResponseInput
> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 5
      ? decodeCreateTopicsResponseFlexible(reader, apiVersion)
      : decodeCreateTopicsResponseClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 5
      ? encodeCreateTopicsResponseFlexible(writer, value, apiVersion)
      : encodeCreateTopicsResponseClassic(writer, value, apiVersion),
};
