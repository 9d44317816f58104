// Taking the next job: due delayed jobs first join the line; then the line, then priorities; under rate limit and concurrency.
// Protects: a job is given to one worker, with a lock; a blocked queue gives nothing. Times are milliseconds since the epoch.

import type { JobJson, RateLimiterOptions } from 'bullmq';
import { toJobJson, type JobRow } from './job-row.js';
import { announceWork } from './line.js';
import type { QueueState } from './queue-state.js';

export interface Taker {
  readonly token: string;
  readonly name?: string | undefined;
  readonly lockMs: number;
  readonly limiter?: RateLimiterOptions | undefined;
}

/** [job, its id, wait for the rate limit (ms), time of the next delayed job]; the last two are 0 when nothing is to wait for. */
export type Taken = [JobJson | null, string | number, number, number];

/** Due jobs promoted at once, so that one call stays short. */
const promotedMax = 1_000;

export function promoteDue(queue: QueueState, nowMs: number): void {
  let promoted = 0;
  for (; promoted < promotedMax; promoted += 1) {
    const row = queue.sets.delayed.first();
    if (row === undefined || row.order > nowMs) break;
    const order = row.priority > 0 ? queue.priorityOrder(row.priority) : queue.tailOrder();
    queue.move(row, row.priority > 0 ? 'prioritized' : 'wait', order, { delay: 0 });
    queue.emit('event', 'waiting', 'jobId', row.id, 'prev', 'delayed');
  }
  if (promoted > 0) announceWork(queue);
}

export function takeNext(queue: QueueState, taker: Taker, nowMs: number): Taken {
  promoteDue(queue, nowMs);
  const jobsMax = Number(queue.meta.get('max') ?? taker.limiter?.max ?? 0);
  const limitedMs = rateLimitMs(queue, jobsMax, nowMs);
  if (limitedMs > 0) return [null, 0, limitedMs, 0];
  if (queue.isBlocked) return [null, 0, 0, 0];
  const row = queue.sets.wait.first() ?? queue.sets.prioritized.first();
  if (row === undefined) return [null, 0, 0, queue.sets.delayed.first()?.order ?? 0];
  if (jobsMax > 0 && row.deferredFailure === undefined) {
    countForLimit(queue, Number(queue.meta.get('duration') ?? taker.limiter?.duration ?? 0), nowMs);
  }
  activate(queue, row, taker, nowMs);
  return [toJobJson(row), row.id, 0, 0];
}

function activate(queue: QueueState, row: JobRow, taker: Taker, nowMs: number): void {
  queue.emit('event', 'active', 'jobId', row.id, 'prev', 'waiting');
  queue.move(row, 'active', nowMs, {
    processedOn: nowMs,
    attemptsStarted: row.attemptsStarted + 1,
    ...(taker.name === undefined ? {} : { processedBy: taker.name }),
  });
  row.lock =
    taker.token === '0' ? undefined : { token: taker.token, untilMs: nowMs + taker.lockMs };
  // The next worker looks for itself whether more is there.
  if (queue.sets.wait.size + queue.sets.prioritized.size + queue.sets.delayed.size > 0) {
    queue.signal.announceWork();
  }
}

/** How long (ms) a limit of `jobsMax` jobs still holds back; 0 when it does not. */
export function rateLimitMs(queue: QueueState, jobsMax: number, nowMs: number): number {
  const { limiter } = queue;
  if (limiter === undefined || jobsMax <= 0) return 0;
  if (limiter.untilMs <= nowMs) {
    queue.limiter = undefined;
    return 0;
  }
  return limiter.count >= jobsMax ? limiter.untilMs - nowMs : 0;
}

function countForLimit(queue: QueueState, durationMs: number, nowMs: number): void {
  queue.limiter ??= { count: 0, untilMs: nowMs + Math.abs(Math.floor(durationMs)) };
  queue.limiter.count += 1;
}

export function isLocked(row: JobRow, nowMs: number): boolean {
  return row.lock !== undefined && row.lock.untilMs > nowMs;
}
