// The mutable state of one log, shared by the parts that work on it: appending (partition-log.ts), reading (log-reader.ts),
// truncation and recovery (log-recovery.ts). Protects: logStart ≤ durable ≤ written ≤ logEnd, synced ≤ durable (flush=group), segments ascending, one at least.

import { assert, type Platform } from '@drave/platform';
import { CorruptRanges } from './corrupt-ranges.js';
import type { AppendQueue, FlushMode } from './append-queue.js';
import { type CleanerCheckpoint, neverCleaned } from './cleaner-checkpoint.js';
import type { Compactor } from './compactor.js';
import type { DirectoryHealth } from './data-directory.js';
import type { DeletedFiles } from './deleted-files.js';
import type { DiskRoom } from './disk-room.js';
import type { DiskReserve } from './disk-reserve.js';
import type { LeaderEpochs } from './leader-epochs.js';
import { defaultLogSettings, type LogSettings } from './log-settings.js';
import type { OpenFiles } from './open-files.js';
import type { ProducerState } from './producer-state.js';
import type { ReadAhead } from './read-ahead.js';
import { Segment } from './segment.js';
import type { SharedJournal } from './shared-journal.js';
import type { TailCache } from './tail-cache.js';

/** What the logs of one data directory share. */
export interface LogEnvironment {
  readonly platform: Platform;
  readonly directory: string;
  readonly flush: FlushMode;
  readonly health: DirectoryHealth;
  readonly files: OpenFiles;
  readonly queue: AppendQueue;
  /** undefined with `flush=os`. */
  readonly journal: SharedJournal | undefined;
  readonly tailCache: TailCache;
  readonly readAhead: ReadAhead;
  readonly deletedFiles: DeletedFiles;
  readonly reserve: DiskReserve;
  readonly room: DiskRoom;
  readonly compactor: Compactor;
  readonly producerIdExpirationMs: number;
  /** Writes the checkpoints of recovery points and log starts; a call during a write joins the next one. */
  saveCheckpoints(): Promise<void>;
}

/** Who leads the partition: says how far the log may be cut from below, hears when its ends moved. */
export interface LogOwner {
  /** Nothing at or above it is deleted or compacted: the high watermark, or the last stable offset when that is lower. */
  boundOffset(): number;
  /** The durable offset has moved; hears of it before those of `PartitionLog.onDurable`. Must not throw. */
  onDurable?(): void;
  onLogStart(): void;
}

/** What is known of a log's segments without having them. */
export interface SegmentsOutline {
  /** Base offsets, ascending; not empty. */
  readonly bases: readonly number[];
  readonly activeBytes: number;
  /** Greatest timestamp of the active segment; -1: not known. */
  readonly newestMs: number;
}

/** Segments that a clean stop left behind; nobody needs them before the log is used. */
export interface ColdSegments {
  readonly environment: LogEnvironment;
  readonly outline: SegmentsOutline;
}

export class LogState {
  /** The partition's directory. */
  readonly directory: string;
  settings: LogSettings = defaultLogSettings;
  owner: LogOwner | undefined;
  /** Further ones who hear of each new durable offset. */
  durableListeners: Set<(durableOffset: number) => void> | undefined;
  /** False while the log's directory is being made. */
  isMade = true;
  /** Makes the log's directory survive a crash; undefined once it does. */
  makeDurable: (() => Promise<void>) | undefined;
  #segments: Segment[] | undefined;
  /** What they are made of when they are asked for; undefined once they are there. */
  #cold: ColdSegments | undefined;
  logStartOffset: number;
  logEndOffset: number;
  writtenOffset: number;
  durableOffset: number;
  /** Everything below is synced in its segments; from here to the durable offset it is in the journal. */
  syncedOffset: number;
  /** Everything below is durable and was checked; a recovery checks from here on. */
  recoveryPoint: number;
  producers: ProducerState;
  epochs: LeaderEpochs;
  /** Entries of `epochs` that their file has; -1: it says something else. */
  savedEpochs: number;
  /** How far it is compacted. */
  cleaner: CleanerCheckpoint = neverCleaned;
  /** What may not be served. */
  readonly corrupt = new CorruptRanges();
  /** What the file says of damage (damage-checkpoint.ts). */
  savedDamage = '';
  /** Grows whenever bytes that a reader may be reading went away. */
  version = 0;

  constructor(options: {
    readonly directory: string;
    readonly segments: Segment[] | ColdSegments;
    readonly logStartOffset: number;
    readonly logEndOffset: number;
    readonly producers: ProducerState;
    readonly epochs: LeaderEpochs;
    readonly makeDurable?: (() => Promise<void>) | undefined;
  }) {
    const { logStartOffset, logEndOffset } = options;
    assert(logStartOffset <= logEndOffset, 'log-offsets', { logStartOffset, logEndOffset });
    this.directory = options.directory;
    if (Array.isArray(options.segments)) this.#segments = options.segments;
    else this.#cold = options.segments;
    this.logStartOffset = logStartOffset;
    this.logEndOffset = logEndOffset;
    this.writtenOffset = logEndOffset;
    this.durableOffset = logEndOffset;
    this.syncedOffset = logEndOffset;
    this.recoveryPoint = logEndOffset;
    this.producers = options.producers;
    this.epochs = options.epochs;
    this.savedEpochs = options.epochs.entries.length;
    this.makeDurable = options.makeDurable;
  }

  get segments(): Segment[] {
    return this.#segments ?? this.#makeSegments();
  }

  set segments(segments: Segment[]) {
    this.#segments = segments;
    this.#cold = undefined;
  }

  /** Makes no segments. */
  get outline(): SegmentsOutline {
    if (this.#cold !== undefined) return this.#cold.outline;
    const { sizeBytes: activeBytes, maxTimestamp: newestMs } = this.active;
    return { bases: this.segments.map(({ baseOffset }) => baseOffset), activeBytes, newestMs };
  }

  get segmentCount(): number {
    return this.#segments?.length ?? this.outline.bases.length;
  }

  get active(): Segment {
    const active = this.segments.at(-1);
    assert(active !== undefined, 'log-has-segment', { directory: this.directory });
    return active;
  }

  /** The leader epoch of all that is there; -1 when there are several or none. */
  get onlyLeaderEpoch(): number {
    const [first, second] = this.epochs.entries;
    const isOne = first?.startOffset === this.#firstBase && second === undefined;
    return isOne ? (first?.epoch ?? -1) : -1;
  }

  /** Index of the segment that holds `offset`, -1 below the first. */
  segmentIndex(offset: number): number {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle]?.baseOffset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Takes over how far the log is compacted, as its files say. */
  setCleaner(cleaner: CleanerCheckpoint): void {
    this.cleaner = cleaner;
    const last = this.segments.length - 1;
    for (const [index, segment] of this.segments.entries()) {
      segment.gapsBelow = segment.baseOffset < cleaner.gapsBelow ? cleaner.gapsBelow : 0;
      const endOffset = this.segmentEnd(index);
      const isKnown = index === last || endOffset <= cleaner.gapsBelow;
      segment.mayBeCompacted(isKnown ? undefined : endOffset);
    }
  }

  get #firstBase(): number | undefined {
    return this.#cold ? this.#cold.outline.bases[0] : this.segments[0]?.baseOffset;
  }

  #makeSegments(): Segment[] {
    assert(this.#cold !== undefined, 'log-has-segments', { directory: this.directory });
    const { environment, outline } = this.#cold;
    const { bases, activeBytes, newestMs } = outline;
    const segments = bases.map((baseOffset, index) => {
      const sizeBytes = index === bases.length - 1 ? activeBytes : undefined;
      return segmentOf(environment, this.directory, { baseOffset, sizeBytes });
    });
    const active = segments.at(-1);
    if (active) active.maxTimestamp = newestMs;
    this.segments = segments;
    return segments;
  }

  /** End offset of the segment at `index`, exclusive. */
  segmentEnd(index: number): number {
    return this.segments[index + 1]?.baseOffset ?? this.logEndOffset;
  }
}

/** A segment of `environment`; `sizeBytes` 0 makes a new one, undefined takes what the file has. */
export function segmentOf(
  environment: LogEnvironment,
  directory: string,
  at: { readonly baseOffset: number; readonly sizeBytes: number | undefined },
): Segment {
  const { platform, files } = environment;
  return new Segment({ disk: platform.disk, files, directory, ...at });
}
