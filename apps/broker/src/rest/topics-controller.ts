// Topics with their partitions, replicas and configs. Protects: values of configs stay texts; nothing is created by asking.
// Leaves out: altering configs and partition counts, records, reassignment, explicit replica assignments, config synonyms.

import type { ConfigEntry, PartitionMetadata, TopicMetadata } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import type { LinkSource } from './links.js';
import { mounts } from './mounts.js';

const tag = 'Topics';
const { restErrorCodes } = rest;

interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
}

@Controller(mounts)
export class TopicsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/topics')
  @RestRoute({ tag, summary: 'All topics', answer: rest.topicList, errors: [404, 503] })
  async listTopics(@Req() request: LinkSource, @Param('cluster') clusterId: string) {
    const cluster = await this.#access.open(request, clusterId);
    const topics = await this.#access.admin.describeTopics();
    const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const bodies = sorted.map((topic) => topicBody(cluster, summaryOf(topic)));
    return cluster.links.list('KafkaTopicList', bodies);
  }

  @Post(':cluster/topics')
  @HttpCode(201)
  @RestRoute({
    tag,
    summary: 'Creates a topic; with validate_only only says whether it could be',
    status: 201,
    body: rest.newTopicBody,
    answer: rest.topicBody,
    otherAnswers: { 200: rest.topicBody },
    errors: [404, 413, 415, 503],
  })
  async createTopic(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Body(new SchemaPipe(rest.newTopicBody, 'body')) topic: rest.NewTopicBody,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const { admin } = this.#access;
    const { topic_name: name, validate_only: validateOnly = false } = topic;
    await admin.createTopics(
      [
        {
          topic: name,
          ...(topic.partitions_count === undefined ? {} : { partitions: topic.partitions_count }),
          ...(topic.replication_factor === undefined
            ? {}
            : { replicationFactor: topic.replication_factor }),
          configs: Object.fromEntries(topic.configs?.map((one) => [one.name, one.value]) ?? []),
        },
      ],
      { validateOnly },
    );
    if (validateOnly) {
      reply.code(200);
      return topicBody(cluster, await this.#wouldBe(cluster, topic));
    }
    const [created] = await admin.describeTopics([name]);
    reply.header('location', cluster.links.to('topics', name));
    return topicBody(cluster, created ? summaryOf(created) : await this.#wouldBe(cluster, topic));
  }

  @Get(':cluster/topics/:topic')
  @RestRoute({ tag, summary: 'One topic', answer: rest.topicBody, errors: [404, 503] })
  async getTopic(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    return topicBody(cluster, summaryOf(await this.#topic(name)));
  }

  @Delete(':cluster/topics/:topic')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Deletes a topic and its records', status: 204, errors: [404, 503] })
  async deleteTopic(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
  ): Promise<void> {
    await this.#access.open(request, clusterId);
    await this.#access.admin.deleteTopics([name]);
  }

  @Get(':cluster/topics/:topic/partitions')
  @RestRoute({ tag, summary: 'Its partitions', answer: rest.partitionList, errors: [404, 503] })
  async listPartitions(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const { partitions } = await this.#topic(name);
    const bodies = partitions.map((partition) => partitionBody(cluster, name, partition));
    return cluster.links.list('KafkaPartitionList', bodies);
  }

  @Get(':cluster/topics/:topic/partitions/:partition')
  @RestRoute({ tag, summary: 'One partition', answer: rest.partitionBody, errors: [404, 503] })
  async getPartition(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
    @Param('partition') partition: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    return partitionBody(cluster, name, await this.#partition(name, partition));
  }

  @Get(':cluster/topics/:topic/partitions/:partition/replicas')
  @RestRoute({ tag, summary: 'Its replicas', answer: rest.replicaList, errors: [404, 503] })
  async listReplicas(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
    @Param('partition') index: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const partition = await this.#partition(name, index);
    const bodies = partition.replicas.map((id) => replicaBody(cluster, name, { partition, id }));
    return cluster.links.list('KafkaReplicaList', bodies);
  }

  @Get(':cluster/topics/:topic/configs')
  @RestRoute({ tag, summary: 'Its configs', answer: rest.topicConfigList, errors: [404, 503] })
  async listConfigs(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const configs = await this.#access.admin.describeConfigs({ type: 'topic', name });
    const bodies = configs.map((config) => configBody(cluster, name, config));
    return cluster.links.list('KafkaTopicConfigList', bodies);
  }

  @Get(':cluster/topics/:topic/configs/:config')
  @RestRoute({ tag, summary: 'One config', answer: rest.topicConfigBody, errors: [404, 503] })
  async getConfig(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('topic') name: string,
    @Param('config') configName: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const configs = await this.#access.admin.describeConfigs({ type: 'topic', name });
    const config = configs.find((one) => one.name === configName);
    if (config) return configBody(cluster, name, config);
    throw new RestError(restErrorCodes.unknownConfig, `topics have no config '${configName}'`);
  }

  async #topic(name: string): Promise<TopicMetadata> {
    const [topic] = await this.#access.admin.describeTopics([name]);
    if (topic) return topic;
    throw new RestError(restErrorCodes.unknownTopicOrPartition, `there is no topic '${name}'`);
  }

  async #partition(name: string, index: string): Promise<PartitionMetadata> {
    const { partitions } = await this.#topic(name);
    const partition = /^\d{1,9}$/.test(index) ? partitions[Number(index)] : undefined;
    if (partition) return partition;
    throw new RestError(
      restErrorCodes.unknownTopicOrPartition,
      `topic '${name}' has ${partitions.length} partitions, from 0 on, and no '${index}'`,
    );
  }

  /** What a topic would look like; counts that were not given are the brokers' defaults. */
  async #wouldBe(cluster: OpenCluster, topic: rest.NewTopicBody): Promise<TopicSummary> {
    const broker = String(cluster.brokers[0]?.nodeId ?? '');
    const keys = ['num.partitions', 'default.replication.factor'];
    const defaults = await this.#access.admin.describeConfigs({
      type: 'broker',
      name: broker,
      keys,
    });
    const byDefault = (key: string): number =>
      Number(defaults.find(({ name }) => name === key)?.value ?? 1);
    return {
      name: topic.topic_name,
      isInternal: false,
      partitionCount: topic.partitions_count ?? byDefault('num.partitions'),
      replicationFactor: topic.replication_factor ?? byDefault('default.replication.factor'),
    };
  }
}

interface TopicSummary {
  readonly name: string;
  readonly isInternal: boolean;
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

function summaryOf({ name, isInternal, partitions }: TopicMetadata): TopicSummary {
  const replicationFactor = partitions[0]?.replicas.length ?? 0;
  return { name, isInternal, partitionCount: partitions.length, replicationFactor };
}

function topicBody({ clusterId, links }: OpenCluster, topic: TopicSummary): rest.TopicBody {
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
  };
}

function partitionBody(
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
    leader: leaderId >= 0 ? links.related('brokers', leaderId) : null,
    replicas: links.related(...path, 'replicas'),
  };
}

function replicaBody(
  { clusterId, links }: OpenCluster,
  topic: string,
  { partition, id }: { readonly partition: PartitionMetadata; readonly id: number },
): rest.ReplicaBody {
  const index = partition.partition;
  return {
    kind: 'KafkaReplica',
    metadata: links.metadata(
      ['topics', topic, 'partitions', index, 'replicas'],
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

/** By Kafka's number of a config's source. */
const sources: readonly rest.TopicConfigBody['source'][] = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
];

function configBody(
  { clusterId, links }: OpenCluster,
  topic: string,
  config: ConfigEntry,
): rest.TopicConfigBody {
  const { name } = config;
  return {
    kind: 'KafkaTopicConfig',
    metadata: links.metadata(['topics', topic, 'configs', name], ['topic', topic, 'config', name]),
    cluster_id: clusterId,
    topic_name: topic,
    name,
    value: config.value,
    is_default: config.isDefault,
    is_read_only: config.isReadOnly,
    is_sensitive: config.isSensitive,
    source: sources[config.source] ?? 'UNKNOWN',
  };
}
