// The ring of the batches appended last: what it answers is right or nothing, at every turn of the ring.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TailCache } from '../src/tail-cache.js';

const batch = (seed: number, sizeBytes: number): Buffer => Buffer.alloc(sizeBytes, seed);

describe('TailCache', () => {
  it('answers as a list of all batches would, or not at all, while the ring turns', () => {
    const appends = fc.array(
      fc.record({ log: fc.nat(2), sizeBytes: fc.integer({ min: 1, max: 300 }), isCut: fc.nat(20) }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(appends, fc.integer({ min: 100, max: 1000 }), (steps, capacityBytes) => {
        const cache = new TailCache(capacityBytes);
        const logs = [0, 1, 2].map(() => ({ tail: cache.tail(), all: [] as Buffer[], first: 0 }));
        for (const [index, { log, sizeBytes, isCut }] of steps.entries()) {
          const target = logs[log];
          if (!target) continue;
          if (isCut === 0) {
            target.tail.clear();
            target.first = target.all.length;
          }
          const bytes = batch(index % 251, sizeBytes);
          target.tail.append(bytes, target.all.length, target.all.length + 1);
          target.all.push(bytes);
          for (const { tail, all, first } of logs) {
            let isReached = false;
            for (let offset = 0; offset < all.length; offset++) {
              const found = tail.read(offset, all.length, 1_000_000);
              if (found === undefined) {
                expect(isReached).toBe(false); // what is kept ends at the log end, without a hole
                continue;
              }
              isReached = true;
              expect(offset).toBeGreaterThanOrEqual(first);
              expect(Buffer.concat(found).equals(Buffer.concat(all.slice(offset)))).toBe(true);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps nothing before a batch that is too large for it', () => {
    const cache = new TailCache(1_000_000);
    const tail = cache.tail();
    tail.append(batch(1, 100), 0, 1);
    tail.append(batch(2, 70_000), 1, 2);
    expect(tail.read(0, 2, 1000)).toBeUndefined();
    expect(tail.read(1, 2, 1000)).toBeUndefined();
    tail.append(batch(3, 100), 2, 3);
    expect(tail.read(2, 3, 1000)).toEqual([batch(3, 100)]);
  });

  it('copies: bytes may change once append has returned', () => {
    const tail = new TailCache(1000).tail();
    const bytes = batch(1, 100);
    tail.append(bytes, 0, 1);
    bytes.fill(9);
    expect(tail.read(0, 1, 1000)).toEqual([batch(1, 100)]);
  });
});
