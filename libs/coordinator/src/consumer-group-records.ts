// Records of consumer groups (KIP-848) in `__consumer_offsets`, byte for byte as Kafka 4.1 writes them: key versions 3 and 5 to 8.
// Key versions 4 (topic metadata, superseded by the hash) and 16 (resolved patterns) are read over: both derive from the topics.
// Protects: an unknown value version is refused. Leaves out: members of the classic protocol in a consumer group (their tag is
// read over; such a member lapses). Source: group-coordinator/src/main/resources/common/message of Apache Kafka 4.1.
//
//   key   i16 version | str group |                3 group, 6 target epoch
//         i16 version | str group | str member |   5 member, 7 target of a member, 8 current assignment
//   value i16 0, then in flexible form (compact lengths, tags):
//     3 | i32 epoch | tag 0: i64 hash of the topics
//     5 | ncstr instance | ncstr rack | cstr clientId | cstr clientHost | carr cstr names | ncstr regex | i32 rebalanceTimeout |
//       | ncstr assignor | tags
//     6 | i32 assignmentEpoch | tags
//     7 | carr topic | tags                       topic = uuid | carr i32 partitions | tags
//     8 | i32 epoch | i32 previousEpoch | i8 state | carr topic assigned | carr topic pendingRevocation | tags

import { type KeyValue, type RecordReader, RecordWriter } from './record-bytes.js';
import { type TopicPartitions, fromList, toList } from './topic-partitions.js';

/** What a member told of itself. */
export interface ConsumerMemberMetadata {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted, each once. */
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  /** null: no preference. */
  readonly serverAssignor: string | null;
}

/** stable: has what it is to have; unrevoked: must give up partitions first; unreleased: waits for others to give up theirs. */
export type MemberState = 'stable' | 'unrevoked' | 'unreleased';

export interface MemberAssignment {
  /** 0: joining; −2: a static member that will be back. */
  readonly memberEpoch: number;
  /** Accepted too: the answer with the new epoch may have got lost. */
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  readonly assigned: TopicPartitions;
  /** To be given up; nobody else may have them before this member stops listing them. */
  readonly pendingRevocation: TopicPartitions;
}

export type ConsumerGroupRecord =
  | {
      readonly kind: 'consumer-group-stored';
      readonly groupId: string;
      readonly epoch: number;
      readonly metadataHash: number;
    }
  | { readonly kind: 'consumer-group-deleted'; readonly groupId: string }
  | {
      readonly kind: 'consumer-member-stored';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: ConsumerMemberMetadata;
    }
  | {
      readonly kind: 'consumer-member-deleted';
      readonly groupId: string;
      readonly memberId: string;
    }
  | {
      readonly kind: 'target-epoch-stored';
      readonly groupId: string;
      readonly assignmentEpoch: number;
    }
  | { readonly kind: 'target-epoch-deleted'; readonly groupId: string }
  | {
      readonly kind: 'target-member-stored';
      readonly groupId: string;
      readonly memberId: string;
      readonly partitions: TopicPartitions;
    }
  | { readonly kind: 'target-member-deleted'; readonly groupId: string; readonly memberId: string }
  | {
      readonly kind: 'current-assignment-stored';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: MemberAssignment;
    }
  | {
      readonly kind: 'current-assignment-deleted';
      readonly groupId: string;
      readonly memberId: string;
    }
  /** State of other writers that is not needed here; encodes to its deletion. */
  | { readonly kind: 'derived-state'; readonly key: Buffer };

const keyVersion = {
  group: 3,
  partitionMetadata: 4,
  member: 5,
  targetEpoch: 6,
  targetMember: 7,
  currentAssignment: 8,
  regularExpression: 16,
} as const;

const states: Readonly<Record<MemberState, number>> = { stable: 1, unrevoked: 2, unreleased: 3 };
const metadataHashTag = 0;

export function encodeConsumerGroupRecord(record: ConsumerGroupRecord): KeyValue {
  switch (record.kind) {
    case 'consumer-group-stored':
      return { key: keyOf(keyVersion.group, record), value: groupValue(record) };
    case 'consumer-group-deleted':
      return { key: keyOf(keyVersion.group, record), value: null };
    case 'consumer-member-stored':
      return { key: keyOf(keyVersion.member, record), value: memberValue(record.value) };
    case 'consumer-member-deleted':
      return { key: keyOf(keyVersion.member, record), value: null };
    case 'target-epoch-stored':
      return { key: keyOf(keyVersion.targetEpoch, record), value: targetEpochValue(record) };
    case 'target-epoch-deleted':
      return { key: keyOf(keyVersion.targetEpoch, record), value: null };
    case 'target-member-stored':
      return { key: keyOf(keyVersion.targetMember, record), value: targetValue(record.partitions) };
    case 'target-member-deleted':
      return { key: keyOf(keyVersion.targetMember, record), value: null };
    case 'current-assignment-stored':
      return {
        key: keyOf(keyVersion.currentAssignment, record),
        value: currentValue(record.value),
      };
    case 'current-assignment-deleted':
      return { key: keyOf(keyVersion.currentAssignment, record), value: null };
    case 'derived-state':
      return { key: record.key, value: null };
  }
}

/**
 * `version` was read from `key`, `value` stands behind its own version. undefined: no key version of consumer groups. Throws
 * RangeError for damaged bytes.
 */
export function decodeConsumerGroupRecord(
  version: number,
  parts: { readonly keyBytes: Buffer; readonly key: RecordReader },
  value: RecordReader | null,
): ConsumerGroupRecord | undefined {
  const { key, keyBytes } = parts;
  switch (version) {
    case keyVersion.group: {
      const groupId = key.string();
      return value ? readGroup(groupId, value) : { kind: 'consumer-group-deleted', groupId };
    }
    case keyVersion.member: {
      const ids = { groupId: key.string(), memberId: key.string() };
      if (!value) return { kind: 'consumer-member-deleted', ...ids };
      return { kind: 'consumer-member-stored', ...ids, value: readMember(value) };
    }
    case keyVersion.targetEpoch: {
      const groupId = key.string();
      if (!value) return { kind: 'target-epoch-deleted', groupId };
      return { kind: 'target-epoch-stored', groupId, assignmentEpoch: value.int32() };
    }
    case keyVersion.targetMember: {
      const ids = { groupId: key.string(), memberId: key.string() };
      if (!value) return { kind: 'target-member-deleted', ...ids };
      return { kind: 'target-member-stored', ...ids, partitions: readPartitions(value) };
    }
    case keyVersion.currentAssignment: {
      const ids = { groupId: key.string(), memberId: key.string() };
      if (!value) return { kind: 'current-assignment-deleted', ...ids };
      return { kind: 'current-assignment-stored', ...ids, value: readCurrent(value) };
    }
    case keyVersion.partitionMetadata:
    case keyVersion.regularExpression:
      return { kind: 'derived-state', key: Buffer.from(keyBytes) };
    default:
      return undefined;
  }
}

function keyOf(version: number, ids: { groupId: string; memberId?: string }): Buffer {
  const writer = new RecordWriter();
  writer.int16(version);
  writer.string(ids.groupId);
  if (ids.memberId !== undefined) writer.string(ids.memberId);
  return writer.finish();
}

function valueWriter(): RecordWriter {
  const writer = new RecordWriter();
  writer.int16(0);
  return writer;
}

function groupValue(group: { epoch: number; metadataHash: number }): Buffer {
  const writer = valueWriter();
  writer.int32(group.epoch);
  if (group.metadataHash === 0) {
    writer.uvarint(0);
  } else {
    writer.uvarint(1);
    writer.uvarint(metadataHashTag);
    writer.uvarint(8);
    writer.int64(group.metadataHash);
  }
  return writer.finish();
}

function readGroup(groupId: string, reader: RecordReader): ConsumerGroupRecord {
  const epoch = reader.int32();
  let metadataHash = 0;
  // Hashes of another writer may exceed a number: whatever comes out only has to differ from ours.
  reader.tags((tag) => {
    if (tag === metadataHashTag) metadataHash = reader.int64();
  });
  return { kind: 'consumer-group-stored', groupId, epoch, metadataHash };
}

function memberValue(member: ConsumerMemberMetadata): Buffer {
  const writer = valueWriter();
  writer.compactNullableString(member.instanceId);
  writer.compactNullableString(member.rackId);
  writer.compactString(member.clientId);
  writer.compactString(member.clientHost);
  writer.compactLength(member.subscribedTopicNames.length);
  for (const name of member.subscribedTopicNames) writer.compactString(name);
  writer.compactNullableString(member.subscribedTopicRegex);
  writer.int32(member.rebalanceTimeoutMs);
  writer.compactNullableString(member.serverAssignor);
  writer.uvarint(0);
  return writer.finish();
}

function readMember(reader: RecordReader): ConsumerMemberMetadata {
  const instanceId = reader.compactNullableString();
  const rackId = reader.compactNullableString();
  const clientId = reader.compactString();
  const clientHost = reader.compactString();
  const count = reader.compactLength();
  const subscribedTopicNames: string[] = [];
  for (let i = 0; i < count; i += 1) subscribedTopicNames.push(reader.compactString());
  const subscribedTopicRegex = reader.compactNullableString();
  const rebalanceTimeoutMs = reader.int32();
  const serverAssignor = reader.compactNullableString();
  reader.skipTags();
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames,
    subscribedTopicRegex,
    rebalanceTimeoutMs,
    serverAssignor,
  };
}

function targetEpochValue({ assignmentEpoch }: { assignmentEpoch: number }): Buffer {
  const writer = valueWriter();
  writer.int32(assignmentEpoch);
  writer.uvarint(0);
  return writer.finish();
}

function targetValue(partitions: TopicPartitions): Buffer {
  const writer = valueWriter();
  writePartitions(writer, partitions);
  writer.uvarint(0);
  return writer.finish();
}

function currentValue(current: MemberAssignment): Buffer {
  const writer = valueWriter();
  writer.int32(current.memberEpoch);
  writer.int32(current.previousMemberEpoch);
  writer.int8(states[current.state]);
  writePartitions(writer, current.assigned);
  writePartitions(writer, current.pendingRevocation);
  writer.uvarint(0);
  return writer.finish();
}

function readCurrent(reader: RecordReader): MemberAssignment {
  const memberEpoch = reader.int32();
  const previousMemberEpoch = reader.int32();
  const code = reader.int8();
  const state = (Object.keys(states) as MemberState[]).find((name) => states[name] === code);
  if (state === undefined) throw new RangeError(`a member in the unknown state ${code}`);
  const assigned = readPartitions(reader);
  const pendingRevocation = readPartitions(reader);
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

function writePartitions(writer: RecordWriter, sets: TopicPartitions): void {
  const list = toList(sets);
  writer.compactLength(list.length);
  for (const { topicId, partitions } of list) {
    writer.uuid(topicId);
    writer.compactLength(partitions.length);
    for (const partition of partitions) writer.int32(partition);
    writer.uvarint(0);
  }
}

function readPartitions(reader: RecordReader): TopicPartitions {
  const count = reader.compactLength();
  const list: { topicId: string; partitions: number[] }[] = [];
  for (let i = 0; i < count; i += 1) {
    const topicId = reader.uuid();
    const partitions: number[] = [];
    for (let left = reader.compactLength(); left > 0; left -= 1) partitions.push(reader.int32());
    reader.skipTags();
    list.push({ topicId, partitions });
  }
  return fromList(list);
}
