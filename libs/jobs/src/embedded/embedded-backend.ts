// BullMQ's IQueueBackend on the embedded store: one object per Queue, Worker, QueueEvents or FlowProducer.
// Protects: what a producer is told is durable (adds, removals, schedulers, pauses wait for the journal); workers' moves are
// recorded in order and become durable right after, so a crash repeats work but never loses it; blocked calls wake on close.
// Leaves out: relays and Redis' client list. The whole interface is written; `embedded-backend.test.ts` compares the lists.

import type {
  IQueueBackend,
  JobJson,
  JobProgress,
  JobsOptions,
  KeepJobs,
  MinimalJob,
  MoveToDelayedOpts,
  MoveToWaitingChildrenOpts,
  ParentKeyOpts,
  RepeatableOptions,
  RetryJobOpts,
  RetryOptions,
} from 'bullmq';
import { addJob } from './add-job.js';
import { finishJob, type Finish, type Keep } from './finish-job.js';
import type { RowPatch } from './job-row.js';
import { forgetChild, releaseParentIfReady } from './parents.js';
import * as queries from './queries.js';
import * as removal from './remove-job.js';
import * as schedulers from './schedulers.js';
import { isLocked, takeNext, type Taker } from './take-job.js';
import * as transitions from './transitions.js';
import { BackendBase } from './backend-base.js';

const lockMsDefault = 30_000;

export class EmbeddedBackend extends BackendBase implements IQueueBackend {
  forQueue(queueName: string, prefix?: string): EmbeddedBackend {
    return new EmbeddedBackend(this.store, queueName, {
      ...this.opts,
      prefix: prefix ?? this.prefix,
    });
  }

  // Adding

  addJob(job: JobJson, jobId: string, parentKeyOpts?: ParentKeyOpts): Promise<string> {
    return this.durably(() => addJob(this.queue, job, jobId, parentKeyOpts));
  }

  addJobs(
    entries: { job: JobJson; jobId: string; parentKeyOpts?: ParentKeyOpts }[],
  ): Promise<string[]> {
    return this.durably(() =>
      entries.map((entry) => addJob(this.queue, entry.job, entry.jobId, entry.parentKeyOpts)),
    );
  }

  addFlow(
    entries: {
      jobData: JobJson;
      jobId: string;
      parentKeyOpts: ParentKeyOpts;
      prefix: string;
      queueName: string;
    }[],
  ): Promise<[Error | null, string | number][]> {
    return this.durably(() => {
      const parentKeys = new Set<string>();
      const blockedKeys = new Set<string>();
      const results = entries.map((entry): [Error | null, string | number] => {
        const queue = this.store.queue(`${entry.prefix}:${entry.queueName}`);
        const keyOpts = { ...entry.parentKeyOpts, deferParentRelease: true };
        const parentKey = entry.parentKeyOpts?.parentKey;
        if (parentKey) parentKeys.add(parentKey);
        try {
          return [null, addJob(queue, entry.jobData, entry.jobId, keyOpts)];
        } catch (error) {
          const code = (error as { code?: unknown }).code;
          if (typeof code !== 'number') throw error;
          if (parentKey) blockedKeys.add(parentKey);
          return [null, code];
        }
      });
      for (const key of parentKeys) {
        const parent = this.store.find(key);
        if (parent !== undefined && !blockedKeys.has(key)) releaseParentIfReady(parent);
      }
      return results;
    });
  }

  // Schedulers

  addJobScheduler(
    jobSchedulerId: string,
    nextMillis: number,
    templateData: string,
    templateOpts: JobsOptions,
    opts: RepeatableOptions,
    delayedJobOpts: JobsOptions,
  ): Promise<[string, number]> {
    return this.durably(() =>
      schedulers.upsertScheduler(this.queue, {
        id: jobSchedulerId,
        nextMs: Number(nextMillis),
        data: templateData,
        templateOpts,
        repeat: opts,
        jobOpts: delayedJobOpts,
      }),
    );
  }

  updateJobSchedulerNextMillis(
    jobSchedulerId: string,
    nextMillis: number,
    _templateData: string,
    delayedJobOpts: JobsOptions,
    producerId?: string,
  ): Promise<string | null> {
    return this.soon(
      () =>
        schedulers.advanceScheduler(this.queue, {
          id: jobSchedulerId,
          nextMs: Number(nextMillis),
          jobOpts: delayedJobOpts,
          producerId,
        }) ?? null,
    );
  }

  removeJobScheduler(jobSchedulerId: string): Promise<number> {
    return this.durably(() => (schedulers.removeScheduler(this.queue, jobSchedulerId) ? 0 : 1));
  }

  async getJobScheduler(id: string): Promise<[string[] | null, string | null]> {
    const scheduler = this.queue.schedulers.get(id);
    if (scheduler === undefined) return [null, null];
    return [Object.entries(scheduler.fields).flat(), String(scheduler.next)];
  }

  async isJobScheduler(id: string): Promise<boolean> {
    return this.queue.schedulers.has(id);
  }

  async getJobSchedulerData(key: string): Promise<Record<string, string>> {
    return { ...this.queue.schedulers.get(key)?.fields };
  }

  async getJobSchedulersRange(start: number, end: number, asc: boolean): Promise<string[]> {
    const all = [...this.queue.schedulers].sort((a, b) => a[1].next - b[1].next);
    const ordered = asc ? all : all.toReversed();
    return queries
      .slice(ordered, start, end)
      .flatMap(([id, scheduler]) => [id, String(scheduler.next)]);
  }

  async getJobSchedulersCount(): Promise<number> {
    return this.queue.schedulers.size;
  }

  // Working

  #taker(token: string, name?: string): Taker {
    const { lockDuration = lockMsDefault, limiter } = this.opts;
    return { token, name: name ?? this.opts.name, lockMs: lockDuration, limiter };
  }

  moveToActive(token: string, name?: string): Promise<unknown[]> {
    return this.soon(() => takeNext(this.queue, this.#taker(token, name), this.store.nowMs()));
  }

  async moveToCompleted<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    returnValue: R,
    removeOnComplete: boolean | number | KeepJobs,
    token: string,
    fetchNext: boolean,
  ): Promise<{ result: unknown[]; finishedOn: number }> {
    const value = JSON.stringify(returnValue) ?? 'null';
    const keep = keepOf(removeOnComplete, this.opts.removeOnComplete);
    return this.#finish(job, { target: 'completed', value, keep, token }, fetchNext);
  }

  moveToFailed<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    failedReason: string,
    removeOnFail: boolean | number | KeepJobs,
    token: string,
    fetchNext: boolean,
    fieldsToUpdate?: Record<string, unknown>,
  ): Promise<{ result: unknown[]; finishedOn: number }> {
    const keep = keepOf(removeOnFail, this.opts.removeOnFail);
    const fields = fieldsToUpdate as RowPatch | undefined;
    const value = String(failedReason);
    return this.#finish(job, { target: 'failed', value, keep, token, fields }, fetchNext);
  }

  #finish(
    job: { readonly id?: string; readonly opts: JobsOptions },
    end: Pick<Finish, 'target' | 'value' | 'keep' | 'token' | 'fields'>,
    fetchNext: boolean,
  ): Promise<{ result: unknown[]; finishedOn: number }> {
    return this.soon(() => {
      const finishedOn = this.store.nowMs();
      const asksNext = fetchNext && this.closing === undefined;
      const finish: Finish = {
        ...end,
        id: job.id ?? '',
        attempts: job.opts.attempts ?? 1,
        metricsPointsMax: this.opts.metrics?.maxDataPoints,
        taker: asksNext ? this.#taker(end.token) : undefined,
      };
      return { result: finishJob(this.queue, finish, finishedOn) ?? [], finishedOn };
    });
  }

  moveToDelayed(
    jobId: string,
    timestamp: number,
    delay: number,
    token = '0',
    opts: MoveToDelayedOpts = {},
  ): Promise<void | unknown[]> {
    return this.soon(() => {
      transitions.delayActive(this.queue, {
        id: jobId,
        token,
        delay: Number(delay),
        timestamp: Number(timestamp),
        skipAttempt: opts.skipAttempt === true,
        fields: opts.fieldsToUpdate as RowPatch | undefined,
      });
      if (opts.fetchNext !== true || this.closing !== undefined) return [];
      const taken = takeNext(this.queue, this.#taker(token), this.store.nowMs());
      return taken[0] === null ? [] : taken;
    });
  }

  moveToWaitingChildren(
    jobId: string,
    token: string,
    opts: MoveToWaitingChildrenOpts = {},
  ): Promise<boolean> {
    const { child } = opts;
    const childKey = child === undefined ? '' : `${child.queue}:${child.id}`;
    return this.soon(() => transitions.waitForChildren(this.queue, { id: jobId, token, childKey }));
  }

  moveJobFromActiveToWait(jobId: string, token = '0'): Promise<number> {
    return this.soon(() => transitions.giveBack(this.queue, jobId, token));
  }

  retryJob(jobId: string, lifo: boolean, token = '0', opts: RetryJobOpts = {}): Promise<void> {
    const fields = opts.fieldsToUpdate as RowPatch | undefined;
    return this.soon(() =>
      transitions.retryJob(this.queue, { id: jobId, lifo: Boolean(lifo), token, fields }),
    );
  }

  async extendLock(jobId: string, token: string, duration: number): Promise<number> {
    const row = this.queue.rows.get(jobId);
    const nowMs = this.store.nowMs();
    if (row === undefined || !isLocked(row, nowMs) || row.lock?.token !== token) return 0;
    row.lock = { token, untilMs: nowMs + duration };
    this.queue.stalling.delete(jobId);
    return 1;
  }

  async extendLocks(jobIds: string[], tokens: string[], duration: number): Promise<string[]> {
    const failed: string[] = [];
    for (const [index, id] of jobIds.entries()) {
      if ((await this.extendLock(id, tokens[index] ?? '', duration)) === 0) failed.push(id);
    }
    return failed;
  }

  moveStalledJobsToWait(): Promise<string[]> {
    const { maxStalledCount = 1, stalledInterval = 30_000 } = this.opts;
    return this.soon(() => [
      ...transitions.recoverStalled(this.queue, maxStalledCount, stalledInterval),
    ]);
  }

  // Repair and change

  retryFinishedJob<T, R, N extends string>(
    job: MinimalJob<T, R, N>,
    state: 'failed' | 'completed',
    opts: RetryOptions = {},
  ): Promise<void> {
    return this.durably(() =>
      transitions.retryFinished(this.queue, {
        id: job.id ?? '',
        state,
        lifo: job.opts.lifo === true,
        resetMade: opts.resetAttemptsMade === true,
        resetStarted: opts.resetAttemptsStarted === true,
      }),
    );
  }

  retryFinishedJobs(
    state: 'failed' | 'completed' = 'failed',
    count = 1_000,
    timestamp = this.store.nowMs(),
  ): Promise<number> {
    return this.durably(() =>
      transitions.moveManyToWait(this.queue, state, count, timestamp) ? 1 : 0,
    );
  }

  promote(jobId: string): Promise<void> {
    return this.durably(() => transitions.promote(this.queue, jobId));
  }

  promoteJobs(count = 1_000): Promise<number> {
    return this.durably(() =>
      transitions.moveManyToWait(this.queue, 'delayed', count, Infinity) ? 1 : 0,
    );
  }

  pause(pause: boolean): Promise<void> {
    return this.durably(() => {
      const queue = this.queue;
      queue.setMeta('paused', pause ? '1' : null);
      if (pause) queue.signal.silence();
      else queue.afterLoad();
      queue.emit('event', pause ? 'paused' : 'resumed');
    });
  }

  changeDelay(jobId: string, delay: number): Promise<void> {
    return this.durably(() => transitions.changeDelay(this.queue, jobId, Number(delay)));
  }

  changePriority(jobId: string, priority = 0, lifo = false): Promise<void> {
    return this.durably(() =>
      transitions.changePriority(this.queue, { id: jobId, priority, lifo }),
    );
  }

  updateData<T, R, N extends string>(job: MinimalJob<T, R, N>, data: T): Promise<void> {
    return this.durably(() => {
      const row = transitions.rowOrThrow(this.queue, job.id ?? '', 'updateData');
      this.queue.patch(row, { data: JSON.stringify(data) });
    });
  }

  updateProgress(jobId: string, progress: JobProgress): Promise<void> {
    return this.soon(() => {
      const row = transitions.rowOrThrow(this.queue, jobId, 'updateProgress');
      const text = JSON.stringify(progress);
      this.queue.patch(row, { progress: JSON.parse(text) as JobProgress });
      this.queue.emit('event', 'progress', 'jobId', jobId, 'data', text);
    });
  }

  addLog(jobId: string, logRow: string, keepLogs?: number): Promise<number> {
    return this.soon(() => {
      const row = transitions.rowOrThrow(this.queue, jobId, 'addLog');
      return this.queue.addLog(row, logRow, keepLogs ?? 0);
    });
  }

  clearLogs(jobId: string, keepLogs = 0): Promise<void> {
    return this.durably(() => {
      const row = this.queue.rows.get(jobId);
      if (row !== undefined) this.queue.cutLogs(row, keepLogs);
    });
  }

  // Removing

  drain(delayed: boolean): Promise<void> {
    return this.durably(() => removal.drain(this.queue, delayed));
  }

  cleanJobsByState(state: string, timestamp: number, limit = 0): Promise<string[]> {
    return this.durably(() => {
      const rowState = queries.stateOf(state);
      if (rowState === undefined) return [];
      return [...removal.clean(this.queue, rowState, timestamp, limit)];
    });
  }

  obliterate(opts: { force: boolean; count: number }): Promise<number> {
    return this.durably(() => (removal.obliterate(this.queue, opts.count, opts.force) ? 1 : 0));
  }

  /** Jobs cannot lose their state here, so there are none. */
  async removeOrphanedJobs(): Promise<number> {
    return 0;
  }

  remove(jobId: string, removeChildren: boolean): Promise<number> {
    return this.durably(() => removal.removeJob(this.queue, jobId, removeChildren));
  }

  removeUnprocessedChildren(jobId: string): Promise<void> {
    return this.durably(() => {
      const row = this.queue.rows.get(jobId);
      if (row !== undefined) removal.removeChildren(this.queue, row, true);
    });
  }

  removeChildDependency(jobId: string, parentKey: string): Promise<boolean> {
    return this.durably(() => {
      const command = 'removeChildDependency';
      const row = transitions.rowOrThrow(this.queue, jobId, command);
      const parent = this.store.find(parentKey);
      if (parent === undefined) throw transitions.parentMissing(parentKey, command);
      if (!forgetChild(this.queue, row, { hard: false, parent })) return false;
      this.queue.unset(row, ['parentKey', 'parent']);
      return true;
    });
  }

  removeDeduplicationKey(deduplicationId: string, jobId: string): Promise<number> {
    return this.durably(() => {
      if (this.queue.deduplication(deduplicationId)?.jobId !== jobId) return 0;
      this.queue.setDeduplication(deduplicationId, null);
      return 1;
    });
  }

  deleteDeduplicationKey(deduplicationId: string): Promise<number> {
    return this.durably(() => {
      if (this.queue.deduplication(deduplicationId) === undefined) return 0;
      this.queue.setDeduplication(deduplicationId, null);
      return 1;
    });
  }
}

function keepOf(
  asked: boolean | number | KeepJobs | undefined,
  ofWorker: KeepJobs | undefined,
): Keep {
  if (asked === undefined) return ofWorker ?? { count: -1 };
  if (typeof asked === 'object') return asked;
  if (typeof asked === 'number') return { count: asked };
  return { count: asked ? 0 : -1 };
}
