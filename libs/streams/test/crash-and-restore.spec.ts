// Crashes in the test driver: at any moment, also between the changelog writes and the offsets of a commit. The final
// state and the last value per key must equal a run without crashes, and a naive model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamBuilder, type Topology, type Windowed } from '../src/index.js';
import { TopologyTestDriver } from '../src/testing/index.js';

interface Row {
  readonly to: string;
  readonly n: number;
}

/** Per key in windows, and per `to` behind a repartition topic, both summing. */
function flightsShape(graceMs: number): Topology {
  const builder = new StreamBuilder();
  const rows = builder.from<string, Row>('rows');
  rows
    .groupByKey()
    .windowed({ sizeMs: 100, graceMs })
    .fold(0, (sum, { n }) => sum + n, { store: 'by-key' })
    .emit('on-update')
    .map((sum, { key, startMs }) => [`${key}@${startMs}`, sum] as const)
    .to('sums');
  rows
    .groupBy(({ to }) => to)
    .windowed({ sizeMs: 700, advanceMs: 100, graceMs: 1_000_000 })
    .fold(0, (sum, { n }) => sum + n, { store: 'by-to' })
    .emit('on-update')
    .map((sum, { key, startMs }) => [`${key}@${startMs}`, sum] as const)
    .to('sums-to');
  return builder.build();
}

function lastValues(driver: TopologyTestDriver, topic: string): Record<string, unknown> {
  return Object.fromEntries(driver.read(topic).map(({ key, value }) => [key, value]));
}

const rowArbitrary = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  to: fc.constantFrom('x', 'y'),
  n: fc.integer({ min: 1, max: 9 }),
  stepMs: fc.integer({ min: 0, max: 60 }),
});
const actionArbitrary = fc.oneof(
  { weight: 8, arbitrary: rowArbitrary.map((row) => ({ kind: 'row' as const, row })) },
  { weight: 2, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'crash in commit' as const }) },
);

describe('crash and restore', () => {
  it('gives the sums of a naive model, whatever the crashes (exact state, last value per key)', () => {
    fc.assert(
      fc.property(fc.array(actionArbitrary, { maxLength: 60 }), (actions) => {
        const driver = new TopologyTestDriver(flightsShape(0));
        const sums: Record<string, number> = {};
        const sumsTo: Record<string, number> = {};
        let nowMs = 1000;
        let count = 0;
        for (const action of actions) {
          if (action.kind === 'commit') driver.commit();
          else if (action.kind === 'crash') driver.crash();
          else if (action.kind === 'crash in commit') driver.crash({ after: 'changelog' });
          else {
            const { key, to, n, stepMs } = action.row;
            nowMs += stepMs;
            count += 1;
            driver.pipe('rows', { key, value: { to, n }, timestamp: nowMs });
            const start = Math.floor(nowMs / 100) * 100;
            sums[`${key}@${start}`] = (sums[`${key}@${start}`] ?? 0) + n;
            for (let from = start - 600; from <= start; from += 100) {
              sumsTo[`${to}@${from}`] = (sumsTo[`${to}@${from}`] ?? 0) + n;
            }
          }
        }
        expect(lastValues(driver, 'sums')).toEqual(sums);
        expect(lastValues(driver, 'sums-to')).toEqual(sumsTo);
        const { records, late } = driver.totals();
        expect({ records, late }).toEqual({ records: 2 * count, late: 0 });
      }),
      { numRuns: 300 },
    );
  });

  it('restores stream time: a window that was closed stays closed', () => {
    const driver = new TopologyTestDriver(flightsShape(0));
    driver.pipe('rows', { key: 'a', value: { to: 'x', n: 1 }, timestamp: 50 });
    driver.pipe('rows', { key: 'a', value: { to: 'x', n: 1 }, timestamp: 150 });
    driver.commit();
    driver.crash();
    driver.pipe('rows', { key: 'a', value: { to: 'x', n: 1 }, timestamp: 60 });
    expect(driver.totals().late).toBe(1);
    expect(driver.windowStore<string, number>('by-key').get('a', 0)).toBe(1);
  });

  it('emits a window on close again after a crash, with the same value', () => {
    const builder = new StreamBuilder();
    builder
      .from<string, number>('in')
      .groupByKey()
      .windowed({ sizeMs: 10, graceMs: 0 })
      .count({ store: 'counts' })
      .emit('on-close')
      .to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', { key: 'k', value: 1, timestamp: 1 });
    driver.commit();
    driver.pipe('in', { key: 'k', value: 1, timestamp: 11 });
    driver.crash();
    const closed = driver.read<Windowed<string>, number>('out');
    expect(closed.map(({ key, value }) => [key.key, key.startMs, value])).toEqual([
      ['k', 0, 1],
      ['k', 0, 1],
    ]);
  });

  it('drops repartition records that are written again, counting them', () => {
    const driver = new TopologyTestDriver(flightsShape(0));
    driver.pipe('rows', { key: 'a', value: { to: 'x', n: 5 }, timestamp: 1 });
    driver.crash();
    expect(driver.windowStore<string, number>('by-to').get('x', 0)).toBe(5);
    driver.pipe('rows', { key: 'a', value: { to: 'x', n: 1 }, timestamp: 2 });
    driver.commit();
    driver.crash();
    expect(driver.windowStore<string, number>('by-to').get('x', 0)).toBe(6);
  });
});

describe('windowed aggregates on input out of order', () => {
  it('equal a naive model when the disorder stays within grace, tumbling and hopping', () => {
    const timestamps = fc.array(
      fc.record({ atMs: fc.nat(2000), jitter: fc.nat(299), n: fc.nat(9) }),
    );
    const shape = fc.record({
      sizeMs: fc.integer({ min: 20, max: 300 }),
      hops: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(timestamps, shape, (rows, { sizeMs, hops }) => {
        const advanceMs = Math.max(1, Math.floor(sizeMs / hops));
        const shuffled = [...rows].sort((a, b) => a.atMs + a.jitter - (b.atMs + b.jitter));
        const builder = new StreamBuilder();
        builder
          .from<string, number>('in')
          .groupByKey()
          .windowed({ sizeMs, advanceMs, graceMs: 300 })
          .fold(0, (sum, n) => sum + n, { store: 'sums' })
          .emit('on-close')
          .map((sum, { startMs }) => [String(startMs), sum] as const)
          .to('out');
        const driver = new TopologyTestDriver(builder.build());
        const model: Record<string, number> = {};
        for (const { atMs, n } of shuffled) {
          driver.pipe('in', { key: 'k', value: n, timestamp: atMs });
          for (let start = 0; start <= atMs; start += advanceMs) {
            if (atMs < start + sizeMs) model[start] = (model[start] ?? 0) + n;
          }
        }
        driver.tick('in', 100_000);
        const closed = driver.read('out');
        expect(driver.totals()).toMatchObject({ late: 0, partlyLate: 0 });
        expect(closed.length).toBe(Object.keys(model).length);
        expect(Object.fromEntries(closed.map(({ key, value }) => [key, value]))).toEqual(model);
      }),
      { numRuns: 300 },
    );
  });
});
