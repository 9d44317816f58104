// Where browsing starts and where it stops, as people write it, and the offsets that means. Protects: a place outside the log is
// moved to its nearer end, never an error; a text that is no place is a RangeError that lists what is one.
// Leaves out: places per partition (a cursor holds those).

import type { TopicPartition } from '@drave/contracts';

import {
  listOffsets,
  type FoundOffset,
  type Isolation,
  type OffsetSpec,
} from '../offset-requests.js';
import type { Cluster } from '../cluster.js';
import type { Lane } from '../lane.js';

/** `latest` reads backwards from the end (or, when following, waits there); all others read forwards. */
export type BrowsePlace =
  | { readonly kind: 'latest' }
  | { readonly kind: 'earliest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number }
  /** Before now. */
  | { readonly kind: 'ago'; readonly ms: number }
  /** Before the newest record of the partitions, for data whose event time is long past. */
  | { readonly kind: 'before-newest'; readonly ms: number };

const unitMs: Readonly<Record<string, number>> = Object.freeze({
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
});
const placesSentence =
  'give latest, earliest, offset:N, ts:TIME (ISO 8601 or milliseconds), -15m or newest-15m (units ms, s, m, h, d)';

/** Milliseconds of `15m`, `1h`, `500ms`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit] ?? Number.NaN);
  return digits !== '' && Number.isSafeInteger(ms) ? ms : undefined;
}

/** Milliseconds since 1970 of ISO 8601 or of a number; undefined for anything else. Without a zone it is UTC. */
export function parseTime(text: string): number | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) || !text.includes('T');
  const timestampMs = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isSafeInteger(timestampMs) ? timestampMs : undefined;
}

/** Throws RangeError for a text that names no place. */
export function parseBrowsePlace(text: string): BrowsePlace {
  if (text === 'latest' || text === 'earliest') return { kind: text };
  const [, offset] = /^offset:(\d{1,15})$/.exec(text) ?? [];
  if (offset !== undefined) return { kind: 'offset', offset: Number(offset) };
  if (text.startsWith('ts:')) {
    const timestampMs = parseTime(text.slice(3));
    if (timestampMs !== undefined) return { kind: 'time', timestampMs };
  }
  for (const [prefix, kind] of [
    ['-', 'ago'],
    ['newest-', 'before-newest'],
  ] as const) {
    const ms = text.startsWith(prefix) ? parseDuration(text.slice(prefix.length)) : undefined;
    if (ms !== undefined) return { kind, ms };
  }
  throw new RangeError(`'${text.slice(0, 60)}' is no place in a log; ${placesSentence}`);
}

/** Of one partition: the first offset there is and the one after the last. */
export interface LogRange {
  readonly begin: number;
  readonly end: number;
}

/** What is needed to ask a cluster for offsets. */
export interface OffsetSource {
  readonly cluster: Cluster;
  readonly lane: Lane;
  readonly isolation: Isolation;
}

export async function logRanges(
  source: OffsetSource,
  partitions: readonly TopicPartition[],
): Promise<Map<number, LogRange>> {
  const [begins, ends] = await Promise.all([
    offsetsAt(source, partitions, 'earliest'),
    offsetsAt(source, partitions, 'latest'),
  ]);
  return new Map(
    partitions.map(({ partition }, i) => {
      const begin = Math.max(0, begins[i]?.offset ?? 0);
      return [partition, { begin, end: Math.max(begin, ends[i]?.offset ?? 0) }];
    }),
  );
}

/** Offset by partition, within the ranges. A time after the newest record is the end. */
export async function offsetsOfPlace(
  source: OffsetSource,
  place: BrowsePlace,
  partitions: readonly TopicPartition[],
  ranges: ReadonlyMap<number, LogRange>,
): Promise<Map<number, number>> {
  const rangeOf = (partition: number): LogRange => ranges.get(partition) ?? { begin: 0, end: 0 };
  const all = (offset: (range: LogRange) => number): Map<number, number> =>
    new Map(partitions.map(({ partition }) => [partition, offset(rangeOf(partition))]));
  switch (place.kind) {
    case 'latest':
      return all(({ end }) => end);
    case 'earliest':
      return all(({ begin }) => begin);
    case 'offset':
      return all(({ begin, end }) => Math.min(end, Math.max(begin, place.offset)));
    default: {
      const timestampMs = await timeOf(source, place, partitions);
      const found = await offsetsAt(source, partitions, Math.max(0, timestampMs));
      return new Map(
        partitions.map(({ partition }, i) => {
          const { begin, end } = rangeOf(partition);
          const offset = found[i]?.offset ?? -1;
          return [partition, offset < 0 ? end : Math.min(end, Math.max(begin, offset))];
        }),
      );
    }
  }
}

async function timeOf(
  source: OffsetSource,
  place: Extract<BrowsePlace, { kind: 'time' | 'ago' | 'before-newest' }>,
  partitions: readonly TopicPartition[],
): Promise<number> {
  switch (place.kind) {
    case 'time':
      return place.timestampMs;
    case 'ago':
      return source.cluster.platform.clock.nowMs() - place.ms;
    case 'before-newest': {
      const newest = await offsetsAt(source, partitions, 'maxTimestamp');
      return newest.reduce((max, { timestamp }) => Math.max(max, timestamp), 0) - place.ms;
    }
  }
}

function offsetsAt(
  { cluster, lane, isolation }: OffsetSource,
  partitions: readonly TopicPartition[],
  at: OffsetSpec,
): Promise<FoundOffset[]> {
  const queries = partitions.map(({ topic, partition }) => ({ topic, partition, at }));
  return listOffsets(cluster, lane, queries, isolation);
}
