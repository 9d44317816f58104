// The platform's own background jobs: which there are, what each does, and the queue they stand in. Protects: a job's data was
// checked by its schema when it was added and is checked again when it runs; besides a scrub one job runs at a time; sweeps run by
// schedule, and where the queue does not answer (Redis is away) the broker's own timers take over by themselves.
// Leaves out: records that wait (the broker delivers them itself).

import type { Broker } from '@drave/broker';
import { KafkaClient } from '@drave/client';
import { brokerProcessSettings, brokerSettings } from '@drave/contracts';
import { jobDataSchemas, platformJobNames, type PlatformJobName } from '@drave/contracts/rest';
import {
  BullmqJobQueue,
  EmbeddedJobStore,
  type JobContext,
  type JobQueue,
  type Rhythm,
} from '@drave/jobs';
import type { Platform, Timer } from '@drave/platform';
import { bootstrapOf } from '../bootstrap.js';
import { redriveDeadLetters } from './dead-letter-redrive.js';
import { resetOffsets } from './offset-reset.js';
import { tellJob } from './job-events.js';
import { Snapshots } from './snapshots.js';

export interface PlatformJobsOptions {
  readonly broker: Broker;
  /** `host:port` each, of the same broker; default: where it listens. */
  readonly bootstrap?: readonly string[];
  readonly platform: Platform;
  /** Where jobs are kept without Redis; absent: in memory. */
  readonly directory?: string;
  /** Jobs are kept there instead. */
  readonly redisUrl?: string;
  /** How long one question to Redis may take; milliseconds, default 5,000. */
  readonly answerMs?: number;
  /** Where the job `snapshot` makes its copies; absent: it fails. */
  readonly snapshotsDirectory?: string;
  /** Schedules for the broker's sweeps, added where they are missing; default true. */
  readonly sweeps?: boolean;
}

const queueName = 'platform';
/** A scrub takes long: others run beside it. */
const concurrency = 4;
const redisAnswerMs = 5_000;
const scheduleCheckMs = 5_000;

/** By id of the schedule: what the broker's timers would do, as often. */
const sweepSchedules = {
  retention: {
    job: 'retention-sweep',
    everyMs: brokerSettings.logRetentionCheckIntervalMs.default,
    data: {},
  },
  compaction: {
    job: 'compaction-sweep',
    everyMs: brokerSettings.logCleanerBackoffMs.default,
    data: {},
  },
  scrub: {
    job: 'segment-scrub',
    everyMs: brokerSettings.logScrubIntervalMs.default,
    data: { bytesPerSecond: brokerSettings.logScrubBytesPerSecond.default },
  },
} as const;

const removedNote = (schedule: string): string => `removed.${schedule}`;

export class PlatformJobs {
  readonly queue: JobQueue;
  /** undefined: no directory was given. */
  readonly snapshots: Snapshots | undefined;
  readonly #options: PlatformJobsOptions;
  readonly #store: EmbeddedJobStore | undefined;
  readonly #client: KafkaClient;
  readonly #stopping = new AbortController();
  /** All but scrubs, one after another; never rejects. */
  #line: Promise<unknown> = Promise.resolve();
  #isScrubbing = false;
  #scheduling: Promise<void> = Promise.resolve();
  #retry: Timer | undefined;

  private constructor(options: PlatformJobsOptions, store: EmbeddedJobStore | undefined) {
    this.#options = options;
    this.#store = store;
    const { snapshotsDirectory: directory } = options;
    this.snapshots = directory === undefined ? undefined : new Snapshots({ ...options, directory });
    const { platform, redisUrl, bootstrap = bootstrapOf(options.broker) } = options;
    this.#client = new KafkaClient({ brokers: bootstrap, platform, clientId: 'drave-jobs' });
    const connection = store ? { embedded: store } : { url: redisUrl ?? '' };
    const { clusterId } = options.broker;
    // One Redis may serve several clusters; a prefix holds no colon.
    const prefix = store ? 'drave' : `drave.${clusterId}`;
    this.queue = new BullmqJobQueue(queueName, {
      connection,
      prefix,
      logger: platform.logger,
      scheduler: platform.scheduler,
      random: platform.random,
      ...(store ? {} : { answerMs: options.answerMs ?? redisAnswerMs }),
    });
  }

  /** Begins to run what waits; does not wait for Redis. */
  static async start(options: PlatformJobsOptions): Promise<PlatformJobs> {
    const { platform, directory, redisUrl } = options;
    const store =
      redisUrl === undefined
        ? await EmbeddedJobStore.open({ platform, ...(directory ? { directory } : {}) })
        : undefined;
    const jobs = new PlatformJobs(options, store);
    const { clock } = platform;
    const run = (job: JobContext) => jobs.#run(job);
    jobs.queue.work((job) => tellJob(options.broker, clock, job, run), { concurrency });
    if (options.sweeps ?? true) jobs.#schedule();
    if (store) await jobs.#scheduling;
    return jobs;
  }

  /** Cuts off what can go on later, waits for the rest. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the broker stops'));
    this.#retry?.cancel();
    await this.#scheduling;
    await this.queue.close();
    await this.#client.close();
    await this.#store?.close();
  }

  /** Adds or changes a schedule. */
  async schedule(id: string, rhythm: Rhythm, job: PlatformJobName, data: unknown): Promise<void> {
    await this.queue.schedule(id, rhythm, job, data);
    if (Object.hasOwn(sweepSchedules, id)) await this.queue.setNote(removedNote(id), undefined);
  }

  /** Removes a schedule for good, also one of the broker's sweeps, which its own timers then run. False: there is none. */
  async unschedule(id: string): Promise<boolean> {
    // First: cut off in between, the schedule is still there to be removed.
    if (Object.hasOwn(sweepSchedules, id)) await this.queue.setNote(removedNote(id), 'yes');
    return this.queue.unschedule(id);
  }

  /** Adds the schedules that are missing and were not removed; on Redis again and again, for it may be away or come back empty. */
  #schedule(): void {
    const { logger, scheduler } = this.#options.platform;
    this.#scheduling = this.#addMissingSchedules()
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        logger.warn('jobs-not-scheduled', { error: String(error) });
      })
      .then(() => {
        if (this.#stopping.signal.aborted || this.#store) return;
        this.#retry = scheduler.setTimer(scheduleCheckMs, () => this.#schedule());
      });
  }

  async #addMissingSchedules(): Promise<void> {
    const known = new Set((await this.queue.schedules()).map(({ id }) => id));
    for (const [id, { job, everyMs, data }] of Object.entries(sweepSchedules)) {
      if (this.#stopping.signal.aborted) return;
      const isMissing = !known.has(id) && (await this.queue.note(removedNote(id))) === undefined;
      if (isMissing) await this.queue.schedule(id, { everyMs }, job, data);
    }
  }

  async #run(job: JobContext): Promise<unknown> {
    const name = platformJobNames.find((known) => known === job.name);
    if (name === undefined) throw new Error(`this version knows no job '${job.name}'`);
    this.#expectNext(job);
    if (name === 'segment-scrub') return this.#scrub(job);
    const run = this.#line.then(() => {
      this.#stopping.signal.throwIfAborted();
      return this.#perform(name, job);
    });
    this.#line = run.catch(() => undefined);
    return run;
  }

  /** As long as the schedule of a sweep is kept, the broker's own timer need not run it. */
  #expectNext({ scheduleId, everyMs }: JobContext): void {
    const { maintenance } = this.#options.broker;
    if (everyMs === undefined) return;
    if (scheduleId === 'retention' || scheduleId === 'compaction' || scheduleId === 'scrub') {
      maintenance.expectSweep(scheduleId, everyMs);
    }
  }

  /** Reads for hours at times, so it runs beside the others, once at a time. */
  async #scrub(job: JobContext): Promise<unknown> {
    if (this.#isScrubbing) throw new Error('a scrub runs already');
    this.#isScrubbing = true;
    const { bytesPerSecond } = jobDataSchemas['segment-scrub'].parse(job.data);
    const { signal } = this.#stopping;
    try {
      return await this.#options.broker.maintenance.scrub({
        signal,
        ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
      });
    } finally {
      this.#isScrubbing = false;
    }
  }

  async #perform(
    name: Exclude<PlatformJobName, 'segment-scrub'>,
    job: JobContext,
  ): Promise<unknown> {
    const { maintenance } = this.#options.broker;
    switch (name) {
      case 'retention-sweep':
        return { segmentsDeleted: await maintenance.applyRetention() };
      case 'compaction-sweep': {
        const { force } = jobDataSchemas[name].parse(job.data);
        const logsCompacted = await maintenance.compact({ isForced: force });
        // Looked for every few seconds: only what was done is worth a line.
        if (logsCompacted === 0 && job.scheduleId !== undefined) job.forget();
        return { logsCompacted };
      }
      case 'snapshot':
        if (this.snapshots) return this.snapshots.create(job);
        throw new Error(
          `no directory for snapshots is set: start the broker with ${brokerProcessSettings.snapshots.env}`,
        );
      case 'topic-purge':
        return {
          recordsDeleted: await maintenance.purge(jobDataSchemas[name].parse(job.data).topic),
        };
      case 'dead-letter-redrive': {
        const data = jobDataSchemas[name].parse(job.data);
        const { clock, scheduler } = this.#options.platform;
        const { signal } = this.#stopping;
        const context = { client: this.#client, clock, scheduler, signal };
        const result = await redriveDeadLetters(context, data, job);
        if (!data.dryRun) {
          const redriven = { topic: data.topic, count: result.redriven };
          this.#options.broker.events.publish({ type: 'letters.redriven.v1', data: redriven });
        }
        return result;
      }
      case 'offset-reset':
        return resetOffsets(
          { client: this.#client, events: this.#options.broker.events },
          jobDataSchemas[name].parse(job.data),
        );
    }
  }
}
