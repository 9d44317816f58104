// Moves between states other than taking and finishing: retry, delay, promotion, priorities, waiting for children, stalled jobs.
// Protects: what leaves `active` had its lock ended first. Everything here is synchronous.

import { ErrorCode } from 'bullmq';
import { endLock } from './finish-job.js';
import { jobError } from './job-error.js';
import type { JobRow, RowPatch } from './job-row.js';
import { announceDelayed, announceWork, moveToWait, waitOrder } from './line.js';
import { childReturns } from './parents.js';
import type { QueueState } from './queue-state.js';
import { isLocked, promoteDue } from './take-job.js';

export function rowOrThrow(queue: QueueState, id: string, command: string): JobRow {
  const row = queue.rows.get(id);
  if (row === undefined) throw jobError(ErrorCode.JobNotExist, { id, command });
  return row;
}

export function parentMissing(parentKey: string, command: string): Error {
  return jobError(ErrorCode.ParentJobNotExist, { command, parentKey });
}

function requireState(row: JobRow, state: JobRow['state'], command: string): void {
  if (row.state === state) return;
  throw jobError(ErrorCode.JobNotInState, { id: row.id, command, state });
}

export function retryJob(
  queue: QueueState,
  retry: {
    readonly id: string;
    readonly lifo: boolean;
    readonly token: string;
    readonly fields?: RowPatch | undefined;
  },
): void {
  const command = 'retryJob';
  promoteDue(queue, queue.host.nowMs());
  const row = rowOrThrow(queue, retry.id, command);
  endLock(queue, row, retry.token, command);
  requireState(row, 'active', command);
  const patch = { ...retry.fields, attemptsMade: row.attemptsMade + 1 };
  moveToWait(queue, row, { atHead: retry.lifo, patch, from: 'active' });
}

export function delayActive(
  queue: QueueState,
  move: {
    readonly id: string;
    readonly token: string;
    readonly delay: number;
    readonly timestamp: number;
    readonly skipAttempt: boolean;
    readonly fields?: RowPatch | undefined;
  },
): void {
  const command = 'moveToDelayed';
  const row = rowOrThrow(queue, move.id, command);
  endLock(queue, row, move.token, command);
  requireState(row, 'active', command);
  const dueMs = move.timestamp + Math.max(0, move.delay);
  queue.move(row, 'delayed', dueMs, {
    ...move.fields,
    delay: move.delay,
    attemptsMade: row.attemptsMade + (move.skipAttempt ? 0 : 1),
  });
  queue.emit('event', 'delayed', 'jobId', row.id, 'delay', String(dueMs));
  announceDelayed(queue);
  announceWork(queue); // a slot of the queue's concurrency came free
}

/** False when nothing is to wait for. */
export function waitForChildren(
  queue: QueueState,
  wait: { readonly id: string; readonly token: string; readonly childKey: string },
): boolean {
  const command = 'moveToWaitingChildren';
  const row = rowOrThrow(queue, wait.id, command);
  if (row.unsuccessfulCount > 0) {
    throw jobError(ErrorCode.JobHasFailedChildren, { id: wait.id, command });
  }
  const hasPending =
    wait.childKey === ''
      ? row.pendingCount > 0
      : row.children?.get(wait.childKey)?.class === 'pending';
  if (!hasPending) return false;
  endLock(queue, row, wait.token, command);
  requireState(row, 'active', command);
  queue.move(row, 'waiting-children', queue.host.nowMs());
  queue.emit('event', 'waiting-children', 'jobId', row.id, 'prev', 'active');
  return true;
}

/** Gives an active job back to the head of the line, as it was; milliseconds the rate limit still holds. */
export function giveBack(queue: QueueState, id: string, token: string): number {
  const command = 'moveJobFromActiveToWait';
  const row = rowOrThrow(queue, id, command);
  endLock(queue, row, token, command);
  if (row.state === 'active') {
    if (row.priority > 0) queue.move(row, 'prioritized', row.priority * 0x1_0000_0000);
    else queue.move(row, 'wait', queue.headOrder());
    queue.emit('event', 'waiting', 'jobId', id, 'prev', 'active');
    announceWork(queue);
  }
  return Math.max(0, (queue.limiter?.untilMs ?? 0) - queue.host.nowMs());
}

export function retryFinished(
  queue: QueueState,
  retry: {
    readonly id: string;
    readonly state: 'completed' | 'failed';
    readonly lifo: boolean;
    readonly resetMade: boolean;
    readonly resetStarted: boolean;
  },
): void {
  const command = 'reprocessJob';
  const row = rowOrThrow(queue, retry.id, command);
  requireState(row, retry.state, command);
  queue.unset(row, finishedFields(retry.state));
  moveToWait(queue, row, {
    atHead: retry.lifo,
    from: retry.state,
    patch: {
      ...(retry.resetMade ? { attemptsMade: 0 } : {}),
      ...(retry.resetStarted ? { attemptsStarted: 0 } : {}),
    },
  });
  childReturns(queue, row);
}

function finishedFields(state: 'completed' | 'failed'): readonly (keyof RowPatch)[] {
  return ['finishedOn', 'processedOn', state === 'failed' ? 'failedReason' : 'returnvalue'];
}

/** Moves up to `count` jobs of a state to wait, oldest first; true when more may be there. */
export function moveManyToWait(
  queue: QueueState,
  state: 'completed' | 'failed' | 'delayed',
  count: number,
  untilMs: number,
): boolean {
  for (let moved = 0; moved < count; moved += 1) {
    const row = queue.sets[state].first();
    if (row === undefined || row.order > untilMs) return false;
    if (state !== 'delayed') {
      queue.unset(row, finishedFields(state));
      childReturns(queue, row);
    }
    queue.move(row, 'wait', queue.tailOrder(), state === 'delayed' ? { delay: 0 } : {});
    queue.emit('event', 'waiting', 'jobId', row.id, 'prev', state);
    if (moved === 0) announceWork(queue);
  }
  return true;
}

export function promote(queue: QueueState, id: string): void {
  const row = queue.rows.get(id);
  if (row?.state !== 'delayed') {
    throw jobError(ErrorCode.JobNotInState, { id, command: 'promote', state: 'delayed' });
  }
  moveToWait(queue, row, { atHead: false, patch: { delay: 0 }, from: 'delayed' });
}

export function changeDelay(queue: QueueState, id: string, delay: number): void {
  const row = rowOrThrow(queue, id, 'changeDelay');
  requireState(row, 'delayed', 'changeDelay');
  const dueMs = queue.host.nowMs() + Math.max(0, delay);
  queue.move(row, 'delayed', dueMs, { delay });
  queue.emit('event', 'delayed', 'jobId', id, 'delay', String(dueMs));
  announceDelayed(queue);
}

export function changePriority(
  queue: QueueState,
  change: { readonly id: string; readonly priority: number; readonly lifo: boolean },
): void {
  const { priority } = change;
  const row = rowOrThrow(queue, change.id, 'changePriority');
  if (row.state !== 'wait' && row.state !== 'prioritized') {
    queue.patch(row, { priority });
    return;
  }
  if (priority === 0) queue.move(row, 'wait', waitOrder(queue, change.lifo), { priority });
  else {
    const order = change.lifo ? priority * 0x1_0000_0000 : queue.priorityOrder(priority);
    queue.move(row, 'prioritized', order, { priority });
  }
  announceWork(queue);
}

/**
 * Active jobs that were active at the last call and hold no lock any more go back to the head of the line; their ids. One that
 * did so more than `countMax` times fails when it is taken next, unless a scheduler made it.
 */
export function recoverStalled(
  queue: QueueState,
  countMax: number,
  intervalMs: number,
): readonly string[] {
  const nowMs = queue.host.nowMs();
  if (queue.stalledCheckUntilMs > nowMs) return [];
  queue.stalledCheckUntilMs = nowMs + intervalMs;
  const stalled: string[] = [];
  const candidates = queue.stalling;
  queue.stalling = new Set();
  for (const id of candidates) {
    const row = queue.rows.get(id);
    if (row === undefined || row.state !== 'active' || isLocked(row, nowMs)) continue;
    recoverOne(queue, row, countMax);
    stalled.push(id);
  }
  for (const row of queue.sets.active.values()) queue.stalling.add(row.id);
  return stalled;
}

function recoverOne(queue: QueueState, row: JobRow, countMax: number): void {
  const stalledCounter = row.stalledCounter + 1;
  const isScheduled = row.repeatJobKey !== undefined && queue.schedulers.has(row.repeatJobKey);
  const isPoison = stalledCounter > countMax && !isScheduled;
  row.lock = undefined;
  queue.move(row, 'wait', queue.headOrder(), {
    stalledCounter,
    ...(isPoison ? { deferredFailure: 'job stalled more than allowable limit' } : {}),
  });
  queue.emit('event', 'waiting', 'jobId', row.id, 'prev', 'active');
  queue.emit('event', 'stalled', 'jobId', row.id);
  announceWork(queue);
}
