// The port behind which logs are compacted: the heavy part of a run, in this thread or in another. Protects: the loop keeps what must
// stay there (the list of segments, the swap, the checkpoint); after `end` nothing of a run touches the disk any more.
// Leaves out: the runs (loop-compactor.ts, thread-compactor.ts).

import {
  CleaningCancelled,
  type CompactionGroup,
  type CompactionJob,
  type Mapped,
  type Rewritten,
} from './compaction-job.js';

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

export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new CleaningCancelled('cancelled');
}
