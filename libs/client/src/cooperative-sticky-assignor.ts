// `cooperative-sticky`: balanced, and nothing moves that need not. Protects: with equal subscriptions the counts differ
// by at most one; a valid owner keeps its partitions up to its share; the result depends on the input alone. Members of
// other clients mix in: user data is Kafka's (generation, int32) and claims travel in the subscription.
// Leaves out: rack awareness. With unequal subscriptions the balance is greedy, as good as single moves make it.
// Sources: KIP-54, KIP-429, KIP-792; userData as in Kafka's CooperativeStickyAssignor.

import { topicPartitionKey, type TopicPartition } from '@drave/contracts';

import {
  compareMembers,
  comparePartitions,
  validOwners,
  type Assignor,
  type AssignorInput,
  type AssignorMember,
  type MemberAssignment,
} from './assignor.js';

interface Load {
  readonly memberId: string;
  readonly topics: ReadonlySet<string>;
  readonly partitions: TopicPartition[];
}

export const cooperativeStickyAssignor: Assignor = Object.freeze({
  name: 'cooperative-sticky',
  mode: 'cooperative' as const,
  subscriptionUserData({ generation }: { readonly generation: number }) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(generation);
    return bytes;
  },
  assign(input: AssignorInput) {
    return new Map<string, MemberAssignment>(
      balance(input).map(({ memberId, partitions }) => [
        memberId,
        { partitions: partitions.sort(comparePartitions) },
      ]),
    );
  },
});

function balance({ members, partitionCounts }: AssignorInput): Load[] {
  const loads: Load[] = [...members].sort(compareMembers).map(({ memberId, topics }) => ({
    memberId,
    topics: new Set(topics),
    partitions: [],
  }));
  const byId = new Map(loads.map((load) => [load.memberId, load]));
  const owners = validOwners(members.map(withClaimGeneration));
  const unowned: TopicPartition[] = [];
  for (const partition of allPartitions(loads, partitionCounts)) {
    const owner = byId.get(owners.get(topicPartitionKey(partition)) ?? '');
    if (owner?.topics.has(partition.topic)) owner.partitions.push(partition);
    else unowned.push(partition);
  }
  // Partitions that few members may take go first, or their only takers would be full.
  const takers = new Map<string, number>();
  for (const topic of partitionCounts.keys()) {
    takers.set(topic, loads.filter((load) => load.topics.has(topic)).length);
  }
  unowned.sort(
    (a, b) => (takers.get(a.topic) ?? 0) - (takers.get(b.topic) ?? 0) || comparePartitions(a, b),
  );
  for (const partition of unowned) leastLoaded(loads, partition.topic)?.partitions.push(partition);
  level(loads);
  return loads;
}

function* allPartitions(
  loads: readonly Load[],
  partitionCounts: ReadonlyMap<string, number>,
): Generator<TopicPartition> {
  for (const topic of [...partitionCounts.keys()].sort()) {
    if (!loads.some((load) => load.topics.has(topic))) continue;
    const count = partitionCounts.get(topic) ?? 0;
    for (let partition = 0; partition < count; partition++) yield { topic, partition };
  }
}

function leastLoaded(loads: readonly Load[], topic: string): Load | undefined {
  let least: Load | undefined;
  for (const load of loads) {
    if (!load.topics.has(topic)) continue;
    if (!least || load.partitions.length < least.partitions.length) least = load;
  }
  return least;
}

/** Moves one partition at a time from a fuller to an emptier member while the counts differ by two or more. */
function level(loads: readonly Load[]): void {
  for (;;) {
    const fullestFirst = [...loads].sort((a, b) => b.partitions.length - a.partitions.length);
    if (!fullestFirst.some((from) => moveOne(from, loads))) return;
  }
}

function moveOne(from: Load, loads: readonly Load[]): boolean {
  for (let i = from.partitions.length - 1; i >= 0; i--) {
    const partition = from.partitions[i];
    if (!partition) continue;
    const to = leastLoaded(loads, partition.topic);
    if (!to || from.partitions.length - to.partitions.length < 2) continue;
    from.partitions.splice(i, 1);
    to.partitions.push(partition);
    return true;
  }
  return false;
}

/** Subscriptions below version 2 carry the generation of the claim in the user data. */
function withClaimGeneration(member: AssignorMember): AssignorMember {
  if (member.generation >= 0 || !member.userData || member.userData.length < 4) return member;
  return { ...member, generation: member.userData.readInt32BE(0) };
}
