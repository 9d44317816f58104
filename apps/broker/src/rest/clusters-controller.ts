// `/v3/clusters` and its brokers. Leaves out: adding and removing brokers, balancing.

import * as rest from '@drave/contracts/rest';
import { RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject, Param } from '@nestjs/common';
import { brokerOf, ClusterAccess, type OpenCluster } from './cluster-access.js';
import { InCluster } from './in-cluster.js';
import { mounts } from './mounts.js';
import { replicaBody } from './topic-bodies.js';

const tag = 'Clusters';

@Controller(mounts)
export class ClustersController {
  readonly #access: ClusterAccess;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get()
  @RestRoute({ tag, summary: 'All clusters: this one', answer: rest.clusterList, errors: [503] })
  listClusters(@InCluster() cluster: OpenCluster) {
    return cluster.links.list('KafkaClusterList', [clusterBody(cluster)]);
  }

  @Get(':cluster')
  @RestRoute({ tag, summary: 'One cluster', answer: rest.clusterBody, errors: [404, 503] })
  getCluster(@InCluster() cluster: OpenCluster) {
    return clusterBody(cluster);
  }

  @Get(':cluster/brokers')
  @RestRoute({ tag, summary: 'All brokers', answer: rest.brokerList, errors: [404, 503] })
  listBrokers(@InCluster() cluster: OpenCluster) {
    const bodies = cluster.brokers.map((broker) => brokerBody(cluster, broker));
    return cluster.links.list('KafkaBrokerList', bodies);
  }

  @Get(':cluster/brokers/:broker')
  @RestRoute({ tag, summary: 'One broker', answer: rest.brokerBody, errors: [404, 503] })
  getBroker(@InCluster() cluster: OpenCluster, @Param('broker') id: string) {
    return brokerBody(cluster, brokerOf(cluster, id));
  }

  @Get(':cluster/brokers/:broker/partition-replicas')
  @RestRoute({ tag, summary: 'Replicas it has', answer: rest.replicaList, errors: [404, 503] })
  async listBrokerReplicas(@InCluster() cluster: OpenCluster, @Param('broker') broker: string) {
    const { nodeId: id } = brokerOf(cluster, broker);
    const topics = await this.#access.admin.describeTopics();
    const sorted = topics.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const bodies = sorted.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ replicas }) => replicas.includes(id))
        .map((partition) => replicaBody(cluster, name, { partition, id })),
    );
    return cluster.links.list('KafkaReplicaList', bodies);
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
    broker_configs: links.related('broker-configs'),
    acls: links.related('acls'),
    partition_reassignments: links.related('topics', '-', 'partitions', '-', 'reassignment'),
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
    configs: links.related('brokers', nodeId, 'configs'),
    partition_replicas: links.related('brokers', nodeId, 'partition-replicas'),
  };
}
