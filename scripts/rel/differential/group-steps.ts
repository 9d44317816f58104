// Requests about groups: members that join, sync, beat, leave and come back, offsets committed and read, in and out of turn.

import type { Draw, Given, Step } from './step.ts';
import type { Answer, Body } from './side.ts';

const metadata = Buffer.from('000000000000ffffffff', 'hex');

function member(given: Given, { who }: { readonly who: string }): string {
  const id = given.get('member');
  if (who === 'stranger') return who;
  return typeof id === 'string' ? id : '';
}

function generation(given: Given, shift: number): number {
  return Number(given.get('generation') ?? 0) + shift;
}

function joinGroup(draw: Draw): Step {
  const groupId = draw.one(draw.name('g'), draw.name('g'), draw.name('g'), draw.name('h'), '');
  const who = draw.one('me', 'me', 'me', 'nobody', 'stranger');
  const fixed = {
    groupId,
    sessionTimeoutMs: draw.one(30_000, 30_000, 30_000, 1, 100_000_000),
    rebalanceTimeoutMs: 2_000,
    groupInstanceId: null,
    protocolType: draw.one('consumer', 'consumer', 'consumer', 'other', ''),
    protocols: draw.one(
      [{ name: 'range', metadata }],
      [{ name: 'range', metadata }],
      [{ name: 'odd', metadata }],
      [],
    ),
  };
  return {
    apiKey: 11,
    body: (given) => ({ ...fixed, memberId: who === 'nobody' ? '' : member(given, { who }) }),
    keep: (answer: Answer, given) => {
      if (typeof answer === 'string' || answer['memberId'] === '') return;
      if (answer['errorCode'] === 79 || answer['errorCode'] === 0)
        given.set('member', answer['memberId']);
      if (answer['errorCode'] === 0) given.set('generation', answer['generationId']);
    },
  };
}

function staticId(given: Given): string {
  const id = given.get('static member');
  return typeof id === 'string' ? id : '';
}

/** One static member that comes, comes back under another id, goes on, and is removed by instance. */
function staticMember(draw: Draw): Step {
  const groupId = draw.name('t');
  const isFirst = draw.one(true, true, false);
  const joining = {
    groupId,
    sessionTimeoutMs: 30_000,
    rebalanceTimeoutMs: 2_000,
    groupInstanceId: 'i-1',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata }],
    reason: null,
  };
  const at = (given: Given): Body => ({
    groupId,
    generationId: Number(given.get('static generation') ?? 0),
    memberId: isFirst ? staticId(given) : 'stranger',
    groupInstanceId: 'i-1',
  });
  return draw.one<Step>(
    {
      apiKey: 11,
      versions: [5, 9],
      body: (given) => ({
        ...joining,
        memberId: isFirst ? '' : staticId(given),
      }),
      keep: (answer, given) => {
        if (typeof answer === 'string' || answer['errorCode'] !== 0) return;
        given.set('static member', answer['memberId']);
        given.set('static generation', answer['generationId']);
      },
    },
    {
      apiKey: 14,
      versions: [3, 5],
      body: (given) => ({
        ...at(given),
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [{ memberId: at(given)['memberId'], assignment: Buffer.from('mine') }],
      }),
    },
    { apiKey: 12, versions: [3, 4], body: at },
    {
      apiKey: 13,
      versions: [3, 5],
      body: () => ({
        groupId,
        members: [
          { memberId: isFirst ? '' : 'stranger', groupInstanceId: 'i-1', reason: 'tidy' },
          { memberId: '', groupInstanceId: 'i-unknown', reason: null },
        ],
      }),
    },
    { apiKey: 15, body: () => ({ groups: [groupId], includeAuthorizedOperations: false }) },
  );
}

interface Identity {
  readonly groupId: string;
  readonly shift: number;
  readonly who: string;
}

function identity(draw: Draw): Identity {
  return {
    groupId: draw.one(draw.name('g'), draw.name('g'), draw.name('g'), draw.name('unknown'), ''),
    shift: draw.one(0, 0, 0, 1, -1),
    who: draw.one('me', 'me', 'me', 'stranger'),
  };
}

function syncGroup(draw: Draw): Step {
  const me = identity(draw);
  const [type, name] = [
    draw.one('consumer', 'consumer', 'other'),
    draw.one('range', 'range', 'odd'),
  ];
  return {
    apiKey: 14,
    body: (given) => ({
      groupId: me.groupId,
      generationId: generation(given, me.shift),
      memberId: member(given, me),
      groupInstanceId: null,
      protocolType: type,
      protocolName: name,
      assignments: [{ memberId: member(given, me), assignment: Buffer.from('mine') }],
    }),
  };
}

function heartbeat(draw: Draw): Step {
  const me = identity(draw);
  return {
    apiKey: 12,
    body: (given) => ({
      groupId: me.groupId,
      generationId: generation(given, me.shift),
      memberId: member(given, me),
      groupInstanceId: null,
    }),
  };
}

function leaveGroup(draw: Draw): Step {
  const me = identity(draw);
  return {
    apiKey: 13,
    body: (given) => ({
      groupId: me.groupId,
      memberId: member(given, me),
      members: [{ memberId: member(given, me), groupInstanceId: null, reason: null }],
    }),
  };
}

function offsetCommit(draw: Draw): Step {
  const me = identity(draw);
  const isSimple = draw.one(true, false);
  const topics = [
    {
      name: draw.topic(),
      partitions: [
        {
          partitionIndex: draw.partition(),
          committedOffset: draw.one(0, 5, 7, -1),
          committedLeaderEpoch: draw.one(-1, 0),
          committedMetadata: draw.one('', 'note', null, 'x'.repeat(5_000)),
        },
      ],
    },
  ];
  return {
    apiKey: 8,
    body: (given) => ({
      // Not to the group without a name, which all sequences share.
      groupId: me.groupId || draw.name('g'),
      generationIdOrMemberEpoch: isSimple ? -1 : generation(given, me.shift),
      memberId: isSimple ? '' : member(given, me),
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics,
    }),
  };
}

function offsetFetch(draw: Draw): Step {
  const groupId = draw.one(draw.name('g'), draw.name('g'), draw.name('unknown'), '');
  const topics = draw.one(null, [{ name: draw.topic(), partitionIndexes: [draw.partition(), 1] }]);
  const groups = [{ groupId, topics, memberId: null, memberEpoch: -1 }];
  const body = { groupId, topics, groups, requireStable: draw.one(true, false) };
  return { apiKey: 9, body: () => body, ...(topics === null ? { versions: [2, 9] as const } : {}) };
}

function describeGroups(draw: Draw): Step {
  const body = {
    groups: [draw.one(draw.name('g'), draw.name('h'), draw.name('unknown'), '')],
    includeAuthorizedOperations: draw.one(true, false),
  };
  return { apiKey: 15, body: () => body };
}

function findCoordinator(draw: Draw): Step {
  const key = draw.one(draw.name('g'), '', 'x');
  const body = {
    key,
    keyType: draw.one(0, 0, 0, 5),
    coordinatorKeys: draw.one([key], [key, draw.name('h')], []),
  };
  return { apiKey: 10, body: () => body };
}

function deleteGroups(draw: Draw): Step {
  const groupsNames = [draw.one(draw.name('g'), draw.name('h'), draw.name('unknown'), '')];
  return { apiKey: 42, body: () => ({ groupsNames }) };
}

function offsetDelete(draw: Draw): Step {
  const body = {
    groupId: draw.one(draw.name('g'), draw.name('g'), draw.name('unknown'), ''),
    topics: [{ name: draw.topic(), partitions: [{ partitionIndex: draw.partition() }] }],
  };
  return { apiKey: 47, body: () => body };
}

/** Those drawn more often stand more often. */
export const groupSteps = [
  joinGroup,
  joinGroup,
  joinGroup,
  staticMember,
  staticMember,
  staticMember,
  syncGroup,
  syncGroup,
  heartbeat,
  leaveGroup,
  offsetCommit,
  offsetCommit,
  offsetFetch,
  offsetFetch,
  describeGroups,
  findCoordinator,
  deleteGroups,
  offsetDelete,
];
