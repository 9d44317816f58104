// How the leader of a classic group divides partitions among its members: the port for assignors, what they share, and
// the cooperative rule. Protects: assignments are pure functions of their input; under the cooperative rule a partition
// leaves its old owner one generation before the new one gets it. Leaves out: rack awareness.
// Sources: KIP-429 (incremental cooperative), KIP-792 (generation in the subscription).

import { topicPartitionKey, type TopicPartition } from '@drave/contracts';
import type { TopicPartitions } from '@drave/protocol';

export interface AssignorMember {
  readonly memberId: string;
  /** group.instance.id of a static member. */
  readonly instanceId: string | null;
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  /** What it says it holds; empty for members that revoke before they join. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** Generation of that claim; −1 unknown. */
  readonly generation: number;
}

export interface MemberAssignment {
  readonly partitions: readonly TopicPartition[];
  readonly userData?: Buffer | null;
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  /** Of every topic some member subscribes to; a topic that does not exist is absent. */
  readonly partitionCounts: ReadonlyMap<string, number>;
  readonly generation: number;
}

export interface Assignor {
  /** Group members agree on it by name. */
  readonly name: string;
  /** `eager`: everything is given up before a rebalance. `cooperative`: only what moves. */
  readonly mode: 'eager' | 'cooperative';
  /** True: `assign` itself keeps a partition from a new owner while the old one holds it. */
  readonly withholdsOwned?: boolean;
  /** Goes to the leader with this member's subscription. */
  subscriptionUserData?(own: {
    readonly topics: readonly string[];
    readonly ownedPartitions: readonly TopicPartition[];
    readonly generation: number;
  }): Buffer | null;
  /** Runs on the leader. Every member must get an entry; missing ones get nothing. */
  assign(
    input: AssignorInput,
  ): ReadonlyMap<string, MemberAssignment> | Promise<ReadonlyMap<string, MemberAssignment>>;
  /** This member's assignment, before `onAssigned`; `generation` is the group's. */
  onAssignment?(assignment: {
    readonly partitions: readonly TopicPartition[];
    readonly userData: Buffer | null;
    readonly generation: number;
  }): void | Promise<void>;
}

/** Static members first by instance id, then the others by member id: the same order on every leader. */
export function compareMembers(
  a: Pick<AssignorMember, 'memberId' | 'instanceId'>,
  b: Pick<AssignorMember, 'memberId' | 'instanceId'>,
): number {
  if (a.instanceId !== null && b.instanceId !== null)
    return compareText(a.instanceId, b.instanceId);
  if (a.instanceId !== null) return -1;
  if (b.instanceId !== null) return 1;
  return compareText(a.memberId, b.memberId);
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition;
}

/**
 * Who owns which partition (by key): the claim of the highest generation counts; two claims of one generation cancel
 * each other, because one of the two is a zombie's.
 */
export function validOwners(members: readonly AssignorMember[]): Map<string, string> {
  const claims = new Map<string, { memberId: string; generation: number; isDisputed: boolean }>();
  for (const { memberId, generation, ownedPartitions } of members) {
    for (const partition of ownedPartitions) {
      const key = topicPartitionKey(partition);
      const known = claims.get(key);
      if (!known || known.generation < generation) {
        claims.set(key, { memberId, generation, isDisputed: false });
      } else if (known.generation === generation && known.memberId !== memberId) {
        known.isDisputed = true;
      }
    }
  }
  const owners = new Map<string, string>();
  for (const [key, { memberId, isDisputed }] of claims) if (!isDisputed) owners.set(key, memberId);
  return owners;
}

/** The cooperative rule: takes out of `assignment` what another member still holds; it comes with the next generation. */
export function withholdOwned(
  members: readonly AssignorMember[],
  assignment: ReadonlyMap<string, MemberAssignment>,
): Map<string, MemberAssignment> {
  const holders = new Map<string, Set<string>>();
  for (const { memberId, ownedPartitions } of members) {
    for (const partition of ownedPartitions) {
      const key = topicPartitionKey(partition);
      const known = holders.get(key);
      if (known) known.add(memberId);
      else holders.set(key, new Set([memberId]));
    }
  }
  const adjusted = new Map<string, MemberAssignment>();
  for (const [memberId, { partitions, ...rest }] of assignment) {
    const free = partitions.filter((partition) => {
      const holding = holders.get(topicPartitionKey(partition));
      return !holding || (holding.size === 1 && holding.has(memberId));
    });
    adjusted.set(memberId, { ...rest, partitions: free });
  }
  return adjusted;
}

/** Flat list → the wire's list per topic, sorted. */
export function groupPartitions(partitions: Iterable<TopicPartition>): TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of [...partitions].sort(comparePartitions)) {
    const list = topics.get(topic);
    if (list) list.push(partition);
    else topics.set(topic, [partition]);
  }
  return [...topics].map(([topic, list]) => ({ topic, partitions: list }));
}

export function flattenPartitions(list: readonly TopicPartitions[]): TopicPartition[] {
  return list.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
}
