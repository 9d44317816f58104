// The server-side assignors against what they promise, on random groups: complete, by subscription, level, sticky.

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { type AssignedMember, type AssignedTopic, assignors } from '../src/consumer-assignors.js';
import { type TopicPartitions, noPartitions, toList } from '../src/topic-partitions.js';

interface Case {
  readonly topics: readonly AssignedTopic[];
  readonly members: readonly AssignedMember[];
}

const topicIds = ['a', 'b', 'c'];

function groups(options: { readonly isHomogeneous: boolean }): fc.Arbitrary<Case> {
  const counts = fc.array(fc.nat(7), { minLength: 1, maxLength: 3 });
  const choices = fc.array(fc.subarray(topicIds, { minLength: 1 }), { minLength: 1, maxLength: 6 });
  return fc.tuple(counts, choices).map(([partitionCounts, chosen]) => {
    const topics = partitionCounts.map((partitionCount, i) => ({
      topicId: topicIds[i] ?? '',
      partitionCount,
    }));
    const members = chosen.map((own, i) => ({
      memberId: `m${i}`,
      instanceId: null,
      topicIds: new Set(options.isHomogeneous ? topicIds : own),
      target: noPartitions,
    }));
    return { topics, members };
  });
}

function sizeOf(partitions: TopicPartitions | undefined): number {
  let size = 0;
  for (const { size: count } of partitions?.values() ?? []) size += count;
  return size;
}

function ownersOf(plan: ReadonlyMap<string, TopicPartitions>): Map<string, string> {
  const owners = new Map<string, string>();
  for (const [memberId, partitions] of plan) {
    for (const [topicId, set] of partitions) {
      for (const partition of set) {
        expect(owners.has(`${topicId}/${partition}`)).toBe(false);
        owners.set(`${topicId}/${partition}`, memberId);
      }
    }
  }
  return owners;
}

function expectComplete({ topics, members }: Case, plan: ReadonlyMap<string, TopicPartitions>) {
  const owners = ownersOf(plan);
  const wanted = topics.filter(({ topicId }) => members.some((m) => m.topicIds.has(topicId)));
  expect(owners.size).toBe(wanted.reduce((sum, topic) => sum + topic.partitionCount, 0));
  for (const { memberId, topicIds: subscribed } of members) {
    for (const topicId of plan.get(memberId)?.keys() ?? []) {
      expect(subscribed.has(topicId)).toBe(true);
    }
  }
  return owners;
}

const withTargets = (members: readonly AssignedMember[], plan: Map<string, TopicPartitions>) =>
  members.map((member) => ({ ...member, target: plan.get(member.memberId) ?? noPartitions }));

const numRuns = 300;

test('uniform: members with one choice differ by at most one partition and keep what they have', () => {
  fc.assert(
    fc.property(groups({ isHomogeneous: true }), fc.nat(5), ({ topics, members }, who) => {
      const first = assignors.uniform(members, topics);
      const before = expectComplete({ topics, members }, first);
      const sizes = [...first.values()].map(sizeOf);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);

      // The same again: nothing moves, in whatever order the members come.
      const settled = withTargets(members, first);
      expect(ownersOf(assignors.uniform([...settled].reverse(), topics))).toEqual(before);

      // A new member takes from the others and nothing moves between them.
      const newcomer = { ...settled[0], memberId: 'new', target: noPartitions } as AssignedMember;
      const grown = ownersOf(assignors.uniform([...settled, newcomer], topics));
      for (const [partition, owner] of grown) {
        if (owner !== 'new') expect(owner).toBe(before.get(partition));
      }

      // One that leaves has its partitions handed on, and no other moves.
      const left = settled.filter((_, i) => i !== who % settled.length);
      if (left.length === 0) return;
      const shrunk = ownersOf(assignors.uniform(left, topics));
      const stays = new Set(left.map(({ memberId }) => memberId));
      for (const [partition, owner] of before) {
        if (stays.has(owner)) expect(shrunk.get(partition)).toBe(owner);
      }
    }),
    { numRuns },
  );
});

test('uniform: with different choices no exchange could level the loads further', () => {
  fc.assert(
    fc.property(groups({ isHomogeneous: false }), (group) => {
      const plan = assignors.uniform(group.members, group.topics);
      expectComplete(group, plan);
      expect(squares([...plan.values()].map(sizeOf))).toBe(leastSquares(group));
    }),
    { numRuns: 100 },
  );
});

test('uniform: a target with a partition twice, or of topics that are gone, is mended', () => {
  const target = new Map([
    ['a', new Set([0, 1, 9])],
    ['gone', new Set([0])],
  ]);
  const member = { instanceId: null, topicIds: new Set(['a']), target };
  const members = [
    { ...member, memberId: 'm1' },
    { ...member, memberId: 'm2' },
  ];
  const plan = assignors.uniform(members, [{ topicId: 'a', partitionCount: 2 }]);
  expect([...plan].map(([id, partitions]) => [id, toList(partitions)])).toEqual([
    ['m1', [{ topicId: 'a', partitions: [0] }]],
    ['m2', [{ topicId: 'a', partitions: [1] }]],
  ]);
});

test('range: adjacent runs that differ by at most one per topic, static members in the order of their instances', () => {
  fc.assert(
    fc.property(groups({ isHomogeneous: false }), (group) => {
      const plan = assignors.range(group.members, group.topics);
      expectComplete(group, plan);
      for (const { topicId, partitionCount } of group.topics) {
        const subscribers = group.members.filter((member) => member.topicIds.has(topicId));
        for (const { memberId } of subscribers) {
          const run = [...(plan.get(memberId)?.get(topicId) ?? [])];
          expect(run.every((partition, i) => partition === (run[0] ?? 0) + i)).toBe(true);
          const share = partitionCount / subscribers.length;
          expect([Math.floor(share), Math.ceil(share)]).toContain(run.length);
        }
      }
    }),
    { numRuns },
  );
});

function squares(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + load * load, 0);
}

/** By trying: how many of each topic's partitions every subscriber may get, topic after topic, keeping each reachable load once. */
function leastSquares({ topics, members }: Case): number {
  let reachable = new Map<string, number[]>([['', members.map(() => 0)]]);
  for (const { topicId, partitionCount } of topics) {
    const subscribers = members.flatMap((m, i) => (m.topicIds.has(topicId) ? [i] : []));
    if (subscribers.length === 0) continue;
    for (let left = partitionCount; left > 0; left -= 1) {
      const next = new Map<string, number[]>();
      for (const loads of reachable.values()) {
        for (const i of subscribers) {
          const more = loads.map((load, j) => (j === i ? load + 1 : load));
          next.set(more.join(), more);
        }
      }
      reachable = next;
    }
  }
  return Math.min(...[...reachable.values()].map(squares));
}
