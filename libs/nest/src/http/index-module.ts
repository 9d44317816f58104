// `GET /`: what is there; `/openapi.json` and `/docs`, its page. Leaves out: the console, which comes to this place.

import { Controller, Get, Header, Inject, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { z } from 'zod';
import { apiPageOf, apiPagePolicy } from './api-page.js';
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

const documentBody = z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' });

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
        docs: '/docs',
      },
    };
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', apiPagePolicy)
  @RestRoute({ tag: 'Operation', summary: 'This API as a page', answerType: 'text/html' })
  page(): string {
    return apiPageOf(this.document());
  }

  @Get('openapi.json')
  @RestRoute({ tag: 'Operation', summary: 'This API as an OpenAPI document', answer: documentBody })
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
