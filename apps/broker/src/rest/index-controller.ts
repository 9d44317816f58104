// `GET /`: what is there, and `/openapi.json`. Leaves out: the console, which comes to this place.

import { OpenApi, RestRoute } from '@drave/nest/http';
import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';

const indexBody = z
  .object({
    name: z.string(),
    version: z.string(),
    cluster_id: z.string().nullable().describe('null when the broker runs elsewhere.'),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: 'Index' });

export type IndexBody = z.infer<typeof indexBody>;

/** What `GET /` answers. */
export const APP_INDEX = Symbol('APP_INDEX');

@Controller()
export class IndexController {
  readonly #openApi: OpenApi;
  readonly #index: IndexBody;

  constructor(@Inject(OpenApi) openApi: OpenApi, @Inject(APP_INDEX) index: IndexBody) {
    this.#openApi = openApi;
    this.#index = index;
  }

  @Get()
  @RestRoute({ tag: 'Operation', summary: 'What is here', answer: indexBody })
  index(): IndexBody {
    return this.#index;
  }

  @Get('openapi.json')
  document(): unknown {
    return this.#openApi.document({
      title: 'Drave admin REST',
      version: this.#index.version,
      description:
        'Administration of a Kafka cluster under /v3 (also under /kafka/v3). Errors are {error_code, message}.',
    });
  }
}
