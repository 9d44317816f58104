// Records of `__consumer_offsets`, byte for byte as Kafka writes them, so that foreign tools can read ours and we theirs.
// Protects: an unknown version is refused, never skipped: skipping it would lose a commit.
// Leaves out: the layouts of consumer groups (consumer-group-records.ts) and the topic id of OffsetCommitValue v4 (read over).
// Source: group-coordinator/src/main/resources/common/message/*.json of Apache Kafka 4.x.
//
//   OffsetCommitKey    v0-1 | i16 version | str group | str topic | i32 partition |
//   OffsetCommitValue  v3   | i16 3 | i64 offset | i32 leaderEpoch | str metadata | i64 commitTimestamp |
//                      v1   | i16 1 | i64 offset | str metadata | i64 commitTimestamp | i64 expireTimestamp |
//                      v0, v2 as v1 without expireTimestamp; v4 as v3 in flexible form (compact string, tags)
//   GroupMetadataKey   v2   | i16 2 | str group |
//   GroupMetadataValue v3   | i16 3 | str protocolType | i32 generation | nstr protocol | nstr leader |
//                           | i64 currentStateTimestamp | i32 n | n × member |
//      member               | str memberId | nstr groupInstanceId | str clientId | str clientHost |
//                           | i32 rebalanceTimeout | i32 sessionTimeout | bytes subscription | bytes assignment |
//                      v0: no rebalanceTimeout, currentStateTimestamp, groupInstanceId; v1 +rebalanceTimeout;
//                      v2 +currentStateTimestamp; v3 +groupInstanceId; v4 as v3 in flexible form
//   str = i16 length + UTF-8, nstr = str with length −1 for null, bytes = i32 length + bytes. A null value deletes the key.

import {
  type ConsumerGroupRecord,
  decodeConsumerGroupRecord,
  encodeConsumerGroupRecord,
} from './consumer-group-records.js';
import { type KeyValue, RecordReader, RecordWriter } from './record-bytes.js';

/** One committed offset. */
export interface CommittedOffset {
  readonly offset: number;
  /** −1 when the client did not say. */
  readonly leaderEpoch: number;
  /** The client's own text, at most 4,096 characters. */
  readonly metadata: string;
  /** Wall clock, ms since the epoch. */
  readonly commitTimestampMs: number;
  /** Wall clock; −1: the group's retention decides. */
  readonly expireTimestampMs: number;
}

/** One member as the log keeps it. */
export interface StoredMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** Opaque metadata for the selected protocol. */
  readonly subscription: Buffer;
  readonly assignment: Buffer;
}

/** One generation of a group as the log keeps it. */
export interface StoredGroup {
  /** '' for a group without a protocol. */
  readonly protocolType: string;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string | null;
  /** When the group took its present state, wall clock; −1 when an old writer did not say. */
  readonly currentStateTimestampMs: number;
  readonly members: readonly StoredMember[];
}

/** Offsets and classic groups. */
export type ClassicGroupRecord =
  | {
      readonly kind: 'offset-committed';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
      readonly value: CommittedOffset;
    }
  | {
      readonly kind: 'offset-deleted';
      readonly groupId: string;
      readonly topic: string;
      readonly partition: number;
    }
  | { readonly kind: 'group-stored'; readonly groupId: string; readonly value: StoredGroup }
  | { readonly kind: 'group-deleted'; readonly groupId: string };

/** What a record of `__consumer_offsets` says. */
export type OffsetsTopicRecord = ClassicGroupRecord | ConsumerGroupRecord;

/** A record this version cannot read: the shard must stop rather than guess. */
export class UnreadableRecordError extends Error {
  readonly code = 'ERR_UNREADABLE_RECORD';
}

const offsetKeyVersionMax = 1;
const groupKeyVersion = 2;
const valueVersionMax = 4;
const valueVersionWritten = 3;
/** The only version with an expiry of its own. */
const expiringOffsetVersion = 1;
const firstFlexibleVersion = 4;

/** Buffers of the result are owned by the caller. */
export function encodeOffsetsTopicRecord(record: OffsetsTopicRecord): KeyValue {
  switch (record.kind) {
    case 'offset-committed':
      return { key: offsetKey(record), value: offsetValue(record.value) };
    case 'offset-deleted':
      return { key: offsetKey(record), value: null };
    case 'group-stored':
      return { key: groupKey(record.groupId), value: groupValue(record.value) };
    case 'group-deleted':
      return { key: groupKey(record.groupId), value: null };
    default:
      return encodeConsumerGroupRecord(record);
  }
}

/**
 * Inverse of `encodeOffsetsTopicRecord`; also reads the older and newer value versions named above. Buffers of the result are
 * copies. Throws UnreadableRecordError for an unknown version and for damaged bytes.
 */
export function decodeOffsetsTopicRecord(
  keyBytes: Buffer | null,
  valueBytes: Buffer | null,
): OffsetsTopicRecord {
  if (keyBytes === null) throw new UnreadableRecordError('a group record without a key');
  try {
    const key = new RecordReader(keyBytes);
    const version = key.int16();
    if (version >= 0 && version <= offsetKeyVersionMax) {
      const groupId = key.string();
      const topic = key.string();
      const partition = key.int32();
      if (valueBytes === null) return { kind: 'offset-deleted', groupId, topic, partition };
      const value = readOffsetValue(new RecordReader(valueBytes));
      return { kind: 'offset-committed', groupId, topic, partition, value };
    }
    if (version === groupKeyVersion) {
      const groupId = key.string();
      if (valueBytes === null) return { kind: 'group-deleted', groupId };
      return {
        kind: 'group-stored',
        groupId,
        value: readGroupValue(new RecordReader(valueBytes)),
      };
    }
    const value = valueBytes === null ? null : new RecordReader(valueBytes);
    if (value) knownConsumerValueVersion(value.int16(), version);
    const record = decodeConsumerGroupRecord(version, { keyBytes, key }, value);
    if (record) return record;
    throw new UnreadableRecordError(`group record with unknown key version ${version}`);
  } catch (error) {
    if (error instanceof UnreadableRecordError) throw error;
    throw new UnreadableRecordError('group record with damaged bytes', { cause: error });
  }
}

function offsetKey(key: { groupId: string; topic: string; partition: number }): Buffer {
  const writer = new RecordWriter();
  writer.int16(offsetKeyVersionMax);
  writer.string(key.groupId);
  writer.string(key.topic);
  writer.int32(key.partition);
  return writer.finish();
}

function groupKey(groupId: string): Buffer {
  const writer = new RecordWriter();
  writer.int16(groupKeyVersion);
  writer.string(groupId);
  return writer.finish();
}

function offsetValue(value: CommittedOffset): Buffer {
  const writer = new RecordWriter();
  const expires = value.expireTimestampMs >= 0;
  writer.int16(expires ? expiringOffsetVersion : valueVersionWritten);
  writer.int64(value.offset);
  // As in Kafka, an expiry of its own costs the leader epoch: no version carries both.
  if (!expires) writer.int32(value.leaderEpoch);
  writer.string(value.metadata);
  writer.int64(value.commitTimestampMs);
  if (expires) writer.int64(value.expireTimestampMs);
  return writer.finish();
}

function readOffsetValue(reader: RecordReader): CommittedOffset {
  const version = knownValueVersion(reader.int16(), 'OffsetCommitValue');
  const offset = reader.int64();
  const leaderEpoch = version >= 3 ? reader.int32() : -1;
  const metadata = version >= firstFlexibleVersion ? reader.compactString() : reader.string();
  const commitTimestampMs = reader.int64();
  const expireTimestampMs = version === expiringOffsetVersion ? reader.int64() : -1;
  if (version >= firstFlexibleVersion) reader.skipTags();
  return { offset, leaderEpoch, metadata, commitTimestampMs, expireTimestampMs };
}

function groupValue(group: StoredGroup): Buffer {
  const writer = new RecordWriter();
  writer.int16(valueVersionWritten);
  writer.string(group.protocolType);
  writer.int32(group.generation);
  writer.nullableString(group.protocol);
  writer.nullableString(group.leader);
  writer.int64(group.currentStateTimestampMs);
  writer.int32(group.members.length);
  for (const member of group.members) {
    writer.string(member.memberId);
    writer.nullableString(member.groupInstanceId);
    writer.string(member.clientId);
    writer.string(member.clientHost);
    writer.int32(member.rebalanceTimeoutMs);
    writer.int32(member.sessionTimeoutMs);
    writer.bytes(member.subscription);
    writer.bytes(member.assignment);
  }
  return writer.finish();
}

function readGroupValue(reader: RecordReader): StoredGroup {
  const version = knownValueVersion(reader.int16(), 'GroupMetadataValue');
  const flexible = version >= firstFlexibleVersion;
  const protocolType = flexible ? reader.compactString() : reader.string();
  const generation = reader.int32();
  const protocol = flexible ? reader.compactNullableString() : reader.nullableString();
  const leader = flexible ? reader.compactNullableString() : reader.nullableString();
  const currentStateTimestampMs = version >= 2 ? reader.int64() : -1;
  const count = flexible ? reader.compactLength() : reader.length();
  const members: StoredMember[] = [];
  for (let i = 0; i < count; i += 1) members.push(readMember(reader, version));
  if (flexible) reader.skipTags();
  return { protocolType, generation, protocol, leader, currentStateTimestampMs, members };
}

function readMember(reader: RecordReader, version: number): StoredMember {
  const flexible = version >= firstFlexibleVersion;
  const string = () => (flexible ? reader.compactString() : reader.string());
  const bytes = () => (flexible ? reader.compactBytes() : reader.bytes());
  const memberId = string();
  let groupInstanceId: string | null = null;
  if (version >= 3)
    groupInstanceId = flexible ? reader.compactNullableString() : reader.nullableString();
  const clientId = string();
  const clientHost = string();
  const rebalanceTimeoutMs = version >= 1 ? reader.int32() : undefined;
  const sessionTimeoutMs = reader.int32();
  const subscription = bytes();
  const assignment = bytes();
  if (flexible) reader.skipTags();
  return {
    memberId,
    groupInstanceId,
    clientId,
    clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutMs ?? sessionTimeoutMs,
    sessionTimeoutMs,
    subscription,
    assignment,
  };
}

function knownConsumerValueVersion(version: number, keyVersion: number): void {
  if (version !== 0) {
    throw new UnreadableRecordError(`value version ${version} behind key version ${keyVersion}`);
  }
}

function knownValueVersion(version: number, name: string): number {
  if (version < 0 || version > valueVersionMax) {
    throw new UnreadableRecordError(`${name} with unknown version ${version}`);
  }
  return version;
}
