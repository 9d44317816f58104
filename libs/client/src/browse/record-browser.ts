// Searching a topic: from a place, forwards or (from the end) backwards, with filters, a limit, budgets and a cursor to go on from.
// Works on any Kafka cluster, needs no group and commits nothing. Protects: what the cursor says was seen was either handed out or
// did not match, so going on misses nothing and repeats nothing; memory is bounded by the limit and by one round of fetches.
// Forwards, records come in the order of their partitions, a round's partitions merged by time. Backwards, windows of growing size are
// read from the end, each newest first; without filters the first page is exactly the newest records.
// Leaves out: decoding, projections, several topics at once.

import { KafkaError, type TopicPartition } from '@drave/contracts';
import { assert } from '@drave/platform';
import { partitionForKey } from '@drave/protocol';

import type { Cluster } from '../cluster.js';
import { Lane } from '../lane.js';
import type { Isolation } from '../offset-requests.js';
import type { ConsumerRecord, PartitionBuffer } from '../partition-buffer.js';
import { decodeCursor, encodeCursor, type BrowseCursor } from './browse-cursor.js';
import { logRanges, offsetsOfPlace, type BrowsePlace } from './browse-place.js';
import { mergeByTime } from './merge-by-time.js';
import { PartitionReader, type DamagedBatch } from './partition-reader.js';
import { Matcher, type RecordMatch } from './record-match.js';

export interface BrowseRequest extends RecordMatch {
  readonly topic: string;
  /** Default `latest`. */
  readonly from?: BrowsePlace;
  /** Forwards only: not beyond it; default the present end. */
  readonly until?: BrowsePlace;
  /** Default all, or the key's. */
  readonly partitions?: readonly number[];
  /** Records handed out; default 50. Without end when following. */
  readonly limit?: number;
  /** Bytes of batches read before it stops; default 64 MiB. */
  readonly bytesMax?: number;
  /** Time before it stops; milliseconds, default 30,000. */
  readonly timeoutMs?: number;
  /** Stays at the end for what comes; neither limit nor budgets nor `until` end it. */
  readonly follow?: boolean;
  /** Goes on from there; `from` and `until` are then those of the beginning. */
  readonly cursor?: string;
  readonly signal?: AbortSignal;
  /** Default read_uncommitted, so that nothing is hidden. */
  readonly isolation?: Isolation;
}

export interface BrowseProgress {
  readonly scannedRecords: number;
  readonly scannedBytes: number;
  readonly matched: number;
  readonly elapsedMs: number;
}

export type BrowseEvent =
  | { readonly kind: 'phase'; readonly phase: 'scanning' | 'following' }
  /** `cursor()` at that time goes on after it. */
  | { readonly kind: 'record'; readonly record: ConsumerRecord; readonly cursor: () => string }
  | { readonly kind: 'damaged'; readonly batch: DamagedBatch }
  | ({ readonly kind: 'progress'; readonly cursor: () => string } & BrowseProgress)
  /** `end`: nothing more is there; the cursor then waits for new records (forwards) or is undefined (backwards). */
  | {
      readonly kind: 'done';
      readonly reason: 'limit' | 'end' | 'bytes' | 'time';
      readonly cursor: string | undefined;
      readonly progress: BrowseProgress;
    };

export const browseDefaults = Object.freeze({
  limit: 50,
  limitMax: 100_000_000,
  bytesMax: 64 * 1_048_576,
  timeoutMs: 30_000,
});

const roundRecordsMax = 500;
const followWaitMs = 250;
const boundedWaitMs = 100;
/** Fetches without progress after which a partition is taken for read to its end. */
const idleRoundsMax = 5;
const windowRecordsMax = 5_000;
/** What a backward window may hold of matches; then it keeps the newest. */
const windowBytesMax = 16 * 1_048_576;
/** Backward windows read at a time. */
const parallelWindows = 8;

/** Made by `KafkaClient.browse`. Rejects with RangeError for a wrong request, UNKNOWN_TOPIC_OR_PARTITION, the signal's reason. */
export async function* browse(
  cluster: Cluster,
  request: BrowseRequest,
): AsyncGenerator<BrowseEvent, void, undefined> {
  const lane = new Lane('browse');
  try {
    const session = new BrowseSession(cluster, lane, request);
    await session.open();
    yield* session.run();
  } finally {
    lane.close();
  }
}

interface Reading {
  readonly buffer: PartitionBuffer;
  /** Forwards: next offset not yet seen. Backwards: first offset already seen. */
  at: number;
  /** Forwards: where it ends. Backwards: where the log begins. */
  end: number;
  /** The cursor keeps `end`; without it going on means up to the end there is then. */
  readonly keepsEnd: boolean;
  idleRounds: number;
}

class BrowseSession {
  readonly #cluster: Cluster;
  readonly #lane: Lane;
  readonly #request: BrowseRequest;
  readonly #reader: PartitionReader;
  readonly #matcher: Matcher;
  readonly #limit: number;
  readonly #isolation: Isolation;
  readonly #startedAtMs: number;
  readonly #damaged: DamagedBatch[] = [];
  #direction: BrowseCursor['direction'] = 'forward';
  #readings = new Map<number, Reading>();
  #scannedRecords = 0;
  #matched = 0;

  constructor(cluster: Cluster, lane: Lane, request: BrowseRequest) {
    this.#cluster = cluster;
    this.#lane = lane;
    this.#request = request;
    this.#isolation = request.isolation ?? 'read_uncommitted';
    const signal = request.signal ?? new AbortController().signal;
    this.#reader = new PartitionReader({ cluster, lane, signal, isolation: this.#isolation });
    this.#matcher = new Matcher(request);
    this.#startedAtMs = cluster.platform.clock.monotonicMs();
    const limit = request.limit ?? browseDefaults.limit;
    if (!Number.isInteger(limit) || limit < 1 || limit > browseDefaults.limitMax) {
      throw new RangeError(`limit: 1 to ${browseDefaults.limitMax} records`);
    }
    this.#limit = request.follow ? Infinity : limit;
  }

  /** Finds out where to read. */
  async open(): Promise<void> {
    const { topic, from = { kind: 'latest' }, until, follow, cursor } = this.#request;
    const partitions = await this.#partitions();
    const source = { cluster: this.#cluster, lane: this.#lane, isolation: this.#isolation };
    const ranges = await logRanges(source, partitions);
    if (cursor !== undefined) return this.#resume(decodeCursor(cursor, topic), ranges);
    this.#direction = from.kind === 'latest' && !follow ? 'backward' : 'forward';
    if (until && (follow || this.#direction === 'backward')) {
      throw new RangeError('until: only when reading forwards to an end; give another from');
    }
    const starts = await offsetsOfPlace(source, from, partitions, ranges);
    const ends = until ? await offsetsOfPlace(source, until, partitions, ranges) : undefined;
    for (const { partition } of partitions) {
      const { begin, end } = ranges.get(partition) ?? { begin: 0, end: 0 };
      const last = this.#direction === 'backward' ? begin : (ends?.get(partition) ?? end);
      const at = starts.get(partition) ?? begin;
      this.#add(partition, { at, end: follow ? Infinity : last, keepsEnd: until !== undefined });
    }
  }

  async *run(): AsyncGenerator<BrowseEvent, void, undefined> {
    yield { kind: 'phase', phase: this.#request.follow ? 'following' : 'scanning' };
    for (;;) {
      const open = this.#open();
      if (open.length === 0) {
        yield this.#done('end');
        return;
      }
      const found =
        this.#direction === 'forward' ? await this.#forward(open) : await this.#backward(open);
      for (const batch of this.#damaged.splice(0)) yield { kind: 'damaged', batch };
      for (const record of found) {
        this.#matched++;
        this.#see(record);
        yield { kind: 'record', record, cursor: () => this.#cursor() };
      }
      for (const settle of this.#settled.splice(0)) settle();
      yield { kind: 'progress', cursor: () => this.#cursor(), ...this.#progress() };
      const reason = this.#reasonToStop();
      if (reason === undefined) continue;
      yield this.#done(reason);
      return;
    }
  }

  #reasonToStop(): 'limit' | 'bytes' | 'time' | undefined {
    const { follow, bytesMax = browseDefaults.bytesMax } = this.#request;
    const { timeoutMs = browseDefaults.timeoutMs } = this.#request;
    if (this.#matched >= this.#limit) return 'limit';
    if (follow) return undefined;
    if (this.#reader.scannedBytes >= bytesMax) return 'bytes';
    return this.#elapsedMs() >= timeoutMs ? 'time' : undefined;
  }

  /** What moves the places of a round over records that did not match, once those that did were handed out. */
  readonly #settled: (() => void)[] = [];

  async #forward(open: readonly Reading[]): Promise<ConsumerRecord[]> {
    const waitMs = this.#request.follow ? followWaitMs : boundedWaitMs;
    const isReady = open.some(({ buffer }) => buffer.hasData);
    await this.#fill(open, isReady ? 0 : waitMs);
    const max = Math.max(1, Math.floor(roundRecordsMax / open.length));
    const found: ConsumerRecord[][] = [];
    for (const reading of open) {
      const records = this.#take(reading, max, reading.end);
      this.#scannedRecords += records.length;
      found.push(await this.#matcher.filter(records));
      this.#noteIdle(reading);
    }
    const merged = mergeByTime(found, 'oldest-first').slice(0, this.#limit - this.#matched);
    const handedOut = new Set(merged);
    this.#settled.push(() => {
      for (const [i, reading] of open.entries()) {
        const left = found[i]?.find((record) => !handedOut.has(record));
        settleForward(reading, left);
      }
    });
    return merged;
  }

  /** One window per partition; the newest first. */
  async #backward(open: readonly Reading[]): Promise<ConsumerRecord[]> {
    const windowRecords = this.#windowRecords();
    const wanted = this.#limit - this.#matched;
    const bytesMax = Math.max(65_536, windowBytesMax / open.length);
    const windows: Window[] = [];
    for (let i = 0; i < open.length; i += parallelWindows) {
      const some = open.slice(i, i + parallelWindows);
      const sizes = { windowRecords, wanted, bytesMax };
      windows.push(...(await Promise.all(some.map((one) => this.#readWindow(one, sizes)))));
    }
    const merged = mergeByTime(
      windows.map(({ matches }) => matches),
      'newest-first',
    ).slice(0, wanted);
    const handedOut = new Set(merged);
    this.#settled.push(() => {
      for (const [i, reading] of open.entries()) {
        const window = windows[i];
        if (!window) continue;
        const left = window.matches.findLast((record) => !handedOut.has(record));
        reading.at = left ? left.offset + 1 : window.from;
      }
    });
    return merged;
  }

  /** Grows while little is found; shrinks for large records. */
  #windowRecords(): number {
    const wanted = Math.min(Math.max(this.#limit - this.#matched, 20), roundRecordsMax);
    if (this.#scannedRecords === 0) return wanted;
    const bytesEach = Math.max(1, this.#reader.scannedBytes / this.#scannedRecords);
    const bySize = Math.floor((4 * 1_048_576) / bytesEach);
    const grown = Math.max(wanted, this.#scannedRecords);
    return Math.max(20, Math.min(grown, bySize, windowRecordsMax));
  }

  /** Matches of [from, reading.at), oldest first; `from` is later than asked for when they were too many to keep. */
  async #readWindow(
    reading: Reading,
    { windowRecords, wanted, bytesMax }: WindowSizes,
  ): Promise<Window> {
    let from = Math.max(reading.end, reading.at - windowRecords);
    const matches: ConsumerRecord[] = [];
    let bytes = 0;
    reading.buffer.seek(from);
    reading.idleRounds = 0;
    while ((reading.buffer.position ?? reading.at) < reading.at) {
      if (!reading.buffer.hasData) await this.#fill([reading], boundedWaitMs);
      const records = this.#take(reading, roundRecordsMax, reading.at);
      this.#scannedRecords += records.length;
      for (const record of await this.#matcher.filter(records)) {
        matches.push(ownCopy(record));
        bytes += sizeOf(record);
      }
      while (matches.length > wanted || (bytes > bytesMax && matches.length > 1)) {
        const dropped = matches.shift();
        if (!dropped) break;
        bytes -= sizeOf(dropped);
        from = dropped.offset + 1;
      }
      this.#noteIdle(reading);
      if (reading.idleRounds >= idleRoundsMax) break;
    }
    return { from, matches };
  }

  #fill(readings: readonly Reading[], waitMs: number): Promise<void> {
    return this.#reader.fill(
      readings.map(({ buffer }) => buffer),
      waitMs,
    );
  }

  #take({ buffer }: Reading, max: number, end: number): ConsumerRecord[] {
    const onDamaged = (batch: DamagedBatch): void => void this.#damaged.push(batch);
    return this.#reader.take(buffer, { max, end, onDamaged });
  }

  /** A log may promise an end and have nothing before it (compacted, cut off meanwhile). */
  #noteIdle(reading: Reading): void {
    const moved = (reading.buffer.position ?? 0) > reading.at || reading.buffer.hasData;
    reading.idleRounds = moved ? 0 : reading.idleRounds + 1;
  }

  #open(): Reading[] {
    const readings = [...this.#readings.values()];
    if (this.#direction === 'backward') return readings.filter(({ at, end }) => at > end);
    if (this.#request.follow) return readings;
    return readings.filter(({ at, end, idleRounds }) => at < end && idleRounds < idleRoundsMax);
  }

  #see({ partition, offset }: ConsumerRecord): void {
    const reading = this.#readings.get(partition);
    assert(reading !== undefined, 'browsed-partition', { partition });
    reading.at = this.#direction === 'forward' ? offset + 1 : offset;
  }

  #add(partition: number, place: Pick<Reading, 'at' | 'end' | 'keepsEnd'>): void {
    const buffer = this.#reader.open({ topic: this.#request.topic, partition }, place.at);
    this.#readings.set(partition, { ...place, buffer, idleRounds: 0 });
  }

  async #partitions(): Promise<TopicPartition[]> {
    const { topic, key, partitions } = this.#request;
    const { metadata } = this.#cluster;
    await this.#cluster.retry(() => metadata.refresh([topic]));
    const known = metadata.topic(topic);
    if (!known) {
      const code = metadata.topicError(topic);
      if (code) throw new KafkaError(code, `topic '${topic}'`);
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic '${topic}'`);
    }
    const count = known.partitions.length;
    const wrong = partitions?.find((one) => !Number.isInteger(one) || one < 0 || one >= count);
    if (wrong !== undefined) {
      throw new RangeError(`topic '${topic}' has partitions 0 to ${count - 1}, not ${wrong}`);
    }
    const byKey = key ? [partitionForKey(key, count)] : undefined;
    const chosen = partitions ?? byKey ?? known.partitions.map(({ partition }) => partition);
    return [...new Set(chosen)].map((partition) => ({ topic, partition }));
  }

  /** Partitions that came after the cursor was made are read from their beginning, when reading forwards. */
  #resume(
    { direction, places }: BrowseCursor,
    ranges: ReadonlyMap<number, { readonly begin: number; readonly end: number }>,
  ): void {
    this.#direction = direction;
    const known = new Map(places.map(([partition, at, end]) => [partition, { at, end }]));
    const { follow = false } = this.#request;
    if (follow && direction === 'backward') {
      throw new RangeError('the cursor reads backwards and cannot follow the end');
    }
    for (const [partition, range] of ranges) {
      const place = known.get(partition);
      if (direction === 'backward') {
        const at = Math.min(place?.at ?? 0, range.end);
        this.#add(partition, { at, end: range.begin, keepsEnd: false });
        continue;
      }
      const at = Math.max(place?.at ?? range.begin, range.begin);
      const keepsEnd = !follow && place !== undefined && place.end >= 0;
      const end = keepsEnd ? place.end : range.end;
      this.#add(partition, { at, end: follow ? Infinity : end, keepsEnd });
    }
  }

  #cursor(): string {
    const places = [...this.#readings].map(
      ([partition, { at, end, keepsEnd }]) => [partition, at, keepsEnd ? end : -1] as const,
    );
    return encodeCursor({ topic: this.#request.topic, direction: this.#direction, places });
  }

  #done(reason: 'limit' | 'end' | 'bytes' | 'time'): BrowseEvent {
    const isOver = this.#direction === 'backward' && this.#open().length === 0;
    const cursor = isOver ? undefined : this.#cursor();
    return { kind: 'done', reason, cursor, progress: this.#progress() };
  }

  #elapsedMs(): number {
    return Math.round(this.#cluster.platform.clock.monotonicMs() - this.#startedAtMs);
  }

  #progress(): BrowseProgress {
    return {
      scannedRecords: this.#scannedRecords,
      scannedBytes: this.#reader.scannedBytes,
      matched: this.#matched,
      elapsedMs: this.#elapsedMs(),
    };
  }
}

interface WindowSizes {
  readonly windowRecords: number;
  /** Matches to keep at most, in number and in bytes. */
  readonly wanted: number;
  readonly bytesMax: number;
}
interface Window {
  /** Where it was read from, or where the matches that were kept begin. */
  readonly from: number;
  readonly matches: readonly ConsumerRecord[];
}

/** Past all that was read, or back to the first match that was not handed out. */
function settleForward(reading: Reading, left: ConsumerRecord | undefined): void {
  if (!left) {
    reading.at = Math.max(reading.at, reading.buffer.position ?? reading.at);
    return;
  }
  reading.at = left.offset;
  reading.buffer.seek(left.offset);
}

/** Independent of the fetched bytes, of which it may be a small part. */
function ownCopy(record: ConsumerRecord): ConsumerRecord {
  const own = (bytes: Buffer | null): Buffer | null => (bytes ? Buffer.from(bytes) : null);
  return {
    ...record,
    key: own(record.key),
    value: own(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: own(value) })),
  };
}

function sizeOf({ key, value, headers }: ConsumerRecord): number {
  let bytes = (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) bytes += header.key.length + (header.value?.length ?? 0);
  return bytes;
}
