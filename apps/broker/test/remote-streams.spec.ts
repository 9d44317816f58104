// Stream applications of other processes as a broker shows them: two processors found through a directory, and instances that are gone.

import { createServer, type Server } from 'node:http';
import { startTestBroker } from '@drave/broker/testing';
import { queryProofs, type ProcessorRegistration } from '@drave/membership';
import { runProcessor } from '@drave/processor-app';
import supertest from 'supertest';
import { expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

const token = 'a-token-of-the-cluster-0123456789';
const tokens = [{ token, role: 'admin' as const, name: 'all' }];
const path = '/api/v1/streams/apps';

function registration(
  instanceId: string,
  queryUrl: string,
  own: readonly { readonly token: string }[] = tokens,
): ProcessorRegistration {
  const queryProof = queryProofs(queryUrl, own)[0];
  const identity = { applicationId: 'flight-delays', instanceId, bootId: 'b', memberId: 'm' };
  return { ...identity, queryUrl, queryProof, tasks: [] };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

it('puts the instances of other processes together, those that do not answer included', async () => {
  const broker = await startTestBroker();
  const start = () =>
    runProcessor({ brokers: [broker.bootstrap], http: { port: 0, tokens }, cluster: {} });
  const processors = [await start(), await start()];
  let stolen = 0;
  const thief = createServer((_, response) => {
    stolen += 1;
    response.end('{}');
  });
  const known = [
    ...processors.map(({ http }, i) => registration(`one-${i}`, http?.url ?? '')),
    registration('gone', 'http://127.0.0.1:1'),
    registration('thief', await listen(thief), [{ token: 'another' }]),
  ];
  const cluster = { isConnected: true, processors: () => known };
  const http = await startBrokerHttp({ broker: broker.broker, port: 0, tokens, cluster });
  const get = (at: string) => supertest(http.url).get(at).set('authorization', `Bearer ${token}`);
  try {
    const settled = async (): Promise<unknown> => {
      const { body } = await get(`${path}/flight-delays/tasks`);
      const data: { instance: string; state: string }[] = body.data ?? [];
      const running = data.filter(({ state }) => state === 'running');
      return [running.length, new Set(running.map(({ instance }) => instance)).size];
    };
    await expect.poll(settled, { timeout: 60_000 }).toEqual([6, 2]);
    const list = await get(path).expect(200);
    expect(list.body.data).toMatchObject([{ applicationId: 'flight-delays', taskCount: 6 }]);
    const { body } = await get(`${path}/flight-delays`).expect(200);
    expect(body).toMatchObject({ state: 'running', lag: null, taskCount: 6 });
    const states = body.instances.map((one: { instance: string; state: string }) => [
      one.instance,
      one.state,
    ]);
    expect(states).toEqual([
      ['one-0', 'running'],
      ['one-1', 'running'],
      ['gone', 'unreachable'],
      ['thief', 'unreachable'],
    ]);
    const tasks = await get(`${path}/flight-delays/tasks`).expect(200);
    expect(new Set(tasks.body.data.map((task: { instance: string }) => task.instance))).toEqual(
      new Set(['one-0', 'one-1']),
    );
    expect(tasks.body.data[0].actor).toMatchObject({ state: 'running' });
    expect(tasks.body.unreachable).toHaveLength(2);
    const topology = await get(`${path}/flight-delays/topology`).expect(200);
    expect(topology.body.subtopologies).toHaveLength(2);
    const store = await get(`${path}/flight-delays/stores/airport-delays-1d`).expect(200);
    expect(store.body.tasks).toHaveLength(3);
    const absent = await get(`${path}/flight-delays/stores/absent`).expect(404);
    expect(absent.body.error_code).toBe(40409);
    expect((await get(`${path}/other`).expect(404)).body.error_code).toBe(40408);
    const routed = await get(path).set('x-drave-routed', '1').expect(200);
    expect(routed.body).toEqual({ data: [] });
    expect(stolen).toBe(0);
  } finally {
    await http.stop();
    await Promise.all(processors.map((processor) => processor.stop()));
    await broker.stop();
    thief.close();
  }
}, 120_000);
