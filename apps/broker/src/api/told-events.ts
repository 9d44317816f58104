// Events that only those who act can tell: what moved offsets or dead letters. REST and jobs share it. Leaves out: what the broker sees
// itself (topics, groups, deleted records).

import type { ResetPlan } from '@drave/client';
import { limits, type ClusterEventBody } from '@drave/contracts';

export function offsetsReset(group: string, rows: ResetPlan['rows']): ClusterEventBody {
  const partitions = rows
    .slice(0, limits.eventListMax)
    .map(({ topic, partition, before, after }) => ({ topic, partition, before, after }));
  return { type: 'offsets.reset.v1', data: { group, count: rows.length, partitions } };
}
