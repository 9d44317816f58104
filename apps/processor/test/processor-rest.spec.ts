import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { nodePlatform, type Logger } from '@drave/platform';
import { StreamsApp } from '@drave/streams';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProcessorHttp } from '../src/http.js';
import { flightDelaysTopology, flightTopics, runProcessor, type Processor } from '../src/index.js';

let broker: TestBroker;
let processor: Processor;
let url: string;
const api = '/api/v1/streams/apps';

const post = (path: string): supertest.Test => supertest(url).post(`${api}${path}`);
const lines: { readonly event: string; readonly facts: unknown }[] = [];
const note = (event: string, facts?: unknown): void => void lines.push({ event, facts });
const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
const platform = nodePlatform({ logger });
const get = (path: string): supertest.Test => supertest(url).get(path);

function flight(origin: string, delayMinutes: number): { key: string; value: string } {
  const value = {
    departedAt: '2001-01-01T10:00:00Z',
    delayMinutes,
    distanceMiles: 300,
    origin,
    destination: 'LAS',
  };
  return { key: origin, value: JSON.stringify(value) };
}

beforeAll(async () => {
  broker = await startTestBroker();
  processor = await runProcessor({
    brokers: [broker.bootstrap],
    http: { port: 0 },
    commitIntervalMs: 50,
  });
  url = processor.http?.url ?? '';
  await broker.produce(flightTopics.flights, [
    flight('DTW', 66),
    flight('DTW', 4),
    { key: 'DTW', value: 'not a flight' },
  ]);
  await broker.waitFor(flightTopics.airportDelays, 2);
  await broker.waitFor(flightTopics.deadLetters, 1);
  await broker.waitFor(flightTopics.destinationDelays, 14);
});

afterAll(async () => {
  await processor.stop();
  await broker.stop();
});

describe('a processor', () => {
  it('lists what is there, and its applications', async () => {
    const { body } = await get('/').expect(200);
    expect(body.links.streams).toBe(api);
    const apps = await get(api).expect(200);
    expect(apps.body.data).toHaveLength(1);
    const [app] = apps.body.data;
    expect(app).toMatchObject({
      applicationId: 'flight-delays',
      state: 'running',
      taskCount: 6,
      runningTaskCount: 6,
      totals: { deadLetters: 1, late: 0 },
    });
    expect(app.stores).toContainEqual({ name: 'airport-delays-1d', kind: 'window', entries: 1 });
    await get(app.links.self).expect(200);
  });

  it('shows topology and tasks', async () => {
    const { body } = await get(`${api}/flight-delays/topology`).expect(200);
    expect(body.subtopologies).toHaveLength(2);
    expect(body.mermaid).toContain('flowchart');
    const tasks = await get(`${api}/flight-delays/tasks`).expect(200);
    expect(tasks.body.data.map((task: { taskId: string }) => task.taskId)).toEqual([
      ...['0_0', '0_1', '0_2', '1_0', '1_1', '1_2'],
    ]);
    expect(tasks.body.data[0]).toMatchObject({ state: 'running', inputs: [{ topic: 'flights' }] });
  });

  it('shows a store with its changelog and tasks', async () => {
    const { body } = await get(`${api}/flight-delays/stores/airport-delays-1d`).expect(200);
    expect(body).toMatchObject({ name: 'airport-delays-1d', kind: 'window', entries: 1 });
    expect(body.changelog).toContain('airport-delays-1d');
    expect(body.tasks).toHaveLength(3);
    expect(body.tasks[0]).toEqual({ taskId: `${body.subtopology}_0`, state: 'running' });
  });

  it('answers what a store has for a key', async () => {
    const { body } = await get(`${api}/flight-delays/stores/airport-delays-1d/DTW`).expect(200);
    expect(body).toEqual({
      store: 'airport-delays-1d',
      kind: 'window',
      key: 'DTW',
      isComplete: true,
      windows: [
        {
          startMs: Date.UTC(2001, 0, 1),
          endMs: Date.UTC(2001, 0, 2),
          value: { flights: 2, delaySum: 70, delayed15: 1, delayMax: 66 },
        },
      ],
    });
    const from = Date.UTC(2001, 0, 2);
    const later = await get(`${api}/flight-delays/stores/airport-delays-1d/DTW?from=${from}`);
    expect([later.status, later.body.error_code]).toEqual([404, 40410]);
  });

  it.each([
    ['/other', 404, 40408, "'other'"],
    ['/other/topology', 404, 40408, 'running: flight-delays'],
    ['/other/tasks', 404, 40408, "'other'"],
    ['/flight-delays/stores/absent', 404, 40409, 'airport-delays-1d'],
    ['/absent/stores/airport-delays-1d', 404, 40408, 'absent'],
    ['/flight-delays/stores/absent/DTW', 404, 40409, 'airport-delays-1d'],
    ['/flight-delays/stores/airport-delays-1d/XXX', 404, 40410, "'XXX'"],
    ['/flight-delays/stores/airport-delays-1d/7?keyFormat=json', 400, 40001, 'another type'],
    ['/flight-delays/stores/airport-delays-1d/{?keyFormat=json', 400, 40001, 'no JSON'],
    ['/flight-delays/stores/airport-delays-1d/DTW?from=x', 400, 40001, 'query.from'],
    ['/flight-delays/stores/airport-delays-1d/DTW?limit=3', 400, 40001, 'limit'],
    ['/flight-delays/nothing', 404, 40401, 'GET / lists'],
  ])('answers %s with %d %d', async (path, status, code, sentence) => {
    const { body } = await get(`${api}${path}`).expect(status);
    expect(body).toMatchObject({ error_code: code, message: expect.stringContaining(sentence) });
  });

  it('is ready, and counts what it does', async () => {
    await get('/health/live').expect(200);
    const { body } = await get('/health/ready').expect(200);
    expect(body.info.streams.applications['flight-delays']).toMatchObject({ tasks: 6 });
    const metrics = await get('/metrics').expect(200);
    const app = 'application="flight-delays"';
    expect(metrics.text).toContain(`drave_streams_tasks{${app},state="running"} 6`);
    expect(metrics.text).toContain(`drave_streams_app_instances{${app},state="running"} 1`);
    expect(metrics.text).toMatch(/drave_streams_dead_letters_total\{[^}]*\} 1/);
    expect(metrics.text).toContain('process_cpu_seconds_total');
  });
});

describe('pausing', () => {
  it('stops what runs here, is seen, and goes on', async () => {
    const paused = { applicationId: 'flight-delays', isPaused: true };
    for (const _ of ['once', 'and again']) {
      const { body } = await post('/flight-delays/pause').expect(200);
      expect(body).toEqual({ ...paused, instances: [{ status: 200, isPaused: true }] });
    }
    const app = await get(`${api}/flight-delays`).expect(200);
    expect(app.body).toMatchObject({ state: 'running', isPaused: true, runningTaskCount: 6 });
    expect(app.body.instances[0].isPaused).toBe(true);
    const { text } = await get('/metrics').expect(200);
    expect(text).toContain('drave_streams_paused_instances{application="flight-delays"} 1');
    const { body } = await get('/health/ready').expect(200);
    expect(body.info.streams.applications['flight-delays']).toMatchObject({ isPaused: true });
    await get(`${api}/flight-delays/stores/airport-delays-1d/DTW`).expect(200);
    const resumed = await post('/flight-delays/resume').expect(200);
    expect(resumed.body).toMatchObject({ isPaused: false });
    expect((await get(`${api}/flight-delays`)).body.isPaused).toBe(false);
  });

  it('is in the OpenAPI document with what it answers', async () => {
    const { body } = await get('/openapi.json').expect(200);
    for (const verb of ['pause', 'resume']) {
      const { post: operation } = body.paths[`${api}/{app}/${verb}`];
      const statuses = ['200', '207', '400', '401', '403', '404', '409', '500'];
      expect(Object.keys(operation.responses)).toEqual(statuses);
    }
    expect(body.paths).toHaveProperty([`${api}/{app}/metrics`, 'get']);
  });

  it('leaves figures by task', async () => {
    const { body } = await get(`${api}/flight-delays/metrics`).expect(200);
    expect(body.instances).toMatchObject([{ state: 'running', isPaused: false, taskFailures: 0 }]);
    expect(body.tasks).toHaveLength(6);
    const sums = { recordsIn: 0, recordsOut: 0, deadLetters: 0, restarts: 0 };
    for (const task of body.tasks) {
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += task[name];
    }
    expect(sums).toMatchObject({ recordsIn: 4, deadLetters: 1, restarts: 0 });
    expect(sums.recordsOut).toBeGreaterThan(4);
    const worked = body.tasks.find((task: { recordsIn: number }) => task.recordsIn > 0);
    expect(worked.commitAgeMs).toBeGreaterThanOrEqual(0);
  });

  it.each([
    ['/other/pause', 404, 40408, 'running: flight-delays'],
    ['/other/resume', 404, 40408, "'other'"],
    ['/flight-delays/restart', 404, 40401, 'GET / lists'],
    ['/flight-delays/metrics', 405, 40501, 'GET'],
  ])('answers POST %s with %d %d', async (path, status, code, sentence) => {
    const { body } = await post(path).expect(status);
    expect(body).toMatchObject({ error_code: code, message: expect.stringContaining(sentence) });
  });

  it('is refused to who may only read, and in read-only mode; what is closed cannot be paused', async () => {
    const token = 'a-token-that-may-do-all-012345';
    const reader = 'a-token-that-may-only-read-012';
    const tokens = [
      { token, name: 'alice' },
      { token: reader, scope: 'read-only' as const },
    ];
    const topology = flightDelaysTopology();
    const options = { platform, applicationId: 'a', brokers: ['127.0.0.1:1'] };
    const app = new StreamsApp({ ...options, topology });
    const apps = [app];
    const servers = await Promise.all([
      startProcessorHttp({ apps, port: 0, platform, tokens }),
      startProcessorHttp({ apps: [app], port: 0, platform, readOnly: true }),
    ]);
    const ask = async (server: 0 | 1, verb: string, by?: string) => {
      const asked = supertest(servers[server].url).post(`${api}/a/${verb}`);
      const { status, body } = await (by ? asked.set('authorization', `Bearer ${by}`) : asked);
      return [status, body.error_code ?? body.isPaused];
    };
    try {
      expect(await ask(0, 'pause')).toEqual([401, 40101]);
      expect(await ask(0, 'pause', reader)).toEqual([403, 40305]);
      expect(await ask(1, 'pause')).toEqual([403, 40304]);
      expect(app.isPaused).toBe(false);
      expect(await ask(0, 'pause', token)).toEqual([200, true]);
      expect(app.isPaused).toBe(true);
      await app.kill();
      expect(await ask(0, 'resume', token)).toEqual([409, 40903]);
      apps.push(new StreamsApp({ ...options, topology }));
      expect(await ask(0, 'pause', token)).toEqual([207, true]);
      expect(await ask(0, 'resume', token)).toEqual([207, false]);
      await apps[1]?.kill();
      const told = lines.filter(({ event }) => event === 'rest-action').map(({ facts }) => facts);
      const route = `${api}/:app/pause`;
      expect(told).toContainEqual(expect.objectContaining({ who: 'alice', route, status: 200 }));
      expect(told).toContainEqual(expect.objectContaining({ who: 'token-2', route, status: 403 }));
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
  });
});

describe('a processor that cannot start', () => {
  it('rejects with what is wrong and leaves nothing behind', async () => {
    const twin = runProcessor({ brokers: [broker.bootstrap], http: { host: '0.0.0.0', port: 0 } });
    await expect(twin).rejects.toMatchObject({ code: 'ERR_NOT_LOOPBACK' });
  });
});
