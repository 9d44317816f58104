// `/api/v1/events`: what happened in the cluster. `Accept: text/event-stream` streams it, else it is a list. Protects: the number of
// streams is bounded; a reader who leaves, or the end of the server, ends its stream. Leaves out: choosing what is an event.

import { limits } from '@drave/contracts';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Controller, Get, Headers, Inject, Query, Res, type OnModuleDestroy } from '@nestjs/common';
import { Readable } from 'node:stream';
import { ClusterAccess } from '../rest/cluster-access.js';
import { eventFrames, placeOf, wantedOf } from './event-stream.js';

interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  header(name: string, value: string): Reply;
  type(contentType: string): Reply;
}

@Controller('api/v1/events')
export class EventsController implements OnModuleDestroy {
  readonly #access: ClusterAccess;
  readonly #streams = new Set<AbortController>();

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get()
  @RestRoute({
    tag: 'Events',
    summary: 'What happened in the cluster; as a stream: events ready and events',
    query: rest.eventsQuery,
    answer: rest.eventList,
    alsoAnswers: ['text/event-stream'],
    errors: [429],
  })
  events(
    @Query(new SchemaPipe(rest.eventsQuery, 'query')) query: rest.EventsQuery,
    @Headers('accept') accept: string | undefined,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): rest.EventList | Readable {
    reply.header('vary', 'accept');
    return accept?.includes('text/event-stream')
      ? this.#stream({ ...query, since: lastEventId || query.since }, reply)
      : this.#list(query);
  }

  /** Before HTTP closes, which waits for open answers. */
  onModuleDestroy(): void {
    for (const stream of this.#streams) stream.abort();
  }

  #list({ types, since, limit }: rest.EventsQuery): rest.EventList {
    const { events: bus } = this.#access;
    const isWanted = wantedOf(types);
    // Without a place: the newest ones.
    const from = placeOf(bus, since ?? 'earliest');
    const max = since === undefined ? limits.eventsKeptMax : limit;
    const { events, dropped, position } = bus.read(from.position, max, isWanted);
    return {
      data: events.slice(-limit).map(({ json }) => JSON.parse(json) as rest.ClusterEvent),
      dropped: from.isGap ? null : dropped,
      next: bus.idAt(position),
    };
  }

  #stream(
    { types, since = 'latest' }: Omit<rest.EventsQuery, 'since'> & { since: string | undefined },
    reply: Reply,
  ): Readable {
    if (this.#streams.size >= limits.eventStreamsMax) {
      throw new RestError(
        rest.restErrorCodes.tooManyRequests,
        `${limits.eventStreamsMax} streams of events are open already; one per browser tab is enough`,
      );
    }
    const { events: bus, platform } = this.#access;
    const abort = new AbortController();
    this.#streams.add(abort);
    reply.raw.once('close', () => {
      abort.abort();
      this.#streams.delete(abort);
    });
    reply.type('text/event-stream; charset=utf-8');
    reply.header('cache-control', 'no-store, no-transform').header('x-accel-buffering', 'no');
    const frames = eventFrames({
      bus,
      from: placeOf(bus, since),
      isWanted: wantedOf(types),
      scheduler: platform.scheduler,
      signal: abort.signal,
    });
    return Readable.from(frames, { objectMode: false, highWaterMark: 65_536 });
  }
}
