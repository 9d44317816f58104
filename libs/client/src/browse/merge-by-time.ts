// Lists of records of single partitions as one list by time. Protects: the order within a partition, whatever its timestamps say.

interface Timed {
  readonly timestamp: number;
}

/** Each list oldest first, that is by offset. */
export function mergeByTime<T extends Timed>(
  lists: readonly (readonly T[])[],
  order: 'oldest-first' | 'newest-first',
): T[] {
  const isOldest = order === 'oldest-first';
  const rest = lists
    .filter((list) => list.length > 0)
    .map((list) => (isOldest ? list.toReversed() : [...list]));
  const merged: T[] = [];
  while (rest.length > 0) {
    let best = 0;
    for (let i = 1; i < rest.length; i++) {
      const [time, bestTime] = [timeOf(rest[i]), timeOf(rest[best])];
      if (isOldest ? time < bestTime : time > bestTime) best = i;
    }
    const next = rest[best]?.pop();
    if (next) merged.push(next);
    if (rest[best]?.length === 0) rest.splice(best, 1);
  }
  return merged;
}

function timeOf(list: readonly Timed[] | undefined): number {
  return list?.at(-1)?.timestamp ?? 0;
}
