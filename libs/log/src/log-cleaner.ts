// Compacts one log: finds the dirty part, has its keys mapped and the segments below its end written anew without what is superseded
// (compaction-work.ts), and swaps them in. Protects: never the active segment, nothing at or above the owner's bound; each swap
// leaves a log that is right by itself (older groups first), so a run may end anywhere, a crash of its thread included.
// Leaves out: which log is due when (log-maintenance.ts); the heavy part, and the thread it runs in (compactor.ts).
//
//   0 ──── clean ──── firstDirty ──── mapped ──── endOffset ──── bound, lag, active segment
//   └────────── written anew, in groups ───────────┘

import { assert, errorCode } from '@drave/platform';
import { writeCleanerCheckpoint } from './cleaner-checkpoint.js';
import {
  CleanedWriteError,
  CleaningCancelled,
  type CompactionGroup,
  type CompactionJob,
  type SegmentFacts,
} from './compaction-job.js';
import { type CompactionRun, throwIfCancelled } from './compactor.js';
import { isPassing } from './disk-room.js';
import type { LogSettings } from './log-settings.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { loadTransactions } from './log-transactions.js';
import { SegmentSeal } from './segment-seal.js';
import { Segment } from './segment.js';
import { cleanedSuffix, swapSegments } from './segment-swap.js';
import { TransactionIndex } from './transaction-index.js';

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
  /** Memory of the offset map. */
  readonly mapBytes: number;
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
  /** The log is about to be closed: nothing of this begins any more. */
  isEnding(): boolean;
  /** Batches below `offset` are no longer what is in memory. */
  compacted(offset: number): void;
}

export class LogCleaner {
  readonly #host: CleanerHost;
  /** Of the run under way. */
  #cancel: AbortController | undefined;

  constructor(host: CleanerHost) {
    this.#host = host;
  }

  /** Makes the run under way reject with CleaningCancelled soon. */
  cancel(): void {
    this.#cancel?.abort();
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

  /** Runs the plan. Rejects with CleaningCancelled, DamagedSegmentError, ProtocolError, CompactorLostError, or the disk's errors. */
  async clean(plan: CleaningPlan, request: CleaningRequest): Promise<CleaningResult> {
    const { environment } = this.#host;
    const cancel = new AbortController();
    this.#cancel = cancel;
    const run = await environment.compactor.begin(cancel.signal);
    try {
      return await this.#clean(run, plan, request);
    } finally {
      await run.end();
      this.#cancel = undefined;
    }
  }

  async #clean(
    run: CompactionRun,
    plan: CleaningPlan,
    request: CleaningRequest,
  ): Promise<CleaningResult> {
    const { state } = this.#host;
    const job = this.#job(plan, request);
    const mapped = await this.#judged(job.dirty, () => run.map(job));
    const { endOffset, keys, mapBytes } = mapped;
    let bytesBefore = 0;
    let bytesAfter = 0;
    let horizonMs = -1;
    if (endOffset === plan.firstDirty && !plan.isHorizonOver) {
      return { endOffset, bytesBefore, bytesAfter, keys: 0, mapBytes };
    }
    await this.#checkpoint({ gapsBelow: Math.max(state.cleaner.gapsBelow, endOffset) });
    for (const group of this.#groups(endOffset)) {
      for (const segment of group) bytesBefore += segment.sizeBytes;
      const cleaned = await this.#cleanGroup(group, run);
      bytesAfter += cleaned.sizeBytes;
      ({ horizonMs } = cleaned);
    }
    await this.#checkpoint({ cleanedBelow: endOffset, horizonMs });
    return { endOffset, bytesBefore, bytesAfter, keys, mapBytes };
  }

  #job({ firstDirty, limit }: CleaningPlan, request: CleaningRequest): CompactionJob {
    const { state } = this.#host;
    const { deleteRetentionMs, indexIntervalBytes } = this.#host.settings();
    const dirty: Segment[] = [];
    for (const segment of state.segments.slice(Math.max(0, state.segmentIndex(firstDirty)))) {
      if (segment.baseOffset >= limit || segment === state.active) break;
      dirty.push(segment);
    }
    const [first] = dirty;
    const baseOffset = first?.baseOffset ?? firstDirty;
    let from = { position: 0, baseOffset };
    if (first && firstDirty > baseOffset) {
      first.load();
      from = first.floorPosition(firstDirty);
    }
    return {
      directory: state.directory,
      dirty: dirty.map(factsOf),
      from,
      firstDirty,
      limit,
      nowMs: request.nowMs,
      deleteRetentionMs,
      indexIntervalBytes,
      dedupeBufferBytes: request.dedupeBufferBytes,
      producers: state.producers.lastBatches(),
    };
  }

  /** What its errors mean: a file that is not found because its segment left the log meanwhile is nothing to report. */
  async #judged<Result>(
    segments: readonly SegmentFacts[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const { health } = this.#host.environment;
      if (error instanceof CleanedWriteError) {
        throw health.fail(`compact ${this.#host.state.directory}`, error.cause);
      }
      const bases = new Set(this.#host.state.segments.map(({ baseOffset }) => baseOffset));
      const isGone = segments.some(({ baseOffset }) => !bases.has(baseOffset));
      if (isGone && errorCode(error) === 'ENOENT') throw new CleaningCancelled('a segment is gone');
      throw error;
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

  /** Has the group written anew and swaps it in. */
  async #cleanGroup(
    group: readonly Segment[],
    run: CompactionRun,
  ): Promise<{ readonly sizeBytes: number; readonly horizonMs: number }> {
    const { environment, state } = this.#host;
    const cleaned = this.#newSegment(group);
    let isSwapped = false;
    try {
      for (const segment of group) await loadTransactions(environment, state, segment);
      const work: CompactionGroup = this.#groupOf(group);
      const { content, seal, markers, hasChanged, horizonMs } = await this.#judged(
        work.segments,
        () => run.rewrite(work),
      );
      cleaned.adopt(content);
      const { sizeBytes } = cleaned;
      if (!hasChanged && group.length === 1) return { sizeBytes, horizonMs };
      await this.#host.chore('compact', async () => {
        if (!group.every((segment) => state.segments.includes(segment))) return;
        const { endOffset } = work;
        const decoded = SegmentSeal.decode(Buffer.from(seal.buffer), cleaned);
        assert(decoded !== undefined, 'seal-of-cleaned', { path: cleaned.logPath });
        cleaned.transactions = remaining(group, markers);
        await swapSegments(environment, state, {
          cleaned,
          replaced: group,
          endOffset,
          seal: decoded,
          sealBytes: seal,
          indexFiles: content.files,
        });
        isSwapped = true;
        this.#host.compacted(endOffset);
      });
      environment.health.throwIfFailed();
      if (!isSwapped) throw new CleaningCancelled('the segments are gone');
      return { sizeBytes, horizonMs };
    } finally {
      // Otherwise nothing has happened yet.
      if (!state.segments.includes(cleaned)) await this.#discard(cleaned);
    }
  }

  #groupOf(group: readonly Segment[]): CompactionGroup {
    const { state } = this.#host;
    if (this.#cancel !== undefined) throwIfCancelled(this.#cancel.signal);
    const [last] = group.slice(-1);
    const index = last === undefined ? -1 : state.segments.indexOf(last);
    if (index < 0) throw new CleaningCancelled('the segments are gone');
    return { segments: group.map(factsOf), endOffset: state.segmentEnd(index) };
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
    cleaned.gapsBelow = Math.max(
      state.cleaner.gapsBelow,
      ...group.map(({ gapsBelow }) => gapsBelow),
    );
    return cleaned;
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
      isCancelled = this.#cancel?.signal.aborted === true;
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
}

/** Settings of this size mean never. */
const neverMs = Number.MAX_SAFE_INTEGER;

/** A reader that is told of an aborted transaction forgets it at its marker: without the marker it must not be told. */
function remaining(group: readonly Segment[], markers: Float64Array): TransactionIndex {
  const aborted = group.flatMap((segment) => segment.transactions?.aborted ?? []);
  const staying = new Set(aborted.length === 0 ? [] : markers);
  return new TransactionIndex(
    aborted.filter(({ lastOffset }) => staying.has(lastOffset)),
    group.at(-1)?.transactions?.open,
  );
}

function factsOf({ baseOffset, writtenBytes, gapsBelow }: Segment): SegmentFacts {
  return { baseOffset, sizeBytes: writtenBytes, gapsBelow };
}
