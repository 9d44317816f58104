// What a workload did to one log and what the log owes for it: what must be there, what may be, what must be gone.
// Protects: an operation that was begun and not acknowledged counts as perhaps done; an acknowledged one as done.
// Leaves out: doing it (workload.ts).

import { type Entry, type Facts, firstTimestamp } from './world.ts';

export class History {
  /** Acknowledged and not superseded. */
  readonly #required = new Map<number, Entry>();
  readonly #possible = new Map<number, Entry[]>();
  #startMin = 0;
  #serial = 0;
  #sequence = 0;
  #epoch = 0;

  /** The next batch, sent to be at `offset`; every third one begins a leader epoch. Default: three keys by turns. */
  sending(offset: number, key?: string): Entry {
    const serial = this.#serial++;
    if (serial % 3 === 2) this.#epoch++;
    const entry: Entry = {
      value: `${serial}:${'abcdefghij'.repeat(3 + (serial % 4))}`,
      key: key ?? `k${serial % 3}`,
      epoch: this.#epoch,
      timestamp: firstTimestamp + serial * 1000,
      sequence: this.#sequence++,
    };
    this.#possible.set(offset, [...(this.#possible.get(offset) ?? []), entry]);
    return entry;
  }

  acknowledged(offset: number, entry: Entry): void {
    this.#required.set(offset, entry);
  }

  /** `from` and everything above is being cut off. */
  cutting(from: number): void {
    for (const offset of this.#required.keys()) if (offset >= from) this.#required.delete(offset);
  }

  /** It is cut off; the producer state went back with it. */
  cut(from: number): void {
    for (const offset of this.#possible.keys()) if (offset >= from) this.#possible.delete(offset);
    const kept = [...this.#possible.values()].flat().map(({ sequence }) => sequence);
    this.#sequence = Math.max(-1, ...kept) + 1;
  }

  /** Everything below `offset` is being deleted. */
  dropping(offset: number): void {
    for (const at of this.#required.keys()) if (at < offset) this.#required.delete(at);
  }

  dropped(offset: number): void {
    this.#startMin = Math.max(this.#startMin, offset);
  }

  /** Whatever has a later batch with its key may go. */
  compacting(): void {
    const newest = new Map<string, number>();
    for (const [offset, { key }] of this.#required) newest.set(key, offset);
    for (const [offset, { key }] of this.#required) {
      if (newest.get(key) !== offset) this.#required.delete(offset);
    }
  }

  get facts(): Facts {
    return {
      written: this.#required,
      possible: this.#possible,
      startMin: this.#startMin,
      mayMiss: () => false,
    };
  }
}
