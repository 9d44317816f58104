// Topics, partitions and replicas as answers. Leaves out: configs (config-bodies.ts).

import type { PartitionMetadata, Reassignment, TopicMetadata } from '@drave/client';
import type * as rest from '@drave/contracts/rest';
import type { OpenCluster } from './cluster-access.js';

export interface TopicSummary {
  readonly name: string;
  readonly isInternal: boolean;
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

export function summaryOf({ name, isInternal, partitions }: TopicMetadata): TopicSummary {
  const replicationFactor = partitions[0]?.replicas.length ?? 0;
  return { name, isInternal, partitionCount: partitions.length, replicationFactor };
}

export function topicBody({ clusterId, links }: OpenCluster, topic: TopicSummary): rest.TopicBody {
  return {
    kind: 'KafkaTopic',
    metadata: links.metadata(['topics', topic.name], ['topic', topic.name]),
    cluster_id: clusterId,
    topic_name: topic.name,
    is_internal: topic.isInternal,
    replication_factor: topic.replicationFactor,
    partitions_count: topic.partitionCount,
    partitions: links.related('topics', topic.name, 'partitions'),
    configs: links.related('topics', topic.name, 'configs'),
    partition_reassignments: links.related('topics', topic.name, 'partitions', '-', 'reassignment'),
  };
}

/** Longer than a topic's name can be, so that it is nobody's. */
const nameInTemplate = '_'.repeat(300);
const isSameEverywhere = /^[\w.-]*$/;

/**
 * The list of topics as JSON, member for member what `JSON.stringify` makes of its bodies. A list of 5,000 topics has 30,000 links, which
 * differ by a name: topics of one shape are written once and the name is put in.
 */
export function topicListJson(cluster: OpenCluster, topics: readonly TopicSummary[]): string {
  const templates = new Map<string, readonly string[]>();
  const write = (topic: TopicSummary): string => {
    // Neither links nor JSON escape anything in such a name.
    if (!isSameEverywhere.test(topic.name)) return JSON.stringify(topicBody(cluster, topic));
    const shape = `${topic.partitionCount}/${topic.replicationFactor}/${topic.isInternal}`;
    let template = templates.get(shape);
    if (!template) {
      const body = topicBody(cluster, { ...topic, name: nameInTemplate });
      template = JSON.stringify(body).split(nameInTemplate);
      templates.set(shape, template);
    }
    return template.join(topic.name);
  };
  const empty = JSON.stringify(cluster.links.list('KafkaTopicList', []));
  return `${empty.slice(0, -']}'.length)}${topics.map(write).join(',')}]}`;
}

export function partitionBody(
  { clusterId, links }: OpenCluster,
  topic: string,
  { partition, leaderId }: PartitionMetadata,
): rest.PartitionBody {
  const path = ['topics', topic, 'partitions', partition];
  return {
    kind: 'KafkaPartition',
    metadata: links.metadata(path, ['topic', topic, 'partition', partition]),
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: partition,
    leader: leaderId >= 0 ? links.related(...path, 'replicas', leaderId) : null,
    replicas: links.related(...path, 'replicas'),
    reassignment: links.related(...path, 'reassignment'),
  };
}

export function offsetBody(
  { clusterId, links }: OpenCluster,
  {
    topic,
    partition,
    begin,
    end,
  }: { topic: string; partition: number; begin: number; end: number },
): rest.PartitionOffsetBody {
  return {
    kind: 'KafkaPartitionOffset',
    metadata: links.metadata(
      ['topics', topic, 'partitions', partition, 'offset'],
      ['topic', topic, 'partition', partition, 'offset'],
    ),
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: partition,
    beginning_offset: begin,
    end_offset: end,
  };
}

export function replicaBody(
  { clusterId, links }: OpenCluster,
  topic: string,
  { partition, id }: { readonly partition: PartitionMetadata; readonly id: number },
): rest.ReplicaBody {
  const index = partition.partition;
  return {
    kind: 'KafkaReplica',
    metadata: links.metadata(
      ['topics', topic, 'partitions', index, 'replicas', id],
      ['topic', topic, 'partition', index, 'replica', id],
    ),
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: index,
    broker_id: id,
    is_leader: id === partition.leaderId,
    is_in_sync: partition.isr.includes(id),
    broker: links.related('brokers', id),
  };
}

export function reassignmentBody(
  { clusterId, links }: OpenCluster,
  { topic, partition, addingReplicas, removingReplicas }: Reassignment,
): rest.ReassignmentBody {
  const path = ['topics', topic, 'partitions', partition];
  return {
    kind: 'KafkaReassignment',
    metadata: links.metadata(
      [...path, 'reassignment'],
      ['topic', topic, 'partition', partition, 'reassignment'],
    ),
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: partition,
    adding_replicas: [...addingReplicas],
    removing_replicas: [...removingReplicas],
    replicas: links.related(...path, 'replicas'),
  };
}
