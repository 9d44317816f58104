// The four offsets of a partition that must agree, in one object with one setter.
// Protects: logStart ≤ lastStable ≤ highWatermark ≤ logEnd, and the high watermark never moves back.
// Leaves out: where the values come from (the log and, later, the followers).

import { assert } from '@drave/platform';
import type { Offset } from '@drave/contracts';

export interface OffsetChange {
  readonly logStart?: Offset;
  readonly lastStable?: Offset;
  readonly highWatermark?: Offset;
  readonly logEnd?: Offset;
}

export class LogOffsets {
  #logStart: Offset;
  #lastStable: Offset;
  #highWatermark: Offset;
  #logEnd: Offset;

  /** All offsets of a log just opened: everything in it is committed. */
  constructor(logStart: Offset, logEnd: Offset) {
    assert(logStart <= logEnd, 'log-start-below-end', { logStart, logEnd });
    this.#logStart = logStart;
    this.#lastStable = logEnd;
    this.#highWatermark = logEnd;
    this.#logEnd = logEnd;
  }

  get logStart(): Offset {
    return this.#logStart;
  }

  get lastStable(): Offset {
    return this.#lastStable;
  }

  get highWatermark(): Offset {
    return this.#highWatermark;
  }

  get logEnd(): Offset {
    return this.#logEnd;
  }

  /** Changes the given offsets together; asserts the relation of all four. */
  set(change: OffsetChange): void {
    const logStart = change.logStart ?? this.#logStart;
    const lastStable = change.lastStable ?? this.#lastStable;
    const highWatermark = change.highWatermark ?? this.#highWatermark;
    const logEnd = change.logEnd ?? this.#logEnd;
    const facts = { logStart, lastStable, highWatermark, logEnd };
    assert(logStart <= lastStable, 'log-start-below-last-stable', facts);
    assert(lastStable <= highWatermark, 'last-stable-below-high-watermark', facts);
    assert(highWatermark <= logEnd, 'high-watermark-below-log-end', facts);
    assert(highWatermark >= this.#highWatermark, 'high-watermark-forward', facts);
    this.#logStart = logStart;
    this.#lastStable = lastStable;
    this.#highWatermark = highWatermark;
    this.#logEnd = logEnd;
  }
}
