// `range`: each topic's partitions in equal runs, the first members get one more. Protects: equal partition numbers of
// topics with equal counts land on one member (co-partitioning); the same result as Kafka's RangeAssignor without racks.

import type { TopicPartition } from '@drave/contracts';

import { compareMembers, compareText, type Assignor, type MemberAssignment } from './assignor.js';

export const rangeAssignor: Assignor = Object.freeze({
  name: 'range',
  mode: 'eager' as const,
  assign({ members, partitionCounts }: Parameters<Assignor['assign']>[0]) {
    const assigned = new Map<string, TopicPartition[]>(
      members.map(({ memberId }) => [memberId, []]),
    );
    const sorted = [...members].sort(compareMembers);
    for (const topic of [...partitionCounts.keys()].sort(compareText)) {
      const count = partitionCounts.get(topic) ?? 0;
      const subscribed = sorted.filter(({ topics }) => topics.includes(topic));
      if (subscribed.length === 0) continue;
      const each = Math.floor(count / subscribed.length);
      const extra = count % subscribed.length;
      let partition = 0;
      subscribed.forEach(({ memberId }, i) => {
        const end = partition + each + (i < extra ? 1 : 0);
        for (; partition < end; partition++) assigned.get(memberId)?.push({ topic, partition });
      });
    }
    return new Map<string, MemberAssignment>(
      [...assigned].map(([memberId, partitions]) => [memberId, { partitions }]),
    );
  },
});
