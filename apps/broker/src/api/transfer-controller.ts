// `/api/v1/topics/{topic}/copy`, `/export`, `/import`: records as lines of JSON out of a topic, into it, or into another. Protects: what
// is under way is bounded, in records and in requests; a wrong line is named and stops the import after what came before it.
// Leaves out: CSV, forbidding exports.

import {
  copyRecords,
  parseBrowsePlace,
  recordLine,
  recordOfLine,
  type BrowseRequest,
  type ProducerRecord,
} from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Readable } from 'node:stream';
import type { RecordFilter } from '../filter/record-filter.js';
import { ClusterAccess, recordBytesMax } from '../rest/cluster-access.js';
import { jsonObjects } from '../rest/json-stream.js';
import { orInvalid } from './invalid-request.js';

const tag = 'Transfer';
const { restErrorCodes } = rest;
const transfersMax = 8;
const bytesMax = 4 * 1024 * 1_048_576;
const timeoutMs = 600_000;
const importBatchRecords = 500;
const importBatchChars = 4 * 1_048_576;
const errors = [404, 413, 415, 429, 503, 504];

interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  type(contentType: string): Reply;
}
type Selection = rest.TopicExportBody;

@Controller('api/v1/topics')
export class TransferController {
  readonly #access: ClusterAccess;
  #openCount = 0;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Post(':topic/copy')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Copies records into another topic',
    body: rest.topicCopyBody,
    answer: rest.topicCopyResult,
    errors,
  })
  async copyTopic(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.topicCopyBody, 'body')) body: rest.TopicCopyBody,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const signal = this.#enter(reply);
    const { to, keepPartitions } = body;
    await Promise.all([this.#access.topic(topic), this.#access.topic(to)]);
    const filter = await this.#filterOf(body, reply);
    const request = await orInvalid(() => requestOf(topic, body, { filter, signal }));
    const { client } = this.#access;
    return orInvalid(() => copyRecords(client, request, { topic: to, keepPartitions }));
  }

  @Post(':topic/export')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Records as lines of JSON',
    body: rest.topicExportBody,
    answerType: 'application/x-ndjson',
    errors,
  })
  async exportTopic(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.topicExportBody, 'body')) body: Selection,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<Readable> {
    const signal = this.#enter(reply);
    await this.#access.topic(topic);
    const filter = await this.#filterOf(body, reply);
    const request = await orInvalid(() => requestOf(topic, body, { filter, signal }));
    const lines = this.#lines(request);
    // The first line first: what is wrong with the request is an error, not an empty file.
    const first = await orInvalid(() => lines.next());
    reply.type('application/x-ndjson; charset=utf-8');
    const all = async function* (): AsyncGenerator<string> {
      if (!first.done) yield first.value;
      yield* lines;
    };
    return Readable.from(all(), { objectMode: false, highWaterMark: 65_536 });
  }

  @Post(':topic/import')
  @HttpCode(200)
  @RouteConfig({ rawBody: true })
  @RestRoute({
    tag,
    summary: 'Writes records: objects one after another, as exported',
    query: rest.topicImportQuery,
    body: rest.exportedRecord,
    answer: rest.topicImportResult,
    errors,
  })
  async importTopic(
    @Param('topic') topic: string,
    @Query(new SchemaPipe(rest.topicImportQuery, 'query')) query: rest.TopicImportQuery,
    @Req() { body }: { readonly body: Readable | undefined },
    @Res({ passthrough: true }) reply: Reply,
  ) {
    this.#enter(reply);
    if (!body) throw new RestError(restErrorCodes.malformedBody, 'the body is empty; send records');
    await this.#access.topic(topic);
    const options = {
      topic,
      keepPartition: query.keepPartitions,
      keepTimestamp: query.keepTimestamps,
    };
    let imported = 0;
    let batch: ProducerRecord[] = [];
    let chars = 0;
    const flush = async (): Promise<void> => {
      if (batch.length > 0) await this.#access.producer().sendBatch(batch);
      imported += batch.length;
      batch = [];
      chars = 0;
    };
    try {
      for await (const text of jsonObjects(body, recordBytesMax)) {
        batch.push(recordOfLine(text, options));
        chars += text.length;
        if (batch.length >= importBatchRecords || chars >= importBatchChars) await flush();
      }
      await flush();
    } catch (error) {
      const isTheirs = error instanceof RangeError || error instanceof RestError;
      if (!isTheirs) throw error;
      const number = imported + batch.length + 1;
      await flush();
      const code = error instanceof RestError ? error.errorCode : restErrorCodes.invalidRequest;
      const sentence = `record ${number}: ${error.message}; ${imported} records before it were written`;
      throw new RestError(code, sentence, { cause: error });
    }
    return { imported };
  }

  async *#lines(request: BrowseRequest): AsyncGenerator<string> {
    for await (const event of this.#access.client.browse(request)) {
      if (event.kind === 'record') yield `${recordLine(event.record)}\n`;
    }
  }

  async #filterOf(body: Selection, { raw }: Reply): Promise<RecordFilter | undefined> {
    if (body.filter === undefined) return undefined;
    const filter = await this.#access.filters.open(body.filter);
    raw.once('close', () => void filter.close());
    return filter;
  }

  /** Counts the request until its answer is sent or broken off, which aborts it. Throws 42901. */
  #enter({ raw }: Reply): AbortSignal {
    if (this.#openCount >= transfersMax) {
      throw new RestError(
        restErrorCodes.tooManyRequests,
        `${transfersMax} transfers are under way already; try again when one has ended`,
      );
    }
    this.#openCount++;
    const abort = new AbortController();
    raw.once('close', () => {
      this.#openCount--;
      abort.abort(new RestError(restErrorCodes.notReady, 'the caller left'));
    });
    return abort.signal;
  }
}

function requestOf(
  topic: string,
  { from, until, partitions, contains, limit }: Selection,
  { filter, signal }: { readonly filter: RecordFilter | undefined; readonly signal: AbortSignal },
): BrowseRequest {
  const place = parseBrowsePlace(from);
  return {
    ...{ topic, limit, bytesMax, timeoutMs, signal, from: place },
    ...(until === undefined ? {} : { until: parseBrowsePlace(until) }),
    ...(partitions === undefined ? {} : { partitions }),
    ...(contains === undefined ? {} : { contains }),
    ...(filter ? { predicate: (records) => filter.matches(records) } : {}),
  };
}
