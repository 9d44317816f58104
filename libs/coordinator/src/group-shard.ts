// Durable state of one `__consumer_offsets` partition: committed offsets and stored generations of its groups.
// Protects: `replay` alone changes it, so memory is what the log says; a commit that membership refused writes nothing.
// Leaves out: timers and volatile membership (ClassicGroupMachine), consumer groups (ConsumerGroupShard), pending transactional
// offsets.
// Source: KIP-211; Kafka OffsetMetadataManager, GroupMetadataManager.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { unreachable } from '@drave/platform';

import {
  type FetchedOffset,
  type OffsetCommitInput,
  type OffsetCommitResult,
  type OffsetDeleteInput,
  type OffsetDeleteResult,
  type OffsetFetchGroupInput,
  type OffsetFetchGroupResult,
  emptyStoredGroup,
} from './group-requests.js';
import type {
  ClassicGroupRecord,
  CommittedOffset,
  OffsetsTopicRecord,
  StoredGroup,
} from './offsets-topic-codec.js';

/** What to append and, once that is committed, to answer. */
export interface Decision<Reply> {
  /** Appended as one batch, in this order. */
  readonly records: readonly OffsetsTopicRecord[];
  readonly reply: Reply;
}

type OffsetsOfTopic = Map<number, CommittedOffset>;

export class GroupShard {
  readonly #groups = new Map<string, StoredGroup>();
  /** group → topic → partition. */
  readonly #offsets = new Map<string, Map<string, OffsetsOfTopic>>();
  /** Groups with nothing in the log, or no longer: known, as to Kafka, until the next look for what has expired. */
  readonly #bare = new Set<string>();

  /** The group as last stored; undefined when it never was (it may still have offsets). */
  storedGroup(groupId: string): StoredGroup | undefined {
    return this.#groups.get(groupId);
  }

  /** True when the log holds a generation or an offset of it, or held one a while ago. */
  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId) || this.#offsets.has(groupId) || this.#bare.has(groupId);
  }

  groupIds(): Iterable<string> {
    return new Set([...this.#groups.keys(), ...this.#offsets.keys(), ...this.#bare]);
  }

  /** Somebody joined or committed, even if refused: the group is known from now on. */
  note(groupId: string): void {
    if (!this.hasGroup(groupId)) this.#bare.add(groupId);
  }

  /** The group is deleted. */
  forget(groupId: string): void {
    this.#bare.delete(groupId);
  }

  /** Nobody asked for these groups since they lost their last offset. */
  forgetBare(): void {
    this.#bare.clear();
  }

  offset(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#offsets.get(groupId)?.get(topic)?.get(partition);
  }

  offsets(groupId: string): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.#offsets.get(groupId) ?? new Map<string, OffsetsOfTopic>();
  }

  /** `verdict` is membership's; partitions that do not exist and metadata that is too long are refused one by one. */
  decideCommit(
    request: OffsetCommitInput,
    rules: {
      readonly verdict: ErrorName;
      readonly metadataLengthMax: number;
      readonly exists: (topic: string, partition: number) => boolean;
    },
    nowMs: number,
  ): Decision<OffsetCommitResult> {
    const records: OffsetsTopicRecord[] = [];
    const retentionMs = request.retentionTimeMs ?? -1;
    const expireTimestampMs = retentionMs < 0 ? -1 : nowMs + retentionMs;
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => {
        const metadata = asked.committedMetadata ?? '';
        let error = rules.verdict;
        if (error === 'NONE' && !rules.exists(name, asked.partitionIndex)) {
          error = 'UNKNOWN_TOPIC_OR_PARTITION';
        } else if (error === 'NONE' && metadata.length > rules.metadataLengthMax) {
          error = 'OFFSET_METADATA_TOO_LARGE';
        }
        if (error === 'NONE') {
          const value: CommittedOffset = {
            offset: asked.committedOffset,
            leaderEpoch: asked.committedLeaderEpoch ?? -1,
            metadata,
            commitTimestampMs: nowMs,
            expireTimestampMs,
          };
          const key = { groupId: request.groupId, topic: name, partition: asked.partitionIndex };
          records.push({ kind: 'offset-committed', ...key, value });
        }
        return { partitionIndex: asked.partitionIndex, errorCode: ErrorCode[error] };
      }),
    }));
    return { records, reply: { topics } };
  }

  /** A generation as the machine made it, stamped with `nowMs` (wall clock). */
  decideStore(groupId: string, group: StoredGroup, nowMs: number): Decision<undefined> {
    const value = { ...group, currentStateTimestampMs: nowMs };
    return { records: [{ kind: 'group-stored', groupId, value }], reply: undefined };
  }

  /** Removes the group and all its offsets; `deletion` are the records that remove it as a consumer group. */
  decideDelete(
    groupId: string,
    membership: { readonly isEmpty: boolean; readonly deletion: readonly OffsetsTopicRecord[] },
  ): Decision<ErrorName> {
    if (!membership.isEmpty) return { records: [], reply: 'NON_EMPTY_GROUP' };
    if (!this.hasGroup(groupId) && membership.deletion.length === 0) {
      return { records: [], reply: 'GROUP_ID_NOT_FOUND' };
    }
    const records: OffsetsTopicRecord[] = [];
    for (const [topic, partitions] of this.offsets(groupId)) {
      for (const partition of partitions.keys()) {
        records.push({ kind: 'offset-deleted', groupId, topic, partition });
      }
    }
    if (this.#groups.has(groupId)) records.push({ kind: 'group-deleted', groupId });
    records.push(...membership.deletion);
    return { records, reply: 'NONE' };
  }

  /** `membership`: what the group's members forbid. */
  decideDeleteOffsets(
    request: OffsetDeleteInput,
    membership: { readonly verdict: ErrorName; readonly isSubscribed: (topic: string) => boolean },
    exists: (topic: string, partition: number) => boolean,
  ): Decision<OffsetDeleteResult> {
    const { groupId } = request;
    if (membership.verdict !== 'NONE') {
      return { records: [], reply: { errorCode: ErrorCode[membership.verdict], topics: [] } };
    }
    const records: OffsetsTopicRecord[] = [];
    const topics = request.topics.map(({ name: topic, partitions }) => {
      const subscribed = membership.isSubscribed(topic);
      const answers = partitions.map(({ partitionIndex: partition }) => {
        let error: ErrorName = subscribed ? 'GROUP_SUBSCRIBED_TO_TOPIC' : 'NONE';
        if (!exists(topic, partition)) error = 'UNKNOWN_TOPIC_OR_PARTITION';
        if (error === 'NONE' && this.offset(groupId, topic, partition)) {
          records.push({ kind: 'offset-deleted', groupId, topic, partition });
        }
        return { partitionIndex: partition, errorCode: ErrorCode[error] };
      });
      return { name: topic, partitions: answers };
    });
    return { records, reply: { errorCode: ErrorCode.NONE, topics } };
  }

  /** The topic is gone: a new one of its name must not begin at the old one's offsets. */
  decideForgetTopic(topic: string): Decision<undefined> {
    const records: OffsetsTopicRecord[] = [];
    for (const [groupId, topics] of this.#offsets) {
      for (const partition of topics.get(topic)?.keys() ?? []) {
        records.push({ kind: 'offset-deleted', groupId, topic, partition });
      }
    }
    return { records, reply: undefined };
  }

  /**
   * Removes offsets past their time, and the group with the last of them when it is empty (KIP-211). The clock of an offset starts
   * when its group became empty, or at the commit for a simple group and for topics an active consumer group no longer reads.
   */
  decideExpire(
    groupId: string,
    membership: {
      readonly isEmpty: boolean;
      /** Offsets of this topic may go although there are members. */
      readonly isAbandoned: (topic: string) => boolean;
      /** Removes it as a consumer group. */
      readonly deletion: readonly OffsetsTopicRecord[];
    },
    nowMs: number,
    retentionMs: number,
  ): Decision<undefined> {
    const group = this.#groups.get(groupId);
    const isSimple = !group || group.protocolType === '';
    const emptySinceMs = isSimple ? -1 : group.currentStateTimestampMs;
    const records: OffsetsTopicRecord[] = [];
    let kept = 0;
    for (const [topic, partitions] of this.offsets(groupId)) {
      const mayGo = membership.isEmpty || membership.isAbandoned(topic);
      for (const [partition, offset] of partitions) {
        const fromEmpty = membership.isEmpty && emptySinceMs >= 0;
        const sinceMs = fromEmpty ? emptySinceMs : offset.commitTimestampMs;
        const endMs =
          offset.expireTimestampMs >= 0 ? offset.expireTimestampMs : sinceMs + retentionMs;
        if (mayGo && nowMs >= endMs) {
          records.push({ kind: 'offset-deleted', groupId, topic, partition });
        } else {
          kept += 1;
        }
      }
    }
    if (kept === 0 && membership.isEmpty) {
      if (group) records.push({ kind: 'group-deleted', groupId });
      records.push(...membership.deletion);
    }
    return { records, reply: undefined };
  }

  /** Reads only: what is not there is answered with offset −1. */
  fetchOffsets({ groupId, topics }: OffsetFetchGroupInput): OffsetFetchGroupResult {
    const known = this.offsets(groupId);
    const asked =
      topics ??
      [...known].map(([name, partitions]) => ({ name, partitionIndexes: [...partitions.keys()] }));
    return {
      groupId,
      errorCode: ErrorCode.NONE,
      topics: asked.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partition) =>
          fetchedOffset(partition, known.get(name)?.get(partition), 'NONE'),
        ),
      })),
    };
  }

  /** The only mutator; total over the known record kinds. */
  replay(record: ClassicGroupRecord): void {
    switch (record.kind) {
      case 'offset-committed':
        this.#replayOffset(record.groupId, record.topic, record.partition, record.value);
        return;
      case 'offset-deleted':
        this.#replayOffset(record.groupId, record.topic, record.partition, undefined);
        return;
      case 'group-stored':
        // No assertion on generations here: a deleted group begins again at 1, and compaction may hide the deletion.
        this.#groups.set(record.groupId, record.value);
        return;
      case 'group-deleted':
        this.#groups.delete(record.groupId);
        return;
      default:
        unreachable(record);
    }
  }

  #replayOffset(
    groupId: string,
    topic: string,
    partition: number,
    value: CommittedOffset | undefined,
  ): void {
    const topics = this.#offsets.get(groupId) ?? new Map<string, OffsetsOfTopic>();
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>();
    if (value) partitions.set(partition, value);
    else partitions.delete(partition);
    if (partitions.size > 0) topics.set(topic, partitions);
    else topics.delete(topic);
    if (topics.size > 0) this.#offsets.set(groupId, topics);
    else if (this.#offsets.delete(groupId)) this.#bare.add(groupId);
  }
}

/** The group when the log has never stored it. */
export function storedOrEmpty(stored: StoredGroup | undefined): StoredGroup {
  return stored ?? emptyStoredGroup;
}

/** One partition of an OffsetFetch answer; without `committed` Kafka's "nothing committed". */
function fetchedOffset(
  partitionIndex: number,
  committed: CommittedOffset | undefined,
  error: ErrorName,
): FetchedOffset {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: ErrorCode[error],
  };
}
