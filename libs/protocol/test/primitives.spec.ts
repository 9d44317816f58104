// Reader and Writer alone: what one writes the other reads, in any order, across the growth of the buffer.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtocolError, Reader, Writer } from '../src/index.js';

type Write = (writer: Writer) => void;
type Read = (reader: Reader) => unknown;
interface Step {
  readonly value: unknown;
  readonly write: Write;
  readonly read: Read;
}

const int32 = fc.integer({ min: -2_147_483_648, max: 2_147_483_647 });
const bytes = fc.uint8Array({ maxLength: 1500, size: 'max' }).map((b) => Buffer.from(b));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ maxLength: 400, size: 'max' }),
);

/** Pairs of methods with the values they carry. */
const steps: fc.Arbitrary<Step> = fc.oneof(
  step(
    fc.integer({ min: -128, max: 127 }),
    (w, v) => w.int8(v),
    (r) => r.int8(),
  ),
  step(
    fc.boolean(),
    (w, v) => w.bool(v),
    (r) => r.bool(),
  ),
  step(
    fc.integer({ min: -32_768, max: 32_767 }),
    (w, v) => w.int16(v),
    (r) => r.int16(),
  ),
  step(
    int32,
    (w, v) => w.int32(v),
    (r) => r.int32(),
  ),
  step(
    int32,
    (w, v) => w.varint(v),
    (r) => r.varint(),
  ),
  step(
    fc.nat(0xffff_ffff),
    (w, v) => w.uvarint(v),
    (r) => r.uvarint(),
  ),
  step(
    fc.maxSafeInteger(),
    (w, v) => w.int64(v),
    (r) => r.int64(),
  ),
  step(
    fc.double(),
    (w, v) => w.float64(v),
    (r) => r.float64(),
  ),
  step(
    fc.uuid(),
    (w, v) => w.uuid(v),
    (r) => r.uuid(),
  ),
  step(
    text,
    (w, v) => w.string(v),
    (r) => r.string(),
  ),
  step(
    text,
    (w, v) => w.compactString(v),
    (r) => r.compactString(),
  ),
  step(
    fc.option(text),
    (w, v) => w.nullableString(v),
    (r) => r.nullableString(),
  ),
  step(
    fc.option(text),
    (w, v) => w.compactNullableString(v),
    (r) => r.compactNullableString(),
  ),
  step(
    bytes,
    (w, v) => w.bytes(v),
    (r) => r.bytes(),
  ),
  step(
    bytes,
    (w, v) => w.compactRecords(v),
    (r) => r.compactBytes(),
  ),
  step(
    fc.option(bytes),
    (w, v) => w.nullableBytes(v),
    (r) => r.nullableBytes(),
  ),
  step(
    fc.option(bytes),
    (w, v) => w.nullableRecords(v),
    (r) => r.nullableBytes(),
  ),
  step(
    fc.option(bytes),
    (w, v) => w.compactNullableRecords(v),
    (r) => r.compactNullableBytes(),
  ),
  step(text, writeTagged, readTagged),
);

function step<T>(
  values: fc.Arbitrary<T>,
  write: (writer: Writer, value: T) => void,
  read: Read,
): fc.Arbitrary<Step> {
  return values.map((value) => ({ value, write: (writer) => write(writer, value), read }));
}

function writeTagged(writer: Writer, value: string): void {
  const mark = writer.enterTag(300);
  writer.compactString(value);
  writer.leaveTag(mark);
}

function readTagged(reader: Reader): string {
  expect(reader.uvarint()).toBe(300);
  const end = reader.tagEnd();
  const value = reader.compactString();
  expect(reader.pos).toBe(end);
  reader.leaveTag(end);
  return value;
}

describe('Reader and Writer', () => {
  it('agree on every sequence of values', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40, size: 'max' }), (sequence) => {
        const writer = new Writer();
        writer.int32(0);
        for (const { write } of sequence) write(writer);
        const frame = Buffer.concat(writer.finishFrame());
        expect(writer.length).toBe(frame.length);
        const reader = new Reader(frame);
        expect(reader.int32()).toBe(frame.length - 4);
        for (const { value, read } of sequence) expect(read(reader)).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a varint of six bytes', 'ffffffffff01', (r: Reader) => r.uvarint()],
    ['a varint above 32 bits', 'ffffffff1f', (r: Reader) => r.uvarint()],
    ['an open varint', 'ff', (r: Reader) => r.uvarint()],
    ['a tag longer than the rest', '05aabb', (r: Reader) => r.tagEnd()],
    ['more tags than bytes', '05aabb', (r: Reader) => r.skipTags()],
    ['a null array', 'ffffffff', (r: Reader) => r.arrayLength(1)],
    ['a compact null array', '00', (r: Reader) => r.compactArrayLength(1)],
    ['more elements than bytes', '00000003aabb', (r: Reader) => r.arrayLength(1)],
    ['a null string', '00', (r: Reader) => r.compactString()],
    ['null bytes', 'ffffffff', (r: Reader) => r.bytes()],
    ['bytes beyond the end', '0000000511', (r: Reader) => r.nullableBytes()],
  ])('refuses %s', (_, hex, read) => {
    expect(() => read(new Reader(Buffer.from(hex, 'hex')))).toThrow(ProtocolError);
  });

  it('refuses a tagged field that ends before what was read', () => {
    const reader = new Reader(Buffer.from('01aabb', 'hex'));
    const end = reader.tagEnd();
    reader.int16();
    expect(() => reader.leaveTag(end)).toThrow('longer than its size');
  });

  it('refuses more array elements than the message may have', () => {
    const reader = new Reader(Buffer.from('0000000200000002', 'hex'), 0, 8, 3);
    expect(reader.arrayLength(1)).toBe(2);
    expect(() => reader.arrayLength(0)).toThrow('too many array elements');
  });

  it('reads bytes that are no UTF-8 as replacement characters', () => {
    expect(new Reader(Buffer.from('0002ff61', 'hex')).string()).toBe('\uFFFDa');
  });
});
