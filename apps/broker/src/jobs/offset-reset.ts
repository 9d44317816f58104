// Committed offsets of a group moved to another place. Protects: the group must be without members, or the commit is refused by the
// coordinator; the answer says from where to where. Leaves out: groups whose members run (stop them first).

import type { Consumer, KafkaClient } from '@drave/client';

/** As the client takes it: earliest, latest or a timestamp. */
type OffsetSpec = Parameters<Consumer['offsetsForTimes']>[0][number]['at'];

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
  client: KafkaClient,
  data: OffsetResetData,
): Promise<OffsetResetResult> {
  const [described] = await client.admin().describeTopics([data.topic]);
  const partitions = (described?.partitions ?? []).map(({ partition }) => ({
    topic: data.topic,
    partition,
  }));
  const consumer = client.consumer({ groupId: data.group });
  try {
    const find = (at: OffsetSpec) =>
      consumer.offsetsForTimes(partitions.map((partition) => ({ ...partition, at })));
    const [before, starts, ends] = [
      await consumer.committed(partitions),
      await find('earliest'),
      await find('latest'),
    ];
    const { to } = data;
    const isTime = typeof to === 'object' && 'timestampMs' in to;
    const times = isTime ? await find(to.timestampMs) : [];
    const plan = partitions.map((partition, index) => {
      const start = starts[index]?.offset ?? 0;
      const end = ends[index]?.offset ?? 0;
      const found = times[index]?.offset ?? -1;
      let target = to === 'earliest' ? start : end;
      if (isTime && found >= 0) target = found;
      if (typeof to === 'object' && 'offset' in to) target = to.offset;
      return { ...partition, offset: Math.min(Math.max(target, start), end) };
    });
    if (!data.dryRun) await consumer.commit(plan);
    return {
      partitions: plan.map(({ partition, offset }, index) => ({
        partition,
        from: before[index]?.offset ?? null,
        to: offset,
      })),
    };
  } finally {
    await consumer.close();
  }
}
