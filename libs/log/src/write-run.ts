// What goes to the disk in one write. Leaves out: who writes it (append-queue.ts, shared-journal.ts).

import type { Segment } from './segment.js';

/** Consecutive bytes of one segment. */
export interface WriteRun {
  readonly segment: Segment;
  readonly position: number;
  readonly chunks: readonly Buffer[];
  readonly sizeBytes: number;
  readonly baseOffset: number;
  /** Log end offset once it is written. */
  readonly endOffset: number;
}
