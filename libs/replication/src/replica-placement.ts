// Which brokers keep a partition, its preferred leader first. Protects: the same answer in every process and after every restart,
// because it follows from the topic alone; leaders of one topic are spread evenly, those of many topics too.
// Leaves out: racks, load, moves. Source: Kafka's StripedReplicaPlacer (the idea of a start that differs per topic).

import type { BrokerId } from '@drave/contracts';
import { assert } from '@drave/platform';
import type { TopicImage } from './controller-shard.js';

/**
 * The replicas of one partition among `nodes` (not empty). A stored assignment counts as far as its brokers are there; a topic made
 * when there were more brokers has as many replicas as there are now.
 */
export function placeReplicas(
  topic: Pick<TopicImage, 'topicId' | 'replicationFactor' | 'assignments'>,
  partition: number,
  nodes: readonly BrokerId[],
): readonly BrokerId[] {
  assert(nodes.length > 0, 'placement-has-nodes');
  if (nodes.length === 1) return nodes;
  const assigned = (topic.assignments?.[partition] ?? []).filter((node) => nodes.includes(node));
  if (assigned.length > 0) return assigned;
  const count = Math.min(topic.replicationFactor, nodes.length);
  const start = Number.parseInt(topic.topicId.slice(0, 8), 16) + partition;
  return Array.from({ length: count }, (_, index) => nodes[(start + index) % nodes.length] ?? 0);
}
