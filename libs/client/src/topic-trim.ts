// Deleting a topic's oldest records: what would go, and doing it. Used by the command line and REST alike. Protects: nothing beyond the
// end is asked for; what is told as deleted is what brokers say is gone. Leaves out: compaction, deleting topics.

import { KafkaError } from '@drave/contracts';

import type { Admin } from './admin.js';
import type { BrowsePlace } from './browse/browse-place.js';

export interface TrimRow {
  readonly partition: number;
  /** Where it begins now. */
  readonly before: number;
  /** Where it will begin. */
  readonly after: number;
  readonly end: number;
}

export type TrimTargets =
  | { readonly place: BrowsePlace; readonly nowMs: number }
  | readonly { readonly partition: number; readonly beforeOffset: number }[];

/** What a trim would delete. Rejects with RangeError for partitions that are not there. */
export async function planTrim(admin: Admin, topic: string, to: TrimTargets): Promise<TrimRow[]> {
  const [described] = await admin.describeTopics([topic]);
  const all = described?.partitions.map(({ partition }) => ({ topic, partition })) ?? [];
  const [begins, ends] = await Promise.all([
    admin.listOffsets(all.map((place) => ({ ...place, at: 'earliest' as const }))),
    admin.listOffsets(all.map((place) => ({ ...place, at: 'latest' as const }))),
  ]);
  const targets = 'place' in to ? await offsetsOf(admin, all, to) : undefined;
  const given = new Map<number, number>();
  if (!('place' in to)) {
    for (const { partition, beforeOffset } of to) {
      if (partition >= all.length) {
        throw new RangeError(
          `topic '${topic}' has partitions 0 to ${all.length - 1}, not ${partition}`,
        );
      }
      given.set(partition, beforeOffset);
    }
  }
  return all.flatMap(({ partition }, i) => {
    const before = begins[i]?.offset ?? 0;
    const end = Math.max(before, ends[i]?.offset ?? 0);
    const target = targets ? (targets[i] ?? before) : given.get(partition);
    if (target === undefined) return [];
    return [{ partition, before, after: Math.min(end, Math.max(before, target)), end }];
  });
}

/** Rows with where the partitions begin now. Rejects with POLICY_VIOLATION for topics whose records may not be deleted. */
export async function applyTrim(
  admin: Admin,
  topic: string,
  rows: readonly TrimRow[],
): Promise<TrimRow[]> {
  const moved = rows.filter(({ before, after }) => after > before);
  if (moved.length === 0) return [...rows];
  const targets = moved.map(({ partition, after }) => ({ topic, partition, offset: after }));
  const begins = await admin.deleteRecords(targets).catch((error: unknown) => {
    if (!(error instanceof KafkaError) || error.errorName !== 'POLICY_VIOLATION') throw error;
    throw new KafkaError(
      'POLICY_VIOLATION',
      `records of '${topic}' cannot be deleted: its cleanup.policy is compact alone`,
      { cause: error },
    );
  });
  const now = new Map(begins.map(({ partition, offset }) => [partition, offset]));
  return rows.map((row) => ({ ...row, after: now.get(row.partition) ?? row.after }));
}

/** Offset by index of the places; the end where a time is after the newest record. */
async function offsetsOf(
  admin: Admin,
  places: readonly { readonly topic: string; readonly partition: number }[],
  { place, nowMs }: { readonly place: BrowsePlace; readonly nowMs: number },
): Promise<number[]> {
  switch (place.kind) {
    case 'earliest':
      return places.map(() => 0);
    case 'latest':
      return places.map(() => Infinity);
    case 'offset':
      return places.map(() => place.offset);
    default: {
      const at = (spec: number | 'maxTimestamp') =>
        admin.listOffsets(places.map((one) => ({ ...one, at: spec })));
      let timeMs = place.kind === 'time' ? place.timestampMs : nowMs - (place.ms ?? 0);
      if (place.kind === 'before-newest') {
        const newest = await at('maxTimestamp');
        timeMs = newest.reduce((max, { timestamp }) => Math.max(max, timestamp), 0) - place.ms;
      }
      const found = await at(Math.max(0, timeMs));
      return found.map(({ offset }) => (offset < 0 ? Infinity : offset));
    }
  }
}
