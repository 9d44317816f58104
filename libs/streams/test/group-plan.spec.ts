// Who runs which task, and which internal topics an application needs: pure functions of topology and group.

import type { AssignorMember } from '@drave/client';
import { topicPartitionKey, type TopicPartition } from '@drave/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamBuilder, taskAssignor, type Topology } from '../src/index.js';
import { internalTopics } from '../src/internal-topics.js';

/** Sub-topology 0 reads two topics together, 1 a repartition topic. */
function joined(): Topology {
  const builder = new StreamBuilder();
  const table = builder.table<string, number>('table', { store: 'table' });
  builder
    .from<string, number>('stream')
    .join(table, (a, b) => a + b)
    .groupBy((sum) => String(sum % 10), { name: 'digit' })
    .count({ store: 'digits' })
    .to('out');
  return builder.build();
}

const counts = (partitions: number): Map<string, number> =>
  new Map([
    ['table', partitions],
    ['stream', partitions],
    ['app-digit-repartition', partitions],
  ]);

function member(
  memberId: string,
  owned: readonly TopicPartition[],
  generation = 1,
): AssignorMember {
  const base = { memberId, instanceId: null, topics: [], userData: null };
  return { ...base, ownedPartitions: owned, generation };
}

async function assign(
  members: readonly AssignorMember[],
  partitions: number,
): Promise<Map<string, TopicPartition[]>> {
  const assignor = taskAssignor(joined(), 'app');
  const input = { members, partitionCounts: counts(partitions), generation: 1 };
  const result = await assignor.assign(input);
  return new Map([...result].map(([id, own]) => [id, [...own.partitions]]));
}

describe('the task assignor', () => {
  it('keeps co-read partitions together, spreads tasks evenly and moves as few as it must', async () => {
    const shape = fc.record({
      partitions: fc.integer({ min: 1, max: 12 }),
      before: fc.integer({ min: 1, max: 6 }),
      gone: fc.nat(5),
      joining: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ partitions, before, gone, joining }) => {
        const names = Array.from({ length: before }, (_, i) => `m${i}`);
        const first = await assign(
          names.map((name) => member(name, [])),
          partitions,
        );
        const staying = names.slice(Math.min(gone, before - 1));
        const members = [
          ...staying.map((name) => member(name, first.get(name) ?? [])),
          ...Array.from({ length: joining }, (_, i) => member(`n${i}`, [], -1)),
        ];
        const second = await assign(members, partitions);
        const all = [...second.values()].flat().map(topicPartitionKey);
        expect(new Set(all).size).toBe(3 * partitions);
        expect(all.length).toBe(3 * partitions);
        const loads = [...second.values()].map(taskCountOf);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        for (const own of second.values()) {
          const keys = new Set(own.map(topicPartitionKey));
          for (let p = 0; p < partitions; p += 1) {
            expect(keys.has(`table-${p}`)).toBe(keys.has(`stream-${p}`));
          }
        }
        const most = Math.ceil((2 * partitions) / members.length);
        for (const name of staying) {
          const kept = keptTasks(first.get(name) ?? [], second.get(name) ?? []);
          const floor = Math.floor((2 * partitions) / members.length);
          expect(kept).toBeGreaterThanOrEqual(Math.min(taskCountOf(first.get(name) ?? []), floor));
          expect(kept).toBeLessThanOrEqual(most);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same answer on every leader', async () => {
    const members = ['b', 'a', 'c'].map((name) => member(name, []));
    const one = await assign(members, 5);
    const other = await assign([...members].reverse(), 5);
    expect(Object.fromEntries(other)).toEqual(Object.fromEntries(one));
  });
});

/** The table partition of a pair is not counted, so each task counts once. */
function taskCountOf(own: readonly TopicPartition[]): number {
  return own.filter(({ topic }) => topic !== 'table').length;
}

function keptTasks(before: readonly TopicPartition[], after: readonly TopicPartition[]): number {
  const keys = new Set(after.map(topicPartitionKey));
  return taskCountOf(before.filter((partition) => keys.has(topicPartitionKey(partition))));
}

describe('internal topics', () => {
  it('have a partition per task; changelogs are compacted and outlive old timestamps', () => {
    const sources = new Map([
      ['table', 4],
      ['stream', 4],
    ]);
    const topics = internalTopics(joined(), 'app', sources);
    expect(topics.map(({ topic, partitions }) => `${topic} ${partitions}`).sort()).toEqual([
      'app-digit-repartition 4',
      'app-digits-changelog 4',
      'app-table-changelog 4',
    ]);
    const changelog = topics.find(({ topic }) => topic === 'app-digits-changelog');
    expect(changelog?.configs).toMatchObject({ 'cleanup.policy': 'compact', 'retention.ms': '-1' });
  });

  it('are refused when topics read together differ in partitions', () => {
    const sources = new Map([
      ['table', 4],
      ['stream', 3],
    ]);
    expect(() => internalTopics(joined(), 'app', sources)).toThrow(/give them the same number/);
  });
});
