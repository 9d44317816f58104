// The platform's jobs on a real Redis that goes away: the broker serves on, its own timers sweep, asking is 503, and when Redis is
// back, empty, the schedules come back and jobs run.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { LaterJobs, startBrokerHttp } from '@drave/broker-app';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform, silentLogger } from '@drave/platform';
import { afterEach, expect, it, vi } from 'vitest';
import { RedisServer } from './redis-server.js';

const platform = { ...nodePlatform(), logger: silentLogger };
const patience = { timeout: 60_000, interval: 20 };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(
  redis: RedisServer,
): Promise<{ broker: TestBroker; jobs: LaterJobs; http: HttpServer }> {
  const broker = await startTestBroker({ topics: { orders: 1 } });
  closing.push(() => broker.stop());
  const options = { broker: broker.broker, platform, redisUrl: redis.url, answerMs: 300 };
  const jobs = new LaterJobs(options);
  closing.push(async () => void (await jobs.stop()));
  const http = await startBrokerHttp({ broker: broker.broker, jobs, platform, port: 0 });
  closing.push(() => http.stop());
  return { broker, jobs, http };
}

async function json(url: string, init?: RequestInit): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

const sweep = {
  method: 'POST',
  body: JSON.stringify({ name: 'retention-sweep' }),
  headers: { 'content-type': 'application/json' },
};

async function runs(http: HttpServer): Promise<void> {
  const id = await vi.waitFor(async () => {
    const { status, body } = await json(`${http.url}/api/v1/jobs`, sweep);
    expect(status).toBe(202);
    return (body as { id: string }).id;
  }, patience);
  await vi.waitFor(async () => {
    const { body } = await json(`${http.url}/api/v1/jobs/${id}`);
    expect(body).toMatchObject({ state: 'completed', result: { segmentsDeleted: 0 } });
  }, patience);
}

const scheduled = (http: HttpServer) =>
  vi.waitFor(async () => {
    const { body } = await json(`${http.url}/api/v1/jobs/schedules`);
    const ids = (body as { data: { id: string }[] }).data.map(({ id }) => id);
    expect(ids.toSorted()).toEqual(['compaction', 'retention', 'scrub']);
  }, patience);

it('pauses while Redis is away and goes on when it is back, even empty', async () => {
  const redis = await RedisServer.start();
  closing.push(() => redis.kill());
  const { broker, jobs, http } = await start(redis);
  await jobs.start();
  await scheduled(http);
  await runs(http);

  await redis.kill();
  const away = await json(`${http.url}/api/v1/jobs`, sweep);
  expect(away).toMatchObject({ status: 503, body: { error_code: 50305 } });
  await broker.produce('orders', [{ value: 'while Redis is away' }]);
  expect(await broker.records('orders')).toHaveLength(1);
  expect((await fetch(`${http.url}/health/ready`)).status).toBe(200);

  await redis.restart();
  await runs(http);
  await scheduled(http);
});

it('does not run later what was told as failed', async () => {
  const redis = await RedisServer.start();
  closing.push(() => redis.kill());
  const { jobs, http } = await start(redis);
  await jobs.start();
  await scheduled(http);
  const purge = {
    ...sweep,
    body: JSON.stringify({ name: 'compaction-sweep', data: { force: true } }),
  };
  redis.pause(); // what is sent now is read when it goes on
  expect((await json(`${http.url}/api/v1/jobs`, purge)).status).toBe(503);
  redis.resume();
  await runs(http);
  const { body } = await json(`${http.url}/api/v1/jobs?count=1000`);
  const found = (body as { data: { id: string; name: string; state: string }[] }).data;
  const asked = found.filter(({ id }) => !id.startsWith('repeat:'));
  expect(asked.filter(({ state }) => state !== 'failed').map(({ name }) => name)).toEqual([
    'retention-sweep',
  ]);
});

it('starts and stops while Redis is away', async () => {
  const redis = await RedisServer.start();
  await redis.kill();
  const { jobs, http } = await start(redis);
  await jobs.start();
  expect((await json(`${http.url}/api/v1/jobs`)).status).toBe(503);
  await redis.restart();
  closing.push(() => redis.kill());
  await runs(http);
  await scheduled(http);
  await redis.kill();
  await jobs.stop();
});
