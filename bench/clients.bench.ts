// P12: what Node users see. Produce rates of kafkajs and @platformatic/kafka (and our own client) into Drave, against the same
// client into a broker that keeps nothing (null-broker.ts), interleaved. 100 B values, batches of 1,000, acks=1, one partition.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaClient } from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { Producer as PlatformaticProducer } from '@platformatic/kafka';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { type Contestant, interleave, publish, startServer } from './harness.ts';

interface Client {
  readonly name: string;
  /** Sends one batch of `batchRecords` and settles when it is acknowledged. */
  open(broker: string): Promise<{ send(): Promise<unknown>; close(): Promise<unknown> }>;
}

const batchRecords = 1_000;
const batchesPerRound = 200;
/** Batches under way at once, as an application with some concurrency has. */
const inFlight = 4;
const value = 'x'.repeat(100);

/** Options: `--rounds N` (default 5). */
export async function run(options: readonly string[]): Promise<void> {
  const index = options.indexOf('--rounds');
  const rounds = index < 0 ? 5 : Number(options[index + 1]);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const here = import.meta.dirname;
  const nothing = await startServer([join(here, 'null-broker.ts')]);
  const drave = await startServer([join(here, 'broker-process.ts'), join(work, 'data'), 'os']);
  const opened: { close(): Promise<unknown> }[] = [];
  try {
    for (const client of [kafkajs, platformatic, own]) {
      const contestants: Contestant[] = [];
      for (const [name, server] of [
        ['null broker', nothing],
        ['Drave, flush=os', drave],
      ] as const) {
        const connection = await client.open(server.firstLine);
        opened.push(connection);
        contestants.push({
          name: `${client.name} → ${name}`,
          unit: 'msg/s',
          probe: server === nothing,
          measure: () => rate(() => connection.send()),
        });
      }
      publish(
        `clients-${client.name.replace(/\W+/g, '-')}`,
        await interleave(contestants, rounds),
        [
          `${batchesPerRound} batches of ${batchRecords} × 100 B, ${inFlight} under way, acks=1, ${rounds} rounds`,
        ],
      );
    }
  } finally {
    for (const connection of opened) await connection.close();
    await nothing.stop();
    await drave.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

async function rate(send: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  let left = batchesPerRound;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (batchesPerRound * batchRecords) / ((performance.now() - startedMs) / 1000);
}

const kafkajs: Client = {
  name: 'kafkajs 2.2.4',
  async open(broker) {
    const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
    const createPartitioner = Partitioners.DefaultPartitioner;
    const producer = kafka.producer({ createPartitioner, allowAutoTopicCreation: true });
    await producer.connect();
    const messages = Array.from({ length: batchRecords }, () => ({ value, partition: 0 }));
    return {
      send: () => producer.send({ topic: 'bench-kafkajs', messages, acks: 1 }),
      close: () => producer.disconnect(),
    };
  },
};

const platformatic: Client = {
  name: '@platformatic/kafka 2.12.1',
  async open(broker) {
    const producer = new PlatformaticProducer({
      clientId: 'bench',
      bootstrapBrokers: [broker],
      autocreateTopics: true,
    });
    const bytes = Buffer.from(value);
    const topic = 'bench-platformatic';
    const messages = Array.from({ length: batchRecords }, () => ({
      topic,
      value: bytes,
      partition: 0,
    }));
    await producer.send({ messages: messages.slice(0, 1), acks: 1 });
    return { send: () => producer.send({ messages, acks: 1 }), close: () => producer.close() };
  },
};

const own: Client = {
  name: 'drave client',
  open(broker) {
    const client = new KafkaClient({ platform: nodePlatform(), brokers: [broker] });
    const producer = client.producer({ acks: 1, idempotent: false, batchBytes: 1_000_000 });
    const records = Array.from({ length: batchRecords }, () => ({
      topic: 'bench-drave',
      value,
      partition: 0,
    }));
    return Promise.resolve({
      send: () => producer.sendBatch(records),
      close: () => client.close(),
    });
  },
};
