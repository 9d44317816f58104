// Filters: what they say of records, and that hostile ones are ended without holding up the event loop.

import { nodePlatform } from '@drave/platform';
import type { ConsumerRecord } from '@drave/client';
import { describe, expect, it } from 'vitest';
import { filterLimits, RecordFilters, type FilterLimits } from '../src/filter/record-filter.js';

const platform = nodePlatform();
const filters = new RecordFilters(platform);

function record(value: string | null, more: Partial<ConsumerRecord> = {}): ConsumerRecord {
  return {
    topic: 't',
    partition: 2,
    offset: 7,
    timestamp: 1_000,
    leaderEpoch: 0,
    key: Buffer.from('DFW'),
    value: value === null ? null : Buffer.from(value),
    headers: [{ key: 'kind', value: Buffer.from('usual') }],
    ...more,
  };
}

async function run(expression: string, records: readonly ConsumerRecord[]) {
  const filter = await filters.open(expression);
  try {
    return { matches: await filter.matches(records), failures: filter.failures };
  } finally {
    await filter.close();
  }
}

const order = record(
  '{"id": 9007199254740993, "price": 5.5, "items": [1, 2], "to": {"city": "Köln"}}',
);

describe('a filter', () => {
  it.each([
    ['value.id == 9007199254740993', true],
    ['value.id == 9007199254740992', false],
    ['value.price > 5.0 && value.items.exists(i, i == 2)', true],
    ['value.to.city == "Köln" && key.startsWith("D")', true],
    ['headers["kind"] == "usual" && has(headers.kind)', true],
    ['offset == 7 && partition == 2 && timestamp < 2000', true],
    ['value.to.city.matches("^K.+n$")', true],
    ['size(value.items) == 3', false],
    ['key.lowerAscii() == "dfw" && !(partition in [1, 3])', true],
    ['type(value.id) == int && string(value.id).endsWith("3")', true],
  ])('%s', async (expression, expected) => {
    const { matches, failures } = await run(expression, [order]);
    expect([matches, failures.count]).toEqual([[expected], 0]);
  });

  it('sees text and bytes that are no JSON as they are', async () => {
    const records = [record('plain'), record(null), record('x', { value: Buffer.from([0xff]) })];
    expect((await run('value == "plain"', records)).matches).toEqual([true, false, false]);
    expect((await run('value == null', records)).matches).toEqual([false, true, false]);
    expect((await run('value == b"\\xff"', records)).matches).toEqual([false, false, true]);
  });

  it('counts records of which it can say nothing', async () => {
    const { matches, failures } = await run('value.missing.deep > 1', [order, record('text')]);
    expect(matches).toEqual([false, false]);
    expect(failures).toEqual({ count: 2, first: expect.any(String) });
    expect((await run('1 + 1', [order])).failures.count).toBe(1);
  });
});

const refused = (reason: RegExp) => ({
  errorCode: 40004,
  message: expect.stringMatching(reason),
});

describe('is refused', () => {
  it.each([
    ['value.', /refused/],
    ['', /refused/],
    ['process.env', /no 'process'/],
    ['globalThis', /no 'globalThis'/],
    ['require("fs")', /no function 'require'/],
    ['('.repeat(2_000) + '1' + ')'.repeat(2_000), /refused/],
    ['['.repeat(2_000), /refused/],
    [`value == "${'x'.repeat(filterLimits.expressionCharsMax)}"`, /longer than 4096/],
    [Array.from({ length: 300 }, () => 'offset>1').join('&&'), /more than 500 parts/],
    ['[1].all(a, [1].all(b, [1].all(c, true)))', /loops nest deeper/],
  ])('%.40s', async (expression, reason) => {
    await expect(filters.open(expression)).rejects.toMatchObject(refused(reason));
  });

  it('when too many run', async () => {
    const open = Array.from({ length: filterLimits.openMax }, () => filters.open('true'));
    const opened = await Promise.all(open);
    await expect(filters.open('true')).rejects.toMatchObject({ errorCode: 42901 });
    await Promise.all(opened.map((filter) => filter.close()));
    await run('true', [order]);
  });
});

describe('is ended', () => {
  const numbers = JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n));
  const hostile: [string, string][] = [
    ['a loop in a loop', 'value.all(a, value.all(b, a + b >= 0))'],
    ['lists that grow', 'size(value.map(a, value.map(b, [a, b]))) < 0'],
  ];

  it.each(hostile)('after its time: %s, while the event loop goes on', async (_, expression) => {
    const filter = await filters.open(expression);
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) platform.scheduler.setTimer(1, turn);
    };
    turn();
    const answer = filter.matches([record('[1]'), record(numbers, { offset: 42 })]);
    const reason = /longer than 50 ms for the record at 2:42|more than 64 MiB/;
    await expect(answer).rejects.toMatchObject(refused(reason));
    isOver = true;
    // The main thread had its turns all the while: a filter run in place would have left it none.
    expect(turns).toBeGreaterThan(2);
    await expect(filter.matches([order])).rejects.toMatchObject({ errorCode: 40004 });
    await filter.close();
  });

  it('however a pattern backtracks', async () => {
    const long = record(JSON.stringify('a'.repeat(50_000)));
    const { matches } = await run('value.matches("(a+)+$") || true', [long]).catch(
      (error: unknown) => {
        expect(error).toMatchObject(refused(/50 ms/));
        return { matches: [true] };
      },
    );
    expect(matches).toEqual([true]);
  });
});

describe('the watchdog', () => {
  const list = (length: number): ConsumerRecord => record(JSON.stringify(Array(length).fill(1)));
  const slow = 'value.all(a, value.all(b, a + b >= 0))';
  const patient = { evaluationMs: 60_000, meanMs: Infinity };
  const match = async (limits: Partial<FilterLimits>, records: readonly ConsumerRecord[]) => {
    const filter = await new RecordFilters(platform, limits).open(slow);
    try {
      return await filter.matches(records);
    } finally {
      await filter.close();
    }
  };

  it('alone ends a slow evaluation: without it the filter answers', async () => {
    expect(await match(patient, [list(600)])).toEqual([true]);
    const answer = match({ ...patient, evaluationMs: 10 }, [list(600)]);
    await expect(answer).rejects.toMatchObject(refused(/longer than 10 ms for the record at 2:7/));
  });

  it('ends many records that are slow together, each in its time', async () => {
    const records = Array.from({ length: 100 }, () => list(100));
    expect(await match({ ...patient, totalMs: 20 }, records)).not.toContain(false);
    const answer = match({ ...patient, totalMs: 20, meanMs: 0.001 }, records);
    await expect(answer).rejects.toMatchObject(refused(/per record, and 20 ms in total/));
  });
});
