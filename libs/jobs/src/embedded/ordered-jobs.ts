// The jobs of one state in order: smallest order first, then the one placed first.
// Protects: adding, removing and taking the first cost O(log n) or less; a removed job never comes back.
// Shape: a map of the members and a binary heap whose stale entries are skipped when they surface and swept when they are
// the majority. A sorted view is made on demand, for listings. Leaves out: persistence (queue-state.ts).

import type { JobRow } from './job-row.js';

interface Entry {
  readonly row: JobRow;
  readonly order: number;
  readonly placement: number;
}

const before = (a: Entry, b: Entry): boolean =>
  a.order < b.order || (a.order === b.order && a.placement < b.placement);

export class OrderedJobs {
  readonly #members = new Map<string, JobRow>();
  #heap: Entry[] = [];
  #sorted: readonly JobRow[] | undefined;

  get size(): number {
    return this.#members.size;
  }

  has(id: string): boolean {
    return this.#members.has(id);
  }

  /** `row.order` and `row.placement` must not change while the row is a member. */
  add(row: JobRow): void {
    this.#members.set(row.id, row);
    this.#sorted = undefined;
    this.#push({ row, order: row.order, placement: row.placement });
  }

  delete(id: string): boolean {
    const isMember = this.#members.delete(id);
    if (!isMember) return false;
    this.#sorted = undefined;
    if (this.#heap.length > 64 && this.#heap.length > 2 * this.#members.size) this.#sweep();
    return true;
  }

  /** The first job; it stays. */
  first(): JobRow | undefined {
    for (;;) {
      const top = this.#heap[0];
      if (top === undefined) return undefined;
      if (this.#isCurrent(top)) return top.row;
      this.#pop();
    }
  }

  /** All members in order. The array is shared until the next change: do not keep it. */
  sorted(): readonly JobRow[] {
    this.#sorted ??= [...this.#members.values()].sort(
      (a, b) => a.order - b.order || a.placement - b.placement,
    );
    return this.#sorted;
  }

  values(): Iterable<JobRow> {
    return this.#members.values();
  }

  #isCurrent(entry: Entry): boolean {
    return this.#members.get(entry.row.id) === entry.row && entry.row.placement === entry.placement;
  }

  #sweep(): void {
    const live = this.#heap.filter((entry) => this.#isCurrent(entry));
    live.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap = live; // a sorted array is a heap
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !before(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = heap[childIndex];
      if (child === undefined) break;
      const right = heap[childIndex + 1];
      if (right !== undefined && before(right, child)) {
        child = right;
        childIndex += 1;
      }
      if (!before(child, last)) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = last;
  }
}
