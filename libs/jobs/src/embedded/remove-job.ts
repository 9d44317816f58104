// Removing jobs: one, one with its children, all that wait, old ones of a state, the whole queue.
// Protects: a locked job stays; a job a scheduler counts on stays, unless the queue itself is destroyed.

import { ErrorCode } from 'bullmq';
import { releaseDeduplication } from './add-job.js';
import { jobError } from './job-error.js';
import type { JobRow, RowState } from './job-row.js';
import { forgetChild } from './parents.js';
import type { QueueState } from './queue-state.js';
import { isLocked } from './take-job.js';

/** Whether the row is the next iteration of a scheduler. */
export function isNextIteration(queue: QueueState, row: JobRow): boolean {
  if (row.repeatJobKey === undefined) return false;
  const scheduler = queue.schedulers.get(row.repeatJobKey);
  return scheduler !== undefined && row.id === `repeat:${row.repeatJobKey}:${scheduler.next}`;
}

/** 1 when it is gone (or never was), 0 when it or, with `withChildren`, a child is locked. */
export function removeJob(queue: QueueState, id: string, withChildren: boolean): number {
  const row = queue.rows.get(id);
  if (row === undefined) return 1;
  if (isNextIteration(queue, row)) {
    throw jobError(ErrorCode.JobBelongsToJobScheduler, { id, command: 'removeJob' });
  }
  if (holdsLock(queue, row, withChildren)) return 0;
  removeTree(queue, row, { withChildren, onlyUnprocessed: false });
  return 1;
}

function holdsLock(queue: QueueState, row: JobRow, withChildren: boolean): boolean {
  if (isLocked(row, queue.host.nowMs())) return true;
  if (!withChildren) return false;
  for (const [key, child] of row.children ?? []) {
    if (child.class !== 'pending') continue;
    const found = queue.host.find(key);
    if (found !== undefined && holdsLock(found.queue, found.row, true)) return true;
  }
  return false;
}

interface TreeOptions {
  readonly withChildren: boolean;
  /** Leaves what has run, is running or failed. */
  readonly onlyUnprocessed: boolean;
}

function removeTree(queue: QueueState, row: JobRow, options: TreeOptions): void {
  if (options.onlyUnprocessed) {
    if (isLocked(row, queue.host.nowMs()) || row.state === 'failed') return;
  }
  forgetChild(queue, row, { hard: false });
  if (options.withChildren) removeChildren(queue, row, options.onlyUnprocessed);
  if (!queue.rows.has(row.id)) return;
  const { state } = row;
  releaseDeduplication(queue, row);
  queue.drop(row);
  queue.emit('event', 'removed', 'jobId', row.id, 'prev', state);
}

export function removeChildren(queue: QueueState, row: JobRow, onlyUnprocessed: boolean): void {
  for (const [key, child] of [...(row.children ?? [])]) {
    if (onlyUnprocessed && child.class !== 'pending') continue;
    const found = queue.host.find(key);
    if (found === undefined) continue;
    removeTree(found.queue, found.row, { withChildren: true, onlyUnprocessed });
  }
}

/** Parents of this queue that wait for the row alone go with it. */
function removeHard(queue: QueueState, row: JobRow): void {
  forgetChild(queue, row, { hard: true });
  if (!queue.rows.has(row.id)) return;
  releaseDeduplication(queue, row);
  queue.drop(row);
}

export function drain(queue: QueueState, withDelayed: boolean): void {
  const states: RowState[] = ['wait', 'prioritized', ...(withDelayed ? ['delayed' as const] : [])];
  for (const state of states) {
    for (const row of [...queue.sets[state].values()]) {
      if (!isNextIteration(queue, row)) removeHard(queue, row);
    }
  }
}

/** Ids of the jobs of `state` removed because they are not younger than `untilMs`; `limit` 0: all of them. */
export function clean(
  queue: QueueState,
  state: RowState,
  untilMs: number,
  limit: number,
): readonly string[] {
  const nowMs = queue.host.nowMs();
  const removed: string[] = [];
  for (const row of [...queue.sets[state].sorted()]) {
    if (limit > 0 && removed.length >= limit) break;
    if (isNextIteration(queue, row) || (state === 'active' && isLocked(row, nowMs))) continue;
    if (ageMark(row, state) > untilMs) continue;
    forgetChild(queue, row, { hard: true });
    releaseDeduplication(queue, row);
    queue.drop(row);
    removed.push(row.id);
  }
  queue.emit('event', 'cleaned', 'count', String(removed.length));
  return removed;
}

function ageMark(row: JobRow, state: RowState): number {
  if (state === 'completed' || state === 'failed') return row.finishedOn ?? row.timestamp;
  if (state === 'active') return row.finishedOn ?? row.processedOn ?? row.timestamp;
  return row.timestamp;
}

/** Removes up to `count` things of a paused queue; true when more is left. */
export function obliterate(queue: QueueState, count: number, force: boolean): boolean {
  if (!queue.isPaused) throw new Error('Cannot obliterate non-paused queue');
  if (queue.sets.active.size > 0 && !force) {
    throw new Error('Cannot obliterate queue with active jobs');
  }
  let left = count;
  for (const row of [...queue.rows.values()]) {
    if (left <= 0) return true;
    row.lock = undefined;
    removeHard(queue, row);
    left -= 1;
  }
  if (left <= 0) return true;
  queue.clear();
  queue.signal.silence();
  queue.events.trim(0);
  return false;
}
