// Where jobs stand in line: delayed, prioritized or wait; and waking a worker for them.
// Protects: whoever puts a job in line announces it, unless the queue is paused or at its concurrency.

import type { JobRow, RowPatch } from './job-row.js';
import type { QueueState } from './queue-state.js';

/** Where a new or woken job goes: delayed, prioritized or wait. */
export function enqueue(queue: QueueState, row: JobRow): void {
  const { id, delay } = row;
  if (delay > 0) {
    queue.insert(row, 'delayed', row.timestamp + delay);
    queue.emit('event', 'delayed', 'jobId', id, 'delay', String(row.timestamp + delay));
    announceDelayed(queue);
    return;
  }
  if (row.priority > 0) queue.insert(row, 'prioritized', queue.priorityOrder(row.priority));
  else queue.insert(row, 'wait', waitOrder(queue, row.opts.lifo === true));
  queue.emit('event', 'waiting', 'jobId', id);
  announceWork(queue);
}

/** Back to where workers take from; for a row that is in some state already. */
export function moveToWait(
  queue: QueueState,
  row: JobRow,
  options: { readonly atHead: boolean; readonly patch?: RowPatch; readonly from: string },
): void {
  const patch = options.patch ?? {};
  if (row.priority > 0) queue.move(row, 'prioritized', queue.priorityOrder(row.priority), patch);
  else queue.move(row, 'wait', waitOrder(queue, options.atHead), patch);
  queue.emit('event', 'waiting', 'jobId', row.id, 'prev', options.from);
  announceWork(queue);
}

export function waitOrder(queue: QueueState, atHead: boolean): number {
  return atHead ? queue.headOrder() : queue.tailOrder();
}

export function announceWork(queue: QueueState): void {
  if (!queue.isBlocked) queue.signal.announceWork();
}

export function announceDelayed(queue: QueueState): void {
  const first = queue.sets.delayed.first();
  if (first !== undefined) queue.signal.announceDue(first.order);
}
