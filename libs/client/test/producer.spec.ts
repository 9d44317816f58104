// The producer against a real broker in process: codecs, order, idempotence over cut connections, backpressure.

import { afterEach, describe, expect, it } from 'vitest';

import { startTestBroker, type TestBroker, type TestBrokerOptions } from '@drave/broker/testing';
import { memoryPlatform, nodePlatform } from '@drave/platform';
import { partitionForKey } from '@drave/protocol';

import { KafkaClient } from '../src/index.js';
import { CuttableNetwork } from './cuttable-network.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(
  options: TestBrokerOptions = {},
): Promise<{ broker: TestBroker; client: KafkaClient; network: CuttableNetwork }> {
  const broker = await startTestBroker(options);
  cleanUps.push(() => broker.stop());
  const platform = nodePlatform();
  const network = new CuttableNetwork(platform.network);
  const client = new KafkaClient({
    platform: { ...platform, network },
    brokers: [broker.bootstrap],
  });
  cleanUps.push(() => client.close());
  return { broker, client, network };
}

describe('Producer', () => {
  it('delivers keys, values, headers and timestamps with every codec', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const producer = client.producer({ compression });
      await producer.send({
        topic: 't',
        key: 'k',
        value: compression,
        headers: { h: 'v', none: null },
        timestamp: 1_000,
      });
      await producer.send({ topic: 't', value: null, headers: [{ key: 'h', value: 'w' }] });
      await producer.close();
    }
    const records = await broker.records('t');
    expect(records.map(({ value }) => value?.toString())).toEqual(
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'].flatMap((codec) => [codec, undefined]),
    );
    expect(records[0]).toMatchObject({ offset: 0, timestamp: 1_000, key: Buffer.from('k') });
    expect(records[0]?.headers.map(({ key, value }) => [key, value?.toString()])).toEqual([
      ['h', 'v'],
      ['none', undefined],
    ]);
  });

  it('answers each record with its own offset, in the order of the batch', async () => {
    const { client } = await start({ topics: { t: 2 } });
    const producer = client.producer({ batchBytes: 512 });
    const metadata = await producer.sendBatch(
      Array.from({ length: 100 }, (_, i) => ({ topic: 't', partition: i % 2, value: `${i}` })),
    );
    expect(metadata.map(({ partition, offset }) => [partition, offset])).toEqual(
      Array.from({ length: 100 }, (_, i) => [i % 2, Math.floor(i / 2)]),
    );
  });

  it('creates a missing topic where the broker allows it, and names it where not', async () => {
    const { client } = await start();
    const { offset } = await client.producer().send({ topic: 'fresh', value: 'v' });
    expect(offset).toBe(0);
    const strict = await start({ autoCreate: false });
    const producer = strict.client.producer({ maxBlockMs: 100 });
    await expect(producer.send({ topic: 'absent', value: 'v' })).rejects.toThrow(
      /topic 'absent': UNKNOWN_TOPIC_OR_PARTITION/,
    );
  });

  it('puts a key where every Kafka client does', async () => {
    const { client } = await start({ topics: { t: 3 } });
    const producer = client.producer();
    for (const key of ['LAX', 'JFK', 'ORD']) {
      const { partition } = await producer.send({ topic: 't', key, value: 'v' });
      expect(partition).toBe(partitionForKey(Buffer.from(key), 3));
    }
  });

  it('writes nothing twice and keeps the order when answers are lost', async () => {
    const { broker, client, network } = await start({ topics: { t: 1 } });
    const producer = client.producer({ batchBytes: 400, lingerMs: 0 });
    await producer.send({ topic: 't', value: 'first' });
    for (let round = 0; round < 5; round++) {
      network.cutAnswers(2);
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => producer.send({ topic: 't', value: `${round}/${i}` })),
      );
    }
    expect(network.cutCount).toBeGreaterThanOrEqual(5);
    const values = (await broker.records('t')).map(({ value }) => value?.toString());
    expect(values).toEqual([
      'first',
      ...Array.from({ length: 200 }, (_, i) => `${Math.floor(i / 40)}/${i % 40}`),
    ]);
  });

  it('waits for room instead of growing, and goes on when there is some', async () => {
    const { client } = await start({ topics: { t: 1 } });
    const producer = client.producer({
      bufferBytes: 4_096,
      maxRequestBytes: 2_048,
      batchBytes: 1_024,
    });
    await producer.send({ topic: 't', value: 'warm' });
    let peak = 0;
    const sends = Array.from({ length: 200 }, () => {
      const sent = producer.send({ topic: 't', value: Buffer.alloc(300) });
      peak = Math.max(peak, producer.bufferedBytes);
      return sent;
    });
    expect(producer.isFull).toBe(true);
    const metadata = await Promise.all(sends);
    expect(peak).toBeLessThanOrEqual(4_096);
    expect(metadata.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 200 }, (_, i) => i + 1),
    );
    expect(producer.bufferedBytes).toBe(0);
  });

  it('refuses one bad record without harming the others', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    const producer = client.producer({ maxRequestBytes: 100_000 });
    const good = producer.send({ topic: 't', value: 'good' });
    await expect(producer.send({ topic: 't', value: Buffer.alloc(200_000) })).rejects.toMatchObject(
      {
        errorName: 'MESSAGE_TOO_LARGE',
      },
    );
    await expect(producer.send({ topic: 't', value: 'x', partition: 9 })).rejects.toThrow(
      /topic 't' has 1 partitions, there is no partition 9/,
    );
    await expect(producer.send({ topic: 't', value: 'x', timestamp: 1.5 })).rejects.toThrow(
      /whole milliseconds/,
    );
    await good;
    expect((await broker.records('t')).length).toBe(1);
  });

  it('goes on under a new sequence after the broker refused a batch', async () => {
    const { broker, client } = await start();
    await broker.createTopic('small', 1, { 'max.message.bytes': '1000' });
    const producer = client.producer({ lingerMs: 0, batchBytes: 1_500 });
    await producer.send({ topic: 'small', value: 'a' });
    // Three batches in flight at once: the broker refuses the middle one, whose sequence the third then takes over.
    const results = await Promise.allSettled([
      producer.send({ topic: 'small', value: Buffer.alloc(800, 'b') }),
      producer.send({ topic: 'small', value: Buffer.alloc(1_400, 'c') }),
      producer.send({ topic: 'small', value: Buffer.alloc(800, 'd') }),
    ]);
    expect(results).toMatchObject([
      { status: 'fulfilled', value: { offset: 1 } },
      { status: 'rejected', reason: { errorName: 'MESSAGE_TOO_LARGE' } },
      { status: 'fulfilled', value: { offset: 2 } },
    ]);
  });

  it('flush waits for everything sent before, and close for what flush would', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    const producer = client.producer({ lingerMs: 60_000 });
    let settled = 0;
    for (let i = 0; i < 10; i++)
      void producer.send({ topic: 't', value: 'v' }).then(() => settled++);
    await producer.flush();
    expect(settled).toBe(10);
    void producer.send({ topic: 't', value: 'last' });
    await producer.close();
    expect((await broker.records('t')).length).toBe(11);
    await expect(producer.send({ topic: 't', value: 'v' })).rejects.toMatchObject({
      code: 'ERR_CLIENT_CLOSED',
    });
  });

  it('acks 0 settles without an offset', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    const { offset } = await client.producer({ acks: 0 }).send({ topic: 't', value: 'v' });
    expect(offset).toBe(-1);
    await broker.waitFor('t', 1);
  });

  it('fails what cannot be delivered in time, and delivers what comes after the broker is back', async () => {
    const platform = memoryPlatform();
    const first = await startTestBroker({ platform, topics: { t: 1 } });
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [first.bootstrap] });
    cleanUps.push(() => client.close());
    const producer = client.producer({ lingerMs: 0, deliveryTimeoutMs: 150 });
    await producer.send({ topic: 't', value: 'a' });
    await first.stop();
    await expect(producer.send({ topic: 't', value: 'b' })).rejects.toMatchObject({
      retriable: true,
    });
    expect(producer.bufferedBytes).toBe(0);
    const second = await startTestBroker({ platform, port: first.port });
    cleanUps.unshift(() => second.stop());
    const patient = client.producer();
    await patient.send({ topic: 't', value: 'c' });
    const values = (await second.records('t')).map(({ value }) => value?.toString());
    expect(values).toEqual(['a', 'c']);
  });

  it('carries on when the topic was deleted and made again under it', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    const producer = client.producer({ lingerMs: 0 });
    for (let i = 0; i < 3; i++) await producer.send({ topic: 't', value: 'old' });
    const admin = client.admin();
    await admin.deleteTopics(['t']);
    await admin.createTopics([{ topic: 't', partitions: 1 }]);
    expect((await producer.send({ topic: 't', value: 'new' })).offset).toBe(0);
    expect((await broker.records('t')).length).toBe(1);
  });

  it('failFast: writes nothing after the first failure', async () => {
    const { broker, client } = await start();
    await broker.createTopic('small', 1, { 'max.message.bytes': '1000' });
    const producer = client.producer({ lingerMs: 0, batchBytes: 1_500, failFast: true });
    await producer.send({ topic: 'small', value: 'a' });
    const results = await Promise.allSettled([
      producer.send({ topic: 'small', value: Buffer.alloc(800, 'b') }),
      producer.send({ topic: 'small', value: Buffer.alloc(1_400, 'c') }),
      producer.send({ topic: 'small', value: Buffer.alloc(800, 'd') }),
      producer.sendBatch([{ topic: 'small', value: Buffer.alloc(800, 'e') }]),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect((await broker.records('small')).map(({ offset }) => offset)).toEqual([0, 1]);
    await expect(producer.send({ topic: 'small', value: 'f' })).rejects.toMatchObject({
      code: 'ERR_CLIENT_CLOSED',
    });
  });

  it('close does not wait for ever for a broker that is gone; every promise settles', async () => {
    const broker = await startTestBroker({ topics: { t: 1 } });
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [broker.bootstrap] });
    cleanUps.push(() => client.close());
    const producer = client.producer({ bufferBytes: 1_000, maxRequestBytes: 500, batchBytes: 500 });
    await producer.send({ topic: 't', value: 'a' });
    await broker.stop();
    const sends = Array.from({ length: 20 }, () =>
      producer.send({ topic: 't', value: Buffer.alloc(200) }),
    );
    sends.push(producer.send({ topic: 'never-seen', value: 'b' }));
    await Promise.all([
      producer.close({ timeoutMs: 20 }),
      ...sends.map((sent) => expect(sent).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })),
    ]);
    expect(producer.bufferedBytes).toBe(0);
  });

  it('failFast: a batch with a record that can never be sent settles as a whole', async () => {
    const { broker, client } = await start({ topics: { t: 1 } });
    for (const isKnown of [false, true]) {
      const producer = client.producer({ failFast: true });
      if (isKnown) await producer.send({ topic: 't', value: 'known' });
      await expect(
        producer.sendBatch([
          { topic: 't', value: 'bad', partition: 9 },
          { topic: 't', value: 'never' },
        ]),
      ).rejects.toThrow(/no partition 9/);
    }
    expect((await broker.records('t')).map(({ value }) => String(value))).toEqual(['known']);
  });
});
