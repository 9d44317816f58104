// Administration over a real socket: what admin.spec.ts leaves out of records and partitions; epochs, producers, directories,
// leaders, reassignments, ACLs, SASL.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

describe('DeleteRecords', () => {
  const asking = (name: string, partitionIndex: number, offset: number) => ({
    topics: [{ name, partitions: [{ partitionIndex, offset }] }],
    timeoutMs: 1000,
  });

  it('refuses offsets beyond the log, compacted, internal and unknown topics', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.createTopic('compacted', 1, { 'cleanup.policy': 'compact' });
    await broker.createTopic('both', 1, { 'cleanup.policy': 'compact,delete' });
    await using client = await RawClient.connect(broker.port);
    const error = async (name: string, partition: number, offset: number) => {
      const request = asking(name, partition, offset);
      const { topics } = await client.request(ApiKey.deleteRecords, 2, request);
      const [answer] = topics[0]?.partitions ?? [];
      if (answer?.errorCode !== 0) expect(answer?.lowWatermark).toBe(-1);
      return answer?.errorCode;
    };
    expect(await error('t', 0, 1)).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(await error('t', 0, -2)).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
    expect(await error('t', 1, 0)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await error('nowhere', 0, 0)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    expect(await error('compacted', 0, -1)).toBe(ErrorCode.POLICY_VIOLATION);
    expect(await error('both', 0, -1)).toBe(0);
    await client.request(ApiKey.findCoordinator, 3, { key: 'g', keyType: 0 });
    expect(await error('__consumer_offsets', 0, -1)).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
  });
});

describe('CreatePartitions', () => {
  const asking = (
    topics: { name: string; count: number; assignments: { brokerIds: number[] }[] | null }[],
    validateOnly = false,
  ) => ({ topics, timeoutMs: 1000, validateOnly });

  it.each([
    ['the same count', 2, null, ErrorCode.INVALID_PARTITIONS],
    ['a smaller count', 1, null, ErrorCode.INVALID_PARTITIONS],
    ['a negative count', -1, null, ErrorCode.INVALID_PARTITIONS],
    ['too many', 100_001, null, ErrorCode.INVALID_PARTITIONS],
    ['too few assignments', 4, [[1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a foreign broker', 3, [[7]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a broker twice', 3, [[1, 1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['this broker', 3, [[1]], 0],
  ])('answers %s', async (_, count, brokers, error) => {
    await using broker = await startTestBroker({ topics: { t: 2 } });
    await using client = await RawClient.connect(broker.port);
    const assignments = brokers?.map((brokerIds) => ({ brokerIds })) ?? null;
    const { results } = await client.request(
      ApiKey.createPartitions,
      3,
      asking([{ name: 't', count, assignments }]),
    );
    expect(results[0]?.errorCode).toBe(error);
    expect(broker.broker.metrics().partitions).toBe(error === 0 ? 3 : 2);
  });

  it('refuses unknown topics, internal ones and a topic named twice', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const more = (name: string) => ({ name, count: 9, assignments: null });
    const { results } = await client.request(
      ApiKey.createPartitions,
      3,
      asking([more('nowhere'), more('t'), more('t')]),
    );
    expect(results.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['nowhere', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
      ['t', ErrorCode.INVALID_REQUEST],
    ]);
    await client.request(ApiKey.findCoordinator, 3, { key: 'g', keyType: 0 });
    const internal = asking([more('__consumer_offsets')]);
    const refused = await client.request(ApiKey.createPartitions, 3, internal);
    expect(refused.results[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
  });
});

describe('OffsetForLeaderEpoch', () => {
  it.each([2, 3, 4])('answers where an epoch ended, in version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1, empty: 1 } });
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    await using client = await RawClient.connect(broker.port);
    const ask = async (topic: string, leaderEpoch: number, currentLeaderEpoch = -1) => {
      const { topics } = await client.request(ApiKey.offsetForLeaderEpoch, version, {
        replicaId: -1,
        topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
      });
      const [answer] = topics[0]?.partitions ?? [];
      return [answer?.errorCode, answer?.leaderEpoch, answer?.endOffset];
    };
    expect(await ask('t', 0)).toEqual([0, 0, 2]);
    expect(await ask('empty', 0)).toEqual([0, 0, 0]);
    expect(await ask('t', 5)).toEqual([0, -1, -1]);
    expect(await ask('t', -1)).toEqual([0, -1, -1]);
    expect(await ask('t', 0, 0)).toEqual([0, 0, 2]);
    expect(await ask('t', 0, 3)).toEqual([ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1]);
    expect(await ask('nowhere', 0)).toEqual([ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1]);
  });
});

describe('DescribeProducers', () => {
  it('lists the producers a partition remembers', async () => {
    await using broker = await startTestBroker({ topics: { t: 2 } });
    await using client = await RawClient.connect(broker.port);
    const producer = { producerId: 42, producerEpoch: 3, baseSequence: 0, timestamp: 5_000 };
    await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['a', 'b'], producer)));
    const { topics } = await client.request(ApiKey.describeProducers, 0, {
      topics: [{ name: 't', partitionIndexes: [0, 1, 2] }],
    });
    const [known, none, unknown] = topics[0]?.partitions ?? [];
    expect(known).toEqual({
      partitionIndex: 0,
      errorCode: 0,
      errorMessage: null,
      activeProducers: [
        {
          producerId: 42,
          producerEpoch: 3,
          lastSequence: 1,
          lastTimestamp: 5_000,
          coordinatorEpoch: -1,
          currentTxnStartOffset: -1,
        },
      ],
    });
    expect(none).toMatchObject({ errorCode: 0, activeProducers: [] });
    expect(unknown?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});

describe('DescribeLogDirs', () => {
  it.each([1, 2, 3, 4])('tells sizes by partition, in version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { a: 1, b: 2 } });
    await broker.produce('b', [{ value: 'x', partition: 1 }]);
    await using client = await RawClient.connect(broker.port);
    const all = await client.request(ApiKey.describeLogDirs, version, { topics: null });
    expect(all.results).toHaveLength(1);
    expect(all.results[0]).toMatchObject({ errorCode: 0, logDir: '/drave-test' });
    expect(all.results[0]?.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual(
      [
        ['a', 1],
        ['b', 2],
      ],
    );
    const { totalBytes, usableBytes } = all.results[0] ?? { totalBytes: -1, usableBytes: -1 };
    expect(totalBytes > 0 && usableBytes > 0 && usableBytes <= totalBytes).toBe(version >= 4);
    const some = await client.request(ApiKey.describeLogDirs, version, {
      topics: [
        { topic: 'b', partitions: [1, 7] },
        { topic: 'nowhere', partitions: [0] },
      ],
    });
    const [topic, ...others] = some.results[0]?.topics ?? [];
    expect(others).toEqual([]);
    expect(topic?.partitions).toMatchObject([
      { partitionIndex: 1, offsetLag: 0, isFutureKey: false },
    ]);
    expect(topic?.partitions[0]?.partitionSize).toBeGreaterThan(61);
  });
});

describe('ElectLeaders', () => {
  it.each([0, 1, 2])('has nothing to elect, in version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.electLeaders, version, {
      electionType: 0,
      topicPartitions: [{ topic: 't', partitions: [0, 5] }],
    });
    const results = answer.replicaElectionResults[0]?.partitionResult;
    expect(results?.map(({ errorCode }) => errorCode)).toEqual([
      ErrorCode.ELECTION_NOT_NEEDED,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    const all = await client.request(ApiKey.electLeaders, version, {
      electionType: 0,
      topicPartitions: null,
    });
    expect(all.replicaElectionResults).toEqual([{ topic: 't', partitionResult: [] }]);
  });
});

describe('partition reassignments', () => {
  it('are validated and change nothing', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const error = async (replicas: number[] | null, partitionIndex = 0) => {
      const { responses } = await client.request(ApiKey.alterPartitionReassignments, 0, {
        topics: [{ name: 't', partitions: [{ partitionIndex, replicas }] }],
      });
      return responses[0]?.partitions[0]?.errorCode;
    };
    expect(await error([1])).toBe(0);
    expect(await error(null)).toBe(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
    expect(await error([])).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(await error([1, 2])).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(await error([1, 1])).toBe(ErrorCode.INVALID_REPLICA_ASSIGNMENT);
    expect(await error([1], 4)).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const listed = await client.request(ApiKey.listPartitionReassignments, 0, { topics: null });
    expect(listed).toMatchObject({ errorCode: 0, topics: [] });
  });
});

describe('ACLs without an authorizer', () => {
  it.each([1, 2, 3])('are SECURITY_DISABLED, in version %d', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const filter = {
      resourceTypeFilter: 1,
      resourceNameFilter: null,
      principalFilter: null,
      hostFilter: null,
      operation: 1,
      permissionType: 1,
    };
    const described = await client.request(ApiKey.describeAcls, version, filter);
    expect(described).toMatchObject({ errorCode: ErrorCode.SECURITY_DISABLED, resources: [] });
    const acl = {
      resourceType: 2,
      resourceName: 't',
      principal: 'User:a',
      host: '*',
      operation: 3,
      permissionType: 3,
    };
    const created = await client.request(ApiKey.createAcls, version, { creations: [acl, acl] });
    expect(created.results.map(({ errorCode }) => errorCode)).toEqual([54, 54]);
    const deleted = await client.request(ApiKey.deleteAcls, version, { filters: [filter] });
    expect(deleted.filterResults).toMatchObject([{ errorCode: 54, matchingAcls: [] }]);
  });
});

describe('SASL on a listener without it', () => {
  it('is an illegal state and leaves the connection open', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    for (const version of [0, 1]) {
      const answer = await client.request(ApiKey.saslHandshake, version, { mechanism: 'PLAIN' });
      expect(answer).toEqual({ errorCode: ErrorCode.ILLEGAL_SASL_STATE, mechanisms: [] });
    }
    for (const version of [0, 1, 2]) {
      const authBytes = Buffer.from('\0user\0secret');
      const answer = await client.request(ApiKey.saslAuthenticate, version, { authBytes });
      expect(answer.errorCode).toBe(ErrorCode.ILLEGAL_SASL_STATE);
      expect(answer.authBytes).toEqual(Buffer.alloc(0));
    }
  });
});
