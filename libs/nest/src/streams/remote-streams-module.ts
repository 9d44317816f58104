// `/api/v1/streams` of a broker in its own process: the stream applications of other processes, from the cluster's directory.
// Protects: who is asked by another one asks nobody further, so no entry of the directory makes a loop.

import * as rest from '@drave/contracts/rest';
import {
  Controller,
  type DynamicModule,
  Get,
  Headers,
  HttpCode,
  Inject,
  Module,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { RestRoute } from '../http/rest-route.js';
import { SchemaPipe } from '../http/schema-pipe.js';
import { RemoteApps, type RemoteInstances } from './remote-apps.js';
import { RemoteStores } from './remote-store.js';
import { routedHeader } from './store-router.js';
import type { RedirectingReply, StatusReply } from './streams-rest-module.js';
import { statusOf } from './streams-view.js';

export type { RemoteInstance, RemoteInstances } from './remote-apps.js';

const tag = 'Stream applications';
const REMOTE_INSTANCES = Symbol('REMOTE_INSTANCES');
type Given = Readonly<Record<string, string | undefined>>;

@Controller('api/v1/streams')
class RemoteStreamsController {
  readonly #apps: RemoteApps;
  readonly #stores: RemoteStores;
  readonly #none = new RemoteApps(() => []);

  constructor(@Inject(REMOTE_INSTANCES) instances: RemoteInstances) {
    this.#apps = new RemoteApps(instances);
    this.#stores = new RemoteStores(instances);
  }

  @Get('apps')
  @RestRoute({ tag, summary: 'All applications', answer: rest.streamsAppList })
  async listApps(@Headers() headers: Given) {
    return { data: await this.#asked(headers).list(headers['authorization']) };
  }

  @Get('apps/:app')
  @RestRoute({ tag, summary: 'One application', answer: rest.streamsAppBody, errors: [404] })
  getApp(@Param('app') id: string, @Headers() headers: Given) {
    return this.#asked(headers).app(id, headers['authorization']);
  }

  @Get('apps/:app/topology')
  @RestRoute({ tag, summary: 'Its topology', answer: rest.topologyBody, errors: [404, 503] })
  getTopology(@Param('app') id: string, @Headers() headers: Given) {
    return this.#asked(headers).topology(id, headers['authorization']);
  }

  @Get('apps/:app/tasks')
  @RestRoute({
    tag,
    summary: 'Its tasks in all instances',
    answer: rest.taskList,
    errors: [404],
  })
  listTasks(@Param('app') id: string, @Headers() headers: Given) {
    return this.#asked(headers).tasks(id, headers['authorization']);
  }

  @Get('apps/:app/metrics')
  @RestRoute({
    tag,
    summary: 'Its figures by task in all instances: records, lag, commit age, restarts',
    answer: rest.streamsMetricsBody,
    errors: [404],
  })
  getMetrics(@Param('app') id: string, @Headers() headers: Given) {
    return this.#asked(headers).metrics(id, headers['authorization']);
  }

  @Post('apps/:app/pause')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Pause all instances: nothing is processed until they are resumed',
    answer: rest.pauseBody,
    otherAnswers: { 207: rest.pauseBody },
    errors: [404, 409, 503],
  })
  pause(
    @Param('app') id: string,
    @Headers() headers: Given,
    @Res({ passthrough: true }) reply: StatusReply,
  ): Promise<rest.PauseBody> {
    return this.#setPaused(id, true, { headers, reply });
  }

  @Post('apps/:app/resume')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Resume all instances',
    answer: rest.pauseBody,
    otherAnswers: { 207: rest.pauseBody },
    errors: [404, 409, 503],
  })
  resume(
    @Param('app') id: string,
    @Headers() headers: Given,
    @Res({ passthrough: true }) reply: StatusReply,
  ): Promise<rest.PauseBody> {
    return this.#setPaused(id, false, { headers, reply });
  }

  @Get('apps/:app/stores/:store')
  @RestRoute({
    tag,
    summary: 'A store: its changelog, and the tasks of all instances that keep a part of it',
    answer: rest.streamsStoreBody,
    errors: [404, 503],
  })
  getStore(@Param('app') id: string, @Param('store') store: string, @Headers() headers: Given) {
    return this.#asked(headers).store(id, store, headers['authorization']);
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
    @Param('app') applicationId: string,
    @Param('store') store: string,
    @Param('key') key: string,
    @Query(new SchemaPipe(rest.storeQuery, 'query')) query: rest.StoreQuery,
    @Headers() headers: Given,
    @Res({ passthrough: true }) reply: RedirectingReply,
  ): Promise<rest.StoreEntryBody | undefined> {
    const lookup = { applicationId, store, key, query };
    const found = await this.#stores.entry(lookup, headers);
    if (found.kind === 'answer') return found.body;
    reply.status(307).header('location', found.url);
    return undefined;
  }

  /** 207 when an instance did not do it. */
  async #setPaused(
    id: string,
    isPaused: boolean,
    { headers, reply }: { readonly headers: Given; readonly reply: StatusReply },
  ): Promise<rest.PauseBody> {
    const body = await this.#asked(headers).setPaused(id, isPaused, headers['authorization']);
    reply.status(statusOf(body));
    return body;
  }

  #asked(headers: Given): RemoteApps {
    return headers[routedHeader] === undefined ? this.#apps : this.#none;
  }
}

@Module({ controllers: [RemoteStreamsController] })
export class RemoteStreamsModule {
  static of(instances: RemoteInstances): DynamicModule {
    return {
      module: RemoteStreamsModule,
      providers: [{ provide: REMOTE_INSTANCES, useValue: instances }],
    };
  }
}
