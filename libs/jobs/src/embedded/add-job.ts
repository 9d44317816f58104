// Adding jobs: the first state by options, deduplication, ids used twice, children that find their parent.
// Protects: one job per id; a deduplicated job changes nothing but what its options say. Everything here is synchronous.

import { ErrorCode, type JobJson, type JobsOptions, type ParentKeyOpts } from 'bullmq';
import { jobError } from './job-error.js';
import { newRow, structuredOpts, type JobRow } from './job-row.js';
import { announceDelayed, enqueue } from './line.js';
import { releaseParentIfReady } from './parents.js';
import type { NextJob, QueueState } from './queue-state.js';

interface Incoming {
  readonly id: string;
  readonly json: JobJson;
  readonly keyOpts: ParentKeyOpts;
}

/** The id of the added job, or of the one it duplicates. */
export function addJob(
  queue: QueueState,
  json: JobJson,
  jobId: string | undefined,
  keyOpts: ParentKeyOpts = {},
): string {
  const { parentKey } = json;
  const parent = parentKey ? queue.host.find(parentKey) : undefined;
  if (parentKey && parent === undefined) {
    throw jobError(ErrorCode.ParentJobNotExist, { command: 'addJob', parentKey });
  }
  const counted = queue.nextId();
  const id = jobId ? jobId : counted;
  const incoming: Incoming = { id, json, keyOpts };
  const existing = queue.rows.get(id);
  if (jobId && existing !== undefined) return attachDuplicate(queue, existing, incoming);
  const held = deduplicate(queue, incoming);
  if (held !== undefined) return held;
  const row = rowOf(incoming);
  queue.emit('event', 'added', 'jobId', id, 'name', row.name);
  if (keyOpts.addToWaitingChildren === true) {
    queue.insert(row, 'waiting-children', row.timestamp);
    queue.emit('event', 'waiting-children', 'jobId', id);
  } else enqueue(queue, row);
  if (parent !== undefined && keyOpts.parentDependenciesKey) {
    parent.queue.setChild(parent.row, queue.key(id), 'pending');
  }
  return id;
}

function rowOf({ id, json }: Incoming): JobRow {
  const opts = structuredOpts(json.opts);
  const row = newRow(id, {
    name: json.name,
    data: json.data,
    opts,
    timestamp: json.timestamp,
    delay: opts.delay ?? 0,
    priority: opts.priority ?? 0,
  });
  if (json.parentKey) row.parentKey = json.parentKey;
  if (json.parent !== undefined && json.parentKey) row.parent = { ...json.parent };
  if (json.repeatJobKey) row.repeatJobKey = json.repeatJobKey;
  if (opts.deduplication?.id) row.deduplicationId = opts.deduplication.id;
  return row;
}

function attachDuplicate(queue: QueueState, row: JobRow, { json, keyOpts }: Incoming): string {
  const { parentKey } = json;
  const current = row.parentKey;
  const isFree = !current || current === parentKey || queue.host.find(current) === undefined;
  if (!isFree && parentKey) {
    throw jobError(ErrorCode.ParentJobCannotBeReplaced, { command: 'addJob', parentKey });
  }
  const parent = parentKey ? queue.host.find(parentKey) : undefined;
  if (isFree && parentKey && parent !== undefined) {
    const key = queue.key(row.id);
    queue.patch(row, { parentKey, ...(json.parent === undefined ? {} : { parent: json.parent }) });
    if (row.state === 'completed') {
      parent.queue.setChild(parent.row, key, 'processed', row.returnvalue ?? 'null');
      if (keyOpts.deferParentRelease !== true) releaseParentIfReady(parent);
    } else if (keyOpts.parentDependenciesKey) parent.queue.setChild(parent.row, key, 'pending');
  }
  queue.emit('event', 'duplicated', 'jobId', row.id);
  return row.id;
}

// Deduplication

/** The id of the job that stands for this one, or undefined when it is to be added. */
function deduplicate(queue: QueueState, incoming: Incoming): string | undefined {
  const options = incoming.json.opts.deduplication;
  if (!options?.id) return undefined;
  const current = queue.deduplication(options.id);
  if (current === undefined) return claim(queue, options, incoming.id);
  const held = queue.rows.get(current.jobId);
  const mayReplace = incoming.keyOpts.addToWaitingChildren !== true;
  if (mayReplace && options.replace === true && held?.state === 'delayed') {
    queue.drop(held);
    queue.emit('event', 'removed', 'jobId', held.id, 'prev', 'delayed');
    emitDeduplicated(queue, { kept: incoming.id, id: options.id, other: held.id });
    queue.setNext(options.id, null);
    const keepsTtl = options.keepLastIfActive !== true && options.extend !== true && options.ttl;
    if (!keepsTtl) return claim(queue, options, incoming.id);
    queue.setDeduplication(options.id, incoming.id, current.untilMs);
    return undefined;
  }
  if (current.untilMs === undefined && held === undefined) {
    queue.setNext(options.id, null); // its holder is gone without a trace
    return claim(queue, options, incoming.id);
  }
  if (keepNext(queue, incoming, current.jobId)) return current.jobId;
  if (options.extend === true && options.ttl && options.replace !== true) {
    claim(queue, options, current.jobId);
  }
  if (options.replace !== true || !mayReplace) {
    emitDeduplicated(queue, { kept: current.jobId, id: options.id, other: incoming.id });
    if (options.reschedule === true && held?.state === 'delayed' && mayReplace) {
      const delay = incoming.json.opts.delay ?? 0;
      const dueMs = incoming.json.timestamp + delay;
      queue.move(held, 'delayed', dueMs, { delay });
      queue.emit('event', 'delayed', 'jobId', held.id, 'delay', String(dueMs));
      announceDelayed(queue);
    }
  }
  return current.jobId;
}

type Deduplication = NonNullable<JobsOptions['deduplication']>;

function claim(queue: QueueState, options: Deduplication, jobId: string): undefined {
  const hasTtl = options.keepLastIfActive !== true && options.ttl !== undefined && options.ttl > 0;
  const untilMs = hasTtl ? queue.host.nowMs() + (options.ttl ?? 0) : undefined;
  queue.setDeduplication(options.id, jobId, untilMs);
  return undefined;
}

function keepNext(queue: QueueState, { id, json }: Incoming, holderId: string): boolean {
  const options = json.opts.deduplication;
  if (!options?.keepLastIfActive || queue.rows.get(holderId)?.state !== 'active') return false;
  queue.setNext(options.id, {
    id,
    name: json.name,
    data: json.data,
    opts: structuredOpts(json.opts),
    parentKey: json.parentKey,
    parent: json.parent,
    repeatJobKey: json.repeatJobKey,
  });
  queue.setDeduplication(options.id, holderId);
  emitDeduplicated(queue, { kept: holderId, id: options.id, other: id });
  return true;
}

function emitDeduplicated(
  queue: QueueState,
  facts: { readonly kept: string; readonly id: string; readonly other: string },
): void {
  queue.emit(
    'event',
    'deduplicated',
    'jobId',
    facts.kept,
    'deduplicationId',
    facts.id,
    'deduplicatedJobId',
    facts.other,
  );
}

/** The holder of a deduplication id has finished: frees the id, or lets the kept-back job follow. */
export function finishDeduplication(queue: QueueState, row: JobRow, nowMs: number): void {
  const id = row.deduplicationId;
  if (id === undefined) return;
  const current = queue.deduplication(id);
  if (current?.untilMs === undefined && current?.jobId === row.id) {
    queue.setDeduplication(id, null);
  }
  const next = queue.nextJob(id);
  if (next !== undefined) addKeptBack(queue, id, next, nowMs);
}

function addKeptBack(queue: QueueState, deduplicationId: string, next: NextJob, nowMs: number) {
  queue.countAdded();
  queue.setNext(deduplicationId, null);
  const options = next.opts.deduplication;
  if (options !== undefined) claim(queue, options, next.id);
  const row = newRow(next.id, {
    name: next.name,
    data: next.data,
    opts: next.opts,
    timestamp: nowMs,
    delay: next.opts.delay ?? 0,
    priority: next.opts.priority ?? 0,
    deduplicationId,
    ...(next.parentKey ? { parentKey: next.parentKey } : {}),
    ...(next.parent ? { parent: next.parent } : {}),
    ...(next.repeatJobKey ? { repeatJobKey: next.repeatJobKey } : {}),
  });
  queue.emit('event', 'added', 'jobId', row.id, 'name', row.name);
  enqueue(queue, row);
  const parent = next.parentKey ? queue.host.find(next.parentKey) : undefined;
  if (parent !== undefined) parent.queue.setChild(parent.row, queue.key(row.id), 'pending');
}

/** A removed job frees its deduplication id. */
export function releaseDeduplication(queue: QueueState, row: JobRow): void {
  const id = row.deduplicationId;
  if (id === undefined || queue.deduplication(id)?.jobId !== row.id) return;
  queue.setDeduplication(id, null);
  queue.setNext(id, null);
}
