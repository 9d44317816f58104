// Offsets on the wire: where a log begins and ends, what a group committed. Used by consumer and admin alike.
// Protects: the answer holds every partition asked for, or the call rejects with the error of one that failed for good;
// retriable errors are retried for the partitions that have them only, after a metadata refresh where that helps.
// Leaves out: OffsetForLeaderEpoch, transactional commits. Source: Kafka protocol guide, APIs 2, 8, 9.

import {
  errorByCode,
  ErrorCode,
  KafkaError,
  topicPartitionKey,
  type TopicPartition,
} from '@drave/contracts';
import { ApiKey } from '@drave/protocol';

import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';

/** `earliest`, `latest`, `maxTimestamp`, or milliseconds: the first record at or after that time. */
export type OffsetSpec = 'earliest' | 'latest' | 'maxTimestamp' | number;

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetSpec;
}

export interface FoundOffset extends TopicPartition {
  /** −1: no record at or after the time asked for. */
  readonly offset: number;
  /** Timestamp of that record; −1 for earliest and latest. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
  readonly leaderEpoch: number;
}

export type Isolation = 'read_uncommitted' | 'read_committed';

const specTimestamps = Object.freeze({ latest: -1, earliest: -2, maxTimestamp: -3 });

/** Groups items by topic, keeping order. */
export function byTopic<T extends TopicPartition>(items: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const list = topics.get(item.topic);
    if (list) list.push(item);
    else topics.set(item.topic, [item]);
  }
  return topics;
}

/** Offsets of the queries, in their order; a partition may be asked about several times. */
export async function listOffsets(
  cluster: Cluster,
  lane: Lane,
  queries: readonly OffsetQuery[],
  isolation: Isolation = 'read_uncommitted',
): Promise<FoundOffset[]> {
  // A broker refuses a request that names a partition twice.
  const layers: Map<string, number>[] = [];
  queries.forEach((query, index) => {
    const key = topicPartitionKey(query);
    let layer = layers.find((candidate) => !candidate.has(key));
    if (!layer) layers.push((layer = new Map<string, number>()));
    layer.set(key, index);
  });
  const found: FoundOffset[] = Array.from({ length: queries.length });
  await Promise.all(
    layers.map(async (layer) => {
      const indexes = [...layer.values()];
      const asked = indexes.flatMap((index) => queries[index] ?? []);
      const answers = await listDistinctOffsets(cluster, lane, asked, isolation);
      answers.forEach((answer, i) => (found[indexes[i] ?? 0] = answer));
    }),
  );
  return found;
}

async function listDistinctOffsets(
  cluster: Cluster,
  lane: Lane,
  queries: readonly OffsetQuery[],
  isolation: Isolation,
): Promise<FoundOffset[]> {
  const found = new Map<string, FoundOffset>();
  await cluster.retry(async (attempt) => {
    const open = queries.filter((query) => !found.has(topicPartitionKey(query)));
    const topics = [...new Set(open.map((query) => query.topic))];
    if (attempt > 1) await cluster.metadata.refresh(topics);
    await cluster.metadata.require(topics);
    const byLeader = new Map<number, OffsetQuery[]>();
    for (const query of open) {
      const leader = cluster.metadata.leader(query);
      if (!leader) throw leaderless(cluster, query);
      const list = byLeader.get(leader.nodeId);
      if (list) list.push(query);
      else byLeader.set(leader.nodeId, [query]);
    }
    const results = await Promise.allSettled(
      [...byLeader].map(([nodeId, list]) =>
        askLeader(cluster, { nodeId, lane }, { queries: list, isolation, found }),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  });
  return queries.map((query) => {
    const answer = found.get(topicPartitionKey(query));
    return answer ?? { ...query, offset: -1, timestamp: -1, leaderEpoch: -1 };
  });
}

function leaderless(cluster: Cluster, { topic, partition }: TopicPartition): KafkaError {
  const count = cluster.metadata.topic(topic)?.partitions.length ?? 0;
  if (partition >= count) {
    return new KafkaError(
      'INVALID_PARTITIONS',
      `topic '${topic}' has ${count} partitions, there is no partition ${partition}`,
    );
  }
  return new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`);
}

async function askLeader(
  cluster: Cluster,
  to: { readonly nodeId: number; readonly lane: Lane },
  ask: {
    readonly queries: readonly OffsetQuery[];
    readonly isolation: Isolation;
    readonly found: Map<string, FoundOffset>;
  },
): Promise<void> {
  const response = await cluster.request(to, ApiKey.listOffsets, {
    replicaId: -1,
    isolationLevel: ask.isolation === 'read_committed' ? 1 : 0,
    topics: [...byTopic(ask.queries)].map(([name, list]) => ({
      name,
      partitions: list.map(({ partition, at }) => ({
        partitionIndex: partition,
        currentLeaderEpoch: -1,
        timestamp: typeof at === 'number' ? at : specTimestamps[at],
      })),
    })),
  });
  let failure: KafkaError | undefined;
  for (const { name: topic, partitions } of response.topics) {
    for (const answer of partitions) {
      const partition = answer.partitionIndex;
      if (answer.errorCode !== ErrorCode.NONE) {
        failure ??= new KafkaError(answer.errorCode, `offsets of ${topic}-${partition}`);
        continue;
      }
      ask.found.set(topicPartitionKey({ topic, partition }), {
        topic,
        partition,
        offset: answer.offset,
        timestamp: answer.timestamp,
        leaderEpoch: answer.leaderEpoch,
      });
    }
  }
  if (failure) throw failure;
}

/**
 * What `groupId` committed; partitions without a commit are absent. `partitions` undefined: all. Waits (retries) while a
 * transaction holds offsets open when `requireStable`.
 */
export function fetchCommitted(
  cluster: Cluster,
  lane: Lane,
  request: {
    readonly groupId: string;
    readonly partitions?: readonly TopicPartition[] | undefined;
    readonly requireStable: boolean;
  },
): Promise<CommittedOffset[]> {
  const { groupId, partitions, requireStable } = request;
  const topics = partitions
    ? [...byTopic(partitions)].map(([name, list]) => ({
        name,
        partitionIndexes: list.map(({ partition }) => partition),
      }))
    : null;
  return withCoordinator(cluster, groupId, async (nodeId) => {
    const response = await cluster.request({ nodeId, lane }, ApiKey.offsetFetch, {
      groupId,
      topics,
      groups: [{ groupId, topics }],
      requireStable,
    });
    const group = response.groups[0] ?? response;
    if (group.errorCode !== ErrorCode.NONE) {
      throw new KafkaError(group.errorCode, `committed offsets of group '${groupId}'`);
    }
    const committed: CommittedOffset[] = [];
    for (const { name: topic, partitions: answers } of group.topics) {
      for (const answer of answers) {
        const partition = answer.partitionIndex;
        if (answer.errorCode !== ErrorCode.NONE) {
          throw new KafkaError(answer.errorCode, `committed offset of ${topic}-${partition}`);
        }
        if (answer.committedOffset < 0) continue;
        committed.push({
          topic,
          partition,
          offset: answer.committedOffset,
          metadata: answer.metadata ?? '',
          leaderEpoch: answer.committedLeaderEpoch,
        });
      }
    }
    return committed;
  });
}

export interface OffsetToCommit extends TopicPartition {
  /** The next offset to read. */
  readonly offset: number;
  readonly leaderEpoch?: number;
  /** At most 4,096 characters. */
  readonly metadata?: string | null;
}

export interface CommitIdentity {
  readonly groupId: string;
  /** −1 outside a generation (simple group). */
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string | null;
}

/** One attempt to commit; rejects with the first error, of the group or of a partition. */
export async function commitOnce(
  cluster: Cluster,
  lane: Lane,
  identity: CommitIdentity,
  offsets: readonly OffsetToCommit[],
): Promise<void> {
  const nodeId = await cluster.coordinator(identity.groupId);
  const response = await cluster.request({ nodeId, lane }, ApiKey.offsetCommit, {
    groupId: identity.groupId,
    generationIdOrMemberEpoch: identity.generation,
    memberId: identity.memberId,
    groupInstanceId: identity.instanceId,
    topics: [...byTopic(offsets)].map(([name, list]) => ({
      name,
      partitions: list.map(({ partition, offset, leaderEpoch, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch ?? -1,
        committedMetadata: metadata ?? '',
      })),
    })),
  });
  for (const { name, partitions } of response.topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      if (errorCode !== ErrorCode.NONE) {
        throw new KafkaError(errorCode, `cannot commit the offset of ${name}-${partitionIndex}`);
      }
    }
  }
}

/** Retries `attempt` with the group's coordinator, looking it up again when it moved or broke. */
export function withCoordinator<T>(
  cluster: Cluster,
  groupId: string,
  attempt: (nodeId: number) => Promise<T>,
): Promise<T> {
  return cluster.retry(async () => {
    try {
      return await attempt(await cluster.coordinator(groupId));
    } catch (error) {
      if (isCoordinatorLost(error)) cluster.forgetCoordinator(groupId);
      throw error;
    }
  });
}

/** The coordinator must be looked up again before the next attempt. */
export function isCoordinatorLost(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false;
  switch (error.errorName) {
    case 'NOT_COORDINATOR':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NETWORK_EXCEPTION':
    case 'REQUEST_TIMED_OUT':
      return true;
    default:
      return errorByCode(error.code).refreshMetadata;
  }
}
