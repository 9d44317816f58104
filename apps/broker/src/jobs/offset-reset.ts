// Committed offsets of a group moved to another place, as a job. Protects: the group must be without members; the answer says from
// where to where. Leaves out: what a reset is (planOffsetReset of the client, which REST and the command line use too).

import type { Broker } from '@drave/broker';
import {
  applyOffsetReset,
  planOffsetReset,
  type KafkaClient,
  type ResetTarget,
} from '@drave/client';
import { offsetsReset } from '../api/told-events.js';

export interface OffsetResetData {
  readonly group: string;
  readonly topic: string;
  readonly to:
    'earliest' | 'latest' | { readonly timestampMs: number } | { readonly offset: number };
  readonly dryRun: boolean;
}

export interface OffsetResetResult {
  readonly partitions: readonly {
    readonly partition: number;
    readonly from: number | null;
    readonly to: number;
  }[];
}

export async function resetOffsets(
  { client, events }: { readonly client: KafkaClient; readonly events: Broker['events'] },
  { group: groupId, topic, to, dryRun }: OffsetResetData,
): Promise<OffsetResetResult> {
  const admin = client.admin();
  try {
    const plan = await planOffsetReset(admin, {
      groupId,
      scope: [{ topic }],
      to: targetOf(to),
      nowMs: 0,
    });
    if (!dryRun) {
      await applyOffsetReset(admin, plan);
      events.publish(offsetsReset(groupId, plan.rows));
    }
    return {
      partitions: plan.rows.map(({ partition, before, after }) => ({
        partition,
        from: before,
        to: after,
      })),
    };
  } finally {
    admin.close();
  }
}

function targetOf(to: OffsetResetData['to']): ResetTarget {
  if (typeof to === 'string') return { kind: to };
  if ('offset' in to) return { kind: 'offset', offset: to.offset };
  return { kind: 'time', timestampMs: to.timestampMs };
}
