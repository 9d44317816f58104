// Requests about consumer groups of the new protocol (KIP-848): two members that make their own ids join, report what they own,
// fall behind, come back and leave; commits by member epoch; groups listed and described.

import type { Draw, Given, Step } from './step.ts';
import type { Answer, Body } from './side.ts';

type Who = 'm-1' | 'm-2' | 'm-3';

interface Owned {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

function epochOf(given: Given, groupId: string, who: Who): number {
  return Number(given.get(`epoch of ${who} in ${groupId}`) ?? 0);
}

function keepMembership(groupId: string, who: Who): NonNullable<Step['keep']> {
  return (answer: Answer, given: Given) => {
    if (typeof answer === 'string' || answer['errorCode'] !== 0) return;
    given.set(`epoch of ${who} in ${groupId}`, answer['memberEpoch']);
    const assignment = answer['assignment'] as { topicPartitions: Owned[] } | null;
    if (assignment) given.set(`owned by ${who} in ${groupId}`, assignment.topicPartitions);
  };
}

interface Choice {
  readonly groupId: string;
  readonly who: Who;
  readonly kind: string;
}

function choose(draw: Draw): Choice {
  return {
    groupId: draw.one(draw.name('n'), draw.name('n'), draw.name('n'), draw.name('n2')),
    who: draw.one<Who>('m-1', 'm-1', 'm-2'),
    kind: draw.one('join', 'join', 'go on', 'go on', 'go on', 'report', 'report', 'leave', 'odd'),
  };
}

const unchanged = {
  instanceId: null,
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
};

/** A member that does what clients do, more or less in turn. */
function heartbeat(draw: Draw): Step {
  const { groupId, who, kind } = choose(draw);
  const joining = {
    ...unchanged,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: draw.one(
      [draw.name('a')],
      [draw.name('a')],
      [draw.name('a'), draw.name('b')],
      [draw.name('gone')],
      [],
    ),
    serverAssignor: draw.one(null, null, 'uniform', 'range'),
    topicPartitions: [],
  };
  const shift = draw.one(-1, 1, 5);
  return {
    apiKey: 68,
    settles: true,
    keep: keepMembership(groupId, who),
    body: (given) => {
      const at = { groupId, memberId: who, memberEpoch: epochOf(given, groupId, who) };
      if (kind === 'join') return { ...joining, ...at, memberEpoch: 0 };
      if (kind === 'leave') return { ...unchanged, ...at, memberEpoch: -1 };
      if (kind === 'odd') return { ...unchanged, ...at, memberEpoch: at.memberEpoch + shift };
      const topicPartitions = given.get(`owned by ${who} in ${groupId}`) ?? [];
      return kind === 'report' ? { ...unchanged, ...at, topicPartitions } : { ...unchanged, ...at };
    },
  };
}

/** A static member: leaves for a while, is replaced, is fenced. */
function staticHeartbeat(draw: Draw): Step {
  const groupId = draw.name('n3');
  const who = draw.one<Who>('m-1', 'm-1', 'm-2');
  const kind = draw.one('join', 'join', 'go on', 'away', 'leave');
  return {
    apiKey: 68,
    settles: true,
    keep: keepMembership(groupId, who),
    body: (given) => {
      const memberEpoch = epochOf(given, groupId, who);
      const at = { ...unchanged, groupId, memberId: who, instanceId: 'i-1', memberEpoch };
      if (kind === 'away') return { ...at, memberEpoch: -2 };
      if (kind === 'leave') return { ...at, memberEpoch: -1 };
      if (kind === 'go on') return at;
      const subscribedTopicNames = [draw.name('a')];
      return {
        ...at,
        memberEpoch: 0,
        rebalanceTimeoutMs: 30_000,
        subscribedTopicNames,
        topicPartitions: [],
      };
    },
  };
}

/** Requests that are wrong in themselves. */
function refusedHeartbeat(draw: Draw): Step {
  const sound: Body = {
    ...unchanged,
    groupId: draw.name('n4'),
    memberId: 'm-3',
    memberEpoch: 0,
    rebalanceTimeoutMs: 30_000,
    subscribedTopicNames: [draw.name('a')],
    topicPartitions: [],
  };
  const fault = draw.one<Body>(
    { groupId: '' },
    { memberId: '' },
    { memberEpoch: -3 },
    { memberEpoch: 4 },
    { memberEpoch: -2 },
    { rebalanceTimeoutMs: -1 },
    { rebalanceTimeoutMs: 0 },
    { subscribedTopicNames: null },
    { topicPartitions: null },
    { topicPartitions: [{ topicId: '11111111-2222-3333-4444-555555555555', partitions: [0] }] },
    { serverAssignor: 'odd' },
    { serverAssignor: '' },
    { instanceId: '' },
    { rackId: '' },
    { subscribedTopicNames: null, subscribedTopicRegex: '(' },
  );
  return { apiKey: 68, body: () => ({ ...sound, ...fault }), versions: [1, 1], settles: true };
}

function describe(draw: Draw): Step {
  const groupId = draw.one(
    draw.name('n'),
    draw.name('n'),
    draw.name('n3'),
    draw.name('g'),
    draw.name('unknown'),
    '',
  );
  const body = { groupIds: [groupId], includeAuthorizedOperations: draw.one(true, false) };
  return { apiKey: 69, body: () => body };
}

function commit(draw: Draw): Step {
  const [groupId, who] = [draw.name('n'), draw.one<Who>('m-1', 'm-1', 'm-2', 'm-3')];
  const shift = draw.one(0, 0, 0, 1, -1);
  const isOutside = draw.one(false, false, false, true);
  const partition = {
    partitionIndex: draw.partition(),
    committedOffset: draw.one(0, 5, 7),
    committedLeaderEpoch: -1,
    committedMetadata: 'note',
  };
  return {
    apiKey: 8,
    body: (given) => ({
      groupId,
      generationIdOrMemberEpoch: isOutside ? -1 : epochOf(given, groupId, who) + shift,
      memberId: isOutside ? '' : who,
      groupInstanceId: null,
      topics: [{ name: draw.name('a'), partitions: [partition] }],
    }),
  };
}

function fetchOffsets(draw: Draw): Step {
  const [groupId, who] = [draw.name('n'), draw.one<Who>('m-1', 'm-2', 'm-3')];
  const shift = draw.one(0, 0, 1);
  const isMember = draw.one(true, false);
  const topics = draw.one(null, [{ name: draw.name('a'), partitionIndexes: [0, 1, 2] }]);
  return {
    apiKey: 9,
    versions: [8, 9],
    body: (given) => ({
      groups: [
        {
          groupId,
          topics,
          memberId: isMember ? who : null,
          memberEpoch: isMember ? epochOf(given, groupId, who) + shift : -1,
        },
      ],
      requireStable: true,
    }),
  };
}

function listGroups(draw: Draw): Step {
  const body = {
    statesFilter: draw.one<string[]>([], ['Stable'], ['empty', 'STABLE'], ['Odd'], ['Assigning']),
    typesFilter: draw.one<string[]>([], [], ['classic'], ['CONSUMER'], ['odd']),
  };
  type Listed = { readonly groupId: string };
  return {
    apiKey: 16,
    body: () => body,
    view: (answer) => ({
      ...answer,
      groups: draw.mine(answer['groups'] as Listed[], ({ groupId }) => groupId),
    }),
  };
}

/** Those drawn more often stand more often. */
export const consumerGroupSteps = [
  heartbeat,
  heartbeat,
  heartbeat,
  heartbeat,
  heartbeat,
  heartbeat,
  staticHeartbeat,
  staticHeartbeat,
  refusedHeartbeat,
  describe,
  describe,
  commit,
  commit,
  fetchOffsets,
  listGroups,
];
