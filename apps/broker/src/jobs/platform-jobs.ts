// The platform's own background jobs: which there are, what each does, and the queue they stand in. Protects: a job's data was
// checked by its schema when it was added and is checked again when it runs; one job runs at a time.
// Leaves out: the timers of the log, which sweep without any job; records that wait (the broker delivers them itself).

import type { Broker } from '@drave/broker';
import { KafkaClient } from '@drave/client';
import { jobDataSchemas, platformJobNames, type PlatformJobName } from '@drave/contracts/rest';
import { BullmqJobQueue, EmbeddedJobStore, type JobContext, type JobQueue } from '@drave/jobs';
import type { Platform } from '@drave/platform';
import { bootstrapOf } from '../bootstrap.js';
import { redriveDeadLetters } from './dead-letter-redrive.js';
import { resetOffsets } from './offset-reset.js';

export interface PlatformJobsOptions {
  readonly broker: Broker;
  /** `host:port` each, of the same broker; default: where it listens. */
  readonly bootstrap?: readonly string[];
  readonly platform: Platform;
  /** Where jobs are kept without Redis; absent: in memory. */
  readonly directory?: string;
  /** Jobs are kept there instead. */
  readonly redisUrl?: string;
}

const queueName = 'platform';

export class PlatformJobs {
  readonly queue: JobQueue;
  readonly #options: PlatformJobsOptions;
  readonly #store: EmbeddedJobStore | undefined;
  readonly #client: KafkaClient;

  private constructor(options: PlatformJobsOptions, store: EmbeddedJobStore | undefined) {
    this.#options = options;
    this.#store = store;
    const { platform, redisUrl, bootstrap = bootstrapOf(options.broker) } = options;
    this.#client = new KafkaClient({ brokers: bootstrap, platform, clientId: 'drave-jobs' });
    const connection = store ? { embedded: store } : { url: redisUrl ?? '' };
    const { clusterId } = options.broker;
    // One Redis may serve several clusters; a prefix holds no colon.
    const prefix = store ? 'drave' : `drave.${clusterId}`;
    this.queue = new BullmqJobQueue(queueName, { connection, prefix, logger: platform.logger });
  }

  /** Begins to run what waits. */
  static async start(options: PlatformJobsOptions): Promise<PlatformJobs> {
    const { platform, directory, redisUrl } = options;
    const store =
      redisUrl === undefined
        ? await EmbeddedJobStore.open({ platform, ...(directory ? { directory } : {}) })
        : undefined;
    const jobs = new PlatformJobs(options, store);
    jobs.queue.work((job) => jobs.#run(job));
    return jobs;
  }

  async stop(): Promise<void> {
    await this.queue.close();
    await this.#client.close();
    await this.#store?.close();
  }

  async #run(job: JobContext): Promise<unknown> {
    const name = platformJobNames.find((known) => known === job.name);
    if (name === undefined) throw new Error(`this version knows no job '${job.name}'`);
    return this.#perform(name, job);
  }

  async #perform(name: PlatformJobName, job: JobContext): Promise<unknown> {
    const { maintenance } = this.#options.broker;
    switch (name) {
      case 'retention-sweep':
        return { segmentsDeleted: await maintenance.applyRetention() };
      case 'compaction-sweep': {
        const { force } = jobDataSchemas[name].parse(job.data);
        return { logsCompacted: await maintenance.compact({ isForced: force }) };
      }
      case 'segment-scrub': {
        const { bytesPerSecond } = jobDataSchemas[name].parse(job.data);
        return maintenance.scrub(bytesPerSecond === undefined ? {} : { bytesPerSecond });
      }
      case 'topic-purge':
        return {
          recordsDeleted: await maintenance.purge(jobDataSchemas[name].parse(job.data).topic),
        };
      case 'dead-letter-redrive': {
        const data = jobDataSchemas[name].parse(job.data);
        return redriveDeadLetters(this.#client, this.#options.platform.scheduler, data, job);
      }
      case 'offset-reset':
        return resetOffsets(this.#client, jobDataSchemas[name].parse(job.data));
    }
  }
}
