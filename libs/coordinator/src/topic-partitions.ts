// Sets of partitions by topic id, as targets and assignments of consumer groups carry them. Protects: no topic with an empty set,
// so that two equal sets compare equal; operations never change their operands. Leaves out: topic names (GroupTopics).

/** topic id → partitions; never with an empty set. */
export type TopicPartitions = ReadonlyMap<string, ReadonlySet<number>>;

/** As messages and records list them. */
export interface ListedTopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const noPartitions: TopicPartitions = new Map();

export function fromList(list: readonly ListedTopicPartitions[]): TopicPartitions {
  const sets = new Map<string, Set<number>>();
  for (const { topicId, partitions } of list) {
    if (partitions.length === 0) continue;
    const known = sets.get(topicId);
    if (known) for (const partition of partitions) known.add(partition);
    else sets.set(topicId, new Set(partitions));
  }
  return sets;
}

/** Partitions ascend; topics come in the order of their ids. */
export function toList(sets: TopicPartitions): ListedTopicPartitions[] {
  return [...sets]
    .map(([topicId, partitions]) => ({
      topicId,
      partitions: [...partitions].sort((a, b) => a - b),
    }))
    .sort((a, b) => (a.topicId < b.topicId ? -1 : 1));
}

/** Those of `sets` for which `keep` is true. */
export function filterPartitions(
  sets: TopicPartitions,
  keep: (topicId: string, partition: number) => boolean,
): TopicPartitions {
  const kept = new Map<string, Set<number>>();
  for (const [topicId, partitions] of sets) {
    const left = [...partitions].filter((partition) => keep(topicId, partition));
    if (left.length > 0) kept.set(topicId, new Set(left));
  }
  return kept;
}

export function hasPartition(sets: TopicPartitions, topicId: string, partition: number): boolean {
  return sets.get(topicId)?.has(partition) ?? false;
}

export function intersection(a: TopicPartitions, b: TopicPartitions): TopicPartitions {
  return filterPartitions(a, (topicId, partition) => hasPartition(b, topicId, partition));
}

/** Those of `a` that are not in `b`. */
export function difference(a: TopicPartitions, b: TopicPartitions): TopicPartitions {
  return filterPartitions(a, (topicId, partition) => !hasPartition(b, topicId, partition));
}

export function union(a: TopicPartitions, b: TopicPartitions): TopicPartitions {
  if (b.size === 0) return a;
  const all = new Map<string, ReadonlySet<number>>(a);
  for (const [topicId, partitions] of b) {
    all.set(topicId, new Set([...(all.get(topicId) ?? []), ...partitions]));
  }
  return all;
}

export function meets(a: TopicPartitions, b: TopicPartitions): boolean {
  for (const [topicId, partitions] of a) {
    for (const partition of partitions) if (hasPartition(b, topicId, partition)) return true;
  }
  return false;
}

export function isSubset(a: TopicPartitions, b: TopicPartitions): boolean {
  for (const [topicId, partitions] of a) {
    for (const partition of partitions) if (!hasPartition(b, topicId, partition)) return false;
  }
  return true;
}

export function isSamePartitions(a: TopicPartitions, b: TopicPartitions): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    if (b.get(topicId)?.size !== partitions.size) return false;
  }
  return isSubset(a, b);
}
