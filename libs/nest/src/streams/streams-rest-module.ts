// `/api/v1/streams`: the applications of this process. Mounted by the processor and, where both run in one process, by the broker's
// HTTP side. Needs StreamsModule. Leaves out: pause, restart, entities, actors, queries routed to other processes.

import * as rest from '@drave/contracts/rest';
import type { StreamsApp, TopologyDescription } from '@drave/streams';
import { Controller, Get, Inject, Module, Param, Query } from '@nestjs/common';
import { RestError } from '../http/rest-error.js';
import { RestRoute } from '../http/rest-route.js';
import { SchemaPipe } from '../http/schema-pipe.js';
import { StreamsApps } from './streams-module.js';
import { appBody, storeEntry, taskBodies } from './streams-view.js';

const tag = 'Stream applications';

@Controller('api/v1/streams')
class StreamsController {
  readonly #apps: StreamsApps;

  constructor(@Inject(StreamsApps) apps: StreamsApps) {
    this.#apps = apps;
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

  @Get('apps/:app/stores/:store/:key')
  @RestRoute({
    tag,
    summary: 'The value of a key, or the windows of a key, in this process',
    answer: rest.storeEntryBody,
    query: rest.storeQuery,
    errors: [404, 503],
  })
  getStoreEntry(
    @Param('app') id: string,
    @Param('store') store: string,
    @Param('key') key: string,
    @Query(new SchemaPipe(rest.storeQuery, 'query')) query: rest.StoreQuery,
  ): rest.StoreEntryBody {
    return storeEntry(this.#instances(id), { store, key, query });
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

@Module({ controllers: [StreamsController] })
export class StreamsRestModule {}
