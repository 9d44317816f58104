// Job schedulers: a template and the time of the next iteration, which stands in the queue as a delayed job.
// Protects: one next iteration per scheduler; taking it makes the one after it (BullMQ's worker asks for that), so a
// scheduler re-arms itself for ever; iterations of `every` keep their slot and never pile up after a pause.

import { ErrorCode, type RepeatableOptions } from 'bullmq';
import { jobError } from './job-error.js';
import { newRow, structuredOpts, type JobsOptions } from './job-row.js';
import { enqueue } from './line.js';
import type { QueueState } from './queue-state.js';

const slotScansMax = 32;

const iterationId = (schedulerId: string, atMs: number): string => `repeat:${schedulerId}:${atMs}`;

export interface SchedulerSpec {
  readonly id: string;
  readonly nextMs: number;
  readonly data: string;
  readonly templateOpts: JobsOptions;
  readonly repeat: RepeatableOptions;
  readonly jobOpts: JobsOptions;
}

/** Adds or changes a scheduler; the id of the next iteration and the milliseconds until it. */
export function upsertScheduler(queue: QueueState, spec: SchedulerSpec): [string, number] {
  const { id, repeat } = spec;
  const nowMs = queue.host.nowMs();
  const previous = queue.schedulers.get(id);
  const every = repeat.every;
  let offset = repeat.offset ?? spec.jobOpts.repeat?.offset ?? 0;
  let nextMs = spec.nextMs;
  let keepsRhythm = previous !== undefined;
  if (every) {
    keepsRhythm = previous !== undefined && Number(previous.fields['every']) === every;
    const slot = nextSlot({
      previousMs: keepsRhythm ? previous?.next : undefined,
      every,
      nowMs,
      offset,
      startMs: repeat.startDate === undefined ? undefined : Number(repeat.startDate),
    });
    nextMs = slot.nextMs;
    if (!takeBack(queue, id, previous?.next)) offset = slot.offset;
    else if (keepsRhythm && previous !== undefined) nextMs = previous.next;
    nextMs = freeSlot(queue, id, nextMs, every);
  } else {
    const isTakenBack = takeBack(queue, id, previous?.next);
    if (!isTakenBack && queue.rows.has(iterationId(id, nextMs))) {
      throw jobError(ErrorCode.SchedulerJobIdCollision, { command: 'addJobScheduler' });
    }
  }
  const fields = schedulerFields(spec, offset, previous?.fields);
  queue.setScheduler(id, fields, nextMs);
  const delay = Math.max(0, nextMs - nowMs);
  addIteration(queue, { ...spec, nextMs, delay, name: repeat.name ?? id });
  return [iterationId(id, nextMs), delay];
}

/** After `producerId` was taken: arms the next iteration; its id, or undefined when there is none to arm. */
export function advanceScheduler(
  queue: QueueState,
  next: {
    readonly id: string;
    readonly nextMs: number;
    readonly jobOpts: JobsOptions;
    readonly producerId: string | undefined;
  },
): string | undefined {
  const { id } = next;
  const scheduler = queue.schedulers.get(id);
  if (scheduler === undefined || next.producerId !== iterationId(id, scheduler.next)) {
    return undefined;
  }
  const { fields } = scheduler;
  const nowMs = queue.host.nowMs();
  const jobOpts = structuredOpts(next.jobOpts);
  const every = Number(fields['every'] ?? jobOpts.repeat?.every ?? 0);
  let { nextMs } = next;
  if (every > 0) {
    const offset = Number(fields['offset'] ?? jobOpts.repeat?.offset ?? 0);
    nextMs = nextSlot({ previousMs: scheduler.next, every, nowMs, offset }).nextMs;
  }
  const jobId = iterationId(id, nextMs);
  if (queue.rows.has(jobId)) {
    queue.emit('event', 'duplicated', 'jobId', jobId);
    return undefined;
  }
  queue.setScheduler(id, { ...fields, ic: String(Number(fields['ic'] ?? '0') + 1) }, nextMs);
  const delay = Math.max(0, nextMs - nowMs);
  addIteration(queue, {
    id,
    nextMs,
    delay,
    jobOpts,
    data: fields['data'] ?? '{}',
    name: fields['name'] ?? id,
  });
  return jobId;
}

/** Whether it was there. */
export function removeScheduler(queue: QueueState, id: string): boolean {
  const scheduler = queue.schedulers.get(id);
  if (scheduler === undefined) return false;
  const row = queue.rows.get(iterationId(id, scheduler.next));
  if (row?.state === 'delayed') {
    queue.drop(row);
    queue.emit('event', 'removed', 'jobId', row.id, 'prev', 'delayed');
  }
  queue.setScheduler(id, null);
  return true;
}

function addIteration(
  queue: QueueState,
  job: {
    readonly id: string;
    readonly nextMs: number;
    readonly delay: number;
    readonly jobOpts: JobsOptions;
    readonly data: string;
    readonly name: string;
  },
): void {
  const id = iterationId(job.id, job.nextMs);
  queue.countAdded();
  const opts: JobsOptions = { ...structuredOpts(job.jobOpts), delay: job.delay, jobId: id };
  const row = newRow(id, {
    name: job.name,
    data: job.data,
    opts,
    timestamp: queue.host.nowMs(),
    delay: job.delay,
    priority: opts.priority ?? 0,
    repeatJobKey: job.id,
    ...(opts.deduplication?.id ? { deduplicationId: opts.deduplication.id } : {}),
  });
  queue.emit('event', 'added', 'jobId', id, 'name', row.name);
  enqueue(queue, row);
}

/** Removes the standing iteration if nobody has taken it. */
function takeBack(queue: QueueState, id: string, previousMs: number | undefined): boolean {
  if (previousMs === undefined) return false;
  const row = queue.rows.get(iterationId(id, previousMs));
  if (row?.state !== 'delayed' && row?.state !== 'prioritized' && row?.state !== 'wait') {
    return false;
  }
  queue.drop(row);
  return true;
}

function freeSlot(queue: QueueState, id: string, fromMs: number, every: number): number {
  let nextMs = fromMs;
  for (let scans = 0; scans <= slotScansMax; scans += 1, nextMs += every) {
    if (!queue.rows.has(iterationId(id, nextMs))) return nextMs;
  }
  throw jobError(ErrorCode.SchedulerJobSlotsBusy, { command: 'addJobScheduler' });
}

interface SlotQuestion {
  readonly previousMs: number | undefined;
  readonly every: number;
  readonly nowMs: number;
  readonly offset: number;
  readonly startMs?: number | undefined;
}

function nextSlot(question: SlotQuestion): { nextMs: number; offset: number } {
  const { every } = question;
  const nextMs = Math.floor(firstOrNext(question));
  const offset = question.offset || nextMs - Math.floor(nextMs / every) * every;
  return { nextMs, offset: Math.floor(offset) };
}

function firstOrNext({ previousMs, every, nowMs, offset, startMs }: SlotQuestion): number {
  const aligned = Math.floor(nowMs / every) * every + offset;
  const later = aligned <= nowMs ? aligned + every : aligned;
  if (previousMs !== undefined) {
    const nextMs = previousMs + every;
    return nextMs < nowMs ? later : nextMs;
  }
  if (startMs !== undefined) return Math.max(startMs, nowMs);
  return offset > 0 ? later : nowMs;
}

function schedulerFields(
  spec: SchedulerSpec,
  offset: number,
  previous: Record<string, string> | undefined,
): Record<string, string> {
  const { repeat } = spec;
  const fields: Record<string, string> = { name: repeat.name ?? spec.id };
  if (repeat.tz) fields['tz'] = repeat.tz;
  if (repeat.limit) fields['limit'] = String(repeat.limit);
  if (repeat.pattern) fields['pattern'] = repeat.pattern;
  if (repeat.startDate) fields['startDate'] = String(Number(repeat.startDate));
  if (repeat.endDate) fields['endDate'] = String(repeat.endDate);
  if (repeat.every) fields['every'] = String(repeat.every);
  const kept = offset || Number(previous?.['offset'] ?? 0);
  if (kept) fields['offset'] = String(kept);
  const opts = JSON.stringify(spec.templateOpts);
  if (opts !== '{}') fields['opts'] = opts;
  if (spec.data !== '' && spec.data !== '{}') fields['data'] = spec.data;
  fields['ic'] = previous?.['ic'] ?? '1';
  return fields;
}
