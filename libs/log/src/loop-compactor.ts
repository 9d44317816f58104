// Compaction in this thread, for disks that exist nowhere else (simulations): in slices of 2 ms, codecs in the thread pool.
// Protects: a run ends at the next slice once it is cancelled. Leaves out: the work itself (compaction-work.ts).

import type { Platform } from '@drave/platform';
import {
  CleaningCancelled,
  type CompactionGroup,
  type CompactionJob,
  type Mapped,
  type Rewritten,
} from './compaction-job.js';
import { CompactionWork } from './compaction-work.js';
import { type CompactionRun, type Compactor, throwIfCancelled } from './compactor.js';
import { Pace } from './pace.js';

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
