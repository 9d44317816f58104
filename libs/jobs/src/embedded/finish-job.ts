// The end of an active job: completed or failed, kept or removed, with what it means for parents, duplicates and metrics.
// Protects: only the holder of the lock ends a job; the kept history has a bound by count and by age.

import { ErrorCode } from 'bullmq';
import { finishDeduplication } from './add-job.js';
import { jobError } from './job-error.js';
import type { JobRow, RowPatch } from './job-row.js';
import { childCompleted, childFailed, forgetChild } from './parents.js';
import type { QueueState } from './queue-state.js';
import { isLocked, takeNext, type Taken, type Taker } from './take-job.js';

/** What is kept of finished jobs: the newest `count` (0: none), those younger than `age` seconds. */
export interface Keep {
  readonly count?: number | undefined;
  readonly age?: number | undefined;
  /** Dropped at once at most; default 1,000. */
  readonly limit?: number | undefined;
}

export interface Finish {
  readonly id: string;
  readonly target: 'completed' | 'failed';
  /** Return value as JSON text, or the reason of the failure. */
  readonly value: string;
  readonly token: string;
  readonly keep: Keep;
  readonly attempts: number;
  readonly fields?: RowPatch | undefined;
  readonly metricsPointsMax?: number | undefined;
  /** Asks for the next job in the same step. */
  readonly taker?: Taker | undefined;
}

/** Ends the lock of `row`, which must be held with `token` ('0': nobody asks). */
export function endLock(queue: QueueState, row: JobRow, token: string, command: string): void {
  if (token !== '0') {
    const facts = { id: row.id, command, state: 'active' };
    if (!isLocked(row, queue.host.nowMs())) throw jobError(ErrorCode.JobLockNotExist, facts);
    if (row.lock?.token !== token) throw jobError(ErrorCode.JobLockMismatch, facts);
  }
  row.lock = undefined;
  queue.stalling.delete(row.id);
}

export function finishJob(queue: QueueState, finish: Finish, nowMs: number): Taken | undefined {
  const { id, target, value } = finish;
  const command = 'moveToFinished';
  const row = queue.rows.get(id);
  if (row === undefined) throw jobError(ErrorCode.JobNotExist, { id, command });
  if (target === 'completed') {
    if (row.pendingCount > 0) throw jobError(ErrorCode.JobPendingChildren, { id, command });
    if (row.unsuccessfulCount > 0) throw jobError(ErrorCode.JobHasFailedChildren, { id, command });
  }
  endLock(queue, row, finish.token, command);
  if (row.state !== 'active') {
    throw jobError(ErrorCode.JobNotInState, { id, command, state: 'active' });
  }
  const hasParent = row.parentKey !== undefined;
  keepOrDrop(queue, row, finish, nowMs);
  if (row.deduplicationId !== undefined) finishDeduplication(queue, row, nowMs);
  if (hasParent) {
    if (target === 'completed') childCompleted(queue, row, value);
    else childFailed(queue, row, value);
    if (!queue.rows.has(id)) forgetChild(queue, row, { hard: false });
  }
  const valueName = target === 'completed' ? 'returnvalue' : 'failedReason';
  queue.emit('event', target, 'jobId', id, valueName, value, 'prev', 'active');
  if (target === 'failed' && row.attemptsMade >= finish.attempts) {
    queue.emit('event', 'retries-exhausted', 'jobId', id, 'attemptsMade', String(row.attemptsMade));
  }
  if (finish.metricsPointsMax) countMetric(queue, target, finish.metricsPointsMax, nowMs);
  return nextAfter(queue, finish.taker, nowMs);
}

function nextAfter(queue: QueueState, taker: Taker | undefined, nowMs: number): Taken | undefined {
  if (taker !== undefined) {
    const taken = takeNext(queue, taker, nowMs);
    if (taken[0] !== null || taken[2] > 0) return taken;
    emitDrained(queue);
    return taken;
  }
  emitDrained(queue);
  return undefined;
}

function emitDrained(queue: QueueState): void {
  const { wait, active, prioritized } = queue.sets;
  if (wait.size + active.size + prioritized.size === 0) queue.emit('event', 'drained');
}

function keepOrDrop(queue: QueueState, row: JobRow, finish: Finish, nowMs: number): void {
  const { target, value, keep } = finish;
  row.attemptsMade += 1;
  if (keep.count === 0) {
    queue.drop(row);
    return;
  }
  queue.move(row, target, nowMs, {
    ...finish.fields,
    ...(target === 'completed' ? { returnvalue: value } : { failedReason: value }),
    finishedOn: nowMs,
    attemptsMade: row.attemptsMade,
  });
  if (target === 'failed' && row.deferredFailure !== undefined) {
    queue.unset(row, ['deferredFailure']);
  }
  trimFinished(queue, target, keep, nowMs);
}

/** Drops the oldest finished jobs beyond the bounds. */
function trimFinished(
  queue: QueueState,
  target: 'completed' | 'failed',
  keep: Keep,
  nowMs: number,
): void {
  const set = queue.sets[target];
  if (keep.age !== undefined) {
    const oldestMs = nowMs - keep.age * 1_000;
    let left = keep.limit ?? 1_000;
    for (let row = set.first(); row !== undefined && left > 0; row = set.first(), left -= 1) {
      if (row.order > oldestMs) break;
      queue.drop(row);
    }
  }
  if (keep.count === undefined || keep.count <= 0) return;
  while (set.size > keep.count) {
    const row = set.first();
    if (row === undefined) break;
    queue.drop(row);
  }
}

/** Finished jobs per minute, newest first. */
function countMetric(
  queue: QueueState,
  target: 'completed' | 'failed',
  pointsMax: number,
  nowMs: number,
): void {
  const old = queue.metrics.get(target);
  if (old === undefined) {
    queue.setMetrics(target, { count: 1, previousMs: nowMs, previousCount: 0, points: [] });
    return;
  }
  const minutes = Math.floor(nowMs / 60_000) - Math.floor(old.previousMs / 60_000);
  const steps = Math.min(minutes, pointsMax);
  if (steps <= 0) {
    old.count += 1; // in memory; the journal learns of it with the next minute
    return;
  }
  const delta = old.count - old.previousCount;
  const points = [...Array.from({ length: steps - 1 }, () => 0), delta, ...old.points];
  queue.setMetrics(target, {
    count: old.count + 1,
    previousMs: nowMs,
    previousCount: old.count,
    points: points.slice(0, pointsMax),
  });
}
