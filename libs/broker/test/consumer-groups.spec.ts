// Consumer groups (KIP-848) over a real socket: the wiring of every version; the rules are tested in libs/coordinator.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { RawClient } from './raw-client.js';

const joining = {
  groupId: 'g',
  memberEpoch: 0,
  rebalanceTimeoutMs: 10_000,
  subscribedTopicNames: ['a'],
  topicPartitions: [],
};

describe('consumer groups', () => {
  it.each([0, 1])('heartbeat version %d: join, describe, commit, leave', async (version) => {
    await using broker = await startTestBroker({ topics: { a: 2 } });
    await using client = await RawClient.connect(broker.port);
    const memberId = version === 0 ? '' : 'mine';
    const key = ApiKey.consumerGroupHeartbeat;
    const joined = await client.request(key, version, { ...joining, memberId }, 'cid');
    expect(joined).toMatchObject({ errorCode: 0, memberEpoch: 1, heartbeatIntervalMs: 5000 });
    const id = joined.memberId ?? '';
    expect(id).toMatch(version === 0 ? /^[0-9a-f-]{36}$/ : /^mine$/);
    const [topic] = joined.assignment?.topicPartitions ?? [];
    expect(topic?.partitions).toEqual([0, 1]);

    const { groups } = await client.request(ApiKey.consumerGroupDescribe, version, {
      groupIds: ['g', 'nobody', ''],
      includeAuthorizedOperations: false,
    });
    const assignment = { topicPartitions: [{ ...topic, topicName: 'a' }] };
    expect(groups).toMatchObject([
      {
        groupState: 'Stable',
        groupEpoch: 1,
        assignmentEpoch: 1,
        assignorName: 'uniform',
        members: [
          {
            memberId: id,
            clientId: 'cid',
            clientHost: '/127.0.0.1',
            assignment,
            targetAssignment: assignment,
            memberType: version === 0 ? -1 : 1,
          },
        ],
      },
      { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: 'Group nobody not found.' },
      { errorCode: ErrorCode.INVALID_GROUP_ID },
    ]);

    const partitions = [{ partitionIndex: 0, committedOffset: 5, committedMetadata: null }];
    const commit = { groupId: 'g', memberId: id, topics: [{ name: 'a', partitions }] };
    const committed = await client.request(ApiKey.offsetCommit, 9, {
      ...commit,
      generationIdOrMemberEpoch: 1,
    });
    expect(committed.topics[0]?.partitions[0]?.errorCode).toBe(0);
    const asked = { groupId: 'g', topics: [{ name: 'a', partitionIndexes: [0] }] };
    const fetched = await client.request(ApiKey.offsetFetch, 9, {
      groups: [
        { ...asked, memberId: id, memberEpoch: 1 },
        { ...asked, memberId: id, memberEpoch: 7 },
        { ...asked, memberId: null, memberEpoch: -1 },
      ],
    });
    expect(fetched.groups).toMatchObject([
      { errorCode: 0, topics: [{ partitions: [{ committedOffset: 5 }] }] },
      { errorCode: ErrorCode.STALE_MEMBER_EPOCH },
      { errorCode: 0, topics: [{ partitions: [{ committedOffset: 5 }] }] },
    ]);

    const listed = await client.request(ApiKey.listGroups, 5, { typesFilter: ['Consumer'] });
    expect(listed.groups).toEqual([
      { groupId: 'g', protocolType: 'consumer', groupState: 'Stable', groupType: 'consumer' },
    ]);
    const left = await client.request(key, version, {
      groupId: 'g',
      memberId: id,
      memberEpoch: -1,
    });
    expect(left).toMatchObject({ errorCode: 0, memberEpoch: -1, assignment: null });
    expect(broker.groups()[0]).toMatchObject({ state: 'Empty', type: 'consumer', generation: 2 });
  });

  it('a topic created later, and one that grows, reach the member at its next heartbeat', async () => {
    await using broker = await startTestBroker({ autoCreate: false });
    await using client = await RawClient.connect(broker.port);
    const key = ApiKey.consumerGroupHeartbeat;
    const joined = await client.request(key, 1, { ...joining, memberId: 'm' });
    expect(joined.assignment).toEqual({ topicPartitions: [] });
    await broker.createTopic('a', 2);
    const beat = { groupId: 'g', memberId: 'm', memberEpoch: joined.memberEpoch };
    const told = await client.request(key, 1, beat);
    expect(told.assignment?.topicPartitions[0]?.partitions).toEqual([0, 1]);
    await client.request(ApiKey.createPartitions, 3, {
      topics: [{ name: 'a', count: 3, assignments: null }],
      timeoutMs: 1000,
      validateOnly: false,
    });
    const grown = await client.request(key, 1, { ...beat, memberEpoch: told.memberEpoch });
    expect(grown).toMatchObject({ memberEpoch: told.memberEpoch + 1 });
    expect(grown.assignment?.topicPartitions[0]?.partitions).toEqual([0, 1, 2]);
  });

  it('an illegal request is refused with a message, and the connection stays', async () => {
    await using broker = await startTestBroker({ topics: { a: 2 } });
    await using client = await RawClient.connect(broker.port);
    const wrong = [
      [{ memberId: '' }, 'INVALID_REQUEST'],
      [{ groupId: '' }, 'INVALID_REQUEST'],
      [{ instanceId: '' }, 'INVALID_REQUEST'],
      [{ rackId: '' }, 'INVALID_REQUEST'],
      [{ memberEpoch: -3 }, 'INVALID_REQUEST'],
      [{ memberEpoch: -2 }, 'INVALID_REQUEST'],
      [{ rebalanceTimeoutMs: -1 }, 'INVALID_REQUEST'],
      [{ topicPartitions: null }, 'INVALID_REQUEST'],
      [{ subscribedTopicNames: null }, 'INVALID_REQUEST'],
      [{ memberId: 'x'.repeat(40_000) }, 'INVALID_REQUEST'],
      [{ subscribedTopicNames: ['x'.repeat(1_000_000)] }, 'INVALID_REQUEST'],
      [{ serverAssignor: 'mine' }, 'UNSUPPORTED_ASSIGNOR'],
      [{ subscribedTopicRegex: '(a' }, 'INVALID_REGULAR_EXPRESSION'],
      [{ subscribedTopicRegex: '(?=a)b' }, 'INVALID_REGULAR_EXPRESSION'],
      [{ memberEpoch: 3 }, 'GROUP_ID_NOT_FOUND'],
    ] as const;
    for (const [part, error] of wrong) {
      const request = { ...joining, memberId: 'm', ...part };
      const answer = await client.request(ApiKey.consumerGroupHeartbeat, 1, request);
      expect(answer.errorCode, `${error} ${JSON.stringify(part).slice(0, 60)}`).toBe(
        ErrorCode[error],
      );
      expect(answer.errorMessage?.length).toBeGreaterThan(10);
    }
    expect(broker.groups()).toEqual([]);
  });
});
