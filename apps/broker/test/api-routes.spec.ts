// Every route of /api/v1 that works through the cluster, against every status it can answer: the table must name each one served.
// What the routes say is in the specs of their subjects.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

interface Example {
  readonly path: string;
  readonly status: number;
  readonly body?: unknown;
  /** Path and status for something that is not there; absent: nothing is named in the path. */
  readonly missing?: readonly [string, number];
}

const examples: Readonly<Record<string, Example>> = {
  'GET /api/v1/topics/:topic/messages': {
    path: '/topics/orders/messages',
    status: 200,
    missing: ['/topics/none/messages', 404],
  },
  'GET /api/v1/topics/:topic/messages/stream': {
    path: '/topics/orders/messages/stream',
    status: 200,
    missing: ['/topics/none/messages/stream', 404],
  },
  'GET /api/v1/topics': { path: '/topics', status: 200 },
  'GET /api/v1/topics/:topic/partitions/:partition/records/:offset': {
    path: '/topics/orders/partitions/0/records/0',
    status: 200,
    missing: ['/topics/none/partitions/0/records/0', 404],
  },
  'POST /api/v1/topics/:topic/copy': {
    path: '/topics/orders/copy',
    status: 200,
    body: { to: 'copied' },
    missing: ['/topics/none/copy', 404],
  },
  'POST /api/v1/topics/:topic/export': {
    path: '/topics/orders/export',
    status: 200,
    body: {},
    missing: ['/topics/none/export', 404],
  },
  'POST /api/v1/topics/:topic/import': {
    path: '/topics/copied/import',
    status: 200,
    body: { key: 'a', value: 'b' },
    missing: ['/topics/none/import', 404],
  },
  'POST /api/v1/topics/:topic/purge': {
    path: '/topics/orders/purge',
    status: 200,
    body: {},
    missing: ['/topics/none/purge', 404],
  },
  'POST /api/v1/topics/:topic/trim': {
    path: '/topics/orders/trim',
    status: 200,
    body: { before: 'earliest' },
    missing: ['/topics/none/trim', 404],
  },
  'GET /api/v1/dlq': { path: '/dlq', status: 200 },
  'GET /api/v1/dlq/:topic': {
    path: '/dlq/orders.dlq',
    status: 200,
    missing: ['/dlq/none', 404],
  },
  'POST /api/v1/dlq/:topic/redrive': {
    path: '/dlq/orders.dlq/redrive',
    status: 200,
    body: {},
    missing: ['/dlq/none/redrive', 404],
  },
  'POST /api/v1/dlq/:topic/discard': {
    path: '/dlq/orders.dlq/discard',
    status: 200,
    body: {},
    missing: ['/dlq/none/discard', 404],
  },
  'POST /api/v1/groups/:group/reset': {
    path: '/groups/idle/reset',
    status: 200,
    body: { to: 'earliest' },
    missing: ['/groups/none/reset', 400],
  },
  'DELETE /api/v1/groups/:group': {
    path: '/groups/gone',
    status: 204,
    missing: ['/groups/none', 404],
  },
  'DELETE /api/v1/groups/:group/offsets/:topic': {
    path: '/groups/idle/offsets/doomed',
    status: 204,
    missing: ['/groups/idle/offsets/none', 404],
  },
};

const token = 'a-token-of-the-test';
const reader = 'a-read-only-token';
let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;
let guarded: HttpServer;
let readOnly: HttpServer;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 2, doomed: 1, copied: 2, 'orders.dlq': 1 } });
  const options = { broker: broker.broker, port: 0 };
  http = await startBrokerHttp(options);
  guarded = await startBrokerHttp({
    ...options,
    tokens: [{ token }, { token: reader, scope: 'read-only' }],
  });
  readOnly = await startBrokerHttp({ ...options, readOnly: true });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  await client.producer().sendBatch([
    { topic: 'orders', partition: 0, value: 'a' },
    { topic: 'orders', partition: 1, value: 'b' },
  ]);
  const admin = client.admin();
  for (const group of ['idle', 'gone', 'busy']) {
    await admin.commitGroupOffsets(group, [
      { topic: 'orders', partition: 0, offset: 1 },
      { topic: 'doomed', partition: 0, offset: 0 },
    ]);
  }
});

afterAll(async () => {
  await client.close();
  await readOnly.stop();
  await guarded.stop();
  await http.stop();
  await broker.stop();
});

const routes = Object.entries(examples);
const writing = routes.filter(([route]) => !route.startsWith('GET '));
const withBody = routes.filter(
  ([route, { body }]) => body !== undefined && !route.endsWith('/import'),
);
const named = routes.filter(([, { missing }]) => missing !== undefined);

function send(server: HttpServer, method: string, path: string): supertest.Test {
  const agent = supertest(server.url);
  const url = `/api/v1${path}`;
  switch (method) {
    case 'GET':
      return agent.get(url);
    case 'POST':
      return agent.post(url);
    case 'PUT':
      return agent.put(url);
    default:
      return agent.delete(url);
  }
}

const methodOf = (route: string): string => route.split(' ')[0] ?? '';

function ask(
  server: HttpServer,
  route: string,
  path = examples[route]?.path ?? '',
): supertest.Test {
  const test = send(server, methodOf(route), path);
  const body = examples[route]?.body;
  return body === undefined ? test : test.send(body as object);
}

const isElsewhere = /\/api\/v1\/(jobs|delayed|snapshots|streams|events|metrics)/;

it('the table names every route that is served', () => {
  const served = http.routes.filter((route) => / \/api\/v1\//.test(route));
  expect(routes.map(([route]) => route).toSorted()).toEqual(
    served.filter((route) => !isElsewhere.test(route)),
  );
});

describe.each(named)('%s', (route, { missing }) => {
  it('says what is not there', async () => {
    const { status, body, headers } = await ask(http, route, missing?.[0]);
    expect([status, body.status, body.message]).toEqual([
      missing?.[1],
      missing?.[1],
      expect.stringMatching(/none/),
    ]);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(JSON.stringify(body)).not.toMatch(/\.[jt]s:\d+/);
  });
});

describe.each(routes)('%s', (route, { path, status }) => {
  it('needs a token where there are some', async () => {
    const { body } = await ask(guarded, route).expect(401);
    expect(body).toMatchObject({ error_code: 40101, status: 401 });
  });

  it('is no other method', async () => {
    const other = methodOf(route) === 'PUT' ? 'DELETE' : 'PUT';
    const { body, headers } = await send(http, other, path).send({}).expect(405);
    expect(body.error_code).toBe(40501);
    expect(headers['allow']).toContain(methodOf(route));
  });

  it(`answers ${status}`, async () => {
    await ask(guarded, route).set('authorization', `Bearer ${token}`).expect(status);
  });

  it('takes hostile names for names', async () => {
    const place = path.replace(/^(\/\w+\/)[^/]+/, '$1..%2F..%2Fetc%00%0d%0a');
    if (place === path) return;
    const { status: answered, body } = await ask(http, route, place);
    expect(answered, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
    expect(answered).toBeLessThan(500);
    const long = path.replace(/^(\/\w+\/)[^/]+/, `$1${'x'.repeat(1_100)}`);
    await ask(http, route, long).expect(414);
  });
});

describe.each(writing)('%s', (route) => {
  it('is refused to readers and in read-only mode', async () => {
    const asReader = await ask(guarded, route).set('authorization', `Bearer ${reader}`);
    expect(asReader.body.error_code).toBe(40305);
    const { body } = await ask(readOnly, route).expect(403);
    expect(body.error_code).toBe(40304);
  });

  it('is refused to pages of other sites', async () => {
    const { body } = await ask(http, route).set('origin', 'https://evil.example').expect(403);
    expect(body.error_code).toBe(40302);
  });
});

describe.each(withBody)('%s', (route, { path }) => {
  it.each([
    ['{', 400, 40003],
    ['', 400, 40003],
    ['{"unknown": 1}', 400, 40001],
    ['[]', 400, 40001],
    ['{"to": "latest", "to": "earliest"}', 400, 40001],
    [`${'['.repeat(100_000)}`, 400, 40003],
    [`{"to": "${'x'.repeat(1_100_000)}"}`, 413, 41301],
  ])('refuses the body %.20s', async (text, status, code) => {
    const { body } = await send(http, methodOf(route), path)
      .set('content-type', 'application/json')
      .send(text)
      .expect(status);
    expect(body.error_code).toBe(code);
  });

  it('wants JSON', async () => {
    const form = send(http, methodOf(route), path).set('content-type', 'text/plain').send('a=1');
    expect((await form.expect(415)).body.error_code).toBe(41501);
  });
});

it('answers 503 when no broker can be reached', async () => {
  const gone = await startTestBroker();
  const orphan = await startBrokerHttp({
    bootstrap: [gone.bootstrap],
    port: 0,
    clusterTimeoutMs: 200,
  });
  await gone.stop();
  for (const [route] of routes) {
    const { status, body } = await ask(orphan, route);
    expect([status, body.error_code], route).toEqual([503, 50302]);
  }
  await orphan.stop();
});

describe('resetting offsets', () => {
  const reset = (group: string, body: object): supertest.Test =>
    supertest(http.url).post(`/api/v1/groups/${group}/reset`).send(body);
  const offsets = async (group: string): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await client.admin().groupOffsets(group)).map((one) => [
        `${one.topic}-${one.partition}`,
        one.offset,
      ]),
    );

  it('previews unless told otherwise, then does it', async () => {
    const scope = [{ topic: 'orders' }];
    const before = { topic: 'orders', before: 1, begin: 0, end: 1 };
    const { body } = await reset('mine', { scope, to: 'latest' }).expect(200);
    expect(body).toMatchObject({ dryRun: true, obstacle: null, state: 'Dead' });
    expect(await offsets('mine')).toEqual({});
    await reset('mine', { scope, to: 'latest', dryRun: false }).expect(200);
    expect(await offsets('mine')).toEqual({ 'orders-0': 1, 'orders-1': 1 });
    const back = await reset('mine', { shift: -1, dryRun: false }).expect(200);
    expect(back.body.partitions[0]).toMatchObject({ ...before, after: 0, lagAfter: 1 });
    await reset('mine', { by: '1h' }).expect(200);
    expect(await offsets('mine')).toEqual({ 'orders-0': 0, 'orders-1': 0 });
  });

  it.each([
    [{}, /one of to, shift and by/],
    [{ to: 'latest', shift: 1 }, /one of to, shift and by/],
    [{ to: 'somewhere' }, /no target; give earliest/],
    [{ by: '1y' }, /no target/],
    [{ to: 'latest', scope: [] }, /scope/],
    [{ to: 'latest', scope: [{ topic: 'orders', partitions: [9] }] }, /partitions 0 to 1/],
    [{ to: 'group:none' }, /committed nothing/],
  ])('refuses %j', async (body, sentence) => {
    const answer = await reset('idle', body).expect(400);
    expect(answer.body).toMatchObject({
      error_code: 40001,
      message: expect.stringMatching(sentence),
    });
  });

  it('refuses groups with members, and says who', async () => {
    const consumer = client.consumer({ groupId: 'busy', topics: ['orders'] });
    while (consumer.assignment().length < 2) await consumer.poll({ timeoutMs: 1_000 });
    const preview = await reset('busy', { to: 'earliest' }).expect(200);
    expect(preview.body.obstacle).toMatch(/Stable with 1 members/);
    for (const refused of [
      reset('busy', { to: 'earliest', dryRun: false }),
      supertest(http.url).delete('/api/v1/groups/busy'),
      supertest(http.url).delete('/api/v1/groups/busy/offsets/orders'),
    ]) {
      const { body } = await refused.expect(409);
      expect(body).toMatchObject({
        error_code: 40902,
        message: expect.stringMatching(/stop them/),
      });
    }
    await consumer.close();
  });
});
