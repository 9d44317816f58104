// kafkajs 2.2.4, unmodified, with delayed records: a header is all it takes, and consumers see them when they are due.
import { afterEach, describe, expect, it } from 'vitest';
import { Kafka, logLevel } from 'kafkajs';
import { startTestBroker } from '@drave/broker/testing';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe('kafkajs and delayed records', () => {
  it('gets each record once, at or after its time', async () => {
    const broker = await startTestBroker();
    closers.push(() => broker.stop());
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    const producer = kafka.producer({ idempotent: true });
    const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 50 });
    for (const client of [admin, producer, consumer]) {
      await client.connect();
      closers.push(() => client.disconnect());
    }
    const configEntries = [{ name: 'drave.delay.enable', value: 'true' }];
    await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 2, configEntries }] });
    await consumer.subscribe({ topics: ['orders'], fromBeginning: true });

    const startMs = Date.now();
    const delaysMs = [0, 400, 200, 0, 300];
    const arrivals = new Map<string, number>();
    const all = new Promise<void>((resolve, reject) => {
      void consumer.run({
        async eachMessage({ message }) {
          const value = String(message.value);
          if (arrivals.has(value)) reject(new Error(`twice: ${value}`));
          arrivals.set(value, Date.now());
          if (arrivals.size === delaysMs.length) resolve();
        },
      });
    });
    await producer.send({
      topic: 'orders',
      messages: delaysMs.map((delayMs) => ({
        key: `k${delayMs}`,
        value: `v${delayMs}-${arrivals.size}-${Math.random()}`,
        ...(delayMs === 0 ? {} : { headers: { 'drave-deliver-at': String(startMs + delayMs) } }),
      })),
    });
    await all;
    for (const [value, atMs] of arrivals) {
      const delayMs = Number(/^v(\d+)-/.exec(value)?.[1]);
      expect(atMs - startMs).toBeGreaterThanOrEqual(delayMs);
    }
    expect(broker.broker.delayed.counts().get('orders')).toBe(0);
  });
});
