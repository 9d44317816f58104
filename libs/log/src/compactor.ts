// The port behind which logs are compacted: the heavy part of a run, in this thread or in another. Protects: the loop keeps what must
// stay there (the list of segments, the swap, the checkpoint); after `end` nothing of a run touches the disk any more.
// Here: the run in this thread, for disks that exist nowhere else (simulations): in slices of 2 ms, codecs in the thread pool.
// Leaves out: the run in a thread of its own (thread-compactor.ts).

import type { Platform } from '@drave/platform';
import {
  CleaningCancelled,
  type CompactionGroup,
  type CompactionJob,
  type Mapped,
  type Rewritten,
} from './compaction-job.js';
import { CompactionWork } from './compaction-work.js';
import { Pace } from './pace.js';

export interface Compactor {
  /** Settles when it is the caller's turn. Its run rejects with CleaningCancelled soon after `signal` aborts, this call at once. */
  begin(signal: AbortSignal): Promise<CompactionRun>;
  /** No run is under way or will be. */
  close(): Promise<void>;
}

/** One compaction of one log. One call at a time. */
export interface CompactionRun {
  map(job: CompactionJob): Promise<Mapped>;
  rewrite(group: CompactionGroup): Promise<Rewritten>;
  /** To be called in any case. Never rejects. */
  end(): Promise<void>;
}

/** Fewer bytes are compressed at once: less work than a turn of the loop. */
const codecBytesMax = 32 * 1024;

export class LoopCompactor implements Compactor {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  begin(signal: AbortSignal): Promise<CompactionRun> {
    return Promise.resolve(new LoopRun(this.#platform, signal));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class LoopRun implements CompactionRun {
  readonly #platform: Platform;
  readonly #signal: AbortSignal;
  #work: CompactionWork | undefined;

  constructor(platform: Platform, signal: AbortSignal) {
    this.#platform = platform;
    this.#signal = signal;
  }

  map(job: CompactionJob): Promise<Mapped> {
    const { disk } = this.#platform;
    const pace = new Pace(this.#platform);
    const check = (): void => throwIfCancelled(this.#signal);
    this.#work = new CompactionWork(job, { disk, pace, codecBytesMax, check });
    return this.#work.map();
  }

  rewrite(group: CompactionGroup): Promise<Rewritten> {
    return this.#work?.rewrite(group) ?? Promise.reject(new CleaningCancelled('not begun'));
  }

  end(): Promise<void> {
    return this.#work?.end() ?? Promise.resolve();
  }
}

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CleaningCancelled('cancelled');
}
