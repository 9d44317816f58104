// Looks up records of one log by time: the first at or after a timestamp, the one with the greatest. Protects: every batch that is decoded
// was checked; damaged ones are reported and passed over, because nobody could read what they have. Leaves out: reads by offset
// (log-reader.ts).

import { limits } from '@drave/contracts';
import { forEachRecord, RecordBatchView } from '@drave/protocol';
import { type BatchHeader, lastOffsetOf } from './batch-header.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { reportCorrupt } from './corrupt-ranges.js';
import { findDamage } from './segment-damage.js';
import type { Anchor } from './segment-seal.js';
import { scanBatches } from './segment-scan.js';
import type { Segment } from './segment.js';

export interface TimestampOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

type Accepts = (offset: number, timestamp: number, leaderEpoch: number) => boolean;

interface Search {
  readonly segment: Segment;
  /** Batches that end below it are passed over. */
  readonly from: number;
  /** Exclusive. */
  readonly bound: number;
  readonly accepts: Accepts;
}

export class TimeLookup {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;

  constructor(environment: LogEnvironment, state: LogState) {
    this.#environment = environment;
    this.#state = state;
  }

  /** First record at or after `timestamp` below the bound. Throws the disk's errors. */
  firstFrom(timestamp: number, boundOffset: number): TimestampOffset | undefined {
    const state = this.#state;
    const bound = Math.min(boundOffset, state.writtenOffset);
    for (const segment of state.segments) {
      if (segment.baseOffset >= bound) break;
      this.#load(segment);
      // Behind damage there may be later records than the index knows.
      if (segment.maxTimestamp < timestamp && !state.corrupt.isIn(segment.logPath)) continue;
      const from = Math.max(segment.floorOffsetForTimestamp(timestamp), segment.baseOffset);
      const accepts: Accepts = (at, time) => time >= timestamp && at >= state.logStartOffset;
      const found = this.#firstRecord({ segment, from, bound, accepts });
      if (found) return found;
    }
    return undefined;
  }

  /** The record with the greatest timestamp below the bound, the first of equal ones; undefined when no record has one. */
  greatest(boundOffset: number): TimestampOffset | undefined {
    const state = this.#state;
    const bound = Math.min(boundOffset, state.writtenOffset);
    let best: Segment | undefined;
    for (const segment of state.segments) {
      if (segment.baseOffset >= bound) break;
      this.#load(segment);
      if (segment.maxTimestamp > (best?.maxTimestamp ?? -1)) best = segment;
    }
    if (state.corrupt.list.length > 0) return this.#greatestSeen(bound);
    if (best === undefined) return undefined;
    const { maxTimestamp, maxTimestampOffset: from } = best;
    const accepts: Accepts = (at, time) => time >= maxTimestamp && at >= state.logStartOffset;
    const exact = this.#firstRecord({ segment: best, from, bound, accepts });
    // Above the bound, below the log start or damaged: the greatest of what may be seen is found by going through it.
    return exact ?? this.#greatestSeen(bound);
  }

  #greatestSeen(bound: number): TimestampOffset | undefined {
    let best: TimestampOffset | undefined;
    const accepts: Accepts = (offset, timestamp, leaderEpoch) => {
      if (offset >= this.#state.logStartOffset && timestamp > (best?.timestamp ?? -1)) {
        best = { offset, timestamp, leaderEpoch };
      }
      return false;
    };
    for (const segment of this.#state.segments) {
      if (segment.baseOffset >= bound) break;
      this.#firstRecord({ segment, from: segment.baseOffset, bound, accepts });
    }
    return best;
  }

  /** Damage that cut its indexes short is reported, so that what lies behind it is looked at. */
  #load(segment: Segment): void {
    segment.load();
    if (segment.isIndexWhole || this.#state.corrupt.isIn(segment.logPath)) return;
    this.#noteDamage(segment, { position: 0, baseOffset: segment.baseOffset });
  }

  /** Goes through the records from the batch of `from` on until `accepts`, past what is damaged. */
  #firstRecord(search: Search): TimestampOffset | undefined {
    const { segment, from, bound } = search;
    let place: Anchor | undefined = this.#start(segment, from);
    while (place !== undefined && place.baseOffset < bound) {
      const { found, isDamaged } = this.#walk(search, place);
      if (found !== undefined || !isDamaged) return found;
      place = this.#noteDamage(segment, place);
    }
    return undefined;
  }

  #start(segment: Segment, offset: number): Anchor {
    const indexed = segment.floorPosition(offset);
    const resumed = segment.trust.resumeBefore(offset);
    return resumed !== undefined && resumed.position > indexed.position ? resumed : indexed;
  }

  /** Reports the first damage at or after `from`; returns the sound batch that follows, undefined when none does. */
  #noteDamage(segment: Segment, from: Anchor): Anchor | undefined {
    const state = this.#state;
    const endOffset = state.segmentEnd(state.segmentIndex(segment.baseOffset));
    const search = { from, epochs: state.epochs, endOffset };
    const damage = findDamage(this.#environment.files, segment, search);
    if (damage === undefined) return undefined;
    const { fromOffset, toOffset, problem, resume } = damage;
    if (resume) segment.trust.resumesAt(resume);
    const range = { fromOffset, toOffset, path: segment.logPath };
    reportCorrupt({ environment: this.#environment, state }, range, problem);
    return resume;
  }

  /** From `place` on up to what is looked for, or to damage. */
  #walk(
    { segment, from, bound, accepts }: Search,
    place: Anchor,
  ): {
    readonly found: TimestampOffset | undefined;
    readonly isDamaged: boolean;
  } {
    const pinned = segment.pin();
    let found: TimestampOffset | undefined;
    try {
      const end = scanBatches(
        {
          file: pinned.file,
          fromPosition: place.position,
          toPosition: segment.writtenBytes,
          nextOffset: place.baseOffset,
          leaderEpoch: -1,
          crcFromOffset: 0,
          gapsBelow: segment.gapsBelow,
        },
        (header, position) => {
          if (lastOffsetOf(header) < from || this.#state.corrupt.covers(header.baseOffset)) return;
          if (header.baseOffset >= bound) return false;
          const bytes = Buffer.allocUnsafe(header.sizeBytes);
          const count = pinned.file.readSync(bytes, 0, bytes.length, position);
          if (count < bytes.length) return false;
          found = firstIn(header, bytes, { bound, accepts });
          return found === undefined ? undefined : false;
        },
      );
      return { found, isDamaged: end.problem !== undefined };
    } finally {
      this.#environment.files.unpin(pinned);
    }
  }
}

/** The first record of the batch that `accepts`. */
function firstIn(
  header: BatchHeader,
  bytes: Buffer,
  { bound, accepts }: Pick<Search, 'bound' | 'accepts'>,
): TimestampOffset | undefined {
  let found: TimestampOffset | undefined;
  const { leaderEpoch } = header;
  forEachRecord(
    new RecordBatchView(bytes),
    ({ offset, timestamp }) => {
      if (offset >= bound) return false;
      if (!accepts(offset, timestamp, leaderEpoch)) return undefined;
      found = { offset, timestamp, leaderEpoch };
      return false;
    },
    { maxDecompressedBytes: limits.decompressedBytesMin },
  );
  return found;
}
