// Configs of topics: read, set, reset. Protects: values stay texts; `configs:alter` makes all of its changes or none.

import * as rest from '@drave/contracts/rest';
import { RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import { changesOf, configNamed, topicConfigBody } from './config-bodies.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';

const tag = 'Topic configs';
/** Topics of one DescribeConfigs request. */
const topicsPerRequest = 500;

@Controller(mounts)
export class TopicConfigsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/topics/-/configs')
  @RestRoute({
    tag,
    summary: 'Configs of all topics',
    answer: rest.topicConfigList,
    errors: [404, 503],
  })
  async listAllTopicConfigs(@InCluster() cluster: OpenCluster) {
    const { admin } = this.#access;
    const names = await admin.listTopics({ includeInternal: true });
    const bodies: rest.TopicConfigBody[] = [];
    for (let i = 0; i < names.length; i += topicsPerRequest) {
      const some = names.slice(i, i + topicsPerRequest);
      const configs = await admin.describeTopicConfigs(some);
      for (const [j, name] of some.entries()) {
        for (const config of configs[j] ?? []) bodies.push(topicConfigBody(cluster, name, config));
      }
    }
    return cluster.links.list('KafkaTopicConfigList', bodies);
  }

  @Get(':cluster/topics/:topic/configs')
  @RestRoute({ tag, summary: 'Its configs', answer: rest.topicConfigList, errors: [404, 503] })
  async listTopicConfigs(@InCluster() cluster: OpenCluster, @Param('topic') name: string) {
    const configs = await this.#access.admin.describeConfigs({ type: 'topic', name });
    const bodies = configs.map((config) => topicConfigBody(cluster, name, config));
    return cluster.links.list('KafkaTopicConfigList', bodies);
  }

  // The doubled colon is Fastify's escape.
  @Post(':cluster/topics/:topic/configs::alter')
  @HttpCode(204)
  @RestRoute({
    tag,
    summary: 'Sets and resets several configs, all or none',
    status: 204,
    body: rest.configsAlterBody,
    errors: [404, 413, 415, 503],
  })
  async alterTopicConfigs(
    @InCluster() _: OpenCluster,
    @Param('topic') name: string,
    @Body(new SchemaPipe(rest.configsAlterBody, 'body')) body: rest.ConfigsAlterBody,
  ): Promise<void> {
    const validateOnly = body.validate_only ?? false;
    const resource = { type: 'topic', name } as const;
    await this.#access.admin.alterConfigs(resource, changesOf(body), { validateOnly });
  }

  @Get(':cluster/topics/:topic/configs/:config')
  @RestRoute({ tag, summary: 'One config', answer: rest.topicConfigBody, errors: [404, 503] })
  async getTopicConfig(
    @InCluster() cluster: OpenCluster,
    @Param('topic') topic: string,
    @Param('config') name: string,
  ) {
    const configs = await this.#access.admin.describeConfigs({ type: 'topic', name: topic });
    return topicConfigBody(cluster, topic, configNamed(configs, name, `topic '${topic}'`));
  }

  @Put(':cluster/topics/:topic/configs/:config')
  @HttpCode(204)
  @RestRoute({
    tag,
    summary: 'Sets one config',
    status: 204,
    body: rest.configUpdateBody,
    errors: [404, 413, 415, 503],
  })
  async setTopicConfig(
    @InCluster() _: OpenCluster,
    @Param('topic') name: string,
    @Param('config') config: string,
    @Body(new SchemaPipe(rest.configUpdateBody, 'body')) { value }: rest.ConfigUpdateBody,
  ): Promise<void> {
    await this.#access.admin.alterConfigs({ type: 'topic', name }, [{ name: config, value }]);
  }

  @Delete(':cluster/topics/:topic/configs/:config')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Resets one config', status: 204, errors: [404, 503] })
  async resetTopicConfig(
    @InCluster() _: OpenCluster,
    @Param('topic') name: string,
    @Param('config') config: string,
  ): Promise<void> {
    const topic = { type: 'topic', name } as const;
    // Kafka resets what it does not know without a word; a misspelt name should not look like a success.
    configNamed(await this.#access.admin.describeConfigs(topic), config, `topic '${name}'`);
    await this.#access.admin.alterConfigs(topic, [{ name: config, value: null }]);
  }
}
