// The consumer against a real broker in process: assigned by hand, and as a member of a group.

import { afterEach, describe, expect, it } from 'vitest';

import { startTestBroker, type TestBroker, type TestBrokerOptions } from '@drave/broker/testing';
import { memoryPlatform, nodePlatform } from '@drave/platform';
import type { TopicPartition } from '@drave/contracts';

import {
  KafkaClient,
  type Consumer,
  type ConsumerOptions,
  type ConsumerRecord,
} from '../src/index.js';
import { CuttableNetwork } from './cuttable-network.js';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await startTestBroker(options);
  cleanUps.push(() => broker.stop());
  return broker;
}

function connect(broker: TestBroker): { client: KafkaClient; network: CuttableNetwork } {
  const platform = nodePlatform();
  const network = new CuttableNetwork(platform.network);
  const client = new KafkaClient({
    platform: { ...platform, network },
    brokers: [broker.bootstrap],
  });
  cleanUps.push(() => client.close());
  return { client, network };
}

function values(records: readonly ConsumerRecord[]): string[] {
  return records.map(({ value }) => String(value));
}

async function pollUntil(consumer: Consumer, count: number): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  while (records.length < count) {
    const more = await consumer.poll({ timeoutMs: 10_000 });
    expect(more.length).toBeGreaterThan(0);
    records.push(...more);
  }
  return records;
}

const p0: TopicPartition = { topic: 't', partition: 0 };
const p1: TopicPartition = { topic: 't', partition: 1 };

describe('Consumer, assigned by hand', () => {
  it('reads each partition in order from the beginning, and new records as they come', async () => {
    const broker = await start({ topics: { t: 2 } });
    const { client } = connect(broker);
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }, { value: 'c', partition: 1 }]);
    const consumer = client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([p0, p1]);
    const records = await pollUntil(consumer, 3);
    expect(values(records.filter((r) => r.partition === 0))).toEqual(['a', 'b']);
    expect(consumer.position(p0)).toBe(2);
    const waiting = consumer.poll({ timeoutMs: 10_000 });
    await broker.produce('t', [{ value: 'd', partition: 1 }]);
    expect(values(await waiting)).toEqual(['d']);
    expect(consumer.lag(p1)).toBe(0);
  });

  it('bounds a poll, and a pause holds back one partition only', async () => {
    const broker = await start({ topics: { t: 2 } });
    const { client } = connect(broker);
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }, { value: 'c', partition: 1 }]);
    const consumer = client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([p0, p1]);
    consumer.pause([p0]);
    expect(values(await pollUntil(consumer, 1))).toEqual(['c']);
    expect(await consumer.poll({ timeoutMs: 20 })).toEqual([]);
    consumer.resume([p0]);
    expect(values(await consumer.poll({ maxRecords: 1, timeoutMs: 10_000 }))).toEqual(['a']);
    expect(values(await consumer.poll({ maxRecords: 1, timeoutMs: 10_000 }))).toEqual(['b']);
  });

  it('seeks, resets when out of range, and says so without a reset policy', async () => {
    const broker = await start({ topics: { t: 1 } });
    const { client } = connect(broker);
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    const consumer = client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([p0]);
    consumer.seek(p0, 1);
    expect(values(await pollUntil(consumer, 1))).toEqual(['b']);
    consumer.seek(p0, 99);
    expect(values(await pollUntil(consumer, 2))).toEqual(['a', 'b']);
    const strict = client.consumer({ autoOffsetReset: 'none' });
    strict.assign([p0]);
    await expect(strict.poll({ timeoutMs: 10_000 })).rejects.toMatchObject({
      errorName: 'OFFSET_OUT_OF_RANGE',
    });
    strict.seek(p0, 99);
    await expect(strict.poll({ timeoutMs: 10_000 })).rejects.toThrow(/t-0 at offset 99/);
  });

  it('finds offsets by time, and commits them with metadata for the next one to resume', async () => {
    const broker = await start({ topics: { t: 1 } });
    const { client } = connect(broker);
    await broker.produce(
      't',
      [1_000, 2_000, 3_000].map((timestamp) => ({ value: `${timestamp}`, timestamp })),
    );
    const consumer = client.consumer({ groupId: 'g' });
    consumer.assign([p0]);
    const found = await consumer.offsetsForTimes([
      { ...p0, at: 1_500 },
      { ...p0, at: 9_000 },
      { ...p0, at: 'latest' },
    ]);
    expect(found.map(({ offset }) => offset)).toEqual([1, -1, 3]);
    await consumer.commit([{ ...p0, offset: 1, metadata: 'note' }]);
    expect(await consumer.committed([p0, { topic: 't', partition: 7 }])).toMatchObject([
      { offset: 1, metadata: 'note' },
      undefined,
    ]);
    const next = client.consumer({ groupId: 'g' });
    next.assign([p0]);
    expect(values(await pollUntil(next, 2))).toEqual(['2000', '3000']);
    await next.commit();
    expect(await client.admin().groupLag('g')).toMatchObject([{ offset: 3, lag: 0 }]);
  });

  it('fetches no more than its buffer while nobody polls', async () => {
    const broker = await start({ topics: { t: 1 } });
    const { client } = connect(broker);
    const batch = Array.from({ length: 10 }, () => ({ value: 'x'.repeat(100) }));
    for (let i = 0; i < 30; i++) await broker.produce('t', batch);
    const consumer = client.consumer({
      autoOffsetReset: 'earliest',
      fetch: { partitionMaxBytes: 2_000, partitionBufferBytes: 2_000 },
    });
    consumer.assign([p0]);
    let count = 0;
    while (count < 300) count += (await consumer.poll({ maxRecords: 7, timeoutMs: 10_000 })).length;
    expect(count).toBe(300);
    const raw = client.consumer({ autoOffsetReset: 'earliest' });
    raw.assign([p0]);
    let batches = 0;
    while (batches < 30) {
      for (const found of await raw.pollBatches({ timeoutMs: 10_000 }))
        batches += found.batches.length;
    }
    expect(batches).toBe(30);
  });

  it('goes on where it was when its connections break', async () => {
    const broker = await start({ topics: { t: 1 } });
    const { client, network } = connect(broker);
    const consumer = client.consumer({ autoOffsetReset: 'earliest' });
    consumer.assign([p0]);
    await broker.produce('t', [{ value: 'a' }]);
    expect(values(await pollUntil(consumer, 1))).toEqual(['a']);
    network.cutAll();
    await broker.produce('t', [{ value: 'b' }]);
    expect(values(await pollUntil(consumer, 1))).toEqual(['b']);
    expect(network.cutCount).toBeGreaterThan(0);
  });
});

/** A member that polls until stopped and writes down what happened to it. */
class Member {
  readonly events: string[] = [];
  readonly seen: string[] = [];
  readonly consumer: Consumer;
  readonly client: KafkaClient;
  readonly network: CuttableNetwork;
  readonly #waiters: (() => void)[] = [];
  #isStopped = false;
  #done: Promise<void> = Promise.resolve();

  constructor(broker: TestBroker, options: ConsumerOptions = {}) {
    ({ client: this.client, network: this.network } = connect(broker));
    const list = (partitions: readonly TopicPartition[]): string =>
      partitions
        .map(({ partition }) => partition)
        .sort((x, y) => x - y)
        .join(',');
    this.consumer = this.client.consumer({
      groupId: 'g',
      topics: ['t'],
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: 10,
      sessionTimeoutMs: 500,
      onAssigned: (partitions) => this.#note(`+${list(partitions)}`),
      onRevoked: (partitions) => this.#note(`-${list(partitions)}`),
      onLost: (partitions) => this.#note(`!${list(partitions)}`),
      ...options,
    });
  }

  run(): this {
    this.#done = this.#loop();
    return this;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#done;
  }

  assigned(): string {
    return this.consumer
      .assignment()
      .map(({ partition }) => partition)
      .sort((x, y) => x - y)
      .join(',');
  }

  async until(predicate: () => boolean): Promise<void> {
    while (!predicate()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async #loop(): Promise<void> {
    while (!this.#isStopped) {
      for (const { partition, offset } of await this.consumer.poll({ timeoutMs: 20 })) {
        this.seen.push(`${partition}@${offset}`);
      }
      this.#wake();
    }
  }

  #note(event: string): void {
    this.events.push(event);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}

describe.each([
  { name: 'cooperative-sticky', assignors: ['cooperative-sticky'] },
  { name: 'range', assignors: ['range'] },
] as const)('a group of consumers ($name)', ({ assignors }) => {
  it('shares the partitions among one, two and three members and gives them back', async () => {
    const broker = await start({ topics: { t: 6 } });
    const a = new Member(broker, { assignors }).run();
    await a.until(() => a.assigned() === '0,1,2,3,4,5');
    const b = new Member(broker, { assignors }).run();
    await Promise.all([
      a.until(() => a.assigned().length === 5),
      b.until(() => b.assigned().length === 5),
    ]);
    const c = new Member(broker, { assignors }).run();
    await Promise.all([a, b, c].map((m) => m.until(() => m.assigned().length === 3)));
    const all = [a, b, c].flatMap((m) => m.assigned().split(','));
    expect(all.sort().join(',')).toBe('0,1,2,3,4,5');
    if (assignors[0] === 'cooperative-sticky') {
      expect(a.events).toEqual(['+0,1,2,3,4,5', '-3,4,5', '-2']);
    }
    await Promise.all([a.stop(), b.stop()]);
    await Promise.all([a.client.close(), b.client.close()]);
    await c.until(() => c.assigned() === '0,1,2,3,4,5');
    await c.stop();
    await c.client.close();
    expect(broker.groups()).toMatchObject([{ groupId: 'g', state: 'Empty' }]);
  });

  it('waits for onRevoked before anybody else gets the partitions; commits inside it count', async () => {
    const broker = await start({ topics: { t: 2 } });
    await broker.produce(
      't',
      Array.from({ length: 10 }, (_, i) => ({ value: 'v', partition: i % 2 })),
    );
    const order: string[] = [];
    const a: Member = new Member(broker, {
      assignors,
      onRevoked: async () => {
        await broker.platform.scheduler.sleep(50);
        await a.consumer.commit();
        order.push('a revoked');
      },
    }).run();
    await a.until(() => a.seen.length === 10);
    const b = new Member(broker, {
      assignors,
      onAssigned: () => void order.push('b assigned'),
    }).run();
    await b.until(() => b.assigned().length === 1);
    expect(order).toEqual(['a revoked', 'b assigned']);
    await broker.produce('t', [{ value: 'w', partition: Number(b.assigned()) }]);
    await b.until(() => b.seen.length > 0);
    expect(b.seen).toEqual([`${b.assigned()}@5`]);
    await Promise.all([a.stop(), b.stop()]);
  });

  it('takes over from a killed member after its session, from the committed offset', async () => {
    const broker = await start({ topics: { t: 2 } });
    await broker.produce('t', [{ value: 'v' }, { value: 'v', partition: 1 }]);
    const a = new Member(broker, { assignors }).run();
    await a.until(() => a.seen.length === 2);
    await a.consumer.commit();
    await a.stop();
    a.client.abort();
    await broker.produce('t', [{ value: 'w' }]);
    const b = new Member(broker, { assignors }).run();
    await b.until(() => b.seen.length === 1);
    expect(b.seen).toEqual(['0@1']);
    await b.stop();
  });
});

describe('a member of a group', () => {
  it('keeps its partitions over broken connections', async () => {
    const broker = await start({ topics: { t: 2 } });
    const a = new Member(broker).run();
    await a.until(() => a.assigned() === '0,1');
    for (let i = 0; i < 3; i++) {
      a.network.cutAll();
      await broker.produce('t', [{ value: 'v' }]);
      await a.until(() => a.seen.length === i + 1);
      await a.consumer.commit();
    }
    expect(a.events).toEqual(['+0,1']);
    await a.stop();
  });

  it('refuses to commit what it does not own any more', async () => {
    const broker = await start({ topics: { t: 1 } });
    const a = new Member(broker, { sessionTimeoutMs: 60 }).run();
    await a.until(() => a.assigned() === '0');
    await expect(
      a.consumer.commit([{ topic: 't', partition: 5, offset: 1 }]),
    ).rejects.toMatchObject({ errorName: 'ILLEGAL_GENERATION' });
    await a.stop();
  });

  it('hears that it lost everything when the group gave it up, and joins again', async () => {
    const broker = await start({ topics: { t: 1 } });
    const a = new Member(broker, { heartbeatIntervalMs: 200, sessionTimeoutMs: 60 }).run();
    await a.until(() => a.events.length >= 3);
    expect(a.events.slice(0, 3)).toEqual(['+0', '!0', '+0']);
    await a.stop();
  });

  it('leaves when nobody polls for too long, and returns with the next poll', async () => {
    const broker = await start({ topics: { t: 1 } });
    const a = new Member(broker, { maxPollIntervalMs: 100 });
    a.run();
    await a.until(() => a.assigned() === '0');
    await a.stop();
    await a.until(() => a.events.includes('!0'));
    expect(a.assigned()).toBe('');
    while (a.assigned() !== '0') await a.consumer.poll({ timeoutMs: 20 });
    expect(a.events).toEqual(['+0', '!0', '+0']);
  });

  it('a static member returns to its partitions without a rebalance', async () => {
    const broker = await start({ topics: { t: 2 } });
    const one = new Member(broker, { instanceId: 'one', sessionTimeoutMs: 5_000 }).run();
    const two = new Member(broker, { instanceId: 'two', sessionTimeoutMs: 5_000 }).run();
    await Promise.all([one, two].map((m) => m.until(() => m.assigned().length === 1)));
    const held = one.assigned();
    const generation = two.consumer.groupMetadata().generation;
    await one.stop();
    await one.client.close();
    const again = new Member(broker, { instanceId: 'one', sessionTimeoutMs: 5_000 }).run();
    await again.until(() => again.assigned() !== '');
    expect(again.assigned()).toBe(held);
    expect(two.consumer.groupMetadata().generation).toBe(generation);
    await Promise.all([again.stop(), two.stop()]);
  });

  it('carries user data of an own assignor both ways', async () => {
    const broker = await start({ topics: { t: 2 } });
    const told: string[] = [];
    const got: string[] = [];
    const a = new Member(broker, {
      assignors: [
        {
          name: 'mine',
          mode: 'cooperative',
          subscriptionUserData: () => Buffer.from('from-member'),
          assign: ({ members, partitionCounts }) => {
            told.push(...members.map(({ userData }) => String(userData)));
            const partitions = [{ topic: 't', partition: (partitionCounts.get('t') ?? 0) - 1 }];
            return new Map(
              members.map(({ memberId }) => [
                memberId,
                { partitions, userData: Buffer.from('from-leader') },
              ]),
            );
          },
          onAssignment: ({ userData }) => void got.push(String(userData)),
        },
      ],
    }).run();
    await a.until(() => a.assigned() === '1');
    expect([told, got]).toEqual([['from-member'], ['from-leader']]);
    const described = await a.client.admin().describeGroups(['g']);
    expect(described).toMatchObject([
      { state: 'Stable', protocol: 'mine', members: [{ topics: ['t'], assignment: [p1] }] },
    ]);
    await a.stop();
  });

  it('hears of new partitions of a topic that appears later', async () => {
    const broker = await start({ autoCreate: false });
    const a = new Member(broker).run();
    await broker.groupReady('g', { members: 1 });
    await broker.createTopic('t', 1);
    a.consumer.requestRejoin();
    await a.until(() => a.assigned() === '0');
    await a.stop();
  });

  it('goes on with producer, group and commits after the broker came back', async () => {
    const platform = memoryPlatform();
    const first = await startTestBroker({ platform, topics: { t: 2 } });
    const { port } = first;
    const a = new Member(first, { sessionTimeoutMs: 5_000 }).run();
    const producer = a.client.producer({ lingerMs: 0 });
    await producer.send({ topic: 't', partition: 0, value: 'before' });
    await a.until(() => a.seen.length === 1);
    await a.consumer.commit();
    await first.stop();
    const sent = producer.send({ topic: 't', partition: 0, value: 'meanwhile' });
    const second = await startTestBroker({ platform, port });
    cleanUps.unshift(() => second.stop());
    expect((await sent).offset).toBe(1);
    await a.until(() => a.seen.length === 2);
    await a.consumer.commit();
    expect(a.seen).toEqual(['0@0', '0@1']);
    await a.stop();
  });
});
