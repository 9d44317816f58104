// The offsets of one log whose bytes are known to be damaged. Protects: they are never served, what lies around them is.
// Leaves out: finding them (segment-scrub.ts, log-reader.ts), keeping them (damage-checkpoint.ts), repair.

import { KafkaError } from '@drave/contracts';
import type { Platform } from '@drave/platform';

/** `[fromOffset, toOffset)`, a whole number of batches. */
export interface CorruptRange {
  readonly fromOffset: number;
  readonly toOffset: number;
  /** The damaged file. */
  readonly path: string;
}

/** Shared: hardly any log is damaged. */
const none: readonly never[] = Object.freeze([]);

export class CorruptRanges {
  /** Ascending, disjoint. */
  #ranges: readonly CorruptRange[] = none;

  get list(): readonly CorruptRange[] {
    return this.#ranges;
  }

  /** True when something of the range was not known before. */
  add(range: CorruptRange): boolean {
    const isKnown = this.#ranges.some(
      ({ fromOffset, toOffset }) => fromOffset <= range.fromOffset && toOffset >= range.toOffset,
    );
    if (isKnown) return false;
    let { fromOffset, toOffset } = range;
    const others = this.#ranges.filter((other) => {
      if (other.toOffset < fromOffset || other.fromOffset > toOffset || other.path !== range.path)
        return true;
      fromOffset = Math.min(fromOffset, other.fromOffset);
      toOffset = Math.max(toOffset, other.toOffset);
      return false;
    });
    const all = [...others, { ...range, fromOffset, toOffset }];
    this.#ranges = all.sort((one, other) => one.fromOffset - other.fromOffset);
    return true;
  }

  /** What is known of the file at `path` is forgotten: it was found sound, replaced or removed. */
  forget(path: string): void {
    if (this.isIn(path)) this.#ranges = this.#ranges.filter((range) => range.path !== path);
  }

  /** Nothing at or above `offset` is there any more. */
  truncateTo(offset: number): void {
    this.#ranges = this.#ranges
      .filter((range) => range.fromOffset < offset)
      .map((range) => ({ ...range, toOffset: Math.min(range.toOffset, offset) }));
  }

  covers(offset: number): boolean {
    return this.#ranges.some(
      ({ fromOffset, toOffset }) => offset >= fromOffset && offset < toOffset,
    );
  }

  /** Whether damage is known of the file at `path`. */
  isIn(path: string): boolean {
    return this.#ranges.some((range) => range.path === path);
  }

  /** Throws CORRUPT_MESSAGE when `offset` is damaged; returns where the next damage above it begins, infinite without one. */
  nextFrom(offset: number): number {
    for (const { fromOffset, toOffset, path } of this.#ranges) {
      if (offset < fromOffset) return fromOffset;
      if (offset < toOffset) {
        throw new KafkaError(
          'CORRUPT_MESSAGE',
          `${path} is damaged: offsets ${fromOffset} to ${toOffset - 1} cannot be read; what follows can, from offset ${toOffset} on`,
        );
      }
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** Notes the range of a log, so that it is never served, and says so once. */
export function reportCorrupt(
  log: {
    readonly environment: { readonly platform: Pick<Platform, 'logger'> };
    readonly state: { readonly corrupt: CorruptRanges };
  },
  range: CorruptRange,
  problem: string,
): void {
  if (!log.state.corrupt.add(range)) return;
  log.environment.platform.logger.error('log-damaged', { ...range, problem });
}
