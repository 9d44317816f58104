// Which bytes of a segment without a seal may be served without a look at their checksums. Protects: what was in the file before this
// process wrote to it is checked once; what follows damage can be reached. Leaves out: checking (log-reader.ts, segment-damage.ts).

import type { Anchor } from './segment-seal.js';

/** What is known of the bytes of one segment without a seal. */
export class SegmentTrust {
  /** Bytes from here on were written or checked since the start. */
  uncheckedBelow: number;
  /** One stretch that was checked since. */
  #checkedFrom = 0;
  #checkedTo = 0;
  /** Sound batches that follow damage, ascending. */
  #resumes: readonly Anchor[] = [];

  constructor(uncheckedBelow: number) {
    this.uncheckedBelow = uncheckedBelow;
  }

  /** The file had so many bytes when it was first looked at. */
  found(sizeBytes: number): void {
    this.uncheckedBelow = Math.min(this.uncheckedBelow, sizeBytes);
  }

  /** Whether the bytes `[from, to)` may be served without a look. */
  covers(from: number, to: number): boolean {
    if (from >= this.uncheckedBelow) return true;
    return from >= this.#checkedFrom && Math.min(to, this.uncheckedBelow) <= this.#checkedTo;
  }

  /** The bytes `[from, to)` are sound. */
  checked(from: number, to: number): void {
    const touches = from <= this.#checkedTo && to >= this.#checkedFrom;
    this.#checkedFrom = touches ? Math.min(from, this.#checkedFrom) : from;
    this.#checkedTo = touches ? Math.max(to, this.#checkedTo) : to;
  }

  resumesAt(anchor: Anchor): void {
    const others = this.#resumes.filter(({ position }) => position !== anchor.position);
    this.#resumes = [...others, anchor].sort((one, other) => one.position - other.position);
  }

  /** The last sound batch behind damage at or below `offset`; undefined when there is none. */
  resumeBefore(offset: number): Anchor | undefined {
    return this.#resumes.findLast(({ baseOffset }) => baseOffset <= offset);
  }

  /** The file was cut: what is left of it is taken for checked no further than before. */
  cut(sizeBytes: number): void {
    this.uncheckedBelow = Math.min(this.uncheckedBelow, sizeBytes);
    this.#checkedTo = Math.min(this.#checkedTo, sizeBytes);
    this.#resumes = this.#resumes.filter(({ position }) => position < sizeBytes);
  }
}
