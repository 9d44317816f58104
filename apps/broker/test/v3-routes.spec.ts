// Every route of /v3 against every status it can answer: the table below must name each route that is served.

import { request } from 'node:http';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

interface Example {
  /** Status of the request as it is. */
  readonly status: number;
  /** Instead of the parameters that exist. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  /** Error code, when the status is one of an error. */
  readonly code?: number;
}

const existing = { topic: 'flights', partition: '0', broker: '1', group: 'readers', consumer: '' };
const alter = { data: [{ name: 'retention.ms', value: '1000' }], validate_only: true };
const acl = {
  resource_type: 'TOPIC',
  resource_name: 'a',
  principal: 'User:a',
  operation: 'READ',
  permission: 'ALLOW',
};
// Drave has no authorizer yet: ACL routes answer as the broker does.
const noAuthorizer = { status: 400, code: 40002 };

const examples: Readonly<Record<string, Example>> = {
  'GET /v3/clusters': { status: 200 },
  'GET /v3/clusters/:cluster': { status: 200 },
  'GET /v3/clusters/:cluster/acls': { ...noAuthorizer, query: '?principal=User:a' },
  'POST /v3/clusters/:cluster/acls': { ...noAuthorizer, body: acl },
  'POST /v3/clusters/:cluster/acls:batch': { ...noAuthorizer, body: { data: [acl] } },
  'DELETE /v3/clusters/:cluster/acls': { ...noAuthorizer, query: '?resource_name=a' },
  'GET /v3/clusters/:cluster/broker-configs': { status: 200 },
  'GET /v3/clusters/:cluster/broker-configs/:config': {
    status: 404,
    code: 40407,
    params: { config: 'num.partitions' },
  },
  'PUT /v3/clusters/:cluster/broker-configs/:config': {
    status: 204,
    params: { config: 'delete.topic.enable' },
    body: { value: 'true' },
  },
  'DELETE /v3/clusters/:cluster/broker-configs/:config': {
    status: 204,
    params: { config: 'delete.topic.enable' },
  },
  'POST /v3/clusters/:cluster/broker-configs:alter': {
    status: 204,
    body: { data: [{ name: 'delete.topic.enable', operation: 'DELETE' }] },
  },
  'GET /v3/clusters/:cluster/brokers': { status: 200 },
  'GET /v3/clusters/:cluster/brokers/:broker': { status: 200 },
  'GET /v3/clusters/:cluster/brokers/:broker/configs': { status: 200 },
  'GET /v3/clusters/:cluster/brokers/:broker/configs/:config': {
    status: 200,
    params: { config: 'num.partitions' },
  },
  'PUT /v3/clusters/:cluster/brokers/:broker/configs/:config': {
    status: 204,
    params: { config: 'delete.topic.enable' },
    body: { value: 'true' },
  },
  'DELETE /v3/clusters/:cluster/brokers/:broker/configs/:config': {
    status: 204,
    params: { config: 'delete.topic.enable' },
  },
  'POST /v3/clusters/:cluster/brokers/:broker/configs:alter': {
    status: 204,
    body: { data: [{ name: 'delete.topic.enable', value: null }] },
  },
  'GET /v3/clusters/:cluster/brokers/:broker/partition-replicas': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group/consumers': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group/consumers/:consumer': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group/consumers/:consumer/assignments': {
    status: 200,
  },
  'GET /v3/clusters/:cluster/consumer-groups/:group/lag-summary': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group/lags': { status: 200 },
  'GET /v3/clusters/:cluster/consumer-groups/:group/lags/:topic/partitions/:partition': {
    status: 200,
  },
  'GET /v3/clusters/:cluster/topics': { status: 200 },
  'POST /v3/clusters/:cluster/topics': {
    status: 200,
    body: { topic_name: 'made', validate_only: true },
  },
  'GET /v3/clusters/:cluster/topics/-/configs': { status: 200 },
  'GET /v3/clusters/:cluster/topics/-/partitions/-/reassignment': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic': { status: 200 },
  'PATCH /v3/clusters/:cluster/topics/:topic': {
    status: 200,
    body: { partitions_count: 9, validate_only: true },
  },
  'DELETE /v3/clusters/:cluster/topics/:topic': { status: 204, params: { topic: 'doomed' } },
  'GET /v3/clusters/:cluster/topics/:topic/configs': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/configs/:config': {
    status: 200,
    params: { config: 'retention.ms' },
  },
  'PUT /v3/clusters/:cluster/topics/:topic/configs/:config': {
    status: 204,
    params: { config: 'retention.ms' },
    body: { value: '9007199254740991' },
  },
  'DELETE /v3/clusters/:cluster/topics/:topic/configs/:config': {
    status: 204,
    params: { config: 'retention.ms' },
  },
  'POST /v3/clusters/:cluster/topics/:topic/configs:alter': { status: 204, body: alter },
  'GET /v3/clusters/:cluster/topics/:topic/partitions': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/-/reassignment': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/:partition': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/:partition/offset': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/:partition/reassignment': {
    status: 404,
    code: 40411,
  },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/:partition/replicas': { status: 200 },
  'GET /v3/clusters/:cluster/topics/:topic/partitions/:partition/replicas/:broker': {
    status: 200,
  },
  'POST /v3/clusters/:cluster/topics/:topic/records': { status: 200, body: {} },
  'POST /v3/clusters/:cluster/topics/:topic/records:batch': {
    status: 207,
    body: { entries: [{ id: 'a' }] },
  },
};

const token = 'a-token-of-the-test';
const authorization = `Bearer ${token}`;
let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;
let guarded: HttpServer;
let consumer = '';

beforeAll(async () => {
  broker = await startTestBroker({ topics: { flights: 2, doomed: 1 } });
  const options = { broker: broker.broker, port: 0 };
  http = await startBrokerHttp(options);
  guarded = await startBrokerHttp({ ...options, tokens: [{ token }], readOnly: true });
  await broker.produce('flights', [{ value: 'x', partition: 0 }]);
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
  const reader = client.consumer({ groupId: existing.group, autoOffsetReset: 'earliest' });
  reader.subscribe(['flights']);
  while ((await reader.poll({ timeoutMs: 1000 })).length === 0);
  await reader.commit([{ topic: 'flights', partition: 0, offset: 1 }]);
  const { members } = (await client.admin().describeGroups([existing.group]))[0] ?? {};
  consumer = members?.[0]?.memberId ?? '';
});

afterAll(async () => {
  await client.close();
  await guarded.stop();
  await http.stop();
  await broker.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** error_code of the body, if it has one. */
  readonly code: number | undefined;
}

function send(
  { port }: HttpServer,
  options: {
    readonly method: string;
    readonly path: string;
    readonly headers?: Record<string, string>;
    readonly body?: string | undefined;
  },
): Promise<Answer> {
  const { method, path, body } = options;
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...options.headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers });
    let isAnswered = false;
    asked.on('error', (error) => (isAnswered ? undefined : reject(error)));
    asked.on('response', (response) => {
      isAnswered = true;
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const parsed = status >= 400 ? (JSON.parse(text) as { error_code?: number }) : {};
        resolve({ status, headers: response.headers, text, code: parsed.error_code });
      });
    });
    asked.end(body);
  });
}

function pathOf(route: string, overrides: Readonly<Record<string, string>> = {}): string {
  const example = examples[route];
  const params: Record<string, string> = {
    ...existing,
    consumer,
    cluster: broker.broker.clusterId,
    config: 'retention.ms',
    ...example?.params,
    ...overrides,
  };
  const pattern = route.slice(route.indexOf(' ') + 1);
  const path = pattern.replace(/\/:(\w+)/g, (_, name: string) =>
    name in overrides ? `/${overrides[name]}` : `/${encodeURIComponent(params[name] ?? '')}`,
  );
  return `${path}${example?.query ?? ''}`;
}

/** As the table has it. */
function ask(
  server: HttpServer,
  route: string,
  options: {
    readonly params?: Readonly<Record<string, string>>;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<Answer> {
  const [method = ''] = route.split(' ');
  const body = options.body ?? bodyOf(route);
  const path = pathOf(route, options.params);
  return send(server, { method, path, headers: options.headers ?? {}, body });
}

function bodyOf(route: string): string | undefined {
  const body = examples[route]?.body;
  return body === undefined ? undefined : JSON.stringify(body);
}

const routes = Object.keys(examples);
const ofCluster = routes.filter((route) => route.includes(':cluster'));
const withBody = routes.filter((route) => examples[route]?.body !== undefined);
const withJson = withBody.filter((route) => !route.includes('/records'));
const writing = routes.filter((route) => !route.startsWith('GET '));

it('the table names every route that is served, under both mount points', () => {
  const served = http.routes.filter((route) => / \/v3\//.test(route));
  expect(served).toEqual(routes.toSorted());
  const behind = http.routes.filter((route) => / \/kafka\/v3\//.test(route));
  expect(behind.map((route) => route.replace('/kafka/v3', '/v3')).toSorted()).toEqual(served);
});

describe('each route', () => {
  it.each(routes)('%s answers', async (route) => {
    const { status, code } = examples[route] ?? {};
    const answer = await ask(http, route);
    expect([answer.status, answer.code]).toEqual([status, code]);
    if (status === 204) expect(answer.text).toBe('');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each(ofCluster)('%s knows no other cluster', async (route) => {
    const answer = await ask(http, route, { params: { cluster: 'other' } });
    expect([answer.status, answer.code]).toEqual([404, 40402]);
  });

  it.each(routes)('%s needs the token', async (route) => {
    const answer = await ask(guarded, route);
    expect([answer.status, answer.code]).toEqual([401, 40101]);
  });

  it.each(writing)('%s is refused in read-only mode', async (route) => {
    const answer = await ask(guarded, route, { headers: { authorization } });
    expect([answer.status, answer.code]).toEqual([403, 40304]);
  });

  it.each(routes)('%s tells which methods it has', async (route) => {
    const patternOf = (one: string): string => one.slice(one.indexOf(' '));
    const same = routes.filter((one) => patternOf(one) === patternOf(route));
    const methods = new Set(same.map((one) => one.split(' ')[0]));
    const wrong = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].find((method) => !methods.has(method));
    const answer = await send(http, { method: wrong ?? '', path: pathOf(route) });
    expect([answer.status, answer.code]).toEqual([405, 40501]);
    expect(answer.headers['allow']).toContain(route.split(' ')[0]);
  });

  it.each(routes.filter((route) => route.includes('/:topic') && !route.includes('/lags/')))(
    '%s knows no other topic',
    async (route) => {
      const answer = await ask(http, route, { params: { topic: 'absent' } });
      expect([answer.status, answer.code]).toEqual([404, 40403]);
    },
  );

  it.each(routes.filter((route) => /\/brokers\/:broker|replicas\/:broker/.test(route)))(
    '%s knows no other broker',
    async (route) => {
      for (const id of ['7', '-1', '01', '1.0', 'x']) {
        const answer = await ask(http, route, { params: { broker: id } });
        expect([answer.status, answer.code]).toEqual([404, 40404]);
      }
    },
  );

  it.each(routes.filter((route) => route.includes('/:group')))(
    '%s knows no other group',
    async (route) => {
      const answer = await ask(http, route, { params: { group: 'absent' } });
      expect([answer.status, answer.code]).toEqual([404, 40405]);
    },
  );

  it.each(routes.filter((route) => /^(PUT|DELETE|GET) .*:config$/.test(route)))(
    '%s knows no other config',
    async (route) => {
      const isLenient = !route.startsWith('GET ') && !route.includes('/:topic');
      if (isLenient) return; // Kafka keeps settings of brokers it does not know.
      const answer = await ask(http, route, { params: { config: 'no.such' } });
      expect(answer.status).toBe(route.startsWith('PUT ') ? 400 : 404);
      expect(answer.code).toBe(route.startsWith('PUT ') ? 40002 : 40407);
    },
  );
});

describe('each route with a body', () => {
  it.each(withJson)('%s says what is wrong with it', async (route) => {
    for (const [body, code] of [
      ['', 40003],
      ['{', 40003],
      ['[', 40003],
      ['null', 40001],
      ['[]', 40001],
      ['7', 40001],
      ['{}', 40001],
      ['{"nonsense":1}', 40001],
      ['['.repeat(100_000), 40003],
      ['{"a":'.repeat(100_000), 40003],
    ] as const) {
      const answer = await ask(http, route, { body });
      expect([body.slice(0, 20), answer.status, answer.code]).toEqual([
        body.slice(0, 20),
        400,
        code,
      ]);
    }
  });

  it.each(withBody)('%s takes JSON alone', async (route) => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const headers = { 'content-type': type };
      const answer = await ask(http, route, { headers, body: 'a=1' });
      expect([answer.status, answer.code]).toEqual([415, 41501]);
    }
  });

  it.each(withJson)('%s reads no 10 MiB', async (route) => {
    const answer = await ask(http, route, { body: `"${'a'.repeat(10 * 1024 * 1024)}"` });
    expect([answer.status, answer.code]).toEqual([413, 41301]);
  });

  const put = 'PUT /v3/clusters/:cluster/topics/:topic/configs/:config';
  const change = 'POST /v3/clusters/:cluster/topics/:topic/configs:alter';
  const patch = 'PATCH /v3/clusters/:cluster/topics/:topic';
  const aclRoute = 'POST /v3/clusters/:cluster/acls';
  it.each<[string, unknown, number, string]>([
    [put, { value: 7 }, 40001, 'body.value: a config value is a text'],
    [put, { value: 'x' }, 40002, 'INVALID_CONFIG'],
    [put, { value: '1', more: 1 }, 40001, 'more'],
    [change, { data: [] }, 40001, 'body.data'],
    [change, { data: [{ name: 'retention.ms' }] }, 40001, 'body.data.0: give a value'],
    [change, { data: [{ name: 'a', value: '1', operation: 'DELETE' }] }, 40001, 'takes none'],
    [change, { data: [{ name: 'a', operation: 'SET' }] }, 40001, 'SET needs a value'],
    [change, { data: [{ name: 'a', operation: 'APPEND' }] }, 40001, 'body.data.0.operation'],
    [change, { data: [{ name: '', value: '' }] }, 40001, 'body.data.0.name'],
    [change, { data: [{ name: 'no.such', value: '1' }] }, 40002, 'no.such'],
    [change, { data: [{ name: 'a', value: '1' }], validate_only: 1 }, 40001, 'validate_only'],
    [patch, { partitions_count: 1 }, 40002, 'INVALID_PARTITIONS'],
    [patch, { partitions_count: 0 }, 40001, 'body.partitions_count'],
    [patch, { partitions_count: '3' }, 40001, 'body.partitions_count'],
    [patch, { partitions_count: 2_147_483_648 }, 40001, 'body.partitions_count'],
    [aclRoute, { ...acl, principal: 'a' }, 40001, 'body.principal: a principal is'],
    [aclRoute, { ...acl, operation: 'ANY' }, 40001, 'body.operation'],
    [aclRoute, { ...acl, pattern_type: 'MATCH' }, 40001, 'body.pattern_type'],
  ])('%s refuses %j', async (route, body, code, sentence) => {
    const answer = await ask(http, route, { body: JSON.stringify(body) });
    expect(answer).toMatchObject({ status: 400, code });
    expect(answer.text).toContain(sentence);
  });

  it('a query that is wrong is refused, and a DELETE of every ACL', async () => {
    const acls = `/v3/clusters/${broker.broker.clusterId}/acls`;
    for (const query of ['?operation=FLY', '?nonsense=1', '?host=', '?host=a&host=b']) {
      const answer = await send(http, { method: 'GET', path: acls + query });
      expect([answer.status, answer.code]).toEqual([400, 40001]);
    }
    const answer = await send(http, { method: 'DELETE', path: acls });
    expect(answer.text).toContain('every ACL would go');
  });
});

describe('hostile names', () => {
  const names = [
    ...['.', '..', '%2e%2e', '%2E%2E%2Fetc%2Fpasswd', '..%5c..', '%00', 'a%00b', '%0d%0aX:1'],
    ...['__proto__', 'constructor', 'toString', '%3Cscript%3E', '%F0%9F%98%80', '%E2%80%AE'],
    ...['a'.repeat(250), 'a'.repeat(1024), '-1', '9'.repeat(30), '0x0', '1e0', '*', '%25', '+'],
  ];
  it.each(ofCluster)('in %s are a precise 4xx and change nothing', async (route) => {
    const params = [...route.matchAll(/\/:(\w+)/g)].map(([, name = '']) => name);
    for (const param of params) {
      for (const name of names) {
        const answer = await ask(http, route, { params: { [param]: name } });
        const isKept = param === 'config' && /^(PUT|DELETE) .*broker/.test(route);
        if (isKept && answer.status === 204) continue;
        expect([route, name, answer.status]).toEqual([
          route,
          name,
          expect.toSatisfy((status: number) => status >= 400 && status < 500),
        ]);
        expect(answer.text).not.toMatch(/\.[jt]s:\d+|node_modules/);
      }
    }
    expect(await client.admin().listTopics()).not.toContain('a'.repeat(249));
  });

  it('that are too long or no path are told so', async () => {
    const base = `/v3/clusters/${broker.broker.clusterId}/topics`;
    for (const [name, code] of [
      ['a'.repeat(1025), 41401],
      ['%', 40001],
      ['%ff', 40001],
      ['%zz', 40001],
    ] as const) {
      const answer = await send(http, { method: 'GET', path: `${base}/${name}` });
      expect([answer.status, answer.code]).toEqual([Math.floor(code / 100), code]);
    }
  });

  it('cannot leave the prefix', async () => {
    for (const path of [
      '/v3/../metrics',
      '/v3/clusters/..%2f..%2fetc',
      '//v3/clusters',
      '/v3//clusters',
    ]) {
      const answer = await send(http, { method: 'GET', path });
      expect(answer.status).toBe(404);
    }
  });
});

it('without a cluster every route answers 503, with the reason and no stack', async () => {
  const gone = await startTestBroker();
  const orphan = await startBrokerHttp({
    bootstrap: [gone.bootstrap],
    port: 0,
    clusterTimeoutMs: 100,
  });
  await gone.stop();
  const answers = await Promise.all(routes.map((route) => ask(orphan, route)));
  for (const [i, answer] of answers.entries()) {
    expect([routes[i], answer.status, answer.code]).toEqual([routes[i], 503, 50302]);
    expect(answer.text).not.toMatch(/\.[jt]s:\d+/);
  }
  await orphan.stop();
});
