import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  javaStringHash,
  murmur2,
  partitionForCoordinatorKey,
  partitionForKey,
} from '../../src/index.js';

const kafkajsMurmur2 = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2.js',
) as (key: Buffer) => number;

describe('murmur2', () => {
  // The vectors of Kafka's own UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is the number Kafka computes', (key, expected) => {
    expect(murmur2(Buffer.from(key))).toBe(expected);
  });

  it('agrees with kafkajs on any key, and so does the partition', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 1, max: 500 }),
        (key, count) => {
          const theirs = kafkajsMurmur2(Buffer.from(key));
          expect(murmur2(key)).toBe(theirs);
          expect(partitionForKey(key, count)).toBe((theirs & 0x7fffffff) % count);
        },
      ),
    );
  });
});

describe('javaStringHash', () => {
  it.each([
    ['', 0],
    ['a', 97],
    ['hello', 99162322],
    ['Ünï', (0xdc * 31 + 0x6e) * 31 + 0xef],
    ['polygenelubricants', -2147483648],
    ['😀', 0xd83d * 31 + 0xde00],
  ])('of "%s" is what String.hashCode returns', (text, expected) => {
    expect(javaStringHash(text)).toBe(expected);
  });

  it('puts the smallest hash on partition 0 and the sign away', () => {
    expect(partitionForCoordinatorKey('polygenelubricants', 50)).toBe(0);
    expect(partitionForCoordinatorKey('my-group', 50)).toBe(
      Math.abs(javaStringHash('my-group')) % 50,
    );
  });
});
