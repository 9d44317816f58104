// Pausing a stream application through a broker: two processors found through a directory stop and go on, and every flight is counted
// once; a processor that only says it is paused is told from them. Each status, the audit, and instances that do not do it.

import { createServer, type Server } from 'node:http';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { queryProofs, type ProcessorRegistration } from '@drave/membership';
import type { HttpServer } from '@drave/nest/http';
import { flightTopics, runProcessor, type Processor } from '@drave/processor-app';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

const token = 'a-token-of-the-cluster-0123456789';
const reader = 'a-token-that-may-only-read-012345';
const tokens = [
  { token, name: 'alice' },
  { token: reader, scope: 'read-only' as const },
];
const path = '/api/v1/streams/apps';
const app = `${path}/flight-delays`;
const origins = ['DTW', 'LAS', 'JFK', 'SFO', 'ORD', 'ATL'];
const wait = { timeout: 60_000, interval: 25 };

let broker: TestBroker;
let processors: Processor[];
let known: ProcessorRegistration[] = [];
let http: HttpServer;
let sent = 0;
const servers: Server[] = [];

beforeAll(async () => {
  broker = await startTestBroker();
  const start = () =>
    runProcessor({
      brokers: [broker.bootstrap],
      http: { port: 0, tokens },
      commitIntervalMs: 50,
      cluster: {},
    });
  processors = [await start(), await start()];
  const cluster = { isConnected: true, processors: () => known };
  http = await startBrokerHttp({ broker: broker.broker, port: 0, tokens, cluster });
  known = both();
  await vi.waitUntil(async () => (await sharesOf()) === '6 in 2', wait);
}, 120_000);

afterAll(async () => {
  for (const server of servers) server.close();
  await http.stop();
  await Promise.all(processors.map((processor) => processor.stop()));
  await broker.stop();
});

function registration(instanceId: string, queryUrl: string, own: { token: string }[] = tokens) {
  const queryProof = queryProofs(queryUrl, own)[0];
  const identity = { applicationId: 'flight-delays', instanceId, bootId: 'b', memberId: 'm' };
  return { ...identity, queryUrl, queryProof, tasks: [] };
}

const urlOf = (i: number): string => processors[i]?.http?.url ?? '';
const both = () => [registration('one-0', urlOf(0)), registration('one-1', urlOf(1))];
const get = (at: string) => supertest(http.url).get(at).set('authorization', `Bearer ${token}`);
const post = (at: string, by = token) =>
  supertest(http.url).post(at).set('authorization', `Bearer ${by}`);

async function sharesOf(): Promise<string> {
  const { body } = await get(`${app}/tasks`);
  const data: { instance: string; state: string }[] = body.data ?? [];
  const running = data.filter(({ state }) => state === 'running');
  return `${running.length} in ${new Set(running.map(({ instance }) => instance)).size}`;
}

/** As many flights from each origin as asked for. */
async function fly(count: number): Promise<void> {
  const flights = origins.flatMap((origin) =>
    Array.from({ length: count }, () => ({
      key: origin,
      value: JSON.stringify({
        departedAt: '2001-01-01T10:00:00Z',
        delayMinutes: 2,
        distanceMiles: 300,
        origin,
        destination: 'LAS',
      }),
    })),
  );
  sent += flights.length;
  await broker.produce(flightTopics.flights, flights);
}

/** Flights in the sums of all airports. */
async function counted(): Promise<number> {
  let sum = 0;
  for (const origin of origins) {
    const { body } = await get(`${app}/stores/airport-delays-1d/${origin}`);
    for (const { value } of body.windows ?? []) sum += value.flights;
  }
  return sum;
}

/** Records behind the end of the flights. */
async function lagOf(): Promise<number> {
  const { body } = await get(`${app}/metrics`);
  const tasks: { taskId: string; lag: number | null }[] = body.tasks;
  return tasks.reduce(
    (all, { taskId, lag }) => all + (taskId.startsWith('0_') ? (lag ?? 0) : 0),
    0,
  );
}

/** Pauses by the broker, lets flights arrive, resumes: the sums stand still and then are exact. */
async function expectPauseToHold(holdMs = wait.timeout): Promise<void> {
  await fly(5);
  await expect.poll(counted, wait).toBe(sent);
  await post(`${app}/pause`).expect(200);
  const before = sent;
  await fly(50);
  await expect.poll(lagOf, { ...wait, timeout: holdMs }).toBe(300);
  expect(await counted()).toBe(before);
  const { body } = await get(app).expect(200);
  expect(body).toMatchObject({ state: 'running', isPaused: true, taskCount: 6, lag: 300 });
  await post(`${app}/resume`).expect(200);
  await expect.poll(counted, wait).toBe(sent);
  await expect.poll(lagOf, wait).toBe(0);
  expect(await counted()).toBe(sent);
}

/** In front of a processor: it answers a pause as if it had been done. */
async function deaf(target: string): Promise<string> {
  return listen(
    createServer((request, response) => {
      if (request.method === 'POST') {
        const isPaused = request.url?.endsWith('/pause') ?? false;
        const instances = [{ status: 200, isPaused }];
        response.end(JSON.stringify({ applicationId: 'flight-delays', isPaused, instances }));
        return;
      }
      const headers = { authorization: request.headers.authorization ?? '', 'x-drave-routed': '1' };
      void fetch(`${target}${request.url}`, { headers, redirect: 'manual' }).then(
        async (answer) => {
          const text = await answer.text();
          response.writeHead(answer.status, { location: answer.headers.get('location') ?? '' });
          response.end(text);
        },
      );
    }),
  );
}

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

describe('a broker pauses an application of other processes', () => {
  it('so that sums stand still while lags grow, and everything is counted once after it', async () => {
    await expectPauseToHold();
  }, 120_000);

  it('and is told from processors that only say so', async () => {
    known = [registration('one-0', await deaf(urlOf(0))), registration('one-1', urlOf(1))];
    await fly(1);
    await expect.poll(counted, wait).toBe(sent); // its reads are passed on, so they are not what fails
    await expect(expectPauseToHold(2_000)).rejects.toThrow(/expected \d+ to be \d+/);
    known = both();
    await post(`${app}/resume`).expect(200);
  }, 120_000);

  it('twice without harm, each instance by itself, and tells it in the audit', async () => {
    const instances = (isPaused: boolean) => [
      { instance: 'one-0', status: 200, isPaused },
      { instance: 'one-1', status: 200, isPaused },
    ];
    for (const isPaused of [true, true, false, false]) {
      const { body } = await post(`${app}/${isPaused ? 'pause' : 'resume'}`).expect(200);
      const all = { applicationId: 'flight-delays', isPaused };
      expect(body).toEqual({ ...all, instances: instances(isPaused) });
    }
    const { body } = await get('/api/v1/events?types=rest.action&limit=1000').expect(200);
    const action = { who: 'alice', method: 'POST', route: `${path}/:app/pause`, status: 200 };
    expect(body.data).toContainEqual(
      expect.objectContaining({
        data: expect.objectContaining({ ...action, path: `${app}/pause` }),
      }),
    );
  });

  it('with 207 when an instance did not do it, and sends no token to one nobody vouched for', async () => {
    let stolen = 0;
    const thief = createServer((_, response) => {
      stolen += 1;
      response.end('{}');
    });
    known = [
      ...both(),
      registration('gone', 'http://127.0.0.1:1'),
      registration('thief', await listen(thief), [{ token: 'another' }]),
    ];
    const { body } = await post(`${app}/pause`).expect(207);
    expect(body.isPaused).toBe(true);
    expect(body.instances).toMatchObject([
      { instance: 'one-0', status: 200, isPaused: true },
      { instance: 'one-1', status: 200, isPaused: true },
      { instance: 'gone', status: 503, isPaused: null, error_code: 50304 },
      { instance: 'thief', status: 503, isPaused: null, error_code: 50304 },
    ]);
    expect(body.instances[2].message).toMatch(/does not answer at http:\/\/127.0.0.1:1/);
    expect(body.instances[3].message).toMatch(/does not have our tokens/);
    const metrics = await get(`${app}/metrics`).expect(200);
    expect(metrics.body.unreachable).toHaveLength(2);
    expect(metrics.body.tasks).toHaveLength(6);
    expect(metrics.body.instances).toMatchObject([
      { instance: 'one-0', state: 'running', isPaused: true },
      { instance: 'one-1', state: 'running', isPaused: true },
    ]);
    await post(`${app}/resume`).expect(207);
    known = [registration('gone', 'http://127.0.0.1:1')];
    const none = await post(`${app}/pause`).expect(503);
    expect(none.body).toMatchObject({ error_code: 50304, status: 503 });
    expect(stolen).toBe(0);
    known = both();
  });

  it('never for who may not, and not for what is not there', async () => {
    const refused = async (at: string, by: string, status: number, code: number) => {
      const { body } = await post(at, by).expect(status);
      expect(body).toMatchObject({ error_code: code, detail: expect.any(String) });
    };
    await refused(`${app}/pause`, 'a-token-nobody-knows-0123456789', 401, 40101);
    await refused(`${app}/pause`, reader, 403, 40305);
    await refused(`${app}/resume`, reader, 403, 40305);
    await refused(`${path}/other/pause`, token, 404, 40408);
    await supertest(http.url)
      .get(`${app}/pause`)
      .set('authorization', `Bearer ${token}`)
      .expect(405)
      .expect('allow', 'POST');
    const routed = await post(`${app}/pause`).set('x-drave-routed', '1').expect(404);
    expect(routed.body.error_code).toBe(40408);
    expect((await get(`${path}/other/metrics`).expect(404)).body.error_code).toBe(40408);
    expect((await get(app).expect(200)).body.isPaused).toBe(false);
  });

  it.each([
    ['is read-only', 403, 40304],
    ['has an application that is closed', 409, 40903],
    ['refuses the token', 401, 40101],
  ])('when an instance %s', async (_, status, code) => {
    const answer = { error_code: code, message: 'so it says' };
    const url = await listen(
      createServer((__, response) => response.writeHead(status).end(JSON.stringify(answer))),
    );
    known = [registration('other', url)];
    const alone = await post(`${app}/pause`);
    const isToken = code === 40101;
    expect([alone.status, alone.body.error_code]).toEqual(isToken ? [503, 50304] : [status, code]);
    known = [...both(), registration('other', url)];
    const { body } = await post(`${app}/pause`).expect(207);
    expect(body.instances[2]).toEqual({
      instance: 'other',
      status,
      isPaused: null,
      error_code: code,
      message: isToken ? 'it refuses the token' : 'so it says',
    });
    known = both();
    await post(`${app}/resume`).expect(200);
  });
});
