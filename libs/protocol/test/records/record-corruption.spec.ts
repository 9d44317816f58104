import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchHeaderBytes,
  buildBatch,
  buildMarkerBatch,
  compressionCodecs,
  decodeMarker,
  forEachRecord,
  magicAt,
  ProtocolError,
  RecordBatchView,
} from '../../src/index.js';

const timestamp = 980_000_000_000;
const small = buildBatch(
  [
    {
      key: Buffer.from('k'),
      value: Buffer.from('value'),
      headers: [{ key: 'h', value: null }],
      timestamp,
    },
  ],
  { baseOffset: 10, partitionLeaderEpoch: 3 },
);

function read(bytes: Buffer): unknown {
  try {
    const view = new RecordBatchView(bytes);
    const records = view.records({ maxDecompressedBytes: 1 << 20 });
    return { valid: view.crcIsValid(), records };
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
}

/** The batch with its CRC made right again, so that only the decoder can notice the damage. */
function sealed(change: (bytes: Buffer) => void, source = small): Buffer {
  const bytes = Buffer.from(source);
  change(bytes);
  const view = new RecordBatchView(bytes);
  view.setMaxTimestamp(view.maxTimestamp);
  return bytes;
}

describe('a damaged batch', () => {
  it('is found by its CRC for every single bit from byte 17 on; the 17 bytes before are not covered', () => {
    // Uncovered: base offset (0-7), batch length (8-11), partition leader epoch (12-15), magic (16).
    const uncovered = new Set<number>();
    for (let bit = 0; bit < small.length * 8; bit++) {
      const damaged = Buffer.from(small);
      const at = bit >>> 3;
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << (bit & 7)), at);
      const outcome = read(damaged);
      const detected = outcome instanceof ProtocolError || !(outcome as { valid: boolean }).valid;
      if (!detected) uncovered.add(at);
      if (at >= 17) expect(detected).toBe(true);
    }
    // A flipped length is always noticed here, a flipped magic by the decoder, the epoch and a small offset never.
    expect([...uncovered]).toEqual([1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15]);
  });

  it('is refused when cut at any byte', () => {
    for (let cut = 0; cut < small.length; cut++) {
      expect(() => new RecordBatchView(small.subarray(0, cut))).toThrow(ProtocolError);
    }
  });

  it('is refused when its records are cut at any byte and everything else agrees', () => {
    for (let cut = batchHeaderBytes; cut < small.length; cut++) {
      const bytes = Buffer.from(small.subarray(0, cut));
      bytes.writeInt32BE(cut - 12, 8);
      expect(read(bytes)).toBeInstanceOf(ProtocolError);
    }
  });

  it.each(compressionCodecs)(
    'of random bytes behind a valid CRC throws nothing but ProtocolError (%s)',
    (codec) => {
      const source = buildBatch(
        [0, 1, 2].map((index) => ({ key: null, value: Buffer.alloc(40, index), timestamp })),
        { codec },
      );
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.integer({ min: 21, max: source.length - 1 }), fc.nat(255)), {
            minLength: 1,
            maxLength: 4,
          }),
          (changes) => {
            const bytes = Buffer.from(source);
            for (const [at, byte] of changes) bytes.writeUInt8(byte, at);
            read(bytes);
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it.each([
    ['more records than fit', (bytes: Buffer) => bytes.writeInt32BE(2, 57)],
    ['two billion records', (bytes: Buffer) => bytes.writeInt32BE(0x7fffffff, 57)],
    ['a negative record count', (bytes: Buffer) => bytes.writeInt32BE(-1, 57)],
    ['fewer records than are there', (bytes: Buffer) => bytes.writeInt32BE(0, 57)],
    ['an offset delta behind its last', (bytes: Buffer) => bytes.writeInt32BE(-1, 23)],
    ['codec 5', (bytes: Buffer) => bytes.writeInt16BE(5, 21)],
    ['a codec it was not compressed with', (bytes: Buffer) => bytes.writeInt16BE(1, 21)],
    ['a record length past the end', (bytes: Buffer) => bytes.writeUInt8(0x7e, 61)],
    ['a negative record length', (bytes: Buffer) => bytes.writeUInt8(0x01, 61)],
    ['a key of length -2', (bytes: Buffer) => bytes.writeUInt8(0x03, 65)],
    ['a value past the record', (bytes: Buffer) => bytes.writeUInt8(0x40, 67)],
    ['a header count past the record', (bytes: Buffer) => bytes.writeUInt8(0x7e, 73)],
    ['a header without a key', (bytes: Buffer) => bytes.writeUInt8(0x01, 74)],
  ])('with %s and a right CRC is refused', (_name, change) => {
    const bytes = sealed((copy) => void change(copy));
    expect(new RecordBatchView(bytes).crcIsValid()).toBe(true);
    expect(read(bytes)).toBeInstanceOf(ProtocolError);
  });

  it.each([-128, 0, 1, 3, 127])('of magic %i shows its magic and gives no records', (magic) => {
    const bytes = Buffer.from(small);
    bytes.writeInt8(magic, 16);
    expect(magicAt(bytes)).toBe(magic);
    expect(new RecordBatchView(bytes).magic).toBe(magic);
    expect(read(bytes)).toBeInstanceOf(ProtocolError);
  });

  it('with an int64 beyond 2^53 is refused where the field is read', () => {
    const bytes = Buffer.from(small);
    bytes.writeBigInt64BE(2n ** 53n, 0);
    expect(() => new RecordBatchView(bytes).baseOffset).toThrow(ProtocolError);
    bytes.writeBigInt64BE(-(2n ** 53n), 0);
    expect(() => new RecordBatchView(bytes).baseOffset).toThrow(ProtocolError);
    bytes.writeBigInt64BE(2n ** 53n - 1n, 0);
    expect(new RecordBatchView(bytes).baseOffset).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ['a varint of six bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
    ['a varint above 32 bits', [0xff, 0xff, 0xff, 0xff, 0x1f]],
  ])('with %s as record length is refused', (_name, length) => {
    const bytes = Buffer.concat([small.subarray(0, 61), Buffer.from(length), small.subarray(62)]);
    bytes.writeInt32BE(bytes.length - 12, 8);
    expect(read(bytes)).toBeInstanceOf(ProtocolError);
  });

  it('with a timestamp delta of eleven bytes or above 2^53 is refused', () => {
    for (const delta of [
      Array.from({ length: 11 }, () => 0x80),
      [...Array.from({ length: 8 }, () => 0xff), 0x01],
    ]) {
      const body = [0, ...delta, 0, 1, 1, 0];
      const bytes = Buffer.concat([small.subarray(0, 61), Buffer.from([body.length * 2, ...body])]);
      bytes.writeInt32BE(bytes.length - 12, 8);
      expect(read(bytes)).toBeInstanceOf(ProtocolError);
    }
  });

  it.each(compressionCodecs.filter((codec) => codec !== 'none'))(
    'that is a %s bomb is stopped',
    (codec) => {
      const value = Buffer.alloc(2 * 1024 * 1024);
      const bytes = buildBatch([{ key: null, value, timestamp }], { codec });
      expect(read(bytes)).toBeInstanceOf(ProtocolError);
      expect(new RecordBatchView(bytes).records()).toHaveLength(1);
    },
  );
});

describe('forEachRecord', () => {
  it('stops when the visitor returns false', () => {
    const bytes = buildBatch([1, 2, 3].map(() => ({ key: null, value: null, timestamp })));
    let count = 0;
    forEachRecord(new RecordBatchView(bytes), () => (++count === 2 ? false : undefined));
    expect(count).toBe(2);
  });

  it('finds nothing in a batch that compaction emptied', () => {
    for (const codec of [0, 1]) {
      const bytes = Buffer.from(small.subarray(0, batchHeaderBytes));
      bytes.writeInt32BE(batchHeaderBytes - 12, 8);
      bytes.writeInt16BE(codec, 21);
      bytes.writeInt32BE(0, 57);
      expect(new RecordBatchView(bytes).records()).toEqual([]);
    }
  });
});

describe('transaction markers', () => {
  it('are control batches that tell commit from abort', () => {
    for (const type of ['commit', 'abort'] as const) {
      const bytes = buildMarkerBatch({
        type,
        coordinatorEpoch: 12,
        producerId: 4000,
        producerEpoch: 3,
        timestamp,
        baseOffset: 77,
      });
      const view = new RecordBatchView(bytes);
      expect(view).toMatchObject({
        isControl: true,
        isTransactional: true,
        producerId: 4000,
        producerEpoch: 3,
        baseSequence: -1,
        baseOffset: 77,
      });
      const [record] = view.records();
      expect(record?.key?.toString('hex')).toBe(type === 'commit' ? '00000001' : '00000000');
      expect(record?.value?.toString('hex')).toBe('00000000000c');
      expect(record && decodeMarker(record)).toEqual({ type, coordinatorEpoch: 12 });
    }
  });

  it('of another type are left alone, cut ones refused', () => {
    expect(decodeMarker({ key: Buffer.from([0, 0, 0, 5]), value: null })).toBeUndefined();
    expect(() => decodeMarker({ key: null, value: null })).toThrow(ProtocolError);
    expect(() => decodeMarker({ key: Buffer.alloc(4), value: Buffer.alloc(5) })).toThrow(
      ProtocolError,
    );
  });
});
