// Deleting groups and single offsets over a real socket.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

function commit(client: RawClient, groupId: string, committedOffset: number) {
  return client.request(ApiKey.offsetCommit, 8, {
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [
      { name: 't', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: null }] },
    ],
  });
}

async function committed(client: RawClient, groupId: string) {
  const { groups } = await client.request(ApiKey.offsetFetch, 8, {
    groups: [{ groupId, topics: [{ name: 't', partitionIndexes: [0] }] }],
    requireStable: false,
  });
  return groups[0]?.topics[0]?.partitions[0]?.committedOffset;
}

function join(client: RawClient, groupId: string) {
  return client.request(ApiKey.joinGroup, 3, {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
  });
}

describe('DeleteGroups', () => {
  it.each([0, 1, 2])('removes an empty group and its offsets, in version %d', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await commit(client, 'g', 7);
    expect(await committed(client, 'g')).toBe(7);
    const { results } = await client.request(ApiKey.deleteGroups, version, {
      groupsNames: ['g', 'nobody', ''],
    });
    expect(results.map(({ groupId, errorCode }) => [groupId, errorCode])).toEqual([
      ['g', 0],
      ['nobody', ErrorCode.GROUP_ID_NOT_FOUND],
      ['', ErrorCode.GROUP_ID_NOT_FOUND],
    ]);
    expect(await committed(client, 'g')).toBe(-1);
  });

  it('refuses a group with members', async () => {
    await using broker = await startTestBroker();
    await using client = await RawClient.connect(broker.port);
    expect((await join(client, 'g')).errorCode).toBe(0);
    const { results } = await client.request(ApiKey.deleteGroups, 2, { groupsNames: ['g'] });
    expect(results[0]?.errorCode).toBe(ErrorCode.NON_EMPTY_GROUP);
  });
});

describe('OffsetDelete', () => {
  const asking = (groupId: string) => ({
    groupId,
    topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }],
  });

  it('forgets a committed offset', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await commit(client, 'g', 7);
    const answer = await client.request(ApiKey.offsetDelete, 0, asking('g'));
    expect(answer).toMatchObject({
      errorCode: 0,
      topics: [{ name: 't', partitions: [{ partitionIndex: 0, errorCode: 0 }] }],
    });
    expect(await committed(client, 'g')).toBe(-1);
  });

  it('tells unknown groups', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const answer = await client.request(ApiKey.offsetDelete, 0, asking('nobody'));
    expect(answer).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] });
  });
});
