// `/api/v1/events` over HTTP on a real broker: a list and a stream of the same, resumed by id, filtered by name; the audit of what REST
// changes; status codes. The pace of a stream, its heartbeat and slow readers by a manual clock.

import { EventBus } from '@drave/broker';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { eventCatalogue, eventTypes, type EventList } from '@drave/contracts/rest';
import type { HttpServer } from '@drave/nest/http';
import { manualClock, memoryPlatform, nodePlatform } from '@drave/platform';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventFrames } from '../src/api/event-stream.js';
import { startBrokerHttp } from '../src/index.js';
import { PlatformJobs } from '../src/jobs.js';
import { tellJob } from '../src/jobs/job-events.js';
import { StreamsWatch, type WatchedInstance } from '../src/streams-watch.js';

const platform = { ...nodePlatform(), disk: memoryPlatform().disk };
const alice = 'alice-has-this-token';
const reader = 'reader-has-this-token';
let broker: TestBroker;
let jobs: PlatformJobs;
let http: HttpServer;

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 1, 'orders.dlq': 1 } });
  const options = { broker: broker.broker, bootstrap: [broker.bootstrap], platform };
  jobs = await PlatformJobs.start({ ...options, directory: '/jobs', sweeps: false });
  const tokens = [
    { token: alice, name: 'alice' },
    { token: reader, scope: 'read-only' as const },
  ];
  http = await startBrokerHttp({ broker: broker.broker, jobs, platform, port: 0, tokens });
});
afterAll(async () => {
  await http.stop();
  await jobs.stop();
  await broker.stop();
});

const get = (query = '', token = reader) =>
  request(http.url).get(`/api/v1/events${query}`).set('authorization', `Bearer ${token}`);
const post = (path: string, body: object, token = alice) =>
  request(http.url).post(path).set('authorization', `Bearer ${token}`).send(body);
const end = async (): Promise<string> => ((await get()).body as EventList).next;

/** Events after `since`, once `isThere` holds of them. */
async function eventsAfter(since: string, isThere: (types: string[]) => boolean) {
  return vi.waitFor(
    async () => {
      const { data } = (await get(`?since=${since}&limit=1000`)).body as EventList;
      if (!isThere(data.map(({ type }) => type))) throw new Error('not yet');
      return data;
    },
    { timeout: 20_000, interval: 5 },
  );
}

interface Frame {
  readonly event: string | undefined;
  readonly id: string | undefined;
  readonly data: {
    readonly events?: readonly { readonly type: string }[];
    dropped?: number | null;
  };
}
function framesOf(text: string): Frame[] {
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('event:'))
    .map((part) => ({
      event: /^event: (.*)$/m.exec(part)?.[1],
      id: /^id: (.*)$/m.exec(part)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(part)?.[1] ?? 'null') as Frame['data'],
    }));
}

/** Reads a stream until `isEnough`, then leaves. */
async function stream(
  query: string,
  headers: Record<string, string>,
  isEnough: (frames: Frame[]) => boolean | Promise<boolean>,
): Promise<Frame[]> {
  const abort = new AbortController();
  const response = await fetch(`${http.url}/api/v1/events${query}`, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${reader}`, ...headers },
    signal: abort.signal,
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (await isEnough(framesOf(text))) break;
  }
  abort.abort();
  return framesOf(text);
}

describe('the list', () => {
  it('shows what REST did, who did it, and what came of it', async () => {
    await broker.produce('orders', [{ value: 'x' }]);
    const since = await end();
    await post('/api/v1/topics/orders/purge', { dryRun: false }).expect(200);
    await post('/api/v1/topics/orders/purge', {}).expect(200); // A preview is no action.
    await post('/api/v1/topics/nosuch/purge', { dryRun: false }).expect(404);
    await post('/api/v1/topics/orders/purge', { dryRun: false }, reader).expect(403);
    await post('/api/v1/topics/orders/purge', {}, 'nobody-knows-this-token').expect(401);
    const data = await eventsAfter(
      since,
      (types) => types.filter((type) => type === 'rest.action.v1').length === 3,
    );
    const route = '/api/v1/topics/:topic/purge';
    expect(data).toMatchObject([
      { type: 'records.deleted.v1', data: { topic: 'orders', count: 1 } },
      {
        type: 'rest.action.v1',
        data: {
          who: 'alice',
          method: 'POST',
          path: '/api/v1/topics/orders/purge',
          route,
          status: 200,
        },
      },
      { type: 'rest.action.v1', data: { who: 'alice', host: '127.0.0.1', status: 404 } },
      { type: 'rest.action.v1', data: { who: 'token-2', status: 403 } },
    ]);
    expect(JSON.stringify(data)).not.toContain('this-token');
  });

  it('shows topics, offsets, letters and jobs, each in the shape of the catalogue', async () => {
    const since = await end();
    const { body } = await request(http.url)
      .get('/v3/clusters')
      .set('authorization', `Bearer ${alice}`);
    const cluster = (body as { data: [{ cluster_id: string }] }).data[0].cluster_id;
    await post(`/v3/clusters/${cluster}/topics`, { topic_name: 'news' }).expect(201);
    await post(`/v3/clusters/${cluster}/topics/news/configs:alter`, {
      data: [{ name: 'retention.ms', value: '7' }],
    }).expect(204);
    const reset = { scope: [{ topic: 'orders' }], to: 'earliest', dryRun: false };
    await post('/api/v1/groups/g/reset', reset).expect(200);
    await post('/api/v1/dlq/orders.dlq/redrive', { dryRun: false }).expect(200);
    await post('/api/v1/jobs', { name: 'topic-purge', data: { topic: 'orders' } }).expect(202);
    await post('/api/v1/jobs', { name: 'topic-purge', data: { topic: 'nosuch' } }).expect(202);
    const data = await eventsAfter(
      since,
      (types) => types.includes('job.finished.v1') && types.includes('job.failed.v1'),
    );
    for (const event of data) eventCatalogue[event.type].parse(event.data);
    const of = (type: string) => data.filter((event) => event.type === type).map((one) => one.data);
    expect(of('topic.created.v1')).toContainEqual({ topic: 'news', partitions: 1 });
    expect(of('topic.configs-changed.v1')).toEqual([
      { topic: 'news', changed: { 'retention.ms': '7' } },
    ]);
    expect(of('offsets.reset.v1')).toMatchObject([{ group: 'g', count: 1 }]);
    expect(of('letters.redriven.v1')).toEqual([{ topic: 'orders.dlq', count: 0 }]);
    expect(of('job.started.v1')).toHaveLength(2);
    expect(of('job.failed.v1')).toMatchObject([{ name: 'topic-purge' }]);
  });

  it('goes on where it was, and is filtered by beginnings of names', async () => {
    const first = (await get('?since=earliest&limit=2')).body as EventList;
    expect(first.data).toHaveLength(2);
    const second = (await get(`?since=${first.next}&limit=1000`)).body as EventList;
    const whole = (await get('?since=earliest&limit=1000')).body as EventList;
    expect([...first.data, ...second.data]).toEqual(whole.data.slice(0, 2 + second.data.length));
    const jobsOnly = (await get('?types=job,topic.deleted.v1&limit=1000')).body as EventList;
    expect(new Set(jobsOnly.data.map(({ type }) => type.split('.')[0]))).toEqual(new Set(['job']));
    const newest = (await get('?limit=1')).body as EventList;
    expect(newest.data).toEqual(whole.data.slice(-1));
  });

  it('says that an id is of another run', async () => {
    const { body } = await get('?since=0other-7&limit=1').expect(200);
    expect(body).toMatchObject({ dropped: null });
  });
});

describe('status codes', () => {
  it.each(['?types=nosuch', '?types=', '?since=now', '?limit=0', '?limit=1001', '?x=1'])(
    '400 for %s',
    async (query) => {
      const { body } = await get(query).expect(400);
      expect(body).toMatchObject({ error_code: 40001 });
    },
  );
  it('401 without a token, 405 for other methods, 400 for an id that is none', async () => {
    await request(http.url).get('/api/v1/events').expect(401);
    await post('/api/v1/events', {}).expect(405);
  });
  it('429 above so many streams, which is over when one leaves', async () => {
    const aborts: AbortController[] = [];
    const kept: Response[] = []; // One that is collected closes its connection.
    const open = async (): Promise<number> => {
      const abort = new AbortController();
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${reader}` };
      const response = await fetch(`${http.url}/api/v1/events`, { headers, signal: abort.signal });
      aborts.push(abort);
      kept.push(response);
      return response.status;
    };
    try {
      for (let n = 0; n < 100; n++) expect(await open()).toBe(200);
      expect(await open()).toBe(429);
      aborts[0]?.abort();
      await vi.waitFor(async () => expect(await open()).toBe(200), { timeout: 20_000 });
    } finally {
      for (const abort of aborts.splice(0)) abort.abort();
    }
    await vi.waitFor(async () => expect(await open()).toBe(200), { timeout: 20_000 });
    aborts[0]?.abort();
  });
});

describe('the stream', () => {
  it('begins now, and resumes after the last id without gap or repetition', async () => {
    const purge = async (): Promise<void> => {
      await broker.produce('orders', [{ value: 'x' }]);
      await post('/api/v1/topics/orders/purge', { dryRun: false }).expect(200);
    };
    const first = await stream('?types=records', {}, async (frames) => {
      if (frames.length === 1) await purge();
      return frames.length > 1;
    });
    expect(first[0]).toMatchObject({ event: 'ready', data: {} });
    const seen = first.flatMap(({ data }) => data.events ?? []);
    expect(seen.length).toBeGreaterThan(0);
    await purge();
    await purge();
    const id = first.at(-1)?.id ?? '';
    const rest = (await get(`?since=${id}&types=records`)).body as EventList;
    const second = await stream(
      '?types=records',
      { 'last-event-id': id },
      (frames) => frames.flatMap(({ data }) => data.events ?? []).length >= rest.data.length,
    );
    expect(second.flatMap(({ data }) => data.events ?? [])).toEqual(rest.data);
  });

  it('tells a reader of another run that something is missing', async () => {
    const frames = await stream('', { 'last-event-id': '0other-7' }, () => true);
    expect(frames[0]).toMatchObject({ event: 'ready', data: { dropped: null } });
  });
});

describe('the frames of a stream, by a manual clock', () => {
  function open(keptMax: number) {
    const clock = manualClock();
    const { scheduler } = memoryPlatform({ clock, seed: 1 });
    const bus = new EventBus(clock, { keptMax });
    const abort = new AbortController();
    const from = { position: 0, isGap: false };
    const frames = eventFrames({
      ...{ bus, from, scheduler, signal: abort.signal },
      isWanted: () => true,
    });
    const publish = (count: number): void => {
      for (let n = 0; n < count; n++) bus.publish({ type: 'redis.connected.v1', data: {} });
    };
    return { clock, frames, publish, abort };
  }

  it('have a comment after 15 s of silence and end with the signal', async () => {
    const { clock, frames, abort } = open(10);
    await frames.next();
    const next = frames.next();
    await clock.advance(15_000);
    expect((await next).value).toBe(': heartbeat\n\n');
    const last = frames.next();
    await clock.advance(0);
    abort.abort();
    expect((await last).done).toBe(true);
  });

  it('come five a second at most, a hundred events each, and count what a slow reader missed', async () => {
    const { clock, frames, publish, abort } = open(250);
    await frames.next();
    publish(1_000);
    const texts: string[] = [];
    const reading = (async () => {
      for await (const frame of frames) texts.push(frame);
    })();
    await clock.advance(100);
    expect(texts).toHaveLength(1);
    for (let n = 0; n < 10; n++) await clock.advance(200);
    abort.abort();
    await clock.advance(200);
    await reading;
    const bodies = framesOf(texts.join('')).map(({ data }) => data);
    expect(bodies.map(({ events }) => events?.length)).toEqual([100, 100, 50]);
    expect(bodies.map(({ dropped }) => dropped)).toEqual([750, undefined, undefined]);
  });
});

it('tells of instances and tasks of stream applications as they change', () => {
  const bus = new EventBus(manualClock());
  const ids = { application: 'a', instance: 'i' };
  const task = (state: string) => ({ taskId: '0_0', state });
  let now: WatchedInstance[] = [];
  const { scheduler } = memoryPlatform();
  const watch = new StreamsWatch({ look: () => now, events: bus, scheduler });
  watch.look();
  for (const next of [
    [{ ...ids, state: 'starting', tasks: [] }],
    [{ ...ids, state: 'running', tasks: [task('restoring')] }],
    [{ ...ids, state: 'running', tasks: [task('running')] }],
    [{ ...ids, state: 'running', tasks: [] }],
    [],
  ]) {
    now = next;
    watch.look();
  }
  const told = bus
    .read(0, 100, () => true)
    .events.map(({ json }) => JSON.parse(json) as { type: string; data: Record<string, unknown> })
    .map(({ type, data }) => [type.split('.')[1], data['state']]);
  expect(told).toEqual([
    ['instance-joined', undefined],
    ['app-state', 'starting'],
    ['app-state', 'running'],
    ['task-state', 'restoring'],
    ['task-state', 'running'],
    ['task-state', null],
    ['instance-left', undefined],
  ]);
});

it.each([
  ['a job', undefined, { deleted: 0 }, ['started', 'progressed', 'finished']],
  ['a scheduled one that did something', 's', { deleted: 1 }, ['progressed', 'finished']],
  ['a scheduled one that did nothing', 's', { deleted: 0 }, ['progressed']],
  ['a scheduled one that failed', 's', new Error('no'), ['progressed', 'failed']],
])('tells of %s', async (_, scheduleId, result, expected) => {
  const clock = manualClock();
  const events = new EventBus(clock);
  const job = {
    ...{ id: '1', name: 'topic-purge', data: {}, everyMs: undefined, attemptsMade: 0, scheduleId },
    progress: async () => undefined,
    log: async () => undefined,
    forget: () => undefined,
  };
  await tellJob({ events }, clock, job, async (told) => {
    // Twice within a second is told once.
    await told.progress(1);
    await told.progress(2);
    if (result instanceof Error) throw result;
    return result;
  }).catch(() => undefined);
  const { events: kept } = events.read(0, 10, () => true);
  expect(kept.map(({ type }) => type)).toEqual(expected.map((kind) => `job.${kind}.v1`));
});

it('has names of a family, a happening and a version', () => {
  for (const type of eventTypes) expect(type).toMatch(/^[a-z]+\.[a-z-]+\.v[1-9]$/);
});
