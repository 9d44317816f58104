// Which bytes of a segment without a seal were found sound since the start, and where sound batches follow damage. Protects: bytes that
// come from the disk are checked before they are served for the first time, those this process wrote too; bounded memory: what was
// forgotten is checked again. Leaves out: checking (log-reader.ts, segment-damage.ts).

import type { Anchor } from './segment-seal.js';

/** Readers that follow the log share one stretch; so many at different places are remembered, then the shortest is forgotten. */
const stretchesMax = 32;

/** Shared: most segments know of nothing. */
const none: readonly never[] = Object.freeze([]);

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What is known of the bytes of one segment without a seal. */
export class SegmentTrust {
  /** Checked bytes: ascending, disjoint, not touching. */
  #stretches: readonly Stretch[] = none;
  /** Sound batches that follow damage, ascending. */
  #resumes: readonly Anchor[] = none;

  /** The bytes from `position` up to the result were checked; `position` itself when those there were not. */
  checkedUpTo(position: number): number {
    const found = this.#stretches.find(({ from, to }) => from <= position && position < to);
    return found?.to ?? position;
  }

  /** The bytes `[from, to)` are sound. */
  checked(from: number, to: number): void {
    if (from >= to) return;
    const apart = this.#stretches.filter((other) => other.to < from || other.from > to);
    const joined = this.#stretches.filter((other) => other.to >= from && other.from <= to);
    if (apart.length >= stretchesMax) apart.splice(shortest(apart), 1);
    const merged = {
      from: Math.min(from, joined[0]?.from ?? from),
      to: Math.max(to, joined.at(-1)?.to ?? to),
    };
    this.#stretches = [...apart, merged].sort((one, other) => one.from - other.from);
  }

  resumesAt(anchor: Anchor): void {
    const others = this.#resumes.filter(({ position }) => position !== anchor.position);
    this.#resumes = [...others, anchor].sort((one, other) => one.position - other.position);
  }

  /** The last sound batch behind damage at or below `offset`; undefined when there is none. */
  resumeBefore(offset: number): Anchor | undefined {
    return this.#resumes.findLast(({ baseOffset }) => baseOffset <= offset);
  }

  /** The file was cut at `sizeBytes`. */
  cut(sizeBytes: number): void {
    this.#stretches = this.#stretches
      .filter(({ from }) => from < sizeBytes)
      .map(({ from, to }) => ({ from, to: Math.min(to, sizeBytes) }));
    this.#resumes = this.#resumes.filter(({ position }) => position < sizeBytes);
  }
}

function shortest(stretches: readonly Stretch[]): number {
  let best = 0;
  let bestBytes = Number.POSITIVE_INFINITY;
  for (const [index, { from, to }] of stretches.entries()) {
    if (to - from >= bestBytes) continue;
    best = index;
    bestBytes = to - from;
  }
  return best;
}
