// Configs of one broker, and those set for all brokers at once (`broker-configs`, which lists what was set and nothing else).
// Protects: a broker that is not there is 40404, not a config that nobody reads.

import type { ConfigEntry } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { brokerOf, ClusterAccess, type OpenCluster } from './cluster-access.js';
import {
  brokerConfigBody,
  changesOf,
  clusterConfigBody,
  configNamed,
  dynamicDefaultSource,
} from './config-bodies.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';

const tag = 'Broker configs';
const allBrokers = { type: 'broker', name: '' } as const;
const alterDoc = { tag, status: 204, body: rest.configsAlterBody, errors: [404, 413, 415, 503] };
const setDoc = { tag, status: 204, body: rest.configUpdateBody, errors: [404, 413, 415, 503] };
const resetDoc = { tag, status: 204, errors: [404, 503] };

@Controller(mounts)
export class BrokerConfigsController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get(':cluster/brokers/:broker/configs')
  @RestRoute({ tag, summary: 'Its configs', answer: rest.brokerConfigList, errors: [404, 503] })
  async listBrokerConfigs(@InCluster() cluster: OpenCluster, @Param('broker') broker: string) {
    const { nodeId } = brokerOf(cluster, broker);
    const configs = await this.#ofBroker(nodeId);
    const bodies = configs.map((config) => brokerConfigBody(cluster, nodeId, config));
    return cluster.links.list('KafkaBrokerConfigList', bodies);
  }

  // The doubled colon is Fastify's escape.
  @Post(':cluster/brokers/:broker/configs::alter')
  @HttpCode(204)
  @RestRoute({ ...alterDoc, summary: 'Sets and resets several of its configs, all or none' })
  async alterBrokerConfigs(
    @InCluster() cluster: OpenCluster,
    @Param('broker') broker: string,
    @Body(new SchemaPipe(rest.configsAlterBody, 'body')) body: rest.ConfigsAlterBody,
  ): Promise<void> {
    await this.#alter(resourceOf(cluster, broker), body);
  }

  @Get(':cluster/brokers/:broker/configs/:config')
  @RestRoute({ tag, summary: 'One config', answer: rest.brokerConfigBody, errors: [404, 503] })
  async getBrokerConfig(
    @InCluster() cluster: OpenCluster,
    @Param('broker') broker: string,
    @Param('config') name: string,
  ) {
    const { nodeId } = brokerOf(cluster, broker);
    const config = configNamed(await this.#ofBroker(nodeId), name, `broker ${nodeId}`);
    return brokerConfigBody(cluster, nodeId, config);
  }

  @Put(':cluster/brokers/:broker/configs/:config')
  @HttpCode(204)
  @RestRoute({ ...setDoc, summary: 'Sets one of its configs' })
  async setBrokerConfig(
    @InCluster() cluster: OpenCluster,
    @Param('broker') broker: string,
    @Param('config') name: string,
    @Body(new SchemaPipe(rest.configUpdateBody, 'body')) { value }: rest.ConfigUpdateBody,
  ): Promise<void> {
    await this.#access.admin.alterConfigs(resourceOf(cluster, broker), [{ name, value }]);
  }

  @Delete(':cluster/brokers/:broker/configs/:config')
  @HttpCode(204)
  @RestRoute({ ...resetDoc, summary: 'Resets one of its configs' })
  async resetBrokerConfig(
    @InCluster() cluster: OpenCluster,
    @Param('broker') broker: string,
    @Param('config') name: string,
  ): Promise<void> {
    await this.#access.admin.alterConfigs(resourceOf(cluster, broker), [{ name, value: null }]);
  }

  @Get(':cluster/broker-configs')
  @RestRoute({
    tag,
    summary: 'Configs set for all brokers',
    answer: rest.clusterConfigList,
    errors: [404, 503],
  })
  async listClusterConfigs(@InCluster() cluster: OpenCluster) {
    const configs = await this.#ofAllBrokers();
    const bodies = configs.map((config) => clusterConfigBody(cluster, config));
    return cluster.links.list('KafkaClusterConfigList', bodies);
  }

  @Post(':cluster/broker-configs::alter')
  @HttpCode(204)
  @RestRoute({ ...alterDoc, summary: 'Sets and resets several configs of all brokers' })
  async alterClusterConfigs(
    @InCluster() _: OpenCluster,
    @Body(new SchemaPipe(rest.configsAlterBody, 'body')) body: rest.ConfigsAlterBody,
  ): Promise<void> {
    await this.#alter(allBrokers, body);
  }

  @Get(':cluster/broker-configs/:config')
  @RestRoute({ tag, summary: 'One config', answer: rest.clusterConfigBody, errors: [404, 503] })
  async getClusterConfig(@InCluster() cluster: OpenCluster, @Param('config') name: string) {
    const configs = await this.#ofAllBrokers();
    return clusterConfigBody(cluster, configNamed(configs, name, 'what is set for all brokers'));
  }

  @Put(':cluster/broker-configs/:config')
  @HttpCode(204)
  @RestRoute({ ...setDoc, summary: 'Sets one config of all brokers' })
  async setClusterConfig(
    @InCluster() _: OpenCluster,
    @Param('config') name: string,
    @Body(new SchemaPipe(rest.configUpdateBody, 'body')) { value }: rest.ConfigUpdateBody,
  ): Promise<void> {
    await this.#access.admin.alterConfigs(allBrokers, [{ name, value }]);
  }

  @Delete(':cluster/broker-configs/:config')
  @HttpCode(204)
  @RestRoute({ ...resetDoc, summary: 'Resets one config of all brokers' })
  async resetClusterConfig(
    @InCluster() _: OpenCluster,
    @Param('config') name: string,
  ): Promise<void> {
    await this.#access.admin.alterConfigs(allBrokers, [{ name, value: null }]);
  }

  async #alter(
    resource: { readonly type: 'broker'; readonly name: string },
    body: rest.ConfigsAlterBody,
  ): Promise<void> {
    const validateOnly = body.validate_only ?? false;
    await this.#access.admin.alterConfigs(resource, changesOf(body), { validateOnly });
  }

  #ofBroker(nodeId: number): Promise<ConfigEntry[]> {
    return this.#access.admin.describeConfigs({ type: 'broker', name: String(nodeId) });
  }

  async #ofAllBrokers(): Promise<ConfigEntry[]> {
    const configs = await this.#access.admin.describeConfigs(allBrokers);
    return configs.filter(({ source }) => source === dynamicDefaultSource);
  }
}

function resourceOf(cluster: OpenCluster, broker: string) {
  return { type: 'broker', name: String(brokerOf(cluster, broker).nodeId) } as const;
}
