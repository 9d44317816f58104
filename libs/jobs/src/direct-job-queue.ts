// JobQueue straight on the embedded store, with the platform's clock and timers only: the same rules as under BullMQ, and a
// seeded world owns the time. Protects: no real timer, no randomness; what was active when the process died runs again.
// Leaves out: cron patterns (a fixed rhythm is enough for simulations) and deduplication with time to live.

import type { Timer } from '@drave/platform';
import { addJob } from './embedded/add-job.js';
import { finishJob } from './embedded/finish-job.js';
import type { JobRow } from './embedded/job-row.js';
import type { EmbeddedJobStore } from './embedded/job-store.js';
import type { QueueState } from './embedded/queue-state.js';
import { removeJob } from './embedded/remove-job.js';
import { advanceScheduler, removeScheduler, upsertScheduler } from './embedded/schedulers.js';
import { takeNext } from './embedded/take-job.js';
import { delayActive, recoverStalled, retryFinished, retryJob } from './embedded/transitions.js';
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

export class DirectJobQueue implements JobQueue {
  readonly name: string;
  readonly #store: EmbeddedJobStore;
  readonly #queue: QueueState;
  readonly #historyMax: number;
  #handler: JobHandler | undefined;
  #concurrency = 1;
  readonly #running = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(name: string, store: EmbeddedJobStore, options: JobQueueOptions = {}) {
    this.name = name;
    this.#store = store;
    this.#historyMax = options.historyMax ?? historyMaxDefault;
    this.#queue = store.queue(`${options.prefix ?? 'drave'}:${name}`);
  }

  async add(name: string, data: unknown, options: AddOptions = {}): Promise<string> {
    const { backoff, deduplicationId } = options;
    const opts = {
      attempts: options.attempts ?? 1,
      ...(options.delayMs === undefined ? {} : { delay: options.delayMs }),
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      ...(backoff === undefined ? {} : { backoff: { type: backoff.type, delay: backoff.delayMs } }),
      ...(deduplicationId === undefined ? {} : { deduplication: { id: deduplicationId } }),
    };
    const id = this.#store.transact(() =>
      addJob(
        this.#queue,
        {
          id: options.id ?? '',
          name,
          data: JSON.stringify(data) ?? 'null',
          opts,
          progress: 0,
          attemptsMade: 0,
          attemptsStarted: 0,
          timestamp: this.#store.nowMs(),
          failedReason: '',
          returnvalue: '',
          stalledCounter: 0,
        },
        options.id,
      ),
    );
    await this.#store.durable();
    this.#look();
    return id;
  }

  async get(id: string): Promise<JobView | undefined> {
    const row = this.#queue.rows.get(id);
    return row === undefined ? undefined : viewOf(this.name, row);
  }

  async list(
    states: readonly JobState[],
    page: { readonly start: number; readonly count: number },
  ): Promise<readonly JobView[]> {
    const rows = [...this.#queue.rows.values()].filter((row) => states.includes(stateOf(row)));
    rows.sort((a, b) => b.timestamp - a.timestamp || b.placement - a.placement);
    return rows.slice(page.start, page.start + page.count).map((row) => viewOf(this.name, row));
  }

  async counts(): Promise<Readonly<Record<string, number>>> {
    const { sets } = this.#queue;
    return Object.fromEntries(
      jobStates.map((state) => [
        state,
        state === 'waiting' ? sets.wait.size : state === 'unknown' ? 0 : sets[state].size,
      ]),
    );
  }

  async logs(id: string): Promise<readonly string[]> {
    return this.#queue.rows.get(id)?.logs ?? [];
  }

  async remove(id: string): Promise<boolean> {
    if (this.#queue.rows.get(id)?.state === 'active') return false;
    const removed = this.#store.transact(() => removeJob(this.#queue, id, false));
    await this.#store.durable();
    return removed === 1;
  }

  async retry(id: string): Promise<void> {
    this.#store.transact(() =>
      retryFinished(this.#queue, {
        id,
        state: 'failed',
        lifo: false,
        resetMade: false,
        resetStarted: false,
      }),
    );
    await this.#store.durable();
    this.#look();
  }

  async pause(): Promise<void> {
    this.#store.transact(() => this.#queue.setMeta('paused', '1'));
    await this.#store.durable();
  }

  async resume(): Promise<void> {
    this.#store.transact(() => this.#queue.setMeta('paused', null));
    await this.#store.durable();
    this.#look();
  }

  async isPaused(): Promise<boolean> {
    return this.#queue.isPaused;
  }

  async schedule(id: string, rhythm: Rhythm, name: string, data: unknown = {}): Promise<void> {
    if (!('everyMs' in rhythm)) {
      throw new Error('the direct adapter has fixed rhythms only: give everyMs, or use BullMQ');
    }
    this.#store.transact(() =>
      upsertScheduler(this.#queue, {
        id,
        nextMs: this.#store.nowMs(),
        data: JSON.stringify(data),
        templateOpts: {},
        repeat: { name, every: rhythm.everyMs },
        jobOpts: {},
      }),
    );
    await this.#store.durable();
    this.#look();
  }

  async unschedule(id: string): Promise<boolean> {
    const removed = this.#store.transact(() => removeScheduler(this.#queue, id));
    await this.#store.durable();
    return removed;
  }

  async schedules(): Promise<readonly JobSchedule[]> {
    return [...this.#queue.schedulers].map(([id, { fields, next }]) => ({
      id,
      name: fields['name'] ?? id,
      everyMs: fields['every'] === undefined ? undefined : Number(fields['every']),
      pattern: fields['pattern'],
      nextAtMs: next,
    }));
  }

  async setNote(name: string, text: string | undefined): Promise<void> {
    this.#store.transact(() => this.#queue.setMeta(`drave.note.${name}`, text ?? null));
    await this.#store.durable();
  }

  async note(name: string): Promise<string | undefined> {
    return this.#queue.meta.get(`drave.note.${name}`);
  }

  work(handler: JobHandler, options: { readonly concurrency?: number } = {}): void {
    if (this.#handler !== undefined) throw new Error(`queue "${this.name}" is worked on already`);
    this.#handler = handler;
    this.#concurrency = options.concurrency ?? 1;
    // The store's directory is ours alone, so what is active belongs to a dead process.
    this.#store.transact(() => recoverStalled(this.#queue, 1, 0));
    this.#look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await Promise.all(this.#running);
  }

  /** Starts what may start, and sets the timer for what is due later. */
  #look(): void {
    if (this.#handler === undefined || this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#running.size < this.#concurrency) {
      const nowMs = this.#store.nowMs();
      const taker = { token: '0', lockMs: 0 };
      const [job, id, , dueMs] = this.#store.transact(() => takeNext(this.#queue, taker, nowMs));
      const row = job === null ? undefined : this.#queue.rows.get(String(id));
      if (row === undefined) {
        if (dueMs > 0) {
          const delayMs = Math.max(0, dueMs - nowMs);
          this.#timer = this.#store.scheduler.setTimer(delayMs, () => this.#look());
        }
        return;
      }
      this.#rearm(row);
      const run: Promise<void> = this.#run(row, this.#handler).finally(() => {
        this.#running.delete(run);
        this.#look();
      });
      this.#running.add(run);
    }
  }

  #rearm(row: JobRow): void {
    const schedulerId = row.repeatJobKey;
    if (schedulerId === undefined) return;
    this.#store.transact(() =>
      advanceScheduler(this.#queue, {
        id: schedulerId,
        nextMs: this.#store.nowMs(),
        jobOpts: {},
        producerId: row.id,
      }),
    );
  }

  async #run(row: JobRow, handler: JobHandler): Promise<void> {
    let isForgotten = false;
    try {
      if (row.deferredFailure !== undefined) throw new Error(row.deferredFailure);
      const result = await handler({
        id: row.id,
        name: row.name,
        data: JSON.parse(row.data) as unknown,
        scheduleId: row.repeatJobKey,
        everyMs: this.#everyMs(row.repeatJobKey),
        attemptsMade: row.attemptsMade,
        progress: async (value) => {
          this.#store.transact(() => this.#queue.patch(row, { progress: value }));
        },
        log: async (line) => {
          this.#store.transact(() => this.#queue.addLog(row, line, 1_000));
        },
        forget: () => {
          isForgotten = true;
        },
      });
      const value = JSON.stringify(result) ?? 'null';
      this.#finish(row, 'completed', value, isForgotten ? 0 : this.#historyMax);
    } catch (error) {
      this.#fail(row, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #everyMs(scheduleId: string | undefined): number | undefined {
    const every = scheduleId && this.#queue.schedulers.get(scheduleId)?.fields['every'];
    return every ? Number(every) : undefined;
  }

  #fail(row: JobRow, error: Error): void {
    const attempts = row.opts.attempts ?? 1;
    if (row.attemptsMade + 1 >= attempts || row.deferredFailure !== undefined) {
      this.#finish(row, 'failed', error.message, this.#historyMax);
      return;
    }
    const { backoff } = row.opts;
    const base = typeof backoff === 'object' ? (backoff.delay ?? 0) : (backoff ?? 0);
    const isExponential = typeof backoff === 'object' && backoff.type === 'exponential';
    const delay = isExponential ? base * 2 ** row.attemptsMade : base;
    const fields = { failedReason: error.message };
    this.#store.transact(() => {
      if (delay <= 0) retryJob(this.#queue, { id: row.id, lifo: false, token: '0', fields });
      else {
        const timestamp = this.#store.nowMs();
        const move = { id: row.id, token: '0', delay, timestamp, skipAttempt: false, fields };
        delayActive(this.#queue, move);
      }
    });
  }

  #finish(row: JobRow, target: 'completed' | 'failed', value: string, keepMax: number): void {
    const finish = {
      id: row.id,
      target,
      value,
      token: '0',
      keep: { count: keepMax },
      attempts: row.opts.attempts ?? 1,
    };
    this.#store.transact(() => finishJob(this.#queue, finish, this.#store.nowMs()));
  }
}

function stateOf(row: JobRow): JobState {
  return row.state === 'wait' ? 'waiting' : row.state;
}

function viewOf(queue: string, row: JobRow): JobView {
  return {
    id: row.id,
    queue,
    name: row.name,
    data: JSON.parse(row.data) as unknown,
    state: stateOf(row),
    progress: row.progress ?? 0,
    attemptsMade: row.attemptsMade,
    createdAtMs: row.timestamp,
    startedAtMs: row.processedOn,
    finishedAtMs: row.finishedOn,
    result: row.returnvalue === undefined ? undefined : (JSON.parse(row.returnvalue) as unknown),
    failedReason: row.failedReason,
  };
}
