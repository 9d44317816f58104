// Metadata, CreateTopics, DeleteTopics, DescribeConfigs, DescribeCluster over a real socket.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

const zeroId = '00000000-0000-0000-0000-000000000000';
const named = (name: string) => ({ topicId: zeroId, name });

function creation(
  name: string,
  options: {
    numPartitions?: number;
    replicationFactor?: number;
    assignments?: { partitionIndex: number; brokerIds: number[] }[];
    configs?: { name: string; value: string | null }[];
  } = {},
) {
  return {
    name,
    numPartitions: options.numPartitions ?? 1,
    replicationFactor: options.replicationFactor ?? 1,
    assignments: options.assignments ?? [],
    configs: options.configs ?? [],
  };
}

describe('Metadata', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])('answers version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 2 } });
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.metadata, version, { topics: [named('t')] });
    expect(answer.brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: broker.port }]);
    if (version >= 1) expect(answer.controllerId).toBe(1);
    if (version >= 2) expect(answer.clusterId).toBe(broker.broker.clusterId);
    const [topic] = answer.topics;
    expect(topic).toMatchObject({ errorCode: 0, name: 't', isInternal: false });
    expect(topic?.partitions).toMatchObject([
      { errorCode: 0, partitionIndex: 0, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
      { errorCode: 0, partitionIndex: 1, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
    ]);
    if (version >= 10) expect(topic?.topicId).not.toBe(zeroId);
  });

  it('null is all topics, an empty list none; in version 0 an empty list is all', async () => {
    await using broker = await startTestBroker({ topics: { a: 1, b: 1 } });
    await using client = await RawClient.connect(broker.port);
    const names = async (version: number, topics: [] | null) =>
      (await client.request(ApiKey.metadata, version, { topics })).topics.map(({ name }) => name);
    expect(await names(1, null)).toEqual(['a', 'b']);
    expect(await names(1, [])).toEqual([]);
    expect(await names(0, [])).toEqual(['a', 'b']);
  });

  it('creates a topic asked for, where broker and request allow it, and answers it at once', async () => {
    await using broker = await startTestBroker({ settings: { numPartitions: 3 } });
    await using client = await RawClient.connect(broker.port);
    const ask = async (name: string, allowAutoTopicCreation: boolean) =>
      (
        await client.request(ApiKey.metadata, 4, {
          topics: [named(name)],
          allowAutoTopicCreation,
        })
      ).topics[0];
    expect(await ask('t', false)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      partitions: [],
    });
    expect((await ask('t', true))?.partitions).toHaveLength(3);
    expect((await ask('t', false))?.partitions).toHaveLength(3);
    expect(await ask('__consumer_offsets', true)).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    });
  });

  it('creates nothing when the broker does not allow it', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.metadata, 1, { topics: [named('t')] });
    expect(answer.topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(broker.broker.metrics().topics).toBe(0);
  });

  it('finds topics by id from version 12, and refuses ids before', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const all = await client.request(ApiKey.metadata, 12, { topics: null });
    const topicId = all.topics[0]?.topicId ?? '';
    const byId = (version: number, id: string) =>
      client.request(ApiKey.metadata, version, { topics: [{ topicId: id, name: null }] });
    expect((await byId(12, topicId)).topics[0]).toMatchObject({ errorCode: 0, name: 't' });
    const unknown = '11111111-2222-4333-8444-555555555555';
    expect((await byId(12, unknown)).topics[0]).toMatchObject({
      errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
      name: null,
    });
    expect((await byId(10, topicId)).topics[0]?.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('shows authorized operations only when asked', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const ask = (asked: boolean) =>
      client.request(ApiKey.metadata, 8, {
        topics: [named('t')],
        includeClusterAuthorizedOperations: asked,
        includeTopicAuthorizedOperations: asked,
      });
    const without = await ask(false);
    expect(without.clusterAuthorizedOperations).toBe(-2147483648);
    const withThem = await ask(true);
    expect(withThem.clusterAuthorizedOperations).toBe(8096);
    expect(withThem.topics[0]?.topicAuthorizedOperations).toBe(3576);
  });
});

describe('CreateTopics', () => {
  it.each([2, 3, 4, 5, 6, 7])('version %d creates with configs', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { topics } = await client.request(ApiKey.createTopics, version, {
      topics: [
        creation('t', { numPartitions: 3, configs: [{ name: 'retention.ms', value: '5' }] }),
      ],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(topics[0]).toMatchObject({ name: 't', errorCode: 0 });
    if (version >= 5) {
      expect(topics[0]).toMatchObject({ numPartitions: 3, replicationFactor: 1 });
      expect(topics[0]?.configs).toContainEqual({
        name: 'retention.ms',
        value: '5',
        readOnly: false,
        configSource: 1,
        isSensitive: false,
      });
    }
    if (version >= 7) expect(topics[0]?.topicId).not.toBe(zeroId);
    expect(broker.broker.metrics()).toMatchObject({ topics: 1, partitions: 3 });
  });

  it('takes the defaults of the broker for -1, and only validates when asked to', async () => {
    await using broker = await startTestBroker({ settings: { numPartitions: 4 } });
    await using client = await RawClient.connect(broker.port);
    const topics = [creation('t', { numPartitions: -1, replicationFactor: -1 })];
    const validated = await client.request(ApiKey.createTopics, 5, {
      topics,
      timeoutMs: 1000,
      validateOnly: true,
    });
    expect(validated.topics[0]).toMatchObject({ errorCode: 0, numPartitions: 4 });
    expect(broker.broker.metrics().topics).toBe(0);
    await client.request(ApiKey.createTopics, 5, { topics, timeoutMs: 1000, validateOnly: false });
    expect(broker.broker.metrics().partitions).toBe(4);
  });

  const assignment = (...brokerIds: number[]) => [{ partitionIndex: 0, brokerIds }];
  it.each([
    ['three replicas on one broker', { replicationFactor: 3 }, 'INVALID_REPLICATION_FACTOR'],
    ['no replica', { replicationFactor: 0 }, 'INVALID_REPLICATION_FACTOR'],
    ['no partition', { numPartitions: 0 }, 'INVALID_PARTITIONS'],
    ['partitions below -1', { numPartitions: -2 }, 'INVALID_PARTITIONS'],
    ['a wrong config', { configs: [{ name: 'retention.ms', value: 'x' }] }, 'INVALID_CONFIG'],
    ['an unknown config', { configs: [{ name: 'nope', value: '1' }] }, 'INVALID_CONFIG'],
    ['a null config', { configs: [{ name: 'retention.ms', value: null }] }, 'INVALID_CONFIG'],
    ['assignments with counts', { assignments: assignment(1) }, 'INVALID_REQUEST'],
    [
      'assignments to unknown brokers',
      { numPartitions: -1, replicationFactor: -1, assignments: assignment(2) },
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    ['a taken name', { name: 'taken' }, 'TOPIC_ALREADY_EXISTS'],
    ['a colliding name', { name: 'with_dot' }, 'INVALID_TOPIC_EXCEPTION'],
  ] as const)('refuses %s', async (_, options, error) => {
    await using broker = await startTestBroker({ topics: { taken: 1, 'with.dot': 1 } });
    await using client = await RawClient.connect(broker.port);
    const name = 'name' in options ? options.name : 't';
    const { topics } = await client.request(ApiKey.createTopics, 5, {
      topics: [creation(name, options as Parameters<typeof creation>[1])],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(topics[0]).toMatchObject({ name, errorCode: ErrorCode[error] });
    expect(topics[0]?.errorMessage).toBeTruthy();
    expect(broker.broker.metrics().topics).toBe(2);
  });

  it('refuses a name given twice, once', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { topics } = await client.request(ApiKey.createTopics, 5, {
      topics: [creation('a'), creation('b'), creation('a')],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a', ErrorCode.INVALID_REQUEST],
      ['b', 0],
    ]);
  });
});

describe('DeleteTopics', () => {
  it('deletes by name and, from version 6, by id', async () => {
    await using broker = await startTestBroker({ topics: { a: 2, b: 2 } });
    await using client = await RawClient.connect(broker.port);
    const byName = await client.request(ApiKey.deleteTopics, 5, {
      topicNames: ['a', 'nowhere'],
      timeoutMs: 1000,
    });
    expect(byName.responses.map(({ errorCode }) => errorCode)).toEqual([
      0,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    const all = await client.request(ApiKey.metadata, 12, { topics: null });
    const topicId = all.topics[0]?.topicId ?? '';
    const unknown = '11111111-2222-4333-8444-555555555555';
    const byId = await client.request(ApiKey.deleteTopics, 6, {
      topics: [
        { name: null, topicId },
        { name: null, topicId: unknown },
        { name: null, topicId: zeroId },
      ],
      timeoutMs: 1000,
    });
    expect(byId.responses.map(({ errorCode, name }) => [errorCode, name])).toEqual([
      [0, 'b'],
      [ErrorCode.UNKNOWN_TOPIC_ID, null],
      [ErrorCode.INVALID_REQUEST, null],
    ]);
    expect(broker.broker.metrics()).toMatchObject({ topics: 0, partitions: 0 });
  });

  it('refuses when deletion is disabled', async () => {
    await using broker = await startTestBroker({
      topics: { a: 1 },
      settings: { deleteTopicEnable: false },
    });
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.deleteTopics, 1, {
      topicNames: ['a'],
      timeoutMs: 1000,
    });
    expect(answer.responses[0]?.errorCode).toBe(ErrorCode.TOPIC_DELETION_DISABLED);
  });
});

describe('DescribeConfigs', () => {
  it('shows sources, synonyms with broker-side names, types and documentation', async () => {
    await using broker = await startTestBroker({ settings: { logRetentionMs: 77 } });
    await broker.createTopic('t', 1, { 'cleanup.policy': 'compact' });
    await using client = await RawClient.connect(broker.port);
    const { results } = await client.request(ApiKey.describeConfigs, 4, {
      resources: [{ resourceType: 2, resourceName: 't', configurationKeys: null }],
      includeSynonyms: true,
      includeDocumentation: true,
    });
    const config = (name: string) => results[0]?.configs.find((entry) => entry.name === name);
    expect(config('cleanup.policy')).toMatchObject({
      value: 'compact',
      configSource: 1,
      configType: 7,
      synonyms: [
        { name: 'cleanup.policy', value: 'compact', source: 1 },
        { name: 'log.cleanup.policy', value: 'delete', source: 5 },
      ],
    });
    expect(config('retention.ms')).toMatchObject({
      value: '77',
      configSource: 4,
      configType: 5,
      synonyms: [
        { name: 'log.retention.ms', value: '77', source: 4 },
        { name: 'log.retention.ms', value: '604800000', source: 5 },
      ],
    });
    expect(config('retention.ms')?.documentation).toContain('kept');
  });

  it.each([1, 2, 3, 4])('answers the keys asked for, in version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const ask = (resourceType: number, resourceName: string, configurationKeys: string[] | null) =>
      client
        .request(ApiKey.describeConfigs, version, {
          resources: [{ resourceType, resourceName, configurationKeys }],
        })
        .then(({ results }) => results[0]);
    const some = await ask(2, 't', ['segment.bytes', 'nope']);
    expect(some?.configs.map(({ name, value }) => [name, value])).toEqual([
      ['segment.bytes', '1073741824'],
    ]);
    const broker1 = await ask(4, '1', ['num.partitions']);
    expect(broker1?.configs).toMatchObject([{ name: 'num.partitions', readOnly: true }]);
    expect((await ask(4, '9', null))?.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect((await ask(2, 'nowhere', null))?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect((await ask(3, 'x', null))?.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('DescribeCluster', () => {
  it.each([0, 1, 2])('answers version %d', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.describeCluster, version, {
      includeClusterAuthorizedOperations: true,
    });
    expect(answer).toMatchObject({
      errorCode: 0,
      clusterId: broker.broker.clusterId,
      controllerId: 1,
      brokers: [{ brokerId: 1, host: '127.0.0.1', port: broker.port }],
      clusterAuthorizedOperations: 8096,
    });
  });

  it('knows brokers only', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.describeCluster, 1, {
      includeClusterAuthorizedOperations: false,
      endpointType: 2,
    });
    expect(answer.errorCode).toBe(ErrorCode.MISMATCHED_ENDPOINT_TYPE);
  });
});
