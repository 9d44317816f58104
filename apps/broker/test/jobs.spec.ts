// `/api/v1/jobs` and `/api/v1/delayed` over HTTP on a real broker: each job does what it says, survives a restart in the history,
// and bad input is refused where it comes in.
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { deadLetterHeaders } from '@drave/contracts';
import { KafkaClient } from '@drave/client';
import type { HttpServer } from '@drave/nest/http';
import { memoryPlatform, nodePlatform } from '@drave/platform';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBrokerHttp } from '../src/index.js';
import { PlatformJobs } from '../src/jobs.js';

const platform = { ...nodePlatform(), disk: memoryPlatform().disk };
let broker: TestBroker;
let jobs: PlatformJobs;
let http: HttpServer;

async function open(): Promise<void> {
  const options = { broker: broker.broker, bootstrap: [broker.bootstrap], platform };
  jobs = await PlatformJobs.start({ ...options, directory: '/jobs' });
  http = await startBrokerHttp({ broker: broker.broker, jobs, platform, port: 0 });
}

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 1, 'orders.dlq': 2 } });
  await open();
});
afterAll(async () => {
  await http.stop();
  await jobs.stop();
  await broker.stop();
});

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${http.url}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>,
  };
}

/** Starts a job; its body once it has ended. */
async function run(name: string, data: unknown = {}): Promise<Record<string, unknown>> {
  const started = await ask('POST', '/api/v1/jobs', { name, data });
  expect(started).toMatchObject({ status: 202 });
  return vi.waitFor(
    async () => {
      const { body } = await ask('GET', `/api/v1/jobs/${String(started.body['id'])}`);
      if (body['state'] !== 'completed' && body['state'] !== 'failed') throw new Error('runs');
      return body;
    },
    { timeout: 20_000, interval: 5 },
  );
}

async function removedSchedulesStayAway(): Promise<void> {
  const path = '/api/v1/jobs/schedules';
  const isThere = async (): Promise<boolean> =>
    ((await ask('GET', path)).body['data'] as { id: string }[]).some(({ id }) => id === 'scrub');
  const restart = async (): Promise<void> => {
    await http.stop();
    await jobs.stop();
    await open();
  };
  expect((await ask('DELETE', `${path}/scrub`)).status).toBe(204);
  await restart();
  expect(await isThere()).toBe(false);
  const rhythm = { name: 'segment-scrub', everyMs: 3_600_000 };
  expect((await ask('PUT', `${path}/scrub`, rhythm)).status).toBe(204);
  expect((await ask('DELETE', `${path}/nightly`)).status).toBe(204);
  await restart();
  expect(await isThere()).toBe(true);
}

describe('/api/v1/jobs', () => {
  it('sweeps, compacts and scrubs on request', async () => {
    expect(await run('retention-sweep')).toMatchObject({ result: { segmentsDeleted: 0 } });
    expect(await run('compaction-sweep', { force: true })).toMatchObject({ state: 'completed' });
    expect(await run('segment-scrub')).toMatchObject({ result: { corruptRanges: 0 } });
  });

  it('drives dead letters back to their topic, once, after a dry run', async () => {
    const letter = (n: number) => ({
      value: `letter ${n}`,
      partition: n % 2,
      headers: {
        mine: 'kept',
        ...(n === 3 ? {} : { [deadLetterHeaders.topic]: 'orders' }),
        [deadLetterHeaders.error]: 'broke',
      },
    });
    await broker.produce('orders.dlq', [0, 1, 2, 3].map(letter));
    const data = { topic: 'orders.dlq' };
    const expected = { redriven: 3, skipped: 1, byTopic: { orders: 3 } };
    expect(await run('dead-letter-redrive', { ...data, dryRun: true })).toMatchObject({
      result: expected,
    });
    expect(await broker.records('orders')).toHaveLength(0);
    expect(await run('dead-letter-redrive', data)).toMatchObject({
      result: expected,
      progress: { done: 4, of: 4 },
      logs: ['3 redriven, 1 without an origin'],
    });
    const records = await broker.waitFor('orders', 3);
    expect(
      records.map(({ value }) => value?.toString() ?? '').toSorted((a, b) => a.localeCompare(b)),
    ).toEqual(['letter 0', 'letter 1', 'letter 2']);
    const headers = Object.fromEntries(
      (records[0]?.headers ?? []).map(({ key, value }) => [key, value?.toString()]),
    );
    expect(headers).toEqual({
      mine: 'kept',
      'x-redrive-id': expect.stringMatching(/^orders\.dlq:[01]:\d+$/) as string,
    });
    expect(await run('dead-letter-redrive', data)).toMatchObject({ result: { redriven: 0 } });
  });

  it('resets offsets and purges a topic', async () => {
    const reset = (to: unknown, dryRun = false) =>
      run('offset-reset', { group: 'readers', topic: 'orders', to, dryRun });
    expect(await reset('latest', true)).toMatchObject({
      result: { partitions: [{ partition: 0, from: null, to: 3 }] },
    });
    await reset('latest');
    expect(await reset({ offset: 1 })).toMatchObject({
      result: { partitions: [{ partition: 0, from: 3, to: 1 }] },
    });
    expect(await reset({ timestampMs: 0 })).toMatchObject({
      result: { partitions: [{ partition: 0, from: 1, to: 0 }] },
    });
    expect(await run('topic-purge', { topic: 'orders' })).toMatchObject({
      result: { recordsDeleted: 3 },
    });
    expect(await run('topic-purge', { topic: 'nowhere' })).toMatchObject({
      state: 'failed',
      failedReason: expect.stringContaining('nowhere') as string,
    });
  });

  it('sweeps by schedule, which the history shows, and its own timers stay away', async () => {
    const swept = await vi.waitFor(
      async () => {
        const { body } = await ask('GET', '/api/v1/jobs?state=completed&count=1000');
        const found = body['data'] as { name: string; id: string }[];
        const names = found.flatMap(({ id, name }) => (id.startsWith('repeat:') ? [name] : []));
        expect(new Set(names)).toEqual(new Set(['retention-sweep', 'segment-scrub']));
        return names;
      },
      { timeout: 20_000, interval: 10 },
    );
    expect(swept.length).toBeGreaterThan(1);
  });

  it('lists history over a restart, retries, removes, schedules', async () => {
    const failed = (await ask('GET', '/api/v1/jobs?state=failed')).body['data'] as { id: string }[];
    expect(failed).toHaveLength(1);
    const before = (await ask('GET', '/api/v1/jobs?count=1000')).body['data'] as unknown[];
    const rhythm = { name: 'retention-sweep', everyMs: 3_600_000 };
    expect((await ask('PUT', '/api/v1/jobs/schedules/hourly', rhythm)).status).toBe(204);
    const nightly = { name: 'segment-scrub', pattern: '0 3 * * *' };
    expect((await ask('PUT', '/api/v1/jobs/schedules/nightly', nightly)).status).toBe(204);
    await http.stop();
    await jobs.stop();
    await open();
    const after = (await ask('GET', '/api/v1/jobs?count=1000')).body['data'] as unknown[];
    expect(after.length).toBeGreaterThan(before.length);
    const schedules = (await ask('GET', '/api/v1/jobs/schedules')).body['data'] as { id: string }[];
    const ids = schedules.map(({ id }) => id).toSorted();
    expect(ids).toEqual(['compaction', 'hourly', 'nightly', 'retention', 'scrub']);
    expect((await ask('DELETE', '/api/v1/jobs/schedules/hourly')).status).toBe(204);
    expect((await ask('DELETE', '/api/v1/jobs/schedules/hourly')).status).toBe(404);
    await removedSchedulesStayAway();
    const id = failed[0]?.id ?? '';
    expect((await ask('POST', `/api/v1/jobs/${id}/retry`)).status).toBe(202);
    await vi.waitFor(async () => {
      expect((await ask('GET', `/api/v1/jobs/${id}`)).body['attemptsMade']).toBe(2);
    });
    expect((await ask('DELETE', `/api/v1/jobs/${id}`)).status).toBe(204);
    expect((await ask('GET', `/api/v1/jobs/${id}`)).status).toBe(404);
  });

  it.each([
    ['POST', '/api/v1/jobs', { name: 'format-disk' }, 400],
    ['POST', '/api/v1/jobs', { name: 'topic-purge', data: {} }, 400],
    ['POST', '/api/v1/jobs', { name: 'topic-purge', data: { topic: 'a', more: 1 } }, 400],
    ['POST', '/api/v1/jobs', { name: 'retention-sweep', delayMs: -1 }, 400],
    ['PUT', '/api/v1/jobs/schedules/x', { name: 'retention-sweep' }, 400],
    ['PUT', '/api/v1/jobs/schedules/x', { name: 'retention-sweep', pattern: 'soon' }, 400],
    ['GET', '/api/v1/jobs?state=odd', undefined, 400],
    ['GET', '/api/v1/jobs?count=100000', undefined, 400],
    ['GET', '/api/v1/jobs/none', undefined, 404],
    ['POST', '/api/v1/jobs/none/retry', undefined, 404],
    ['DELETE', '/api/v1/delayed/none/x/1', undefined, 400],
    ['DELETE', '/api/v1/delayed/none/0/1', undefined, 404],
    ['GET', '/api/v1/delayed/orders', undefined, 404],
  ])('%s %s %j is %i', async (method, path, body, status) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain('    at ');
  });
});

describe('/api/v1/delayed', () => {
  it('lists and cancels what waits', async () => {
    await broker.createTopic('later', 1, { 'drave.delay.enable': 'true' });
    const client = new KafkaClient({ brokers: [broker.bootstrap], platform });
    const producer = client.producer();
    const atMs = Date.now() + 3_600_000;
    const headers = [{ key: 'drave-deliver-at', value: Buffer.from(String(atMs)) }];
    await producer.send({ topic: 'later', value: Buffer.from('x'), headers });
    const record = { topic: 'later', partition: 0, offset: 0, deliverAtMs: atMs };
    await vi.waitFor(
      async () =>
        expect((await ask('GET', '/api/v1/delayed/later')).body).toEqual({
          data: [record],
          waiting: 1,
        }),
      { timeout: 10_000, interval: 5 },
    );
    expect((await ask('GET', '/api/v1/delayed')).body).toEqual({
      data: [{ topic: 'later', waiting: 1 }],
    });
    expect((await ask('DELETE', '/api/v1/delayed/later/0/0')).status).toBe(204);
    expect((await ask('DELETE', '/api/v1/delayed/later/0/0')).status).toBe(404);
    await client.close();
  });
});
