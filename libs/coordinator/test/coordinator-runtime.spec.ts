// The coordinator against its log: loading, moving, refusing, oversize, unreadable.

import { ErrorCode, KafkaError } from '@drave/contracts';
import { expect, test } from 'vitest';

import { GroupCoordinator, type GroupSettings, type OffsetCommitInput } from '../src/index.js';
import { ManualWorld, MemoryOffsetsLog, MemoryTopics, settle } from './manual-world.js';

function build(log: MemoryOffsetsLog, settings: Partial<GroupSettings> = {}) {
  const world = new ManualWorld();
  const coordinator = new GroupCoordinator({
    platform: world.platform,
    writer: log,
    partitionCount: 4,
    settings: { initialRebalanceDelayMs: 0, ...settings },
    topics: new MemoryTopics(10_000),
  });
  return { world, coordinator };
}

function commitOf(groupId: string, partitions = 1): OffsetCommitInput {
  const list = Array.from({ length: partitions }, (_, partitionIndex) => ({
    partitionIndex,
    committedOffset: 5,
  }));
  return {
    apiVersion: 8,
    groupId,
    generationIdOrMemberEpoch: -1,
    memberId: '',
    topics: [{ name: 'a', partitions: list }],
  };
}

async function commitCode(coordinator: GroupCoordinator, groupId = 'g', partitions = 1) {
  const reply = await coordinator.offsetCommit(commitOf(groupId, partitions));
  return reply.topics[0]?.partitions[0]?.errorCode;
}

const joining = {
  apiVersion: 3,
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
};
const client = { clientId: 'c', clientHost: '/h' };

test('before the log is read the answer is COORDINATOR_LOAD_IN_PROGRESS, before start NOT_COORDINATOR', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator } = build(log);
  expect(await commitCode(coordinator)).toBe(ErrorCode.NOT_COORDINATOR);
  const started = coordinator.start();
  const early = commitCode(coordinator);
  expect(coordinator.listGroups().errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  expect(await early).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  await started;
  expect(await commitCode(coordinator)).toBe(ErrorCode.NONE);
});

test('where clients do not expect it, loading is said in words they know', async () => {
  const { coordinator } = build(new MemoryOffsetsLog());
  const started = coordinator.start();
  const member = { groupId: 'g', memberId: 'm', generationId: 1 };
  const beat = coordinator.heartbeat(member);
  const sync = coordinator.syncGroup({ ...member, assignments: [] });
  const join = coordinator.joinGroup(joining, client);
  expect((await beat).errorCode).toBe(ErrorCode.NONE);
  expect((await sync).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  expect((await join).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  await started;
});

test('only the partitions taken are answered, and a released one answers what it had parked', async () => {
  const { world, coordinator } = build(new MemoryOffsetsLog(), { initialRebalanceDelayMs: 3000 });
  const partition = coordinator.partitionFor('g');
  await coordinator.start([partition]);
  const parked = coordinator.joinGroup(joining, client);
  await settle();
  coordinator.release(partition);
  expect((await parked).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  expect(world.timerCount).toBe(1);
  expect(await commitCode(coordinator)).toBe(ErrorCode.NOT_COORDINATOR);
  await coordinator.acquire(partition);
  expect(await commitCode(coordinator)).toBe(ErrorCode.NONE);
  expect(await commitCode(coordinator, 'elsewhere')).toBe(ErrorCode.NOT_COORDINATOR);
});

test('a write refused because leadership moved sends clients to look up the coordinator', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator } = build(log);
  await coordinator.start();
  log.failNext = new KafkaError('NOT_LEADER_OR_FOLLOWER');
  expect(await commitCode(coordinator)).toBe(ErrorCode.NOT_COORDINATOR);
  await settle();
  expect(await commitCode(coordinator)).toBe(ErrorCode.NONE);
});

test('after a refused write the log is read only when writes under way have settled', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator } = build(log);
  await coordinator.start();
  log.holdCommits = true;
  const first = commitCode(coordinator);
  await settle();
  log.failNext = new Error('disk full');
  const second = commitCode(coordinator);
  // The outcome of the first is unknown to its client: it reached the log, and its answer was lost.
  expect(await first).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(await second).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(await commitCode(coordinator)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  log.holdCommits = false;
  log.commitAll();
  await settle();
  const [group] = await coordinator.offsetFetch({ groups: [{ groupId: 'g', topics: null }] });
  expect(group?.topics[0]?.partitions[0]?.committedOffset).toBe(5);
});

test('a commit too large for one batch is refused and costs nobody anything', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator, world } = build(log, { appendBytesMax: 10_000 });
  await coordinator.start();
  expect(await commitCode(coordinator, 'g', 1000)).toBe(ErrorCode.INVALID_COMMIT_OFFSET_SIZE);
  expect(await commitCode(coordinator, 'g', 10)).toBe(ErrorCode.NONE);
  expect(world.logged).toEqual([]);
});

test('an assignment too large for one batch fails the syncs and the group tries again', async () => {
  const { coordinator } = build(new MemoryOffsetsLog(), { appendBytesMax: 10_000 });
  await coordinator.start();
  const { memberId, generationId } = await coordinator.joinGroup(joining, client);
  const member = { groupId: 'g', memberId, generationId };
  const assignments = [{ memberId, assignment: Buffer.alloc(20_000) }];
  const sync = await coordinator.syncGroup({ ...member, assignments });
  expect(sync.errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
  const beat = await coordinator.heartbeat(member);
  expect(beat.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
});

test('a log with records of a later version is not served', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator, world } = build(log);
  const partition = coordinator.partitionFor('g');
  log.records(partition).push({ key: Buffer.from('0063', 'hex'), value: Buffer.alloc(2) });
  await coordinator.start();
  expect(await commitCode(coordinator)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(world.logged.join()).toContain('coordinator-log-unreadable');
});

test('a log that cannot be read now is read again a second later', async () => {
  const log = new MemoryOffsetsLog();
  let failures = 2;
  const readAll = log.readAll.bind(log);
  log.readAll = async (partition, visit) => {
    if (failures-- > 0) throw new Error('EIO');
    await readAll(partition, visit);
  };
  const { coordinator, world } = build(log);
  const partition = coordinator.partitionFor('g');
  await coordinator.start([partition]);
  expect(await commitCode(coordinator)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  await world.advance(1000);
  expect(await commitCode(coordinator)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  await world.advance(1000);
  expect(await commitCode(coordinator)).toBe(ErrorCode.NONE);
});

test('arguments out of range are refused before any group is touched', async () => {
  const { coordinator } = build(new MemoryOffsetsLog());
  await coordinator.start();
  const join = (change: object) => coordinator.joinGroup({ ...joining, ...change }, client);
  expect((await join({ groupId: '' })).errorCode).toBe(ErrorCode.INVALID_GROUP_ID);
  expect((await join({ sessionTimeoutMs: 5999 })).errorCode).toBe(
    ErrorCode.INVALID_SESSION_TIMEOUT,
  );
  const long = await join({ sessionTimeoutMs: 1_800_001 });
  expect(long.errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
  // Before version 7 the protocol name could not be null.
  expect(long.protocolName).toBe('');
  expect(coordinator.listGroups().groups).toEqual([]);
  expect((await join({ protocols: [] })).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  expect((await join({ protocolType: '' })).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  // As in Kafka whoever comes first makes the group known, even if refused.
  const groups = coordinator.listGroups().groups.map(({ groupState }) => groupState);
  expect(groups).toEqual(['Empty']);
});

test('version 0 takes the session timeout for the rebalance timeout', async () => {
  const { coordinator, world } = build(new MemoryOffsetsLog(), { initialRebalanceDelayMs: 60_000 });
  await coordinator.start();
  const version0 = { ...joining, apiVersion: 0, rebalanceTimeoutMs: -1 };
  const joined = coordinator.joinGroup(version0, client);
  await settle();
  await world.advance(10_000);
  expect((await joined).errorCode).toBe(ErrorCode.NONE);
});

test('a retention asked for with the commit is kept as an expiry', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator } = build(log);
  await coordinator.start();
  await coordinator.offsetCommit({ ...commitOf('g'), apiVersion: 2, retentionTimeMs: 1000 });
  const [record] = log.records(coordinator.partitionFor('g'));
  expect(record?.value?.readInt16BE(0)).toBe(1);
  expect(Number(record?.value?.readBigInt64BE((record.value.length ?? 0) - 8))).toBe(1_001_000);
});

test('a deletion too large for one batch is written in several', async () => {
  const log = new MemoryOffsetsLog();
  const { coordinator, world } = build(log, { appendBytesMax: 10_000 });
  await coordinator.start();
  const partition = coordinator.partitionFor('g');
  for (let part = 0; part < 5; part += 1) {
    const { topics, ...rest } = commitOf('g', 100);
    const shifted = topics.map(({ name, partitions }) => ({ name: `${name}${part}`, partitions }));
    await coordinator.offsetCommit({ ...rest, topics: shifted });
  }
  let batches = 0;
  const append = log.append.bind(log);
  log.append = (to, records) => {
    batches += 1;
    return append(to, records);
  };
  expect(await coordinator.deleteGroups(['g'])).toEqual([{ groupId: 'g', errorCode: 0 }]);
  expect(batches).toBeGreaterThan(1);
  expect(log.records(partition)).toHaveLength(1000);
  expect(coordinator.listGroups().groups).toEqual([]);
  expect(world.logged).toEqual([]);
});

test('groups are listed by state and type whatever the case', async () => {
  const { coordinator } = build(new MemoryOffsetsLog());
  await coordinator.start();
  await coordinator.joinGroup(joining, client);
  await coordinator.offsetCommit(commitOf('simple'));
  const ids = (filter: object) =>
    coordinator
      .listGroups(filter)
      .groups.map(({ groupId }) => groupId)
      .sort();
  expect(ids({})).toEqual(['g', 'simple']);
  expect(ids({ statesFilter: ['completingREBALANCE'] })).toEqual(['g']);
  expect(ids({ statesFilter: ['empty', 'Stable'] })).toEqual(['simple']);
  expect(ids({ typesFilter: ['Classic'] })).toEqual(['g', 'simple']);
  expect(ids({ typesFilter: ['consumer', 'share'] })).toEqual([]);
  expect(coordinator.groupSummaries().map(({ groupId, state }) => [groupId, state])).toEqual([
    ['g', 'CompletingRebalance'],
    ['simple', 'Empty'],
  ]);
});

test('an idle group keeps no timer and no machine', async () => {
  const { coordinator, world } = build(new MemoryOffsetsLog());
  await coordinator.start();
  const { memberId } = await coordinator.joinGroup(joining, client);
  expect(world.timerCount).toBe(2);
  await coordinator.leaveGroup({ apiVersion: 3, groupId: 'g', members: [{ memberId }] });
  // What remains is the sweep of old offsets.
  expect(world.timerCount).toBe(1);
  coordinator.stop();
  expect(world.timerCount).toBe(0);
});

test('settings outside their range are named', () => {
  expect(() => build(new MemoryOffsetsLog(), { groupSizeMax: 0 })).toThrow('groupSizeMax');
});
