// Producing records: a stream of JSON objects with a report for each, or a batch. Protects: reports keep the order of the records;
// one record that fails does not stop the others; what is under way is bounded. Leaves out: reading records (/api/v1), schemas.
// A request with a length and one record answers with that record's status; a stream (chunked) answers 200 and tells in the reports.

import { KafkaError } from '@drave/contracts';
import * as rest from '@drave/contracts/rest';
import { readBody, RestError, restErrorOf, RestRoute } from '@drave/nest/http';
import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { Readable } from 'node:stream';
import { ClusterAccess, recordBytesMax, type OpenCluster } from './cluster-access.js';
import { InCluster } from './in-cluster.js';
import { jsonObjects } from './json-stream.js';
import { mounts } from './mounts.js';
import { inOrder } from './ordered-reports.js';
import { parseBatch, parseRecord, producedFields, type PostedRecord } from './produce-record.js';

const tag = 'Records';
/** Of one request; then its body is not read on. */
const limits = Object.freeze({
  pendingMax: 1_000,
  weightOf: (text: string) => text.length,
  weightMax: 2 * recordBytesMax,
});
/** Requests with records at a time, because each may hold as much as that. */
const requestsMax = 32;

interface RecordsRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The stream itself, because of `rawBody`; undefined without a body. */
  readonly body: Readable | undefined;
}
interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  code(status: number): Reply;
  type(contentType: string): Reply;
}
interface FailureReport {
  readonly error_code: number;
  readonly message: string;
}
type Report = rest.ProduceReport | FailureReport;

@Controller(mounts)
export class RecordsController {
  readonly #access: ClusterAccess;
  #openCount = 0;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Post(':cluster/topics/:topic/records')
  @HttpCode(200)
  @RouteConfig({ rawBody: true })
  @RestRoute({
    tag,
    summary: 'Produces records: objects one after another, a report for each in their order',
    body: rest.produceBody,
    answer: rest.produceReport,
    errors: [404, 413, 415, 422, 429, 503],
  })
  async produce(
    @InCluster() cluster: OpenCluster,
    @Param('topic') topic: string,
    @Req() request: RecordsRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<string | Readable> {
    const body = bodyOf(request);
    this.#enter(reply);
    await this.#access.topic(topic);
    const reports = this.#reports(body, cluster, topic);
    reply.type('application/json; charset=utf-8');
    if (request.headers['content-length'] === undefined) return Readable.from(lines(reports));
    const first = await reports.next();
    if (first.done) throw new RestError(rest.restErrorCodes.malformedBody, 'there is no record');
    const second = await reports.next();
    if (!second.done) return Readable.from(lines(reports, [first.value, second.value]));
    if (first.value.error_code !== 200) reply.code(Math.floor(first.value.error_code / 100));
    return line(first.value);
  }

  // The doubled colon is Fastify's escape.
  @Post(':cluster/topics/:topic/records::batch')
  @HttpCode(207)
  @RouteConfig({ rawBody: true })
  @RestRoute({
    tag,
    summary: 'Produces several records; says of each by its id whether it was taken',
    status: 207,
    body: rest.produceBatchBody,
    answer: rest.produceBatchReport,
    errors: [404, 413, 415, 429, 503],
  })
  async produceBatch(
    @InCluster() cluster: OpenCluster,
    @Param('topic') topic: string,
    @Req() request: RecordsRequest,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.ProduceBatchReport> {
    this.#enter(reply);
    const text = await readBody(bodyOf(request), recordBytesMax);
    const entries = parseBatch(text, topic);
    await this.#access.topic(topic);
    const report: rest.ProduceBatchReport = { successes: [], failures: [] };
    const results = await Promise.all(
      entries.map(async ({ id, posted }) => ({
        id,
        result: await this.#produceOne(cluster, posted),
      })),
    );
    for (const { id, result } of results) {
      if (result.error_code !== 200) {
        report.failures.push({ id, ...(result as FailureReport) });
      } else {
        const { error_code: _, ...fields } = result as rest.ProduceReport;
        report.successes.push({ id, ...fields });
      }
    }
    return report;
  }

  /** Counts the request until its answer is sent or broken off. Throws 42901. */
  #enter({ raw }: Reply): void {
    if (this.#openCount >= requestsMax) {
      throw new RestError(
        rest.restErrorCodes.tooManyRequests,
        `${requestsMax} requests with records are open already; try again when one has ended`,
      );
    }
    this.#openCount++;
    raw.once('close', () => this.#openCount--);
  }

  async *#reports(body: Readable, cluster: OpenCluster, topic: string): AsyncGenerator<Report> {
    const begin = (text: string): Promise<Report> =>
      this.#produceOne(cluster, () => parseRecord(text, topic));
    try {
      yield* inOrder(jsonObjects(body, recordBytesMax), begin, limits);
    } catch (error) {
      yield failureOf(error);
    }
  }

  /** Never rejects. */
  async #produceOne(cluster: OpenCluster, posted: () => PostedRecord): Promise<Report> {
    try {
      const record = posted();
      const metadata = await this.#access.producer().send(record.record);
      return { error_code: 200, ...producedFields(record, metadata, cluster.clusterId) };
    } catch (error) {
      return failureOf(error);
    }
  }
}

function bodyOf({ body }: RecordsRequest): Readable {
  if (body) return body;
  throw new RestError(rest.restErrorCodes.malformedBody, 'the body is empty; send JSON');
}

/** Only what is meant for the caller; anything else is internal. */
function failureOf(error: unknown): FailureReport {
  const { errorCode, message } =
    error instanceof KafkaError && error.errorName === 'UNKNOWN_TOPIC_OR_PARTITION'
      ? new RestError(rest.restErrorCodes.unknownTopicOrPartition, error.message)
      : restErrorOf(error);
  return { error_code: errorCode, message };
}

async function* lines(
  reports: AsyncIterable<Report>,
  before: readonly Report[] = [],
): AsyncGenerator<string> {
  for (const report of before) yield line(report);
  for await (const report of reports) yield line(report);
}

function line(report: Report): string {
  return `${JSON.stringify(report)}\n`;
}
