// What a task writes into the metadata string of its offset commits: everything that must agree with those offsets.
// Protects: a commit is one atomic fact {source offsets, stream time, changelog positions, accepted origins, totals}; a
// restarted task that goes back to all of it together neither loses nor counts twice (README, "What holds").
// JSON text, at most 4,096 characters (Kafka's limit). Leaves out: unfinished-offset maps of per-key concurrency.

import { limits } from './limits.js';

/** Records by what became of them, since the application first started; exact as of the commit. */
export interface TaskTotals {
  /** Taken from sources and processed; without dead letters, ticks, duplicates and skipped. */
  records: number;
  /** Too late for each of their windows (also within `records`). */
  late: number;
  /** Too late for some of their windows (also within `records`). */
  partlyLate: number;
  deadLetters: number;
  /** Without value, or without a key where one is needed, or dropped by the policy `skip`. */
  skipped: number;
  /** Repartition records that had been taken before. */
  duplicates: number;
}

export function noTotals(): TaskTotals {
  return { records: 0, late: 0, partlyLate: 0, deadLetters: 0, skipped: 0, duplicates: 0 };
}

/** Position within the output of an upstream source partition: source offset, then running number. */
export interface Origin {
  readonly offset: number;
  readonly index: number;
}

export interface TaskMetadata {
  /** Grows with each commit of the task; of several partitions' metadata the highest counts. */
  readonly sequence: number;
  readonly epoch: number;
  readonly streamTimeMs: number;
  /** Per store: the next changelog offset; the state is changelog[0, offset). */
  readonly changelogOffsets: ReadonlyMap<string, number>;
  /** Per `input topic|partition|origin topic-partition`: the last origin accepted. */
  readonly origins: ReadonlyMap<string, Origin>;
  readonly totals: Readonly<TaskTotals>;
}

/** Of a task that never committed. */
export const noMetadata: TaskMetadata = Object.freeze({
  sequence: 0,
  epoch: 0,
  streamTimeMs: -1,
  changelogOffsets: new Map<string, number>(),
  origins: new Map<string, Origin>(),
  totals: Object.freeze(noTotals()),
});

const version = 1;

/** Text for the offset commit. When it would be too long, the origins are left out (at-least-once from there). */
export function encodeTaskMetadata(metadata: TaskMetadata): string {
  const { records, late, partlyLate, deadLetters, skipped, duplicates } = metadata.totals;
  const fixed = {
    v: version,
    s: metadata.sequence,
    e: metadata.epoch,
    t: metadata.streamTimeMs,
    c: Object.fromEntries(metadata.changelogOffsets),
    n: [records, late, partlyLate, deadLetters, skipped, duplicates],
  };
  const origins = [...metadata.origins].map(([key, { offset, index }]) => [key, offset, index]);
  const full = JSON.stringify({ ...fixed, o: origins });
  if (full.length <= limits.commitMetadataCharactersMax) return full;
  return JSON.stringify(fixed);
}

/** undefined for metadata that is empty, foreign or of another version. */
export function decodeTaskMetadata(encoded: string | null | undefined): TaskMetadata | undefined {
  if (!encoded?.startsWith('{')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(encoded);
  } catch {
    return undefined; // cut or foreign: the caller then treats the commit as one without metadata
  }
  const { v, s, e, t, c, n, o } = parsed as Partial<Record<string, unknown>>;
  if (v !== version || !isOffset(s) || !isOffset(e) || typeof t !== 'number') return undefined;
  const counts = Array.isArray(n) ? (n as number[]) : [];
  const [records = 0, late = 0, partlyLate = 0, deadLetters = 0, skipped = 0, duplicates = 0] =
    counts;
  return {
    sequence: s,
    epoch: e,
    streamTimeMs: t,
    changelogOffsets: new Map(Object.entries((c ?? {}) as Record<string, number>)),
    origins: new Map(
      ((o ?? []) as [string, number, number][]).map(([key, offset, index]) => [
        key,
        { offset, index },
      ]),
    ),
    totals: { records, late, partlyLate, deadLetters, skipped, duplicates },
  };
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
