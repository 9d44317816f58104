import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flightTopics, runProcessor, type Processor } from '../src/index.js';

let broker: TestBroker;
let processor: Processor;
let url: string;
const api = '/api/v1/streams/apps';

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

describe('a processor that cannot start', () => {
  it('rejects with what is wrong and leaves nothing behind', async () => {
    const twin = runProcessor({ brokers: [broker.bootstrap], http: { host: '0.0.0.0', port: 0 } });
    await expect(twin).rejects.toMatchObject({ code: 'ERR_NOT_LOOPBACK' });
  });
});
