// @platformatic/kafka 2.12, unmodified, with `groupProtocol: 'consumer'` (KIP-848): members join, leave and die over real sockets.
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { decodeAssignment } from '@drave/protocol';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(): Promise<TestBroker> {
  const settings = { groupConsumerHeartbeatIntervalMs: 200, groupConsumerSessionTimeoutMs: 2000 };
  const broker = await startTestBroker({ topics: { t: 6 }, settings });
  closers.push(() => broker.stop());
  return broker;
}

/** Reads `t` in the group `g` until it is closed; what it got is in `values`. */
async function member(broker: TestBroker, clientId: string) {
  const consumer = new Consumer({
    clientId,
    bootstrapBrokers: [broker.bootstrap],
    retries: 2,
    groupId: 'g',
    groupProtocol: 'consumer',
    deserializers: stringDeserializers,
    maxWaitTime: 50,
  });
  const close = () => consumer.close(true);
  closers.push(close);
  const stream = await consumer.consume({ topics: ['t'], mode: 'committed', autocommit: true });
  const values: string[] = [];
  stream.on('data', ({ value }) => void values.push(value));
  return {
    values,
    close: () => {
      closers.splice(closers.indexOf(close), 1);
      return close();
    },
  };
}

async function send(broker: TestBroker, values: readonly string[]): Promise<void> {
  const producer = new Producer({
    clientId: 'p',
    bootstrapBrokers: [broker.bootstrap],
    serializers: stringSerializers,
  });
  const messages = values.map((value, i) => ({ topic: 't', partition: i % 6, value }));
  await producer.send({ messages });
  await producer.close();
}

/** Settles when the group is stable and these clients have these numbers of partitions, together all six. */
async function shared(broker: TestBroker, shares: Readonly<Record<string, number>>) {
  await vi.waitFor(
    () => {
      const [group] = broker.groups();
      const counts = (group?.members ?? []).map(({ clientId, memberAssignment }) => [
        clientId,
        decodeAssignment(memberAssignment).partitions.flatMap((topic) => topic.partitions).length,
      ]);
      expect({ state: group?.state, ...Object.fromEntries(counts) }).toEqual({
        state: 'Stable',
        ...shares,
      });
    },
    { timeout: 20_000 },
  );
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);

describe('@platformatic/kafka in consumer groups', () => {
  it('shares partitions as members join and leave, and loses no record', async () => {
    const broker = await start();
    const first = await member(broker, 'm1');
    await shared(broker, { m1: 6 });
    await send(broker, texts(0, 60));
    await vi.waitFor(() => expect(first.values).toHaveLength(60), { timeout: 10_000 });

    const second = await member(broker, 'm2');
    await shared(broker, { m1: 3, m2: 3 });
    const third = await member(broker, 'm3');
    await shared(broker, { m1: 2, m2: 2, m3: 2 });
    await send(broker, texts(60, 120));
    const all = () => new Set([...first.values, ...second.values, ...third.values]);
    await vi.waitFor(() => expect(all().size).toBe(120), { timeout: 10_000 });
    expect(second.values.length).toBeGreaterThan(0);
    expect(third.values.length).toBeGreaterThan(0);

    await second.close();
    await shared(broker, { m1: 3, m3: 3 });
    await send(broker, texts(120, 180));
    await vi.waitFor(() => expect(all().size).toBe(180), { timeout: 10_000 });
  });

  it('hands on the partitions of a member that dies', async () => {
    const broker = await start();
    const first = await member(broker, 'm1');
    const options = {
      bootstrap: broker.bootstrap,
      client: import.meta.resolve('@platformatic/kafka'),
    };
    const process = new Worker(
      `const { workerData } = require('node:worker_threads');
       import(workerData.client).then(async ({ Consumer }) => {
         const consumer = new Consumer({
           clientId: 'm2', groupId: 'g', groupProtocol: 'consumer', maxWaitTime: 50,
           bootstrapBrokers: [workerData.bootstrap],
         });
         const stream = await consumer.consume({ topics: ['t'], mode: 'committed' });
         stream.on('data', () => {});
       });`,
      { eval: true, workerData: options },
    );
    closers.push(() => process.terminate());
    await shared(broker, { m1: 3, m2: 3 });
    await process.terminate();
    await shared(broker, { m1: 6 });
    await send(broker, texts(0, 60));
    await vi.waitFor(() => expect(first.values).toHaveLength(60), { timeout: 10_000 });
  });
});
