// The record browser against a real broker in process: each way to start, filters, cursors, budgets, following, cancelling.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { nodePlatform } from '@drave/platform';
import { partitionForKey } from '@drave/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCursor } from '../src/browse/browse-cursor.js';
import {
  KafkaClient,
  parseBrowsePlace,
  type BrowseEvent,
  type BrowseRequest,
  type ConsumerRecord,
} from '../src/index.js';

const t0 = Date.parse('2001-01-01T00:00:00Z');
const minuteMs = 60_000;
const count = 300;

let broker: TestBroker;
let client: KafkaClient;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { flights: 3, many: 1, empty: 2, live: 2, codes: 1 } });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const producer = client.producer();
  // One a minute, in turn to the partitions: record n is at offset n/3 of partition n%3.
  await producer.sendBatch(
    Array.from({ length: count }, (_, n) => ({
      topic: 'flights',
      partition: n % 3,
      key: `k${n % 10}`,
      value: `flight ${n}`,
      timestamp: t0 + n * minuteMs,
      headers: [{ key: 'kind', value: n % 50 === 0 ? 'rare' : 'usual' }],
    })),
  );
  await producer.sendBatch(
    Array.from({ length: 5_000 }, (_, n) => ({ topic: 'many', partition: 0, value: `v${n}` })),
  );
  await producer.sendBatch(
    ['DFW', 'LAX', 'DFW'].map((key, n) => ({ topic: 'codes', key, value: `c${n}` })),
  );
});

afterAll(async () => {
  await client.close();
  await broker.stop();
});

interface Browsed {
  readonly values: string[];
  readonly records: ConsumerRecord[];
  readonly done: Extract<BrowseEvent, { kind: 'done' }>;
}

async function browsed(
  request: Partial<BrowseRequest> & { readonly at?: string } = {},
): Promise<Browsed> {
  const { at, ...rest } = request;
  const from = at === undefined ? {} : { from: parseBrowsePlace(at) };
  const records: ConsumerRecord[] = [];
  for await (const event of client.browse({ topic: 'flights', ...from, ...rest })) {
    if (event.kind === 'record') records.push(event.record);
    if (event.kind === 'done') {
      return { records, values: records.map(({ value }) => String(value)), done: event };
    }
  }
  throw new Error('it ended without saying so');
}

const numbersOf = (values: readonly string[]): number[] =>
  values.map((value) => Number(value.replace(/\D/g, '')));

describe('where it starts', () => {
  it('at the newest, newest first', async () => {
    const { values } = await browsed({ limit: 4 });
    expect(values).toEqual(['flight 299', 'flight 298', 'flight 297', 'flight 296']);
  });

  it('at the oldest, merged by time', async () => {
    const { values, done } = await browsed({ at: 'earliest', limit: 5 });
    expect(values).toEqual([0, 1, 2, 3, 4].map((n) => `flight ${n}`));
    expect(done.reason).toBe('limit');
  });

  it('at an offset of each partition', async () => {
    const { values } = await browsed({ at: 'offset:98', limit: 10 });
    expect(values).toEqual([294, 295, 296, 297, 298, 299].map((n) => `flight ${n}`));
  });

  it('at a time, and up to one', async () => {
    const { values, done } = await browsed({
      at: 'ts:2001-01-01T01:00:00Z',
      until: parseBrowsePlace('ts:2001-01-01T01:05:00'),
    });
    expect(values).toEqual([60, 61, 62, 63, 64].map((n) => `flight ${n}`));
    expect(done.reason).toBe('end');
  });

  it('some time before the newest record, and before now', async () => {
    const { values } = await browsed({ at: 'newest-3m' });
    expect(values).toEqual([296, 297, 298, 299].map((n) => `flight ${n}`));
    expect((await browsed({ at: '-15m' })).values).toEqual([]);
    const recent = await browsed({ topic: 'many', at: '-1h', limit: 2 });
    expect(recent.values).toEqual(['v0', 'v1']);
  });

  it('in an empty topic, and beyond the end', async () => {
    expect((await browsed({ topic: 'empty' })).done).toMatchObject({ reason: 'end' });
    expect((await browsed({ at: 'offset:999999' })).values).toEqual([]);
  });

  it.each([
    '',
    'newest',
    'offset:-1',
    'ts:yesterday',
    '-15',
    '-15y',
    'ts:',
    'offset:1e3',
    'LATEST',
  ])('refuses %j', (text) => {
    expect(() => parseBrowsePlace(text)).toThrow(RangeError);
  });
});

describe('what it finds', () => {
  it('a key, reading one partition alone', async () => {
    const { values, done } = await browsed({ topic: 'codes', key: Buffer.from('DFW') });
    expect(values).toEqual(['c2', 'c0']);
    expect(done.progress.matched).toBe(2);
    const key = Buffer.from('k4');
    const one = await browsed({ key, at: 'earliest' });
    const partition = partitionForKey(key, 3);
    expect(one.done.progress.scannedRecords).toBe(100);
    expect(one.records.every((record) => record.partition === partition)).toBe(true);
  });

  it('a key in all partitions when they are named', async () => {
    const { records } = await browsed({ key: Buffer.from('k4'), partitions: [0, 1, 2] });
    expect(records).toHaveLength(30);
  });

  it('text, a header, and what a predicate says', async () => {
    const text = await browsed({ at: 'earliest', contains: 'flight 77' });
    expect(text.values).toEqual(['flight 77']);
    const rare = await browsed({ at: 'earliest', header: { name: 'kind', value: 'rare' } });
    expect(numbersOf(rare.values)).toEqual([0, 50, 100, 150, 200, 250]);
    const odd = await browsed({
      limit: 3,
      predicate: async (records) => records.map(({ offset }) => offset % 2 === 1),
    });
    expect(numbersOf(odd.values)).toEqual([299, 298, 297]);
    const failing = browsed({
      predicate: () => {
        throw new Error('no');
      },
    });
    await expect(failing).rejects.toThrow('no');
  });

  it('a needle at the far end, backwards', async () => {
    const { values, done } = await browsed({ topic: 'many', contains: 'v7', limit: 1_200 });
    const expected = Array.from({ length: 5_000 }, (_, n) => `v${n}`)
      .filter((value) => value.includes('v7'))
      .toReversed();
    expect(values).toEqual(expected);
    expect(done).toMatchObject({ reason: 'end', cursor: undefined });
    expect(done.progress.scannedRecords).toBe(5_000);
  });
});

describe('going on', () => {
  it.each(['earliest', 'latest', 'ts:2001-01-01T02:00:00Z'])(
    'from %s, page by page, sees each record once',
    async (at) => {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await browsed({ at, limit: 7, ...(cursor ? { cursor } : {}) });
        seen.push(...page.values);
        cursor = page.done.reason === 'end' ? undefined : page.done.cursor;
      } while (cursor);
      const first = at.startsWith('ts') ? 120 : 0;
      const all = Array.from({ length: count - first }, (_, n) => n + first);
      expect(numbersOf(seen).toSorted((a, b) => a - b)).toEqual(all);
    },
  );

  it('after any record of a page, with a filter, misses and repeats nothing', async () => {
    const rare = { name: 'kind', value: 'rare' };
    for (const at of ['earliest', 'latest']) {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let i = 0; i < 6; i++) {
        const request = { topic: 'flights', from: parseBrowsePlace(at), header: rare };
        for await (const event of client.browse({ ...request, ...(cursor ? { cursor } : {}) })) {
          if (event.kind !== 'record') continue;
          seen.push(String(event.record.value));
          cursor = event.cursor();
          break;
        }
      }
      expect(numbersOf(seen).toSorted((a, b) => a - b)).toEqual([0, 50, 100, 150, 200, 250]);
    }
  });

  it('keeps `until` in the cursor', async () => {
    const until = parseBrowsePlace('ts:2001-01-01T00:05:00Z');
    const first = await browsed({ at: 'earliest', until, limit: 3 });
    const rest = await browsed({ at: 'earliest', cursor: first.done.cursor ?? '' });
    expect([...first.values, ...rest.values]).toEqual([0, 1, 2, 3, 4].map((n) => `flight ${n}`));
  });

  it('stops at its budget and tells where', async () => {
    const page = await browsed({ topic: 'many', at: 'earliest', contains: 'nowhere', bytesMax: 1 });
    expect(page.done).toMatchObject({ reason: 'bytes', cursor: expect.any(String) });
    expect(page.done.progress.scannedRecords).toBeLessThan(5_000);
    const cursor = page.done.cursor ?? '';
    const rest = await browsed({ topic: 'many', contains: 'v4999', cursor });
    expect(rest.values).toEqual(['v4999']);
  });

  it.each([
    'nonsense',
    '',
    '%%%',
    Buffer.from('[1,"other",1,0,0,-1]').toString('base64url'),
    Buffer.from('[1,"flights",1,0,-5,-1]').toString('base64url'),
    Buffer.from('[1,"flights",1,0,1e300,-1]').toString('base64url'),
    Buffer.from('[1,"flights",1,0,0,-1,0,0,-1]').toString('base64url'),
    Buffer.from('{"__proto__":1}').toString('base64url'),
  ])('refuses the cursor %j', (cursor) => {
    expect(() => decodeCursor(cursor, 'flights')).toThrow(RangeError);
  });
});

describe('following', () => {
  it('hands out what comes, resumes after a cut, ends when aborted', async () => {
    const producer = client.producer();
    const abort = new AbortController();
    const seen: string[] = [];
    let cursor = '';
    let sent = 0;
    const send = (): Promise<unknown> => producer.send({ topic: 'live', value: `l${sent++}` });
    const follow = async (until: number, extra: Partial<BrowseRequest>): Promise<void> => {
      for await (const event of client.browse({
        topic: 'live',
        follow: true,
        signal: abort.signal,
        ...extra,
      })) {
        if (event.kind === 'phase') await send();
        if (event.kind !== 'record') continue;
        seen.push(String(event.record.value));
        cursor = event.cursor();
        if (seen.length === until) return;
        await send();
      }
    };
    await follow(3, {});
    await send();
    await follow(5, { cursor });
    expect(numbersOf(seen)).toEqual([0, 1, 2, 3, 4]);
    const last = follow(100, { cursor, predicate: (records) => records.map(() => false) });
    abort.abort(new Error('enough'));
    await expect(last).rejects.toThrow('enough');
  });
});

it('refuses unknown topics, partitions and limits', async () => {
  await expect(browsed({ topic: 'none' })).rejects.toMatchObject({
    errorName: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
  await expect(browsed({ partitions: [3] })).rejects.toThrow(/partitions 0 to 2/);
  await expect(browsed({ limit: 0 })).rejects.toThrow(RangeError);
  await expect(browsed({ until: { kind: 'earliest' } })).rejects.toThrow(/until/);
});
