// Retention, compaction and scrubbing of all logs of a data directory, now and then. Protects: only logs with an owner are touched, below its
// bound; one cleaning at a time, so that one offset map is all the memory it takes; the dirtiest log first.
// Leaves out: what is done to a log (log-upkeep.ts). Source: Kafka's LogManager and LogCleanerManager.

import { brokerSettings } from '@drave/contracts';
import type { Platform, Timer } from '@drave/platform';
import type { DirectoryHealth } from './data-directory.js';
import type { PartitionLog } from './partition-log.js';
import { RetentionClock } from './retention-clock.js';

export interface MaintenanceSettings {
  /** Milliseconds between two sweeps of retention. */
  readonly retentionCheckIntervalMs: number;
  /** Milliseconds between two looks for logs to compact. */
  readonly cleanerBackoffMs: number;
  readonly cleanerEnabled: boolean;
  readonly dedupeBufferBytes: number;
  /** Milliseconds between two scrubs of all sealed segments; 0 for none. */
  readonly scrubIntervalMs: number;
  /** Bytes a second that a scrub in the background reads at most. */
  readonly scrubBytesPerSecond: number;
}

/** The declared defaults. */
export function maintenanceDefaults(): MaintenanceSettings {
  return {
    retentionCheckIntervalMs: brokerSettings.logRetentionCheckIntervalMs.default,
    cleanerBackoffMs: brokerSettings.logCleanerBackoffMs.default,
    cleanerEnabled: brokerSettings.logCleanerEnable.default,
    dedupeBufferBytes: brokerSettings.logCleanerDedupeBufferSize.default,
    scrubIntervalMs: brokerSettings.logScrubIntervalMs.default,
    scrubBytesPerSecond: brokerSettings.logScrubBytesPerSecond.default,
  };
}

/** What is done to all logs now and then. */
export type Sweep = 'retention' | 'compaction' | 'scrub';

export interface ScrubOptions {
  readonly bytesPerSecond?: number;
  readonly signal?: AbortSignal;
}

/** What a scrub of all logs found. */
export interface ScrubTotals {
  readonly verifiedBytes: number;
  readonly sealed: number;
  readonly corruptRanges: number;
}

export interface MaintenanceOptions {
  readonly platform: Platform;
  readonly health: DirectoryHealth;
  readonly logs: () => Iterable<PartitionLog>;
  readonly settings: MaintenanceSettings;
}

export class LogMaintenance {
  readonly #options: MaintenanceOptions;
  readonly #clock: RetentionClock;
  readonly #timers = new Set<Timer>();
  /** Until when (monotonic ms) somebody else runs a sweep, so that its timer need not. */
  readonly #expected = new Map<Sweep, number>();
  #sweeps: Promise<unknown> = Promise.resolve();
  #cleanings: Promise<unknown> = Promise.resolve();
  #scrubs: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
    this.#clock = new RetentionClock(options.platform);
  }

  start(): void {
    const { retentionCheckIntervalMs, cleanerBackoffMs, cleanerEnabled } = this.#options.settings;
    this.#every('retention', retentionCheckIntervalMs, () => this.applyRetention());
    const { scrubIntervalMs, scrubBytesPerSecond } = this.#options.settings;
    if (scrubIntervalMs > 0) {
      const limits = { bytesPerSecond: scrubBytesPerSecond };
      this.#every('scrub', scrubIntervalMs, () => this.scrub(limits));
    }
    if (cleanerEnabled) {
      this.#every('compaction', cleanerBackoffMs, () => this.compact({ isForced: false }));
    }
  }

  /**
   * Somebody else, a scheduler say, runs this sweep now and again within `withinMs`: its timer stays away until half as long again
   * has passed without another word, and then takes over.
   */
  expectSweep(sweep: Sweep, withinMs: number): void {
    const nowMs = this.#options.platform.clock.monotonicMs();
    this.#expected.set(sweep, nowMs + 1.5 * withinMs);
  }

  /** Settles when nothing runs any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) timer.cancel();
    await this.#sweeps;
    await this.#cleanings;
    await this.#scrubs;
  }

  /** Scrubs the logs one after another, `bytesPerSecond` at most (default: as fast as it goes). Rejects when `signal` aborts. */
  scrub(options: ScrubOptions = {}): Promise<ScrubTotals> {
    const { bytesPerSecond, signal } = options;
    const { scheduler } = this.#options.platform;
    const afterBytes = async (sizeBytes: number): Promise<void> => {
      signal?.throwIfAborted();
      if (bytesPerSecond === undefined || this.#isStopped) return;
      await scheduler.sleep((sizeBytes * 1000) / bytesPerSecond);
    };
    const scrub = this.#scrubs.then(async () => {
      const totals = { verifiedBytes: 0, sealed: 0, corruptRanges: 0 };
      for (const log of [...this.#options.logs()]) {
        if (this.#isStopped) break;
        signal?.throwIfAborted();
        if (log.segmentCount < 2) continue;
        const result = await log.scrub({ afterBytes });
        totals.verifiedBytes += result.verifiedBytes;
        totals.sealed += result.sealed;
        totals.corruptRanges += result.corruptRanges.length;
        await this.#turn();
      }
      this.#options.platform.logger.info('log-scrubbed', totals);
      return totals;
    });
    this.#scrubs = scrub.catch(() => undefined);
    return scrub;
  }

  /** Runs `work` while neither retention nor compaction does. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = Promise.all([this.#sweeps, this.#cleanings]).then(work);
    const settled = result.catch(() => undefined);
    this.#sweeps = settled;
    this.#cleanings = settled;
    return result;
  }

  /** Settles with the number of segments that went. `nowMs`: wall clock; default the one that ignores jumps ahead. */
  applyRetention(nowMs?: number): Promise<number> {
    const sweep = this.#sweeps.then(async () => {
      let count = 0;
      for (const log of this.#owned()) {
        if (this.#isStopped) break;
        const boundOffset = log.owner?.boundOffset();
        if (boundOffset === undefined) continue;
        const request = { nowMs: nowMs ?? this.#clock.nowMs(), boundOffset };
        count += await this.#alone(log, 0, () => log.applyRetention(request));
        await this.#turn();
      }
      return count;
    });
    this.#sweeps = sweep.catch(() => undefined);
    return sweep;
  }

  /** Compacts every log that is due, with `isForced` every one that can be; settles with their number. */
  compact(options: { readonly nowMs?: number; readonly isForced: boolean }): Promise<number> {
    const { isForced } = options;
    const cleaning = this.#cleanings.then(async () => {
      const due: { log: PartitionLog; dirtyRatio: number }[] = [];
      for (const log of this.#owned()) {
        const plan = log.cleaningPlan(this.#request(log, options.nowMs));
        if (plan && (plan.isDue || isForced)) due.push({ log, dirtyRatio: plan.dirtyRatio });
      }
      due.sort((one, other) => other.dirtyRatio - one.dirtyRatio);
      for (const { log } of due) {
        await this.#alone(log, undefined, () => this.#cleanOne(log, options.nowMs));
      }
      return due.length;
    });
    this.#cleanings = cleaning.catch(() => undefined);
    return cleaning;
  }

  /** Cleans until it gets no further: the offset map may hold a part of the keys at a time. */
  async #cleanOne(log: PartitionLog, nowMs: number | undefined): Promise<void> {
    for (let endOffset = -1; !this.#isStopped;) {
      const result = await log.compact(this.#request(log, nowMs));
      if (result === undefined || result.endOffset <= endOffset) return;
      ({ endOffset } = result);
      if (log.cleaningPlan(this.#request(log, nowMs))?.isDue !== true) return;
    }
  }

  /** What fails at one log must not keep the others from their turn; a failed directory ends it for all. */
  async #alone<Result>(
    log: PartitionLog,
    otherwise: Result,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const { platform, health } = this.#options;
    try {
      return await work();
    } catch (error) {
      health.throwIfFailed();
      const { topicPartition } = log;
      platform.logger.error('log-maintenance-failed', { topicPartition, error: String(error) });
      return otherwise;
    }
  }

  #request(log: PartitionLog, nowMs: number | undefined) {
    return {
      nowMs: nowMs ?? this.#clock.nowMs(),
      boundOffset: log.owner?.boundOffset() ?? 0,
      dedupeBufferBytes: this.#options.settings.dedupeBufferBytes,
    };
  }

  #owned(): PartitionLog[] {
    return [...this.#options.logs()].filter((log) => log.owner !== undefined);
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.platform.scheduler.nextTurn(resolve));
  }

  #every(
    sweep: Sweep,
    intervalMs: number,
    work: () => Promise<unknown>,
    delayMs: number = intervalMs,
  ): void {
    const { platform, health } = this.#options;
    const timer = platform.scheduler.setTimer(Math.min(delayMs, 0x7fff_ffff), () => {
      this.#timers.delete(timer);
      if (this.#isStopped || health.failure !== undefined) return;
      const awayMs = (this.#expected.get(sweep) ?? 0) - platform.clock.monotonicMs();
      if (awayMs > 0) return this.#every(sweep, intervalMs, work, awayMs);
      work()
        .catch((error: unknown) => {
          platform.logger.error('log-maintenance-failed', { error: String(error) });
        })
        .finally(() => {
          if (!this.#isStopped) this.#every(sweep, intervalMs, work);
        });
    });
    this.#timers.add(timer);
  }
}
