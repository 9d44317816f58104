// Consumer groups, their members, assignments and lags as answers.

import type { GroupDescription, GroupMemberDescription, PartitionLag } from '@drave/client';
import type * as rest from '@drave/contracts/rest';
import type { OpenCluster } from './cluster-access.js';

const stateByName: Readonly<Record<string, rest.ConsumerGroupBody['state']>> = {
  PreparingRebalance: 'PREPARING_REBALANCE',
  CompletingRebalance: 'COMPLETING_REBALANCE',
  Assigning: 'ASSIGNING',
  Reconciling: 'RECONCILING',
  Stable: 'STABLE',
  Empty: 'EMPTY',
  Dead: 'DEAD',
};

export function groupBody(
  { clusterId, links }: OpenCluster,
  group: GroupDescription,
): rest.ConsumerGroupBody {
  const path = ['consumer-groups', group.groupId];
  return {
    kind: 'KafkaConsumerGroup',
    metadata: links.metadata(path, ['consumer-group', group.groupId]),
    cluster_id: clusterId,
    consumer_group_id: group.groupId,
    is_simple: group.protocolType === '',
    partition_assignor: group.protocol,
    state: stateByName[group.state] ?? 'UNKNOWN',
    type: group.type === 'consumer' ? 'CONSUMER' : 'CLASSIC',
    coordinator: links.related('brokers', group.coordinatorId),
    consumers: links.related(...path, 'consumers'),
    lags: links.related(...path, 'lags'),
    lag_summary: links.related(...path, 'lag-summary'),
  };
}

export function consumerBody(
  { clusterId, links }: OpenCluster,
  groupId: string,
  member: GroupMemberDescription,
): rest.ConsumerBody {
  const path = ['consumer-groups', groupId, 'consumers', member.memberId];
  return {
    kind: 'KafkaConsumer',
    metadata: links.metadata(path, ['consumer-group', groupId, 'consumer', member.memberId]),
    cluster_id: clusterId,
    consumer_group_id: groupId,
    consumer_id: member.memberId,
    instance_id: member.instanceId,
    client_id: member.clientId,
    assignments: links.related(...path, 'assignments'),
  };
}

export function assignmentBodies(
  { clusterId, links }: OpenCluster,
  groupId: string,
  { memberId, assignment }: GroupMemberDescription,
): rest.AssignmentBody[] {
  const path = ['consumer-groups', groupId, 'consumers', memberId, 'assignments'];
  return assignment.map(({ topic, partition }) => ({
    kind: 'KafkaConsumerAssignment',
    metadata: links.metadata(path, [
      ...['consumer-group', groupId, 'consumer', memberId],
      ...['assignment', `${topic}-${partition}`],
    ]),
    cluster_id: clusterId,
    consumer_group_id: groupId,
    consumer_id: memberId,
    topic_name: topic,
    partition_id: partition,
    partition: links.related('topics', topic, 'partitions', partition),
  }));
}

export function lagBody(
  { clusterId, links }: OpenCluster,
  groupId: string,
  {
    lag: { topic, partition, offset, endOffset, lag },
    owner,
  }: { readonly lag: PartitionLag; readonly owner: GroupMemberDescription | undefined },
): rest.LagBody {
  return {
    kind: 'KafkaConsumerLag',
    metadata: links.metadata(
      ['consumer-groups', groupId, 'lags', topic, 'partitions', partition],
      ['consumer-group', groupId, 'lag', `${topic}-${partition}`],
    ),
    cluster_id: clusterId,
    consumer_group_id: groupId,
    topic_name: topic,
    partition_id: partition,
    current_offset: offset,
    log_end_offset: endOffset,
    lag,
    consumer_id: owner?.memberId ?? '',
    instance_id: owner?.instanceId ?? null,
    client_id: owner?.clientId ?? '',
  };
}
