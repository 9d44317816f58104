// The half of the embedded backend that changes no job: its life, its blocking calls, and reading (embedded-backend.ts has the rest).
// Protects: blocked calls wake on close and on disconnect, with nothing in hand; reading never changes durable state.

import { EventEmitter } from 'node:events';
import type {
  DependenciesOpts,
  JobJson,
  JobState,
  JobType,
  KeyPrefixOptions,
  KeysMap,
  QueueBaseOptions,
  StreamReadRaw,
  WorkerOptions,
} from 'bullmq';
import { QueueKeys } from 'bullmq';
import { toJobJson } from './job-row.js';
import type { EmbeddedJobStore } from './job-store.js';
import * as queries from './queries.js';
import type { QueueState } from './queue-state.js';
import { rateLimitMs } from './take-job.js';
import type { Announcement } from './work-signal.js';

/** Options of queues and workers alike, as far as the backend reads them. */
export type BackendOptions = QueueBaseOptions<unknown> &
  KeyPrefixOptions &
  Partial<
    Pick<
      WorkerOptions,
      | 'lockDuration'
      | 'limiter'
      | 'name'
      | 'maxStalledCount'
      | 'stalledInterval'
      | 'removeOnComplete'
      | 'removeOnFail'
      | 'metrics'
    >
  >;

export abstract class BackendBase extends EventEmitter {
  readonly minimumBlockTimeout = 0.001;
  readonly maximumBlockTimeout = 10;
  readonly keys: KeysMap;
  closing: Promise<void> | undefined;
  protected readonly store: EmbeddedJobStore;
  protected readonly name: string;
  protected readonly prefix: string;
  protected readonly opts: BackendOptions;
  protected readonly queue: QueueState;
  readonly #blocked = new Set<() => void>();

  constructor(store: EmbeddedJobStore, name: string, opts: BackendOptions) {
    super();
    this.store = store;
    this.name = name;
    this.prefix = opts.prefix ?? 'bull';
    this.opts = opts;
    this.keys = new QueueKeys(this.prefix).getKeys(name);
    this.queue = store.queue(this.qualifiedName);
  }

  // Life

  async waitUntilReady(): Promise<void> {}

  close(): Promise<void> {
    this.closing ??= Promise.resolve();
    this.#wakeAll();
    return this.closing;
  }

  async disconnect(): Promise<void> {
    this.#wakeAll();
  }

  async disconnectBlocking(): Promise<void> {
    this.#wakeAll();
  }

  async reconnectBlocking(): Promise<void> {}

  async setName(_name: string): Promise<void> {}

  #wakeAll(): void {
    for (const wake of [...this.#blocked]) wake();
  }

  get qualifiedName(): string {
    return `${this.prefix}:${this.name}`;
  }

  toKey(type: string): string {
    return `${this.qualifiedName}:${type}`;
  }

  parseNodeKey(key: string): { prefix: string; queueName: string; id: string } {
    const found = this.store.find(key);
    const queueKey = found?.queue.name ?? key.slice(0, key.lastIndexOf(':'));
    const colon = queueKey.lastIndexOf(':');
    return {
      prefix: queueKey.slice(0, Math.max(0, colon)),
      queueName: queueKey.slice(colon + 1),
      id: key.slice(queueKey.length + 1),
    };
  }

  clientName(suffix = ''): string {
    return `${this.prefix}:${Buffer.from(this.name).toString('base64')}${suffix}`;
  }

  /** For what a producer or operator asked: settles when it survives a crash. */
  protected async durably<T>(operation: () => T): Promise<T> {
    const result = this.store.transact(operation);
    await this.store.durable();
    return result;
  }

  /** For the moves of workers: in order, durable soon; waits only when the disk is far behind. */
  protected async soon<T>(operation: () => T): Promise<T> {
    const result = this.store.transact(operation);
    const pace = this.store.pace();
    if (pace !== undefined) await pace;
    return result;
  }

  waitForJob(blockTimeout: number): Promise<Announcement | null> {
    const { signal } = this.queue;
    const announced = signal.take();
    if (announced !== undefined) return Promise.resolve(announced);
    if (this.closing !== undefined) return Promise.resolve(null);
    return new Promise((resolve) => {
      const settle = (announcement: Announcement | null): void => {
        timer?.cancel();
        this.#blocked.delete(giveUp);
        signal.stopWaiting(settle);
        resolve(announcement);
      };
      const giveUp = (): void => settle(null);
      const timer = this.#deadline(blockTimeout * 1_000, giveUp);
      this.#blocked.add(giveUp);
      signal.wait(settle);
    });
  }

  /** 0 milliseconds mean no deadline, as in Redis. */
  #deadline(delayMs: number, callback: () => void): { cancel(): void } | undefined {
    if (!(delayMs > 0) || delayMs === Infinity) return undefined;
    return this.store.scheduler.setTimer(delayMs, callback);
  }

  // Reading

  async getState(jobId: string): Promise<JobState | 'unknown'> {
    const state = this.queue.rows.get(jobId)?.state;
    return state === 'wait' ? 'waiting' : (state ?? 'unknown');
  }

  async isFinished(jobId: string, returnValue = false): Promise<number | [number, string]> {
    const row = this.queue.rows.get(jobId);
    const status = row === undefined ? -1 : finishedStatus(row.state);
    if (!returnValue) return status;
    const text = status === 1 ? row?.returnvalue : status === 2 ? row?.failedReason : undefined;
    return [status, text ?? (row === undefined ? `Missing key for job ${jobId}. isFinished` : '')];
  }

  async isMaxed(): Promise<boolean> {
    return this.queue.isMaxed;
  }

  async isJobInState(state: string, jobId: string): Promise<boolean> {
    return this.queue.rows.get(jobId)?.state === queries.stateOf(state);
  }

  async getJobData(jobId: string): Promise<JobJson | undefined> {
    const row = this.queue.rows.get(jobId);
    return row === undefined ? undefined : toJobJson(row);
  }

  async getDeduplicationJobId(deduplicationId: string): Promise<string | null> {
    return this.queue.deduplication(deduplicationId)?.jobId ?? null;
  }

  async getJobLogs(
    jobId: string,
    start: number,
    end: number,
    asc: boolean,
  ): Promise<{ logs: string[]; count: number }> {
    const all = this.queue.rows.get(jobId)?.logs ?? [];
    return {
      logs: [...queries.slice(asc ? all : all.toReversed(), start, end)],
      count: all.length,
    };
  }

  async getRateLimitTtl(maxJobs?: number): Promise<number> {
    const nowMs = this.store.nowMs();
    const jobsMax = maxJobs ?? Number(this.queue.meta.get('max') ?? 0);
    if (jobsMax > 0) return rateLimitMs(this.queue, jobsMax, nowMs);
    const untilMs = this.queue.limiter?.untilMs ?? 0;
    return untilMs > nowMs ? untilMs - nowMs : -2;
  }

  async getCounts(types: JobType[], delayedTimestamp?: number): Promise<number[]> {
    return types.map((type) => queries.count(this.queue, type, delayedTimestamp));
  }

  async getCountsPerPriority(priorities: number[]): Promise<number[]> {
    return priorities.map((priority) => queries.countPriority(this.queue, priority));
  }

  async getRanges(types: JobType[], start = 0, end = 1, asc = false): Promise<[string][]> {
    const pages = types.map((type) => queries.range(this.queue, type, { start, end, asc }));
    return pages as unknown as [string][]; // the interface says one id per state and means many
  }

  async getDependencyCounts(jobId: string, types: string[]): Promise<number[]> {
    const row = this.queue.rows.get(jobId);
    return types.map((type) => queries.countChildren(row, type));
  }

  async getDependencies(jobId: string, opts: DependenciesOpts): Promise<queries.Dependencies> {
    return queries.dependencies(this.queue.rows.get(jobId), opts ?? {});
  }

  async getProcessedChildrenValues(jobId: string): Promise<Record<string, string>> {
    return queries.children(this.queue.rows.get(jobId), 'processed');
  }

  async getIgnoredChildrenFailures(jobId: string): Promise<Record<string, string>> {
    return queries.children(this.queue.rows.get(jobId), 'ignored');
  }

  async getMetrics(
    type: 'completed' | 'failed',
    start = 0,
    end = -1,
  ): Promise<[string[], string[], number]> {
    const metrics = this.queue.metrics.get(type);
    if (metrics === undefined) return [[], [], 0];
    const { count, previousMs, previousCount, points } = metrics;
    return [
      [count, previousMs, previousCount].map(String),
      queries.slice(points, start, end).map(String),
      points.length,
    ];
  }

  async getClientList(): Promise<string[]> {
    return [];
  }

  async paginate(
    key: string,
    opts: { start: number; end: number; fetchJobs?: boolean },
  ): Promise<queries.ChildPage> {
    return queries.childPage(this.queue, key, { ...opts, fetchJobs: opts.fetchJobs === true });
  }

  // Meta data, limits, events

  setQueueMeta(values: Record<string, string | number>): Promise<number> {
    return this.durably(() => {
      const entries = Object.entries(values);
      for (const [field, value] of entries) {
        const text = String(value);
        if (this.queue.meta.get(field) !== text) this.queue.setMeta(field, text);
      }
      return entries.length;
    });
  }

  async getQueueMetaField(field: string): Promise<string | null> {
    return this.queue.meta.get(field) ?? null;
  }

  async getQueueMetaFields(fields: string[]): Promise<(string | null)[]> {
    return fields.map((field) => this.queue.meta.get(field) ?? null);
  }

  async getQueueMeta(): Promise<Record<string, string>> {
    return Object.fromEntries(this.queue.meta);
  }

  removeQueueMetaFields(fields: string[]): Promise<number> {
    return this.durably(() => {
      const present = fields.filter((field) => this.queue.meta.has(field));
      for (const field of present) this.queue.setMeta(field, null);
      if (present.includes('concurrency')) this.queue.afterLoad();
      return present.length;
    });
  }

  async hasQueueMetaField(field: string): Promise<boolean> {
    return this.queue.meta.has(field);
  }

  async setRateLimit(expireTimeMs: number): Promise<void> {
    const untilMs = this.store.nowMs() + expireTimeMs;
    this.queue.limiter = { count: Number.MAX_SAFE_INTEGER, untilMs };
  }

  async removeRateLimitKey(): Promise<number> {
    const had = this.queue.limiter !== undefined;
    this.queue.limiter = undefined;
    return had ? 1 : 0;
  }

  async removeDeprecatedPriorityKey(): Promise<number> {
    return 0;
  }

  async trimEvents(maxLength: number): Promise<number> {
    return this.queue.events.trim(maxLength);
  }

  async publishEvent(fields: Record<string, string | number>, maxEvents: number): Promise<string> {
    const flat = Object.entries(fields).flatMap(([name, value]) => [name, String(value)]);
    return this.queue.events.add(flat, this.store.nowMs(), maxEvents);
  }

  readEvents(id: string, blockTimeout: number): Promise<StreamReadRaw> {
    const { events } = this.queue;
    const from = id === '$' ? events.lastId : id;
    const found = events.after(from);
    if (found !== undefined || this.closing !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => {
      const settle = (): void => {
        timer?.cancel();
        this.#blocked.delete(settle);
        events.stopWaiting(settle);
        resolve(events.after(from));
      };
      const timer = this.#deadline(blockTimeout, settle);
      this.#blocked.add(settle);
      events.wait(settle);
    });
  }
}

function finishedStatus(state: string): number {
  if (state === 'completed') return 1;
  return state === 'failed' ? 2 : 0;
}
