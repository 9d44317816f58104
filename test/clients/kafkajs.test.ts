// The administration of kafkajs 2.2.4, unmodified, against a started broker, and topics made on first use; what all clients do is in
// matrix.test.ts.
import { afterEach, describe, expect, it } from 'vitest';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  CompressionTypes,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
  type Consumer,
  type Producer,
} from 'kafkajs';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { compareWithRecording } from './recording.js';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(topics: Record<string, number> = {}): Promise<TestBroker> {
  const broker = await startTestBroker({ topics });
  closers.push(() => broker.stop());
  closers.push(() => compareWithRecording('kafkajs', broker.requestVersions()));
  return broker;
}

function kafka(broker: TestBroker): Kafka {
  return new Kafka({ clientId: 'k', brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
}

async function admin(broker: TestBroker): Promise<Admin> {
  const client = kafka(broker).admin();
  await client.connect();
  closers.push(() => client.disconnect());
  return client;
}

async function producer(broker: TestBroker): Promise<Producer> {
  const client = kafka(broker).producer();
  await client.connect();
  closers.push(() => client.disconnect());
  return client;
}

interface Reading {
  readonly consumer: Consumer;
  readonly values: string[];
  /** Settles when so many messages arrived in all. */
  until(count: number): Promise<void>;
}

async function consume(broker: TestBroker, groupId: string, topic: string): Promise<Reading> {
  const consumer = kafka(broker).consumer({
    groupId,
    heartbeatInterval: 100,
    rebalanceTimeout: 5000,
    maxWaitTimeInMs: 50,
  });
  closers.push(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const values: string[] = [];
  let wake: (() => void) | undefined;
  await consumer.run({
    autoCommitThreshold: 1,
    async eachMessage({ message }) {
      values.push(message.value?.toString() ?? '');
      wake?.();
    },
  });
  return {
    consumer,
    values,
    async until(count) {
      while (values.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);

describe('kafkajs', () => {
  it('creates, lists, describes and deletes topics', async () => {
    const broker = await start();
    const client = await admin(broker);
    const created = await client.createTopics({
      topics: [
        {
          topic: 'orders',
          numPartitions: 3,
          configEntries: [{ name: 'retention.ms', value: '60000' }],
        },
      ],
    });
    expect(created).toBe(true);
    expect(await client.listTopics()).toEqual(['orders']);
    const { topics } = await client.fetchTopicMetadata({ topics: ['orders'] });
    expect(
      topics[0]?.partitions
        .map(({ partitionId }) => partitionId)
        .toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual([0, 1, 2]);
    const { brokers, controller } = await client.describeCluster();
    expect(brokers).toEqual([{ nodeId: 1, host: '127.0.0.1', port: broker.port }]);
    expect(controller).toBe(1);
    const { resources } = await client.describeConfigs({
      includeSynonyms: true,
      resources: [{ type: 2, name: 'orders' }],
    });
    const retention = resources[0]?.configEntries.find(
      ({ configName }) => configName === 'retention.ms',
    );
    expect(retention?.configValue).toBe('60000');
    await expect(
      client.createTopics({ topics: [{ topic: 'copies', replicationFactor: 3 }] }),
    ).rejects.toThrow(/creation errors/i);
    await client.createPartitions({ topicPartitions: [{ topic: 'orders', count: 5 }] });
    await client.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: 'orders', configEntries: [{ name: 'retention.ms', value: '70000' }] },
      ],
    });
    const [offsets] = [await client.fetchTopicOffsets('orders')];
    expect(offsets).toHaveLength(5);
    await client.deleteTopics({ topics: ['orders'] });
    expect(await client.listTopics()).toEqual([]);
  });

  it.each([
    ['none', CompressionTypes.None],
    ['gzip', CompressionTypes.GZIP],
  ])('produces with %s to a topic made on first use, and reads it back', async (_, compression) => {
    const broker = await start();
    const client = await producer(broker);
    const messages = texts(0, 50).map((value) => ({ key: 'k', value, headers: { h: 'x' } }));
    const [metadata] = await client.send({ topic: 'fresh', compression, messages });
    expect(metadata).toMatchObject({
      topicName: 'fresh',
      partition: 0,
      errorCode: 0,
      baseOffset: '0',
    });
    const stored = await broker.records('fresh');
    expect(stored.map(({ value }) => value?.toString())).toEqual(texts(0, 50));
    expect(stored[0]?.headers[0]).toMatchObject({ key: 'h' });
    const reading = await consume(broker, 'g', 'fresh');
    await reading.until(50);
    expect(reading.values).toEqual(texts(0, 50));
  });

  it('grows topics, changes settings, deletes records, groups and offsets', async () => {
    const broker = await start({ t: 1 });
    const client = await admin(broker);
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    await client.createPartitions({ topicPartitions: [{ topic: 't', count: 3 }] });
    const { topics } = await client.fetchTopicMetadata({ topics: ['t'] });
    expect(topics[0]?.partitions).toHaveLength(3);
    await client.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: 't',
          configEntries: [{ name: 'retention.ms', value: '12345' }],
        },
        {
          type: ConfigResourceTypes.BROKER,
          name: '1',
          configEntries: [{ name: 'message.max.bytes', value: '2000000' }],
        },
      ],
    });
    const { resources } = await client.describeConfigs({
      includeSynonyms: true,
      resources: [
        { type: ConfigResourceTypes.TOPIC, name: 't', configNames: ['retention.ms'] },
        { type: ConfigResourceTypes.BROKER, name: '1', configNames: ['message.max.bytes'] },
      ],
    });
    expect(resources.map(({ configEntries }) => configEntries[0]?.configValue)).toEqual([
      '12345',
      '2000000',
    ]);
    await client.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '1' }] });
    const offsets = await client.fetchTopicOffsets('t');
    expect(offsets.find(({ partition }) => partition === 0)?.low).toBe('1');
    await client.setOffsets({
      groupId: 'g',
      topic: 't',
      partitions: [{ partition: 0, offset: '1' }],
    });
    await client.deleteGroups(['g']);
    expect((await client.listGroups()).groups).toEqual([]);
    const filter = {
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      operation: AclOperationTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
    };
    await expect(client.describeAcls(filter)).rejects.toMatchObject({ type: 'SECURITY_DISABLED' });
    const { partitions } = await client
      .alterPartitionReassignments({
        topics: [{ topic: 't', partitionAssignment: [{ partition: 0, replicas: [1] }] }],
      })
      .then(() => client.listPartitionReassignments({}))
      .then((reassignments) => ({ partitions: reassignments.topics }));
    expect(partitions).toEqual([]);
  });
});
