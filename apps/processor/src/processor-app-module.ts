// The modules of a processor's HTTP side put together.

import {
  HealthModule,
  MetricsModule,
  StreamsModule,
  streamsIndicator,
  streamsMetricsSource,
  type StreamsApps,
} from '@drave/nest';
import { IndexModule, StreamsRestModule } from '@drave/nest/http';
import type { Platform } from '@drave/platform';
import { Module, type DynamicModule } from '@nestjs/common';

export interface ProcessorAppOptions {
  readonly platform: Platform;
  readonly apps: StreamsApps;
  readonly version: string;
}

@Module({})
export class ProcessorAppModule {
  static with({ platform, apps, version }: ProcessorAppOptions): DynamicModule {
    return {
      module: ProcessorAppModule,
      imports: [
        StreamsModule.forRunning(() => apps.all()),
        StreamsRestModule,
        HealthModule.forRoot({ platform, ready: [streamsIndicator(apps)] }),
        MetricsModule.forRoot({ sources: [streamsMetricsSource(apps)] }),
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
