// Topics: list, create, grow, delete. Protects: nothing is created by asking. Leaves out: explicit replica assignments.
// A topic named `-` can only be listed here: its place in paths means "all topics".

import * as rest from '@drave/contracts/rest';
import { RestRoute, SchemaPipe } from '@drave/nest/http';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Res,
} from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';
import { summaryOf, topicBody, topicListJson, type TopicSummary } from './topic-bodies.js';

const tag = 'Topics';

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
  async listTopics(
    @InCluster() cluster: OpenCluster,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<string> {
    const topics = await this.#access.admin.describeTopics();
    const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    reply.header('content-type', 'application/json; charset=utf-8');
    return topicListJson(cluster, sorted.map(summaryOf));
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
    @InCluster() cluster: OpenCluster,
    @Body(new SchemaPipe(rest.newTopicBody, 'body')) topic: rest.NewTopicBody,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const { admin } = this.#access;
    const { topic_name: name, validate_only: validateOnly = false } = topic;
    const { partitions_count: partitions, replication_factor: replicationFactor } = topic;
    const configs = Object.fromEntries(topic.configs?.map((one) => [one.name, one.value]) ?? []);
    await admin.createTopics(
      [
        {
          topic: name,
          ...(partitions === undefined ? {} : { partitions }),
          ...(replicationFactor === undefined ? {} : { replicationFactor }),
          configs,
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
  async getTopic(@InCluster() cluster: OpenCluster, @Param('topic') name: string) {
    return topicBody(cluster, summaryOf(await this.#access.topic(name)));
  }

  @Patch(':cluster/topics/:topic')
  @RestRoute({
    tag,
    summary: 'Adds partitions; records of a key then go to another one than before',
    body: rest.topicChangeBody,
    answer: rest.topicBody,
    errors: [404, 413, 415, 503],
  })
  async changeTopic(
    @InCluster() cluster: OpenCluster,
    @Param('topic') name: string,
    @Body(new SchemaPipe(rest.topicChangeBody, 'body')) change: rest.TopicChangeBody,
  ) {
    const { partitions_count: partitionCount, validate_only: validateOnly = false } = change;
    await this.#access.admin.createPartitions(name, partitionCount, { validateOnly });
    const summary = summaryOf(await this.#access.topic(name));
    return topicBody(cluster, validateOnly ? { ...summary, partitionCount } : summary);
  }

  @Delete(':cluster/topics/:topic')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Deletes a topic and its records', status: 204, errors: [404, 503] })
  async deleteTopic(@InCluster() _: OpenCluster, @Param('topic') name: string): Promise<void> {
    await this.#access.admin.deleteTopics([name]);
  }

  /** What a topic would look like; counts that were not given are the brokers' defaults. */
  async #wouldBe(cluster: OpenCluster, topic: rest.NewTopicBody): Promise<TopicSummary> {
    const defaults = await this.#access.admin.describeConfigs({
      type: 'broker',
      name: String(cluster.brokers[0]?.nodeId ?? ''),
      keys: ['num.partitions', 'default.replication.factor'],
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
