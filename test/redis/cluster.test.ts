// A broker and three processors as real processes that know nothing but a Redis: they find each other, share the tasks, answer each
// other's queries, and go on when one of them, or Redis, dies.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MainProcess } from './main-process.js';
import { RedisServer } from './redis-server.js';

const platform = nodePlatform();
const work = mkdtempSync(join(tmpdir(), 'drave-cluster-'));
const running: MainProcess[] = [];
const anyPort = '127.0.0.1:0';
const token = 'a-token-for-every-processor';
const taskCount = 6;
let redis: RedisServer;
let bootstrap = '';
/** The HTTP side of the broker, which runs no instance. */
let brokerSide: Asked;

interface Asked {
  readonly url: string;
}

interface Worker extends Asked {
  readonly process: MainProcess;
}

interface App {
  readonly instances: readonly { readonly state: string; readonly tasks: readonly string[] }[];
  readonly runningTaskCount: number;
}

function run(app: 'broker' | 'processor', env: Readonly<Record<string, string>>): MainProcess {
  const process = new MainProcess(app, {
    DRAVE_REDIS_URL: redis.url,
    DRAVE_HTTP: anyPort,
    DRAVE_TOKENS: token,
    ...env,
  });
  running.push(process);
  return process;
}

async function startWorker(name: string): Promise<Worker> {
  const process = run('processor', {
    DRAVE_DATA: join(work, name),
    DRAVE_COMMIT_INTERVAL_MS: '100',
  });
  const { url = '', brokers } = await process.line('processor-started');
  expect(brokers).toEqual([bootstrap]);
  return { process, url };
}

async function ask(url: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers, redirect: 'manual', ...init });
  const text = await response.text();
  const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const retryAfter = response.headers.get('retry-after');
  const location = response.headers.get('location') ?? '';
  return { status: response.status, body, location, retryAfter };
}

async function tasksOf({ url }: Worker): Promise<readonly string[]> {
  const { body } = await ask(`${url}/api/v1/streams/apps/flight-delays`);
  const app = body as unknown as App;
  return app.runningTaskCount === app.instances[0]?.tasks.length ? app.instances[0].tasks : [];
}

/** Waits until the workers run every task once, each at least `each`; well within the session timeout of 45 s. */
async function shared(workers: readonly Worker[], each: number): Promise<void> {
  await vi.waitUntil(
    async () => {
      const tasks = await Promise.all(workers.map(tasksOf));
      const all = tasks.flat();
      return (
        all.length === taskCount &&
        new Set(all).size === taskCount &&
        tasks.every(({ length }) => length >= each)
      );
    },
    { timeout: 30_000, interval: 100 },
  );
}

const airports = ['DTW', 'LAS', 'ORD', 'ATL', 'PHX', 'SEA', 'BOS', 'DEN'];
const storePath = '/api/v1/streams/apps/flight-delays/stores/airport-delays-1d';

async function produce(): Promise<void> {
  const client = new KafkaClient({ platform, brokers: [bootstrap] });
  const value = { departedAt: '2001-01-01T10:00:00Z', delayMinutes: 5, distanceMiles: 300 };
  const flights = airports.map((origin) => ({
    topic: 'flights',
    key: origin,
    value: JSON.stringify({ ...value, origin, destination: 'SFO' }),
  }));
  await client.producer().sendBatch(flights);
  await client.close();
}

/** Every worker and the broker answer for every airport with so many flights. */
async function answered(workers: readonly Worker[], flights: number): Promise<void> {
  const isRight = async (url: string): Promise<boolean> => {
    const { status, body } = await ask(url);
    const windows = body['windows'] as { value: { flights: number } }[] | undefined;
    return status === 200 && windows?.[0]?.value.flights === flights;
  };
  await vi.waitUntil(
    async () => {
      const urls = [...workers, brokerSide].flatMap(({ url }) =>
        airports.map((key) => `${url}${storePath}/${key}`),
      );
      return (await Promise.all(urls.map(isRight))).every(Boolean);
    },
    { timeout: 30_000, interval: 100 },
  );
}

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(async () => {
  await Promise.all(running.map((process) => process.kill('SIGKILL')));
  await redis.kill();
  rmSync(work, { recursive: true, force: true });
});

describe('processes that know nothing but Redis', () => {
  const workers: Worker[] = [];

  it('find the broker, also when it comes last, and share the tasks as they join', async () => {
    const first = startWorker('one');
    await running[0]?.line('processor-waits-for-broker');
    const broker = run('broker', { DRAVE_LISTEN: anyPort, DRAVE_DATA: join(work, 'broker') });
    const { address } = await broker.line('broker-started');
    bootstrap = `${address?.host}:${address?.port}`;
    brokerSide = { url: (await broker.line('http-started')).url ?? '' };
    workers.push(await first);
    await shared(workers, taskCount);
    workers.push(...(await Promise.all([startWorker('two'), startWorker('three')])));
    await shared(workers, 2);
  }, 90_000);

  it('refuse a second broker with the same id, with one sentence and code 1', async () => {
    const second = run('broker', { DRAVE_LISTEN: anyPort, DRAVE_DATA: join(work, 'second') });
    expect(await second.ended).toBe(1);
    expect(second.errors).toMatch(
      new RegExp(`^drave broker: a broker with the id 1 is alive at ${bootstrap} .*DRAVE_NODE_ID`),
    );
  });

  it('answer for each other: by asking the owner, by sending the caller there, or not at all', async () => {
    await produce();
    await answered(workers, 1);
    const [{ url } = { url: '' }] = workers;
    const statuses = await Promise.all(
      airports.map(async (key) => {
        const local = await ask(`${url}${storePath}/${key}?route=local`);
        const sent = await ask(`${url}${storePath}/${key}?route=redirect`);
        if (local.status === 200) expect(sent.status).toBe(200);
        else {
          expect(local).toMatchObject({ status: 404, body: { error_code: 40410 } });
          expect(sent.status).toBe(307);
          expect((await ask(sent.location)).status).toBe(200);
        }
        return local.status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 404]));
    const nobody = await ask(`${url}${storePath}/XXX`);
    expect(nobody).toMatchObject({ status: 404, body: { error_code: 40410 } });
    const stranger = await ask(`${url}${storePath}/DTW`, { headers: {} });
    expect(stranger.status).toBe(401);
  }, 60_000);

  it('are asked by the broker, which keeps nothing: values, owners, tasks with their actors', async () => {
    const { url } = brokerSide;
    const owners = new Set<string>();
    for (const key of airports) {
      const sent = await ask(`${url}${storePath}/${key}?route=redirect`);
      expect(sent.status).toBe(307);
      expect(await ask(`${sent.location}&route=local`)).toMatchObject({ status: 400 });
      expect(await ask(sent.location.replace('redirect', 'local'))).toMatchObject({ status: 200 });
      owners.add(new URL(sent.location).origin);
    }
    expect(owners.size).toBeGreaterThan(1);
    const refusals = { XXX: 40410, 'DTW?route=local': 40001, 'DTW?route=all': 40001 };
    for (const [asked, code] of Object.entries(refusals)) {
      const { body } = await ask(`${url}${storePath}/${asked}`);
      expect(body).toMatchObject({ error_code: code });
    }
    const app = `${url}/api/v1/streams/apps/flight-delays`;
    expect(await ask(`${app}/stores/none/DTW`)).toMatchObject({ body: { error_code: 40409 } });
    expect(await ask(`${app}x/stores/none/DTW`)).toMatchObject({ body: { error_code: 40408 } });
    const { body } = await ask(`${app}/tasks`);
    const tasks = body['data'] as { instance: string; actor?: { path: string; state: string } }[];
    expect(new Set(tasks.map(({ instance }) => instance)).size).toBe(3);
    expect(tasks.map(({ actor }) => actor?.state)).toEqual(Array(taskCount).fill('running'));
    expect((await ask(`${app}/topology`)).body).toMatchObject({ applicationId: 'flight-delays' });
  }, 60_000);

  it('take over from a killed one at once, not after its session timeout', async () => {
    const killed = workers.pop();
    await killed?.process.kill('SIGKILL');
    // Until then a query is answered right or refused with what to do, and no other way.
    const isServed = async (): Promise<boolean> => {
      const urls = [...workers, brokerSide].flatMap(({ url }) =>
        airports.map((key) => `${url}${storePath}/${key}`),
      );
      const answers = await Promise.all(urls.map((url) => ask(url)));
      for (const { status, body, retryAfter } of answers) {
        if (status === 200) continue;
        expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: '1' });
        expect([50303, 50304]).toContain(body['error_code']);
        expect(body['message']).toMatch(/ask again/);
      }
      return answers.every(({ status }) => status === 200);
    };
    await vi.waitUntil(isServed, { timeout: 30_000, interval: 50 });
    await shared(workers, 3);
    await produce();
    await answered(workers, 2);
  }, 90_000);

  it('take the killed one back on its state directory', async () => {
    workers.push(await startWorker('three'));
    await shared(workers, 2);
    await answered(workers, 2);
  }, 60_000);

  it('send no query, and so no token, to an address that a stranger wrote into Redis', async () => {
    const [{ url } = { url: '' }] = workers;
    const entries = '{drave}:membership:entries';
    const lie = {
      applicationId: 'flight-delays',
      instanceId: '0',
      bootId: 'b',
      memberId: '',
      queryUrl: 'http://127.0.0.1:1',
      tasks: Array.from({ length: 3 }, (_, index) => [`0_${index}`, `1_${index}`]).flat(),
    };
    const key = 'processors/flight-delays/0';
    await redis.command('HSET', entries, key, `1.0a\nforeign\n${JSON.stringify(lie)}`);
    await redis.command('HINCRBY', '{drave}:membership:state', 'revision', '1');
    await vi.waitUntil(
      async () => {
        const answers = await Promise.all(airports.map((to) => ask(`${url}${storePath}/${to}`)));
        return answers.some(({ status, body }) => {
          return status === 503 && /does not have our tokens/.test(String(body['message']));
        });
      },
      { timeout: 20_000 },
    );
    await redis.command('HDEL', entries, key);
    await redis.command('HINCRBY', '{drave}:membership:state', 'revision', '1');
    await answered(workers, 2);
  }, 60_000);

  it('go on without Redis, and answer each other again when it is back, empty', async () => {
    await redis.kill();
    await produce();
    await answered(workers, 3);
    await vi.waitUntil(
      async () => {
        const { status, body } = await ask(`${workers[0]?.url}/health/ready`);
        return status === 200 && JSON.stringify(body).includes('"directory":"lost"');
      },
      { timeout: 20_000 },
    );
    await redis.restart();
    await vi.waitUntil(
      async () => (await redis.command('HLEN', '{drave}:membership:entries')) === ':4',
      {
        timeout: 20_000,
      },
    );
    await shared(workers, 2);
    await produce();
    await answered(workers, 4);
  }, 90_000);

  it('hand over and end with code 0', async () => {
    const leaving = workers.pop();
    expect(await leaving?.process.kill('SIGTERM')).toBe(0);
    await shared(workers, 3);
    await answered(workers, 4);
  }, 60_000);
});
