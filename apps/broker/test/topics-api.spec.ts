// Topics as rows, trimming, copying, exporting and importing, and single records over HTTP on a real broker.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;

const t0 = Date.parse('2001-01-01T00:00:00Z');
const get = (path: string): supertest.Test => supertest(http.url).get(`/api/v1/topics${path}`);
const post = (path: string, body: object = {}): supertest.Test =>
  supertest(http.url).post(`/api/v1/topics${path}`).send(body);

beforeAll(async () => {
  const topics = { orders: 2, Payments: 3, 'orders.dlq': 1, target: 2, back: 1, doomed: 2, cut: 2 };
  broker = await startTestBroker({ topics: { ...topics, empty: 1 } });
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const record = (topic: string, n: number, partition: number) => ({
    topic,
    partition,
    key: `k${n}`,
    value: `{"id": 9007199254740993, "n": ${n}}`,
    timestamp: t0 + n * 60_000,
  });
  const producer = client.producer();
  await producer.sendBatch([
    ...Array.from({ length: 10 }, (_, n) => record('orders', n, n % 2)),
    ...Array.from({ length: 20 }, (_, n) => record('doomed', n, n % 2)),
    ...Array.from({ length: 20 }, (_, n) => record('cut', n, n % 2)),
  ]);
  await producer.send({
    topic: 'orders',
    partition: 0,
    key: Buffer.from([0xff, 1]),
    value: null,
    headers: [
      { key: 'a', value: 'x' },
      { key: 'b', value: Buffer.from([0xfe]) },
      { key: 'c', value: null },
    ],
    timestamp: t0,
  });
  await client.admin().commitGroupOffsets('bill', [{ topic: 'orders', partition: 0, offset: 2 }]);
  await client.admin().commitGroupOffsets('ship', [{ topic: 'orders', partition: 1, offset: 5 }]);
});

afterAll(async () => {
  await client.close();
  await http.stop();
  await broker.stop();
});

describe('topics as rows', () => {
  it('hold their figures', async () => {
    const { body } = await get('?q=ORDERS').expect(200);
    expect(body).toMatchObject({ page: 1, size: 50, total: 2 });
    expect(body.data[0]).toEqual({
      name: 'orders',
      recordsInPerSecond: expect.any(Number),
      bytesInPerSecond: expect.any(Number),
      bytesOutPerSecond: expect.any(Number),
      isInternal: false,
      isDlq: false,
      partitions: 2,
      replicationFactor: 1,
      underReplicated: 0,
      sizeBytes: expect.any(Number),
      records: 11,
      retentionMs: '604800000',
      cleanupPolicy: 'delete',
      groups: ['bill', 'ship'],
      lag: 4,
    });
    expect(body.data[0].sizeBytes).toBeGreaterThan(100);
    expect(body.data[1]).toMatchObject({ name: 'orders.dlq', isDlq: true, groups: [], lag: 0 });
  });

  it.each([
    ['-records', ['cut', 'doomed', 'orders']],
    ['-partitions', ['Payments', 'cut', 'doomed']],
    ['-lag', ['orders', 'Payments', 'back']],
    ['-name', ['target', 'orders.dlq', 'orders']],
  ])('sorted by %s', async (sort, names) => {
    const { body } = await get(`?sort=${sort}&size=3`).expect(200);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  it('sorted by size, a page at a time', async () => {
    const first = await get('?sort=-sizeBytes&size=2').expect(200);
    const second = await get('?sort=-sizeBytes&size=2&page=2').expect(200);
    const sizes = [...first.body.data, ...second.body.data].map((row) => row.sizeBytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect((await get('?page=100').expect(200)).body.data).toEqual([]);
  });

  it('without those of the broker, unless asked for', async () => {
    const { body } = await get('?internal=true&q=__').expect(200);
    expect(body.data.every(({ isInternal }: { isInternal: boolean }) => isInternal)).toBe(true);
    expect((await get('?q=__')).body.data).toEqual([]);
  });

  it.each(['sort=color', 'size=0', 'size=1001', 'page=0', 'page=x', 'internal=1', 'z=1'])(
    'refuses %s',
    async (query) => {
      expect((await get(`?${query}`).expect(400)).body.error_code).toBe(40001);
    },
  );
});

describe('trimming', () => {
  it('previews, then deletes', async () => {
    const before = { before: `ts:${t0 + 10 * 60_000}` };
    const preview = await post('/cut/trim', before).expect(200);
    expect(preview.body).toEqual({
      dryRun: true,
      deleted: 10,
      partitions: [0, 1].map((partition) => ({ partition, before: 0, after: 5, end: 10 })),
    });
    const partitions = [{ partition: 1, beforeOffset: 7 }];
    await post('/cut/trim', { ...before, dryRun: false }).expect(200);
    const { body } = await post('/cut/trim', { partitions, dryRun: false }).expect(200);
    expect(body).toMatchObject({ deleted: 2, partitions: [{ before: 5, after: 7 }] });
    const found = await get('/cut/messages?from=earliest').expect(200);
    expect(found.body.data).toHaveLength(8);
  });

  it('of everything is a purge', async () => {
    expect((await post('/doomed/purge').expect(200)).body.deleted).toBe(20);
    expect((await get('/doomed/messages')).body.data).toHaveLength(20);
    expect((await post('/doomed/purge', { dryRun: false }).expect(200)).body.deleted).toBe(20);
    expect((await get('/doomed/messages')).body.data).toEqual([]);
  });

  it.each([
    [{}, /partitions or before/],
    [{ before: 'yesterday' }, /no place/],
    [{ partitions: [{ partition: 9, beforeOffset: 0 }] }, /partitions 0 to 1/],
    [{ partitions: [{ partition: 0, beforeOffset: -1 }] }, /beforeOffset/],
  ])('refuses %j', async (body, sentence) => {
    const answer = await post('/cut/trim', body).expect(400);
    expect(answer.body.message).toMatch(sentence);
  });
});

describe('records on their way', () => {
  it('out and in again are the same bytes', async () => {
    const { text, headers } = await post('/orders/export').buffer(true).expect(200);
    expect(headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    const lines = text.trim().split('\n');
    expect(lines).toHaveLength(11);
    expect(text).toContain('"value":"{\\"id\\": 9007199254740993, \\"n\\": 0}"');
    const answer = await supertest(http.url)
      .post('/api/v1/topics/back/import')
      .set('content-type', 'application/json')
      .send(text)
      .expect(200);
    expect(answer.body).toEqual({ imported: 11 });
    const again = await post('/back/export').buffer(true).expect(200);
    const bare = (line: string): unknown => ({ ...JSON.parse(line), partition: 0, offset: 0 });
    expect(again.text.trim().split('\n').map(bare)).toEqual(lines.map(bare));
  });

  it('may be chosen', async () => {
    const chosen = { from: 'offset:1', partitions: [0], filter: 'value.n < 7', limit: 10 };
    const { text } = await post('/orders/export', chosen).buffer(true).expect(200);
    expect(text.trim().split('\n')).toHaveLength(3);
  });

  it('are copied', async () => {
    const { body } = await post('/orders/copy', { to: 'target', keepPartitions: true }).expect(200);
    expect(body).toEqual({ copied: 11, scanned: 11, isComplete: true });
    const found = await get('/target/messages?from=earliest&partitions=0').expect(200);
    expect(found.body.data.map(({ timestamp }: { timestamp: number }) => timestamp)).toContain(t0);
    const some = await post('/orders/copy', { to: 'empty', contains: '"n": 3', limit: 1 });
    expect(some.body).toMatchObject({ copied: 1, isComplete: false });
    await post('/orders/copy', { to: 'none' }).expect(404);
  });

  it.each([
    ['{"value": "a"}\n{"value": 1}', 40001, /record 2: value: a text or null.*1 records before/],
    ['{"value": "a"}{"valueBase64": "%"}', 40001, /record 2/],
    ['{"values": "a"}', 40001, /no member 'values'/],
    ['{"headers": {}}', 40001, /headers/],
    ['{"headers": [{}]}', 40001, /name/],
    ['{"value": "a", "timestamp": 1.5}', 40001, /timestamp/],
    ['[1]', 40003, /begin with/],
    ['{"value": ', 40003, /cut off/],
    [`{"value": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 40001, /value: a text/],
  ])('are refused as %.40s', async (text, code, sentence) => {
    const { body } = await supertest(http.url)
      .post('/api/v1/topics/empty/import')
      .set('content-type', 'application/json')
      .send(text)
      .expect(400);
    expect(body).toMatchObject({ error_code: code, message: expect.stringMatching(sentence) });
  });
});

describe('one record', () => {
  const path = (offset: number | string, more = ''): string =>
    `/orders/partitions/0/records/${offset}${more}`;

  it('is shown', async () => {
    const { body } = await get(path(1)).expect(200);
    expect(body).toMatchObject({
      kind: 'message',
      message: { partition: 0, offset: 1, value: { data: '{"id": 9007199254740993, "n": 2}' } },
    });
  });

  it('comes as bytes', async () => {
    const { body, headers } = await get(path(5, '?raw=key')).buffer(true).expect(200);
    expect(body).toEqual(Buffer.from([0xff, 1]));
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment; filename="0-5.key"',
      'x-content-type-options': 'nosniff',
    });
    expect((await get(path(5, '?raw=value')).expect(404)).body.message).toMatch(/has no value/);
  });

  it('lies in a batch with named fields', async () => {
    const { body } = await get(path(2, '?view=hex')).expect(200);
    const { batch } = body;
    expect(batch).toMatchObject({ baseOffset: 0, lastOffset: 4, isCrcValid: true });
    expect(batch.fields[0]).toEqual({ name: 'baseOffset', at: 0, hex: '0'.repeat(16), value: '0' });
    const field = (name: string) => batch.fields.find((one: { name: string }) => one.name === name);
    expect(field('magic')).toEqual({ name: 'magic', at: 16, hex: '02', value: '2' });
    expect(field('recordCount')).toMatchObject({ at: 57, hex: '00000005', value: '5' });
    expect(batch.records).toMatchObject({ at: 61, truncated: false });
    expect(batch.records.hex).toHaveLength(batch.records.sizeBytes * 2);
  });

  it.each([
    ['999', 404, 40413],
    ['-1', 400, 40001],
    ['1e3', 400, 40001],
    ['x', 400, 40001],
    ['1?raw=headers', 400, 40001],
  ])('at %s is refused', async (offset, status, code) => {
    expect((await get(path(offset)).expect(status)).body.error_code).toBe(code);
  });

  it('of an unknown partition is a 404', async () => {
    expect((await get('/orders/partitions/9/records/0').expect(404)).body.error_code).toBe(40403);
  });
});
