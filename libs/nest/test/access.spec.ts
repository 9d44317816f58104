import { request } from 'node:http';
import { connect } from 'node:net';
import { memoryDisk, nodePlatform, silentLogger, type Logger } from '@drave/platform';
import { Body, Controller, Get, Post, type DynamicModule } from '@nestjs/common';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAccessTokens } from '../src/http/access-tokens.js';
import { readAccessTokens, startHttp, type HttpServer } from '../src/http.js';
import { HealthModule } from '../src/index.js';

const full = 'full-token-0123456789';
const reading = 'read-token-0123456789';

class App {}
class Echo {
  read(): string {
    return 'read';
  }
  write(body: unknown): { body: unknown } {
    return { body };
  }
}
// Decorators by hand: tests are not compiled as Nest code is.
Controller('echo')(Echo);
Get()(Echo.prototype, 'read', descriptorOf('read'));
Post()(Echo.prototype, 'write', descriptorOf('write'));
Body()(Echo.prototype, 'write', 0);

function descriptorOf(name: keyof Echo): PropertyDescriptor {
  return Object.getOwnPropertyDescriptor(Echo.prototype, name) ?? {};
}

const warnings: string[] = [];
const logger: Logger = { ...silentLogger, warn: (event) => void warnings.push(event) };
const platform = nodePlatform({ logger });

function appModule(): DynamicModule {
  const imports = [HealthModule.forRoot({ platform, ready: [] })];
  return { module: App, imports, controllers: [Echo] };
}

const start = (options: object = {}): Promise<HttpServer> =>
  startHttp(appModule(), { port: 0, platform, ...options });

describe('with tokens', () => {
  let http: HttpServer;
  beforeAll(async () => {
    http = await start({ tokens: [{ token: full }, { token: reading, scope: 'read-only' }] });
  });
  afterAll(() => http.stop());

  it.each([
    ['GET', '/echo'],
    ['POST', '/echo'],
    ['PUT', '/echo'],
    ['GET', '/nothing'],
    ['DELETE', '/nothing/at/all'],
    ['OPTIONS', '/echo'],
    ['GET', '/%'],
    ['GET', `/${'x'.repeat(3000)}`],
    ['POST', '/health/live'],
    ['GET', '/health/live/..%2f..%2fecho'],
    ['GET', '/health/other'],
    ['GET', '//health/live'],
  ])('%s %.30s answers 401 without one and tells nothing more', async (method, path) => {
    const answer = await ask(http, { method, path });
    expect(answer).toMatchObject({ status: 401, body: { error_code: 40101 } });
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="drave"/);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    `Bearer ${full}x`,
    `Bearer ${full.slice(1)}`,
    `bearer`,
    `Bearer `,
    `Basic ${full}`,
    full,
    `Bearer ${full} ${full}`,
    `Token ${full}`,
    'Bearer \u00ff',
  ])('%j is none', async (authorization) => {
    const answer = await ask(http, { path: '/echo', headers: { authorization } });
    expect(answer.body).toMatchObject({ error_code: 40101 });
  });

  it.each([
    `Bearer ${full}`,
    `bearer  ${full}`,
    `Basic ${Buffer.from(`anybody:${full}`).toString('base64')}`,
  ])('%j is one', async (authorization) => {
    await supertest(http.url).post('/echo').set({ authorization }).send({ a: 1 }).expect(201);
  });

  it('a reading one may not write', async () => {
    const authorization = `Bearer ${reading}`;
    await supertest(http.url).get('/echo').set({ authorization }).expect(200, 'read');
    const { body } = await supertest(http.url)
      .post('/echo')
      .set({ authorization })
      .send({})
      .expect(403);
    expect(body.error_code).toBe(40305);
  });

  it('probes need none', async () => {
    await supertest(http.url).get('/health/live').expect(200);
    await supertest(http.url).get('/health/ready?verbose').expect(200);
  });
});

describe('read-only mode', () => {
  it('refuses whatever is not reading, known or not, whoever asks', async () => {
    const http = await start({ readOnly: true, tokens: [{ token: full }] });
    const headers = { authorization: `Bearer ${full}` };
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const path of ['/echo', '/nothing']) {
        const answer = await ask(http, { method, path, headers });
        expect(answer).toMatchObject({ status: 403, body: { error_code: 40304 } });
      }
    }
    await supertest(http.url).get('/echo').set(headers).expect(200);
    await http.stop();
  });
});

describe('beyond loopback', () => {
  it.each(['0.0.0.0', '::', '127.example.org', '127.0.0.1.example.org', '192.168.0.1'])(
    '%s is refused before it listens, without tokens',
    async (host) => {
      const refused = expect(start({ host })).rejects;
      await refused.toMatchObject({ code: 'ERR_NOT_LOOPBACK' });
      await expect(start({ host, tokens: [] })).rejects.toThrow(/DRAVE_TOKENS.*--insecure-listen/);
    },
  );

  it('listens with tokens, and warns of the missing TLS', async () => {
    warnings.length = 0;
    const http = await start({ host: '0.0.0.0', tokens: [{ token: full }] });
    const url = `http://127.0.0.1:${http.port}`;
    await supertest(url).get('/echo').expect(401);
    await http.stop();
    expect(warnings).toEqual(['http-without-tls']);
  });

  it('listens openly when asked to, and keeps warning', async () => {
    warnings.length = 0;
    let tick: () => void = () => undefined;
    const scheduler = {
      ...platform.scheduler,
      setTimer: (delayMs: number, callback: () => void) => {
        if (delayMs === 60_000) tick = callback;
        return platform.scheduler.setTimer(delayMs, callback);
      },
    };
    const http = await start({
      host: '0.0.0.0',
      insecureListen: true,
      platform: { ...platform, scheduler },
    });
    tick();
    await http.stop();
    expect(warnings).toEqual(['insecure-listener', 'insecure-listener']);
  });
});

describe('tokens', () => {
  it('are read with their scope', () => {
    expect(parseAccessTokens(`# ours\n${full}, read-only:${reading}\n`)).toEqual([
      { token: full, scope: 'full' },
      { token: reading, scope: 'read-only' },
    ]);
  });

  it('reads the names of tokens, and refuses what is none', () => {
    expect(parseAccessTokens(`alice@${full},read-only:ci.bot@${reading}`)).toEqual([
      { token: full, scope: 'full', name: 'alice' },
      { token: reading, scope: 'read-only', name: 'ci.bot' },
    ]);
    for (const name of ['', 'a b', 'x'.repeat(65)]) {
      expect(() => parseAccessTokens(`${name}@${full}`)).toThrow(/name of token 1/);
    }
    expect(() => parseAccessTokens(`alice@bob@${full}`)).toThrow(/token 1 is not one/);
  });

  it.each(['short', `${full} x`, 'ünïcode-token-0123456', 'x'.repeat(513), 'read-only:short'])(
    '%.20j is none, and is not repeated',
    async (text) => {
      expect(() => parseAccessTokens(text)).toThrow(/token 1 is not one/);
      expect(() => parseAccessTokens(text)).not.toThrow(text);
      await expect(start({ tokens: [{ token: text }] })).rejects.toMatchObject({
        code: 'ERR_TOKEN',
      });
    },
  );

  it('come from a file, which must hold some', async () => {
    const disk = memoryDisk();
    const read = (tokensFile: string, tokens?: string) =>
      readAccessTokens({ tokens, tokensFile }, { disk });
    await disk.makeDirectory('/t');
    await disk.writeFileAtomic('/t/some', Buffer.from(`${full}\n`));
    await disk.writeFileAtomic('/t/none', Buffer.from('# nothing\n'));
    expect(await read('/t/some', reading)).toHaveLength(2);
    for (const path of ['/t/none', '/t/absent', '/t']) {
      await expect(read(path)).rejects.toMatchObject({ code: 'ERR_TOKEN' });
    }
    const empty = readAccessTokens({ tokens: ' ', tokensFile: undefined }, { disk });
    await expect(empty).rejects.toThrow(/unset it/);
  });
});

describe('a body', () => {
  let http: HttpServer;
  beforeAll(async () => {
    http = await start();
  });
  afterAll(() => http.stop());

  const post = (text: string): supertest.Test =>
    supertest(http.url).post('/echo').type('json').send(text);

  it.each([
    ['no JSON', '{"a":', 40003],
    ['nothing', ' ', 40003],
    ['text after it', '{} {}', 40003],
    ['a bare word', 'nonsense', 40003],
    ['a text that does not end', '"abc', 40003],
    ['a bad escape as key', '{"\\x":1}', 40003],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 40003],
    ['100,000 levels', '['.repeat(100_000), 40003],
    ['100,000 levels of objects', '{"a":'.repeat(100_000), 40003],
    ['a poisoned prototype', '{"a":{"__proto__":{"x":1}}}', 40003],
    ['an escaped one', '{"\\u005f_proto__":1}', 40003],
    ['a key twice', '{"a":1,"b":{"a":2},"\\u0061":3}', 40001],
    ['a number that would be rounded', '{"a":9007199254740993}', 40001],
    ['a number without end', '{"a":1e400}', 40001],
  ])('of %s is refused', async (_name, text, code) => {
    const { body, status } = await post(text);
    expect(body).toEqual({ error_code: code, message: expect.any(String) });
    expect(status).toBe(400);
  });

  it.each([
    '{"a":[1,-2.5e3,"\\"}",{"b":{}}],"n":null}',
    `${'['.repeat(32)}${']'.repeat(32)}`,
    '[9007199254740991,-9007199254740991,0.1]',
    '"9007199254740993"',
    '{"constructor":1,"":"\\\\"}',
  ])('of %.40s is read as it is', async (text) => {
    const { body } = await post(text).expect(201);
    expect(JSON.stringify(body.body)).toBe(JSON.stringify(JSON.parse(text)));
  });

  it('of 10 MiB answers 413, with and without a length', async () => {
    const text = JSON.stringify('a'.repeat(10 * 1024 * 1024));
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
      const options = { method: 'POST', path: '/echo', headers, body: text };
      const answer = await ask(http, options);
      expect(answer).toMatchObject({ status: 413, body: { error_code: 41301 } });
    }
  });

  it('that does not come in time ends its connection', async () => {
    const scheduler = {
      ...platform.scheduler,
      setTimer: (delayMs: number, callback: () => void) =>
        platform.scheduler.setTimer(delayMs === 30_000 ? 1 : delayMs, callback),
    };
    const hasty = await start({ platform: { ...platform, scheduler } });
    const head = 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const answer = await raw(hasty, `${head}Content-Length: 5\r\n\r\n{`);
    expect(answer).not.toContain('HTTP/1.1 2');
    await hasty.stop();
  });

  it('with two lengths, or a length and chunks, is no request', async () => {
    const head = 'POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    for (const lengths of [
      'Content-Length: 2\r\nContent-Length: 5',
      'Content-Length: 2\r\nTransfer-Encoding: chunked',
    ]) {
      expect(await raw(http, `${head}${lengths}\r\n\r\n{}GET /echo`)).toMatch(/^HTTP\/1\.1 400 /);
    }
  });
});

it('headers over 16 KiB answer 431', async () => {
  const http = await start();
  const text = `GET /echo HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`;
  expect(await raw(http, text)).toMatch(/^HTTP\/1\.1 431 .*"error_code":43101/s);
  await http.stop();
});

it('a page of another site may not write, even if its browser hides the origin', async () => {
  const http = await start();
  const headers = { 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' };
  const answer = await ask(http, { method: 'POST', path: '/echo', headers, body: '{}' });
  expect(answer).toMatchObject({ status: 403, body: { error_code: 40302 } });
  await http.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

/** A request with the path as it is, which supertest would tidy up. */
function ask(
  { port }: HttpServer,
  options: { method?: string; path: string; headers?: Record<string, string>; body?: string },
): Promise<Answer> {
  const { method = 'GET', path, headers = {}, body } = options;
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      host: '127.0.0.1',
      method,
      path,
      headers: { ...type, ...headers },
    });
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close while the rest is still being sent; the answer then came before.
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error);
    });
    asked.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: text === '' ? undefined : JSON.parse(text),
        }),
      );
    });
    asked.end(body);
  });
}

/** Sends bytes as they are and returns the whole answer. */
function raw({ port }: HttpServer, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      socket.end();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}
