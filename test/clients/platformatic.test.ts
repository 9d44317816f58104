// The administration of @platformatic/kafka, unmodified, against a started broker; what all clients do is in matrix.test.ts.
import { afterEach, describe, expect, it } from 'vitest';
import { Admin, Consumer, stringDeserializers } from '@platformatic/kafka';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { compareWithRecording } from './recording.js';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(topics: Record<string, number> = {}): Promise<TestBroker> {
  const broker = await startTestBroker({ topics });
  closers.push(() => broker.stop());
  closers.push(() => compareWithRecording('@platformatic/kafka', broker.requestVersions()));
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

  it('looks at a cluster and changes records, quotas and groups as tools do', async () => {
    const broker = await start({ t: 1 });
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    const adminClient = admin(broker);
    const [logs] = await adminClient.describeLogDirs({ topics: [{ name: 't', partitions: [0] }] });
    expect(logs?.results[0]?.topics[0]?.name).toBe('t');
    const partitions = [{ partition: 0, offset: 1n }];
    const [deleted] = await adminClient.deleteRecords({ topics: [{ name: 't', partitions }] });
    expect(deleted?.partitions[0]?.lowWatermark).toBe(1n);
    const entities = [{ entityType: 'client-id', entityName: 'x' }] as const;
    const ops = [{ key: 'producer_byte_rate', value: 1e6, remove: false }] as const;
    await adminClient.alterClientQuotas({
      entries: [{ entities: [...entities], ops: [...ops] }],
      validateOnly: false,
    });
    const quotas = await adminClient.describeClientQuotas({ components: [], strict: false });
    expect(quotas[0]?.values).toEqual([{ key: 'producer_byte_rate', value: 1e6 }]);
    await expect(
      adminClient.describeAcls({
        filter: {
          resourceType: 1,
          resourceName: null,
          resourcePatternType: 1,
          principal: null,
          host: null,
          operation: 1,
          permissionType: 1,
        },
      }),
    ).rejects.toThrow();
  });

  it('shows a group, takes a member out, changes and deletes offsets, deletes the group', async () => {
    const broker = await start({ t: 2 });
    const adminClient = admin(broker);
    const member = new Consumer({
      ...client(broker),
      groupId: 'g',
      deserializers: stringDeserializers,
      maxWaitTime: 50,
    });
    closers.push(() => member.close(true));
    await member.consume({ topics: ['t'], mode: 'latest' });
    expect([...(await adminClient.listGroups()).keys()]).toEqual(['g']);
    const described = await adminClient.describeGroups({ groups: ['g'] });
    expect(described.get('g')?.state).toBe('Stable');
    await member.close(true);
    const offsets = [
      { partition: 0, offset: 7n },
      { partition: 1, offset: 8n },
    ];
    await adminClient.alterConsumerGroupOffsets({
      groupId: 'g',
      topics: [{ name: 't', partitionOffsets: offsets }],
    });
    await adminClient.deleteConsumerGroupOffsets({
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [1] }],
    });
    const [left] = await adminClient.listConsumerGroupOffsets({ groups: ['g'] });
    const committed = left?.topics[0]?.partitions.map((one) => [
      one.partitionIndex,
      one.committedOffset,
    ]);
    expect(committed).toEqual([[0, 7n]]);
    await adminClient.deleteGroups({ groups: ['g'] });
    expect([...(await adminClient.listGroups()).keys()]).toEqual([]);
  });
});
