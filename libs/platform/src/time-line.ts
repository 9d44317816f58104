// Events in virtual time: a binary heap ordered by (time, order of insertion). Base of the manual clock and of simulated
// worlds. Protects: equal times run first set, first run; a cancelled event never runs and does not hold the heap.

import { assert } from './assert.js';
import type { Timer } from './clock.js';

interface Entry {
  readonly atMs: number;
  readonly serial: number;
  run: (() => void) | undefined;
}

export class TimeLine {
  #nowMs = 0;
  #serial = 0;
  #cancelledCount = 0;
  #heap: Entry[] = [];

  /** Virtual milliseconds since this time line began; may have a fraction. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Events still to run. */
  get pendingCount(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  /** Time of the earliest event; undefined when there is none. */
  get nextAtMs(): number | undefined {
    this.#dropCancelled();
    return this.#heap[0]?.atMs;
  }

  add(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0 && Number.isFinite(delayMs), 'timer-delay', { delayMs });
    const entry: Entry = { atMs: this.#nowMs + delayMs, serial: this.#serial, run };
    this.#serial += 1;
    this.#heap.push(entry);
    this.#siftUp(this.#heap.length - 1);
    return { cancel: () => this.#cancel(entry) };
  }

  /** Moves time to the earliest event and returns it unrun; undefined when there is none. */
  take(): (() => void) | undefined {
    this.#dropCancelled();
    const entry = this.#removeFirst();
    if (entry?.run === undefined) return undefined;
    this.#nowMs = entry.atMs;
    const { run } = entry;
    entry.run = undefined;
    return run;
  }

  /** Moves time forward past no event. */
  moveTo(atMs: number): void {
    const { nextAtMs } = this;
    assert(atMs >= this.#nowMs && (nextAtMs === undefined || atMs <= nextAtMs), 'time-forward', {
      atMs,
      nowMs: this.#nowMs,
      nextAtMs,
    });
    this.#nowMs = atMs;
  }

  #cancel(entry: Entry): void {
    if (entry.run === undefined) return;
    entry.run = undefined;
    this.#cancelledCount += 1;
    if (this.#cancelledCount > 64 && this.#cancelledCount * 2 > this.#heap.length) this.#sweep();
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => entry.run !== undefined);
    this.#heap.sort((a, b) => a.atMs - b.atMs || a.serial - b.serial); // a sorted array is a heap
    this.#cancelledCount = 0;
  }

  #dropCancelled(): void {
    while (this.#heap[0] !== undefined && this.#heap[0].run === undefined) {
      this.#removeFirst();
      this.#cancelledCount -= 1;
    }
  }

  #removeFirst(): Entry | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#heap[0] = last;
    this.#siftDown();
    return first;
  }

  #siftUp(start: number): void {
    let index = start;
    const entry = this.#heap[index];
    while (entry !== undefined && index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#heap[index] = parent;
      index = parentIndex;
      this.#heap[index] = entry;
    }
  }

  #siftDown(): void {
    let index = 0;
    const entry = this.#heap[0];
    if (entry === undefined) return;
    for (;;) {
      let childIndex = 2 * index + 1;
      let child = this.#heap[childIndex];
      if (child === undefined) break;
      const right = this.#heap[childIndex + 1];
      if (right !== undefined && isBefore(right, child)) {
        childIndex += 1;
        child = right;
      }
      if (!isBefore(child, entry)) break;
      this.#heap[index] = child;
      index = childIndex;
    }
    this.#heap[index] = entry;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.serial < b.serial);
}
