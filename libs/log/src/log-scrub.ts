// Seals and scrubs the segments of one log. Protects: one piece of this work at a time, which ends before the log is truncated, closed
// or deleted; a seal is written only for a segment that is still part of the log and sealed; damage is reported once.
// Leaves out: which log is scrubbed when (log-maintenance.ts), the work on one segment (segment-scrub.ts).

import { assert } from '@drave/platform';
import { CleaningCancelled } from './compaction-job.js';
import { type CorruptRange, reportCorrupt } from './corrupt-ranges.js';
import { type CleanerHost } from './log-cleaner.js';
import { saveDamage } from './damage-checkpoint.js';
import { isPassing } from './disk-room.js';
import { Pace } from './pace.js';
import {
  corruptRangesOf,
  findBadChunks,
  makeSeal,
  type SealingOptions,
  UnsealableSegmentError,
} from './segment-scrub.js';
import { type SegmentSeal, sealChunkBytes } from './segment-seal.js';
import type { Segment } from './segment.js';

export interface ScrubRequest {
  /** Settles when `sizeBytes` more may be read: the rate limit. Default: no limit. */
  readonly afterBytes?: (sizeBytes: number) => Promise<void>;
}

export interface ScrubResult {
  /** Bytes held against their seals. */
  readonly verifiedBytes: number;
  /** Seals that were missing and were made. */
  readonly sealed: number;
  /** All damage known of the log now. */
  readonly corruptRanges: readonly CorruptRange[];
}

/** Shared: hardly any log is being scrubbed. */
const nothing = Promise.resolve();

export class LogScrub {
  readonly #host: CleanerHost;
  #work: Promise<unknown> = nothing;
  #interrupts = 0;

  constructor(host: CleanerHost) {
    this.#host = host;
  }

  /** Seals a segment that was just rolled over, in the background. Failures are logged; the next scrub tries again. */
  sealLater(segment: Segment): void {
    void this.#alone(async (check) => {
      await this.#seal(segment, check, {});
    });
  }

  /** Holds every sealed segment against its seal, sealing those that have none. Settles early when it is interrupted. */
  async scrub(request: ScrubRequest = {}): Promise<ScrubResult> {
    const { state } = this.#host;
    let verifiedBytes = 0;
    let sealed = 0;
    await this.#alone(async (check) => {
      for (const segment of [...state.segments]) {
        if (segment === state.active || !state.segments.includes(segment)) continue;
        check();
        const { seal } = segment;
        if (seal === undefined) {
          if (await this.#seal(segment, check, request)) sealed++;
          continue;
        }
        await this.#verify(segment, seal, { check, request });
        verifiedBytes += seal.sizeBytes;
      }
      await this.#noteDamage();
    });
    return { verifiedBytes, sealed, corruptRanges: state.corrupt.list };
  }

  /** Ends the work under way; settles when it has. */
  async interrupt(): Promise<void> {
    this.#interrupts++;
    await this.#work;
  }

  /** Runs `work` after what runs already. Never rejects: what goes wrong is logged, a failing disk has failed the directory. */
  #alone(work: (check: () => void) => Promise<void>): Promise<void> {
    const { environment, state } = this.#host;
    const { health, platform } = environment;
    const interrupts = this.#interrupts;
    const check = (): void => {
      health.throwIfFailed();
      if (this.#host.isEnding() || this.#interrupts !== interrupts)
        throw new CleaningCancelled('ended');
    };
    const run = this.#work.then(async () => {
      try {
        check();
        await work(check);
      } catch (error) {
        if (error instanceof CleaningCancelled || health.failure !== undefined) return;
        const { directory } = state;
        platform.logger.warn('log-scrub-postponed', { directory, error: String(error) });
      }
    });
    this.#work = run;
    return run;
  }

  /** True when the segment has a seal now that it had not before. */
  async #seal(segment: Segment, check: () => void, request: ScrubRequest): Promise<boolean> {
    const { environment, state } = this.#host;
    const { platform, files } = environment;
    const index = state.segments.indexOf(segment);
    if (index < 0 || segment === state.active || segment.sizeBytes === 0) return false;
    segment.load();
    if (segment.seal !== undefined) return false;
    const { version } = state;
    const options: SealingOptions = {
      files,
      pace: new Pace(platform),
      segment,
      endOffset: state.segmentEnd(index),
      epochs: state.epochs,
      check,
      ...request,
    };
    let seal: SegmentSeal;
    try {
      seal = await makeSeal(options);
    } catch (error) {
      if (!(error instanceof UnsealableSegmentError) || version !== state.version) throw error;
      const { fromOffset } = error;
      if (state.corrupt.covers(fromOffset)) return false; // known, and what follows it stays readable
      this.#report(
        { fromOffset, toOffset: options.endOffset, path: segment.logPath },
        String(error),
      );
      return false;
    }
    let isWritten = false;
    await this.#host.chore('write a seal', async () => {
      if (!state.segments.includes(segment) || segment === state.active) return;
      if (segment.writtenBytes !== seal.sizeBytes) return;
      try {
        await segment.writeSeal(seal);
        isWritten = true;
        state.corrupt.forget(segment.logPath); // all of it is sound: restored
        segment.setGaps([]);
      } catch (error) {
        if (!isPassing(error)) throw error;
      }
    });
    return isWritten;
  }

  async #verify(
    segment: Segment,
    seal: SegmentSeal,
    by: { readonly check: () => void; readonly request: ScrubRequest },
  ): Promise<void> {
    const { environment, state } = this.#host;
    const { files } = environment;
    const { check, request } = by;
    const range = { from: 0, to: seal.chunkCount, isThorough: true };
    const bad = await findBadChunks({ files, segment, seal, ...range, check, ...request });
    check();
    if (segment.seal !== seal || !state.segments.includes(segment)) return;
    if (bad.length === 0) state.corrupt.forget(segment.logPath); // restored
    for (const corrupt of corruptRangesOf(files, segment, { seal, bad })) {
      this.#report(corrupt, 'its bytes differ from its seal');
    }
  }

  /** For the starts to come; a full disk has them find it again. */
  #noteDamage(): Promise<void> {
    const { environment, state } = this.#host;
    return this.#host.chore('note damage', async () => {
      await saveDamage(environment, state).catch((error: unknown) => {
        if (!isPassing(error)) throw error;
      });
    });
  }

  #report(range: CorruptRange, problem: string): void {
    assert(range.fromOffset < range.toOffset, 'corrupt-range', { ...range });
    reportCorrupt(this.#host, range, problem);
  }
}

/** The chunks that hold bytes `[start, end)`. */
export function chunksOf(start: number, end: number): { from: number; to: number } {
  return { from: Math.floor(start / sealChunkBytes), to: Math.ceil(end / sealChunkBytes) };
}
