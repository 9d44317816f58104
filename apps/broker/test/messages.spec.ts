// Searching topics over HTTP: what is shown of records, the stream of events, and what is refused.

import { get as httpGet, type IncomingMessage } from 'node:http';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browsesMax } from '../src/api/open-browse.js';
import { startBrokerHttp } from '../src/index.js';

let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;

const t0 = Date.parse('2001-01-01T00:00:00Z');
const search = (query: Record<string, string | number> = {}, topic = 'orders'): supertest.Test =>
  supertest(http.url).get(`/api/v1/topics/${topic}/messages`).query(query);

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 3, odd: 1, live: 1, large: 1 } });
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const producer = client.producer({ maxRequestBytes: 1_048_576 });
  await producer.sendBatch(
    Array.from({ length: 90 }, (_, n) => ({
      topic: 'orders',
      partition: n % 3,
      key: `k${n % 7}`,
      value: `{"id": 90071992547409${String(n).padStart(2, '0')}, "n": ${n}}`,
      timestamp: t0 + n * 1_000,
      headers: [{ key: 'step', value: String(n % 2) }],
    })),
  );
  await producer.sendBatch([
    { topic: 'odd', value: Buffer.from([0xff, 0x00]), key: 'a' },
    { topic: 'odd', value: null, key: 'b' },
    { topic: 'odd', value: `${'é'.repeat(40_000)}`, key: Buffer.from([1, 2]) },
    { topic: 'odd', value: `${'['.repeat(100_000)}`, headers: [{ key: 'h', value: null }] },
    { topic: 'odd', value: '<script>alert(1)</script>' },
  ]);
  await producer.sendBatch(
    Array.from({ length: 600 }, (_, n) => ({ topic: 'large', value: `${n}`.padEnd(60_000, '.') })),
  );
});

afterAll(async () => {
  await client.close();
  await http.stop();
  await broker.stop();
});

describe('a search', () => {
  it('shows the newest records, numbers as they were written', async () => {
    const { body } = await search({ limit: 2 }).expect(200);
    expect(body.data).toEqual([
      {
        partition: 2,
        offset: 29,
        timestamp: t0 + 89_000,
        key: { format: 'text', data: 'k5', sizeBytes: 2, truncated: false },
        value: {
          format: 'json',
          data: '{"id": 9007199254740989, "n": 89}',
          sizeBytes: 33,
          truncated: false,
        },
        headers: [
          { name: 'step', value: { format: 'json', data: '1', sizeBytes: 1, truncated: false } },
        ],
        sizeBytes: 40,
      },
      expect.objectContaining({ partition: 1, offset: 29 }),
    ]);
    expect(body).toMatchObject({ reason: 'limit', cursor: expect.any(String), damaged: [] });
    expect(body.progress).toMatchObject({ matched: 2, filterFailures: 0, filterFailure: null });
  });

  it('pages by its cursor without gaps', async () => {
    const offsets: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { from: 'earliest', limit: 40, ...(cursor ? { cursor } : {}) };
      const { body } = await search(query).expect(200);
      for (const { partition, offset } of body.data) offsets.push(`${partition}:${offset}`);
      cursor = body.reason === 'end' ? undefined : body.cursor;
    } while (cursor);
    expect(new Set(offsets).size).toBe(90);
    expect(offsets).toHaveLength(90);
  });

  it.each([
    [{ from: 'offset:28', partitions: '0,2' }, 4],
    [{ from: 'ts:2001-01-01T00:01:00Z' }, 30],
    [{ from: 'newest-9s' }, 10],
    [{ from: '-15m' }, 0],
    [{ from: 'earliest', until: 'ts:2001-01-01T00:00:10Z' }, 10],
    [{ key: 'k3' }, 4],
    [{ key: 'azM=', keyFormat: 'base64' }, 4],
    [{ contains: '"n": 77' }, 1],
    [{ header: 'step=1', limit: 100 }, 45],
    [{ header: 'other' }, 0],
    [{ filter: 'value.id == 9007199254740913' }, 1],
    [{ filter: 'value.n < 10 && headers.step == "0" && partition == 1' }, 1],
    [{ isolation: 'read_committed', limit: 100 }, 90],
  ])('by %j', async (query, count) => {
    const { body } = await search(query).expect(200);
    expect(body.data).toHaveLength(count);
  });

  it('says of how many records a filter could say nothing', async () => {
    const { body } = await search({ filter: 'value.missing > 1', limit: 5 }).expect(200);
    expect(body.progress.filterFailures).toBe(90);
    expect(body.progress.filterFailure).toMatch(/missing/);
  });

  it('shows bytes, tombstones, long and hostile values', async () => {
    const { body } = await search({ from: 'earliest' }, 'odd').expect(200);
    const [bytes, tombstone, long, deep, html] = body.data;
    expect(bytes.value).toMatchObject({ format: 'base64', data: '/wA=' });
    expect(tombstone.value).toBeNull();
    expect(long.value).toMatchObject({ format: 'text', sizeBytes: 80_000, truncated: true });
    expect(long.value.data).toBe('é'.repeat(32_768));
    expect(deep.value).toMatchObject({ format: 'text', truncated: true });
    expect(deep.headers).toEqual([{ name: 'h', value: null }]);
    expect(html.value.data).toBe('<script>alert(1)</script>');
    const hex = await search({ from: 'earliest', limit: 1, valueFormat: 'hex' }, 'odd');
    expect(hex.body.data[0].value).toMatchObject({ format: 'hex', data: 'ff00' });
  });

  it('ends before its answer grows beyond bounds', async () => {
    const query = { from: 'earliest', limit: 500 };
    const { body, text } = await search(query, 'large').expect(200);
    expect(body.reason).toBe('bytes');
    expect(text.length).toBeLessThan(20_000_000);
    const rest = await search({ ...query, cursor: body.cursor }, 'large').expect(200);
    expect(rest.body.data[0].offset).toBe(body.data.at(-1).offset + 1);
  });

  it('stops at maxBytes', async () => {
    const query = { from: 'earliest', contains: 'nothing', maxBytes: 1 };
    const { body } = await search(query, 'large').expect(200);
    expect(body).toMatchObject({ reason: 'bytes', data: [], cursor: expect.any(String) });
  });

  it.each([
    [{ from: 'tomorrow' }, 40001, /no place in a log; give latest/],
    [{ limit: 501 }, 40001, /query.limit/],
    [{ limit: 'x' }, 40001, /query.limit/],
    [{ partitions: '7' }, 40001, /partitions 0 to 2/],
    [{ partitions: '1;2' }, 40001, /query.partitions/],
    [{ until: 'latest' }, 40001, /until/],
    [{ cursor: 'x' }, 40001, /cursor/],
    [{ key: 'no base64', keyFormat: 'base64' }, 40001, /query.key/],
    [{ unknown: 1 }, 40001, /unknown/i],
    [{ filter: 'value.' }, 40004, /filter is refused/],
    [{ filter: 'require("fs")' }, 40004, /refused/],
  ])('refuses %j', async (query, code, sentence) => {
    const { body } = await search(query as never).expect(400);
    expect(body).toMatchObject({ error_code: code, message: expect.stringMatching(sentence) });
  });

  it('of an unknown topic is a 404', async () => {
    const { body } = await search({}, 'none').expect(404);
    expect(body.error_code).toBe(40403);
  });
});

interface Frame {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown> & { readonly records?: { readonly offset: number }[] };
}

/** Frames of a stream as they come; ending the iteration ends the request. */
async function* stream(
  topic: string,
  query: Record<string, string>,
  headers: Record<string, string> = {},
): AsyncGenerator<Frame> {
  const path = `/api/v1/topics/${topic}/messages/stream?${new URLSearchParams(query).toString()}`;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpGet(`${http.url}${path}`, { headers }, resolve).on('error', reject);
  const response = await promise;
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
  });
  let text = '';
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      text += chunk.toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const field = (name: string): string | undefined =>
          new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
        const event = field('event');
        if (event === undefined) continue;
        yield { event, id: field('id'), data: JSON.parse(field('data') ?? '') as Frame['data'] };
      }
    }
  } finally {
    request.destroy();
  }
}

async function framesOf(frames: AsyncIterable<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

const offsetsOf = (frames: readonly Frame[]): number[] =>
  frames.flatMap(({ data }) => data.records ?? []).map(({ offset }) => offset);

describe('a stream', () => {
  it('tells phase, messages, progress and how it ended', async () => {
    const frames = await framesOf(stream('orders', { from: 'earliest', partitions: '1' }));
    expect(frames[0]).toMatchObject({ event: 'phase', data: { phase: 'scanning' } });
    expect(offsetsOf(frames)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(frames.at(-1)).toMatchObject({
      event: 'done',
      data: { reason: 'end', cursor: expect.any(String), progress: { matched: 30 } },
    });
  });

  it('waits for a slow reader without losing or keeping everything', async () => {
    const query = { from: 'earliest', limit: '600', maxBytes: '1000000000' };
    const frames = await framesOf(stream('large', query));
    expect(offsetsOf(frames)).toEqual(Array.from({ length: 600 }, (_, n) => n));
    expect(frames.filter(({ event }) => event === 'message').length).toBeGreaterThan(3);
    expect(frames.every(({ data }) => data['dropped'] === undefined)).toBe(true);
  });

  it('follows a topic and resumes after Last-Event-ID', async () => {
    const producer = client.producer();
    let sent = 0;
    const send = (): Promise<unknown> => producer.send({ topic: 'live', value: `${sent++}` });
    const seen: number[] = [];
    let id: string | undefined;
    const follow = async (until: number): Promise<void> => {
      const headers = id === undefined ? {} : { 'last-event-id': id };
      for await (const frame of stream('live', { follow: 'true' }, headers)) {
        if (frame.event === 'phase') await send();
        if (frame.event !== 'message') continue;
        seen.push(...offsetsOf([frame]));
        id = frame.id;
        if (seen.length >= until) return;
        await send();
      }
    };
    await follow(3);
    await send();
    await send();
    await follow(6);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('ends with an error event when its filter is stopped', async () => {
    const filter = 'size(value) > 50000 && value.matches("(.*)(.*)(.*)(.*)(.*)x$")';
    const frames = await framesOf(stream('large', { from: 'earliest', filter }));
    expect(['error', 'done']).toContain(frames.at(-1)?.event);
  });

  it('ends when the server stops', async () => {
    const short = await startBrokerHttp({ broker: broker.broker, port: 0 });
    const { promise, resolve } = Promise.withResolvers<string>();
    httpGet(`${short.url}/api/v1/topics/live/messages/stream?follow=true`, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    const { body } = await supertest(short.url).get('/api/v1/topics/live/messages').expect(200);
    expect(body.data.length).toBeGreaterThan(0);
    await short.stop();
    expect(await promise).toMatch(/event: phase[^]*event: error\ndata: .*50301/);
  });

  it('is refused like a search, before it begins', async () => {
    const path = '/api/v1/topics/orders/messages/stream';
    await supertest(http.url).get(path).query({ from: 'x' }).expect(400);
    await supertest(http.url).get(path).query({ filter: 'x' }).expect(400);
    await supertest(http.url).get('/api/v1/topics/none/messages/stream').expect(404);
    await supertest(http.url).get(path).set('Last-Event-ID', 'x').expect(400);
  });

  it('is one of a few', async () => {
    const open: AsyncGenerator<Frame>[] = [];
    for (let i = 0; i < browsesMax; i++) {
      const frames = stream('live', { follow: 'true' });
      await frames.next();
      open.push(frames);
    }
    const { body } = await search().expect(429);
    expect(body.error_code).toBe(42901);
    for (const frames of open) await frames.return(undefined);
    // The server hears of it a moment later.
    for (;;) {
      const { status } = await search();
      if (status === 200) break;
      expect(status).toBe(429);
    }
  });
});
