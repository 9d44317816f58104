// Values from the JDK's String.hashCode.

import { expect, test } from 'vitest';

import { groupPartition, javaStringHash } from '../src/index.js';

test.each([
  ['', 0],
  ['a', 97],
  ['hello', 99_162_322],
  ['polygenelubricants', -0x80000000],
  ['é', 233],
  ['😀', 1_772_899],
])('hash of %j', (text, hash) => {
  expect(javaStringHash(text)).toBe(hash);
});

test('the partition is the absolute hash, and 0 for the one hash without an absolute value', () => {
  expect(groupPartition('hello', 50)).toBe(22);
  expect(groupPartition('polygenelubricants', 50)).toBe(0);
  expect(javaStringHash('flight-delays')).toBe(-315326643);
  expect(groupPartition('flight-delays', 50)).toBe(43);
});
