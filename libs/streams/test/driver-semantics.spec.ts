// The semantics of operators, time and windows as an executable table, run in the test driver.

import { describe, expect, it } from 'vitest';
import { json, MalformedRecordError, StreamBuilder, text, type Windowed } from '../src/index.js';
import { TopologyTestDriver } from '../src/testing/index.js';

const at = (timestamp: number, key: string | null, value: unknown) => ({ key, value, timestamp });

function counting(options: {
  sizeMs: number;
  advanceMs?: number;
  graceMs: number;
  retentionMs?: number;
  emit?: 'on-update' | 'on-close';
  lateTo?: string;
}): TopologyTestDriver {
  const { emit = 'on-update', ...windows } = options;
  const builder = new StreamBuilder();
  builder
    .from<string, number>('in')
    .groupByKey()
    .windowed(windows)
    .aggregate(
      () => 0,
      (sum, value) => sum + value,
      { store: 'sums' },
    )
    .emit(emit)
    .to('out');
  return new TopologyTestDriver(builder.build());
}

function rows(driver: TopologyTestDriver, topic = 'out'): string[] {
  return driver
    .read<Windowed<string>, unknown>(topic)
    .map(({ key, value }) => `${key.key}@${key.startMs}=${JSON.stringify(value)}`);
}

describe('stateless operators', () => {
  it('chains filter, map, flatMap, peek and writes in order', () => {
    const builder = new StreamBuilder();
    const seen: string[] = [];
    builder
      .from<string, { n: number }>('in')
      .filter(({ n }) => n > 1)
      .mapValues(({ n }) => n * 10)
      .peek((value, key) => seen.push(`${key}:${value}`))
      .flatMap((value, key) => [[key, value] as const, [`${key}'`, value + 1] as const])
      .to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', [at(5, 'a', { n: 1 }), at(6, 'b', { n: 2 }), at(7, 'c', { n: 3 })]);
    expect(driver.read('out').map(({ key, value, timestamp }) => [key, value, timestamp])).toEqual([
      ['b', 20, 6],
      ["b'", 21, 6],
      ['c', 30, 7],
      ["c'", 31, 7],
    ]);
    expect(seen).toEqual(['b:20', 'c:30']);
  });

  it('splits into named branches, first match wins, and merges again', () => {
    const builder = new StreamBuilder();
    const { big, small, rest } = builder
      .from<string, number>('in')
      .split({ big: (value) => value > 10, small: (value) => value > 5 });
    big.mapValues((value) => `big ${value}`).to('out');
    small.mapValues((value) => `small ${value}`).to('out2');
    rest.merge(small).to('rest');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', [at(0, 'k', 20), at(0, 'k', 7), at(0, 'k', 1)]);
    expect(driver.read('out').map(({ value }) => value)).toEqual(['big 20']);
    expect(driver.read('out2').map(({ value }) => value)).toEqual(['small 7']);
    expect(driver.read('rest').map(({ value }) => value)).toEqual([7, 1]);
  });

  it('passes headers on, without its own marks', () => {
    const builder = new StreamBuilder();
    builder
      .from('in')
      .selectKey(() => 'k')
      .groupByKey({ name: 'g' })
      .count({ store: 'c' })
      .to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', { key: 'a', value: 1, headers: { trace: 't1' } });
    expect(driver.read('out')[0]?.headers).toEqual({ trace: 't1' });
  });

  it('skips records without value unless asked to pass them', () => {
    const builder = new StreamBuilder();
    builder.from<string, number>('in').to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', [at(0, 'k', null), at(0, 'k', 1)]);
    expect(driver.read('out').map(({ value }) => value)).toEqual([1]);
    expect(driver.totals()).toMatchObject({ records: 1, skipped: 1 });
    const passing = new StreamBuilder();
    passing.from<string, number>('in', { nullValues: 'pass' }).to('out');
    const second = new TopologyTestDriver(passing.build());
    second.pipe('in', at(0, 'k', null));
    expect(second.read('out')).toMatchObject([{ key: 'k', value: null }]);
  });
});

describe('aggregation and tables', () => {
  it('skips and counts null keys', () => {
    const builder = new StreamBuilder();
    builder.from('in').groupByKey().count({ store: 'c' }).to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', [at(0, null, 1), at(0, 'k', 1), at(0, 'k', 1)]);
    expect(driver.read('out').map(({ value }) => value)).toEqual([1, 2]);
    expect(driver.totals().skipped).toBe(1);
    expect(driver.store<string, number>('c').get('k')).toBe(2);
  });

  it('reduces from the first value', () => {
    const builder = new StreamBuilder();
    builder
      .from<string, number>('in')
      .groupByKey()
      .reduce((a, b) => Math.max(a, b), { store: 'max' })
      .to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', [at(0, 'k', 3), at(0, 'k', 9), at(0, 'k', 4)]);
    expect(driver.read('out').map(({ value }) => value)).toEqual([3, 9, 9]);
  });

  it('a tombstone deletes from a table; joins see the table at their turn', () => {
    const builder = new StreamBuilder();
    const names = builder.table<string, string>('names', { store: 'names' });
    const stream = builder.from<string, number>('in');
    stream.join(names, (value, name) => `${name} ${value}`).to('inner');
    stream.leftJoin(names, (value, name) => `${name ?? 'none'} ${value}`).to('left');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('in', at(1, 'a', 1));
    driver.pipe('names', at(2, 'a', 'Anna'));
    driver.pipe('in', at(3, 'a', 2));
    driver.pipe('names', at(4, 'a', null));
    driver.pipe('in', at(5, 'a', 3));
    expect(driver.read('inner').map(({ value }) => value)).toEqual(['Anna 2']);
    expect(driver.read('left').map(({ value }) => value)).toEqual(['none 1', 'Anna 2', 'none 3']);
  });

  it('inserts a repartition topic only when the key changed', () => {
    const builder = new StreamBuilder();
    const stream = builder.from<string, { to: string }>('in');
    stream.groupByKey().count({ store: 'by-key' });
    stream
      .groupBy(({ to }) => to)
      .count({ store: 'by-to' })
      .to('out');
    const topology = builder.build();
    expect(topology.subtopologies.length).toBe(2);
    expect(topology.sourceTopics('app')).toEqual(['in', 'app-by-to-repartition']);
    const { mermaid, subtopologies } = topology.describe('app');
    expect(mermaid).toContain('app-by-to-repartition');
    expect(subtopologies[1]?.stores).toEqual([
      { name: 'by-to', kind: 'key-value', changelog: 'app-by-to-changelog' },
    ]);
    const driver = new TopologyTestDriver(topology);
    driver.pipe('in', [at(0, 'a', { to: 'x' }), at(0, 'b', { to: 'x' })]);
    expect(driver.read('out').map(({ key, value }) => [key, value])).toEqual([
      ['x', 1],
      ['x', 2],
    ]);
  });
});

describe('windows', () => {
  it('start is inclusive, end exclusive', () => {
    const driver = counting({ sizeMs: 10, graceMs: 0 });
    driver.pipe('in', [at(9, 'k', 1), at(10, 'k', 2), at(19, 'k', 4), at(20, 'k', 8)]);
    expect(rows(driver)).toEqual(['k@0=1', 'k@10=2', 'k@10=6', 'k@20=8']);
  });

  it('hopping windows take a record several times', () => {
    const driver = counting({ sizeMs: 10, advanceMs: 5, graceMs: 0 });
    driver.pipe('in', [at(4, 'k', 1), at(7, 'k', 2), at(12, 'k', 4)]);
    expect(rows(driver)).toEqual(['k@0=1', 'k@0=3', 'k@5=2', 'k@5=6', 'k@10=4']);
  });

  it.each([
    { arrives: 14, note: 'within grace', late: 0 },
    { arrives: 15, note: 'at end + grace exactly', late: 1 },
  ])('a record for [0,10) with grace 5 at stream time $arrives is $note', ({ arrives, late }) => {
    const driver = counting({ sizeMs: 10, graceMs: 5 });
    driver.pipe('in', [at(arrives, 'other', 1), at(9, 'k', 1)]);
    expect(driver.totals().late).toBe(late);
    expect(rows(driver).includes('k@0=1')).toBe(late === 0);
  });

  it('counts a record apart that is late for some of its windows', () => {
    const driver = counting({ sizeMs: 10, advanceMs: 5, graceMs: 0 });
    driver.pipe('in', [at(12, 'k', 1), at(7, 'k', 2)]);
    expect(driver.totals()).toMatchObject({ late: 0, partlyLate: 1 });
    expect(rows(driver)).toEqual(['k@5=1', 'k@10=1', 'k@5=3']);
  });

  it('sends late records aside when asked', () => {
    const driver = counting({ sizeMs: 10, graceMs: 0, lateTo: 'late' });
    driver.pipe('in', [at(10, 'k', 1), at(3, 'k', 7)]);
    expect(driver.read('late')).toMatchObject([{ key: 'k', value: '7', timestamp: 3 }]);
  });

  it('closes each window once, by stream time alone, oldest first', () => {
    const driver = counting({ sizeMs: 10, graceMs: 5, emit: 'on-close' });
    driver.pipe('in', [at(1, 'b', 1), at(2, 'a', 1), at(11, 'a', 1)]);
    driver.advanceWallClock(1_000_000);
    expect(rows(driver)).toEqual([]);
    driver.pipe('in', [at(14, 'a', 1), at(9, 'a', 1)]);
    expect(rows(driver)).toEqual([]);
    driver.pipe('in', at(15, 'c', 1));
    expect(rows(driver)).toEqual(['a@0=2', 'b@0=1']);
    driver.tick('in', 1000);
    expect(rows(driver)).toEqual(['a@10=2', 'c@10=1']);
    driver.tick('in', 2000);
    expect(rows(driver)).toEqual([]);
  });

  it('expires windows by stream time with tombstones in the changelog', () => {
    const driver = counting({ sizeMs: 10, graceMs: 0, retentionMs: 30 });
    driver.pipe('in', at(1, 'k', 1));
    driver.commit();
    driver.pipe('in', at(30, 'k', 1));
    driver.commit();
    const changes = driver
      .readRaw('test-sums-changelog')
      .map(({ key, value }) => [Number(key?.readBigInt64BE()), value?.toString() ?? null]);
    expect(changes).toContainEqual([0, null]);
    expect([...driver.windowStore('sums').all()].map(([{ startMs }]) => startMs)).toEqual([30]);
  });

  it('a tick moves stream time and is not counted', () => {
    const driver = counting({ sizeMs: 10, graceMs: 0 });
    driver.tick('in', 500);
    expect(driver.totals().records).toBe(0);
    expect(driver.streamTimes().get('0_0')).toBe(500);
  });
});

describe('own operators', () => {
  it('keep state, know their record, and are called back by both clocks', () => {
    const builder = new StreamBuilder();
    const ticks: string[] = [];
    builder.table<string, number>('limits', { store: 'limits' });
    builder
      .from<string, number>('in')
      .process<string, string>(
        (context, forward) => {
          context.schedule('10ms', 'stream-time', (nowMs) => ticks.push(`stream ${nowMs}`));
          context.schedule(100, 'wall-clock', (nowMs) => ticks.push(`wall ${nowMs}`));
          const store = context.store('limits');
          return (key, value, timestamp) => {
            if (store.kind !== 'key-value') return;
            const limit = store.get(key) as number;
            const { offset } = context.current() ?? { offset: -1 };
            if (value > limit) forward(key, `${value} > ${limit} at ${offset}`, timestamp);
          };
        },
        { stores: ['limits'] },
      )
      .to('out');
    const driver = new TopologyTestDriver(builder.build());
    driver.pipe('limits', at(0, 'k', 5));
    driver.pipe('in', [at(3, 'k', 4), at(9, 'k', 6), at(25, 'k', 7)]);
    driver.advanceWallClock(50);
    driver.advanceWallClock(60);
    expect(driver.read('out').map(({ value }) => value)).toEqual(['6 > 5 at 1', '7 > 5 at 2']);
    expect(ticks).toEqual(['stream 25', 'wall 110']);
  });
});

describe('plans that cannot work', () => {
  it('are refused with what to change', () => {
    const builder = new StreamBuilder();
    const stream = builder.from<string, number>('in');
    expect(() => builder.from('in')).toThrow(/read twice/);
    expect(() => stream.groupByKey().count({ store: 'c' }).emit('on-close')).toThrow(/no windows/);
    expect(() => stream.groupByKey().count({ store: 'c' })).toThrow(/named 'c'/);
    expect(() => stream.groupByKey().windowed({ sizeMs: 5, advanceMs: 9, graceMs: 0 })).toThrow(
      /leaves gaps/,
    );
    expect(() => new StreamBuilder().build()).toThrow(/empty/);
    expect(() => builder.build().checkNames('bad name')).toThrow(/no legal topic name/);
  });
});

describe('bad input', () => {
  function parsing(onMalformed: 'dlq' | 'skip' | 'fail'): TopologyTestDriver {
    const builder = new StreamBuilder();
    const value = json({
      validate: (parsed) => {
        const { n } = parsed as { n?: unknown };
        if (typeof n !== 'number') throw new MalformedRecordError('missing-field', 'n is missing');
        return { n };
      },
    });
    builder.from('in', { key: text(), value, onMalformed, maxAhead: '2d' }).to('out');
    return new TopologyTestDriver(builder.build(), { startMs: 1_700_000_000_000 });
  }

  it('puts what does not decode into the dead letter topic, raw, with the reason', () => {
    const driver = parsing('dlq');
    driver.pipe('in', [
      { key: 'k', value: Buffer.from('{oops'), timestamp: 5, headers: { trace: 'x' } },
      at(6, 'k', { m: 1 }),
      at(7, 'k', { n: 1 }),
    ]);
    const letters = driver.read('in.dlq');
    expect(letters.map(({ value }) => value)).toEqual(['{oops', '{"m":1}']);
    expect(letters[0]).toMatchObject({ key: 'k', timestamp: 1_700_000_000_000 });
    expect(letters[0]?.headers).toMatchObject({
      trace: 'x',
      'x-dlq-topic': 'in',
      'x-dlq-partition': '0',
      'x-dlq-offset': '0',
      'x-dlq-group': 'test',
      'x-dlq-error-class': 'broken-json',
      'x-dlq-at': '2023-11-14T22:13:20.000Z',
    });
    expect(letters[1]?.headers['x-dlq-error-class']).toBe('missing-field');
    expect(driver.totals()).toMatchObject({ records: 1, deadLetters: 2 });
  });

  it('a record too far ahead becomes a dead letter and does not move stream time', () => {
    const driver = parsing('dlq');
    const day = 86_400_000;
    driver.pipe('in', [
      at(day, 'k', { n: 1 }),
      at(3 * day + 1, 'k', { n: 2 }),
      at(3 * day, 'k', { n: 3 }),
    ]);
    expect(driver.read('in.dlq')[0]?.headers['x-dlq-error-class']).toBe('timestamp-too-far-ahead');
    expect(driver.read('out').map(({ value }) => value)).toEqual([{ n: 1 }, { n: 3 }]);
    expect(driver.streamTimes().get('0_0')).toBe(3 * day);
  });

  it('skips and counts, or fails with the place named', () => {
    const skipping = parsing('skip');
    skipping.pipe('in', { key: 'k', value: Buffer.from('[') });
    expect(skipping.totals()).toMatchObject({ skipped: 1, deadLetters: 0 });
    expect(() => parsing('fail').pipe('in', { key: 'k', value: Buffer.from('[') })).toThrow(
      /task 0_0: source-000 failed on in-0 offset 0/,
    );
  });
});
