// From a key to the task that keeps it. Protects: the key is written as the store writes it and placed as Kafka's clients place it, so
// every instance comes to the same task. Leaves out: stores filled under another key or by another partitioner; those must be asked
// everywhere.

import { partitionForKey } from '@drave/protocol';
import { TopologyError } from '../errors.js';
import { changelogTopic, taskIdOf } from '../subtopology.js';
import type { Topology } from '../topology.js';

/** `counts`: partitions of the internal topics. Throws TopologyError, or what the store's serde throws for a foreign key. */
export function ownerTask(
  topology: Topology,
  asked: {
    readonly storeName: string;
    readonly key: unknown;
    readonly applicationId: string;
    readonly counts: ReadonlyMap<string, number>;
  },
): string {
  const { storeName, key, applicationId, counts } = asked;
  for (const { id, stores } of topology.subtopologies) {
    const spec = stores.find(({ name }) => name === storeName);
    if (!spec) continue;
    const count = counts.get(changelogTopic(storeName, applicationId));
    if (count === undefined) throw new TopologyError('the application has not started yet');
    return taskIdOf(id, partitionForKey(spec.key.serialize(key), count));
  }
  throw new TopologyError(`the topology has no store '${storeName}'`);
}
