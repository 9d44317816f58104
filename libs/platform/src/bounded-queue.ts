// A FIFO queue with a fixed bound, on a ring that grows up to it. Protects: never more than `capacity` items, no item
// kept alive after it left. Leaves out: waiting; who is refused decides what to do.

import { assert } from './assert.js';

const ringSizeFirst = 16;

export class BoundedQueue<T> {
  readonly capacity: number;
  #ring: (T | undefined)[];
  #mask: number;
  #head = 0;
  #length = 0;

  /** `capacity`: items, an integer ≥ 1. Memory is taken as the queue grows, not at once. */
  constructor(capacity: number) {
    assert(Number.isSafeInteger(capacity) && capacity >= 1, 'queue-capacity', { capacity });
    this.capacity = capacity;
    this.#ring = emptyRing<T>(ringSizeFirst);
    this.#mask = ringSizeFirst - 1;
  }

  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  get isFull(): boolean {
    return this.#length === this.capacity;
  }

  /** Adds at the end; false, and nothing changed, when full. */
  push(item: T): boolean {
    if (this.#length === this.capacity) return false;
    if (this.#length > this.#mask) this.#grow();
    this.#ring[(this.#head + this.#length) & this.#mask] = item;
    this.#length += 1;
    return true;
  }

  /** Adds at the front; false, and nothing changed, when full. */
  unshift(item: T): boolean {
    if (this.#length === this.capacity) return false;
    if (this.#length > this.#mask) this.#grow();
    this.#head = (this.#head - 1) & this.#mask;
    this.#ring[this.#head] = item;
    this.#length += 1;
    return true;
  }

  /** Removes the first item; undefined when empty. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#length -= 1;
    return item;
  }

  /** The item `index` places behind the first, without removing it; undefined beyond the end. */
  peek(index = 0): T | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    return this.#ring[(this.#head + index) & this.#mask];
  }

  clear(): void {
    this.#ring = emptyRing<T>(ringSizeFirst);
    this.#mask = ringSizeFirst - 1;
    this.#head = 0;
    this.#length = 0;
  }

  /** First to last. The queue must not change meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let index = 0; index < this.#length; index += 1) {
      yield this.#ring[(this.#head + index) & this.#mask] as T;
    }
  }

  #grow(): void {
    const grown = emptyRing<T>(this.#ring.length * 2);
    for (let index = 0; index < this.#length; index += 1) {
      grown[index] = this.#ring[(this.#head + index) & this.#mask];
    }
    this.#ring = grown;
    this.#mask = grown.length - 1;
    this.#head = 0;
  }
}

function emptyRing<T>(size: number): (T | undefined)[] {
  return Array.from({ length: size }, () => undefined);
}
