// `/v3/clusters` and its brokers. Leaves out: broker configs, partition replicas per broker, ACLs.

import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import { ClusterAccess, type OpenCluster } from './cluster-access.js';
import type { LinkSource } from './links.js';
import { mounts } from './mounts.js';

const tag = 'Clusters';

@Controller(mounts)
export class ClustersController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get()
  @RestRoute({ tag, summary: 'All clusters: this one', answer: rest.clusterList, errors: [503] })
  async listClusters(@Req() request: LinkSource) {
    const cluster = await this.#access.open(request);
    return cluster.links.list('KafkaClusterList', [clusterBody(cluster)]);
  }

  @Get(':cluster')
  @RestRoute({ tag, summary: 'One cluster', answer: rest.clusterBody, errors: [404, 503] })
  async getCluster(@Req() request: LinkSource, @Param('cluster') clusterId: string) {
    return clusterBody(await this.#access.open(request, clusterId));
  }

  @Get(':cluster/brokers')
  @RestRoute({ tag, summary: 'All brokers', answer: rest.brokerList, errors: [404, 503] })
  async listBrokers(@Req() request: LinkSource, @Param('cluster') clusterId: string) {
    const cluster = await this.#access.open(request, clusterId);
    const bodies = cluster.brokers.map((broker) => brokerBody(cluster, broker));
    return cluster.links.list('KafkaBrokerList', bodies);
  }

  @Get(':cluster/brokers/:broker')
  @RestRoute({ tag, summary: 'One broker', answer: rest.brokerBody, errors: [404, 503] })
  async getBroker(
    @Req() request: LinkSource,
    @Param('cluster') clusterId: string,
    @Param('broker') brokerId: string,
  ) {
    const cluster = await this.#access.open(request, clusterId);
    const broker = cluster.brokers.find(({ nodeId }) => String(nodeId) === brokerId);
    if (broker) return brokerBody(cluster, broker);
    throw new RestError(rest.restErrorCodes.unknownBroker, `there is no broker '${brokerId}'`);
  }
}

function clusterBody({ clusterId, controllerId, links }: OpenCluster): rest.ClusterBody {
  return {
    kind: 'KafkaCluster',
    metadata: links.metadata([]),
    cluster_id: clusterId,
    controller: controllerId >= 0 ? links.related('brokers', controllerId) : null,
    brokers: links.related('brokers'),
    topics: links.related('topics'),
    consumer_groups: links.related('consumer-groups'),
  };
}

function brokerBody(
  { clusterId, links }: OpenCluster,
  { nodeId, host, port, rack }: OpenCluster['brokers'][number],
): rest.BrokerBody {
  return {
    kind: 'KafkaBroker',
    metadata: links.metadata(['brokers', nodeId], ['broker', nodeId]),
    cluster_id: clusterId,
    broker_id: nodeId,
    host,
    port,
    rack,
  };
}
