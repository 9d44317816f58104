// `/api/v1/dlq`: dead letters by cause, driving them back and discarding them. Protects: nothing happens unless `dryRun` is false; what was
// resolved is not taken again; a caller who leaves ends it. Leaves out: editing letters; millions of them (the job does those).

import {
  discardLetters,
  isDeadLetterName,
  redriveLetters,
  surveyLetters,
  topicRows,
  type Letter,
} from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ClusterAccess } from '../rest/cluster-access.js';
import { orInvalid } from './invalid-request.js';

const tag = 'Dead letters';
const { restErrorCodes } = rest;
const openMax = 4;
const errors = [404, 413, 415, 429, 503, 504];

interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
}
const resolvers = { 'letters.redriven.v1': redriveLetters, 'letters.discarded.v1': discardLetters };

@Controller('api/v1/dlq')
export class LettersController {
  readonly #access: ClusterAccess;
  #openCount = 0;

  constructor(@Inject(ClusterAccess) access: ClusterAccess) {
    this.#access = access;
  }

  @Get()
  @RestRoute({
    tag,
    summary: 'Topics of dead letters, by their names',
    answer: rest.deadLetterTopicList,
    errors: [503, 504],
  })
  async listDeadLetterTopics() {
    const { admin } = this.#access;
    const names = (await admin.listTopics()).filter(isDeadLetterName);
    const pages = await topicRows(admin, { names, size: Math.max(1, names.length) });
    return {
      data: pages.rows.map(({ name, partitions, records }) => ({
        topic: name,
        partitions,
        records,
      })),
    };
  }

  @Get(':topic')
  @RestRoute({
    tag,
    summary: 'Letters of a topic by error class and origin',
    answer: rest.deadLetterSurveyBody,
    errors: [404, 429, 503, 504],
  })
  async surveyDeadLetters(
    @Param('topic') topic: string,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.DeadLetterSurveyBody> {
    const signal = this.#enter(reply);
    const { groups, scanned, isComplete } = await surveyLetters(this.#access.client, topic, {
      signal,
    });
    const bodies = groups.map((group) => ({ ...group, sample: letterBody(group.sample) }));
    return { topic, groups: bodies, scanned, isComplete };
  }

  @Post(':topic/redrive')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Copies letters to where they came from; without dryRun: false only counts them',
    body: rest.resolveLettersBody,
    answer: rest.resolveLettersResult,
    errors,
  })
  redriveDeadLetters(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.resolveLettersBody, 'body')) body: rest.ResolveLettersBody,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.ResolveLettersResult> {
    return this.#resolve('letters.redriven.v1', { topic, body, reply });
  }

  @Post(':topic/discard')
  @HttpCode(200)
  @RestRoute({
    tag,
    summary: 'Notes letters as done with; without dryRun: false only counts them',
    body: rest.resolveLettersBody,
    answer: rest.resolveLettersResult,
    errors,
  })
  discardDeadLetters(
    @Param('topic') topic: string,
    @Body(new SchemaPipe(rest.resolveLettersBody, 'body')) body: rest.ResolveLettersBody,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<rest.ResolveLettersResult> {
    return this.#resolve('letters.discarded.v1', { topic, body, reply });
  }

  async #resolve(
    type: keyof typeof resolvers,
    asked: {
      readonly topic: string;
      readonly body: rest.ResolveLettersBody;
      readonly reply: Reply;
    },
  ): Promise<rest.ResolveLettersResult> {
    const signal = this.#enter(asked.reply);
    const { topic, body } = asked;
    const { client, platform, events } = this.#access;
    const { select, dryRun, rate, limit } = body;
    const result = await orInvalid(() =>
      resolvers[type](client, {
        ...{ topic, select, dryRun, signal, recordsMax: limit, recordsPerSecond: rate },
        nowMs: () => platform.clock.nowMs(),
        sleep: (ms) => platform.scheduler.sleep(ms),
      }),
    );
    if (!dryRun) events.publish({ type, data: { topic, count: result.count } });
    return { dryRun, ...result, byTopic: { ...result.byTopic } };
  }

  /** Counts the request until its answer is sent or broken off, which aborts it. Throws 42901. */
  #enter({ raw }: Reply): AbortSignal {
    if (this.#openCount >= openMax) {
      throw new RestError(
        restErrorCodes.tooManyRequests,
        `${openMax} requests read dead letters already; try again when one has ended`,
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

function letterBody(letter: Letter): rest.LetterBody {
  const { partition, offset, timestamp, origin } = letter;
  return {
    ...{ partition, offset, timestamp },
    origin: origin
      ? {
          topic: origin.topic,
          partition: origin.partition ?? null,
          offset: origin.offset ?? null,
        }
      : null,
    group: letter.group ?? null,
    errorClass: letter.errorClass ?? null,
    error: letter.error ?? null,
    attempts: letter.attempts ?? null,
  };
}
