// A world that stands still: time moves by `advance`, ids count up, the log lives in memory and commits when told.
// Leaves out: disk and network (the coordinator has neither).

import { type Disk, type Logger, type Network, type Platform, silentLogger } from '@drave/platform';
import type { KafkaRecord } from '@drave/protocol';

import type { GroupTopic, GroupTopics, KeyValue, PartitionWriter } from '../src/index.js';

interface DueTimer {
  readonly atMs: number;
  readonly order: number;
  callback: (() => void) | undefined;
}

/** Lets everything that is ready run: promises and, with them, answers. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export class ManualWorld {
  nowMs = 0;
  #timers: DueTimer[] = [];
  #order = 0;
  #ids = 0;
  readonly logged: string[] = [];
  readonly platform: Platform;

  constructor() {
    const absent = (port: string) => () => {
      throw new Error(`the coordinator must not use ${port}`);
    };
    const logger: Logger = {
      ...silentLogger,
      warn: (event) => this.logged.push(event),
      error: (event, fields) => this.logged.push(`${event} ${String(fields?.['error'])}`),
    };
    this.platform = {
      clock: { nowMs: () => 1_000_000 + this.nowMs, monotonicMs: () => this.nowMs },
      scheduler: {
        setTimer: (delayMs, callback) => this.#setTimer(delayMs, callback),
        nextTurn: (callback) => void this.#setTimer(0, callback),
        sleep: (delayMs) => new Promise((resolve) => this.#setTimer(delayMs, resolve)),
      },
      random: {
        nextInt: () => 0,
        nextFloat: () => 0,
        bytes: (sizeBytes) => Buffer.alloc(sizeBytes),
        uuid: () => `${(this.#ids += 1)}`,
      },
      disk: new Proxy({} as Disk, { get: absent('the disk') }),
      network: new Proxy({} as Network, { get: absent('the network') }),
      logger,
    };
  }

  get timerCount(): number {
    return this.#timers.filter(({ callback }) => callback).length;
  }

  /** Runs what falls due in the next `ms`, one timer at a time, in order. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    for (;;) {
      this.#timers = this.#timers.filter(({ callback }) => callback);
      this.#timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      const next = this.#timers[0];
      if (!next || next.atMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const { callback } = next;
      next.callback = undefined;
      callback?.();
      await settle();
    }
    this.nowMs = untilMs;
    await settle();
  }

  #setTimer(delayMs: number, callback: () => void) {
    const timer: DueTimer = { atMs: this.nowMs + delayMs, order: (this.#order += 1), callback };
    this.#timers.push(timer);
    const cancel = () => {
      timer.callback = undefined;
    };
    return { cancel };
  }
}

/** Topics as told; until one is, and with `implicitCount`, every name but `absent` is a topic, though not a listed one. */
export class MemoryTopics implements GroupTopics {
  readonly #byName = new Map<string, GroupTopic>();
  readonly #implicitCount: number | undefined;
  #created = 0;

  constructor(implicitCount?: number) {
    this.#implicitCount = implicitCount;
  }

  /** Creates it, or changes its partition count. */
  set(name: string, partitionCount: number): void {
    const known = this.#byName.get(name);
    if (!known) this.#created += 1;
    const topicId = `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`;
    this.#byName.set(name, { name, topicId: known?.topicId ?? topicId, partitionCount });
  }

  delete(name: string): void {
    this.#byName.delete(name);
  }

  topic(name: string): GroupTopic | undefined {
    const known = this.#byName.get(name);
    if (known || this.#created > 0) return known;
    if (this.#implicitCount === undefined || name === 'absent') return undefined;
    return { name, topicId: `implicit-${name}`, partitionCount: this.#implicitCount };
  }

  topicById(topicId: string): GroupTopic | undefined {
    return [...this.#byName.values()].find((topic) => topic.topicId === topicId);
  }

  topics(): Iterable<GroupTopic> {
    return this.#byName.values();
  }
}

/** The internal topic in memory. With `holdCommits` appends wait for `commitAll`. */
export class MemoryOffsetsLog implements PartitionWriter {
  readonly #logs = new Map<number, KeyValue[]>();
  readonly #held: (() => void)[] = [];
  readonly #onAppend: (record: KeyValue) => void;
  holdCommits = false;
  /** The next append is refused with it. */
  failNext: Error | undefined;
  failedCount = 0;

  constructor(onAppend: (record: KeyValue) => void = () => undefined) {
    this.#onAppend = onAppend;
  }

  records(partition: number): KeyValue[] {
    const log = this.#logs.get(partition) ?? [];
    this.#logs.set(partition, log);
    return log;
  }

  append(partition: number, records: readonly KeyValue[]): Promise<number> {
    const error = this.failNext;
    if (error) {
      this.failNext = undefined;
      this.failedCount += 1;
      return Promise.reject(error);
    }
    const log = this.records(partition);
    for (const record of records) {
      log.push(record);
      this.#onAppend(record);
    }
    const lastOffset = log.length - 1;
    if (!this.holdCommits) return Promise.resolve(lastOffset);
    return new Promise((resolve) => this.#held.push(() => resolve(lastOffset)));
  }

  commitAll(): void {
    for (const commit of this.#held.splice(0)) commit();
  }

  async readAll(partition: number, visit: (record: KafkaRecord) => void): Promise<void> {
    for (const [offset, { key, value }] of this.records(partition).entries()) {
      visit({ offset, timestamp: 0, key, value, headers: [] });
    }
  }
}
