// The helpers of the test kit, each watched from a client's socket.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const member = {
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
};

/** Joins alone and syncs; returns the member id. */
async function join1(client: RawClient, groupId = 'g'): Promise<string> {
  const joined = await client.request(ApiKey.joinGroup, 3, { groupId, memberId: '', ...member });
  expect(joined.errorCode).toBe(0);
  const { memberId, generationId } = joined;
  const synced = await client.request(ApiKey.syncGroup, 2, {
    groupId,
    memberId,
    generationId,
    assignments: [{ memberId, assignment: Buffer.from('a') }],
  });
  expect(synced.errorCode).toBe(0);
  return memberId;
}

async function topicNames(client: RawClient): Promise<string[]> {
  const { topics } = await client.request(ApiKey.metadata, 4, {
    topics: null,
    allowAutoTopicCreation: false,
  });
  return topics.map(({ name }) => name ?? '').sort((a, b) => (a < b ? -1 : 1));
}

async function leaderOf(client: RawClient, name: string) {
  const { topics, brokers } = await client.request(ApiKey.metadata, 7, {
    topics: [{ name }],
    allowAutoTopicCreation: false,
  });
  const partition = topics[0]?.partitions[0];
  if (!partition) throw new Error(`${name} has no partition`);
  return { ...partition, brokers: brokers.map(({ nodeId }) => nodeId) };
}

async function produceCode(client: RawClient, topic: string, acks = -1) {
  const request = produceRequest(topic, batchOf(['v']), { acks });
  const { responses } = await client.request(ApiKey.produce, 9, request);
  return responses[0]?.partitionResponses[0]?.errorCode;
}

async function fetchedCount(client: RawClient, topic: string, maxWaitMs = 0): Promise<number> {
  const { responses } = await client.request(
    ApiKey.fetch,
    12,
    fetchRequest(topic, 0, { maxWaitMs }),
  );
  return Number(responses[0]?.partitions[0]?.highWatermark);
}

function clientOf(broker: TestBroker, nodeId: number): Promise<RawClient> {
  const node = broker.broker.nodes.find((candidate) => candidate.nodeId === nodeId);
  return RawClient.connect(node?.addresses[0]?.port ?? 0);
}

describe('options', () => {
  it('take settings by the names of Kafka and refuse others', async () => {
    await using broker = await startTestBroker({
      config: { 'num.partitions': 4, 'message.max.bytes': '1000' },
      autoCreate: false,
    });
    await using client = await RawClient.connect(broker.port);
    const { topics } = await client.request(ApiKey.metadata, 4, {
      topics: [{ name: 'no' }],
      allowAutoTopicCreation: true,
    });
    expect(topics[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    await broker.produce('t', []).catch(() => undefined);
    expect(broker.broker.context.settings).toMatchObject({ numPartitions: 4 });
    await expect(startTestBroker({ config: { 'num.partition': 4 } })).rejects.toThrow(
      'There is no setting num.partition',
    );
  });

  it('keep data in a directory for the next broker', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'drave-kit-'));
    try {
      {
        await using broker = await startTestBroker({ dataDir, topics: { t: 1 } });
        await using client = await RawClient.connect(broker.port);
        expect(await produceCode(client, 't')).toBe(0);
      }
      await using broker = await startTestBroker({ dataDir, topics: { t: 1 } });
      await using client = await RawClient.connect(broker.port);
      expect(await fetchedCount(client, 't')).toBe(1);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });

  it('name the brokers for clients', async () => {
    await using broker = await startTestBroker({ brokers: 2 });
    const ports = broker.broker.nodes.map(({ addresses }) => addresses[0]?.port);
    expect(broker.bootstrap).toBe(ports.map((port) => `127.0.0.1:${port}`).join(','));
    expect(broker.env()).toEqual({
      KAFKA_BROKERS: broker.bootstrap,
      KAFKA_BOOTSTRAP_SERVERS: broker.bootstrap,
    });
  });
});

describe('a manual clock', () => {
  it('ends the session of a silent member', async () => {
    await using broker = await startTestBroker({ clock: 'manual' });
    await using client = await RawClient.connect(broker.port);
    const memberId = await join1(client);
    await broker.clock.advance('9s');
    const heartbeat = { groupId: 'g', memberId, generationId: 1 };
    expect((await client.request(ApiKey.heartbeat, 3, heartbeat)).errorCode).toBe(0);
    await broker.clock.advance('9s');
    expect(broker.groups()[0]?.members).toHaveLength(1);
    await broker.clock.advance('1s');
    expect(broker.groups()[0]?.members).toHaveLength(0);
    expect((await client.request(ApiKey.heartbeat, 3, heartbeat)).errorCode).toBe(
      ErrorCode.UNKNOWN_MEMBER_ID,
    );
  });

  it('ends a parked fetch exactly when its wait is over', async () => {
    await using broker = await startTestBroker({ clock: 'manual', topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    let answered = false;
    const fetch = client
      .request(ApiKey.fetch, 12, fetchRequest('t', 0, { maxWaitMs: 500 }))
      .then(() => {
        answered = true;
      });
    while (broker.broker.metrics().parkedFetches === 0) await broker.clock.advance(0);
    await broker.clock.advance(499);
    expect(broker.broker.metrics().parkedFetches).toBe(1);
    expect(answered).toBe(false);
    await broker.clock.advance(1);
    await fetch;
  });

  it('lets retention and delayed records happen', async () => {
    await using broker = await startTestBroker({ clock: 'manual' });
    await broker.createTopic('short', 1, { 'retention.ms': '60000' });
    await broker.createTopic('later', 1, { 'drave.delay.enable': 'true' });
    await using client = await RawClient.connect(broker.port);
    await broker.produce('short', [{ value: 'v' }]);
    const deliverAt = String(broker.clock.nowMs() + 60_000);
    await broker.produce('later', [{ value: 'v', headers: { 'drave-deliver-at': deliverAt } }]);
    await broker.clock.advance('59s');
    expect(await broker.records('short')).toHaveLength(1);
    await broker.clock.advance('6m');
    expect(await broker.records('short')).toHaveLength(0);
    expect(await fetchedCount(client, 'short')).toBe(-1); // offset 0 is out of range
    expect(await broker.records('later')).toHaveLength(1);
  });

  it('is needed to advance', async () => {
    await using broker = await startTestBroker();
    await expect(broker.clock.advance('1s')).rejects.toThrow("clock: 'manual'");
    await using manual = await startTestBroker({ clock: 'manual' });
    expect(() => manual.clock.advance('1 fortnight')).toThrow('is no duration');
  });

  it('bounds waiting in real time', async () => {
    await using broker = await startTestBroker({ clock: 'manual', topics: { t: 1 } });
    await expect(broker.waitFor('t', 1, { timeout: '20ms' })).rejects.toThrow(
      "topic 't' has 0 records after 20 ms",
    );
    await expect(broker.groupReady('g', { timeout: '20ms' })).rejects.toThrow('last 0 requests');
  });
});

describe('a paused partition', () => {
  it('acknowledges nothing and shows nothing new until it is resumed', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await using reader = await RawClient.connect(broker.port);
    expect(await produceCode(client, 't')).toBe(0);
    broker.pausePartition('t', 0);
    client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['held'])));
    const partition = broker.broker.context.replicas.partition('t', 0);
    while (partition?.logEndOffset !== 2) await new Promise((resolve) => setImmediate(resolve));
    await partition.log.flush();
    expect(await fetchedCount(reader, 't')).toBe(1);
    expect(String(broker.dump())).toContain(
      't-0: offsets 0 to 1, log end 2, leader 1 epoch 0, paused',
    );
    broker.resumePartition('t', 0);
    const { body } = await client.response(ApiKey.produce, 9);
    expect(body.responses[0]?.partitionResponses[0]).toMatchObject({ errorCode: 0, baseOffset: 1 });
    expect(await fetchedCount(reader, 't')).toBe(2);
  });
});

describe('several brokers', () => {
  it('move leaders and coordinators', async () => {
    await using broker = await startTestBroker({ brokers: 3, topics: { t: 1 } });
    await using client = await clientOf(broker, 1);
    const { leaderId } = await leaderOf(client, 't');
    const next = leaderId === 2 ? 3 : 2;
    broker.moveLeader('t', 0, next);
    expect(await leaderOf(client, 't')).toMatchObject({ leaderId: next, leaderEpoch: 1 });
    const find = async () => {
      const answer = await client.request(ApiKey.findCoordinator, 1, { key: 'g', keyType: 0 });
      return answer.nodeId;
    };
    const before = await find();
    await using old = await clientOf(broker, before);
    const memberId = await join1(old);
    await broker.moveCoordinators();
    const after = await find();
    expect(after).not.toBe(before);
    const heartbeat = { groupId: 'g', memberId, generationId: 1 };
    expect((await old.request(ApiKey.heartbeat, 3, heartbeat)).errorCode).toBe(
      ErrorCode.NOT_COORDINATOR,
    );
    await using fresh = await clientOf(broker, after);
    expect((await fresh.request(ApiKey.heartbeat, 3, heartbeat)).errorCode).toBe(0);
  });

  it('die and come back on the port they had', async () => {
    await using broker = await startTestBroker({ brokers: 3, topics: { t: 1 } });
    await using client = await clientOf(broker, 1);
    broker.moveLeader('t', 0, 3);
    await using third = await clientOf(broker, 3);
    const port = broker.broker.nodes[2]?.addresses[0]?.port ?? 0;
    await broker.removeBroker(3);
    await third.closed();
    await expect(RawClient.connect(port)).rejects.toThrow('ECONNREFUSED');
    const without = await leaderOf(client, 't');
    expect(without).toMatchObject({ brokers: [1, 2], offlineReplicas: [3] });
    expect([1, 2]).toContain(without.leaderId);
    expect(await broker.addBroker(3)).toBe(3);
    await using again = await RawClient.connect(port);
    expect(await leaderOf(again, 't')).toMatchObject({ brokers: [1, 2, 3], offlineReplicas: [] });
  });

  it('leave a partition of one replica without a leader while its broker is gone', async () => {
    await using broker = await startTestBroker({ brokers: 2 });
    await using client = await clientOf(broker, 1);
    await client.request(ApiKey.createTopics, 5, {
      topics: [
        {
          name: 'one',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [2] }],
          configs: [],
        },
      ],
      timeoutMs: 1000,
      validateOnly: false,
    });
    await broker.removeBroker(2);
    expect(await leaderOf(client, 'one')).toMatchObject({
      errorCode: ErrorCode.LEADER_NOT_AVAILABLE,
      leaderId: -1,
    });
    await broker.addBroker(2);
    expect(await leaderOf(client, 'one')).toMatchObject({ errorCode: 0, leaderId: 2 });
  });

  it('grow by a new one, which takes replicas of new topics', async () => {
    await using broker = await startTestBroker({ brokers: 2 });
    const added = await broker.addBroker();
    expect(added).toBe(3);
    await using client = await clientOf(broker, added);
    await broker.createTopic('wide', 1);
    const { replicaNodes, brokers } = await leaderOf(client, 'wide');
    expect(replicaNodes.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(brokers).toEqual([1, 2, 3]);
    await expect(broker.addBroker(1)).rejects.toThrow('broker 1 is there already');
    await expect(broker.removeBroker(9)).rejects.toThrow('no broker 9');
  });

  it('refuse to lose the last one', async () => {
    await using broker = await startTestBroker();
    await expect(broker.removeBroker(1)).rejects.toThrow('the last broker');
  });
});

describe('one broker', () => {
  it('forgets groups and reads them again: moveCoordinators', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const memberId = await join1(client);
    await broker.moveCoordinators();
    const heartbeat = { groupId: 'g', memberId, generationId: 1 };
    expect((await client.request(ApiKey.heartbeat, 3, heartbeat)).errorCode).toBe(0);
  });

  it('closes every connection: disconnectAll', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    await topicNames(client);
    broker.disconnectAll();
    await client.closed();
  });
});

describe('compact', () => {
  it('leaves the last value of each key, in the newest segment too', async () => {
    await using broker = await startTestBroker();
    await broker.createTopic('prices', 1, { 'cleanup.policy': 'compact' });
    await using client = await RawClient.connect(broker.port);
    for (const value of ['1', '2', '3']) {
      await broker.produce('prices', [
        { key: 'a', value },
        { key: 'b', value },
      ]);
    }
    await broker.compact();
    expect((await broker.records('prices')).map(({ value }) => String(value))).toEqual(['3', '3']);
    expect(await fetchedCount(client, 'prices')).toBe(6);
  });
});

describe('applyRetention', () => {
  it('deletes what is too old by the clock of the broker', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await broker.produce('t', [{ value: 'old', timestamp: 1_000 }]);
    expect(await broker.applyRetention()).toBe(1);
    const { responses } = await client.request(ApiKey.fetch, 12, fetchRequest('t', 0));
    expect(responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  });
});

describe('reset', () => {
  it('brings back the beginning while clients stay connected', async () => {
    await using broker = await startTestBroker({ brokers: 2, topics: { t: 1 } });
    const { port } = broker;
    await using client = await clientOf(broker, 1);
    const memberOf = async () => {
      const { nodeId } = await client.request(ApiKey.findCoordinator, 1, { key: 'g', keyType: 0 });
      await using coordinator = await clientOf(broker, nodeId);
      return await join1(coordinator);
    };
    const memberId = await memberOf();
    await broker.produce('t', [{ value: 'old' }]);
    await broker.createTopic('extra', 2);
    broker.failNext('Metadata', 'LEADER_NOT_AVAILABLE', 1000);
    broker.pausePartition('t', 0);
    await broker.removeBroker(2);
    await client.request(ApiKey.alterClientQuotas, 1, {
      entries: [
        {
          entity: [{ entityType: 'client-id', entityName: 'x' }],
          ops: [{ key: 'producer_byte_rate', value: 1, remove: false }],
        },
      ],
      validateOnly: false,
    });

    await broker.reset();

    expect(broker.port).toBe(port);
    expect(await topicNames(client)).toEqual(['t']);
    expect(broker.groups()).toEqual([]);
    expect(broker.broker.nodes).toHaveLength(2);
    expect(await broker.records('t')).toEqual([]);
    const { leaderId } = await leaderOf(client, 't');
    await using leader = await clientOf(broker, leaderId);
    expect(await produceCode(leader, 't')).toBe(0);
    const { entries } = await client.request(ApiKey.describeClientQuotas, 1, {
      components: [],
      strict: false,
    });
    expect(entries).toEqual([]);
    expect(await memberOf()).not.toBe(memberId);
  });

  it('answers a member parked in a group at once', async () => {
    await using broker = await startTestBroker({ clock: 'manual' });
    await using client = await RawClient.connect(broker.port);
    await using other = await RawClient.connect(broker.port);
    await join1(client);
    other.send(ApiKey.joinGroup, 3, { groupId: 'g', memberId: '', ...member });
    while (broker.groups()[0]?.state !== 'PreparingRebalance') await broker.clock.advance(0);
    await broker.reset();
    const { body } = await other.response(ApiKey.joinGroup, 3);
    expect(body.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    await join1(other);
    expect(broker.groups()).toHaveLength(1);
  });

  it('can be done again and again, and in the midst of commits', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    for (let round = 0; round < 20; round++) {
      client.send(ApiKey.offsetCommit, 5, {
        groupId: `g${round}`,
        generationIdOrMemberEpoch: -1,
        memberId: '',
        topics: [
          {
            name: 't',
            partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }],
          },
        ],
      });
      expect(await produceCode2(client)).toBe(0);
      await broker.reset();
      expect(broker.groups()).toEqual([]);
      expect(await broker.records('t')).toEqual([]);
    }
  });
});

/** The answer to the commit before it, then to a produce. */
async function produceCode2(client: RawClient) {
  client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['v'])));
  await client.response(ApiKey.offsetCommit, 5);
  const { body } = await client.response(ApiKey.produce, 9);
  return body.responses[0]?.partitionResponses[0]?.errorCode;
}

describe('stop', () => {
  it('does not wait for a parked member, under a manual clock neither', async () => {
    const broker = await startTestBroker({ clock: 'manual' });
    await using client = await RawClient.connect(broker.port);
    await using other = await RawClient.connect(broker.port);
    await join1(client);
    other.send(ApiKey.joinGroup, 3, { groupId: 'g', memberId: '', ...member });
    while (broker.groups()[0]?.state !== 'PreparingRebalance') await broker.clock.advance(0);
    await broker.stop();
    await other.closed();
  });
});

describe('dump', () => {
  it('tells topics, groups, interceptors and the last requests', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await join1(client);
    broker.failNext('Metadata', 'LEADER_NOT_AVAILABLE');
    expect(await topicNames(client)).toEqual([]);
    const dump = broker.dump();
    expect(dump.groups).toMatchObject([{ groupId: 'g', state: 'Stable', generation: 1 }]);
    const text = String(dump);
    expect(text).toContain('group g: Stable, generation 1');
    expect(text).toContain('t-0: offsets 0 to 0, leader 1 epoch 0');
    expect(text).toContain('raw → 1: Metadata v4 → LEADER_NOT_AVAILABLE');
  });
});
