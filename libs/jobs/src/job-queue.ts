// The port of background work: one named queue of jobs with schedules, progress and history. Broker code depends on this alone;
// adapters: bullmq-job-queue.ts (BullMQ, on Redis or embedded) and direct-job-queue.ts (the embedded store on the platform's
// clock, for simulations). Protects: a job runs at least once; with one id it stands in the queue once.
// Leaves out: records, heartbeats and rebalancing, which never travel through jobs; flows (use BullMQ's FlowProducer).

export type JobState =
  | 'waiting'
  | 'prioritized'
  | 'delayed'
  | 'active'
  | 'waiting-children'
  | 'completed'
  | 'failed'
  | 'unknown';

export const jobStates: readonly JobState[] = [
  'active',
  'waiting',
  'prioritized',
  'delayed',
  'waiting-children',
  'completed',
  'failed',
];

export interface AddOptions {
  /** Unique in the queue while the job is kept; a second job with it is not added. No colon. */
  readonly id?: string;
  /** Milliseconds, ≥ 0. */
  readonly delayMs?: number;
  /** 1 (first) to 2,097,152; jobs without one go before all that have one. */
  readonly priority?: number;
  /** Runs until it succeeds this many times at most; default 1. */
  readonly attempts?: number;
  /** Pause before another attempt; it doubles each time when `exponential`. */
  readonly backoff?: { readonly type: 'fixed' | 'exponential'; readonly delayMs: number };
  /** While a job with this id is unfinished, further ones are dropped. */
  readonly deduplicationId?: string;
}

/** A job as history shows it. Times are milliseconds since the epoch. */
export interface JobView {
  readonly id: string;
  readonly queue: string;
  readonly name: string;
  readonly data: unknown;
  readonly state: JobState;
  readonly progress: unknown;
  readonly attemptsMade: number;
  readonly createdAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly result: unknown;
  readonly failedReason: string | undefined;
}

/** What a running job may do. */
export interface JobContext {
  readonly id: string;
  readonly name: string;
  readonly data: unknown;
  /** The schedule it comes from, and that one's rhythm (ms) where it is fixed. */
  readonly scheduleId: string | undefined;
  readonly everyMs: number | undefined;
  /** Attempts before this one. */
  readonly attemptsMade: number;
  /** JSON-able; visible at once. */
  progress(value: string | number | boolean | object): Promise<void>;
  log(line: string): Promise<void>;
  /** Leaves no trace of this job once it has completed: nothing happened that is worth a line of history. */
  forget(): void;
}

/** The result becomes part of the history (JSON-able); a throw fails the attempt. */
export type JobHandler = (job: JobContext) => Promise<unknown>;

export interface JobSchedule {
  readonly id: string;
  readonly name: string;
  readonly everyMs: number | undefined;
  readonly pattern: string | undefined;
  readonly nextAtMs: number | undefined;
}

/** How often: a fixed rhythm or a cron pattern (the direct adapter knows rhythms only). */
export type Rhythm = { readonly everyMs: number } | { readonly pattern: string };

export interface JobQueue {
  readonly name: string;
  /** The id of the job, durable as far as the backend is. */
  add(name: string, data: unknown, options?: AddOptions): Promise<string>;
  get(id: string): Promise<JobView | undefined>;
  /** Newest first. */
  list(
    states: readonly JobState[],
    page: { readonly start: number; readonly count: number },
  ): Promise<readonly JobView[]>;
  counts(): Promise<Readonly<Record<string, number>>>;
  logs(id: string): Promise<readonly string[]>;
  /** False when it is active now. */
  remove(id: string): Promise<boolean>;
  /** Lets a failed job run again. Rejects when it has not failed. */
  retry(id: string): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  isPaused(): Promise<boolean>;
  /** Adds or changes a schedule; its jobs are named `name`. The first one is due at once when it has a fixed rhythm. */
  schedule(id: string, rhythm: Rhythm, name: string, data?: unknown): Promise<void>;
  unschedule(id: string): Promise<boolean>;
  schedules(): Promise<readonly JobSchedule[]>;
  /** A small text kept with the queue, as durable as its schedules; undefined removes it. */
  setNote(name: string, text: string | undefined): Promise<void>;
  note(name: string): Promise<string | undefined>;
  /** Starts to run jobs; once per queue object. */
  work(handler: JobHandler, options?: { readonly concurrency?: number }): void;
  /** Waits for running jobs, then lets go. */
  close(): Promise<void>;
}

export interface JobQueueOptions {
  /** Namespace of all names; default `drave`. No colon. */
  readonly prefix?: string;
  /** Finished jobs kept per state, newest; default 1,000. */
  readonly historyMax?: number;
}

export const historyMaxDefault = 1_000;
