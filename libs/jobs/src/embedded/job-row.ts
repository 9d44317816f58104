// One job as the embedded store keeps it, and its two outside forms: what BullMQ reads (JobJson) and what the journal keeps.
// Protects: data, return value and stack trace stay the JSON text BullMQ gave; options are never shared with a caller.
// Leaves out: which state holds the job and what moves it there (queue-state.ts). Locks are not journalled: a restart ends them.

import type {
  JobJson,
  JobProgress,
  JobsOptions as PublicOptions,
  ParentKeys,
  RepeatOptions,
} from 'bullmq';

/** Options as BullMQ stores them: jobs of a scheduler carry their rhythm. */
export type JobsOptions = PublicOptions & { repeat?: Omit<RepeatOptions, 'key' | 'jobId'> };

export type RowState =
  'wait' | 'prioritized' | 'delayed' | 'active' | 'waiting-children' | 'completed' | 'failed';

export const rowStates: readonly RowState[] = [
  'wait',
  'prioritized',
  'delayed',
  'active',
  'waiting-children',
  'completed',
  'failed',
];

/** How a child stands with its parent. */
export type ChildClass = 'pending' | 'processed' | 'ignored' | 'unsuccessful';

export interface JobRow {
  readonly id: string;
  state: RowState;
  /** Position within the state, smallest first: a counter, a priority, a due time (ms) or a finish time (ms). */
  order: number;
  /** Unique per placement; later placements are larger. */
  placement: number;
  name: string;
  data: string;
  opts: JobsOptions;
  timestamp: number;
  delay: number;
  priority: number;
  attemptsMade: number;
  attemptsStarted: number;
  stalledCounter: number;
  progress?: JobProgress | undefined;
  processedOn?: number | undefined;
  finishedOn?: number | undefined;
  processedBy?: string | undefined;
  failedReason?: string | undefined;
  deferredFailure?: string | undefined;
  stacktrace?: string | undefined;
  returnvalue?: string | undefined;
  parentKey?: string | undefined;
  parent?: ParentKeys | undefined;
  repeatJobKey?: string | undefined;
  deduplicationId?: string | undefined;
  /** Volatile. */
  lock?: { token: string; untilMs: number } | undefined;
  logs?: string[] | undefined;
  children?: Map<string, { class: ChildClass; value: string }> | undefined;
  /** Pending ones among `children`. */
  pendingCount: number;
  unsuccessfulCount: number;
}

/** Fields the journal writes whole; the others have records of their own. */
export type RowPatch = Partial<
  Omit<JobRow, 'id' | 'lock' | 'logs' | 'children' | 'pendingCount' | 'unsuccessfulCount'>
>;

export function newRow(id: string, patch: RowPatch): JobRow {
  return {
    state: 'wait',
    order: 0,
    placement: 0,
    name: '',
    data: '{}',
    opts: {},
    timestamp: 0,
    delay: 0,
    priority: 0,
    attemptsMade: 0,
    attemptsStarted: 0,
    stalledCounter: 0,
    ...patch,
    id,
    pendingCount: 0,
    unsuccessfulCount: 0,
  };
}

/** What the journal writes for a whole row, without what `newRow` fills in; logs and children follow as records of their own. */
export function rowFields(row: JobRow): RowPatch {
  const { state, order, placement, name, data, opts, timestamp } = row;
  const fields: RowPatch = { state, order, placement, name, data, opts, timestamp };
  for (const count of rowCounts) if (row[count] !== 0) fields[count] = row[count];
  for (const fact of rowFacts) if (row[fact] !== undefined) fields[fact] = row[fact] as never;
  return fields;
}

const rowCounts = [
  'delay',
  'priority',
  'attemptsMade',
  'attemptsStarted',
  'stalledCounter',
] as const;

const rowFacts = [
  'progress',
  'processedOn',
  'finishedOn',
  'processedBy',
  'failedReason',
  'deferredFailure',
  'stacktrace',
  'returnvalue',
  'parentKey',
  'parent',
  'repeatJobKey',
  'deduplicationId',
] as const satisfies readonly (keyof RowPatch)[];

/** Every field the journal keeps is in one of the lists. */
type Unlisted = Exclude<
  keyof RowPatch,
  | (typeof rowCounts | typeof rowFacts)[number]
  | 'state'
  | 'order'
  | 'placement'
  | 'name'
  | 'data'
  | 'opts'
  | 'timestamp'
>;
const allListed: [Unlisted] extends [never] ? true : Unlisted = true;
void allListed;

export function toJobJson(row: JobRow): JobJson {
  const json: JobJson = {
    id: row.id,
    name: row.name,
    data: row.data,
    opts: structuredOpts(row.opts),
    progress: row.progress ?? 0,
    attemptsMade: row.attemptsMade,
    attemptsStarted: row.attemptsStarted,
    timestamp: row.timestamp,
    delay: row.delay,
    priority: row.priority,
    stalledCounter: row.stalledCounter,
    // BullMQ declares these as always there and treats "not there" as "not yet".
    failedReason: row.failedReason as string,
    returnvalue: row.returnvalue as string,
  };
  if (row.processedOn !== undefined) json.processedOn = row.processedOn;
  if (row.finishedOn !== undefined) json.finishedOn = row.finishedOn;
  if (row.processedBy !== undefined) json.processedBy = row.processedBy;
  if (row.deferredFailure !== undefined) json.deferredFailure = row.deferredFailure;
  if (row.stacktrace !== undefined) json.stacktrace = row.stacktrace;
  if (row.parentKey !== undefined) json.parentKey = row.parentKey;
  if (row.parent !== undefined) json.parent = { ...row.parent };
  if (row.repeatJobKey !== undefined) json.repeatJobKey = row.repeatJobKey;
  if (row.deduplicationId !== undefined) {
    json.deduplicationId = row.deduplicationId;
    json.debounceId = row.deduplicationId;
  }
  return json;
}

/** A copy two levels deep: BullMQ changes `repeat` and `deduplication` of options it was given. */
export function structuredOpts(opts: JobsOptions): JobsOptions {
  const copy: JobsOptions = { ...opts };
  if (copy.repeat !== undefined) copy.repeat = { ...copy.repeat };
  if (copy.deduplication !== undefined) copy.deduplication = { ...copy.deduplication };
  return copy;
}
