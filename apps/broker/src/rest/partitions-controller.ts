// Partitions of topics: offsets, replicas, moves under way. Leaves out: starting a move, electing leaders.

import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';
import { offsetBody, partitionBody, reassignmentBody, replicaBody } from './topic-bodies.js';

const tag = 'Partitions';
const { restErrorCodes } = rest;

@Controller(mounts)
export class PartitionsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/topics/-/partitions/-/reassignment')
  @RestRoute({
    tag,
    summary: 'Moves of replicas under way, of all topics',
    answer: rest.reassignmentList,
    errors: [404, 503],
  })
  async listAllReassignments(@InCluster() cluster: OpenCluster) {
    const moves = await this.#access.admin.listReassignments();
    const bodies = moves.map((move) => reassignmentBody(cluster, move));
    return cluster.links.list('KafkaReassignmentList', bodies);
  }

  @Get(':cluster/topics/:topic/partitions/-/reassignment')
  @RestRoute({
    tag,
    summary: 'Moves of replicas under way, of one topic',
    answer: rest.reassignmentList,
    errors: [404, 503],
  })
  async listReassignments(@InCluster() cluster: OpenCluster, @Param('topic') name: string) {
    const topic = await this.#access.topic(name);
    const partitions = topic.partitions.map(({ partition }) => partition);
    const moves = await this.#access.admin.listReassignments({ name, partitions });
    const bodies = moves.map((move) => reassignmentBody(cluster, move));
    return cluster.links.list('KafkaReassignmentList', bodies);
  }

  @Get(':cluster/topics/:topic/partitions')
  @RestRoute({ tag, summary: 'Partitions', answer: rest.partitionList, errors: [404, 503] })
  async listPartitions(@InCluster() cluster: OpenCluster, @Param('topic') name: string) {
    const { partitions } = await this.#access.topic(name);
    const bodies = partitions.map((partition) => partitionBody(cluster, name, partition));
    return cluster.links.list('KafkaPartitionList', bodies);
  }

  @Get(':cluster/topics/:topic/partitions/:partition')
  @RestRoute({ tag, summary: 'One partition', answer: rest.partitionBody, errors: [404, 503] })
  async getPartition(
    @InCluster() cluster: OpenCluster,
    @Param('topic') name: string,
    @Param('partition') partition: string,
  ) {
    return partitionBody(cluster, name, await this.#access.partition(name, partition));
  }

  @Get(':cluster/topics/:topic/partitions/:partition/offset')
  @RestRoute({
    tag,
    summary: 'Where it begins and ends',
    answer: rest.partitionOffsetBody,
    errors: [404, 503],
  })
  async getOffset(
    @InCluster() cluster: OpenCluster,
    @Param('topic') topic: string,
    @Param('partition') index: string,
  ) {
    const { partition } = await this.#access.partition(topic, index);
    const [begin, end] = await this.#access.admin.listOffsets([
      { topic, partition, at: 'earliest' },
      { topic, partition, at: 'latest' },
    ]);
    const offsets = { begin: begin?.offset ?? 0, end: end?.offset ?? 0 };
    return offsetBody(cluster, { topic, partition, ...offsets });
  }

  @Get(':cluster/topics/:topic/partitions/:partition/replicas')
  @RestRoute({ tag, summary: 'Its replicas', answer: rest.replicaList, errors: [404, 503] })
  async listReplicas(
    @InCluster() cluster: OpenCluster,
    @Param('topic') name: string,
    @Param('partition') index: string,
  ) {
    const partition = await this.#access.partition(name, index);
    const bodies = partition.replicas.map((id) => replicaBody(cluster, name, { partition, id }));
    return cluster.links.list('KafkaReplicaList', bodies);
  }

  @Get(':cluster/topics/:topic/partitions/:partition/replicas/:broker')
  @RestRoute({ tag, summary: 'One replica', answer: rest.replicaBody, errors: [404, 503] })
  async getReplica(
    @InCluster() cluster: OpenCluster,
    @Param('topic') name: string,
    @Param('partition') index: string,
    @Param('broker') broker: string,
  ) {
    const partition = await this.#access.partition(name, index);
    const id = partition.replicas.find((one) => String(one) === broker);
    if (id !== undefined) return replicaBody(cluster, name, { partition, id });
    throw new RestError(
      restErrorCodes.unknownBroker,
      `broker '${broker}' has no replica of ${name}-${index}`,
    );
  }

  @Get(':cluster/topics/:topic/partitions/:partition/reassignment')
  @RestRoute({
    tag,
    summary: 'The move of its replicas under way',
    answer: rest.reassignmentBody,
    errors: [404, 503],
  })
  async getReassignment(
    @InCluster() cluster: OpenCluster,
    @Param('topic') name: string,
    @Param('partition') index: string,
  ) {
    const { partition } = await this.#access.partition(name, index);
    const partitions = [partition];
    const [move] = await this.#access.admin.listReassignments({ name, partitions });
    if (move) return reassignmentBody(cluster, move);
    throw new RestError(
      restErrorCodes.unknownReassignment,
      `${name}-${index} is not being moved to other brokers`,
    );
  }
}
