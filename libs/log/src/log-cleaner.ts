// Compacts one log: finds the dirty part, maps its keys to their last offsets, writes the segments below its end anew without what is
// superseded, and swaps them in. Protects: never the active segment, nothing at or above the owner's bound; each swap leaves a log
// that is right by itself (older groups first), so a run may end anywhere; damage is never given a new checksum.
// Runs on the event loop in slices of 2 ms followed by as much rest (pace.ts), codecs in the thread pool; not in a worker: it could not
// use the ports (disk, clock) a simulation replaces. Leaves out: which log is due when (log-maintenance.ts).
//
//   0 ──── clean ──── firstDirty ──── mapped ──── endOffset ──── bound, lag, active segment
//   └────────── written anew, in groups ───────────┘

import { assert } from '@drave/platform';
import { limits } from '@drave/contracts';
import { RecordBatchView } from '@drave/protocol';
import { BatchCleaner, recordsBlock, recordsPerStep } from './batch-cleaner.js';
import {
  type BatchHeader,
  isControl,
  isTransactional,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import { streamBatches, type StreamVisitor } from './batch-stream.js';
import { writeCleanerCheckpoint } from './cleaner-checkpoint.js';
import type { LogSettings } from './log-settings.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { OffsetMap } from './offset-map.js';
import { isDiskFull, isPassing } from './disk-room.js';
import { Pace, type Steps } from './pace.js';
import { RawRecords } from './raw-records.js';
import { SealBuilder } from './segment-seal.js';
import { Segment } from './segment.js';
import { cleanedSuffix, swapSegments } from './segment-swap.js';
import { loadTransactions } from './log-transactions.js';
import { TransactionFates } from './transaction-fates.js';
import { TransactionIndex } from './transaction-index.js';

/** Unsynced bytes a cleaning leaves to the kernel at most: one large sync would hold up the producers' syncs. */
const unsyncedBytesMax = 16 * 1024 * 1024;
const segmentBytesMax = 0x7fff_ffff;

export interface CleaningRequest {
  readonly nowMs: number;
  /** Nothing at or above it is touched: the high watermark, or the last stable offset. */
  readonly boundOffset: number;
  /** Memory of the offset map; what does not fit is left to the next cleaning. */
  readonly dedupeBufferBytes: number;
}

export interface CleaningResult {
  /** Compacted below this now. */
  readonly endOffset: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly keys: number;
}

export interface CleaningPlan {
  readonly firstDirty: number;
  /** Exclusive end of what may be cleaned. */
  readonly limit: number;
  /** Bytes not cleaned yet as a share of all that can be, 0 to 1. */
  readonly dirtyRatio: number;
  /** Tombstones of the clean part may go now. */
  readonly isHorizonOver: boolean;
  /** Whether the settings ask for a cleaning now. */
  readonly isDue: boolean;
}

/** What the cleaner needs of its log. */
export interface CleanerHost {
  readonly environment: LogEnvironment;
  readonly state: LogState;
  settings(): LogSettings;
  /** Runs `work` alone among what changes the files; a failure takes the directory out of service. Never rejects. */
  chore(action: string, work: () => Promise<void>): Promise<void>;
  /** Batches below `offset` are no longer what is in memory. */
  compacted(offset: number): void;
}

/** The cleaning was asked to end, or what it worked on is gone. */
export class CleaningCancelled extends Error {}

interface Mapped {
  readonly map: OffsetMap;
  readonly endOffset: number;
}

export class LogCleaner {
  readonly #host: CleanerHost;
  #isCancelled = false;

  constructor(host: CleanerHost) {
    this.#host = host;
  }

  /** Makes the run under way reject with CleaningCancelled soon. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** undefined when there is nothing that may be cleaned. */
  plan({ nowMs, boundOffset }: CleaningRequest): CleaningPlan | undefined {
    const { state } = this.#host;
    const settings = this.#host.settings();
    const { segments, cleaner } = state;
    const firstDirty = Math.max(cleaner.cleanedBelow, segments[0]?.baseOffset ?? 0);
    let limit = Math.min(boundOffset, state.active.baseOffset);
    let cleanBytes = 0;
    let dirtyBytes = 0;
    let oldest: number | undefined;
    for (const [index, segment] of segments.entries()) {
      if (segment.baseOffset >= limit) break;
      if (segment.sizeBytes < 0) segment.checkSize();
      if (state.segmentEnd(index) <= firstDirty) {
        cleanBytes += segment.sizeBytes;
        continue;
      }
      if (settings.minCompactionLagMs > 0 || settings.maxCompactionLagMs < neverMs) segment.load();
      if (
        segment.maxTimestamp > nowMs - settings.minCompactionLagMs &&
        settings.minCompactionLagMs > 0
      ) {
        limit = segment.baseOffset;
        break;
      }
      dirtyBytes += segment.sizeBytes;
      oldest ??= segment.firstTimestamp;
    }
    const isHorizonOver = cleaner.horizonMs >= 0 && cleaner.horizonMs <= nowMs;
    if (limit <= firstDirty && !isHorizonOver) return undefined;
    const allBytes = cleanBytes + dirtyBytes;
    const dirtyRatio = limit <= firstDirty || allBytes === 0 ? 0 : dirtyBytes / allBytes;
    const isLate = oldest !== undefined && nowMs - oldest > settings.maxCompactionLagMs;
    const isDue = isHorizonOver || isLate || dirtyRatio > settings.minCleanableDirtyRatio;
    return { firstDirty, limit: Math.max(limit, firstDirty), dirtyRatio, isHorizonOver, isDue };
  }

  /** Runs the plan. Rejects with CleaningCancelled, DamagedSegmentError, ProtocolError, or the disk's errors. */
  async clean(plan: CleaningPlan, request: CleaningRequest): Promise<CleaningResult> {
    const { state, environment } = this.#host;
    this.#isCancelled = false;
    const pace = new Pace(environment.platform);
    let fates: TransactionFates | undefined;
    let mapped = await this.#map(plan, request, { pace, fates });
    if (mapped === undefined) {
      fates = await this.#fates(plan, pace);
      const limit = Math.min(plan.limit, fates.undecidedFrom);
      mapped = await this.#map({ ...plan, limit }, request, { pace, fates });
    }
    assert(mapped !== undefined, 'transactions-decided');
    const { map, endOffset } = mapped;
    if (endOffset === plan.firstDirty && !plan.isHorizonOver) {
      return { endOffset, bytesBefore: 0, bytesAfter: 0, keys: 0 };
    }
    await this.#checkpoint({ gapsBelow: Math.max(state.cleaner.gapsBelow, endOffset) });
    const batches = new BatchCleaner({
      map,
      endOffset,
      nowMs: request.nowMs,
      deleteRetentionMs: this.#host.settings().deleteRetentionMs,
      lastBatches: state.producers.lastBatches(),
      isAborted: (header) => fates?.isAborted(header) ?? false,
      decompressedBytesMax: limits.decompressedBytesMin,
    });
    let bytesBefore = 0;
    let bytesAfter = 0;
    for (const group of this.#groups(endOffset)) {
      for (const segment of group) bytesBefore += segment.sizeBytes;
      bytesAfter += await this.#cleanGroup(group, batches, pace);
    }
    const horizonMs = batches.nextHorizonMs ?? -1;
    await this.#checkpoint({ cleanedBelow: endOffset, horizonMs });
    return { endOffset, bytesBefore, bytesAfter, keys: map.count };
  }

  /** Notes the keys of the dirty part until the map is full; undefined when it needs to know how transactions ended. */
  async #map(
    plan: CleaningPlan,
    request: CleaningRequest,
    by: { readonly pace: Pace; readonly fates: TransactionFates | undefined },
  ): Promise<Mapped | undefined> {
    const { firstDirty, limit } = plan;
    const { fates, pace } = by;
    const bufferBytes = request.dedupeBufferBytes;
    let map = new OffsetMap({ recordsMax: limit - firstDirty, bufferBytes });
    let endOffset = firstDirty;
    let needsFates = false;
    await this.#eachDirty(plan, pace, function* (header, bytes) {
      const isData = !isControl(header);
      const inTransaction = isData && isTransactional(header);
      if (inTransaction && fates === undefined) {
        needsFates = true;
        return false;
      }
      if (isData && !(inTransaction && fates?.isAborted(header))) {
        if (!map.fits(header.recordCount)) {
          if (endOffset > firstDirty) return false;
          // A single batch beyond the buffer: it is as large as a batch may be, no larger.
          map = new OffsetMap({
            recordsMax: header.recordCount,
            bufferBytes: Number.MAX_SAFE_INTEGER,
          });
        }
        yield* noteKeys(map, header, bytes);
      }
      endOffset = lastOffsetOf(header) + 1;
      return undefined;
    });
    return needsFates ? undefined : { map, endOffset };
  }

  async #fates(plan: CleaningPlan, pace: Pace): Promise<TransactionFates> {
    const fates = new TransactionFates();
    await this.#eachDirty(plan, pace, (header, bytes) => {
      if (!isTransactional(header)) return;
      fates.note(header, () => new RecordBatchView(bytes).records()[0]);
    });
    fates.end();
    return fates;
  }

  /** Visits the batches that lie wholly in the dirty part, until `visit` returns false. */
  async #eachDirty(plan: CleaningPlan, pace: Pace, visit: StreamVisitor): Promise<void> {
    const { state, environment } = this.#host;
    const { firstDirty, limit } = plan;
    let isOver = false;
    const first = Math.max(0, state.segmentIndex(firstDirty));
    for (const segment of state.segments.slice(first)) {
      if (isOver || segment.baseOffset >= limit) break;
      segment.load();
      const from =
        firstDirty > segment.baseOffset
          ? segment.floorPosition(firstDirty)
          : { position: 0, baseOffset: segment.baseOffset };
      const options = {
        files: environment.files,
        pace,
        segment,
        from,
        check: () => this.#check(segment),
      };
      await streamBatches(options, function* (header, bytes) {
        if (lastOffsetOf(header) < firstDirty) return undefined;
        isOver = lastOffsetOf(header) >= limit;
        const verdict = isOver ? undefined : visit(header, bytes);
        isOver ||= (typeof verdict === 'object' ? yield* verdict : verdict) === false;
        return isOver ? false : undefined;
      });
    }
  }

  /** The segments below `endOffset`, as many together as fit one segment. */
  #groups(endOffset: number): Segment[][] {
    const { state } = this.#host;
    const { segmentBytes } = this.#host.settings();
    const groups: Segment[][] = [];
    let group: Segment[] = [];
    let sizeBytes = 0;
    for (const [index, segment] of state.segments.entries()) {
      if (segment.baseOffset >= endOffset || segment === state.active) break;
      if (segment.sizeBytes < 0) segment.checkSize();
      const base = group[0]?.baseOffset ?? segment.baseOffset;
      const isWide = state.segmentEnd(index) - base > segmentBytesMax;
      if (group.length > 0 && (isWide || sizeBytes + segment.sizeBytes > segmentBytes)) {
        groups.push(group);
        group = [];
        sizeBytes = 0;
      }
      group.push(segment);
      sizeBytes += segment.sizeBytes;
    }
    if (group.length > 0) groups.push(group);
    return groups;
  }

  /** Writes the group anew and swaps it in; returns its bytes afterwards. */
  async #cleanGroup(group: readonly Segment[], batches: BatchCleaner, pace: Pace): Promise<number> {
    const { environment, state } = this.#host;
    const cleaned = this.#newSegment(group);
    const sealing = new SealBuilder(cleaned.baseOffset);
    const markers = new Set<number>();
    try {
      for (const segment of group) await loadTransactions(environment, state, segment);
      const hasChanged = await this.#rewrite(group, cleaned, { batches, pace, sealing, markers });
      if (!hasChanged && group.length === 1) {
        await this.#discard(cleaned);
        return cleaned.sizeBytes;
      }
    } catch (error) {
      await this.#discard(cleaned);
      throw error;
    }
    let isSwapped = false;
    const swap = this.#host.chore('compact', async () => {
      const last = group.at(-1) ?? cleaned;
      if (!group.every((segment) => state.segments.includes(segment))) return;
      const endOffset = state.segmentEnd(state.segments.indexOf(last));
      const seal = sealing.finish(endOffset);
      cleaned.transactions = remaining(group, markers);
      await swapSegments(environment, state, { cleaned, replaced: group, endOffset, seal });
      isSwapped = true;
      this.#host.compacted(endOffset);
    });
    await swap.catch(async (error: unknown) => {
      await this.#discard(cleaned); // before the first rename: nothing happened
      throw error;
    });
    environment.health.throwIfFailed();
    if (!isSwapped) {
      await this.#discard(cleaned);
      throw new CleaningCancelled('the segments are gone');
    }
    return cleaned.sizeBytes;
  }

  #newSegment(group: readonly Segment[]): Segment {
    const { environment, state } = this.#host;
    const baseOffset = group[0]?.baseOffset;
    assert(baseOffset !== undefined, 'group-has-segment');
    const cleaned = new Segment({
      disk: environment.platform.disk,
      files: environment.files,
      directory: state.directory,
      baseOffset,
      sizeBytes: 0,
      suffix: cleanedSuffix,
    });
    cleaned.gapsBelow = state.cleaner.gapsBelow;
    return cleaned;
  }

  /** True when anything of the group changed. `cleaned` is synced when it settles. */
  async #rewrite(
    group: readonly Segment[],
    cleaned: Segment,
    by: {
      readonly batches: BatchCleaner;
      readonly pace: Pace;
      readonly sealing: SealBuilder;
      /** Filled with the offsets of the markers that stay. */
      readonly markers: Set<number>;
    },
  ): Promise<boolean> {
    const { files, platform } = this.#host.environment;
    const { indexIntervalBytes } = this.#host.settings();
    const { batches, pace } = by;
    let hasChanged = false;
    let chunks: Buffer[] = [];
    let unsyncedBytes = 0;
    await platform.disk.remove(cleaned.logPath);
    const pinned = cleaned.pin();
    const afterChunk = async (): Promise<void> => {
      if (chunks.length > 0)
        await this.#write(() => pinned.file.write(chunks, cleaned.writtenBytes));
      unsyncedBytes += cleaned.sizeBytes - cleaned.writtenBytes;
      cleaned.writtenBytes = cleaned.sizeBytes;
      chunks = [];
      if (unsyncedBytes < unsyncedBytesMax) return;
      await this.#write(() => pinned.file.sync());
      unsyncedBytes = 0;
    };
    try {
      for (const segment of group) {
        const from = { position: 0, baseOffset: segment.baseOffset };
        const check = (): void => this.#check(segment);
        await streamBatches(
          { files, pace, segment, from, check, afterChunk },
          function* (header, bytes) {
            const kept = yield* batches.clean(header, bytes);
            if (kept !== bytes) hasChanged = true;
            if (kept === undefined) return;
            const position = cleaned.sizeBytes;
            const { maxTimestamp, sizeBytes, recordCount } = readBatchHeader(kept, 0);
            if (isControl(header) && recordCount > 0) by.markers.add(header.baseOffset);
            assert(position + sizeBytes <= segmentBytesMax, 'cleaned-segment-size', { position });
            cleaned.note(header.baseOffset, maxTimestamp, {
              position,
              sizeBytes,
              intervalBytes: indexIntervalBytes,
            });
            cleaned.sizeBytes += sizeBytes;
            chunks.push(kept);
            by.sealing.add(header.baseOffset, kept);
          },
        );
      }
      await this.#write(() => pinned.file.sync());
      cleaned.isNameDurable = true;
    } finally {
      files.unpin(pinned);
    }
    return hasChanged;
  }

  /** A full disk ends the cleaning, another error the directory: what it does to the log's bytes nobody knows. */
  async #write(work: () => Promise<void>): Promise<void> {
    const { health } = this.#host.environment;
    health.throwIfFailed();
    try {
      await work();
    } catch (error) {
      if (isDiskFull(error)) throw error;
      throw health.fail(`compact ${this.#host.state.directory}`, error);
    }
  }

  async #discard(cleaned: Segment): Promise<void> {
    const { files, platform, health } = this.#host.environment;
    files.forget(cleaned.logPath);
    if (health.failure === undefined) await platform.disk.remove(cleaned.logPath);
  }

  async #checkpoint(change: Partial<LogState['cleaner']>): Promise<void> {
    const { state, environment } = this.#host;
    const next = { ...state.cleaner, ...change };
    const { cleanedBelow, gapsBelow, horizonMs } = state.cleaner;
    const isSame =
      next.cleanedBelow === cleanedBelow &&
      next.gapsBelow === gapsBelow &&
      next.horizonMs === horizonMs;
    if (isSame) return;
    // Alone among what changes the log: a truncation sets these values back.
    let isCancelled = false;
    let failure: unknown;
    await this.#host.chore('write the cleaner checkpoint', async () => {
      isCancelled = this.#isCancelled;
      if (isCancelled) return;
      try {
        await writeCleanerCheckpoint(environment.platform.disk, state.directory, next);
        state.cleaner = next;
      } catch (error) {
        if (!isPassing(error)) throw error;
        failure = error;
      }
    });
    environment.health.throwIfFailed();
    if (isCancelled) throw new CleaningCancelled('cancelled');
    if (failure !== undefined) throw failure;
  }

  #check(segment: Segment): void {
    const { state, environment } = this.#host;
    environment.health.throwIfFailed();
    if (this.#isCancelled) throw new CleaningCancelled('cancelled');
    if (!state.segments.includes(segment)) throw new CleaningCancelled('a segment is gone');
  }
}

/** Settings of this size mean never. */
const neverMs = Number.MAX_SAFE_INTEGER;

/** A reader that is told of an aborted transaction forgets it at its marker: without the marker it must not be told. */
function remaining(group: readonly Segment[], markers: ReadonlySet<number>): TransactionIndex {
  const aborted = group.flatMap((segment) => segment.transactions?.aborted ?? []);
  return new TransactionIndex(
    aborted.filter(({ lastOffset }) => markers.has(lastOffset)),
    group.at(-1)?.transactions?.open,
  );
}

function* noteKeys(map: OffsetMap, header: BatchHeader, bytes: Buffer): Steps<void> {
  const { block, start } = yield* recordsBlock(header, bytes, limits.decompressedBytesMin);
  const records = new RawRecords(block, { start, end: block.length }, header.recordCount);
  for (let count = 1; records.next(); count++) {
    const { key } = records;
    if (key !== undefined) map.put(key, header.baseOffset + records.offsetDelta);
    if (count % recordsPerStep === 0) yield undefined;
  }
}
