// Three brokers in one process: what clients see of them, and what each refuses to answer for another.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { memoryPlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';
import { createBroker, type Broker } from '../src/index.js';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf } from './batches.js';
import { RawClient } from './raw-client.js';

async function withThree(
  use: (clients: readonly [RawClient, RawClient, RawClient], broker: Broker) => Promise<void>,
): Promise<void> {
  const broker = await createBroker({
    platform: memoryPlatform(),
    directory: '/d',
    brokers: 3,
    listen: { host: '127.0.0.1', port: 0 },
  });
  const ports = broker.nodes.map(({ addresses }) => addresses[0]?.port ?? 0);
  const [a = 0, b = 0, c = 0] = ports;
  const clients = await Promise.all([a, b, c].map((port) => RawClient.connect(port)));
  const [first, second, third] = clients;
  if (!first || !second || !third) throw new Error('three clients');
  try {
    await use([first, second, third], broker);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await broker.stop();
  }
}

async function createTopic(client: RawClient, name: string, replicationFactor: number) {
  const { topics } = await client.request(ApiKey.createTopics, 5, {
    topics: [{ name, numPartitions: 6, replicationFactor, assignments: [], configs: [] }],
    timeoutMs: 1000,
    validateOnly: false,
  });
  return topics[0]?.errorCode;
}

async function partitionsOf(client: RawClient, name: string) {
  const { topics } = await client.request(ApiKey.metadata, 7, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  });
  return topics[0]?.partitions ?? [];
}

const batch = (): Buffer =>
  buildBatch([{ key: null, value: Buffer.from('v'), headers: [], timestamp: 1 }], {});

async function produce(client: RawClient, index: number): Promise<number | undefined> {
  const { responses } = await client.request(ApiKey.produce, 7, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: 't', partitionData: [{ index, records: batch() }] }],
  });
  return responses[0]?.partitionResponses[0]?.errorCode;
}

describe('three virtual brokers', () => {
  it('show all three on every port, each with its own', async () => {
    await withThree(async (clients, broker) => {
      const expected = broker.nodes.map(({ nodeId, addresses }) => ({
        nodeId,
        port: addresses[0]?.port,
      }));
      for (const client of clients) {
        const { brokers, controllerId } = await client.request(ApiKey.metadata, 1, { topics: [] });
        expect(brokers.map(({ nodeId, port }) => ({ nodeId, port }))).toEqual(expected);
        expect(controllerId).toBe(1);
        const cluster = await client.request(ApiKey.describeCluster, 0, {
          includeClusterAuthorizedOperations: false,
        });
        expect(cluster.brokers.map(({ brokerId }) => brokerId)).toEqual([1, 2, 3]);
      }
    });
  });

  it('spread leaders evenly and list as many replicas as asked for, more than three refused', async () => {
    await withThree(async ([, second]) => {
      expect(await createTopic(second, 't', 3)).toBe(0);
      expect(await createTopic(second, 'u', 4)).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
      const partitions = await partitionsOf(second, 't');
      const leaders = partitions.map(({ leaderId }) => leaderId).sort((a, b) => a - b);
      expect(leaders).toEqual([1, 1, 2, 2, 3, 3]);
      for (const { leaderId, replicaNodes, isrNodes } of partitions) {
        expect(replicaNodes.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
        expect(replicaNodes[0]).toBe(leaderId);
        expect(isrNodes).toEqual(replicaNodes);
      }
    });
  });

  it('name the leader to whoever asks another one', async () => {
    await withThree(async (clients) => {
      await createTopic(clients[0], 't', 1);
      const [{ leaderId } = { leaderId: 1 }] = await partitionsOf(clients[0], 't');
      const wrong = clients[leaderId % 3];
      if (!wrong) throw new Error('no other broker');
      const [topic] = (await wrong.request(ApiKey.metadata, 12, { topics: null })).topics;
      const topicId = topic?.topicId ?? '';
      const produced = await wrong.request(ApiKey.produce, 10, {
        acks: 1,
        timeoutMs: 1000,
        topicData: [{ name: 't', partitionData: [{ index: 0, records: batchOf(['a']) }] }],
      });
      const asked = { partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 };
      const fetched = await wrong.request(ApiKey.fetch, 16, {
        maxWaitMs: 0,
        minBytes: 1,
        topics: [{ topicId, partitions: [asked] }],
      });
      for (const answer of [produced, fetched]) {
        expect(answer.nodeEndpoints.map(({ nodeId }) => nodeId)).toEqual([leaderId]);
      }
      const currentLeader = { leaderId, leaderEpoch: 0 };
      const errorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER;
      expect(produced.responses[0]?.partitionResponses[0]).toMatchObject({
        errorCode,
        currentLeader,
      });
      expect(fetched.responses[0]?.partitions[0]).toMatchObject({ errorCode, currentLeader });
    });
  });

  it('answer for the partitions they lead alone', async () => {
    await withThree(async (clients) => {
      await createTopic(clients[0], 't', 1);
      for (const { partitionIndex, leaderId } of await partitionsOf(clients[0], 't')) {
        for (const [index, client] of clients.entries()) {
          const code = index + 1 === leaderId ? 0 : ErrorCode.NOT_LEADER_OR_FOLLOWER;
          expect(await produce(client, partitionIndex)).toBe(code);
          const fetched = await client.request(ApiKey.fetch, 4, {
            replicaId: -1,
            maxWaitMs: 0,
            minBytes: 1,
            maxBytes: 1000,
            isolationLevel: 0,
            topics: [
              {
                topic: 't',
                partitions: [
                  { partition: partitionIndex, fetchOffset: 0, partitionMaxBytes: 1000 },
                ],
              },
            ],
          });
          expect(fetched.responses[0]?.partitions[0]?.errorCode).toBe(code);
        }
      }
    });
  });

  it('spread the groups and refuse those of another', async () => {
    await withThree(async (clients, broker) => {
      const coordinators = new Set<number>();
      for (let n = 0; n < 20; n++) {
        const key = `g${n}`;
        const found = await clients[0].request(ApiKey.findCoordinator, 1, { key, keyType: 0 });
        const kept = broker.nodes.find(({ nodeId }) => nodeId === found.nodeId);
        expect(kept?.addresses[0]?.port).toBe(found.port);
        coordinators.add(found.nodeId);
        for (const [index, client] of clients.entries()) {
          const beat = { groupId: key, generationId: 1, memberId: 'm', groupInstanceId: null };
          const { errorCode } = await client.request(ApiKey.heartbeat, 3, beat);
          const isKept = index + 1 === found.nodeId;
          expect(errorCode).toBe(isKept ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NOT_COORDINATOR);
        }
      }
      expect([...coordinators].sort((a, b) => a - b)).toEqual([1, 2, 3]);
    });
  });

  it('keep their leaders when they start again, and work when there are fewer of them', async () => {
    const platform = memoryPlatform();
    const start = (brokers: number) =>
      createBroker({ platform, directory: '/d', brokers, listen: { host: '127.0.0.1', port: 0 } });
    const leaders: number[][] = [];
    for (const brokers of [3, 3, 1]) {
      const broker = await start(brokers);
      const client = await RawClient.connect(broker.address.port);
      if (leaders.length === 0) await createTopic(client, 't', 3);
      leaders.push((await partitionsOf(client, 't')).map(({ leaderId }) => leaderId));
      await client.close();
      await broker.stop();
    }
    expect(leaders[1]).toEqual(leaders[0]);
    expect(leaders[2]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('take a manual assignment as it is', async () => {
    await withThree(async ([first]) => {
      await first.request(ApiKey.createTopics, 5, {
        topics: [
          {
            name: 'm',
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [
              { partitionIndex: 1, brokerIds: [1, 2] },
              { partitionIndex: 0, brokerIds: [3, 1] },
            ],
            configs: [],
          },
        ],
        timeoutMs: 1000,
        validateOnly: false,
      });
      const replicas = (await partitionsOf(first, 'm')).map(({ replicaNodes }) => replicaNodes);
      expect(replicas).toEqual([
        [3, 1],
        [1, 2],
      ]);
    });
  });

  it('let a test move a leader, in a new epoch, and wake who waits', async () => {
    await using broker = await startTestBroker({ brokers: 3, topics: { t: 1 } });
    const port = broker.port;
    await using client = await RawClient.connect(port);
    const [before] = await partitionsOf(client, 't');
    const target = before?.leaderId === 3 ? 2 : 3;
    broker.moveLeader('t', 0, target);
    const [after] = await partitionsOf(client, 't');
    expect(after).toMatchObject({ leaderId: target, leaderEpoch: 1 });
    expect(() => broker.moveLeader('t', 0, 9)).toThrow('t-0');
    broker.disconnectAll();
    await client.closed();
  });
});
