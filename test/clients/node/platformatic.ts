// @platformatic/kafka, driven by driver.ts. usage: platformatic.ts HOST:PORT,...

import {
  Admin,
  compatibilityPartitioner,
  Consumer,
  ListOffsetTimestamps,
  Producer,
  stringDeserializers,
  stringSerializers,
  type Message,
  type MessagesStream,
} from '@platformatic/kafka';
import { breathe, Inbox, serve, type Alter, type Produce, type Read } from './driver.ts';

const client = {
  clientId: 'platformatic',
  bootstrapBrokers: (process.argv[2] ?? '').split(','),
  retries: 10,
  retryDelay: 50,
};
type Text = Message<string, string, string, string>;
type Codec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
const topicResource = 2;
const set = 0 as const;
const admin = new Admin(client);
let consumer: Consumer<string, string, string, string> | undefined;
let inbox = new Inbox<Text>();
const taken = new Map<number, Text>();

function makeConsumer(groupId: string): Consumer<string, string, string, string> {
  return new Consumer({
    ...client,
    groupId,
    deserializers: stringDeserializers,
    sessionTimeout: 3000,
    rebalanceTimeout: 10_000,
    heartbeatInterval: 100,
    maxWaitTime: 50,
  });
}

function fill(stream: MessagesStream<string, string, string, string>): void {
  const place = inbox;
  stream.on('data', (message) => place.push(message));
}

async function offsetOf(topic: string, partition: number, timestamp: bigint): Promise<bigint> {
  const partitions = [{ partitionIndex: partition, timestamp }];
  const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
  return found?.partitions[0]?.offset ?? -1n;
}

await serve({
  async produce({ topic, messages, codec = 'none', acks = -1, idempotent = false }: Produce) {
    const producer = new Producer({
      ...client,
      serializers: stringSerializers,
      partitioner: compatibilityPartitioner,
      idempotent,
    });
    await producer.send({
      acks,
      compression: codec as Codec,
      messages: messages.map((message) => ({ topic, ...message })),
    });
    await producer.close();
  },
  async read({ topic, partition, count, offset, time_ms }: Read) {
    if (offset === 'end')
      return Number(await offsetOf(topic, partition, ListOffsetTimestamps.LATEST));
    const start =
      time_ms === undefined
        ? BigInt(offset ?? 0)
        : await offsetOf(topic, partition, BigInt(time_ms));
    const reader = makeConsumer(`reader-${topic}-${start}`);
    inbox = new Inbox();
    const offsets = [{ topic, partition, offset: start }];
    fill(await reader.consume({ topics: [topic], mode: 'manual', offsets, autocommit: false }));
    const values = (await inbox.take(count)).map(({ value }) => value);
    await reader.close(true);
    return values;
  },
  async join({ group, topic }: { group: string; topic: string }) {
    inbox = new Inbox();
    consumer = makeConsumer(group);
    fill(
      await consumer.consume({
        topics: [topic],
        mode: 'committed',
        fallbackMode: 'earliest',
        autocommit: false,
      }),
    );
  },
  async assigned() {
    await breathe();
    return consumer?.assignments?.flatMap(({ partitions }) => partitions) ?? [];
  },
  async poll({ count }: { count: number }) {
    const messages = await inbox.take(count);
    for (const message of messages) taken.set(message.partition, message);
    return messages.map(({ value }) => value);
  },
  async commit() {
    for (const message of taken.values()) await message.commit();
  },
  async leave() {
    await consumer?.close(true);
  },
  async create({ topic, partitions, configs, replicas = 1 }: Alter & { replicas?: number }) {
    const entries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [topic], partitions, replicas, configs: entries });
  },
  async configs({ topic }: { topic: string }) {
    const resources = [{ resourceType: topicResource, resourceName: topic }] as const;
    const [found] = await admin.describeConfigs({ resources: [...resources] });
    return Object.fromEntries((found?.configs ?? []).map(({ name, value }) => [name, value]));
  },
  async alter({ topic, configs, partitions }: Alter) {
    const entries = Object.entries(configs).map(([name, value]) => ({
      name,
      value,
      configOperation: set,
    }));
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: topicResource, resourceName: topic, configs: entries }],
    });
    await admin.createPartitions({ topics: [{ name: topic, count: partitions }] });
  },
  async topics() {
    const { topics } = await admin.metadata({ topics: await admin.listTopics() });
    return Object.fromEntries(
      Array.from(topics, ([name, { partitionsCount }]) => [name, partitionsCount]),
    );
  },
  async groups() {
    return [...(await admin.listGroups()).keys()];
  },
  async delete({ topic }: { topic: string }) {
    await admin.deleteTopics({ topics: [topic] });
  },
});
