// The conformance suite on a real redis-server, and what only Redis can suffer: foreign data, wrong types, no memory.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodePlatform, type Logger } from '@drave/platform';
import { openRedisStore, type ClusterStore } from '@drave/membership';
import { clusterStoreSuite } from '@drave/membership/conformance';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { RedisServer } from './redis-server.js';

const platform = nodePlatform();
const { scheduler } = platform;
let server: RedisServer;
let namespaces = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.kill());

async function openTwo(namespace: string, logger?: Logger): Promise<[ClusterStore, ClusterStore]> {
  const options = {
    platform: logger ? { ...platform, logger } : platform,
    url: server.url,
    namespace,
    pollIntervalMs: 20,
    commandTimeoutMs: 500,
  };
  const stores = [await openRedisStore(options), await openRedisStore(options)] as const;
  for (const store of stores) await connected(store);
  return [...stores];
}

/** Generous, for busy machines. */
async function eventually(isTrue: () => unknown): Promise<void> {
  await vi.waitUntil(isTrue, { timeout: 20_000 });
}

async function connected(store: ClusterStore): Promise<void> {
  await eventually(() => store.status.state === 'connected');
}

clusterStoreSuite({ describe, it }, 'Redis', async (body) => {
  const [a, b] = await openTwo(`suite-${(namespaces += 1)}`);
  try {
    await body({
      a,
      b,
      elapse: (ms) => scheduler.sleep(ms),
      turn: () => scheduler.sleep(10),
      flush: async () => void (await server.command('FLUSHALL')),
      interrupt: async () => server.pause(),
      resume: async () => server.resume(),
    });
  } finally {
    server.resume();
    await a.close();
    await b.close();
  }
});

describe('Redis in other hands', () => {
  const warnings: string[] = [];
  const logger: Logger = {
    ...platform.logger,
    warn: (event) => void warnings.push(event),
    child: () => logger,
  };
  let stores: ClusterStore[] = [];
  let stem = '';

  async function open(): Promise<[ClusterStore, ClusterStore]> {
    warnings.length = 0;
    const namespace = `foreign-${(namespaces += 1)}`;
    stem = `{${namespace}}:membership`;
    const pair = await openTwo(namespace, logger);
    stores = pair;
    return pair;
  }
  afterEach(async () => {
    for (const store of stores) await store.close();
  });

  it('removes foreign fields with one warning and keeps its own', async () => {
    const [a, b] = await open();
    await a.put('mine', 'v');
    await server.command('HSET', `${stem}:entries`, 'foreign', 'not ours', 'other', '\u0000\n\n');
    await server.command('HSET', `${stem}:entries`, 'huge', 'x'.repeat(200_000));
    await b.put('more', 'w');
    await eventually(async () => (await server.command('HLEN', `${stem}:entries`)) === ':2');
    expect((await a.list('')).map(({ key }) => key)).toEqual(['mine', 'more']);
    await eventually(() => warnings.includes('store-repaired'));
    await server.command('HSET', `${stem}:entries`, 'foreign', 'again');
    await a.put('foreign', 'ours');
    expect((await b.get('foreign'))?.value).toBe('ours');
    expect(warnings.filter((event) => event === 'store-repaired').length).toBeLessThanOrEqual(2);
  });

  it.each([':entries', ':leases', ':state'])(
    'replaces %s when it is of a wrong type',
    async (part) => {
      const [a, b] = await open();
      await a.acquire('l', { holder: 'A', value: 'v', ttlMs: 60_000 });
      await server.command('SET', `${stem}${part}`, 'a string');
      await eventually(
        async () => (await a.acquire('l', { holder: 'A', value: 'v', ttlMs: 60_000 })).isHeld,
      );
      expect((await b.get('l'))?.holder).toBe('A');
    },
  );

  it.each([
    ['incarnation', 'short'],
    ['revision', 'NaN'],
    ['at', 'yesterday'],
    ['credit', 'inf-'],
  ])('starts anew when %s of its state is %s', async (field, value) => {
    const [a, b] = await open();
    await a.put('k', 'v');
    await server.command('HSET', `${stem}:state`, field, value);
    await eventually(async () => (await b.get('k')) === undefined);
    expect((await a.put('k', 'w')).value).toBe('w');
  });

  it('gives a lease that lost its lapse time, or has none to come, a new one', async () => {
    const [a, b] = await open();
    await a.acquire('l', { holder: 'A', value: 'v', ttlMs: 60_000 });
    await server.command('ZADD', `${stem}:leases`, 'inf', 'l');
    await a.put('wake', 'up');
    await eventually(
      async () => !(await server.command('ZSCORE', `${stem}:leases`, 'l')).endsWith('inf'),
    );
    await server.command('DEL', `${stem}:leases`);
    await a.put('wake', 'again');
    await eventually(async () => (await server.command('ZCARD', `${stem}:leases`)) === ':1');
    expect((await b.get('l'))?.holder).toBe('A');
  });

  it('throws a flood of foreign fields away', async () => {
    const [a, b] = await open();
    await a.put('mine', 'v');
    const flood = "for i = 1, 20001 do redis.call('HSET', KEYS[1], 'f' .. i, 'x') end return 1";
    await server.command('EVAL', flood, '1', `${stem}:entries`);
    await eventually(async () => (await server.command('HLEN', `${stem}:entries`)) === ':0');
    await a.put('mine', 'again');
    expect((await b.list('')).map(({ key }) => key)).toEqual(['mine']);
  });

  it('goes on after its scripts were forgotten', async () => {
    const [a] = await open();
    await a.put('k', 'v');
    await server.command('SCRIPT', 'FLUSH');
    expect((await a.get('k'))?.value).toBe('v');
  });

  it('needs no more commands and keys than the README grants a user of its own', async () => {
    await open();
    const readme = readFileSync(
      join(import.meta.dirname, '../../libs/membership/README.md'),
      'utf8',
    );
    const [, list = ''] = /own ACL user needs\s+`([^`]*)`/.exec(readme) ?? [];
    const namespace = `granted-${namespaces}`;
    const grants = list.replace('{namespace}', `{${namespace}}`).split(/\s+/);
    expect(grants.length).toBeGreaterThan(15);
    await server.command('ACL', 'SETUSER', 'drave', 'reset', 'on', '>pw', ...grants);
    const url = server.url.replace('redis://', 'redis://drave:pw@');
    const options = { platform: { ...platform, logger }, url, pollIntervalMs: 20 };
    const store = await openRedisStore({ ...options, namespace });
    const other = await openRedisStore({ ...options, namespace: `other-${namespaces}` });
    stores.push(store, other);
    await connected(store);
    await store.acquire('l', { holder: 'A', value: 'v', ttlMs: 60_000 });
    await server.command('ZADD', `{${namespace}}:membership:leases`, 'inf', 'l');
    await server.command('HSET', `{${namespace}}:membership:entries`, 'foreign', 'not ours');
    const put = await store.put('k', 'v');
    expect(await store.compareAndSet('k', put.revision, 'w')).toMatchObject({ value: 'w' });
    await store.delete('k');
    await store.release('l', 'A');
    await eventually(() => warnings.includes('store-repaired'));
    expect(await store.list('')).toEqual([]);
    await expect(other.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await server.command('ACL', 'DELUSER', 'drave');
  });

  it('says that Redis takes no writes, and recovers when it does', async () => {
    const [a] = await open();
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await eventually(() => a.status.state === 'lost');
    expect(a.status.reason).toMatch(/OOM/);
    await expect(a.put('k', 'v')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await connected(a);
    expect((await a.put('k', 'v')).value).toBe('v');
  });

  it('warns of a Redis that may evict leases', async () => {
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await server.command('CONFIG', 'SET', 'maxmemory', '100000000');
    await open();
    await eventually(() => warnings.includes('store-may-evict'));
    await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
  });

  it('needs no Redis to open, refuses a URL that is none, and shows no password', async () => {
    await expect(openRedisStore({ platform, url: 'http://x' })).rejects.toMatchObject({
      code: 'ERR_REDIS_URL',
    });
    await expect(openRedisStore({ platform, url: server.url, namespace: 'a b' })).rejects.toThrow(
      RangeError,
    );
    const store = await openRedisStore({ platform, url: 'redis://u:hush@127.0.0.1:1' });
    stores = [store];
    await expect(store.get('k')).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' });
    await eventually(() => store.status.reason?.includes('ECONNREFUSED'));
    expect(JSON.stringify(store.status)).not.toContain('hush');
  });
});
