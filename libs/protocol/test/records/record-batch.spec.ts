import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildBatch,
  compressionCodecs,
  forEachBatch,
  ProtocolError,
  RecordBatchBuilder,
  RecordBatchView,
  type RecordInput,
} from '../../src/index.js';

const baseTime = 980_000_000_000;

function record(
  value: string | null,
  key: string | null = null,
  timestamp = baseTime,
): RecordInput {
  return {
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp,
  };
}

const bytes = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  { nil: null },
);
const anyRecord = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: bytes }), {
    maxLength: 4,
  }),
  timestamp: fc.oneof(
    fc.integer({ min: -1, max: 2 ** 31 }),
    fc.constant(2 ** 52),
    fc.integer({ min: baseTime, max: baseTime + 1e9 }),
  ),
});

describe('record batches', () => {
  it.each(compressionCodecs)('give back what was appended, with codec %s', (codec) => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (inputs) => {
        const view = new RecordBatchView(buildBatch(inputs, { codec, baseOffset: 2 ** 40 + 7 }));
        expect(view.crcIsValid()).toBe(true);
        expect(view.codec).toBe(codec);
        expect(view.recordCount).toBe(inputs.length);
        expect(view.maxTimestamp).toBe(Math.max(...inputs.map(({ timestamp }) => timestamp)));
        expect(view.records()).toEqual(
          inputs.map((input, index) => ({ ...input, offset: 2 ** 40 + 7 + index })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('carries every header field to the view', () => {
    const view = new RecordBatchView(
      buildBatch([record('a'), record('b')], {
        producerId: 2 ** 45,
        producerEpoch: 32_767,
        baseSequence: 2_147_483_647,
        isTransactional: true,
        baseOffset: 99,
        partitionLeaderEpoch: 7,
      }),
    );
    expect(view).toMatchObject({
      baseOffset: 99,
      lastOffset: 100,
      partitionLeaderEpoch: 7,
      magic: 2,
      isTransactional: true,
      isControl: false,
      timestampType: 'CreateTime',
      producerId: 2 ** 45,
      producerEpoch: 32_767,
      baseSequence: 2_147_483_647,
      lastSequence: 0,
      recordCount: 2,
    });
  });

  it('reads minus one where a client is not idempotent', () => {
    const view = new RecordBatchView(buildBatch([record('a', null, -1)]));
    expect(view).toMatchObject({
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      lastSequence: -1,
      partitionLeaderEpoch: -1,
      baseTimestamp: -1,
      maxTimestamp: -1,
    });
  });

  it('stays valid when offset and leader epoch are set in place', () => {
    const view = new RecordBatchView(buildBatch([record('a')]));
    view.setBaseOffset(2 ** 50 + 3);
    view.setPartitionLeaderEpoch(12);
    expect(view.crcIsValid()).toBe(true);
    expect(view.baseOffset).toBe(2 ** 50 + 3);
    expect(view.partitionLeaderEpoch).toBe(12);
  });

  it('gives every record the append time once it is set', () => {
    const view = new RecordBatchView(buildBatch([record('a'), record('b', null, baseTime + 5)]));
    view.setLogAppendTime(baseTime + 1000);
    expect(view.crcIsValid()).toBe(true);
    expect(view.timestampType).toBe('LogAppendTime');
    expect(view.records().map(({ timestamp }) => timestamp)).toEqual([
      baseTime + 1000,
      baseTime + 1000,
    ]);
  });

  it('keeps the gaps of a compacted batch', () => {
    const builder = new RecordBatchBuilder({ baseOffset: 100 });
    builder.appendAt(2, record('a'));
    builder.appendAt(9, record('b'));
    expect(() => builder.appendAt(9, record('c'))).toThrow(RangeError);
    const view = new RecordBatchView(builder.build());
    expect(view.records().map(({ offset }) => offset)).toEqual([102, 109]);
    expect(view.lastOffset).toBe(109);
  });

  it('never understates the size of the batch it will build', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 10 }), (inputs) => {
        const builder = new RecordBatchBuilder({ capacityBytes: 64 });
        for (const input of inputs) {
          const bound = builder.sizeBytesWith(input);
          builder.append(input);
          expect(builder.sizeBytes).toBeLessThanOrEqual(bound);
        }
        const { sizeBytes } = builder;
        expect(builder.build().length).toBe(sizeBytes);
      }),
      { numRuns: 100 },
    );
  });

  it('refuses an empty batch and an unsafe timestamp', () => {
    expect(() => buildBatch([])).toThrow(RangeError);
    expect(() => buildBatch([record('a', null, 2 ** 53)])).toThrow(RangeError);
    expect(() => buildBatch([record('a', null, 1.5)])).toThrow(RangeError);
  });
});

describe('forEachBatch', () => {
  const three = Buffer.concat([
    buildBatch([record('a')]),
    buildBatch([record('b'), record('c')], { baseOffset: 1 }),
    buildBatch([record('d')], { baseOffset: 3 }),
  ]);

  it('visits every batch and stops before a cut-off one, wherever it is cut', () => {
    const starts: number[] = [];
    expect(forEachBatch(three, (_batch, start) => void starts.push(start))).toBe(three.length);
    expect(starts).toHaveLength(3);
    const ends = [...starts.slice(1), three.length];
    for (let cut = 0; cut <= three.length; cut++) {
      const whole = ends.filter((end) => end <= cut);
      let count = 0;
      expect(forEachBatch(three.subarray(0, cut), () => void count++)).toBe(whole.at(-1) ?? 0);
      expect(count).toBe(whole.length);
    }
  });

  it('stops when the visitor returns false', () => {
    let count = 0;
    const consumed = forEachBatch(three, () => (++count === 2 ? false : undefined));
    expect(count).toBe(2);
    const first = new RecordBatchView(three);
    expect(consumed).toBe(new RecordBatchView(three, first.end).end);
  });

  it.each([-1, 0, 48, -2_147_483_648])('refuses the batch length %i', (length) => {
    const damaged = Buffer.from(three);
    damaged.writeInt32BE(length, 8);
    expect(() => forEachBatch(damaged, () => undefined)).toThrow(ProtocolError);
  });
});
