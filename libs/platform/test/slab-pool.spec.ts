// Slabs have one owner each, go back once, and their number has a bound.

import { describe, expect, it } from 'vitest';
import { SlabPool } from '../src/index.js';

describe('SlabPool', () => {
  it('hands out the slab released last, and no more than its bound at once', () => {
    const pool = new SlabPool({ slabBytes: 64, slabsMax: 2 });
    const first = pool.take();
    const second = pool.take();
    expect(pool.take()).toBeUndefined();
    first?.release();
    expect(pool.take()?.bytes).toBe(first?.bytes);
    expect(second?.bytes).not.toBe(first?.bytes);
    expect(pool.takenCount).toBe(2);
  });

  it('never hands out again what was forgotten', () => {
    const pool = new SlabPool({ slabBytes: 64, slabsMax: 1 });
    const lost = pool.take();
    lost?.forget();
    expect(pool.freeCount).toBe(0);
    expect(pool.take()?.bytes).not.toBe(lost?.bytes);
  });

  it('refuses to take a slab back twice, in whatever way', () => {
    const pool = new SlabPool({ slabBytes: 64, slabsMax: 3 });
    const slab = pool.take();
    slab?.release();
    expect(() => slab?.release()).toThrow('slab-given-back-once');
    expect(() => slab?.forget()).toThrow('slab-given-back-once');
    expect(pool.freeCount).toBe(1);
    expect(pool.takenCount).toBe(0);
  });

  it('keeps few free slabs and can overwrite them, so that tests see a view that was kept', () => {
    const pool = new SlabPool({ slabBytes: 4, slabsMax: 4, freeMax: 1, poison: true });
    const slabs = [pool.take(), pool.take()];
    slabs[0]?.bytes.fill(1);
    for (const slab of slabs) slab?.release();
    expect(pool.freeCount).toBe(1);
    expect([...(slabs[0]?.bytes ?? [])]).toEqual([0xdb, 0xdb, 0xdb, 0xdb]);
  });
});
