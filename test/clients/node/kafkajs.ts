// kafkajs, driven by driver.ts. usage: kafkajs.ts HOST:PORT,... It ships gzip; the other codecs are put in through its plugin table.

import * as zlib from 'node:zlib';
import {
  lz4Compress,
  lz4Decompress,
  snappyCompress,
  snappyDecompress,
} from '@platformatic/wasm-utils';
import kafkajs from 'kafkajs';
import { breathe, Inbox, serve, type Alter, type Produce, type Read } from './driver.ts';

const { CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs;
const codecs: Readonly<Record<string, number>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
type Bytes = (data: Buffer) => Buffer;
const plugin = (compress: Bytes, decompress: Bytes) => () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => compress(buffer),
  decompress: async (buffer: Buffer) => decompress(buffer),
});
Object.assign(CompressionCodecs, {
  [CompressionTypes.Snappy]: plugin(snappyCompress, snappyDecompress),
  [CompressionTypes.LZ4]: plugin(lz4Compress, lz4Decompress),
  [CompressionTypes.ZSTD]: plugin(zlib.zstdCompressSync, zlib.zstdDecompressSync),
});

const kafka = new Kafka({
  clientId: 'kafkajs',
  brokers: (process.argv[2] ?? '').split(','),
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 50, retries: 10 },
});
interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly value: string;
}
const admin = kafka.admin();
await admin.connect();
let consumer: kafkajs.Consumer | undefined;
let inbox = new Inbox<Message>();
let partitions: number[] = [];
const taken = new Map<number, Message>();

async function subscribe(groupId: string, topic: string): Promise<kafkajs.Consumer> {
  const made = kafka.consumer({
    groupId,
    heartbeatInterval: 100,
    sessionTimeout: 3000,
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 50,
  });
  await made.connect();
  await made.subscribe({ topics: [topic], fromBeginning: true });
  made.on('consumer.group_join', ({ payload }) => {
    partitions = payload.memberAssignment[topic] ?? [];
  });
  made.on('consumer.rebalancing', () => {
    partitions = [];
  });
  const place = inbox;
  await made.run({
    autoCommit: false,
    async eachMessage({ partition, message: { offset, value } }) {
      place.push({ topic, partition, offset, value: String(value) });
    },
  });
  return made;
}

await serve({
  async produce({ topic, messages, codec = 'none', acks = -1, idempotent = false }: Produce) {
    const producer = kafka.producer({ idempotent });
    await producer.connect();
    await producer.send({ topic, acks, compression: codecs[codec] ?? 0, messages: [...messages] });
    await producer.disconnect();
  },
  async read({ topic, partition, count, offset, time_ms }: Read) {
    const places = await admin.fetchTopicOffsets(topic);
    const end = places.find((place) => place.partition === partition)?.high ?? '-1';
    if (offset === 'end') return Number(end);
    const found =
      time_ms === undefined ? [] : await admin.fetchTopicOffsetsByTimestamp(topic, time_ms);
    const start = found.find((place) => place.partition === partition)?.offset ?? String(offset);
    inbox = new Inbox();
    const reader = await subscribe(`reader-${topic}-${start}`, topic);
    reader.seek({ topic, partition, offset: start });
    const values: string[] = [];
    while (values.length < count) {
      const [message] = await inbox.take(1);
      if (message && message.partition === partition && Number(message.offset) >= Number(start)) {
        values.push(message.value);
      }
    }
    await reader.disconnect();
    return values;
  },
  async join({ group, topic }: { group: string; topic: string }) {
    inbox = new Inbox();
    consumer = await subscribe(group, topic);
  },
  async assigned() {
    await breathe();
    return partitions;
  },
  async poll({ count }: { count: number }) {
    const messages = await inbox.take(count);
    for (const message of messages) taken.set(message.partition, message);
    return messages.map(({ value }) => value);
  },
  async commit() {
    const offsets = Array.from(taken.values(), ({ topic, partition, offset }) => ({
      topic,
      partition,
      offset: String(Number(offset) + 1),
    }));
    await consumer?.commitOffsets(offsets);
  },
  async leave() {
    await consumer?.disconnect();
  },
  async create({
    topic,
    partitions: numPartitions,
    configs,
    replicas = 1,
  }: Alter & { replicas?: number }) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const asked = { topic, numPartitions, replicationFactor: replicas, configEntries };
    await admin.createTopics({ topics: [asked] });
  },
  async configs({ topic }: { topic: string }) {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
    const found = await admin.describeConfigs({ resources, includeSynonyms: true });
    const entries = found.resources[0]?.configEntries ?? [];
    return Object.fromEntries(
      entries.map(({ configName, configValue }) => [configName, configValue]),
    );
  },
  async alter({ topic, configs, partitions: count }: Alter) {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
    await admin.createPartitions({ topicPartitions: [{ topic, count }] });
  },
  async topics() {
    const { topics } = await admin.fetchTopicMetadata();
    return Object.fromEntries(topics.map(({ name, partitions: all }) => [name, all.length]));
  },
  async groups() {
    return (await admin.listGroups()).groups.map(({ groupId }) => groupId);
  },
  async delete({ topic }: { topic: string }) {
    await admin.deleteTopics({ topics: [topic] });
  },
});
