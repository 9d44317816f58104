// The assignors and the cooperative rule, as examples and as properties of random groups.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { topicPartitionKey, type TopicPartition } from '@drave/contracts';

import {
  validOwners,
  withholdOwned,
  type AssignorMember,
  type MemberAssignment,
} from '../src/assignor.js';
import { cooperativeStickyAssignor } from '../src/cooperative-sticky-assignor.js';
import { rangeAssignor } from '../src/range-assignor.js';

function member(
  memberId: string,
  topics: string[],
  owned: TopicPartition[] = [],
  generation = 1,
): AssignorMember {
  return { memberId, instanceId: null, topics, userData: null, ownedPartitions: owned, generation };
}

function partitions(topic: string, ...numbers: number[]): TopicPartition[] {
  return numbers.map((partition) => ({ topic, partition }));
}

type Assigned = ReadonlyMap<string, MemberAssignment>;

function sticky(members: AssignorMember[], counts: Record<string, number>): Assigned {
  return cooperativeStickyAssignor.assign({
    members,
    partitionCounts: new Map(Object.entries(counts)),
    generation: 2,
  }) as Assigned;
}

function plain(assigned: Assigned): Record<string, string[]> {
  return Object.fromEntries(
    [...assigned].map(([id, { partitions: list }]) => [id, list.map(topicPartitionKey)]),
  );
}

describe('range', () => {
  it('gives each topic in equal runs and the first members one more', () => {
    const assigned = rangeAssignor.assign({
      members: [member('b', ['x', 'y']), member('a', ['x', 'y'])],
      partitionCounts: new Map([
        ['x', 3],
        ['y', 2],
      ]),
      generation: 1,
    }) as Assigned;
    expect(plain(assigned)).toEqual({ b: ['x-2', 'y-1'], a: ['x-0', 'x-1', 'y-0'] });
  });

  it('puts static members first, by instance id', () => {
    const statics = [
      { ...member('z', ['x']), instanceId: 'one' },
      { ...member('a', ['x']), instanceId: 'two' },
      member('0', ['x']),
    ];
    const assigned = rangeAssignor.assign({
      members: statics,
      partitionCounts: new Map([['x', 3]]),
      generation: 1,
    }) as Assigned;
    expect(plain(assigned)).toEqual({ z: ['x-0'], a: ['x-1'], '0': ['x-2'] });
  });
});

describe('cooperative-sticky', () => {
  it('moves only what a new member needs', () => {
    const assigned = sticky([member('a', ['x'], partitions('x', 0, 1, 2, 3)), member('b', ['x'])], {
      x: 4,
    });
    expect(plain(assigned)).toEqual({ a: ['x-0', 'x-1'], b: ['x-2', 'x-3'] });
  });

  it('believes the claim of the higher generation', () => {
    const members = [
      member('a', ['x'], partitions('x', 0, 1), 3),
      member('b', ['x'], partitions('x', 0, 1), 5),
    ];
    expect(validOwners(members).get('x-0')).toBe('b');
  });

  it('reads the generation of older subscriptions from the user data', () => {
    const userData = Buffer.alloc(4);
    userData.writeInt32BE(7);
    const old = { ...member('a', ['x'], partitions('x', 0), -1), userData };
    const zombie = member('b', ['x'], partitions('x', 0), 6);
    const assigned = sticky([old, zombie], { x: 2 });
    expect(plain(assigned)['a']).toEqual(['x-0']);
  });

  it('gives a topic only to its subscribers and fills them first', () => {
    const assigned = sticky([member('a', ['x', 'y']), member('b', ['x'])], { x: 2, y: 2 });
    expect(plain(assigned)).toEqual({ a: ['y-0', 'y-1'], b: ['x-0', 'x-1'] });
  });

  it('is balanced, complete, sticky and deterministic for equal subscriptions', () => {
    const groups = fc.record({
      count: fc.integer({ min: 0, max: 40 }),
      members: fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 8 }),
      previous: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 40 }),
    });
    fc.assert(
      fc.property(groups, ({ count, members: ids, previous }) => {
        const owned = new Map<number, TopicPartition[]>();
        previous.slice(0, count).forEach((slot, partition) => {
          const id = ids[slot];
          if (id === undefined) return;
          owned.set(id, [...(owned.get(id) ?? []), { topic: 'x', partition }]);
        });
        const members = ids.map((id) => member(`m${id}`, ['x'], owned.get(id)));
        const assigned = sticky(members, { x: count });
        const sizes = [...assigned.values()].map((a) => a.partitions.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        const all = [...assigned.values()].flatMap((a) => a.partitions.map(topicPartitionKey));
        expect(new Set(all).size).toBe(count);
        expect(all.length).toBe(count);
        expect(plain(sticky([...members].reverse(), { x: count }))).toEqual(
          plain(sticky(members, { x: count })),
        );
        const floor = Math.floor(count / ids.length);
        for (const { memberId, ownedPartitions } of members) {
          const mine = new Set(assigned.get(memberId)?.partitions.map(topicPartitionKey));
          const kept = ownedPartitions.filter((p) => mine.has(topicPartitionKey(p))).length;
          expect(kept).toBeGreaterThanOrEqual(Math.min(ownedPartitions.length, floor));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the cooperative rule', () => {
  it('never gives a partition to a member while another one holds it, and settles in two rounds', () => {
    const arrivals = fc.array(fc.constantFrom('join', 'leave'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), arrivals, (count, story) => {
        let holding = new Map<string, TopicPartition[]>([['m0', []]]);
        let next = 1;
        let generation = 0;
        for (const event of story) {
          if (event === 'join') holding.set(`m${next++}`, []);
          else if (holding.size > 1) holding.delete([...holding.keys()][0] ?? '');
          for (let round = 0; ; round++) {
            const members = [...holding].map(([id, owned]) =>
              member(id, ['x'], owned, owned.length > 0 ? generation : -1),
            );
            generation++;
            const assigned = withholdOwned(members, sticky(members, { x: count }));
            let revoked = 0;
            const after = new Map<string, TopicPartition[]>();
            for (const { memberId, ownedPartitions } of members) {
              const target = assigned.get(memberId)?.partitions ?? [];
              const keys = new Set(target.map(topicPartitionKey));
              revoked += ownedPartitions.filter((p) => !keys.has(topicPartitionKey(p))).length;
              for (const partition of target) {
                const key = topicPartitionKey(partition);
                const others = members.filter((m) => m.memberId !== memberId);
                const holders = others.filter((m) =>
                  m.ownedPartitions.some((p) => topicPartitionKey(p) === key),
                );
                expect(holders).toEqual([]);
              }
              after.set(memberId, [...target]);
            }
            holding = after;
            if (revoked === 0) break;
            expect(round).toBeLessThan(2);
          }
          expect([...holding.values()].flat().length).toBe(count);
        }
      }),
      { numRuns: 300 },
    );
  });
});
