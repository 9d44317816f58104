// `/api/v1/topics/{topic}/messages`: searching a topic, as one answer or as a stream of events. Works on any Kafka cluster. Protects:
// an answer is bounded, however large its records; a caller who leaves ends the search. Leaves out: writing records (/v3).

import * as rest from '@drave/contracts/rest';
import { RestRoute, SchemaPipe } from '@drave/nest/http';
import {
  Controller,
  Get,
  Headers,
  Inject,
  Param,
  Query,
  Res,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Readable } from 'node:stream';
import { ClusterAccess } from '../rest/cluster-access.js';
import { orInvalid } from './invalid-request.js';
import { messageFrames } from './message-stream.js';
import { messageBody, weightOf } from './message-view.js';
import { Browses, type OpenBrowse } from './open-browse.js';

const tag = 'Messages';
/** Of the rows of one answer; it then ends early, with a cursor. */
const answerBytesMax = 16 * 1_048_576;
const errors = [404, 429, 503, 504];

interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  header(name: string, value: string): Reply;
  type(contentType: string): Reply;
}

@Controller('api/v1/topics')
export class MessagesController implements OnModuleDestroy {
  readonly #access: ClusterAccess;
  readonly #browses: Browses;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
    this.#browses = new Browses(access);
  }

  @Get(':topic/messages')
  @RestRoute({
    tag,
    summary: 'Searches a topic',
    query: rest.messagesQuery,
    answer: rest.messageList,
    errors,
  })
  async listMessages(
    @Param('topic') topic: string,
    @Query(new SchemaPipe(rest.messagesQuery, 'query')) query: rest.MessagesQuery,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.MessageList> {
    const browse = await this.#browses.open({ topic, query });
    reply.raw.once('close', () => void browse.close());
    try {
      return await orInvalid(() => collect(browse, query));
    } finally {
      await browse.close();
    }
  }

  @Get(':topic/messages/stream')
  @RestRoute({
    tag,
    summary: 'Searches or follows a topic; events phase, message, progress, done, error',
    query: rest.messageStreamQuery,
    answerType: 'text/event-stream',
    errors,
  })
  async streamMessages(
    @Param('topic') topic: string,
    @Query(new SchemaPipe(rest.messageStreamQuery, 'query')) query: rest.MessageStreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Readable> {
    const cursor = lastEventId || query.cursor;
    const browse = await this.#browses.open({ topic, query, cursor });
    reply.raw.once('close', () => void browse.close());
    reply.type('text/event-stream; charset=utf-8');
    reply.header('cache-control', 'no-store, no-transform').header('x-accel-buffering', 'no');
    const { platform } = this.#access;
    const frames = messageFrames({ browse, formats: query, isFollowing: query.follow, platform });
    return Readable.from(frames, { objectMode: false, highWaterMark: 65_536 });
  }

  /** Before HTTP closes, which waits for open answers. */
  onModuleDestroy(): Promise<void> {
    return this.#browses.closeAll();
  }
}

async function collect(browse: OpenBrowse, formats: rest.MessagesQuery): Promise<rest.MessageList> {
  const data: rest.MessageBody[] = [];
  const damaged: rest.MessageList['damaged'] = [];
  let weight = 0;
  let progress = browse.progressOf({
    scannedRecords: 0,
    scannedBytes: 0,
    matched: 0,
    elapsedMs: 0,
  });
  for await (const event of browse.events) {
    if (event.kind === 'damaged' && damaged.length < 100) damaged.push(event.batch);
    else if (event.kind === 'progress') progress = browse.progressOf(event);
    else if (event.kind === 'record') {
      const row = messageBody(event.record, formats);
      data.push(row);
      weight += weightOf(row);
      if (weight < answerBytesMax) continue;
      progress = { ...progress, matched: data.length };
      return { data, cursor: event.cursor(), reason: 'bytes', progress, damaged };
    } else if (event.kind === 'done') {
      const { reason, cursor = null } = event;
      return { data, cursor, reason, progress: browse.progressOf(event.progress), damaged };
    }
  }
  return { data, cursor: null, reason: 'end', progress, damaged };
}
