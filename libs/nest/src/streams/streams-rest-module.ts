// `/api/v1/streams`: the applications of this process. Mounted by the processor and, where both run in one process, by the broker's
// HTTP side. Needs StreamsModule; with owners, store queries go to the instance that has the key. Protects: pause and resume change
// the instances of this process alone. Leaves out: restart, entities.

import * as rest from '@drave/contracts/rest';
import type { StreamsApp, TopologyDescription } from '@drave/streams';
import {
  Controller,
  type DynamicModule,
  Get,
  Headers,
  HttpCode,
  Inject,
  Module,
  Optional,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { RestError } from '../http/rest-error.js';
import { RestRoute } from '../http/rest-route.js';
import { SchemaPipe } from '../http/schema-pipe.js';
import { StreamsApps } from './streams-module.js';
import { routeQuery, STORE_OWNERS, storePath, type StoreOwners } from './store-router.js';
import {
  appBody,
  keyOf,
  metricsBody,
  setPaused,
  statusOf,
  storeBody,
  storeEntry,
  taskBodies,
} from './streams-view.js';

const tag = 'Stream applications';

@Controller('api/v1/streams')
class StreamsController {
  readonly #apps: StreamsApps;
  readonly #owners: StoreOwners | undefined;

  constructor(
    @Inject(StreamsApps) apps: StreamsApps,
    @Optional() @Inject(STORE_OWNERS) owners?: StoreOwners,
  ) {
    this.#apps = apps;
    this.#owners = owners;
  }

  @Get('apps')
  @RestRoute({ tag, summary: 'All applications', answer: rest.streamsAppList })
  listApps(): { data: rest.StreamsAppBody[] } {
    return { data: [...this.#apps.byId()].map(([id, instances]) => appBody(id, instances)) };
  }

  @Get('apps/:app')
  @RestRoute({ tag, summary: 'One application', answer: rest.streamsAppBody, errors: [404] })
  getApp(@Param('app') id: string): rest.StreamsAppBody {
    return appBody(id, this.#instances(id));
  }

  @Get('apps/:app/topology')
  @RestRoute({ tag, summary: 'Its topology', answer: rest.topologyBody, errors: [404] })
  getTopology(@Param('app') id: string): TopologyDescription | undefined {
    return this.#instances(id)[0]?.describe();
  }

  @Get('apps/:app/tasks')
  @RestRoute({ tag, summary: 'Its tasks in this process', answer: rest.taskList, errors: [404] })
  listTasks(@Param('app') id: string): { data: rest.TaskBody[] } {
    return { data: taskBodies(this.#instances(id)) };
  }

  @Get('apps/:app/metrics')
  @RestRoute({
    tag,
    summary: 'Its figures by task: records, lag, commit age, restarts',
    answer: rest.streamsMetricsBody,
    errors: [404],
  })
  getMetrics(@Param('app') id: string): rest.StreamsMetricsBody {
    return metricsBody(id, this.#instances(id));
  }

  @Post('apps/:app/pause')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Pause its instances in this process: nothing is processed until they are resumed',
    answer: rest.pauseBody,
    otherAnswers: { 207: rest.pauseBody },
    errors: [404, 409],
  })
  pause(@Param('app') id: string, @Res({ passthrough: true }) reply: StatusReply): rest.PauseBody {
    return this.#setPaused(id, true, reply);
  }

  @Post('apps/:app/resume')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Resume its instances in this process',
    answer: rest.pauseBody,
    otherAnswers: { 207: rest.pauseBody },
    errors: [404, 409],
  })
  resume(@Param('app') id: string, @Res({ passthrough: true }) reply: StatusReply): rest.PauseBody {
    return this.#setPaused(id, false, reply);
  }

  @Get('apps/:app/stores/:store')
  @RestRoute({
    tag,
    summary: 'A store: its changelog, and the tasks of this process that keep a part of it',
    answer: rest.streamsStoreBody,
    errors: [404],
  })
  getStore(@Param('app') id: string, @Param('store') store: string): rest.StreamsStoreBody {
    return storeBody(this.#instances(id), store);
  }

  @Get('apps/:app/stores/:store/:key')
  @RestRoute({
    tag,
    summary: 'The value of a key, or the windows of a key, from the instance that owns it',
    answer: rest.storeEntryBody,
    query: rest.storeQuery,
    errors: [404, 503],
  })
  async getStoreEntry(
    @Param('app') id: string,
    @Param('store') store: string,
    @Param('key') key: string,
    @Query(new SchemaPipe(rest.storeQuery, 'query')) query: rest.StoreQuery,
    @Headers() headers: Readonly<Record<string, string | undefined>>,
    @Res({ passthrough: true }) reply: RedirectingReply,
  ): Promise<rest.StoreEntryBody | undefined> {
    const instances = this.#instances(id);
    if (this.#owners) {
      const path = storePath({ applicationId: id, store, key, query });
      const asked = { applicationId: id, store, key: keyOf(key, query), path, headers };
      const route = await routeQuery(instances, this.#owners, { ...asked, mode: query.route });
      if (route.kind === 'answer') return route.body;
      if (route.kind === 'redirect') {
        reply.status(307).header('location', route.url);
        return undefined;
      }
    }
    return storeEntry(instances, { store, key, query });
  }

  #setPaused(id: string, isPaused: boolean, reply: StatusReply): rest.PauseBody {
    const body = setPaused(id, this.#instances(id), isPaused);
    reply.status(statusOf(body));
    return body;
  }

  #instances(id: string): readonly StreamsApp[] {
    const apps = this.#apps.byId();
    const instances = apps.get(id);
    if (instances) return instances;
    throw new RestError(
      rest.restErrorCodes.unknownApplication,
      `no application '${id}' runs here; running: ${[...apps.keys()].join(', ') || 'none'}`,
    );
  }
}

/** What another status needs of a reply. */
export interface StatusReply {
  status(code: number): unknown;
}

/** What a 307 needs of a reply. */
export interface RedirectingReply {
  status(code: number): { header(name: string, value: string): unknown };
}

@Module({ controllers: [StreamsController] })
export class StreamsRestModule {
  /** Store queries go to the instance that has the key. */
  static routed(owners: StoreOwners): DynamicModule {
    return {
      module: StreamsRestModule,
      providers: [{ provide: STORE_OWNERS, useValue: owners }],
    };
  }
}
