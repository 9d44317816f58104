// Every cell of matrix.ts with the unmodified client in a process of its own, against a started broker; one broker a client, so that
// what the broker was asked is what this client asks (see recording.ts). Skipped, with a message, only where Debian's packages are
// missing; the continuous integration installs them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { internalTopics } from '@drave/contracts';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { partitionForKey } from '@drave/protocol';
import {
  assigned,
  ClientProcess,
  hasModule,
  hasProgram,
  type ClientDriver,
} from './client-process.js';
import { KcatDriver } from './kcat-driver.js';
import { capabilities, clientNames, clients, type Capability, type ClientName } from './matrix.js';
import { compareWithRecording } from './recording.js';

interface World {
  readonly broker: TestBroker;
  readonly client: ClientDriver;
  /** Another process of the same client. */
  readonly connect: () => ClientDriver;
}
type Scenario = (world: World, name: ClientName) => Promise<void>;

const drivers: Readonly<
  Record<
    ClientName,
    { readonly connect: (bootstrap: string) => ClientDriver; readonly isMissing?: boolean }
  >
> = {
  kafkajs: { connect: (bootstrap) => new ClientProcess('node/kafkajs.ts', bootstrap) },
  '@platformatic/kafka': {
    connect: (bootstrap) => new ClientProcess('node/platformatic.ts', bootstrap),
  },
  kcat: { connect: (bootstrap) => new KcatDriver(bootstrap), isMissing: !hasProgram('kcat') },
  'confluent-kafka': {
    connect: (bootstrap) => new ClientProcess('python/confluent.py', bootstrap),
    isMissing: !hasModule('confluent_kafka'),
  },
  'kafka-python': {
    connect: (bootstrap) => new ClientProcess('python/kafka_python.py', bootstrap),
    isMissing: !hasModule('kafka'),
  },
};

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);
const messages = (values: readonly string[]): { value: string }[] =>
  values.map((value) => ({ value, headers: { h: 'x' } }));
const keyed = (values: readonly string[]): { key: string; value: string }[] =>
  values.map((value) => ({ key: `key-${value}`, value }));
const sorted = (values: readonly string[]): string[] => values.toSorted((a, b) => (a < b ? -1 : 1));

const producesWith =
  (codec: string): Scenario =>
  async ({ broker, client }) => {
    const topic = `with-${codec}`;
    await broker.createTopic(topic);
    for (const [round, acks] of [0, 1, -1].entries()) {
      await client.do('produce', {
        topic,
        codec,
        acks,
        messages: messages(texts(round * 100, round * 100 + 100)),
      });
      await broker.waitFor(topic, round * 100 + 100);
    }
    const read = await client.do('read', { topic, partition: 0, offset: 0, count: 300 });
    expect(read).toEqual(texts(0, 300));
    const stored = await broker.records(topic);
    expect(stored[299]?.headers).toEqual([{ key: 'h', value: Buffer.from('x') }]);
  };

async function timedTopic(broker: TestBroker, topic: string): Promise<void> {
  await broker.createTopic(topic);
  const times = [1000, 2000, 3000];
  await broker.produce(
    topic,
    times.map((timestamp) => ({ timestamp, value: `at${timestamp}` })),
  );
}

const readsFrom =
  (topic: string, options: Readonly<Record<string, unknown>>, wanted: unknown): Scenario =>
  async ({ broker, client }) => {
    await timedTopic(broker, topic);
    expect(await client.do('read', { topic, partition: 0, ...options })).toEqual(wanted);
  };

const scenarios: Readonly<Record<Capability, Scenario>> = {
  'produce, none, acks 0, 1 and all': producesWith('none'),
  'produce, gzip, acks 0, 1 and all': producesWith('gzip'),
  'produce, snappy, acks 0, 1 and all': producesWith('snappy'),
  'produce, lz4, acks 0, 1 and all': producesWith('lz4'),
  'produce, zstd, acks 0, 1 and all': producesWith('zstd'),
  'consume by assignment': readsFrom('assigned', { offset: 0, count: 3 }, [
    'at1000',
    'at2000',
    'at3000',
  ]),
  'seek by offset': readsFrom('sought', { offset: 1, count: 2 }, ['at2000', 'at3000']),
  'seek by time': readsFrom('timed', { time_ms: 2500, count: 1 }, ['at3000']),
  'find the end': readsFrom('ended', { offset: 'end', count: 0 }, 3),

  async 'keys to the partition of the reference'({ broker, client }) {
    await broker.createTopic('keys', 7);
    const values = Array.from({ length: 1000 }, (_, index) => `${index * 7919}-ä`);
    await client.do('produce', { topic: 'keys', messages: keyed(values) });
    const stored = await broker.waitFor('keys', values.length);
    for (const { key, partition } of stored) {
      expect(partition).toBe(partitionForKey(key ?? Buffer.alloc(0), 7));
    }
  },

  async 'produce idempotently'({ broker, client }) {
    await broker.createTopic('idempotent');
    await client.do('produce', {
      topic: 'idempotent',
      idempotent: true,
      messages: messages(texts(0, 500)),
    });
    const stored = await broker.records('idempotent');
    expect(stored.map(({ value }) => String(value))).toEqual(texts(0, 500));
  },

  async 'group: commit and resume'({ broker, client, connect }) {
    await broker.createTopic('resumed');
    await client.do('produce', { topic: 'resumed', messages: messages(texts(0, 10)) });
    await client.do('join', { group: 'resuming', topic: 'resumed' });
    expect(await client.do('poll', { count: 10 })).toEqual(texts(0, 10));
    await client.do('commit');
    await client.do('leave');
    await client.do('produce', { topic: 'resumed', messages: messages(texts(10, 15)) });
    await using second = connect();
    await second.do('join', { group: 'resuming', topic: 'resumed' });
    expect(await second.do('poll', { count: 5 })).toEqual(texts(10, 15));
  },

  async 'group: rebalance on join and leave'({ broker, connect }) {
    await broker.createTopic('shared', 4);
    await using one = connect();
    await using two = connect();
    await one.do('join', { group: 'sharing', topic: 'shared' });
    expect(await assigned(one, 4)).toHaveLength(4);
    await two.do('join', { group: 'sharing', topic: 'shared' });
    const shares = await Promise.all([assigned(one, 2), assigned(two, 2)]);
    expect(shares.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    await two.do('leave');
    expect(await assigned(one, 4)).toHaveLength(4);
  },

  async 'group: rebalance when a member is killed'({ broker, connect }) {
    await broker.createTopic('bereaved', 4);
    await using one = connect();
    await using two = connect();
    await Promise.all(
      [one, two].map((member) => member.do('join', { group: 'bereft', topic: 'bereaved' })),
    );
    await Promise.all([assigned(one, 2), assigned(two, 2)]);
    await two.kill();
    expect(await assigned(one, 4)).toHaveLength(4);
    await broker.produce(
      'bereaved',
      [0, 1, 2, 3].map((partition) => ({ partition, value: `p${partition}` })),
    );
    expect(sorted((await one.do('poll', { count: 4 })) as string[])).toEqual([
      'p0',
      'p1',
      'p2',
      'p3',
    ]);
  },

  async 'admin: create, describe, alter, delete'({ client }) {
    const topic = 'administered';
    await client.do('create', { topic, partitions: 2, configs: { 'retention.ms': '60000' } });
    expect(await client.do('configs', { topic })).toMatchObject({ 'retention.ms': '60000' });
    await client.do('alter', { topic, configs: { 'retention.ms': '70000' }, partitions: 5 });
    expect(await client.do('configs', { topic })).toMatchObject({ 'retention.ms': '70000' });
    expect(await client.do('topics')).toMatchObject({ [topic]: 5 });
    await client.do('delete', { topic });
    expect(await client.do('topics')).not.toHaveProperty(topic);
    await expect(
      client.do('create', { topic: 'a/b', partitions: 1, configs: {} }),
    ).rejects.toThrow();
  },

  async 'admin: list groups'({ broker, client, connect }) {
    await broker.createTopic('listed');
    await using member = connect();
    await member.do('join', { group: 'shown', topic: 'listed' });
    await assigned(member, 1);
    expect(await client.do('groups')).toContain('shown');
  },

  async 'three brokers: spread leaders, three replicas'({ broker, client }, name) {
    const made = { topic: 'spread', partitions: 6, replicas: 3, configs: {} };
    if (clients[name].lacks['admin: create, describe, alter, delete'])
      await broker.createTopic('spread', 6);
    else await client.do('create', made);
    expect(new Set(leadersOf(broker, 'spread')).size).toBe(3);
    await client.do('produce', { topic: 'spread', messages: keyed(texts(0, 60)) });
    const stored = await broker.waitFor('spread', 60);
    expect(new Set(stored.map(({ partition }) => partition)).size).toBe(6);
    await client.do('join', { group: 'spread', topic: 'spread' });
    expect(sorted((await client.do('poll', { count: 60 })) as string[])).toEqual(
      sorted(texts(0, 60)),
    );
    await client.do('leave');
  },

  async 'three brokers: follow moved leaders and coordinators'({ broker, client, connect }) {
    await broker.createTopic('moved', 6);
    await client.do('produce', { topic: 'moved', messages: keyed(texts(0, 60)) });
    await using member = connect();
    await member.do('join', { group: 'moving', topic: 'moved' });
    expect(await member.do('poll', { count: 60 })).toHaveLength(60);
    await member.do('commit');
    for (const topic of ['moved', internalTopics.consumerOffsets]) {
      for (const [partition, leader] of leadersOf(broker, topic).entries()) {
        broker.moveLeader(topic, partition, (leader % 3) + 1);
      }
    }
    await client.do('produce', { topic: 'moved', messages: keyed(texts(60, 120)) });
    expect(sorted((await member.do('poll', { count: 60 })) as string[])).toEqual(
      sorted(texts(60, 120)),
    );
    await member.do('commit');
    await member.do('leave');
  },
};

function leadersOf(broker: TestBroker, topic: string): number[] {
  return (broker.broker.context.replicas.topic(topic)?.partitions ?? []).map(
    ({ leader }) => leader,
  );
}

const isOfThree = (capability: Capability): boolean => capability.startsWith('three brokers');

describe.each(clientNames)('%s', (name) => {
  const { connect, isMissing } = drivers[name];
  if (isMissing)
    console.log(
      `${name} is not installed: its tests are skipped (.ci/run tells Debian's packages)`,
    );
  const cells = capabilities.filter((capability) => clients[name].lacks[capability] === undefined);

  for (const brokers of [1, 3]) {
    describe.skipIf(isMissing)(`with ${brokers} broker(s)`, () => {
      let world: World & AsyncDisposable;

      beforeAll(async () => {
        const broker = await startTestBroker({ brokers });
        const open = () => connect(broker.bootstrap);
        const client = open();
        world = {
          broker,
          client,
          connect: open,
          async [Symbol.asyncDispose]() {
            await client.kill();
            await broker.stop();
          },
        };
      });

      afterAll(async () => {
        await compareWithRecording(name, world.broker.requestVersions());
        await world[Symbol.asyncDispose]();
      });

      it.each(cells.filter((cell) => isOfThree(cell) === (brokers === 3)))(
        '%s',
        async (cell) => {
          await scenarios[cell](world, name);
        },
        60_000,
      );
    });
  }
});

describe('the matrix', () => {
  it('has a reason for every cell that is not run, and a client for every capability', () => {
    for (const name of clientNames) {
      for (const [capability, reason] of Object.entries(clients[name].lacks)) {
        expect(capabilities).toContain(capability);
        expect(reason.length, `${name}: ${capability}`).toBeGreaterThan(10);
      }
    }
    for (const capability of capabilities) {
      const having = clientNames.filter((name) => clients[name].lacks[capability] === undefined);
      expect(having.length, capability).toBeGreaterThanOrEqual(3);
    }
    expect(Object.keys(scenarios).toSorted()).toEqual([...capabilities].toSorted());
  });
});
