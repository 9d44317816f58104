// One part of a topology, and what things that belong to it are called. Protects: one rule for the names of internal topics and
// tasks: `<application>-<name>-repartition`, `<application>-<store>-changelog`, `<sub-topology>_<partition>` as in Kafka Streams.
// Leaves out: how a plan is cut into parts (topology.ts).

import type { OperatorNode, PlanEdge, SinkNode, SourceNode, TopicReference } from './plan.js';
import type { StoreSpec } from './state/store-spec.js';

/** What is joined by edges and stores; parts meet only through topics. */
export interface Subtopology {
  readonly id: number;
  readonly sources: readonly SourceNode[];
  readonly operators: readonly OperatorNode[];
  readonly sinks: readonly SinkNode[];
  readonly edges: readonly PlanEdge[];
  readonly stores: readonly StoreSpec[];
}

export function resolveTopic(topic: TopicReference, applicationId: string): string {
  return topic.kind === 'external' ? topic.name : `${applicationId}-${topic.name}-repartition`;
}

export function changelogTopic(storeName: string, applicationId: string): string {
  return `${applicationId}-${storeName}-changelog`;
}

/** `<sub-topology>_<partition>`, as in Kafka Streams. */
export function taskIdOf(subtopology: number, partition: number): string {
  return `${subtopology}_${partition}`;
}
