// The events of one queue, newest kept, and the readers that wait for more. Volatile: a restart begins anew.
// Protects: ids grow (`<ms>-<n>`, as a Redis stream's); a blocked reader wakes on an event, its deadline, or its close.

import type { StreamReadRaw } from 'bullmq';

type Entry = [id: string, fields: string[]];

export class EventStream {
  readonly #key: string;
  #entries: Entry[] = [];
  #lastMs = 0;
  #lastSerial = 0;
  readonly #waiters = new Set<() => void>();

  constructor(key: string) {
    this.#key = key;
  }

  get length(): number {
    return this.#entries.length;
  }

  add(fields: string[], nowMs: number, entriesMax: number): string {
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#lastSerial = 0;
    } else this.#lastSerial += 1;
    const id = `${this.#lastMs}-${this.#lastSerial}`;
    this.#entries.push([id, fields]);
    if (this.#entries.length > 2 * entriesMax + 100) this.trim(entriesMax);
    if (this.#waiters.size > 0) {
      const waiters = [...this.#waiters];
      this.#waiters.clear();
      for (const wake of waiters) wake();
    }
    return id;
  }

  /** Number of entries removed. */
  trim(entriesMax: number): number {
    const surplus = this.#entries.length - entriesMax;
    if (surplus <= 0) return 0;
    this.#entries = this.#entries.slice(surplus);
    return surplus;
  }

  /** The id `$` stands for: everything after it is new. */
  get lastId(): string {
    return `${this.#lastMs}-${this.#lastSerial}`;
  }

  /** Entries after `id`; undefined when there are none. */
  after(id: string): StreamReadRaw {
    const from = parseId(id);
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && isAfter(parseId(entry[0]), from)) high = middle;
      else low = middle + 1;
    }
    const found = this.#entries.slice(low);
    return found.length === 0 ? undefined : [[this.#key, found]];
  }

  /** `wake` runs once, at the next event. */
  wait(wake: () => void): void {
    this.#waiters.add(wake);
  }

  stopWaiting(wake: () => void): void {
    this.#waiters.delete(wake);
  }
}

function parseId(id: string): { ms: number; serial: number } {
  const dash = id.indexOf('-');
  if (dash < 0) return { ms: Number(id) || 0, serial: -1 };
  return { ms: Number(id.slice(0, dash)), serial: Number(id.slice(dash + 1)) };
}

function isAfter(
  a: { readonly ms: number; readonly serial: number },
  b: { readonly ms: number; readonly serial: number },
): boolean {
  return a.ms > b.ms || (a.ms === b.ms && a.serial > b.serial);
}
