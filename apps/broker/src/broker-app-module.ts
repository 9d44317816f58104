// The modules of the broker's HTTP side put together. Leaves out: the console's files.

import type { Broker, EventBus } from '@drave/broker';
import {
  BrokerModule,
  jobMetricsSource,
  storeMetricsSource,
  brokerMetricsSource,
  clusterIndicator,
  diskIndicator,
  HealthModule,
  MetricsModule,
  StreamsModule,
  streamsIndicator,
  streamsMetricsSource,
  type StreamsApps,
} from '@drave/nest';
import {
  IndexModule,
  RemoteStreamsModule,
  StreamsRestModule,
  type RemoteInstances,
} from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Module, type DynamicModule } from '@nestjs/common';
import { AclsController } from './rest/acls-controller.js';
import { BrokerConfigsController } from './rest/broker-configs-controller.js';
import { EventsController } from './api/events-controller.js';
import { GroupOffsetsController } from './api/group-offsets-controller.js';
import { LettersController } from './api/letters-controller.js';
import { RecordController } from './api/record-controller.js';
import { TopicRowsController } from './api/topic-rows-controller.js';
import { TransferController } from './api/transfer-controller.js';
import { MessagesController } from './api/messages-controller.js';
import { DelayedController } from './api/delayed-controller.js';
import { JobsController } from './api/jobs-controller.js';
import { MetricsHistoryController } from './api/metrics-controller.js';
import { SnapshotsController } from './api/snapshots-controller.js';
import { ClusterFigures } from './figures/cluster-figures.js';
import type { PlatformJobs } from './jobs/platform-jobs.js';
import { PLATFORM_JOBS } from './jobs/platform-jobs-token.js';
import { ClusterAccess } from './rest/cluster-access.js';
import { ClustersController } from './rest/clusters-controller.js';
import { GroupsController } from './rest/groups-controller.js';
import { PartitionsController } from './rest/partitions-controller.js';
import { RecordsController } from './rest/records-controller.js';
import { TopicConfigsController } from './rest/topic-configs-controller.js';
import { TopicsController } from './rest/topics-controller.js';

export interface BrokerAppOptions {
  readonly platform: Platform;
  readonly bootstrap: readonly string[];
  readonly clusterTimeoutMs: number | undefined;
  readonly broker: Broker | undefined;
  readonly events: EventBus;
  /** Of `broker`. */
  readonly figures: ClusterFigures | undefined;
  readonly dataDirectory: string | undefined;
  /** Stream applications of this process, which then are served here as well. */
  readonly streams: StreamsApps | undefined;
  /** Those of other processes; shown when there are none of this process. */
  readonly remoteStreams: RemoteInstances | undefined;
  /** The place in the cluster's directory, when there is one. */
  readonly cluster: { readonly isConnected: boolean } | undefined;
  /** Background jobs of this process, when they run. */
  readonly jobs: (() => Promise<PlatformJobs>) | undefined;
  readonly version: string;
}

/** They need the cluster alone, Drave's or any other. */
const clusterControllers = [
  ClustersController,
  BrokerConfigsController,
  TopicsController,
  TopicConfigsController,
  PartitionsController,
  RecordsController,
  GroupsController,
  AclsController,
  TopicRowsController,
  MessagesController,
  RecordController,
  TransferController,
  GroupOffsetsController,
  LettersController,
  EventsController,
];

@Module({})
export class BrokerAppModule {
  static with(options: BrokerAppOptions): DynamicModule {
    const { platform, bootstrap, broker, jobs, streams, dataDirectory: directory } = options;
    const { remoteStreams } = options;
    const { events, clusterTimeoutMs: timeoutMs } = options;
    const { figures } = options;
    const rateOf = figures && ((topic: string) => figures.rateOf(topic));
    const access = new ClusterAccess({ platform, bootstrap, timeoutMs, events, rateOf });
    return {
      module: BrokerAppModule,
      imports: [
        ...(broker ? [BrokerModule.forRoot({ broker })] : []),
        ...(streams ? [StreamsModule.forRunning(() => streams.all()), StreamsRestModule] : []),
        ...(remoteStreams ? [RemoteStreamsModule.of(remoteStreams)] : []),
        HealthModule.forRoot({
          platform,
          ready: [
            clusterIndicator(access.healthAdmin),
            ...(directory === undefined ? [] : [diskIndicator({ disk: platform.disk, directory })]),
            ...(streams ? [streamsIndicator(streams)] : []),
          ],
        }),
        MetricsModule.forRoot({ sources: metricsOf(options) }),
        IndexModule.forRoot({
          title: 'Drave admin REST',
          description:
            'Administration of a Kafka cluster under /v3 (also under /kafka/v3). Errors are {error_code, message}.',
          version: options.version,
          ...(broker ? { clusterId: broker.clusterId } : {}),
          links: {
            clusters: '/v3/clusters',
            topics: '/api/v1/topics',
            events: '/api/v1/events',
            deadLetters: '/api/v1/dlq',
            ...(streams || remoteStreams ? { streams: '/api/v1/streams/apps' } : {}),
            ...(broker ? { delayed: '/api/v1/delayed' } : {}),
            ...(figures ? { history: '/api/v1/metrics/query' } : {}),
            ...(jobs ? { jobs: '/api/v1/jobs', snapshots: '/api/v1/snapshots' } : {}),
          },
        }),
      ],
      controllers: [
        ...clusterControllers,
        ...(broker ? [DelayedController] : []),
        ...(figures ? [MetricsHistoryController] : []),
        ...(jobs ? [JobsController, SnapshotsController] : []),
      ],
      // A factory, not a value: Nest calls shutdown hooks of what it made itself.
      providers: [
        { provide: ClusterAccess, useFactory: () => access },
        ...(figures ? [{ provide: ClusterFigures, useFactory: () => figures }] : []),
        ...(jobs ? [{ provide: PLATFORM_JOBS, useValue: jobs }] : []),
      ],
    };
  }
}

function metricsOf({ broker, streams, jobs, cluster }: BrokerAppOptions) {
  return [
    ...(broker ? [brokerMetricsSource(broker)] : []),
    ...(streams ? [streamsMetricsSource(streams)] : []),
    ...(jobs ? [jobMetricsSource(async () => (await jobs()).queue.counts())] : []),
    ...(cluster ? [storeMetricsSource(() => cluster.isConnected)] : []),
  ];
}
