// `/metrics` in Prometheus' text format, from a registry of its own per application. Protects: several applications in one process
// do not share or double their metrics. Leaves out: what is measured (broker-metrics.ts, streams-metrics.ts).

import { Controller, Get, Header, Inject, Module, type DynamicModule } from '@nestjs/common';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { RestRoute } from '../http/rest-route.js';

export const METRICS_REGISTRY = Symbol('METRICS_REGISTRY');

const promText = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsModuleOptions {
  /** Adds metrics to the registry, once. */
  readonly sources: readonly ((registry: Registry) => void)[];
}

@Controller('metrics')
class MetricsController {
  readonly #registry: Registry;

  constructor(@Inject(METRICS_REGISTRY) registry: Registry) {
    this.#registry = registry;
  }

  @Get()
  @Header('content-type', promText)
  @RestRoute({ tag: 'Operation', summary: 'Metrics for Prometheus', answerType: 'text/plain' })
  metrics(): Promise<string> {
    return this.#registry.metrics();
  }
}

@Module({})
export class MetricsModule {
  static forRoot({ sources }: MetricsModuleOptions): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [MetricsController],
      providers: [{ provide: METRICS_REGISTRY, useFactory: () => openRegistry(sources) }],
      exports: [METRICS_REGISTRY],
    };
  }
}

function openRegistry(sources: MetricsModuleOptions['sources']): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const addTo of sources) addTo(registry);
  return registry;
}
