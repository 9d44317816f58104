// The test kit as a test feels it: start until clients are accepted (goal 20 ms), start until kafkajs has its first record acknowledged
// (goal 100 ms), reset of a broker with a few topics, records and a group (goal 1 ms), a day of a manual clock. Client and broker share
// the process, whose modules are loaded; what the very first broker of a process costs is a line of its own.
// Options: `--rounds N` (default 15).

import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { numberOption } from './driver/driver.ts';
import { type Figure, publish } from './harness.ts';

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 15);
  const first = await startToAccept();
  const samples = new Map<string, number[]>();
  const measures: Readonly<Record<string, () => Promise<number>>> = {
    'start to accept': startToAccept,
    'start to first kafkajs acknowledgement': startToFirstRecord,
    'reset: 3 topics, 30 records, a group': reset,
    'reset: nothing to take away': () => resetOf(async () => undefined),
    'manual clock: advance by a day': advanceADay,
  };
  for (let round = 0; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(measures)) {
      const us = await measure();
      if (round > 0) samples.set(name, [...(samples.get(name) ?? []), us]);
    }
  }
  publish(
    'testkit',
    [...samples].map(([name, values]) => figure(name, values)),
    [
      `microseconds, median (min … max) of ${rounds} rounds`,
      `the first broker of the process: ${(first / 1000).toFixed(1)} ms to accept`,
    ],
  );
}

async function startToAccept(): Promise<number> {
  const startedMs = performance.now();
  await using broker = await startTestBroker({ topics: { orders: 3 } });
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: broker.port }, () => {
      socket.destroy();
      resolve();
    }).once('error', reject);
  });
  return elapsedUs(startedMs);
}

async function startToFirstRecord(): Promise<number> {
  const startedMs = performance.now();
  await using broker = await startTestBroker({ topics: { orders: 3 } });
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: 'orders', messages: [{ value: 'v' }] });
  const us = elapsedUs(startedMs);
  await producer.disconnect();
  return us;
}

function reset(): Promise<number> {
  return resetOf(async (broker) => {
    for (const topic of ['orders', 'one', 'two']) {
      await broker.produce(
        topic,
        Array.from({ length: 10 }, (_, at) => ({ value: String(at) })),
      );
    }
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 10 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['orders'] });
    await consumer.run({ eachMessage: async () => undefined });
    await broker.groupReady('g');
    await consumer.disconnect();
  });
}

async function resetOf(use: (broker: TestBroker) => Promise<void>): Promise<number> {
  await using broker = await startTestBroker({ topics: { orders: 3 } });
  await use(broker);
  const startedMs = performance.now();
  await broker.reset();
  return elapsedUs(startedMs);
}

async function advanceADay(): Promise<number> {
  await using broker = await startTestBroker({ topics: { orders: 3 }, clock: 'manual' });
  const startedMs = performance.now();
  await broker.clock.advance('1d');
  return elapsedUs(startedMs);
}

function elapsedUs(startedMs: number): number {
  return (performance.now() - startedMs) * 1000;
}

function figure(name: string, values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { name, unit: 'µs', probe: false, median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
