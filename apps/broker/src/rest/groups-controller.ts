// Consumer groups of both protocols: members, assignments, lags. Leaves out: resetting and deleting.
// A group that only commits offsets has no members and is `is_simple`.

import type { GroupDescription, GroupMemberDescription } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import { assignmentBodies, consumerBody, groupBody, lagBody } from './group-bodies.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';

const tag = 'Consumer groups';
const { restErrorCodes } = rest;

@Controller(mounts)
export class GroupsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/consumer-groups')
  @RestRoute({ tag, summary: 'All groups', answer: rest.consumerGroupList, errors: [404, 503] })
  async listGroups(@InCluster() cluster: OpenCluster) {
    const { admin } = this.#access;
    const listed = await admin.listGroups();
    const groups = await admin.describeGroups(listed.map(({ groupId }) => groupId));
    const bodies = groups.map((group) => groupBody(cluster, group));
    return cluster.links.list('KafkaConsumerGroupList', bodies);
  }

  @Get(':cluster/consumer-groups/:group')
  @RestRoute({ tag, summary: 'One group', answer: rest.consumerGroupBody, errors: [404, 503] })
  async getGroup(@InCluster() cluster: OpenCluster, @Param('group') groupId: string) {
    return groupBody(cluster, await this.#group(groupId));
  }

  @Get(':cluster/consumer-groups/:group/consumers')
  @RestRoute({ tag, summary: 'Its members', answer: rest.consumerList, errors: [404, 503] })
  async listConsumers(@InCluster() cluster: OpenCluster, @Param('group') groupId: string) {
    const { members } = await this.#group(groupId);
    const bodies = members.map((member) => consumerBody(cluster, groupId, member));
    return cluster.links.list('KafkaConsumerList', bodies);
  }

  @Get(':cluster/consumer-groups/:group/consumers/:consumer')
  @RestRoute({ tag, summary: 'One member', answer: rest.consumerBody, errors: [404, 503] })
  async getConsumer(
    @InCluster() cluster: OpenCluster,
    @Param('group') groupId: string,
    @Param('consumer') memberId: string,
  ) {
    return consumerBody(cluster, groupId, await this.#member(groupId, memberId));
  }

  @Get(':cluster/consumer-groups/:group/consumers/:consumer/assignments')
  @RestRoute({ tag, summary: 'Its partitions', answer: rest.assignmentList, errors: [404, 503] })
  async listAssignments(
    @InCluster() cluster: OpenCluster,
    @Param('group') groupId: string,
    @Param('consumer') memberId: string,
  ) {
    const member = await this.#member(groupId, memberId);
    const bodies = assignmentBodies(cluster, groupId, member);
    return cluster.links.list('KafkaConsumerAssignmentList', bodies);
  }

  @Get(':cluster/consumer-groups/:group/lags')
  @RestRoute({
    tag,
    summary: 'Committed offset, end of the log and lag of each partition it committed',
    answer: rest.lagList,
    errors: [404, 503],
  })
  async listLags(@InCluster() cluster: OpenCluster, @Param('group') groupId: string) {
    const bodies = await this.#lags(cluster, groupId);
    return cluster.links.list('KafkaConsumerLagList', bodies);
  }

  @Get(':cluster/consumer-groups/:group/lags/:topic/partitions/:partition')
  @RestRoute({ tag, summary: 'Lag of one partition', answer: rest.lagBody, errors: [404, 503] })
  async getLag(
    @InCluster() cluster: OpenCluster,
    @Param('group') groupId: string,
    @Param('topic') topic: string,
    @Param('partition') partition: string,
  ) {
    const lag = (await this.#lags(cluster, groupId)).find(
      (one) => one.topic_name === topic && String(one.partition_id) === partition,
    );
    if (lag) return lag;
    throw new RestError(
      restErrorCodes.unknownTopicOrPartition,
      `group '${groupId}' has committed nothing for ${topic}-${partition}`,
    );
  }

  @Get(':cluster/consumer-groups/:group/lag-summary')
  @RestRoute({
    tag,
    summary: 'Total and largest lag',
    answer: rest.lagSummaryBody,
    errors: [404, 503],
  })
  async getLagSummary(
    @InCluster() cluster: OpenCluster,
    @Param('group') groupId: string,
  ): Promise<rest.LagSummaryBody> {
    const lags = await this.#lags(cluster, groupId);
    const path = ['consumer-groups', groupId, 'lag-summary'];
    const largest = lags.toSorted((a, b) => b.lag - a.lag)[0];
    return {
      kind: 'KafkaConsumerGroupLagSummary',
      metadata: cluster.links.metadata(path, ['consumer-group', groupId, 'lag-summary']),
      cluster_id: cluster.clusterId,
      consumer_group_id: groupId,
      max_lag_consumer_id: largest?.consumer_id ?? '',
      max_lag_instance_id: largest?.instance_id ?? null,
      max_lag_client_id: largest?.client_id ?? '',
      max_lag_topic_name: largest?.topic_name ?? null,
      max_lag_partition_id: largest?.partition_id ?? null,
      max_lag: largest?.lag ?? 0,
      total_lag: lags.reduce((sum, { lag }) => sum + lag, 0),
    };
  }

  /** Kafka describes a group it does not know as Dead. */
  async #group(groupId: string): Promise<GroupDescription> {
    const [group] = await this.#access.admin.describeGroups([groupId]);
    if (group && group.state !== 'Dead') return group;
    throw new RestError(restErrorCodes.unknownGroup, `there is no consumer group '${groupId}'`);
  }

  async #member(groupId: string, memberId: string): Promise<GroupMemberDescription> {
    const { members } = await this.#group(groupId);
    const member = members.find((one) => one.memberId === memberId);
    if (member) return member;
    throw new RestError(
      restErrorCodes.unknownConsumer,
      `group '${groupId}' has no member '${memberId}'`,
    );
  }

  async #lags(cluster: OpenCluster, groupId: string): Promise<rest.LagBody[]> {
    const { members } = await this.#group(groupId);
    const lags = await this.#access.admin.groupLag(groupId);
    const owners = new Map(
      members.flatMap((member) =>
        member.assignment.map(({ topic, partition }) => [`${topic}-${partition}`, member] as const),
      ),
    );
    return lags
      .toSorted((a, b) =>
        a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
      )
      .map((lag) =>
        lagBody(cluster, groupId, { lag, owner: owners.get(`${lag.topic}-${lag.partition}`) }),
      );
  }
}
