// What a coordinator tells of its groups: who came and went and why, and what made a group rebalance. Classic groups and KIP-848.

import { expect, it } from 'vitest';
import {
  type ConsumerHeartbeatInput,
  GroupCoordinator,
  type GroupHappening,
} from '../src/index.js';
import { ManualWorld, MemoryOffsetsLog, MemoryTopics, settle } from './manual-world.js';

function open() {
  const world = new ManualWorld();
  const topics = new MemoryTopics();
  topics.set('a', 4);
  const told: GroupHappening[] = [];
  const coordinator = new GroupCoordinator({
    platform: world.platform,
    writer: new MemoryOffsetsLog(),
    partitionCount: 1,
    settings: { initialRebalanceDelayMs: 0 },
    topics,
    tell: (_group, happening) => told.push(happening),
  });
  const kinds = () =>
    told
      .splice(0)
      .map((one) =>
        one.kind === 'rebalanced'
          ? `rebalanced by ${one.reason}: ${one.members}`
          : one.kind === 'member-left'
            ? `left: ${one.reason}`
            : 'joined',
      );
  return { world, coordinator, told, kinds };
}
const client = { clientId: 'c', clientHost: '/h' };

it('tells of a classic group: joins, a session that timed out, an eviction', async () => {
  const { world, coordinator, told, kinds } = open();
  await coordinator.start();
  const join = async (): Promise<string> => {
    const joining = coordinator.joinGroup(
      {
        apiVersion: 3,
        groupId: 'g',
        memberId: '',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 20_000,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
      },
      client,
    );
    await settle();
    const { memberId, generationId } = await joining;
    const ids = { groupId: 'g', memberId, generationId };
    await coordinator.syncGroup({ ...ids, assignments: [] });
    return memberId;
  };
  await join();
  expect(told.at(-1)).toMatchObject({ generation: 1, durationMs: 0 });
  expect(kinds()).toEqual(['joined', 'rebalanced by member-joined: 1']);
  await world.advance(10_001);
  expect(kinds()).toEqual(['left: session-timeout', 'rebalanced by session-timeout: 0']);
  const memberId = await join();
  told.splice(0);
  await coordinator.leaveGroup({
    apiVersion: 5,
    groupId: 'g',
    members: [{ memberId, isEvicted: true }],
  });
  expect(kinds()).toEqual(['left: lease-lapsed', 'rebalanced by lease-lapsed: 0']);
  coordinator.stop();
});

it('tells the same of a group of the newer protocol', async () => {
  const { world, coordinator, told, kinds } = open();
  await coordinator.start();
  const beat = async (memberId: string, memberEpoch: number): Promise<void> => {
    const isJoining = memberEpoch === 0;
    const request: ConsumerHeartbeatInput = {
      ...{ apiVersion: 1, groupId: 'g', memberId, memberEpoch, instanceId: null, rackId: null },
      rebalanceTimeoutMs: isJoining ? 15_000 : -1,
      subscribedTopicNames: isJoining ? ['a'] : null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: isJoining ? [] : null,
    };
    const reply = coordinator.consumerGroupHeartbeat(request, client);
    await settle();
    expect(await reply).toMatchObject({ errorCode: 0 });
  };
  await beat('m1', 0);
  expect(told.at(-1)).toMatchObject({ kind: 'rebalanced', durationMs: undefined });
  expect(kinds()).toEqual(['joined', 'rebalanced by member-joined: 1']);
  await beat('m2', 0);
  expect(kinds()).toEqual(['joined', 'rebalanced by member-joined: 2']);
  await beat('m2', -1);
  await beat('m1', 1);
  expect(kinds()).toEqual(['left: left', 'rebalanced by left: 1']);
  await world.advance(45_001);
  expect(kinds()).toEqual(['left: session-timeout']);
  coordinator.stop();
});
