// Going over records must accept exactly what decoding accepts (and gapless offsets), and see the same times and keys.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  batchHeaderBytes,
  buildBatch,
  forEachRecord,
  inspectBatchRecords,
  RecordBatchView,
} from '../src/index.js';

type Seen = [index: number, timestamp: number, hasKey: boolean];

function inspected(batch: RecordBatchView): Seen[] | 'refused' {
  const seen: Seen[] = [];
  try {
    inspectBatchRecords(batch, (...record) => void seen.push(record));
  } catch {
    return 'refused';
  }
  return seen;
}

function decoded(batch: RecordBatchView): Seen[] | 'refused' {
  const seen: Seen[] = [];
  try {
    forEachRecord(batch, ({ offset, timestamp, key }) => {
      if (offset !== seen.length) throw new Error('a gap');
      seen.push([offset, timestamp, key !== null]);
    });
  } catch {
    return 'refused';
  }
  return seen;
}

const bytes = fc.option(
  fc.uint8Array({ maxLength: 300, size: 'max' }).map((value) => Buffer.from(value)),
);
const record = fc.record({
  key: bytes,
  value: bytes,
  timestamp: fc.oneof(fc.nat(), fc.integer({ min: -1, max: 2 ** 42 })),
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(fc.record({ key: fc.string(), value: bytes }), { maxLength: 3 }),
  ),
});

describe('inspectBatchRecords', () => {
  it('agrees with decoding, on sound batches and with any bytes changed', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 80 }),
        fc.array(change, { maxLength: 2 }),
        (records, changes) => {
          const batch = buildBatch(records);
          for (const [at, value] of changes) {
            batch[batchHeaderBytes + (at % Math.min(60, batch.length - batchHeaderBytes))] = value;
          }
          const view = new RecordBatchView(batch);
          const wanted = decoded(view);
          if (wanted === 'refused') refused++;
          expect(inspected(view)).toEqual(wanted);
        },
      ),
      { numRuns: 600, seed: 1 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});
