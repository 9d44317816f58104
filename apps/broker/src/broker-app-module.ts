// The modules of the broker's HTTP side put together. Leaves out: the console's files.

import type { Broker } from '@drave/broker';
import {
  BrokerModule,
  brokerMetricsSource,
  clusterIndicator,
  diskIndicator,
  HealthModule,
  MetricsModule,
} from '@drave/nest';
import { OpenApi } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ClusterAccess } from './rest/cluster-access.js';
import { ClustersController } from './rest/clusters-controller.js';
import { GroupsController } from './rest/groups-controller.js';
import { APP_INDEX, IndexController, type IndexBody } from './rest/index-controller.js';
import { TopicsController } from './rest/topics-controller.js';

export interface BrokerAppOptions {
  readonly platform: Platform;
  readonly bootstrap: readonly string[];
  readonly broker: Broker | undefined;
  readonly dataDirectory: string | undefined;
  readonly version: string;
}

@Module({})
export class BrokerAppModule {
  static with(options: BrokerAppOptions): DynamicModule {
    const { platform, bootstrap, broker, dataDirectory: directory } = options;
    const access = new ClusterAccess({ platform, bootstrap });
    const disk = directory === undefined ? [] : [diskIndicator({ disk: platform.disk, directory })];
    return {
      module: BrokerAppModule,
      imports: [
        DiscoveryModule,
        ...(broker ? [BrokerModule.forRoot({ broker })] : []),
        HealthModule.forRoot({ platform, ready: [clusterIndicator(access.admin), ...disk] }),
        MetricsModule.forRoot({ sources: broker ? [brokerMetricsSource(broker)] : [] }),
      ],
      controllers: [IndexController, ClustersController, TopicsController, GroupsController],
      providers: [
        OpenApi,
        // A factory, not a value: Nest calls shutdown hooks of what it made itself.
        { provide: ClusterAccess, useFactory: () => access },
        { provide: APP_INDEX, useValue: indexOf(options) },
      ],
    };
  }
}

function indexOf({ broker, version }: BrokerAppOptions): IndexBody {
  return {
    name: 'drave',
    version,
    cluster_id: broker?.clusterId ?? null,
    links: {
      clusters: '/v3/clusters',
      health: '/health/ready',
      liveness: '/health/live',
      metrics: '/metrics',
      openapi: '/openapi.json',
    },
  };
}
