// Chance from a seed: xoshiro128** seeded by splitmix32 (Blackman and Vigna, prng.di.unimi.it, public domain).
// Protects: one seed, one sequence, on every machine. Leaves out: secrecy.

import { assert } from './assert.js';
import type { Random } from './random.js';

export class SeededRandom implements Random {
  readonly #state: Uint32Array;

  /** `seed`: a safe integer or any text. */
  constructor(seed: number | string) {
    this.#state = seedState(String(seed));
  }

  nextInt(bound: number): number {
    assert(Number.isInteger(bound) && bound >= 1 && bound <= 2 ** 48, 'random-bound', { bound });
    return Math.floor(this.nextFloat() * bound);
  }

  nextFloat(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 67_108_864 + low) / 9_007_199_254_740_992;
  }

  bytes(sizeBytes: number): Buffer {
    const result = Buffer.allocUnsafe(sizeBytes);
    for (let index = 0; index < sizeBytes; index += 1) result[index] = this.#next() >>> 24;
    return result;
  }

  uuid(): string {
    const raw = this.bytes(16);
    raw[6] = ((raw[6] ?? 0) & 0x0f) | 0x40;
    raw[8] = ((raw[8] ?? 0) & 0x3f) | 0x80;
    const hex = raw.toString('hex');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
    return [...parts, hex.slice(20)].join('-');
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.nextFloat() < probability;
  }

  /** A generator of its own, fixed by this one's seed position and the name. */
  fork(name: string): SeededRandom {
    return new SeededRandom(`${this.#next()}/${this.#next()}/${name}`);
  }

  #next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const c1 = c ^ a;
    const d1 = d ^ b;
    state[0] = a ^ d1;
    state[1] = b ^ c1;
    state[2] = c1 ^ (b << 9);
    state[3] = (d1 << 11) | (d1 >>> 21);
    return result;
  }
}

function seedState(text: string): Uint32Array {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  }
  const state = new Uint32Array(4);
  for (let index = 0; index < 4; index += 1) {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = hash ^ (hash >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    state[index] = mixed ^ (mixed >>> 15);
  }
  return state;
}
