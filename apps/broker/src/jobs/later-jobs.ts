// The platform's jobs of a process that listens first: BullMQ loads when `start` is called, or when somebody asks for a job before.
// Protects: what does not start is logged and told to those who ask, and is tried again when asked; stopping before the start is
// nothing. Leaves out: the jobs.

import type { PlatformJobs, PlatformJobsOptions } from './platform-jobs.js';

/** How long the end of a broker waits for its jobs. */
const stopMsMax = 3_000;

export class LaterJobs {
  readonly #options: PlatformJobsOptions;
  #started: Promise<PlatformJobs> | undefined;
  #isStopped = false;

  constructor(options: PlatformJobsOptions) {
    this.#options = options;
  }

  /** Begins to load and run; never rejects, settles when they run or cannot. */
  async start(): Promise<void> {
    await this.get().catch(() => undefined);
  }

  /** Rejects with the reason when they do not start. */
  get(): Promise<PlatformJobs> {
    if (this.#isStopped) return Promise.reject(new Error('the broker stops'));
    this.#started ??= this.#load().catch((error: unknown) => {
      this.#started = undefined;
      this.#options.platform.logger.error('jobs-not-started', { error: String(error) });
      throw error;
    });
    return this.#started;
  }

  /** False: the jobs' Redis does not answer and they were given up; what is left of them may keep the process alive. */
  async stop(): Promise<boolean> {
    this.#isStopped = true;
    const stopped = this.#stop().then(() => true);
    const late = this.#options.platform.scheduler.sleep(stopMsMax).then(() => false);
    return Promise.race([stopped, late]);
  }

  async #stop(): Promise<void> {
    const jobs = await this.#started?.catch(() => undefined);
    await jobs?.stop();
  }

  async #load(): Promise<PlatformJobs> {
    const { PlatformJobs } = await import('./platform-jobs.js');
    return PlatformJobs.start(this.#options);
  }
}
