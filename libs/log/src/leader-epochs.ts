// Which leader epoch wrote from which offset on, per partition (`leader-epoch-checkpoint`: one `epoch startOffset` a line).
// Protects: epochs and their start offsets only grow; a leader of an old epoch cannot append.
// Leaves out: writing the file (partition-log.ts decides when). Sources: KIP-101, KIP-279.

import { decodeCheckpoint, encodeCheckpoint } from './sealed-text.js';

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

const none: readonly never[] = Object.freeze([]);
/** Shared: most logs have had no other epoch. */
const justFirst: readonly EpochStart[] = Object.freeze([{ epoch: 0, startOffset: 0 }]);

export class LeaderEpochs {
  /** Replaced, never changed. */
  #entries: readonly EpochStart[];

  /** `entries` must not change afterwards. */
  constructor(entries: readonly EpochStart[] = none) {
    this.#entries = entries;
  }

  /** All from `startOffset` on is of `epoch`; none is known when that is negative. */
  static ofOne(epoch: number, startOffset: number): LeaderEpochs {
    if (epoch === 0 && startOffset === 0) return new LeaderEpochs(justFirst);
    return new LeaderEpochs(epoch < 0 ? none : [{ epoch, startOffset }]);
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  /** -1 before the first. */
  get latest(): number {
    return this.#entries[this.#entries.length - 1]?.epoch ?? -1;
  }

  /** Notes a batch of `epoch` at `offset`; true when that begins a new epoch. */
  note(epoch: number, offset: number): boolean {
    if (epoch <= this.latest) return false;
    this.#entries = [...this.#entries, { epoch, startOffset: offset }];
    return true;
  }

  /** Forgets epochs that begin at or after `offset`; true when there were any. */
  truncateTo(offset: number): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.startOffset < offset);
    return this.#entries.length !== before;
  }

  /**
   * Answer to OffsetForLeaderEpoch: the largest known epoch at or below `epoch` and the offset where it ended.
   * undefined when all known epochs are above it.
   */
  endOffset(epoch: number, logEndOffset: number): { epoch: number; endOffset: number } | undefined {
    const next = this.#entries.findIndex((entry) => entry.epoch > epoch);
    const found = this.#entries[next < 0 ? this.#entries.length - 1 : next - 1];
    if (found === undefined) return undefined;
    return { epoch: found.epoch, endOffset: this.#entries[next]?.startOffset ?? logEndOffset };
  }

  /** The epoch that wrote `offset`; undefined below the first one known. */
  epochAt(offset: number): number | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch;
  }

  /** As `epochAt`, where that can change no more: below the start of the latest epoch known now. */
  settled(): (offset: number) => number | undefined {
    const entries = [...this.#entries];
    const latest = entries.pop();
    const known = new LeaderEpochs(entries);
    return (offset) => (offset < (latest?.startOffset ?? 0) ? known.epochAt(offset) : undefined);
  }

  encode(): Buffer {
    return encodeCheckpoint(
      this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`),
    );
  }

  static decode(content: Buffer): LeaderEpochs | undefined {
    const lines = decodeCheckpoint(content);
    if (lines === undefined) return undefined;
    const entries = lines.map((line) => {
      const [epoch, startOffset] = line.split(' ').map(Number);
      return { epoch: epoch ?? -1, startOffset: startOffset ?? 0 };
    });
    return new LeaderEpochs(entries);
  }
}
