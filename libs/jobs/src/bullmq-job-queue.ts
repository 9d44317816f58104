// JobQueue on BullMQ: on Redis, or on the embedded store when the connection names one.
// Protects: an error of the connection never becomes an unhandled event; history has a bound; a call that was told as failed does
// not take effect later unnoticed: while Redis is away nothing is kept for its return, a job whose answer came too late is withdrawn
// and never run here, any other late answer is logged.

import {
  Queue,
  UnrecoverableError,
  Worker,
  type ConnectionOptions,
  type Job,
  type JobsOptions,
  type JobType,
} from 'bullmq';
import type { Logger, Random, Scheduler } from '@drave/platform';
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
  readonly scheduler: Scheduler;
  /** With Redis: a call that has no answer after this many milliseconds rejects with QueueUnavailableError; default never. */
  readonly answerMs?: number;
  /** With `answerMs`: makes the ids of jobs, by which late ones are withdrawn. */
  readonly random?: Random;
}

const noteField = (name: string): string => `drave.note.${name}`;
/** Late jobs remembered; the oldest is forgotten beyond. */
const withdrawnMax = 1_000;

/** The queue's server does not answer. */
export class QueueUnavailableError extends Error {
  override readonly name = 'QueueUnavailableError';
}

export class BullmqJobQueue implements JobQueue {
  readonly name: string;
  readonly #options: BullmqJobQueueOptions;
  readonly #prefix: string;
  readonly #queue: Queue;
  #worker: Worker | undefined;
  readonly #withdrawn = new Set<string>();

  constructor(name: string, options: BullmqJobQueueOptions) {
    this.name = name;
    this.#options = options;
    this.#prefix = options.prefix ?? 'drave';
    const historyMax = options.historyMax ?? historyMaxDefault;
    this.#queue = new Queue(
      name,
      {
        connection: this.#callerConnection(),
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
    const { answerMs, random } = this.#options;
    const id = options.id ?? (answerMs === undefined ? undefined : random?.uuid());
    const named = id === undefined ? options : { ...options, id };
    const add = (): Promise<Job> => this.#queue.add(name, data, bullmqOptions(named));
    const job = await this.#bounded('add', add, options.id === undefined ? id : undefined);
    return job.id ?? '';
  }

  async get(id: string): Promise<JobView | undefined> {
    const job = (await this.#bounded('get', () => this.#queue.getJob(id))) as Job | undefined;
    return job === undefined
      ? undefined
      : viewOf(this.name, job, stateOf(await this.#bounded('get', () => job.getState())));
  }

  async list(
    states: readonly JobState[],
    page: { readonly start: number; readonly count: number },
  ): Promise<readonly JobView[]> {
    const end = page.start + page.count - 1;
    const views: JobView[] = [];
    for (const state of states) {
      const find = () => this.#queue.getJobs([state as JobType], 0, end, false);
      const jobs = (await this.#bounded('list', find)) as Job[];
      for (const job of jobs) views.push(viewOf(this.name, job, state));
    }
    views.sort((a, b) => b.createdAtMs - a.createdAtMs);
    return views.slice(page.start, page.start + page.count);
  }

  counts(): Promise<Readonly<Record<string, number>>> {
    return this.#bounded('counts', () => this.#queue.getJobCounts(...(jobStates as JobType[])));
  }

  async logs(id: string): Promise<readonly string[]> {
    return (await this.#bounded('logs', () => this.#queue.getJobLogs(id))).logs;
  }

  async remove(id: string): Promise<boolean> {
    return (await this.#bounded('remove', () => this.#queue.remove(id))) === 1;
  }

  async retry(id: string): Promise<void> {
    const job = (await this.#bounded('get', () => this.#queue.getJob(id))) as Job | undefined;
    if (job === undefined) throw new Error(`queue "${this.name}" has no job ${id}`);
    await this.#bounded('retry', () => job.retry('failed'));
  }

  pause(): Promise<void> {
    return this.#bounded('pause', () => this.#queue.pause());
  }

  resume(): Promise<void> {
    return this.#bounded('resume', () => this.#queue.resume());
  }

  isPaused(): Promise<boolean> {
    return this.#bounded('isPaused', () => this.#queue.isPaused());
  }

  async schedule(id: string, rhythm: Rhythm, name: string, data: unknown = {}): Promise<void> {
    const repeat = 'everyMs' in rhythm ? { every: rhythm.everyMs } : { pattern: rhythm.pattern };
    await this.#bounded('schedule', () =>
      this.#queue.upsertJobScheduler(id, repeat, { name, data }),
    );
  }

  unschedule(id: string): Promise<boolean> {
    return this.#bounded('unschedule', () => this.#queue.removeJobScheduler(id));
  }

  async schedules(): Promise<readonly JobSchedule[]> {
    const found = await this.#bounded('schedules', () => this.#queue.getJobSchedulers(0, -1, true));
    return found.map((scheduler) => ({
      id: scheduler.key,
      name: scheduler.name,
      everyMs: scheduler.every === undefined ? undefined : Number(scheduler.every),
      pattern: scheduler.pattern,
      nextAtMs: scheduler.next,
    }));
  }

  async setNote(name: string, text: string | undefined): Promise<void> {
    const field = noteField(name);
    const { backend } = this.#queue;
    await this.#bounded('setNote', () =>
      text === undefined
        ? backend.removeQueueMetaFields([field])
        : backend.setQueueMeta({ [field]: text }),
    );
  }

  async note(name: string): Promise<string | undefined> {
    const { backend } = this.#queue;
    const find = (): Promise<string | null> => backend.getQueueMetaField(noteField(name));
    return (await this.#bounded('note', find)) ?? undefined;
  }

  work(handler: JobHandler, options: { readonly concurrency?: number } = {}): void {
    if (this.#worker !== undefined) throw new Error(`queue "${this.name}" is worked on already`);
    this.#worker = new Worker(
      this.name,
      async (job: Job) => {
        if (this.#withdrawn.has(job.id ?? '')) {
          throw new UnrecoverableError('not run: its caller was told that it was not added');
        }
        return handler({
          id: job.id ?? '',
          name: job.name,
          data: job.data as unknown,
          scheduleId: job.repeatJobKey,
          everyMs: everyMsOf(job),
          attemptsMade: job.attemptsMade,
          progress: (value) => job.updateProgress(value),
          log: async (line) => {
            await job.log(line);
          },
          forget: () => {
            job.opts.removeOnComplete = true;
          },
        });
      },
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
    // Without an answer there is nobody to say goodbye to.
    const give = (error: unknown): void => {
      if (!(error instanceof QueueUnavailableError) && !isConnectionError(error)) throw error;
    };
    const worker = this.#worker;
    if (worker) {
      await this.#timed(worker.close()).catch((error: unknown) => {
        give(error);
        void worker.disconnect().catch(() => undefined);
      });
    }
    await this.#timed(this.#queue.close()).catch((error: unknown) => {
      give(error);
      void this.#queue.disconnect().catch(() => undefined);
    });
  }

  /** Calls are not kept for the return of Redis: neither before they are sent nor after. */
  #callerConnection(): ConnectionOptions {
    const connection = this.#options.connection as ConnectionOptions;
    if (this.#options.answerMs === undefined) return connection;
    const failFast = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false };
    return { ...connection, ...failFast, maxRetriesPerRequest: 0 } as ConnectionOptions;
  }

  /**
   * Begins a call once the queue is ready for it; without `answerMs` at once. Rejects with QueueUnavailableError: before it began nothing
   * happens later; after that it may, which is logged, and the job `added` is removed again and not run here.
   */
  async #bounded<Result>(
    call: string,
    work: () => Promise<Result>,
    added?: string,
  ): Promise<Result> {
    if (this.#options.answerMs === undefined) return work();
    await this.#timed(this.#queue.waitUntilReady());
    const answer = work();
    try {
      return await this.#timed(answer);
    } catch (cause) {
      const isLate = cause instanceof QueueUnavailableError;
      if (!isLate && !isConnectionError(cause)) throw cause;
      if (added !== undefined) this.#withdraw(added);
      if (!isLate) throw new QueueUnavailableError(`the job queue is away: ${cause}`, { cause });
      void answer.then(
        () => this.#noteLate(call, added),
        () => undefined, // it failed in the end: nothing took effect
      );
      throw cause;
    }
  }

  #withdraw(id: string): void {
    this.#withdrawn.add(id);
    const [oldest] = this.#withdrawn;
    if (this.#withdrawn.size > withdrawnMax && oldest) this.#withdrawn.delete(oldest);
  }

  async #noteLate(call: string, added: string | undefined): Promise<void> {
    this.#options.logger.warn('jobs-late-answer', { queue: this.name, call, job: added });
    // Where it is active already, the worker has refused it.
    if (added !== undefined) await this.#queue.remove(added).catch(() => 0);
  }

  #timed<Result>(answer: Promise<Result>): Promise<Result> {
    const { answerMs, scheduler } = this.#options;
    if (answerMs === undefined) return answer;
    return new Promise((resolve, reject) => {
      const timer = scheduler.setTimer(answerMs, () => {
        reject(new QueueUnavailableError(`the job queue has not answered for ${answerMs} ms`));
      });
      void answer.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  #logError(error: Error): void {
    this.#options.logger.warn('jobs-backend-error', { queue: this.name, error: String(error) });
  }
}

/** What ioredis says when a command could not be sent or its connection broke; by its sentences, as it has no codes. */
function isConnectionError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error.name === 'MaxRetriesPerRequestError') return true;
  return /isn't writeable|Connection is closed|ECONN|EPIPE/.test(error.message);
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

/** BullMQ keeps the rhythm in the options of a scheduled job, which its types leave out. */
function everyMsOf({ opts }: Job): number | undefined {
  const { repeat } = opts as { readonly repeat?: { readonly every?: number } };
  return repeat?.every === undefined ? undefined : Number(repeat.every);
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
