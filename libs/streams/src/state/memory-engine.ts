// State in memory only: tests, and stores that may be rebuilt from their changelog at each start.
// Protects: the same behaviour as heaplog, except that nothing survives `close`.
// Layout: a Map from the key's latin1 form; a sorted index of keys, merged lazily when a range is asked for, so stores
// that are never scanned pay nothing for order. Leaves out: slabs outside the V8 heap.

import type { StateCommit, StateEngine, StateEntry } from './engine.js';

export class MemoryEngine implements StateEngine {
  readonly #values = new Map<string, Buffer>();
  readonly #changed = new Set<string>();
  /** Sorted keys; may hold deleted ones, which a scan skips and a merge drops. */
  #sorted: string[] = [];
  /** Keys added since the last merge. */
  #unsorted: string[] = [];
  /** Members of #sorted and #unsorted. */
  readonly #indexed = new Set<string>();
  #ordered = false;
  #committed: StateCommit | undefined;

  get committed(): StateCommit | undefined {
    return this.#committed;
  }

  get count(): number {
    return this.#values.size;
  }

  get uncommittedCount(): number {
    return this.#changed.size;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#values.get(key.toString('latin1'));
  }

  put(key: Buffer, value: Buffer): void {
    const name = key.toString('latin1');
    this.#values.set(name, value);
    this.#changed.add(name);
    if (this.#ordered && !this.#indexed.has(name)) {
      this.#indexed.add(name);
      this.#unsorted.push(name);
    }
  }

  delete(key: Buffer): void {
    const name = key.toString('latin1');
    this.#values.delete(name);
    this.#changed.add(name);
  }

  *range(from?: Buffer, to?: Buffer): IterableIterator<[Buffer, Buffer]> {
    this.#sort();
    const sorted = this.#sorted;
    const end = to?.toString('latin1');
    let index = from ? lowerBound(sorted, from.toString('latin1')) : 0;
    for (; index < sorted.length; index += 1) {
      const name = sorted[index] ?? '';
      if (end !== undefined && name >= end) return;
      const value = this.#values.get(name);
      if (value) yield [Buffer.from(name, 'latin1'), value];
    }
  }

  *uncommitted(): IterableIterator<StateEntry> {
    for (const name of this.#changed) {
      yield { key: Buffer.from(name, 'latin1'), value: this.#values.get(name) ?? null };
    }
  }

  /** All live entries, in no order. */
  *entries(): IterableIterator<[Buffer, Buffer]> {
    for (const [name, value] of this.#values) yield [Buffer.from(name, 'latin1'), value];
  }

  commit(commit: StateCommit): Promise<void> {
    this.acceptCommit(commit);
    return Promise.resolve();
  }

  /** The synchronous core of `commit`. */
  acceptCommit(commit: StateCommit): void {
    this.#changed.clear();
    this.#committed = commit;
  }

  clear(): Promise<void> {
    this.reset();
    return Promise.resolve();
  }

  reset(): void {
    this.#values.clear();
    this.#changed.clear();
    this.#indexed.clear();
    this.#sorted = [];
    this.#unsorted = [];
    this.#ordered = false;
    this.#committed = undefined;
  }

  close(): Promise<void> {
    this.reset();
    return Promise.resolve();
  }

  #sort(): void {
    if (!this.#ordered) {
      this.#ordered = true;
      for (const name of this.#values.keys()) {
        this.#indexed.add(name);
        this.#unsorted.push(name);
      }
    }
    const dead = this.#indexed.size > 2 * this.#values.size + 64;
    if (this.#unsorted.length === 0 && !dead) return;
    this.#sorted = merge(this.#sorted, this.#unsorted.sort(compare));
    this.#unsorted = [];
    if (!dead) return;
    this.#sorted = this.#sorted.filter((name) => this.#values.has(name));
    this.#indexed.clear();
    for (const name of this.#sorted) this.#indexed.add(name);
  }
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A new array, so that a scan under way keeps its own. */
function merge(left: readonly string[], right: readonly string[]): string[] {
  const merged: string[] = [];
  let l = 0;
  let r = 0;
  while (l < left.length && r < right.length) {
    const a = left[l] ?? '';
    const b = right[r] ?? '';
    if (a < b) {
      merged.push(a);
      l += 1;
    } else {
      merged.push(b);
      r += 1;
    }
  }
  for (; l < left.length; l += 1) merged.push(left[l] ?? '');
  for (; r < right.length; r += 1) merged.push(right[r] ?? '');
  return merged;
}

function lowerBound(sorted: readonly string[], name: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
