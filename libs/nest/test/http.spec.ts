import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { KafkaError, limits, type ErrorName } from '@drave/contracts';
import { nodePlatform, silentLogger, type Logger, type Platform } from '@drave/platform';
import { Controller, Get, Param, StreamableFile, type DynamicModule } from '@nestjs/common';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHttp, type HttpServer } from '../src/http.js';
import { HealthModule } from '../src/index.js';

class App {}

const logged: { event: string; fields: unknown }[] = [];
const logger: Logger = {
  ...silentLogger,
  error: (event, fields) => void logged.push({ event, fields }),
};

let hang: () => void = () => undefined;
let answer: (text: string) => void = () => undefined;
let stream = new Readable();

class Failing {
  kafka(name: ErrorName): never {
    throw new KafkaError(name, "topic 'a'");
  }
  bug(): never {
    throw new Error('password=secret at line 7');
  }
  text(): never {
    // eslint-disable-next-line no-throw-literal -- code of others throws anything
    throw 'secret';
  }
  wait(): Promise<string> {
    return new Promise((resolve) => (answer = resolve));
  }
  stream(): StreamableFile {
    stream = new Readable({ read: () => undefined });
    stream.push('data: first\n\n');
    return new StreamableFile(stream);
  }
  hang(): Promise<never> {
    hang();
    return new Promise(() => undefined);
  }
}

// Decorators by hand: tests are not compiled as Nest code is.
function route(name: keyof Failing, path: string): void {
  const descriptor = Object.getOwnPropertyDescriptor(Failing.prototype, name) ?? {};
  Get(path)(Failing.prototype, name, descriptor);
}
Controller('fail')(Failing);
route('kafka', 'kafka/:name');
Param('name')(Failing.prototype, 'kafka', 0);
route('bug', 'bug');
route('text', 'text');
route('hang', 'hang');
route('wait', 'wait');
route('stream', 'stream');

function appModule(platform: Platform, hooks: object = {}): DynamicModule {
  return {
    module: App,
    imports: [HealthModule.forRoot({ platform, ready: [] })],
    controllers: [Failing],
    providers: [{ provide: 'HOOKS', useFactory: () => hooks }],
  };
}

const platform = nodePlatform({ logger });
let http: HttpServer;

beforeAll(async () => {
  http = await startHttp(appModule(platform), { port: 0, platform });
});

afterAll(() => http.stop());

describe('an error on the way', () => {
  it.each([
    ['UNKNOWN_TOPIC_OR_PARTITION', 40403],
    ['GROUP_ID_NOT_FOUND', 40405],
    ['TOPIC_ALREADY_EXISTS', 40002],
    ['POLICY_VIOLATION', 40002],
    ['CLUSTER_AUTHORIZATION_FAILED', 40303],
    ['NETWORK_EXCEPTION', 50302],
    ['REQUEST_TIMED_OUT', 50401],
    ['UNKNOWN_SERVER_ERROR', 50002],
  ] as const)('of Kafka, %s, answers %d', async (name, code) => {
    const { body } = await supertest(http.url).get(`/fail/kafka/${name}`);
    expect(body).toEqual({ error_code: code, message: expect.stringContaining(`'a': ${name}`) });
  });

  it.each(['bug', 'text'])('that nobody expects (%s) stays in the log', async (path) => {
    logged.length = 0;
    const { body } = await supertest(http.url).get(`/fail/${path}`).expect(500);
    expect(body).toEqual({
      error_code: 50001,
      message: 'internal error; the log of the server says more',
    });
    expect(logged.map(({ event }) => event)).toEqual(['rest-request-failed']);
  });
});

describe('stopping', () => {
  it('is announced by readiness while the last work is done', async () => {
    let answer: supertest.Response | undefined;
    const hooks = {
      async beforeApplicationShutdown() {
        answer = await supertest(server.url).get('/health/ready');
      },
    };
    const server = await startHttp(appModule(platform, hooks), { port: 0, platform });
    await supertest(server.url).get('/health/ready').expect(200);
    await server.stop();
    expect([answer?.status, answer?.body.message]).toEqual([503, 'process: it is stopping']);
  });

  it('cuts a request that does not end in time', async () => {
    const { scheduler } = platform;
    const hasty: Platform = {
      ...platform,
      scheduler: { ...scheduler, setTimer: (_, callback) => scheduler.setTimer(0, callback) },
    };
    const server = await startHttp(appModule(hasty), { port: 0, platform: hasty });
    const arrived = new Promise<void>((resolve) => (hang = resolve));
    const cut = expect(supertest(server.url).get('/fail/hang')).rejects.toThrow(
      /hang up|ECONNRESET/,
    );
    await arrived;
    await server.stop();
    await cut;
  });

  it.each([
    ['that had an answer', ['GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n']],
    ['that never asked', []],
  ])('does not wait for an idle connection %s', async (_, requests) => {
    const server = await startHttp(appModule(patient), { port: 0, platform: patient });
    const client = await open(server);
    for (const request of requests) {
      client.socket.write(request);
      await client.received('200 OK');
    }
    await server.stop();
    await client.closed;
  });

  it('answers what is under way, streams to their end, and then closes their connections', async () => {
    const server = await startHttp(appModule(patient), { port: 0, platform: patient });
    const clients = [await open(server), await open(server)] as const;
    clients[0].socket.write('GET /fail/wait HTTP/1.1\r\nHost: localhost\r\n\r\n');
    clients[1].socket.write('GET /fail/stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await clients[1].received('data: first');
    const stopped = server.stop();
    await refused(server);
    answer('late');
    stream.push('data: last\n\n');
    stream.push(null);
    await stopped;
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients[0].text()).toMatch(/^HTTP\/1.1 200 .*late$/s);
    expect(clients[1].text()).toMatch(/data: first.*data: last.*\r\n0\r\n\r\n$/s);
  });
});

/** The deadline of a shutdown never comes. */
const patient: Platform = {
  ...platform,
  scheduler: {
    ...platform.scheduler,
    setTimer: (delayMs, callback) =>
      platform.scheduler.setTimer(delayMs === limits.drainMs ? 2 ** 31 - 1 : delayMs, callback),
  },
};

/** Settles when it listens no more. */
async function refused({ host, port }: HttpServer): Promise<void> {
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect');
    } catch {
      return;
    } finally {
      socket.destroy();
    }
  }
}

/** A connection that a client keeps. */
async function open({ host, port }: HttpServer): Promise<{
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly text: () => string;
  readonly received: (part: string) => Promise<void>;
}> {
  const socket = connect({ host, port });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  const received = async (part: string): Promise<void> => {
    while (!text.includes(part)) await once(socket, 'data');
  };
  return { socket, closed, text: () => text, received };
}
