// Server-side assignors of consumer groups: who is to have which partition. Protects: every partition of a subscribed topic has
// one owner among its subscribers; the outcome depends on the input alone, not on the order of members.
// Leaves out: racks. Source: KIP-848, server-side assignors.
//   uniform  sticky: members with the same choice differ by at most one partition, and no partition moves without need
//   range    per topic, members in the order of their ids (static ones by instance id) get adjacent runs of partitions

import { type TopicPartitions, hasPartition, noPartitions } from './topic-partitions.js';

export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Ids of the topics it subscribes to. */
  readonly topicIds: ReadonlySet<string>;
  /** What the last target gave it. */
  readonly target: TopicPartitions;
}

export interface AssignedTopic {
  readonly topicId: string;
  readonly partitionCount: number;
}

/** One target per member, empty ones included. */
export type Assignor = (
  members: readonly AssignedMember[],
  topics: readonly AssignedTopic[],
) => Map<string, TopicPartitions>;

interface Move {
  readonly from: string;
  readonly to: string;
  readonly topicId: string;
}

type Plan = Map<string, Map<string, Set<number>>>;

export const assignors = { uniform: assignUniformly, range: assignRanges } as const;
export type AssignorName = keyof typeof assignors;
export const assignorNames = Object.freeze(Object.keys(assignors)) as readonly AssignorName[];
export const defaultAssignor: AssignorName = 'uniform';

export function isAssignorName(name: string): name is AssignorName {
  return Object.hasOwn(assignors, name);
}

function assignRanges(members: readonly AssignedMember[], topics: readonly AssignedTopic[]) {
  const sorted = [...members].sort((a, b) => compare(rangeKey(a), rangeKey(b)));
  const plan = emptyPlan(members);
  for (const { topicId, partitionCount } of topics) {
    const subscribers = sorted.filter((member) => member.topicIds.has(topicId));
    let next = 0;
    for (const [index, { memberId }] of subscribers.entries()) {
      const share = Math.floor(partitionCount / subscribers.length);
      const end = next + share + (index < partitionCount % subscribers.length ? 1 : 0);
      for (; next < end; next += 1) give(plan, memberId, topicId, next);
    }
  }
  return plan;
}

function rangeKey({ instanceId, memberId }: AssignedMember): string {
  return instanceId === null ? `1${memberId}` : `0${instanceId}`;
}

function assignUniformly(members: readonly AssignedMember[], topics: readonly AssignedTopic[]) {
  const sorted = [...members].sort((a, b) => compare(a.memberId, b.memberId));
  const balance = new Balance(sorted, topics);
  balance.keepTargets();
  balance.handOutRest();
  balance.level();
  return balance.plan;
}

/** Loads of the members while a uniform assignment is made. */
class Balance {
  readonly plan: Plan;
  readonly #members: ReadonlyMap<string, AssignedMember>;
  readonly #topics: readonly AssignedTopic[];
  readonly #loads = new Map<string, number>();
  readonly #subscribers = new Map<string, readonly string[]>();
  readonly #owned = new Map<string, Set<number>>();

  constructor(members: readonly AssignedMember[], topics: readonly AssignedTopic[]) {
    this.plan = emptyPlan(members);
    this.#members = new Map(members.map((member) => [member.memberId, member]));
    this.#topics = topics;
    for (const { memberId } of members) this.#loads.set(memberId, 0);
    for (const { topicId } of topics) {
      const ids = members.filter((member) => member.topicIds.has(topicId));
      this.#subscribers.set(
        topicId,
        ids.map(({ memberId }) => memberId),
      );
      this.#owned.set(topicId, new Set());
    }
  }

  /** What a member had and may have, it keeps for now; a partition in two targets stays with the first. */
  keepTargets(): void {
    for (const { memberId, topicIds, target } of this.#members.values()) {
      for (const { topicId, partitionCount } of this.#topics) {
        if (!topicIds.has(topicId)) continue;
        for (const partition of target.get(topicId) ?? []) {
          const isTaken = this.#owned.get(topicId)?.has(partition) ?? true;
          if (partition < partitionCount && !isTaken) this.#take(memberId, topicId, partition);
        }
      }
    }
  }

  /** Each partition nobody has goes to the subscriber with the least, the first among equals. */
  handOutRest(): void {
    for (const { topicId, partitionCount } of this.#topics) {
      const subscribers = this.#subscribers.get(topicId) ?? [];
      if (subscribers.length === 0) continue;
      const queue = new LeastLoaded(subscribers, (memberId) => this.#load(memberId));
      for (let partition = 0; partition < partitionCount; partition += 1) {
        if (this.#owned.get(topicId)?.has(partition)) continue;
        this.#take(queue.take(), topicId, partition);
      }
    }
  }

  /**
   * Moves partitions from the fullest to the emptiest, directly or along members in between, as long as that narrows the gap: at
   * least two between giver and taker. Each round makes the sum of squared loads smaller, so it ends.
   */
  level(): void {
    const done = new Set<string>();
    for (;;) {
      const giver = this.#fullest(done);
      const least = Math.min(...this.#loads.values());
      if (giver === undefined || this.#load(giver) - least < 2) return;
      const { path, reached } = this.#pathDown(giver, least);
      if (path.length > 0) {
        for (const { from, to, topicId } of path) this.#move(from, to, topicId);
        done.clear();
      } else {
        // Whoever it reaches, being no fuller, finds nobody emptier either.
        for (const memberId of reached) done.add(memberId);
      }
    }
  }

  #fullest(done: ReadonlySet<string>): string | undefined {
    let fullest: string | undefined;
    for (const [memberId, load] of this.#loads) {
      if (done.has(memberId)) continue;
      if (fullest === undefined || load > this.#load(fullest)) fullest = memberId;
    }
    return fullest;
  }

  /** Breadth first: the shortest chain of moves from `giver` to the emptiest member it reaches; none for a gap below two. */
  #pathDown(giver: string, least: number): { path: Move[]; reached: Iterable<string> } {
    const cameBy = new Map<string, Move | undefined>();
    cameBy.set(giver, undefined);
    const seenTopics = new Set<string>();
    let emptiest = giver;
    const queue = [giver];
    for (const from of queue) {
      if (this.#load(emptiest) === least) break;
      for (const topicId of this.plan.get(from)?.keys() ?? []) {
        if (seenTopics.has(topicId)) continue;
        seenTopics.add(topicId);
        for (const to of this.#subscribers.get(topicId) ?? []) {
          if (cameBy.has(to)) continue;
          cameBy.set(to, { from, to, topicId });
          queue.push(to);
          if (this.#load(to) < this.#load(emptiest)) emptiest = to;
        }
      }
    }
    const path: Move[] = [];
    if (this.#load(giver) - this.#load(emptiest) < 2) return { path, reached: cameBy.keys() };
    for (let step = cameBy.get(emptiest); step; step = cameBy.get(step.from)) path.unshift(step);
    return { path, reached: cameBy.keys() };
  }

  /** Its newest partition of the topic, one it did not have in the last target if there is one. */
  #move(from: string, to: string, topicId: string): void {
    const held = [...(this.plan.get(from)?.get(topicId) ?? [])];
    const target = this.#members.get(from)?.target ?? noPartitions;
    const partition = held.findLast((p) => !hasPartition(target, topicId, p)) ?? held.at(-1);
    if (partition === undefined) return;
    const left = this.plan.get(from)?.get(topicId);
    left?.delete(partition);
    if (left?.size === 0) this.plan.get(from)?.delete(topicId);
    this.#loads.set(from, this.#load(from) - 1);
    this.#take(to, topicId, partition);
  }

  #take(memberId: string, topicId: string, partition: number): void {
    give(this.plan, memberId, topicId, partition);
    this.#loads.set(memberId, this.#load(memberId) + 1);
    this.#owned.get(topicId)?.add(partition);
  }

  #load(memberId: string): number {
    return this.#loads.get(memberId) ?? 0;
  }
}

/** Members in buckets by load, for taking the least loaded again and again. */
class LeastLoaded {
  readonly #buckets = new Map<number, string[]>();
  #least = Infinity;

  constructor(memberIds: readonly string[], loadOf: (memberId: string) => number) {
    for (const memberId of memberIds) {
      const load = loadOf(memberId);
      this.#least = Math.min(this.#least, load);
      this.#bucket(load).push(memberId);
    }
    // Taken from the end: the first in the order of ids goes first.
    for (const bucket of this.#buckets.values()) bucket.reverse();
  }

  /** The taken one comes back with one more. */
  take(): string {
    while (this.#bucket(this.#least).length === 0) {
      this.#least += 1;
      this.#bucket(this.#least).sort((a, b) => compare(b, a));
    }
    const memberId = this.#bucket(this.#least).pop() ?? '';
    this.#bucket(this.#least + 1).push(memberId);
    return memberId;
  }

  #bucket(load: number): string[] {
    const bucket = this.#buckets.get(load) ?? [];
    this.#buckets.set(load, bucket);
    return bucket;
  }
}

function emptyPlan(members: readonly AssignedMember[]): Plan {
  return new Map(members.map(({ memberId }) => [memberId, new Map<string, Set<number>>()]));
}

function give(plan: Plan, memberId: string, topicId: string, partition: number): void {
  const topics = plan.get(memberId) ?? new Map<string, Set<number>>();
  const partitions = topics.get(topicId) ?? new Set<number>();
  plan.set(memberId, topics.set(topicId, partitions.add(partition)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
