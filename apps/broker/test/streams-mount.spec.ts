import { startTestBroker } from '@drave/broker/testing';
import { runProcessor } from '@drave/processor-app';
import type { StreamsApp } from '@drave/streams';
import supertest from 'supertest';
import { expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

it('serves stream applications of the process beside the broker, as they come and go', async () => {
  const broker = await startTestBroker();
  let apps: readonly StreamsApp[] = [];
  const http = await startBrokerHttp({ broker: broker.broker, port: 0, streams: () => apps });
  const get = (path: string) => supertest(http.url).get(path);
  const path = '/api/v1/streams/apps';
  await get(path).expect(200, { data: [] });

  const processors = [];
  for (const applicationId of ['first', 'second']) {
    processors.push(await runProcessor({ brokers: [broker.bootstrap], applicationId }));
  }
  apps = processors.map(({ app }) => app);
  const { body } = await get(path).expect(200);
  expect(body.data.map((app: { applicationId: string }) => app.applicationId)).toEqual([
    'first',
    'second',
  ]);
  expect((await get('/').expect(200)).body.links.streams).toBe(path);
  const { text } = await get('/metrics').expect(200);
  expect(text).toContain('drave_streams_app_instances{application="second",state="running"} 1');
  expect(text).toContain('drave_broker_topics');
  const document = await get('/openapi.json').expect(200);
  expect(document.body.paths).toHaveProperty([`${path}/{app}/stores/{store}/{key}`]);

  await Promise.all(processors.map((processor) => processor.stop()));
  const ready = await get('/health/ready').expect(503);
  expect(ready.body.message).toContain('first is closed');
  apps = [];
  await get('/health/ready').expect(200);
  await get(`${path}/first`).expect(404);
  await http.stop();
  await broker.stop();
});
