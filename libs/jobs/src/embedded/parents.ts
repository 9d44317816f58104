// Parents and children of flows: who waits for whom, and what a child's end means for its parent.
// Protects: a parent leaves `waiting-children` once, when nothing is pending or a child's failure says so.

import type { JobRow } from './job-row.js';
import { announceDelayed, announceWork } from './line.js';
import type { QueueState } from './queue-state.js';

export interface Located {
  readonly queue: QueueState;
  readonly row: JobRow;
}

/** Lets a parent run that waits for nothing any more. */
export function releaseParentIfReady(parent: Located): void {
  if (parent.row.pendingCount > 0 || parent.row.state !== 'waiting-children') return;
  wakeParent(parent);
}

/** Takes a parent out of `waiting-children` (or `delayed`): to its delay, its priority, or the head of the line. */
function wakeParent({ queue, row }: Located): void {
  const nowMs = queue.host.nowMs();
  if (row.delay > 0) {
    queue.move(row, 'delayed', nowMs + row.delay);
    queue.emit('event', 'delayed', 'jobId', row.id, 'delay', String(nowMs + row.delay));
    announceDelayed(queue);
    return;
  }
  if (row.priority > 0) queue.move(row, 'prioritized', queue.priorityOrder(row.priority));
  else queue.move(row, 'wait', queue.headOrder());
  queue.emit('event', 'waiting', 'jobId', row.id, 'prev', 'waiting-children');
  announceWork(queue);
}

function parentOf(queue: QueueState, row: JobRow): Located | undefined {
  return row.parentKey ? queue.host.find(row.parentKey) : undefined;
}

export function childCompleted(queue: QueueState, row: JobRow, returnValue: string): void {
  const parent = parentOf(queue, row);
  const key = queue.key(row.id);
  if (parent?.row.children?.get(key)?.class !== 'pending') return;
  parent.queue.setChild(parent.row, key, 'processed', returnValue);
  releaseParentIfReady(parent);
}

export function childFailed(queue: QueueState, row: JobRow, reason: string): void {
  const parent = parentOf(queue, row);
  const key = queue.key(row.id);
  if (parent?.row.children?.get(key)?.class !== 'pending') return;
  const policy = row.parent;
  if (policy?.fpof === true) {
    parent.queue.setChild(parent.row, key, 'unsuccessful', String(queue.host.nowMs()));
    failParent(parent, key);
  } else if (policy?.cpof === true) {
    parent.queue.setChild(parent.row, key, 'ignored', reason);
    if (parent.row.state === 'waiting-children') wakeParent(parent);
  } else if (policy?.idof === true || policy?.rdof === true) {
    if (policy.idof === true) parent.queue.setChild(parent.row, key, 'ignored', reason);
    else parent.queue.setChild(parent.row, key, null);
    releaseParentIfReady(parent);
  }
}

/** The parent runs once more, only to fail: the worker finds the deferred failure. */
function failParent(parent: Located, childKey: string): void {
  const { queue, row } = parent;
  if (row.state === 'failed') return;
  queue.patch(row, { deferredFailure: `child ${childKey} failed` });
  if (row.state === 'delayed') queue.patch(row, { delay: 0 });
  if (row.state === 'waiting-children' || row.state === 'delayed') wakeParent(parent);
}

/** A child that ran is to run again. */
export function childReturns(queue: QueueState, row: JobRow): void {
  const parent = parentOf(queue, row);
  const key = queue.key(row.id);
  const child = parent?.row.children?.get(key);
  if (parent === undefined || child === undefined || child.class === 'pending') return;
  parent.queue.setChild(parent.row, key, 'pending');
}

/**
 * The child goes away before its end; true when the parent waited for it. With `hard` a parent of the same queue that waits
 * for nothing else goes too.
 */
export function forgetChild(
  queue: QueueState,
  row: JobRow,
  options: { readonly hard: boolean; readonly parent?: Located },
): boolean {
  const parent = options.parent ?? parentOf(queue, row);
  const key = queue.key(row.id);
  if (parent?.row.children?.get(key)?.class !== 'pending') return false;
  parent.queue.setChild(parent.row, key, null);
  if (parent.row.pendingCount > 0 || parent.row.state !== 'waiting-children') return true;
  if (options.hard && parent.queue === queue) {
    forgetChild(queue, parent.row, { hard: true });
    queue.drop(parent.row);
  } else releaseParentIfReady(parent);
  return true;
}
