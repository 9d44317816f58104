// Administration over a real socket: growing topics, changing settings, deleting records, groups and offsets.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const group = (offset: number) => ({
  groupId: 'g',
  memberId: '',
  topics: [
    {
      name: 't',
      partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }],
    },
  ],
});

describe('CreatePartitions', () => {
  const ask = (client: RawClient, version: number, count: number, validateOnly = false) =>
    client
      .request(ApiKey.createPartitions, version, {
        topics: [{ name: 't', count, assignments: null }],
        timeoutMs: 1000,
        validateOnly,
      })
      .then(({ results }) => results[0]?.errorCode);

  it.each([0, 1, 2, 3])('version %d grows a topic, and a restart remembers', async (version) => {
    const platform = memoryPlatform({ seed: 1 });
    const broker = await startTestBroker({ platform, topics: { t: 1 } });
    await broker.produce('t', [{ value: 'old' }]);
    const client = await RawClient.connect(broker.port);
    expect(await ask(client, version, 3, true)).toBe(0);
    expect(broker.broker.metrics().partitions).toBe(1);
    expect(await ask(client, version, 3)).toBe(0);
    expect(await ask(client, version, 3)).toBe(ErrorCode.INVALID_PARTITIONS);
    expect(await ask(client, version, 1)).toBe(ErrorCode.INVALID_PARTITIONS);
    await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['new']), { index: 2 }));
    await client.close();
    await broker.stop();
    await using again = await startTestBroker({ platform });
    const stored = await again.records('t');
    expect(stored.map(({ partition, value }) => [partition, value?.toString()])).toEqual([
      [0, 'old'],
      [2, 'new'],
    ]);
  });

  it('checks topics and assignments', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const grow = (name: string, brokerIds: number[]) => ({
      name,
      count: 2,
      assignments: [{ brokerIds }],
    });
    const { results } = await client.request(ApiKey.createPartitions, 3, {
      topics: [grow('t', [9]), grow('nowhere', [1])],
      timeoutMs: 1000,
      validateOnly: false,
    });
    expect(results.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
  });
});

describe('IncrementalAlterConfigs', () => {
  const alter = (
    client: RawClient,
    version: number,
    ...configs: { name: string; configOperation: number; value: string | null }[]
  ) =>
    client
      .request(ApiKey.incrementalAlterConfigs, version, {
        resources: [{ resourceType: 2, resourceName: 't', configs }],
        validateOnly: false,
      })
      .then(({ responses }) => responses[0]?.errorCode);

  it.each([0, 1])('version %d sets, appends, subtracts and deletes', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const value = async (name: string) => {
      const { results } = await client.request(ApiKey.describeConfigs, 1, {
        resources: [{ resourceType: 2, resourceName: 't', configurationKeys: [name] }],
      });
      return results[0]?.configs[0]?.value;
    };
    const policy = { name: 'cleanup.policy', value: 'compact' };
    expect(await alter(client, version, { ...policy, configOperation: 2 })).toBe(0);
    expect(await value('cleanup.policy')).toBe('delete,compact');
    expect(await alter(client, version, { ...policy, configOperation: 3 })).toBe(0);
    expect(await value('cleanup.policy')).toBe('delete');
    const size = { name: 'max.message.bytes', value: '100' };
    expect(await alter(client, version, { ...size, configOperation: 0 })).toBe(0);
    const large = produceRequest('t', batchOf(['x'.repeat(200)]));
    const refused = await client.request(ApiKey.produce, 9, large);
    expect(refused.responses[0]?.partitionResponses[0]?.errorCode).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    );
    expect(await alter(client, version, { ...size, configOperation: 1, value: null })).toBe(0);
    expect(await value('max.message.bytes')).toBe('1048588');
  });

  it.each([
    ['an unknown name', { name: 'nope', configOperation: 0, value: '1' }],
    ['a wrong value', { name: 'retention.ms', configOperation: 0, value: 'x' }],
    ['appending to what is no list', { name: 'retention.ms', configOperation: 2, value: '1' }],
    ['a list without elements', { name: 'cleanup.policy', configOperation: 3, value: 'delete' }],
  ])('refuses %s and changes nothing', async (_, change) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const good = { name: 'segment.ms', configOperation: 0, value: '5' };
    expect(await alter(client, 1, good, change)).toBe(ErrorCode.INVALID_CONFIG);
    const odd = { name: 'cleanup.policy', configOperation: 9, value: 'compact' };
    expect(await alter(client, 1, good, odd)).toBe(ErrorCode.INVALID_REQUEST);
    const { results } = await client.request(ApiKey.describeConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: 't', configurationKeys: ['segment.ms'] }],
    });
    expect(results[0]?.configs[0]?.configSource).toBe(5);
  });
});

describe('AlterConfigs', () => {
  it.each([0, 1, 2])('version %d replaces all settings of a topic', async (version) => {
    await using broker = await startTestBroker();
    await broker.createTopic('t', 1, { 'retention.ms': '5', 'segment.ms': '6' });
    await using client = await RawClient.connect(broker.port);
    const alter = (name: string, value: string | null) =>
      client
        .request(ApiKey.alterConfigs, version, {
          resources: [{ resourceType: 2, resourceName: 't', configs: [{ name, value }] }],
          validateOnly: false,
        })
        .then(({ responses }) => responses[0]?.errorCode);
    expect(await alter('retention.ms', null)).toBe(ErrorCode.INVALID_REQUEST);
    expect(await alter('retention.ms', '7')).toBe(0);
    const { results } = await client.request(ApiKey.describeConfigs, 1, {
      resources: [
        {
          resourceType: 2,
          resourceName: 't',
          configurationKeys: ['retention.ms', 'segment.ms'],
        },
      ],
    });
    expect(results[0]?.configs.map(({ name, value }) => [name, value])).toEqual([
      ['retention.ms', '7'],
      ['segment.ms', '604800000'],
    ]);
  });
});

describe('OffsetForLeaderEpoch', () => {
  it.each([2, 3, 4])('version %d answers the end of an epoch', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    await using client = await RawClient.connect(broker.port);
    const ask = (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0) =>
      client
        .request(ApiKey.offsetForLeaderEpoch, version, {
          topics: [{ topic: 't', partitions: [{ partition, currentLeaderEpoch, leaderEpoch }] }],
        })
        .then(({ topics }) => topics[0]?.partitions[0]);
    expect(await ask(0, 0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 });
    expect(await ask(5)).toMatchObject({ errorCode: 0, leaderEpoch: -1, endOffset: -1 });
    expect(await ask(0, 5)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
    expect(await ask(0, 0, 9)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
  });
});

describe('DeleteRecords', () => {
  it.each([0, 1, 2])('version %d moves the log start', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    for (const value of ['a', 'b', 'c']) await broker.produce('t', [{ value }]);
    await using client = await RawClient.connect(broker.port);
    const ask = (offset: number) =>
      client
        .request(ApiKey.deleteRecords, version, {
          topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset }] }],
          timeoutMs: 1000,
        })
        .then(({ topics }) => topics[0]?.partitions[0]);
    expect(await ask(2)).toMatchObject({ errorCode: 0, lowWatermark: 2 });
    const early = await client.request(ApiKey.fetch, 11, fetchRequest('t', 1));
    expect(early.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect((await broker.records('t')).map(({ value }) => value?.toString())).toEqual(['c']);
    expect(await ask(9)).toMatchObject({
      errorCode: ErrorCode.OFFSET_OUT_OF_RANGE,
      lowWatermark: -1,
    });
    expect(await ask(-2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(await ask(-1)).toMatchObject({ errorCode: 0, lowWatermark: 3 });
    const next = await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['d'])));
    expect(next.responses[0]?.partitionResponses[0]).toMatchObject({
      baseOffset: 3,
      logStartOffset: 3,
    });
  });
});

describe('groups and their offsets', () => {
  it.each([0, 1, 2])('DeleteGroups version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.offsetCommit, 8, group(5));
    const { results } = await client.request(ApiKey.deleteGroups, version, {
      groupsNames: ['g', 'nobody'],
    });
    expect(results).toEqual([
      { groupId: 'g', errorCode: 0 },
      { groupId: 'nobody', errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
    ]);
    expect(broker.groups()).toEqual([]);
  });

  it('OffsetDelete forgets one offset', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.offsetCommit, 8, group(5));
    const answer = await client.request(ApiKey.offsetDelete, 0, {
      groupId: 'g',
      topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }],
    });
    expect(answer).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ errorCode: 0 }] }] });
    expect(broker.groups()[0]?.offsets ?? []).toEqual([]);
  });

  it('a topic created again starts without the offsets of its predecessor', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.offsetCommit, 8, group(5));
    await client.request(ApiKey.deleteTopics, 1, { topicNames: ['t'], timeoutMs: 1000 });
    await broker.createTopic('t');
    const { topics } = await client.request(ApiKey.offsetFetch, 5, {
      groupId: 'g',
      topics: [{ name: 't', partitionIndexes: [0] }],
      groups: [],
    });
    expect(topics[0]?.partitions[0]).toMatchObject({ committedOffset: -1, errorCode: 0 });
  });
});
