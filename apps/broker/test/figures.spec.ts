// Rates of topics and `/api/v1/metrics/query`: exact figures by a manual clock, the routes over HTTP on a real broker.

import type { BrokerFigures } from '@drave/broker';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import { metricsQuery, type MetricsHistory, type TopicRowList } from '@drave/contracts/rest';
import type { HttpServer } from '@drave/nest/http';
import { manualClock, memoryPlatform } from '@drave/platform';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterFigures } from '../src/figures/cluster-figures.js';
import { startBrokerHttp } from '../src/index.js';

const start = Date.parse('2026-01-01T00:00:00Z');

describe('by a manual clock', () => {
  function open(topicsMax = 200) {
    const clock = manualClock({ startMs: start });
    const { scheduler } = memoryPlatform({ clock, seed: 1 });
    const counts = new Map<string, number>();
    let seconds = 0;
    const ofTopics = () =>
      [...counts].map(([topic, perSecond]) => ({
        ...{ topic, topicId: topic },
        recordsIn: perSecond * seconds,
        bytesIn: 100 * perSecond * seconds,
        bytesOut: 0,
      }));
    const figures = (): BrokerFigures => ({
      recordsIn: 10 * seconds,
      recordBytesIn: 1_000 * seconds,
      recordBytesOut: 0,
      requests: seconds,
      connections: 3,
      logBytes: 2 ** 40 + seconds,
      topics: ofTopics(),
    });
    const sampler = new ClusterFigures({
      broker: { figures },
      platform: { clock, scheduler },
      topicsMax,
    });
    const run = async (durationMs: number): Promise<void> => {
      for (let ms = 0; ms < durationMs; ms += 5_000) {
        seconds += 5;
        await clock.advance(5_000);
      }
    };
    const query = (text: Record<string, string>): MetricsHistory | undefined =>
      sampler.query(metricsQuery.parse(text));
    return { sampler, counts, run, query };
  }

  it('rates follow the counters over the last 15 s and fall to zero', async () => {
    const { sampler, counts, run } = open();
    counts.set('a', 4);
    sampler.start();
    expect(sampler.rateOf('a')).toMatchObject({ recordsInPerSecond: 0 });
    await run(30_000);
    expect(sampler.rateOf('a')).toEqual({
      recordsInPerSecond: 4,
      bytesInPerSecond: 400,
      bytesOutPerSecond: 0,
    });
    expect(sampler.rateOf('b')).toBeUndefined();
    counts.delete('a');
    await run(5_000);
    expect(sampler.rateOf('a')).toBeUndefined();
    sampler.stop();
  });

  it('keeps an hour at 5 s and a day at a minute, gaps and large numbers included', async () => {
    const { sampler, run, query } = open();
    sampler.start();
    await run(2 * 3_600_000);
    sampler.stop();
    const hour = query({ metrics: 'recordsInPerSecond,logBytes', range: '1h' });
    expect(hour).toMatchObject({ stepMs: 5_000, isKept: true });
    expect(hour?.atMs).toHaveLength(720);
    expect(new Set(hour?.series['recordsInPerSecond'])).toEqual(new Set([10]));
    expect(hour?.series['logBytes']?.at(-1)).toBe(2 ** 40 + 7_200);
    const day = query({ metrics: 'recordsInPerSecond', range: '24h' });
    expect(day?.stepMs).toBe(60_000);
    const values = day?.series['recordsInPerSecond'] ?? [];
    expect(values).toHaveLength(1_440);
    expect(values.filter((value) => value === null)).toHaveLength(1_440 - 121);
    expect(values.slice(-120)).toEqual(Array.from({ length: 120 }, () => 10));
    expect(day?.atMs.at(-1)).toBe(start + 2 * 3_600_000);
  });

  it('keeps histories of so many topics, and gives the place of an idle one away', async () => {
    const { sampler, counts, run, query } = open(2);
    for (const topic of ['a', 'b', 'c']) counts.set(topic, 1);
    sampler.start();
    await run(30_000);
    expect(query({ topic: 'a' })).toMatchObject({ isKept: true });
    expect(query({ topic: 'c' })).toMatchObject({ isKept: false });
    expect(query({ topic: 'd' })).toBeUndefined();
    counts.set('a', 0);
    await run(3_700_000);
    expect(query({ topic: 'a' })).toMatchObject({ isKept: false });
    expect(query({ topic: 'c' })?.series['recordsInPerSecond']?.at(-1)).toBe(1);
    sampler.stop();
  });
});

describe('over HTTP', () => {
  let broker: TestBroker;
  let http: HttpServer;
  beforeAll(async () => {
    broker = await startTestBroker({ topics: { busy: 2, idle: 1 } });
    http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  });
  afterAll(async () => {
    await http.stop();
    await broker.stop();
  });
  const get = (path: string) => request(http.url).get(path);

  it('counts bytes in and out of a topic where they are produced and fetched', async () => {
    const client = new KafkaClient({ brokers: [broker.bootstrap], platform: broker.platform });
    await client.producer().send({ topic: 'busy', value: 'x'.repeat(1_000), partition: 1 });
    await client.close();
    const before = broker.broker.figures().topics.find(({ topic }) => topic === 'busy');
    expect(before).toMatchObject({ recordsIn: 1, bytesOut: 0 });
    expect(before?.bytesIn).toBeGreaterThan(1_000);
    await get('/api/v1/topics/busy/messages').expect(200);
    const after = broker.broker.figures().topics.find(({ topic }) => topic === 'busy');
    expect(after?.bytesOut).toBeGreaterThanOrEqual(before?.bytesIn ?? Infinity);
    expect(after?.bytesIn).toBe(before?.bytesIn);
  });

  it('shows rates in the list of topics and sorts by them', async () => {
    for (const sort of ['recordsInPerSecond', '-bytesInPerSecond', 'bytesOutPerSecond']) {
      const { body } = await get(`/api/v1/topics?sort=${sort}`).expect(200);
      for (const row of (body as TopicRowList).data) {
        expect(typeof row.recordsInPerSecond).toBe('number');
      }
    }
    await get('/api/v1/topics?sort=recordsOutPerSecond').expect(400);
  });

  it('answers with columns, 404 for a topic that is not there, 400 for what is none', async () => {
    const { body } = await get('/api/v1/metrics/query?metrics=connections,residentBytes&range=1m');
    const { atMs, series } = body as MetricsHistory;
    expect(atMs).toHaveLength(12);
    expect(Object.keys(series)).toEqual(['connections', 'residentBytes']);
    expect(series['residentBytes']?.some((value) => value !== null && value > 0)).toBe(true);
    await get('/api/v1/metrics/query?topic=busy').expect(200);
    await get('/api/v1/metrics/query?topic=nosuch').expect(404);
    for (const query of ['metrics=nosuch', 'metrics=', 'range=25h', 'range=x', 'a=1']) {
      await get(`/api/v1/metrics/query?${query}`).expect(400);
    }
    await get('/api/v1/metrics/query?topic=busy&metrics=connections').expect(400);
    await request(http.url).post('/api/v1/metrics/query').expect(405);
  });
});
