// JobQueue on BullMQ: on Redis, or on the embedded store when the connection names one.
// Protects: an error of the connection never becomes an unhandled event; history has a bound.

import {
  Queue,
  Worker,
  type ConnectionOptions,
  type Job,
  type JobsOptions,
  type JobType,
} from 'bullmq';
import type { Logger } from '@drave/platform';
import { createBackend, type EmbeddedConnection } from './backend-factory.js';
import {
  historyMaxDefault,
  jobStates,
  type AddOptions,
  type JobHandler,
  type JobQueue,
  type JobQueueOptions,
  type JobSchedule,
  type JobState,
  type JobView,
  type Rhythm,
} from './job-queue.js';

export interface BullmqJobQueueOptions extends JobQueueOptions {
  /** `{ embedded: store }`, or what BullMQ takes for Redis. */
  readonly connection: ConnectionOptions | EmbeddedConnection;
  readonly logger: Logger;
}

export class BullmqJobQueue implements JobQueue {
  readonly name: string;
  readonly #options: BullmqJobQueueOptions;
  readonly #prefix: string;
  readonly #queue: Queue;
  #worker: Worker | undefined;

  constructor(name: string, options: BullmqJobQueueOptions) {
    this.name = name;
    this.#options = options;
    this.#prefix = options.prefix ?? 'drave';
    const historyMax = options.historyMax ?? historyMaxDefault;
    this.#queue = new Queue(
      name,
      {
        connection: options.connection as ConnectionOptions,
        prefix: this.#prefix,
        defaultJobOptions: {
          removeOnComplete: { count: historyMax },
          removeOnFail: { count: historyMax },
        },
      },
      createBackend as never,
    );
    this.#queue.on('error', (error) => this.#logError(error));
  }

  async add(name: string, data: unknown, options: AddOptions = {}): Promise<string> {
    const job = await this.#queue.add(name, data, bullmqOptions(options));
    return job.id ?? '';
  }

  async get(id: string): Promise<JobView | undefined> {
    const job = (await this.#queue.getJob(id)) as Job | undefined;
    return job === undefined ? undefined : viewOf(this.name, job, stateOf(await job.getState()));
  }

  async list(
    states: readonly JobState[],
    page: { readonly start: number; readonly count: number },
  ): Promise<readonly JobView[]> {
    const end = page.start + page.count - 1;
    const views: JobView[] = [];
    for (const state of states) {
      const jobs = (await this.#queue.getJobs([state as JobType], 0, end, false)) as Job[];
      for (const job of jobs) views.push(viewOf(this.name, job, state));
    }
    views.sort((a, b) => b.createdAtMs - a.createdAtMs);
    return views.slice(page.start, page.start + page.count);
  }

  counts(): Promise<Readonly<Record<string, number>>> {
    return this.#queue.getJobCounts(...(jobStates as JobType[]));
  }

  async logs(id: string): Promise<readonly string[]> {
    return (await this.#queue.getJobLogs(id)).logs;
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#queue.remove(id)) === 1;
  }

  async retry(id: string): Promise<void> {
    const job = (await this.#queue.getJob(id)) as Job | undefined;
    if (job === undefined) throw new Error(`queue "${this.name}" has no job ${id}`);
    await job.retry('failed');
  }

  pause(): Promise<void> {
    return this.#queue.pause();
  }

  resume(): Promise<void> {
    return this.#queue.resume();
  }

  isPaused(): Promise<boolean> {
    return this.#queue.isPaused();
  }

  async schedule(id: string, rhythm: Rhythm, name: string, data: unknown = {}): Promise<void> {
    const repeat = 'everyMs' in rhythm ? { every: rhythm.everyMs } : { pattern: rhythm.pattern };
    await this.#queue.upsertJobScheduler(id, repeat, { name, data });
  }

  unschedule(id: string): Promise<boolean> {
    return this.#queue.removeJobScheduler(id);
  }

  async schedules(): Promise<readonly JobSchedule[]> {
    const found = await this.#queue.getJobSchedulers(0, -1, true);
    return found.map((scheduler) => ({
      id: scheduler.key,
      name: scheduler.name,
      everyMs: scheduler.every === undefined ? undefined : Number(scheduler.every),
      pattern: scheduler.pattern,
      nextAtMs: scheduler.next,
    }));
  }

  work(handler: JobHandler, options: { readonly concurrency?: number } = {}): void {
    if (this.#worker !== undefined) throw new Error(`queue "${this.name}" is worked on already`);
    this.#worker = new Worker(
      this.name,
      (job: Job) =>
        handler({
          id: job.id ?? '',
          name: job.name,
          data: job.data as unknown,
          attemptsMade: job.attemptsMade,
          progress: (value) => job.updateProgress(value),
          log: async (line) => {
            await job.log(line);
          },
        }),
      {
        connection: this.#options.connection as ConnectionOptions,
        prefix: this.#prefix,
        concurrency: options.concurrency ?? 1,
      },
      createBackend as never,
    );
    this.#worker.on('error', (error) => this.#logError(error));
  }

  async close(): Promise<void> {
    await this.#worker?.close();
    await this.#queue.close();
  }

  #logError(error: Error): void {
    this.#options.logger.warn('jobs-backend-error', { queue: this.name, error: String(error) });
  }
}

function bullmqOptions(options: AddOptions): JobsOptions {
  const { id, delayMs, priority, attempts, backoff, deduplicationId } = options;
  return {
    ...(id === undefined ? {} : { jobId: id }),
    ...(delayMs === undefined ? {} : { delay: delayMs }),
    ...(priority === undefined ? {} : { priority }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(backoff === undefined ? {} : { backoff: { type: backoff.type, delay: backoff.delayMs } }),
    ...(deduplicationId === undefined ? {} : { deduplication: { id: deduplicationId } }),
  };
}

function stateOf(state: string): JobState {
  return jobStates.find((known) => known === state) ?? 'unknown';
}

function viewOf(queue: string, job: Job, state: JobState): JobView {
  return {
    id: job.id ?? '',
    queue,
    name: job.name,
    data: job.data as unknown,
    state,
    progress: job.progress,
    attemptsMade: job.attemptsMade,
    createdAtMs: job.timestamp,
    startedAtMs: job.processedOn,
    finishedAtMs: job.finishedOn,
    result: (job.returnvalue ?? undefined) as unknown,
    failedReason: job.failedReason || undefined,
  };
}
