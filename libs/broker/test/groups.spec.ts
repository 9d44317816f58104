// Group requests over a real socket: the wiring of every version; the coordinator's rules are tested in its own library.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

const protocols = [{ name: 'range', metadata: Buffer.from('meta') }];

function join(memberId: string) {
  return {
    groupId: 'g',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId,
    protocolType: 'consumer',
    protocols,
  };
}

/** Joins and syncs one member; returns its id. */
async function enter(client: RawClient, version: number): Promise<string> {
  let joined = await client.request(ApiKey.joinGroup, version, join(''), 'cid');
  if (version >= 4) {
    expect(joined.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    joined = await client.request(ApiKey.joinGroup, version, join(joined.memberId), 'cid');
  }
  expect(joined).toMatchObject({ errorCode: 0, generationId: 1, protocolName: 'range' });
  expect(joined.leader).toBe(joined.memberId);
  expect(joined.members.map(({ metadata }) => metadata.toString())).toEqual(['meta']);
  const { memberId } = joined;
  const synced = await client.request(ApiKey.syncGroup, Math.min(version, 5), {
    groupId: 'g',
    generationId: 1,
    memberId,
    assignments: [{ memberId, assignment: Buffer.from('mine') }],
  });
  expect(synced).toMatchObject({ errorCode: 0, assignment: Buffer.from('mine') });
  return memberId;
}

describe('classic groups', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'JoinGroup version %d: join, sync, heartbeat, describe, leave',
    async (version) => {
      await using broker = await startTestBroker();
      await using client = await RawClient.connect(broker.port);
      const memberId = await enter(client, version);
      const beat = { groupId: 'g', generationId: 1, memberId };
      const heartbeat = await client.request(ApiKey.heartbeat, Math.min(version, 4), beat);
      expect(heartbeat.errorCode).toBe(0);
      const { groups } = await client.request(ApiKey.describeGroups, Math.min(version, 5), {
        groups: ['g', 'nobody'],
      });
      expect(groups[0]).toMatchObject({
        errorCode: 0,
        groupState: 'Stable',
        protocolType: 'consumer',
        protocolData: 'range',
      });
      expect(groups[0]?.members[0]).toMatchObject({
        memberId,
        clientId: 'cid',
        clientHost: '/127.0.0.1',
      });
      expect(groups[1]).toMatchObject({ errorCode: 0, groupState: 'Dead' });
      const listed = await client.request(ApiKey.listGroups, Math.min(version, 5), {});
      expect(listed.groups).toMatchObject([{ groupId: 'g', protocolType: 'consumer' }]);
      const leaving = Math.min(version, 5);
      const left = await client.request(ApiKey.leaveGroup, leaving, {
        groupId: 'g',
        memberId,
        members: [{ memberId }],
      });
      expect(left.errorCode).toBe(0);
      expect(broker.groups()[0]?.members).toEqual([]);
    },
  );

  it('two members share a generation; a heartbeat tells of the rebalance', async () => {
    await using broker = await startTestBroker();
    await using one = await RawClient.connect(broker.port);
    await using two = await RawClient.connect(broker.port);
    const first = await enter(one, 2);
    two.send(ApiKey.joinGroup, 2, join(''));
    for (;;) {
      const beat = { groupId: 'g', generationId: 1, memberId: first };
      const { errorCode } = await one.request(ApiKey.heartbeat, 1, beat);
      if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) break;
      expect(errorCode).toBe(0);
    }
    const again = await one.request(ApiKey.joinGroup, 2, join(first));
    const { body: second } = await two.response(ApiKey.joinGroup, 2);
    expect(again).toMatchObject({ errorCode: 0, generationId: 2, leader: first });
    expect(second).toMatchObject({ errorCode: 0, generationId: 2, leader: first });
    expect(again.members).toHaveLength(2);
  });
});

describe('offsets', () => {
  const commit = (offset: number) => ({
    groupId: 'g',
    memberId: '',
    topics: [
      {
        name: 't',
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: 'note' }],
      },
    ],
  });

  it.each([2, 3, 4, 5, 6, 7, 8])('OffsetCommit version %d stores', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const committed = await client.request(ApiKey.offsetCommit, version, commit(5));
    expect(committed.topics[0]?.partitions[0]).toEqual({ partitionIndex: 0, errorCode: 0 });
    expect(broker.groups()[0]?.offsets).toMatchObject([{ topic: 't', partition: 0, offset: 5 }]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('OffsetFetch version %d reads one group', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.offsetCommit, 2, commit(5));
    const topics = [{ name: 't', partitionIndexes: [0, 1] }];
    const some = await client.request(ApiKey.offsetFetch, version, {
      groupId: 'g',
      topics,
      groups: [],
    });
    expect(some.topics[0]?.partitions).toMatchObject([
      { partitionIndex: 0, committedOffset: 5, metadata: 'note', errorCode: 0 },
      { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: 0 },
    ]);
    if (version < 2) return;
    const all = await client.request(ApiKey.offsetFetch, version, {
      groupId: 'g',
      topics: null,
      groups: [],
    });
    expect(all.topics).toMatchObject([{ name: 't', partitions: [{ committedOffset: 5 }] }]);
  });

  it('OffsetFetch version 8 reads several groups', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.offsetCommit, 8, commit(5));
    const { groups } = await client.request(ApiKey.offsetFetch, 8, {
      groupId: '',
      topics: [],
      groups: ['g', 'nobody'].map((groupId) => ({
        groupId,
        topics: [{ name: 't', partitionIndexes: [0] }],
      })),
    });
    expect(
      groups.map(({ groupId, topics }) => [groupId, topics[0]?.partitions[0]?.committedOffset]),
    ).toEqual([
      ['g', 5],
      ['nobody', -1],
    ]);
  });

  it('answers an unknown partition when committing', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const { topics } = await client.request(ApiKey.offsetCommit, 5, commit(5));
    expect(topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});

describe('FindCoordinator', () => {
  it.each([0, 1, 2, 3, 4])(
    'version %d names this broker and creates the topic',
    async (version) => {
      await using broker = await startTestBroker();
      await using client = await RawClient.connect(broker.port);
      const answer = await client.request(ApiKey.findCoordinator, version, {
        key: 'g',
        coordinatorKeys: ['g', 'h'],
      });
      const found = { errorCode: 0, nodeId: 1, host: '127.0.0.1', port: broker.port };
      if (version < 4) expect(answer).toMatchObject(found);
      else
        expect(answer.coordinators).toMatchObject([
          { key: 'g', ...found },
          { key: 'h', ...found },
        ]);
      const { topics } = await client.request(ApiKey.metadata, 1, { topics: null });
      expect(topics).toMatchObject([{ name: '__consumer_offsets', isInternal: true }]);
    },
  );

  it('is final about transactions and unknown key types', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const ask = (keyType: number) =>
      client.request(ApiKey.findCoordinator, 2, { key: 'x', keyType });
    expect((await ask(1)).errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    expect((await ask(2)).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});

describe('InitProducerId', () => {
  it.each([0, 1, 2, 3, 4, 5])('version %d gives fresh ids', async (version) => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    const ask = (transactionalId: string | null) =>
      client.request(ApiKey.initProducerId, version, {
        transactionalId,
        transactionTimeoutMs: 1000,
      });
    const [one, two] = [await ask(null), await ask(null)];
    expect(one).toMatchObject({ errorCode: 0, producerEpoch: 0 });
    expect(two.producerId).not.toBe(one.producerId);
    expect((await ask('')).errorCode).toBe(ErrorCode.INVALID_REQUEST);
    expect((await ask('x')).errorCode).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
  });
});
