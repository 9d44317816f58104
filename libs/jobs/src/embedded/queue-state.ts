// One queue of the embedded store: its jobs by id and by state, its meta data, schedulers, deduplication keys and events.
// Protects: a row is in exactly one state set; every durable change is recorded in the same turn it is made (change.ts).
// Leaves out: the rules of BullMQ's operations (add-job.ts, take-job.ts, finish-job.ts, …), which are written with these moves.

import type { JobsOptions, ParentKeys } from 'bullmq';
import { assert } from '@drave/platform';
import { EventStream } from './event-stream.js';
import {
  rowFields,
  rowStates,
  type ChildClass,
  type JobRow,
  type RowPatch,
  type RowState,
} from './job-row.js';
import type { Change } from './journal.js';
import { OrderedJobs } from './ordered-jobs.js';
import { WorkSignal } from './work-signal.js';

export interface QueueMetrics {
  count: number;
  previousMs: number;
  previousCount: number;
  /** Finished per minute, newest first. */
  points: number[];
}

/** A job kept back by `keepLastIfActive` until the active one has finished. */
export interface NextJob {
  readonly id: string;
  readonly name: string;
  readonly data: string;
  readonly opts: JobsOptions;
  readonly parentKey?: string | undefined;
  readonly parent?: ParentKeys | undefined;
  readonly repeatJobKey?: string | undefined;
}

export interface Scheduler {
  readonly fields: Record<string, string>;
  readonly next: number;
}

/** What a queue needs of its store. */
export interface QueueHost {
  nowMs(): number;
  record(change: Change): void;
  nextPlacement(): number;
  seenPlacement(placement: number): void;
  /** The queue that is named `<prefix>:<name>`; made when missing. */
  queue(qualifiedName: string): QueueState;
  /** The job a key `<prefix>:<name>:<id>` names. */
  find(key: string): { readonly queue: QueueState; readonly row: JobRow } | undefined;
}

const eventsMaxDefault = 10_000;

export class QueueState {
  readonly name: string;
  readonly host: QueueHost;
  readonly rows = new Map<string, JobRow>();
  readonly sets: Readonly<Record<RowState, OrderedJobs>>;
  readonly meta = new Map<string, string>();
  readonly schedulers = new Map<string, Scheduler>();
  readonly metrics = new Map<'completed' | 'failed', QueueMetrics>();
  readonly events: EventStream;
  readonly signal = new WorkSignal();
  readonly #deduplication = new Map<string, { jobId: string; untilMs: number | undefined }>();
  readonly #next = new Map<string, NextJob>();
  /** Jobs that were active at the last look for stalled ones. */
  stalling = new Set<string>();
  stalledCheckUntilMs = 0;
  limiter: { count: number; untilMs: number } | undefined;
  #counter = 0;
  #waitHead = 0;
  #waitTail = 0;
  #priorityCounter = 0;

  constructor(name: string, host: QueueHost) {
    this.name = name;
    this.host = host;
    this.events = new EventStream(`${name}:events`);
    this.sets = Object.fromEntries(
      rowStates.map((state) => [state, new OrderedJobs()]),
    ) as unknown as Record<RowState, OrderedJobs>;
  }

  key(id: string): string {
    return `${this.name}:${id}`;
  }

  emit(...fields: string[]): void {
    this.events.add(fields, this.host.nowMs(), this.eventsMax);
  }

  get eventsMax(): number {
    return Number(this.meta.get('opts.maxLenEvents') ?? eventsMaxDefault);
  }

  nextId(): string {
    this.#counter += 1;
    return String(this.#counter);
  }

  countAdded(): void {
    this.#counter += 1;
  }

  get isPaused(): boolean {
    return this.meta.has('paused');
  }

  get isMaxed(): boolean {
    const concurrency = this.meta.get('concurrency');
    return concurrency !== undefined && this.sets.active.size >= Number(concurrency);
  }

  get isBlocked(): boolean {
    return this.isPaused || this.isMaxed;
  }

  // Orders within the states

  tailOrder(): number {
    return (this.#waitTail += 1);
  }

  headOrder(): number {
    return (this.#waitHead -= 1);
  }

  priorityOrder(priority: number): number {
    this.#priorityCounter = (this.#priorityCounter + 1) % 0x1_0000_0000;
    return priority * 0x1_0000_0000 + this.#priorityCounter;
  }

  // Changes: memory and journal together

  insert(row: JobRow, state: RowState, order: number): void {
    assert(!this.rows.has(row.id), 'job-id-is-new', { queue: this.name, id: row.id });
    row.state = state;
    row.order = order;
    row.placement = this.host.nextPlacement();
    this.rows.set(row.id, row);
    this.sets[state].add(row);
    this.host.record(['+', this.name, row.id, rowFields(row), this.#counter]);
  }

  move(row: JobRow, state: RowState, order: number, patch: RowPatch = {}): void {
    this.sets[row.state].delete(row.id);
    Object.assign(row, patch);
    row.state = state;
    row.order = order;
    row.placement = this.host.nextPlacement();
    this.sets[state].add(row);
    const { placement } = row;
    this.host.record(['=', this.name, row.id, { ...patch, state, order, placement }]);
  }

  patch(row: JobRow, patch: RowPatch): void {
    Object.assign(row, patch);
    this.host.record(['=', this.name, row.id, patch]);
  }

  unset(row: JobRow, names: readonly (keyof RowPatch)[]): void {
    for (const name of names) row[name] = undefined as never;
    this.host.record(['~', this.name, row.id, names]);
  }

  drop(row: JobRow): void {
    this.loadDrop(row.id);
    this.host.record(['-', this.name, row.id]);
  }

  setChild(row: JobRow, key: string, standing: ChildClass | null, value = ''): void {
    this.loadChild(row.id, key, standing, value);
    this.host.record(['c', this.name, row.id, key, standing, value]);
  }

  setMeta(field: string, value: string | null): void {
    this.loadMeta(field, value);
    this.host.record(['m', this.name, field, value]);
  }

  setScheduler(id: string, fields: Record<string, string> | null, next = 0): void {
    this.loadScheduler(id, fields, next);
    this.host.record(['s', this.name, id, fields, next]);
  }

  addLog(row: JobRow, line: string, keep: number): number {
    this.loadLog(row.id, line, keep);
    this.host.record(['l', this.name, row.id, line, keep]);
    return row.logs?.length ?? 0;
  }

  cutLogs(row: JobRow, keep: number): void {
    this.loadLogCut(row.id, keep);
    this.host.record(['L', this.name, row.id, keep]);
  }

  deduplication(id: string): { jobId: string; untilMs: number | undefined } | undefined {
    const entry = this.#deduplication.get(id);
    if (entry?.untilMs !== undefined && entry.untilMs <= this.host.nowMs()) {
      this.#deduplication.delete(id); // lapsed by itself, after a restart too: nothing to record
      return undefined;
    }
    return entry;
  }

  setDeduplication(id: string, jobId: string | null, untilMs?: number): void {
    this.loadDeduplication(id, jobId, untilMs ?? null);
    this.host.record(['d', this.name, id, jobId, untilMs ?? null]);
  }

  nextJob(deduplicationId: string): NextJob | undefined {
    return this.#next.get(deduplicationId);
  }

  setNext(deduplicationId: string, job: NextJob | null): void {
    if (job === null && !this.#next.has(deduplicationId)) return;
    this.loadNext(deduplicationId, job);
    this.host.record(['n', this.name, deduplicationId, job]);
  }

  setMetrics(type: 'completed' | 'failed', metrics: QueueMetrics): void {
    this.metrics.set(type, metrics);
    this.host.record(['M', this.name, type, metrics]);
  }

  clear(): void {
    this.loadNothing();
    this.host.record(['X', this.name]);
  }

  /** Transactions that make this queue anew. */
  *snapshot(): Generator<readonly Change[]> {
    const { name } = this;
    const facts: Change[] = [['i', name, this.#counter]];
    for (const [field, value] of this.meta) facts.push(['m', name, field, value]);
    for (const [id, scheduler] of this.schedulers)
      facts.push(['s', name, id, scheduler.fields, scheduler.next]);
    for (const [id, entry] of this.#deduplication)
      facts.push(['d', name, id, entry.jobId, entry.untilMs ?? null]);
    for (const [id, job] of this.#next) facts.push(['n', name, id, job]);
    for (const [type, metrics] of this.metrics) facts.push(['M', name, type, metrics]);
    yield facts;
    for (const row of this.rows.values()) {
      const changes: Change[] = [['+', name, row.id, rowFields(row), this.#counter]];
      for (const line of row.logs ?? []) changes.push(['l', name, row.id, line, 0]);
      for (const [key, child] of row.children ?? [])
        changes.push(['c', name, row.id, key, child.class, child.value]);
      yield changes;
    }
  }

  // Replay: memory only, called by the changes above and by the load

  loadRow(row: JobRow, counter: number): void {
    this.loadDrop(row.id);
    this.rows.set(row.id, row);
    this.#counter = Math.max(this.#counter, counter);
    this.#place(row);
  }

  loadPatch(id: string, patch: RowPatch): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    this.sets[row.state].delete(id);
    Object.assign(row, patch);
    this.#place(row);
  }

  #place(row: JobRow): void {
    this.sets[row.state].add(row);
    this.host.seenPlacement(row.placement);
    if (row.state === 'wait') {
      this.#waitHead = Math.min(this.#waitHead, row.order);
      this.#waitTail = Math.max(this.#waitTail, row.order);
    }
    if (row.state === 'prioritized') this.#priorityCounter = row.order % 0x1_0000_0000;
  }

  loadUnset(id: string, names: readonly (keyof RowPatch)[]): void {
    const row = this.rows.get(id);
    if (row !== undefined) for (const name of names) row[name] = undefined as never;
  }

  loadDrop(id: string): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    this.sets[row.state].delete(id);
    this.rows.delete(id);
    this.stalling.delete(id);
  }

  loadChild(id: string, key: string, standing: ChildClass | null, value: string): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    row.children ??= new Map();
    const previous = row.children.get(key);
    if (previous?.class === 'pending') row.pendingCount -= 1;
    if (previous?.class === 'unsuccessful') row.unsuccessfulCount -= 1;
    if (standing === null) row.children.delete(key);
    else row.children.set(key, { class: standing, value });
    if (standing === 'pending') row.pendingCount += 1;
    if (standing === 'unsuccessful') row.unsuccessfulCount += 1;
  }

  loadLog(id: string, line: string, keep: number): void {
    const row = this.rows.get(id);
    if (row === undefined) return;
    row.logs ??= [];
    row.logs.push(line);
    if (keep > 0 && row.logs.length > keep) row.logs.splice(0, row.logs.length - keep);
  }

  loadLogCut(id: string, keep: number): void {
    const row = this.rows.get(id);
    if (row?.logs !== undefined) row.logs = keep > 0 ? row.logs.slice(-keep) : undefined;
  }

  loadMeta(field: string, value: string | null): void {
    if (value === null) this.meta.delete(field);
    else this.meta.set(field, value);
  }

  loadScheduler(id: string, fields: Record<string, string> | null, next: number): void {
    if (fields === null) this.schedulers.delete(id);
    else this.schedulers.set(id, { fields, next });
  }

  loadDeduplication(id: string, jobId: string | null, untilMs: number | null): void {
    if (jobId === null) this.#deduplication.delete(id);
    else this.#deduplication.set(id, { jobId, untilMs: untilMs ?? undefined });
  }

  loadNext(id: string, job: NextJob | null): void {
    if (job === null) this.#next.delete(id);
    else this.#next.set(id, job);
  }

  loadCounter(counter: number): void {
    this.#counter = Math.max(this.#counter, counter);
  }

  loadMetrics(type: 'completed' | 'failed', metrics: QueueMetrics): void {
    this.metrics.set(type, metrics);
  }

  loadNothing(): void {
    for (const id of [...this.rows.keys()]) this.loadDrop(id);
    this.meta.clear();
    this.schedulers.clear();
    this.#deduplication.clear();
    this.#next.clear();
    this.metrics.clear();
    this.#counter = 0;
    this.limiter = undefined;
  }

  /** After the load: what was active has no living worker, and what waits must wake the first one. */
  afterLoad(): void {
    for (const row of this.sets.active.values()) this.stalling.add(row.id);
    if (this.isPaused) return;
    if (this.sets.wait.size + this.sets.prioritized.size > 0) this.signal.announceWork();
    const first = this.sets.delayed.first();
    if (first !== undefined) this.signal.announceDue(first.order);
  }
}
