// What an inspection of log files tells, and to whom. Protects: every problem and every recovery is counted and told. Leaves out: finding
// them (inspection.ts, partition-inspection.ts).

import type { BatchHeader } from './batch-header.js';
import type { ActiveProducer } from './producer-state.js';
import type { OffsetIndex, TimeIndex } from './segment-index.js';
import type { SegmentSeal } from './segment-seal.js';
import type { TransactionIndex } from './transaction-index.js';

export interface LogProblem {
  /** The file or directory concerned. */
  readonly path: string;
  /** Byte in the file, where one is known. */
  readonly position?: number;
  /** A clause. */
  readonly problem: string;
}

/** What the next start will do, as after any crash. */
export interface LogRecovery {
  /** The file or directory concerned. */
  readonly path: string;
  /** A clause: "the next start …". */
  readonly recovery: string;
}

export interface LogVisitor {
  segment?(path: string, sizeBytes: number): void;
  batch?(path: string, header: BatchHeader, position: number): void;
  offsetIndex?(path: string, index: OffsetIndex): void;
  timeIndex?(path: string, index: TimeIndex): void;
  transactions?(path: string, index: TransactionIndex): void;
  seal?(path: string, seal: SegmentSeal): void;
  producers?(path: string, producers: readonly ActiveProducer[]): void;
  /** A checkpoint, the identity, the clean-shutdown marker: its body. */
  text?(path: string, body: string): void;
  /** A part of the shared journal and the whole records under its epoch. */
  journalPart?(path: string, part: { readonly epoch: number; readonly records: number }): void;
  recovery?(recovery: LogRecovery): void;
  problem?(problem: LogProblem): void;
}

export interface InspectionTotals {
  partitions: number;
  segments: number;
  batches: number;
  records: number;
  bytes: number;
  recoveries: number;
  problems: number;
}

/** Counts and passes on what an inspection finds. */
export class InspectionReport {
  readonly totals: InspectionTotals = {
    partitions: 0,
    segments: 0,
    batches: 0,
    records: 0,
    bytes: 0,
    recoveries: 0,
    problems: 0,
  };
  readonly visitor: LogVisitor;

  constructor(visitor: LogVisitor) {
    this.visitor = visitor;
  }

  problem(problem: LogProblem): void {
    this.totals.problems += 1;
    this.visitor.problem?.(problem);
  }

  recovery(path: string, recovery: string): void {
    this.totals.recoveries += 1;
    this.visitor.recovery?.({ path, recovery });
  }
}
