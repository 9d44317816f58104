import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeAll, writeAllSync } from '../src/node/vectored-write.js';

const chunkLists = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 40 });

describe('a vectored write', () => {
  it('lands whole and in order wherever the kernel stops', async () => {
    await fc.assert(
      fc.asyncProperty(
        chunkLists,
        fc.nat(50),
        fc.infiniteStream(fc.nat(60)),
        async (chunks, at, stops) => {
          const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
          const results = [Buffer.alloc(at + sizeBytes), Buffer.alloc(at + sizeBytes)];
          const writer = (target: Buffer) => (some: readonly Uint8Array[], position: number) => {
            const all = Buffer.concat(some);
            const count = Math.min(all.byteLength, 1 + (stops.next().value ?? 0));
            target.set(all.subarray(0, count), position);
            return count;
          };
          writeAllSync(chunks, at, writer(results[0] as Buffer));
          const later = writer(results[1] as Buffer);
          await writeAll(chunks, at, async (some, position) => later(some, position));
          for (const result of results) {
            expect(result.subarray(at).equals(Buffer.concat(chunks))).toBe(true);
          }
        },
      ),
    );
  });

  it('hands over at most 1024 chunks at once', () => {
    const chunks = Array.from({ length: 3000 }, () => Buffer.of(1));
    const counts: number[] = [];
    writeAllSync(chunks, 0, (some) => {
      counts.push(some.length);
      return some.length;
    });
    expect(counts).toEqual([1024, 1024, 952]);
  });

  it('asserts that each call makes progress', () => {
    expect(() => writeAllSync([Buffer.of(1)], 0, () => 0)).toThrow(/write-makes-progress/);
  });
});
