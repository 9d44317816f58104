// OffsetFetchRequest (key 9), versions 1 to 9. Written by `npm run gen` from
// libs/protocol/src/messages/09-offset-fetch.ts; do not edit.

import type { MessageCodec } from '../api-codec.js';
import { type Reader, newArray } from '../reader.js';
import { type Writer, notNull } from '../writer.js';

export interface OffsetFetchRequest {
  /** Versions 1 to 7. */
  readonly groupId: string;
  /** Versions 1 to 7; null in 2+. */
  readonly topics: OffsetFetchRequestTopic[] | null;
  /** Versions 8+. */
  readonly groups: OffsetFetchRequestGroup[];
  /** Versions 7+; default false. */
  readonly requireStable: boolean;
}

export interface OffsetFetchRequestInput {
  readonly groupId?: string | undefined;
  readonly topics?: readonly OffsetFetchRequestTopicInput[] | null | undefined;
  readonly groups?: readonly OffsetFetchRequestGroupInput[] | undefined;
  readonly requireStable?: boolean | undefined;
}

export interface OffsetFetchRequestGroup {
  /** Versions 8+. */
  readonly groupId: string;
  /** Versions 9. */
  readonly memberId: string | null;
  /** Versions 9; default -1. */
  readonly memberEpoch: number;
  /** Versions 8+. */
  readonly topics: OffsetFetchRequestGroupTopic[] | null;
}

export interface OffsetFetchRequestGroupInput {
  readonly groupId: string;
  readonly memberId?: string | null | undefined;
  readonly memberEpoch?: number | undefined;
  readonly topics: readonly OffsetFetchRequestGroupTopicInput[] | null;
}

export interface OffsetFetchRequestGroupTopic {
  /** Versions 8+. */
  readonly name: string;
  /** Versions 8+. */
  readonly partitionIndexes: number[];
}

export interface OffsetFetchRequestGroupTopicInput {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

export interface OffsetFetchRequestTopic {
  /** Versions 1 to 7. */
  readonly name: string;
  /** Versions 1 to 7. */
  readonly partitionIndexes: number[];
}

export interface OffsetFetchRequestTopicInput {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

function decodeOffsetFetchRequestTopicClassic(
  reader: Reader,
  apiVersion: number,
): OffsetFetchRequestTopic {
  const name = reader.string();
  const partitionIndexesLength = reader.arrayLength(4);
  const partitionIndexes = newArray<number>(partitionIndexesLength);
  for (let i = 0; i < partitionIndexesLength; i++) partitionIndexes[i] = reader.int32();
  return { name, partitionIndexes };
}

function decodeOffsetFetchRequestClassic(reader: Reader, apiVersion: number): OffsetFetchRequest {
  const groupId = reader.string();
  let topics: OffsetFetchRequestTopic[] | null = null;
  const topicsLength = apiVersion >= 2 ? reader.nullableArrayLength(6) : reader.arrayLength(6);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<OffsetFetchRequestTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeOffsetFetchRequestTopicClassic(reader, apiVersion);
  }
  const groups: OffsetFetchRequestGroup[] = [];
  const requireStable: boolean = false;
  return { groupId, topics, groups, requireStable };
}

function encodeOffsetFetchRequestTopicClassic(
  writer: Writer,
  value: OffsetFetchRequestTopicInput,
  apiVersion: number,
): void {
  writer.string(value.name);
  const partitionIndexes = value.partitionIndexes;
  writer.arrayLength(partitionIndexes.length);
  for (const element of partitionIndexes) writer.int32(element);
}

function encodeOffsetFetchRequestClassic(
  writer: Writer,
  value: OffsetFetchRequestInput,
  apiVersion: number,
): void {
  writer.string(value.groupId ?? '');
  if (apiVersion >= 2) {
    const topics = value.topics === undefined ? [] : value.topics;
    if (topics === null) writer.arrayLength(-1);
    else {
      writer.arrayLength(topics.length);
      for (const element of topics)
        encodeOffsetFetchRequestTopicClassic(writer, element, apiVersion);
    }
  } else {
    const topics = notNull(
      value.topics === undefined ? [] : value.topics,
      'OffsetFetchRequest.topics',
      apiVersion,
    );
    writer.arrayLength(topics.length);
    for (const element of topics) encodeOffsetFetchRequestTopicClassic(writer, element, apiVersion);
  }
}

function decodeOffsetFetchRequestTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchRequestTopic {
  const name = reader.compactString();
  const partitionIndexesLength = reader.compactArrayLength(4);
  const partitionIndexes = newArray<number>(partitionIndexesLength);
  for (let i = 0; i < partitionIndexesLength; i++) partitionIndexes[i] = reader.int32();
  reader.skipTags();
  return { name, partitionIndexes };
}

function decodeOffsetFetchRequestGroupTopicFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchRequestGroupTopic {
  const name = reader.compactString();
  const partitionIndexesLength = reader.compactArrayLength(4);
  const partitionIndexes = newArray<number>(partitionIndexesLength);
  for (let i = 0; i < partitionIndexesLength; i++) partitionIndexes[i] = reader.int32();
  reader.skipTags();
  return { name, partitionIndexes };
}

function decodeOffsetFetchRequestGroupFlexible(
  reader: Reader,
  apiVersion: number,
): OffsetFetchRequestGroup {
  const groupId = reader.compactString();
  const memberId = apiVersion >= 9 ? reader.compactNullableString() : null;
  const memberEpoch = apiVersion >= 9 ? reader.int32() : -1;
  let topics: OffsetFetchRequestGroupTopic[] | null = null;
  const topicsLength = reader.compactNullableArrayLength(3);
  if (topicsLength < 0) topics = null;
  else {
    topics = newArray<OffsetFetchRequestGroupTopic>(topicsLength);
    for (let i = 0; i < topicsLength; i++)
      topics[i] = decodeOffsetFetchRequestGroupTopicFlexible(reader, apiVersion);
  }
  reader.skipTags();
  return { groupId, memberId, memberEpoch, topics };
}

function decodeOffsetFetchRequestFlexible(reader: Reader, apiVersion: number): OffsetFetchRequest {
  const groupId = apiVersion <= 7 ? reader.compactString() : '';
  let topics: OffsetFetchRequestTopic[] | null = [];
  if (apiVersion <= 7) {
    const topicsLength = reader.compactNullableArrayLength(3);
    if (topicsLength < 0) topics = null;
    else {
      topics = newArray<OffsetFetchRequestTopic>(topicsLength);
      for (let i = 0; i < topicsLength; i++)
        topics[i] = decodeOffsetFetchRequestTopicFlexible(reader, apiVersion);
    }
  }
  let groups: OffsetFetchRequestGroup[] = [];
  if (apiVersion >= 8) {
    const groupsLength = reader.compactArrayLength(3);
    groups = newArray<OffsetFetchRequestGroup>(groupsLength);
    for (let i = 0; i < groupsLength; i++)
      groups[i] = decodeOffsetFetchRequestGroupFlexible(reader, apiVersion);
  }
  const requireStable = apiVersion >= 7 ? reader.bool() : false;
  reader.skipTags();
  return { groupId, topics, groups, requireStable };
}

function encodeOffsetFetchRequestTopicFlexible(
  writer: Writer,
  value: OffsetFetchRequestTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionIndexes = value.partitionIndexes;
  writer.compactArrayLength(partitionIndexes.length);
  for (const element of partitionIndexes) writer.int32(element);
  writer.uvarint(0);
}

function encodeOffsetFetchRequestGroupTopicFlexible(
  writer: Writer,
  value: OffsetFetchRequestGroupTopicInput,
  apiVersion: number,
): void {
  writer.compactString(value.name);
  const partitionIndexes = value.partitionIndexes;
  writer.compactArrayLength(partitionIndexes.length);
  for (const element of partitionIndexes) writer.int32(element);
  writer.uvarint(0);
}

function encodeOffsetFetchRequestGroupFlexible(
  writer: Writer,
  value: OffsetFetchRequestGroupInput,
  apiVersion: number,
): void {
  writer.compactString(value.groupId);
  if (apiVersion >= 9) {
    writer.compactNullableString(value.memberId ?? null);
  }
  if (apiVersion >= 9) {
    writer.int32(value.memberEpoch ?? -1);
  }
  const topics = value.topics;
  if (topics === null) writer.compactArrayLength(-1);
  else {
    writer.compactArrayLength(topics.length);
    for (const element of topics)
      encodeOffsetFetchRequestGroupTopicFlexible(writer, element, apiVersion);
  }
  writer.uvarint(0);
}

function encodeOffsetFetchRequestFlexible(
  writer: Writer,
  value: OffsetFetchRequestInput,
  apiVersion: number,
): void {
  if (apiVersion <= 7) {
    writer.compactString(value.groupId ?? '');
  }
  if (apiVersion <= 7) {
    const topics = value.topics === undefined ? [] : value.topics;
    if (topics === null) writer.compactArrayLength(-1);
    else {
      writer.compactArrayLength(topics.length);
      for (const element of topics)
        encodeOffsetFetchRequestTopicFlexible(writer, element, apiVersion);
    }
  }
  if (apiVersion >= 8) {
    const groups = value.groups ?? [];
    writer.compactArrayLength(groups.length);
    for (const element of groups)
      encodeOffsetFetchRequestGroupFlexible(writer, element, apiVersion);
  }
  if (apiVersion >= 7) {
    writer.bool(value.requireStable ?? false);
  }
  writer.uvarint(0);
}

export const offsetFetchRequestCodec: MessageCodec<OffsetFetchRequest, OffsetFetchRequestInput> = {
  decode: (reader, apiVersion) =>
    apiVersion >= 6
      ? decodeOffsetFetchRequestFlexible(reader, apiVersion)
      : decodeOffsetFetchRequestClassic(reader, apiVersion),
  encode: (writer, value, apiVersion) =>
    apiVersion >= 6
      ? encodeOffsetFetchRequestFlexible(writer, value, apiVersion)
      : encodeOffsetFetchRequestClassic(writer, value, apiVersion),
};
