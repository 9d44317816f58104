// `GET /`: what is there, and `/openapi.json`. Leaves out: the console, which comes to this place.

import { Controller, Get, Inject, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { z } from 'zod';
import { OpenApi } from './open-api.js';
import { RestRoute } from './rest-route.js';

const indexBody = z
  .object({
    name: z.string(),
    version: z.string(),
    clusterId: z.string().optional().describe('Of the broker in this process.'),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Index' });

export interface IndexOptions {
  /** Title and description of the OpenAPI document. */
  readonly title: string;
  readonly description: string;
  readonly version: string;
  readonly clusterId?: string;
  /** Name → path; the common ones are added. */
  readonly links: Readonly<Record<string, string>>;
}

const INDEX_OPTIONS = Symbol('INDEX_OPTIONS');

@Controller()
class IndexController {
  readonly #openApi: OpenApi;
  readonly #options: IndexOptions;

  constructor(@Inject(OpenApi) openApi: OpenApi, @Inject(INDEX_OPTIONS) options: IndexOptions) {
    this.#openApi = openApi;
    this.#options = options;
  }

  @Get()
  @RestRoute({ tag: 'Operation', summary: 'What is here', answer: indexBody })
  index(): z.infer<typeof indexBody> {
    const { version, clusterId, links } = this.#options;
    return {
      name: 'drave',
      version,
      ...(clusterId === undefined ? {} : { clusterId }),
      links: {
        ...links,
        health: '/health/ready',
        liveness: '/health/live',
        metrics: '/metrics',
        openapi: '/openapi.json',
      },
    };
  }

  @Get('openapi.json')
  document(): unknown {
    const { title, description, version } = this.#options;
    return this.#openApi.document({ title, description, version });
  }
}

@Module({})
export class IndexModule {
  static forRoot(options: IndexOptions): DynamicModule {
    return {
      module: IndexModule,
      imports: [DiscoveryModule],
      controllers: [IndexController],
      providers: [OpenApi, { provide: INDEX_OPTIONS, useValue: options }],
    };
  }
}
