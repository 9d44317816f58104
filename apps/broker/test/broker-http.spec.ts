import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import { httpSettings } from '@drave/contracts';
import { restErrorCodes } from '@drave/contracts/rest';
import type { HttpServer } from '@drave/nest/http';
import { memoryDisk, nodePlatform, type Disk } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

let broker: TestBroker;
let http: HttpServer;

const get = (path: string): supertest.Test => supertest(http.url).get(path);

beforeAll(async () => {
  broker = await startTestBroker({ topics: { flights: 3 } });
  http = await startBrokerHttp({ broker: broker.broker, port: 0, allowedHosts: ['Kafka.Example'] });
});

afterAll(async () => {
  await http.stop();
  await broker.stop();
});

/** Sends bytes as they are and returns the whole answer. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(http.port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

describe('operation', () => {
  it('lists what is there, and every link works', async () => {
    const { body } = await get('/').expect(200);
    expect(body).toMatchObject({ name: 'drave', clusterId: broker.broker.clusterId });
    for (const path of Object.values<string>(body.links)) await get(path).expect(200);
  });

  it('has metrics of the broker and of the process', async () => {
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
    const producer = client.producer();
    await producer.sendBatch([1, 2, 3].map((n) => ({ topic: 'flights', value: String(n) })));
    await client.close();
    const { text, headers } = await get('/metrics').expect(200);
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text).toMatch(/^drave_broker_records_appended_total 3$/m);
    expect(text).toMatch(/^drave_broker_requests_total\{api="Produce"\} [1-9]/m);
    expect(text).toContain('# TYPE drave_broker_log_bytes gauge');
    expect(text).toContain(
      `drave_broker_info{cluster_id="${broker.broker.clusterId}",node_id="1"} 1`,
    );
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  });

  it('is alive and ready', async () => {
    await get('/health/live').expect(200);
    const { body } = await get('/health/ready').expect(200);
    expect(body).toMatchObject({ status: 'ok', info: { kafka: { status: 'up', brokers: 1 } } });
  });

  it('is not ready with a full disk, and says so', async () => {
    const disk: Disk = Object.assign(memoryDisk(), { freeBytes: async () => 5 });
    const full = await startBrokerHttp({
      broker: broker.broker,
      port: 0,
      platform: { ...nodePlatform(), disk },
      dataDirectory: '/data',
    });
    const { body } = await supertest(full.url).get('/health/ready').expect(503);
    expect(body).toMatchObject({
      status: 'error',
      error_code: 50301,
      message: expect.stringContaining('only 5 bytes are free'),
      details: { kafka: { status: 'up' }, disk: { status: 'down', freeBytes: 5 } },
    });
    await full.stop();
  });
});

describe('the OpenAPI document', () => {
  it('has every route that is served, and no other', async () => {
    const { body } = await get('/openapi.json').expect(200);
    const documented = Object.entries<object>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = http.routes
      .map((route) => route.replace(/\/:(\w+)/g, '/{$1}'))
      .filter((route) => !/ \/kafka\//.test(route));
    expect(documented.sort()).toEqual(served);
  });

  it('names each operation once, and which need a token', async () => {
    const { body } = await get('/openapi.json').expect(200);
    const operations = Object.values<Record<string, { operationId: string; security?: unknown }>>(
      body.paths,
    ).flatMap((methods) => Object.values(methods));
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(operations.filter(({ security }) => security !== undefined)).toHaveLength(2);
    expect(body.components.securitySchemes.bearer.scheme).toBe('bearer');
  });

  it('is a page without script, whose style its policy allows', async () => {
    const { text, headers } = await get('/docs')
      .expect(200)
      .expect('content-type', /text\/html/);
    expect(text).toContain('/v3/clusters/{cluster}/topics/{topic}/configs:alter');
    expect(text).not.toMatch(/<script|src=|https?:\/\/(?!json-schema)| on\w+=/);
    const [, style = ''] = /<style>(.*)<\/style>/s.exec(text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers['content-security-policy']).toContain(`style-src 'sha256-${hash}'`);
    const anchors = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(anchors).toContain(target);
  });

  it('refers only to schemas it has', async () => {
    const { body, text } = await get('/openapi.json').expect(200);
    const names = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(50);
    for (const name of new Set(names)) {
      const schema = name.replace('#/components/schemas/', '');
      expect(Object.keys(body.components.schemas), name).toContain(schema);
    }
  });
});

it('the reference names every error code and every setting', () => {
  const path = new URL('../../../docs/reference/rest.md', import.meta.url);
  const text = readFileSync(path, 'utf8');
  for (const code of Object.values(restErrorCodes)) expect(text).toContain(String(code));
  for (const { env } of Object.values(httpSettings)) expect(text).toContain(env);
});

describe('errors are {error_code, message}', () => {
  it.each([
    ['GET', '/nothing', 404, 40401, 'nothing at /nothing'],
    ['GET', '/v3/clusters/x/unknown', 404, 40401, 'GET / lists'],
    ['GET', '/v3/clusters/x/topics/a/b/c?x=1', 404, 40401, 'nothing at /v3'],
    ['PUT', '/v3/clusters', 405, 40501, 'only GET'],
    ['DELETE', '/v3/clusters/x/topics', 405, 40501, 'only GET, HEAD, POST'],
    ['POST', '/metrics', 405, 40501, 'only GET'],
    ['GET', `/v3/clusters/x/topics/${'t'.repeat(1100)}`, 414, 41401, 'too long'],
    ['GET', '/v3/clusters/%', 400, 40001, 'not well-formed'],
  ])('%s %.40s', async (method, path, status, code, sentence) => {
    const agent = supertest(http.url);
    const sends: Record<string, () => supertest.Test> = {
      GET: () => agent.get(path),
      PUT: () => agent.put(path),
      DELETE: () => agent.delete(path),
      POST: () => agent.post(path),
    };
    const { body, headers } = (await sends[method]?.()) ?? {};
    expect([body, headers?.['content-type']]).toEqual([
      { error_code: code, message: expect.stringContaining(sentence) },
      'application/json; charset=utf-8',
    ]);
    expect(status).toBe(Math.floor(code / 100));
  });

  it('in the form of RFC 9457 under /api/v1', async () => {
    const { body, headers } = await get('/api/v1/nothing').expect(404);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const message = expect.stringContaining('nothing at /api/v1');
    expect(body).toEqual({
      type: 'urn:drave:error:40401',
      title: 'unknown route',
      status: 404,
      detail: message,
      error_code: 40401,
      message,
    });
  });

  it('for bytes that are no HTTP', async () => {
    for (const bytes of ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'nonsense\r\n\r\n']) {
      const answer = await raw(bytes);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain('"error_code":40001');
    }
  });

  it('with 50302 and no stack when the cluster is away', async () => {
    const gone = await startTestBroker();
    const orphan = await startBrokerHttp({
      bootstrap: [gone.bootstrap],
      port: 0,
      clusterTimeoutMs: 200,
    });
    await supertest(orphan.url).get('/v3/clusters').expect(200);
    await gone.stop();
    const { body, text } = await supertest(orphan.url).get('/v3/clusters').expect(503);
    expect(body).toEqual({ error_code: 50302, message: expect.any(String) });
    expect(text).not.toMatch(/\.[jt]s:\d+/);
    const ready = await supertest(orphan.url).get('/health/ready').expect(503);
    expect(ready.body.details.kafka.status).toBe('down');
    await supertest(orphan.url).get('/health/live').expect(200);
    await orphan.stop();
  });
});

describe('requests from a browser page of another site', () => {
  it.each(['evil.example', 'evil.example:9080', '127.0.0.1.evil.example', ''])(
    'are refused under the host %j',
    async (host) => {
      const { body } = await get('/v3/clusters').set('Host', host);
      expect(body.error_code).toBe(40301);
    },
  );

  it.each(['localhost:9080', '127.0.0.1', '[::1]:9080', 'KAFKA.example:1', 'app.localhost'])(
    'are none under the host %j',
    async (host) => {
      await get('/v3/clusters').set('Host', host).expect(200);
    },
  );

  it('may not change anything', async () => {
    const path = `/v3/clusters/${broker.broker.clusterId}/topics`;
    const foreign = supertest(http.url).post(path).send({ topic_name: 'a' });
    const { body } = await foreign.set('Origin', 'https://evil.example').expect(403);
    expect(body.error_code).toBe(40302);
    await supertest(http.url).post(path).set('Origin', 'null').send({}).expect(403);
    const own = supertest(http.url).post(path).send({ topic_name: 'by-page', validate_only: true });
    await own.set('Origin', http.url).expect(200);
  });

  it('get no permission to read, and headers that forbid framing and sniffing', async () => {
    const { headers } = await get('/').set('Origin', 'https://evil.example').expect(200);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  });
});

describe('listening', () => {
  it('beyond loopback must be asked for', async () => {
    const options = { broker: broker.broker, host: '0.0.0.0', port: 0 };
    await expect(startBrokerHttp(options)).rejects.toMatchObject({ code: 'ERR_NOT_LOOPBACK' });
    const open = await startBrokerHttp({ ...options, insecureListen: true });
    await supertest(`http://127.0.0.1:${open.port}`).get('/health/live').expect(200);
    await open.stop();
  });

  it('on a taken port is refused with EADDRINUSE', async () => {
    const options = { broker: broker.broker, port: http.port };
    await expect(startBrokerHttp(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await get('/health/live').expect(200);
  });

  it('ends although connections stay open, and leaves the broker running', async () => {
    const short = await startBrokerHttp({ broker: broker.broker, port: 0 });
    await new Promise<void>((resolve, reject) => {
      const agent = request(`${short.url}/health/live`, { headers: { connection: 'keep-alive' } });
      agent.on('response', (response) => response.resume().on('end', resolve));
      agent.on('error', reject).end();
    });
    await short.stop();
    await short.stop();
    await expect(supertest(short.url).get('/')).rejects.toThrow(/ECONNREFUSED/);
    await get('/health/ready').expect(200);
  });

  it('needs something to administer', async () => {
    await expect(startBrokerHttp({ port: 0 })).rejects.toThrow(TypeError);
  });
});
