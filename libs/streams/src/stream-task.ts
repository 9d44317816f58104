// One task: a sub-topology for one partition number. Pure and synchronous: records in, records out, no I/O, no timers.
// Protects: R1 lowest timestamp first; R2 stream time is the highest timestamp admitted, never decreases and is restored;
// R3 windows close by event time; R13 the committable offset never passes the lowest unprocessed record.
// After an error that is thrown the task's state is undefined: close it and build a new one from what is committed.
// Leaves out: fetching, producing, committing (streams-app), asynchronous operators.

import { durationMs } from './duration.js';
import { MalformedRecordError, TaskFailure, errorText } from './errors.js';
import { deadLetter } from './dead-letter.js';
import { InputQueue, chooseQueue, type PreparedRecord } from './input-queues.js';
import { compileOperators } from './operator-graph.js';
import type { CurrentRecord, MalformedPolicy, OperatorContext, Push } from './plan.js';
import { parseOrigin, originValue } from './origin.js';
import {
  forwardedHeaders,
  headerValue,
  streamHeaders,
  type InputRecord,
  type RecordCollector,
} from './record.js';
import type { StateEngine } from './state/engine.js';
import { createStore, type StateStore } from './state/store.js';
import { noTotals, type Origin, type TaskMetadata, type TaskTotals } from './task-metadata.js';
import { changelogTopic, resolveTopic, taskIdOf, type Subtopology } from './subtopology.js';

export interface StreamTaskOptions {
  readonly applicationId: string;
  readonly subtopology: Subtopology;
  readonly partition: number;
  readonly collector: RecordCollector;
  /** One restored engine per store of the sub-topology. */
  readonly engines: ReadonlyMap<string, StateEngine>;
  /** What the last commit said; undefined for a task that never committed. */
  readonly metadata: TaskMetadata | undefined;
  /** Committed offset per source topic. */
  readonly positions: ReadonlyMap<string, number>;
  /** Above every epoch seen in metadata and changelogs. */
  readonly epoch: number;
  /** Wall clock, for dead letters and idle inputs. */
  readonly nowMs: () => number;
  /** How long an empty, caught-up input holds back the others; default 0. */
  readonly maxIdleMs?: number;
}

export interface TaskOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

interface TimeHook {
  readonly nodeId: number;
  readonly call: (toMs: number, fromMs: number) => void;
}
interface Punctuator {
  readonly everyMs: number;
  readonly clock: 'stream-time' | 'wall-clock';
  readonly call: (nowMs: number) => void;
  nextMs: number | undefined;
}

export class StreamTask {
  readonly id: string;
  readonly partition: number;
  readonly subtopology: Subtopology;
  readonly epoch: number;
  readonly #options: StreamTaskOptions;
  readonly #queues: InputQueue[];
  readonly #queuesByTopic: ReadonlyMap<string, InputQueue>;
  readonly #stores = new Map<string, StateStore>();
  readonly #sources: ReadonlyMap<number, Push>;
  readonly #hooks: TimeHook[] = [];
  readonly #punctuators: Punctuator[] = [];
  readonly #origins: Map<string, Origin>;
  readonly #changelogOffsets: Map<string, number>;
  readonly #totals: TaskTotals;
  readonly #prepare = (queue: InputQueue): boolean => this.#prepareHead(queue);
  #streamTimeMs: number;
  #sequence: number;
  #changed = false;
  /** The source record under way, for headers and origins. */
  #queue: InputQueue | undefined;
  #record: InputRecord | undefined;
  #inTimeHook = false;
  #outputIndex = 0;
  #sentCount = 0;

  constructor(options: StreamTaskOptions) {
    const { subtopology, partition, applicationId, metadata, positions } = options;
    this.id = taskIdOf(subtopology.id, partition);
    this.partition = partition;
    this.subtopology = subtopology;
    this.epoch = options.epoch;
    this.#options = options;
    this.#queues = subtopology.sources.map((source) => {
      const topic = resolveTopic(source.topic, applicationId);
      return new InputQueue(topic, source, positions.get(topic));
    });
    this.#queuesByTopic = new Map(this.#queues.map((queue) => [queue.topic, queue]));
    this.#streamTimeMs = metadata?.streamTimeMs ?? -1;
    this.#sequence = metadata?.sequence ?? 0;
    this.#origins = new Map(metadata?.origins);
    this.#changelogOffsets = new Map(metadata?.changelogOffsets);
    this.#totals = { ...noTotals(), ...metadata?.totals };
    for (const spec of subtopology.stores) {
      const engine = options.engines.get(spec.name);
      if (!engine) throw new TaskFailure(this.id, `store '${spec.name}' has no engine`);
      this.#stores.set(spec.name, createStore(spec, engine));
    }
    this.#sources = compileOperators(subtopology, (nodeId) => this.#contextFor(nodeId));
    this.#hooks.sort((a, b) => a.nodeId - b.nodeId);
  }

  /** Highest timestamp admitted, milliseconds since the epoch; −1 before the first record. */
  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  get totals(): Readonly<TaskTotals> {
    return this.#totals;
  }

  /** Records for output and repartition topics so far. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Something happened since the last commit. */
  get needsCommit(): boolean {
    return this.#changed;
  }

  /** Entries that the next commit would write. */
  get uncommittedCount(): number {
    let count = 0;
    for (const store of this.#stores.values()) count += store.engine.uncommittedCount;
    return count;
  }

  get bufferedCount(): number {
    return this.#queues.reduce((sum, { size }) => sum + size, 0);
  }

  inputTopics(): string[] {
    return this.#queues.map(({ topic }) => topic);
  }

  buffered(topic: string): number {
    return this.#queuesByTopic.get(topic)?.size ?? 0;
  }

  /** Records behind the end per source topic; undefined where the end is not known yet. */
  lags(): { readonly topic: string; readonly lag: number | undefined }[] {
    return this.#queues.map(({ topic, lag }) => ({ topic, lag }));
  }

  store(name: string): StateStore | undefined {
    return this.#stores.get(name);
  }

  /** Takes fetched records in offset order. */
  addRecords(topic: string, records: readonly InputRecord[]): void {
    this.#queueOf(topic).add(records);
  }

  /** The partition's end as last heard; `position`: where fetching starts when nothing is committed. */
  setEndOffset(topic: string, endOffset: number, position?: number): void {
    this.#queueOf(topic).setEndOffset(endOffset, position);
  }

  /**
   * Processes up to `max` records; returns how many. 0: nothing may be processed now.
   * Throws TaskFailure when a record fails and its source says `fail`.
   */
  process(max: number): number {
    const now = { ms: this.#options.nowMs(), maxIdleMs: this.#options.maxIdleMs ?? 0 };
    let count = 0;
    while (count < max) {
      const queue = chooseQueue(this.#queues, this.#prepare, now);
      const head = queue?.head;
      if (!queue || !head) break;
      queue.head = undefined;
      this.#changed = true;
      this.#processRecord(queue, head);
      count += 1;
    }
    return count;
  }

  /** Fires wall-clock punctuators that are due. */
  advanceWallClock(nowMs: number): void {
    this.#punctuate('wall-clock', nowMs);
  }

  /** After a pause: inputs that were empty then count as idle only from now on. */
  forgetIdling(): void {
    for (const queue of this.#queues) queue.forgetIdling();
  }

  /** Writes caches into the engines and sends every state change since the last commit to the changelogs. */
  flushState(): void {
    const { collector, applicationId, nowMs } = this.#options;
    const headers = [{ key: streamHeaders.epoch, value: Buffer.from(String(this.epoch)) }];
    const timestamp = nowMs();
    for (const store of this.#stores.values()) {
      store.release();
      const topic = changelogTopic(store.name, applicationId);
      for (const { key, value } of store.engine.uncommitted()) {
        const purpose = 'changelog';
        const { partition } = this;
        collector.send({ purpose, topic, partition, key, value, timestamp, headers });
      }
    }
  }

  /** The changelog of `store` has been written up to `nextOffset` (exclusive) by this task. */
  setChangelogOffset(store: string, nextOffset: number): void {
    this.#changelogOffsets.set(store, nextOffset);
  }

  /** Source offsets and metadata for one atomic offset commit; call after `flushState` and its acknowledgements. */
  commitFacts(): { readonly offsets: readonly TaskOffset[]; readonly metadata: TaskMetadata } {
    this.#sequence += 1;
    const offsets = this.#queues.flatMap(({ topic, position }) =>
      position === undefined ? [] : [{ topic, partition: this.partition, offset: position }],
    );
    const metadata = {
      sequence: this.#sequence,
      epoch: this.epoch,
      streamTimeMs: this.#streamTimeMs,
      changelogOffsets: new Map(this.#changelogOffsets),
      origins: new Map(this.#origins),
      totals: { ...this.#totals },
    };
    return { offsets, metadata };
  }

  /** The offset commit was acknowledged: makes the local state the committed one (R6, last step). */
  async commitState(): Promise<void> {
    for (const { name, engine } of this.#stores.values()) {
      const changelogOffset = this.#changelogOffsets.get(name) ?? 0;
      const { epoch } = this;
      const { committed } = engine;
      const same = committed?.changelogOffset === changelogOffset && committed.epoch === epoch;
      if (same && engine.uncommittedCount === 0) continue;
      await engine.commit({ changelogOffset, epoch });
    }
    this.#changed = false;
  }

  #queueOf(topic: string): InputQueue {
    const queue = this.#queuesByTopic.get(topic);
    if (!queue) throw new TaskFailure(this.id, `topic '${topic}' is no input of this task`);
    return queue;
  }

  /** Decodes until the queue has a head; what does not decode is dealt with here. False: the queue is empty. */
  #prepareHead(queue: InputQueue): boolean {
    while (!queue.head) {
      const raw = queue.take();
      if (!raw) return false;
      this.#changed = true;
      if (headerValue(raw.headers, streamHeaders.tick) !== undefined) {
        const { timestamp } = raw;
        queue.head = { raw, key: null, value: null, timestamp, isTick: true };
      } else if (this.#wasTaken(queue, raw)) {
        this.#totals.duplicates += 1;
      } else if (raw.value === null && queue.source.nullValues === 'skip') {
        this.#totals.skipped += 1;
      } else {
        queue.head = this.#decode(queue, raw);
      }
    }
    return true;
  }

  #decode(queue: InputQueue, raw: InputRecord): PreparedRecord | undefined {
    const { source } = queue;
    try {
      const key = raw.key === null ? null : source.key.deserialize(raw.key);
      const value = raw.value === null ? null : source.value.deserialize(raw.value);
      const timestamp = source.time ? source.time(value, key, raw.timestamp) : raw.timestamp;
      if (!Number.isFinite(timestamp) || timestamp < 0) {
        throw new MalformedRecordError('no-timestamp', `the event time is ${timestamp}`);
      }
      return { raw, key, value, timestamp: Math.trunc(timestamp), isTick: false };
    } catch (error) {
      this.#putAside(queue, raw, { error, policy: source.onMalformed });
      return undefined;
    }
  }

  /** A repartition record that an upstream task wrote again after a restart. */
  #wasTaken(queue: InputQueue, raw: InputRecord): boolean {
    if (queue.source.topic.kind !== 'repartition') return false;
    const origin = parseOrigin(headerValue(raw.headers, streamHeaders.origin));
    if (!origin) return false;
    const last = this.#origins.get(`${queue.topic}|${origin.source}`);
    if (!last) return false;
    if (origin.offset !== last.offset) return origin.offset < last.offset;
    return origin.index <= last.index;
  }

  #processRecord(queue: InputQueue, head: PreparedRecord): void {
    const { raw, timestamp, isTick } = head;
    const { source } = queue;
    this.#queue = queue;
    this.#record = raw;
    this.#outputIndex = 0;
    try {
      const aheadMs = this.#streamTimeMs < 0 ? 0 : timestamp - this.#streamTimeMs;
      if (!isTick && source.maxAheadMs !== undefined && aheadMs > source.maxAheadMs) {
        const message = `the event time is ${aheadMs} ms ahead of stream time (at most ${source.maxAheadMs})`;
        const error = new MalformedRecordError('timestamp-too-far-ahead', message);
        this.#putAside(queue, raw, { error, policy: source.onMalformed });
        return;
      }
      if (timestamp > this.#streamTimeMs) this.#moveStreamTime(timestamp);
      if (isTick) return;
      this.#rememberOrigin(queue, raw);
      this.#push(queue, head);
    } finally {
      this.#queue = undefined;
      this.#record = undefined;
    }
  }

  #push(queue: InputQueue, { raw, key, value, timestamp }: PreparedRecord): void {
    try {
      this.#sources.get(queue.source.id)?.(key, value, timestamp);
      this.#totals.records += 1;
    } catch (error) {
      if (error instanceof TaskFailure) throw error;
      this.#putAside(queue, raw, { error, policy: queue.source.onError });
    }
  }

  #rememberOrigin(queue: InputQueue, raw: InputRecord): void {
    if (queue.source.topic.kind !== 'repartition') return;
    const origin = parseOrigin(headerValue(raw.headers, streamHeaders.origin));
    if (!origin) return;
    const { offset, index } = origin;
    this.#origins.set(`${queue.topic}|${origin.source}`, { offset, index });
  }

  #putAside(
    queue: InputQueue,
    raw: InputRecord,
    { error, policy }: { readonly error: unknown; readonly policy: MalformedPolicy },
  ): void {
    const { topic, source } = queue;
    const { applicationId, collector, nowMs } = this.#options;
    const { partition } = this;
    switch (policy) {
      case 'fail': {
        const where = `${topic}-${partition} offset ${raw.offset}`;
        const message = `${source.name} failed on ${where}: ${errorText(error)}`;
        throw new TaskFailure(this.id, message, { cause: error });
      }
      case 'skip':
        this.#totals.skipped += 1;
        return;
      case 'dlq': {
        this.#totals.deadLetters += 1;
        const { deadLetterTopic, name: node } = source;
        const reason = { deadLetterTopic, group: applicationId, node, error, nowMs: nowMs() };
        collector.send(deadLetter({ record: raw, topic, partition, ...reason }));
      }
    }
  }

  #moveStreamTime(toMs: number): void {
    const fromMs = this.#streamTimeMs;
    this.#streamTimeMs = toMs;
    this.#inTimeHook = true;
    try {
      for (const { call } of this.#hooks) call(toMs, fromMs);
      this.#punctuate('stream-time', toMs);
    } catch (cause) {
      if (cause instanceof TaskFailure) throw cause;
      throw new TaskFailure(this.id, `a time hook failed: ${errorText(cause)}`, { cause });
    } finally {
      this.#inTimeHook = false;
    }
  }

  #punctuate(clock: Punctuator['clock'], nowMs: number): void {
    for (const punctuator of this.#punctuators) {
      if (punctuator.clock !== clock) continue;
      const { everyMs, nextMs } = punctuator;
      if (nextMs !== undefined && nowMs < nextMs) continue;
      punctuator.nextMs = (Math.floor(nowMs / everyMs) + 1) * everyMs;
      if (nextMs === undefined) continue; // the first sight of the clock only sets the pace
      punctuator.call(nowMs);
      this.#changed = true;
    }
  }

  #contextFor(nodeId: number): OperatorContext {
    return {
      taskId: this.id,
      partition: this.partition,
      streamTimeMs: () => this.#streamTimeMs,
      current: () => this.#current(),
      store: (name) => {
        const store = this.#stores.get(name);
        if (store) return store;
        throw new TaskFailure(this.id, `store '${name}' is not declared for this operator`);
      },
      onStreamTime: (call) => this.#hooks.push({ nodeId, call }),
      schedule: (every, clock, call) => {
        this.#punctuators.push({ everyMs: durationMs(every), clock, call, nextMs: undefined });
      },
      count: (counter) => {
        this.#totals[counter] += 1;
      },
      send: (target, purpose, { key, value, timestamp }) => {
        const topic = resolveTopic(target, this.#options.applicationId);
        const inherited = this.#inTimeHook ? [] : forwardedHeaders(this.#record?.headers ?? []);
        const headers = purpose === 'repartition' ? this.#withOrigin(inherited) : inherited;
        this.#sentCount += 1;
        this.#options.collector.send({ purpose, topic, key, value, timestamp, headers });
      },
    };
  }

  #withOrigin(headers: InputRecord['headers']): InputRecord['headers'] {
    if (!this.#queue || !this.#record) return headers;
    const value = originValue(
      this.#queue.topic,
      this.partition,
      this.#record.offset,
      this.#outputIndex,
    );
    this.#outputIndex += 1;
    return [...headers, { key: streamHeaders.origin, value }];
  }

  #current(): CurrentRecord | undefined {
    if (this.#inTimeHook || !this.#queue || !this.#record) return undefined;
    const { offset, headers } = this.#record;
    return { topic: this.#queue.topic, partition: this.partition, offset, headers };
  }
}
