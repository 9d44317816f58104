// Upkeep on request, besides the timers that do it anyway: for jobs and operators. Protects: only what the logs allow; purging
// stops at the high watermark and never touches Drave's own topics.

import { isInternalTopic, KafkaError, limits } from '@drave/contracts';
import type { ScrubOptions, ScrubTotals, SnapshotPartition, Sweep } from '@drave/log';
import type { BrokerContext } from './broker-context.js';

export interface BrokerMaintenance {
  /** Deletes what retention says, in all logs; the number of segments. */
  applyRetention(): Promise<number>;
  /** Compacts logs that are due, or with `isForced` all that can be; their number. */
  compact(options?: { readonly isForced?: boolean }): Promise<number>;
  /** Verifies the sealed segments of all logs, `bytesPerSecond` at most. */
  scrub(options?: ScrubOptions): Promise<ScrubTotals>;
  /** The caller runs this sweep now and again within `withinMs`: the broker's own timer stays away as long as that is true. */
  expectSweep(sweep: Sweep, withinMs: number): void;
  /** Copies all logs as they are at one moment into `target`, which must not exist; `drave log verify` reads it, a broker starts on it. */
  snapshot(
    target: string,
    onProgress?: (done: number, of: number) => void | Promise<void>,
  ): Promise<readonly SnapshotPartition[]>;
  /** Deletes all committed records of a topic; their number. Rejects with KafkaError. */
  purge(topic: string): Promise<number>;
}

export function brokerMaintenance({ logs, replicas, events }: BrokerContext): BrokerMaintenance {
  return {
    applyRetention: () => logs.applyRetention(),
    compact: (options) => logs.compact(options),
    scrub: (options) => logs.scrub(options),
    expectSweep: (sweep, withinMs) => logs.expectSweep(sweep, withinMs),
    snapshot: (target, onProgress) => logs.snapshot(target, onProgress),
    async purge(name) {
      const topic = replicas.topic(name);
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic '${name}'`);
      if (isInternalTopic(name)) {
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `'${name}' is the cluster's own`);
      }
      if (!topic.settings.cleanupPolicy.includes('delete')) {
        throw new KafkaError('POLICY_VIOLATION', `'${name}' is compacted: delete it instead`);
      }
      let deleted = 0;
      const partitions = [];
      for (const partition of topic.partitions) {
        const before = partition.logStartOffset;
        const beforeOffset = await partition.deleteRecordsBefore(-1);
        deleted += beforeOffset - before;
        if (partitions.length < limits.eventListMax) {
          partitions.push({ partition: partition.log.topicPartition.partition, beforeOffset });
        }
      }
      const { length: count } = topic.partitions;
      events.publish({ type: 'records.deleted.v1', data: { topic: name, count, partitions } });
      return deleted;
    },
  };
}
