// @platformatic/kafka 2.12, unmodified, against a started broker: admin, every codec it ships, groups with commit and resume.
import { afterEach, describe, expect, it } from 'vitest';
import {
  Admin,
  Consumer,
  Producer,
  stringDeserializers,
  stringSerializers,
  type MessagesStream,
} from '@platformatic/kafka';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(topics: Record<string, number> = {}): Promise<TestBroker> {
  const broker = await startTestBroker({ topics });
  closers.push(() => broker.stop());
  return broker;
}

const client = (broker: TestBroker) => ({
  clientId: 'p',
  bootstrapBrokers: [broker.bootstrap],
  retries: 2,
});

function admin(broker: TestBroker): Admin {
  const created = new Admin(client(broker));
  closers.push(() => created.close());
  return created;
}

function producer(broker: TestBroker): Producer<string, string, string, string> {
  const created = new Producer({ ...client(broker), serializers: stringSerializers });
  closers.push(() => created.close());
  return created;
}

type Stream = MessagesStream<string, string, string, string>;

function consumer(broker: TestBroker, groupId: string): Consumer<string, string, string, string> {
  const created = new Consumer({
    ...client(broker),
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 10_000,
    heartbeatInterval: 100,
    maxWaitTime: 50,
  });
  closers.push(() => created.close(true));
  return created;
}

/** The next `count` values, in order; each is committed. */
async function take(stream: Stream, count: number): Promise<string[]> {
  const values: string[] = [];
  if (count === 0) return values;
  for await (const message of stream) {
    values.push(message.value);
    await message.commit();
    if (values.length === count) break;
  }
  return values;
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);
const messages = (topic: string, values: readonly string[]) =>
  values.map((value) => ({ topic, key: 'k', value, headers: { h: 'x' } }));

describe('@platformatic/kafka', () => {
  it('creates, lists and deletes topics', async () => {
    const broker = await start();
    const adminClient = admin(broker);
    const [created] = await adminClient.createTopics({
      topics: ['orders'],
      partitions: 3,
      replicas: 1,
    });
    expect(created).toMatchObject({ name: 'orders', partitions: 3, replicas: 1 });
    expect(await adminClient.listTopics()).toEqual(['orders']);
    const metadata = await adminClient.metadata({ topics: ['orders'] });
    expect(metadata.topics.get('orders')?.partitionsCount).toBe(3);
    expect(metadata.brokers.get(1)).toMatchObject({ host: '127.0.0.1', port: broker.port });
    await expect(
      adminClient.createTopics({ topics: ['copies'], partitions: 1, replicas: 3 }),
    ).rejects.toThrow();
    await adminClient.deleteTopics({ topics: ['orders'] });
    expect(await adminClient.listTopics()).toEqual([]);
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'produces with %s and reads it back',
    async (compression) => {
      const broker = await start({ t: 1 });
      const sent = await producer(broker).send({
        messages: messages('t', texts(0, 50)),
        compression,
      });
      expect(sent.offsets?.[0]).toMatchObject({ topic: 't', partition: 0, offset: 0n });
      const stored = await broker.records('t');
      expect(stored.map(({ value }) => value?.toString())).toEqual(texts(0, 50));
      const stream = await consumer(broker, 'g').consume({
        topics: ['t'],
        mode: 'earliest',
        autocommit: false,
      });
      expect(await take(stream, 50)).toEqual(texts(0, 50));
    },
  );

  it('produces idempotently', async () => {
    const broker = await start({ t: 1 });
    const created = new Producer({
      ...client(broker),
      serializers: stringSerializers,
      idempotent: true,
    });
    closers.push(() => created.close());
    for (const value of texts(0, 3)) await created.send({ messages: [{ topic: 't', value }] });
    const stored = await broker.records('t');
    expect(stored.map(({ value }) => value?.toString())).toEqual(texts(0, 3));
  });

  it('resumes in a group where it committed', async () => {
    const broker = await start({ t: 1 });
    const sender = producer(broker);
    await sender.send({ messages: messages('t', texts(0, 10)) });
    const first = consumer(broker, 'g');
    expect(
      await take(await first.consume({ topics: ['t'], mode: 'earliest', autocommit: false }), 6),
    ).toEqual(texts(0, 6));
    await first.close(true);
    const second = consumer(broker, 'g');
    const rest = await take(
      await second.consume({ topics: ['t'], mode: 'committed', autocommit: false }),
      4,
    );
    expect(rest).toEqual(texts(6, 10));
  });

  it('rebalances when a member joins and when it leaves', async () => {
    const broker = await start({ t: 4 });
    const one = consumer(broker, 'g');
    const stream = await one.consume({ topics: ['t'], mode: 'earliest', autocommit: false });
    await broker.groupReady('g', { members: 1 });
    const two = consumer(broker, 'g');
    await two.consume({ topics: ['t'], mode: 'earliest', autocommit: false });
    await broker.groupReady('g', { members: 2 });
    await two.close(true);
    await broker.groupReady('g', { members: 1 });
    await producer(broker).send({
      messages: [0, 1, 2, 3].map((partition) => ({
        topic: 't',
        partition,
        value: `p${partition}`,
      })),
    });
    const values = await take(stream, 4);
    expect(values.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['p0', 'p1', 'p2', 'p3']);
    const groups = await admin(broker).listGroups();
    expect([...groups.keys()]).toEqual(['g']);
    const described = await admin(broker).describeGroups({ groups: ['g'] });
    expect(described.get('g')?.state).toBe('Stable');
  });
});
