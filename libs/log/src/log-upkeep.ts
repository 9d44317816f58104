// Retention and compaction of one log. Protects: the log start offset is durable before files go; one cleaning at a time, which ends
// before the log is truncated, closed or deleted; a log that cannot be compacted is reported once and left as it is.
// Leaves out: when (log-maintenance.ts), which segments (retention.ts), how (log-cleaner.ts, log-scrub.ts).

import { ProtocolError } from '@drave/protocol';
import { errorCode } from '@drave/platform';
import { DamagedSegmentError } from './batch-stream.js';
import { CleaningCancelled, CompactorLostError } from './compaction-job.js';
import {
  type CleaningPlan,
  type CleaningRequest,
  type CleaningResult,
  type CleanerHost,
  LogCleaner,
} from './log-cleaner.js';
import { isPassing } from './disk-room.js';
import { LogScrub } from './log-scrub.js';
import { keepProducersAt } from './producer-recovery.js';
import { expiredSegments, type RetentionRequest } from './retention.js';
import type { Segment } from './segment.js';

/** What the upkeep needs of its log. */
export interface UpkeepHost extends CleanerHost {
  /** Begins a new segment at the log end. */
  roll(nowMs: number): void;
  /** Makes the active segment's name survive a crash. */
  nameActive(): Promise<void>;
  /** The log is being truncated. */
  isExclusive(): boolean;
  /** Settles when the chores so far are through. */
  idle(): Promise<void>;
  logStartMoved(): void;
}

export class LogUpkeep {
  readonly #host: UpkeepHost;
  readonly #cleaner: LogCleaner;
  readonly scrub: LogScrub;
  #cleaning: Promise<void> | undefined;
  #isUncleanable = false;

  constructor(host: UpkeepHost) {
    this.#host = host;
    this.#cleaner = new LogCleaner(host);
    this.scrub = new LogScrub(host);
  }

  /** Deletes what retention says; settles with the number of segments that went. Rejects when the directory failed. */
  async applyRetention(request: RetentionRequest): Promise<number> {
    const { environment } = this.#host;
    const { logger } = environment.platform;
    let gone: readonly Segment[] = [];
    const applied = this.#host.chore('apply retention', async () => {
      gone = await this.#takeExpired(request);
      if (gone.length > 0) await this.#remove(gone);
    });
    await applied.catch((error: unknown) => {
      const { directory } = this.#host.state;
      logger.warn('retention-postponed', { directory, error: String(error) });
    });
    environment.health.throwIfFailed();
    return gone.length;
  }

  /** What a cleaning would do; undefined when the topic is not compacted or nothing may be cleaned. */
  plan(request: CleaningRequest): CleaningPlan | undefined {
    const { state } = this.#host;
    const { cleanupPolicy } = this.#host.settings();
    if (!cleanupPolicy.includes('compact') || this.#isUncleanable || this.#host.isEnding())
      return undefined;
    this.#rollLate(request);
    return state.segments.length < 2 ? undefined : this.#cleaner.plan(request);
  }

  /**
   * Compacts as far as the bound, the lag and the memory allow; undefined when there was nothing to do, it was interrupted, the disk
   * is full, or the log is damaged (logged). Rejects when the directory failed.
   */
  async compact(request: CleaningRequest): Promise<CleaningResult | undefined> {
    do {
      await this.#cleaning;
      await this.#host.idle(); // sealed segments are complete on disk
    } while (this.#cleaning !== undefined);
    if (this.#host.isExclusive()) return undefined;
    const plan = this.plan(request);
    // It needs room before it makes room; the reserve is for what cannot wait.
    const { reserve } = this.#host.environment;
    if (plan === undefined || this.#host.isEnding() || reserve.isShort) return undefined;
    const run = this.#run(plan, request);
    const cleaning = run
      .catch(() => undefined)
      .then(() => {
        this.#cleaning = undefined;
      });
    this.#cleaning = cleaning;
    return run;
  }

  /** Makes the cleaning under way end soon. */
  cancel(): void {
    this.#cleaner.cancel();
  }

  /** Ends the cleaning and the scrubbing under way; settles when they have. */
  async interrupt(): Promise<void> {
    this.cancel();
    await this.scrub.interrupt();
    await this.#cleaning;
  }

  async #run(plan: CleaningPlan, request: CleaningRequest): Promise<CleaningResult | undefined> {
    const { environment, state } = this.#host;
    const { logger } = environment.platform;
    const { directory } = state;
    try {
      const result = await this.#cleaner.clean(plan, request);
      logger.debug('log-compacted', { directory, ...result });
      return result;
    } catch (error) {
      environment.health.throwIfFailed();
      if (error instanceof CleaningCancelled) return undefined;
      if (isPassing(error)) {
        logger.warn('log-compaction-postponed', { directory, error: String(error) });
        return undefined;
      }
      if (error instanceof CompactorLostError) {
        logger.error('log-compactor-failed', { directory, error: error.message });
        return undefined;
      }
      if (!isLasting(error)) throw error;
      this.#isUncleanable = true;
      logger.error('log-uncleanable', { directory, error: String(error) });
      return undefined;
    }
  }

  /** `max.compaction.lag.ms` reaches into the active segment by closing it. */
  #rollLate({ nowMs, boundOffset }: CleaningRequest): void {
    const { state } = this.#host;
    const { maxCompactionLagMs } = this.#host.settings();
    const { firstTimestamp, sizeBytes } = state.active;
    if (firstTimestamp === undefined || sizeBytes === 0) return;
    if (nowMs - firstTimestamp <= maxCompactionLagMs || boundOffset < state.logEndOffset) return;
    this.#host.roll(nowMs);
  }

  /** Takes the expired segments out of the log, its new start being durable. */
  async #takeExpired(request: RetentionRequest): Promise<readonly Segment[]> {
    const { environment, state } = this.#host;
    const settings = this.#host.settings();
    const { disk, logger } = environment.platform;
    let count: number;
    try {
      count = await expiredSegments(disk, state, { settings, request });
    } catch (error) {
      logger.warn('retention-postponed', { directory: state.directory, error: String(error) });
      return [];
    }
    // Appended meanwhile: the active segment is not what was judged.
    while (count > 0 && state.segmentEnd(count - 1) > request.boundOffset) count--;
    if (count === 0) return [];
    if (count === state.segments.length) this.#host.roll(request.nowMs);
    const first = state.segments[count];
    if (first === undefined) return [];
    await this.#moveStart(first.baseOffset);
    await keepProducersAt(environment, state, first.baseOffset);
    await this.#host.nameActive();
    state.version++;
    const gone = state.segments.splice(0, count);
    logger.info('segments-deleted', {
      directory: state.directory,
      count,
      logStartOffset: state.logStartOffset,
    });
    return gone;
  }

  /** Durable when it settles; when it cannot be noted now the start stays what it was. */
  async #moveStart(offset: number): Promise<void> {
    const { environment, state } = this.#host;
    const before = state.logStartOffset;
    if (offset > before) {
      state.logStartOffset = offset;
      this.#host.logStartMoved();
    }
    try {
      await environment.saveCheckpoints();
    } catch (error) {
      if (offset > before && state.logStartOffset === offset) {
        state.logStartOffset = before;
        this.#host.logStartMoved();
      }
      throw error;
    }
  }

  async #remove(gone: readonly Segment[]): Promise<void> {
    const { environment, state } = this.#host;
    const { fileDeleteDelayMs } = this.#host.settings();
    const paths: string[] = [];
    for (const segment of gone) {
      paths.push(await environment.room.wait(() => segment.markDeleted()));
    }
    await environment.platform.disk.syncDirectory(state.directory);
    environment.deletedFiles.removeLater(paths, fileDeleteDelayMs);
  }
}

/** Another attempt would end the same way until something is repaired. */
function isLasting(error: unknown): boolean {
  return (
    error instanceof DamagedSegmentError ||
    error instanceof ProtocolError ||
    errorCode(error) === 'ERR_CODEC_UNAVAILABLE'
  );
}
