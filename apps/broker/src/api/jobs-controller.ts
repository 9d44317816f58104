// `/api/v1/jobs`: the platform's jobs with progress and history; starting, retrying, removing and scheduling them.
// Protects: a job is added only with data its schema accepts. Leaves out: what the jobs do (jobs/platform-jobs.ts).

import * as rest from '@drave/contracts/rest';
import type { JobQueue, JobView } from '@drave/jobs';
import { RestError, RestRoute, SchemaPipe } from '@drave/nest/http';
import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Post,
  Put,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import { JobsAway } from './jobs-away.js';
import type { PlatformJobs } from '../jobs/platform-jobs.js';
import { PLATFORM_JOBS } from '../jobs/platform-jobs-token.js';

const tag = 'Jobs';
const { restErrorCodes } = rest;
const allStates = [
  'active',
  'waiting',
  'prioritized',
  'delayed',
  'waiting-children',
  'completed',
  'failed',
] as const;

@Controller('api/v1/jobs')
@UseInterceptors(JobsAway)
export class JobsController {
  readonly #jobs: () => Promise<PlatformJobs>;

  constructor(@Inject(PLATFORM_JOBS) jobs: () => Promise<PlatformJobs>) {
    this.#jobs = jobs;
  }

  @Get()
  @RestRoute({
    tag,
    summary: 'Jobs and their history, newest first',
    answer: rest.jobList,
    query: rest.jobListQuery,
  })
  async list(@Query(new SchemaPipe(rest.jobListQuery, 'query')) query: rest.JobListQuery) {
    const queue = await this.#queue();
    const { state, start, count } = query;
    const jobs = await queue.list(state ? [state] : allStates, { start, count });
    return {
      data: jobs.map(bodyOf),
      counts: await queue.counts(),
      isPaused: await queue.isPaused(),
    };
  }

  @Post()
  @HttpCode(202)
  @RestRoute({
    tag,
    summary: 'Starts a job, at once or later',
    status: 202,
    body: rest.jobStartBody,
    answer: rest.jobStarted,
    errors: [413, 415],
  })
  async start(@Body(new SchemaPipe(rest.jobStartBody, 'body')) body: rest.JobStartBody) {
    const { name, delayMs, attempts } = body;
    const id = await (
      await this.#queue()
    ).add(name, dataOf(body), {
      ...(delayMs === undefined ? {} : { delayMs }),
      ...(attempts === undefined
        ? {}
        : { attempts, backoff: { type: 'exponential', delayMs: 1_000 } }),
    });
    return { id };
  }

  @Get('schedules')
  @RestRoute({ tag, summary: 'Schedules', answer: rest.jobScheduleList })
  async listSchedules() {
    const schedules = await (await this.#queue()).schedules();
    return {
      data: schedules.map(({ id, name, everyMs, pattern, nextAtMs }) => ({
        id,
        name,
        everyMs: everyMs ?? null,
        pattern: pattern ?? null,
        nextAtMs: nextAtMs ?? null,
      })),
    };
  }

  @Put('schedules/:schedule')
  @HttpCode(204)
  @RestRoute({
    tag,
    summary: 'Adds or changes a schedule',
    status: 204,
    body: rest.jobScheduleBody,
    errors: [413, 415],
  })
  async schedule(
    @Param('schedule') id: string,
    @Body(new SchemaPipe(rest.jobScheduleBody, 'body')) body: rest.JobScheduleBody,
  ): Promise<void> {
    const { name, everyMs, pattern } = body;
    const rhythm = everyMs === undefined ? { pattern: pattern ?? '' } : { everyMs };
    const data = dataOf(body);
    try {
      await (await this.#jobs()).schedule(id, rhythm, name, data);
    } catch (error) {
      if (pattern === undefined) throw error;
      const message = `body.pattern: '${pattern}' is no cron pattern`;
      throw new RestError(restErrorCodes.invalidRequest, message, { cause: error });
    }
  }

  @Delete('schedules/:schedule')
  @HttpCode(204)
  @RestRoute({ tag, summary: 'Removes a schedule', status: 204, errors: [404] })
  async unschedule(@Param('schedule') id: string): Promise<void> {
    if (await (await this.#jobs()).unschedule(id)) return;
    throw new RestError(restErrorCodes.unknownJob, `there is no schedule '${id}'`);
  }

  @Get(':job')
  @RestRoute({ tag, summary: 'One job with its log', answer: rest.jobWithLogs, errors: [404] })
  async get(@Param('job') id: string) {
    const job = await this.#job(id);
    return { ...bodyOf(job), logs: await (await this.#queue()).logs(id) };
  }

  @Delete(':job')
  @HttpCode(204)
  @RestRoute({
    tag,
    summary: 'Removes a job that does not run',
    status: 204,
    errors: [404, 409],
  })
  async remove(@Param('job') id: string): Promise<void> {
    const job = await this.#job(id);
    const isRemoved = job.state !== 'active' && (await (await this.#queue()).remove(id));
    if (isRemoved) return;
    throw new RestError(restErrorCodes.jobNotInState, `job '${id}' runs: wait until it has ended`);
  }

  @Post(':job/retry')
  @HttpCode(202)
  @RestRoute({
    tag,
    summary: 'Lets a failed job run again',
    status: 202,
    answer: rest.jobStarted,
    errors: [404, 409],
  })
  async retry(@Param('job') id: string) {
    const { state } = await this.#job(id);
    if (state !== 'failed') {
      throw new RestError(restErrorCodes.jobNotInState, `job '${id}' is ${state}, not failed`);
    }
    await (await this.#queue()).retry(id);
    return { id };
  }

  async #queue(): Promise<JobQueue> {
    return (await this.#jobs()).queue;
  }

  async #job(id: string): Promise<JobView> {
    const job = await (await this.#queue()).get(id);
    if (job === undefined) {
      throw new RestError(restErrorCodes.unknownJob, `there is no job '${id}' (any more)`);
    }
    return job;
  }
}

/** The job's data as its schema reads them. */
function dataOf(body: { readonly name: rest.PlatformJobName; readonly data: unknown }): unknown {
  return new SchemaPipe<unknown>(rest.jobDataSchemas[body.name], 'body.data').transform(body.data);
}

function bodyOf(job: JobView): rest.JobBody {
  return {
    id: job.id,
    name: job.name,
    data: job.data,
    state: job.state,
    progress: job.progress,
    attemptsMade: job.attemptsMade,
    createdAtMs: job.createdAtMs,
    startedAtMs: job.startedAtMs ?? null,
    finishedAtMs: job.finishedAtMs ?? null,
    result: job.result ?? null,
    failedReason: job.failedReason ?? null,
  };
}
