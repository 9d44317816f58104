// The modules of a processor's HTTP side put together.

import {
  HealthModule,
  MetricsModule,
  StreamsModule,
  streamsIndicator,
  streamsMetricsSource,
  storeMetricsSource,
  type HealthIndicator,
  type StreamsApps,
} from '@drave/nest';
import { IndexModule, type StoreOwners, StreamsRestModule } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Module, type DynamicModule } from '@nestjs/common';

export interface ProcessorAppOptions {
  readonly platform: Platform;
  readonly apps: StreamsApps;
  readonly version: string;
  /** Where tasks of other instances run. */
  readonly owners?: StoreOwners | undefined;
  /** The place in the cluster's directory, when there is one. */
  readonly cluster?: { readonly isConnected: boolean } | undefined;
  /** What must be up besides the applications. */
  readonly ready?: readonly HealthIndicator[];
}

@Module({})
export class ProcessorAppModule {
  static with(options: ProcessorAppOptions): DynamicModule {
    const { platform, apps, version, owners, cluster, ready = [] } = options;
    return {
      module: ProcessorAppModule,
      imports: [
        StreamsModule.forRunning(() => apps.all()),
        owners ? StreamsRestModule.routed(owners) : StreamsRestModule,
        HealthModule.forRoot({ platform, ready: [...ready, streamsIndicator(apps)] }),
        MetricsModule.forRoot({
          sources: [
            streamsMetricsSource(apps),
            ...(cluster ? [storeMetricsSource(() => cluster.isConnected)] : []),
          ],
        }),
        IndexModule.forRoot({
          title: 'Drave processor REST',
          description:
            'Stream applications of this process: state, topology, tasks, stores. Errors are {error_code, message}.',
          version,
          links: { streams: '/api/v1/streams/apps' },
        }),
      ],
    };
  }
}
