// Large buffers that are used again and again: allocating a megabyte per request makes V8 collect garbage by the bytes outside its
// heap, and fresh pages cost more than the copy into them. Protects: a slab has one owner, who gives it back exactly once, by
// `release` when nobody reads or writes it any more, or by `forget` when that cannot be proven; the slabs out at once have a bound.
// Leaves out: waiting for a slab (an empty pool says so, the caller allocates). Why two ways back: CVE-2026-35554, a buffer that
// went back to its pool while a request still read it.

import { assert } from './assert.js';

export interface SlabPoolOptions {
  /** Size of each slab. */
  readonly slabBytes: number;
  /** Slabs out at once. */
  readonly slabsMax: number;
  /** Free slabs kept for later; default `slabsMax`. */
  readonly freeMax?: number;
  /** Overwrite what is released, so that a view kept too long is seen by tests. Default false. */
  readonly poison?: boolean;
}

const poisonByte = 0xdb;

export class SlabPool {
  readonly slabBytes: number;
  readonly #slabsMax: number;
  readonly #freeMax: number;
  readonly #poison: boolean;
  readonly #free: Buffer[] = [];
  #takenCount = 0;

  constructor(options: SlabPoolOptions) {
    this.slabBytes = options.slabBytes;
    this.#slabsMax = options.slabsMax;
    this.#freeMax = options.freeMax ?? options.slabsMax;
    this.#poison = options.poison ?? false;
  }

  /** Slabs that are out. */
  get takenCount(): number {
    return this.#takenCount;
  }

  /** Slabs that wait to be used again. */
  get freeCount(): number {
    return this.#free.length;
  }

  /** A slab with whatever is in it; undefined when all are out. The one released last comes first: it is in the caches. */
  take(): Slab | undefined {
    if (this.#takenCount >= this.#slabsMax) return undefined;
    this.#takenCount++;
    const bytes = this.#free.pop() ?? Buffer.allocUnsafeSlow(this.slabBytes);
    return new Slab(bytes, (isFree) => this.#takeBack(bytes, isFree));
  }

  #takeBack(bytes: Buffer, isFree: boolean): void {
    this.#takenCount--;
    if (!isFree || this.#free.length >= this.#freeMax) return;
    if (this.#poison) bytes.fill(poisonByte);
    this.#free.push(bytes);
  }
}

/** A buffer on loan. */
export class Slab {
  readonly bytes: Buffer;
  #giveBack: ((isFree: boolean) => void) | undefined;

  /** Use `SlabPool.take`. */
  constructor(bytes: Buffer, giveBack: (isFree: boolean) => void) {
    this.bytes = bytes;
    this.#giveBack = giveBack;
  }

  /** Nobody reads or writes the bytes any more. */
  release(): void {
    this.#end(true);
  }

  /** Somebody may still use the bytes: they are left to the garbage collector. */
  forget(): void {
    this.#end(false);
  }

  #end(isFree: boolean): void {
    const giveBack = this.#giveBack;
    assert(giveBack !== undefined, 'slab-given-back-once');
    this.#giveBack = undefined;
    giveBack(isFree);
  }
}
