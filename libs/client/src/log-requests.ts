// What partitions hold on disk: their sizes, and deleting their oldest records. Protects: each leader is asked for its own; the error of
// one partition names it. Leaves out: moving replicas between directories.

import { ErrorCode, KafkaError, topicPartitionKey, type TopicPartition } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';

import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';
import { byTopic } from './offset-requests.js';

/** Records below `offset` are to go; −1: all there are. */
export interface TrimTarget extends TopicPartition {
  readonly offset: number;
}

/** Where partitions begin now, in the order of the targets. Partitions done before one fails stay done. */
export async function deleteRecords(
  cluster: Cluster,
  lane: Lane,
  targets: readonly TrimTarget[],
): Promise<TrimTarget[]> {
  const topics = [...new Set(targets.map(({ topic }) => topic))];
  const begins = new Map<string, number>();
  await cluster.retry(async (attempt) => {
    const open = targets.filter((target) => !begins.has(topicPartitionKey(target)));
    if (attempt > 1) await cluster.metadata.refresh(topics);
    await cluster.metadata.require(topics);
    const byLeader = new Map<number, TrimTarget[]>();
    for (const target of open) {
      const leader = cluster.metadata.leader(target);
      if (!leader) {
        throw new KafkaError('LEADER_NOT_AVAILABLE', `${target.topic}-${target.partition}`);
      }
      byLeader.set(leader.nodeId, [...(byLeader.get(leader.nodeId) ?? []), target]);
    }
    for (const [nodeId, list] of byLeader) {
      const response = await cluster.request({ nodeId, lane }, ApiKey.deleteRecords, {
        topics: [...byTopic(list)].map(([name, some]) => ({
          name,
          partitions: some.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
        })),
        timeoutMs: cluster.requestTimeoutMs,
      });
      for (const { name: topic, partitions } of response.topics) {
        for (const { partitionIndex: partition, lowWatermark, errorCode } of partitions) {
          if (errorCode !== ErrorCode.NONE) {
            throw new KafkaError(errorCode, `cannot delete records of ${topic}-${partition}`);
          }
          begins.set(topicPartitionKey({ topic, partition }), lowWatermark);
        }
      }
    }
  });
  return targets.map((target) => ({
    ...target,
    offset: begins.get(topicPartitionKey(target)) ?? -1,
  }));
}

/** Bytes by topic of all replicas of all brokers, of every topic or of some. */
export async function logSizes(
  cluster: Cluster,
  lane: Lane,
  topics?: readonly { readonly name: string; readonly partitions: readonly number[] }[],
): Promise<Map<string, number>> {
  const { metadata } = cluster;
  if (metadata.brokers().length === 0) await cluster.retry(() => metadata.refresh([]));
  const sizes = new Map<string, number>();
  await Promise.all(
    metadata.brokers().map(async ({ nodeId }) => {
      const { results } = await cluster.retry(() =>
        cluster.request({ nodeId, lane }, ApiKey.describeLogDirs, {
          topics: topics?.map(({ name, partitions }) => ({ topic: name, partitions })) ?? null,
        }),
      );
      for (const { topics: found, errorCode } of results) {
        if (errorCode !== ErrorCode.NONE) {
          throw new KafkaError(errorCode, `log directories of broker ${nodeId}`);
        }
        for (const { name, partitions } of found) {
          const bytes = partitions.reduce((sum, one) => sum + one.partitionSize, 0);
          sizes.set(name, (sizes.get(name) ?? 0) + bytes);
        }
      }
    }),
  );
  return sizes;
}
