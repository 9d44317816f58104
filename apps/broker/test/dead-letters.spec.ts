// Dead letters over HTTP on a real broker: whoever wrote them, counted by cause, driven back once, discarded.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient, redriveLetters } from '@drave/client';
import { deadLetterHeaders } from '@drave/contracts';
import type { HttpServer } from '@drave/nest/http';
import { nodePlatform } from '@drave/platform';
import supertest from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBrokerHttp } from '../src/index.js';

let broker: TestBroker;
let client: KafkaClient;
let http: HttpServer;
let dlq = '';
let round = 0;

const get = (path = ''): supertest.Test => supertest(http.url).get(`/api/v1/dlq${path}`);
const post = (action: string, body: object = {}): supertest.Test =>
  supertest(http.url).post(`/api/v1/dlq/${dlq}/${action}`).send(body);
const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

beforeAll(async () => {
  broker = await startTestBroker({ topics: { orders: 2, bills: 1 } });
  http = await startBrokerHttp({ broker: broker.broker, port: 0 });
  client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
});

afterAll(async () => {
  await client.close();
  await http.stop();
  await broker.stop();
});

beforeEach(async () => {
  dlq = `orders-${round++}.dlq`;
  await client.admin().createTopics([{ topic: dlq, partitions: 1 }]);
  const ours = (n: number, errorClass: string) => ({
    topic: dlq,
    key: `k${n}`,
    value: `letter ${n}`,
    headers: {
      mine: 'kept',
      [deadLetterHeaders.topic]: 'orders',
      [deadLetterHeaders.partition]: '1',
      [deadLetterHeaders.offset]: '42',
      [deadLetterHeaders.group]: 'ship',
      [deadLetterHeaders.errorClass]: errorClass,
      [deadLetterHeaders.error]: `broke ${n}`,
      [deadLetterHeaders.attempts]: '3',
    },
  });
  await client.producer().sendBatch([
    ours(0, 'TypeError'),
    ours(1, 'TypeError'),
    ours(2, 'ParseError'),
    {
      topic: dlq,
      value: 'of Spring',
      headers: {
        'kafka_dlt-original-topic': 'bills',
        'kafka_dlt-original-partition': Buffer.from([0, 0, 0, 7]),
        'kafka_dlt-original-offset': int64(9_007_199_254_740_991n),
        'kafka_dlt-exception-fqcn': 'java.lang.IllegalStateException',
        'kafka_dlt-exception-message': 'no',
        'kafka_dlt-original-consumer-group': 'g',
      },
    },
    { topic: dlq, value: 'plain', headers: { 'x-original-topic': 'bills' } },
    { topic: dlq, value: 'from nowhere', headers: { [deadLetterHeaders.topic]: null } },
  ]);
});

async function valuesOf(topic: string): Promise<string[]> {
  const values: string[] = [];
  for await (const event of client.browse({ topic, from: { kind: 'earliest' } })) {
    if (event.kind === 'record') values.push(String(event.record.value));
  }
  return values.toSorted((a, b) => a.localeCompare(b));
}

it('topics of dead letters are found by their names', async () => {
  const { body } = await get().expect(200);
  expect(body.data).toContainEqual({ topic: dlq, partitions: 1, records: 6 });
  expect(body.data.map(({ topic }: { topic: string }) => topic)).not.toContain('orders');
});

it('letters are counted by error class and origin', async () => {
  const { body } = await get(`/${dlq}`).expect(200);
  expect(body).toMatchObject({ topic: dlq, scanned: 6, isComplete: true });
  expect(body.groups).toHaveLength(5);
  expect(body.groups[0]).toMatchObject({
    errorClass: 'TypeError',
    originTopic: 'orders',
    ...{ count: 2, open: 2, redriven: 0, discarded: 0 },
    sample: {
      origin: { topic: 'orders', partition: 1, offset: 42 },
      ...{ offset: 1, group: 'ship', error: 'broke 1', attempts: 3 },
    },
  });
  const spring = body.groups.find((group: { errorClass: string }) =>
    group.errorClass?.startsWith('java'),
  );
  expect(spring.sample).toMatchObject({
    origin: { topic: 'bills', partition: 7, offset: 9_007_199_254_740_991 },
    ...{ error: 'no', group: 'g' },
  });
});

describe('a redrive', () => {
  it('previews unless told otherwise', async () => {
    const before = await valuesOf('orders');
    const { body } = await post('redrive').expect(200);
    expect(body).toEqual({
      ...{ dryRun: true, count: 5, already: 0, skipped: 1 },
      byTopic: { orders: 3, bills: 2 },
    });
    expect(await valuesOf('orders')).toEqual(before);
  });

  it('takes each letter once, and names it in its copy', async () => {
    const select = { errorClass: 'TypeError' };
    const first = await post('redrive', { select, dryRun: false }).expect(200);
    expect(first.body).toMatchObject({ count: 2, already: 0, byTopic: { orders: 2 } });
    const again = await post('redrive', { select, dryRun: false }).expect(200);
    expect(again.body).toMatchObject({ count: 0, already: 2 });
    const records = await broker.records('orders');
    const headers = records
      .filter(({ headers: all }) => all.some(({ value }) => value?.toString().startsWith(dlq)))
      .map(({ headers: all }) => Object.fromEntries(all.map((h) => [h.key, h.value?.toString()])));
    expect(
      headers.toSorted((a, b) => ((a['x-redrive-id'] ?? '') < (b['x-redrive-id'] ?? '') ? -1 : 1)),
    ).toEqual([
      { mine: 'kept', 'x-redrive-id': `${dlq}:0:0` },
      { mine: 'kept', 'x-redrive-id': `${dlq}:0:1` },
    ]);
    const { body } = await get(`/${dlq}`).expect(200);
    const group = body.groups.find((one: { errorClass: string }) => one.errorClass === 'TypeError');
    expect(group).toMatchObject({ count: 2, open: 0, redriven: 2 });
  });

  it('of chosen letters, at a rate, up to a limit', async () => {
    const places = [{ partition: 0, offset: 2 }];
    const one = await post('redrive', { select: { places }, dryRun: false }).expect(200);
    expect(one.body).toMatchObject({ count: 1, byTopic: { orders: 1 } });
    const some = { rate: 100_000, limit: 1, dryRun: false, select: { originTopic: 'bills' } };
    expect((await post('redrive', some).expect(200)).body).toMatchObject({ count: 1 });
    const rest = await post('redrive', { dryRun: false }).expect(200);
    expect(rest.body).toMatchObject({ count: 3, already: 2, skipped: 1 });
    expect(await valuesOf('bills')).toContain('of Spring');
  });

  it('of a topic made anew begins anew', async () => {
    await post('redrive', { dryRun: false }).expect(200);
    await client.admin().deleteTopics([dlq]);
    await client.admin().createTopics([{ topic: dlq, partitions: 1 }]);
    const headers = { [deadLetterHeaders.topic]: 'orders' };
    await client.producer().send({ topic: dlq, value: 'new', headers });
    expect((await post('redrive').expect(200)).body).toMatchObject({ count: 1, already: 0 });
  });
});

describe('a redrive that dies between its copies and the note of them', () => {
  /** Dies when it asks for the time of the note. */
  const cutOff = async (): Promise<void> => {
    const dies = redriveLetters(client, {
      ...{ topic: dlq, dryRun: false },
      nowMs: () => {
        throw new Error('the process dies');
      },
      sleep: async () => undefined,
    });
    await expect(dies).rejects.toThrow('dies');
  };
  const copies = async (): Promise<number> => {
    const records = [...(await broker.records('orders')), ...(await broker.records('bills'))];
    return records.filter(({ headers }) =>
      headers.some(({ value }) => value?.toString().startsWith(`${dlq}:`)),
    ).length;
  };

  it('goes on without copying a letter twice', async () => {
    await cutOff();
    expect(await copies()).toBe(5);
    expect((await post('redrive').expect(200)).body).toMatchObject({ count: 0, already: 5 });
    const { body } = await post('redrive', { dryRun: false }).expect(200);
    expect(body).toMatchObject({ count: 0, already: 5, skipped: 1 });
    expect(await copies()).toBe(5);
    const survey = await get(`/${dlq}`).expect(200);
    const redriven = survey.body.groups.map((one: { redriven: number }) => one.redriven);
    expect(redriven.toSorted()).toEqual([0, 1, 1, 1, 2]);
  });

  it('would, were the batch not noted before', async () => {
    await cutOff();
    const [described] = await client.admin().describeTopics([dlq]);
    const key = `${dlq}@${described?.topicId}:batch`;
    await client.producer().send({ topic: '__drave_letters', key, value: null });
    await post('redrive', { dryRun: false }).expect(200);
    expect(await copies()).toBe(10);
  });
});

it('discarded letters are not redriven', async () => {
  const select = { errorClass: 'ParseError' };
  const { body } = await post('discard', { select, dryRun: false }).expect(200);
  expect(body).toMatchObject({ count: 1, skipped: 0 });
  expect((await post('redrive').expect(200)).body).toMatchObject({ count: 4, already: 1 });
  expect((await post('discard', { dryRun: false }).expect(200)).body.count).toBe(5);
  const survey = await get(`/${dlq}`).expect(200);
  expect(survey.body.groups.every(({ open }: { open: number }) => open === 0)).toBe(true);
});

it.each([
  [{ select: { places: [{ partition: 0, offset: 999 }] } }, 400],
  [{ select: { places: [{ partition: 9, offset: 0 }] } }, 404],
  [{ select: { places: [] } }, 400],
  [{ select: { colour: 'red' } }, 400],
  [{ rate: 0 }, 400],
  [{ limit: 100_001 }, 400],
])('%j is refused', async (body, status) => {
  const answer = await post('redrive', body);
  expect([answer.status, answer.body.status]).toEqual([status, status]);
});
