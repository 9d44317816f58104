// TopologyTestDriver: runs a topology in memory with the same StreamTask code, one partition per topic, no I/O and a
// manual clock. Protects: everything is synchronous: when `pipe` returns, all effects have happened.
// `crash()` loses what is not committed and restores tasks from changelogs and the last commit, as a real restart does.
// Leaves out: several partitions and instances (see the integration tests with a broker).

import { headerValue, type InputRecord, type OutputRecord, type RecordHeader } from '../record.js';
import { streamHeaders } from '../record.js';
import type { Serde } from '../serde.js';
import { ChangelogReplay } from '../state/changelog-replay.js';
import type { StateEngine } from '../state/engine.js';
import { MemoryEngine } from '../state/memory-engine.js';
import type { ReadableKeyValueStore, ReadableWindowStore } from '../state/store.js';
import { StreamTask } from '../stream-task.js';
import {
  decodeTaskMetadata,
  encodeTaskMetadata,
  noTotals,
  type TaskMetadata,
  type TaskTotals,
} from '../task-metadata.js';
import { changelogTopic, resolveTopic, type Subtopology } from '../subtopology.js';
import type { Topology } from '../topology.js';

export interface DriverOptions {
  /** Default `test`. */
  readonly applicationId?: string;
  /** Wall clock at the start, milliseconds since the epoch; default 0. */
  readonly startMs?: number;
}

export interface PipedRecord {
  /** Encoded by the source's serde; a Buffer is taken as the bytes themselves. */
  readonly key?: unknown;
  readonly value?: unknown;
  /** Default: the driver's clock. */
  readonly timestamp?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReadRecord<K = unknown, V = unknown> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
}

interface Committed {
  readonly offsets: ReadonlyMap<string, number>;
  /** As it would be in the offset commit. */
  readonly metadata: string;
}

export class TopologyTestDriver {
  readonly #topology: Topology;
  readonly #applicationId: string;
  readonly #topics = new Map<string, InputRecord[]>();
  readonly #readTo = new Map<string, number>();
  readonly #committed = new Map<string, Committed>();
  #tasks: StreamTask[] = [];
  /** Per task and topic: how far its records were handed over. */
  readonly #handedTo = new Map<string, number>();
  #nowMs: number;

  constructor(topology: Topology, options: DriverOptions = {}) {
    this.#topology = topology;
    this.#applicationId = options.applicationId ?? 'test';
    this.#nowMs = options.startMs ?? 0;
    this.#startTasks();
  }

  /** Milliseconds since the epoch. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Appends records to a source topic and runs until nothing is left to do. */
  pipe(topic: string, records: PipedRecord | readonly PipedRecord[]): void {
    const list = Array.isArray(records)
      ? (records as readonly PipedRecord[])
      : [records as PipedRecord];
    const source = this.#sourceOf(topic);
    for (const { key, value, timestamp, headers } of list) {
      this.#append(topic, {
        key: encode(source.key, key),
        value: encode(source.value, value),
        timestamp: timestamp ?? this.#nowMs,
        headers: headersOf(headers ?? {}),
      });
    }
    this.#run();
  }

  /** A record that only moves stream time. */
  tick(topic: string, timestamp: number): void {
    this.#append(topic, {
      key: null,
      value: null,
      timestamp,
      headers: headersOf({ [streamHeaders.tick]: '' }),
    });
    this.#run();
  }

  /** Output since the last read, decoded by the sink's serdes; dead letters and other topics as text. */
  read<K = string, V = unknown>(topic: string): ReadRecord<K, V>[] {
    const serdes = this.#serdesOf(topic);
    return this.readRaw(topic).map(({ key, value, timestamp, headers }) => ({
      key: (key && serdes.key(key)) as K,
      value: (value && serdes.value(value)) as V,
      timestamp,
      headers: Object.fromEntries(headers.map((h) => [h.key, h.value?.toString('utf8') ?? ''])),
    }));
  }

  /** Output since the last read, in bytes. */
  readRaw(topic: string): InputRecord[] {
    const records = this.#topics.get(topic) ?? [];
    const from = this.#readTo.get(topic) ?? 0;
    this.#readTo.set(topic, records.length);
    return records.slice(from);
  }

  /** A key-value store; throws when there is none of that name. */
  store<K = string, V = unknown>(name: string): ReadableKeyValueStore<K, V> {
    const found = this.#storeOf(name);
    if (found.kind === 'key-value')
      return found as ReadableKeyValueStore<unknown, unknown> as ReadableKeyValueStore<K, V>;
    throw new Error(`'${name}' is a window store; use windowStore()`);
  }

  windowStore<K = string, V = unknown>(name: string): ReadableWindowStore<K, V> {
    const found = this.#storeOf(name);
    if (found.kind === 'window')
      return found as ReadableWindowStore<unknown, unknown> as ReadableWindowStore<K, V>;
    throw new Error(`'${name}' is a key-value store; use store()`);
  }

  /** Sums over all tasks. */
  totals(): TaskTotals {
    const sum = noTotals();
    for (const { totals } of this.#tasks) {
      for (const name of Object.keys(sum) as (keyof TaskTotals)[]) sum[name] += totals[name];
    }
    return sum;
  }

  /** Stream time of each task by its id, e.g. `0_0`. */
  streamTimes(): ReadonlyMap<string, number> {
    return new Map(this.#tasks.map(({ id, streamTimeMs }) => [id, streamTimeMs]));
  }

  advanceWallClock(ms: number): void {
    this.#nowMs += ms;
    for (const task of this.#tasks) task.advanceWallClock(this.#nowMs);
    this.#run();
  }

  /** Commits every task in the order of the real thing. */
  commit(): void {
    for (const task of this.#tasks) this.#commitTask(task);
  }

  /**
   * Loses everything uncommitted, then restores and goes on. `after: 'changelog'` dies between the changelog writes of a
   * commit and its offsets.
   */
  crash(options: { readonly after?: 'changelog' } = {}): void {
    if (options.after === 'changelog') for (const task of this.#tasks) task.flushState();
    this.#startTasks();
    this.#run();
  }

  /** Commits; the driver can still be read. */
  close(): void {
    this.commit();
  }

  #commitTask(task: StreamTask): void {
    task.flushState();
    for (const { name } of task.subtopology.stores) {
      const topic = changelogTopic(name, this.#applicationId);
      task.setChangelogOffset(name, this.#topics.get(topic)?.length ?? 0);
    }
    const { offsets, metadata } = task.commitFacts();
    this.#committed.set(task.id, {
      offsets: new Map(offsets.map(({ topic, offset }) => [topic, offset])),
      metadata: encodeTaskMetadata(metadata),
    });
    void task.commitState(); // memory engines commit synchronously
  }

  #startTasks(): void {
    this.#handedTo.clear();
    this.#tasks = this.#topology.subtopologies.map((subtopology) => this.#startTask(subtopology));
  }

  #startTask(subtopology: Subtopology): StreamTask {
    const taskId = `${subtopology.id}_0`;
    const committed = this.#committed.get(taskId);
    const metadata = decodeTaskMetadata(committed?.metadata);
    const engines = new Map<string, StateEngine>();
    let epoch = metadata?.epoch ?? 0;
    for (const { name } of subtopology.stores) {
      const engine = new MemoryEngine();
      epoch = Math.max(epoch, this.#restore(name, engine, metadata));
      engines.set(name, engine);
    }
    for (const { topic } of subtopology.sources) {
      const name = resolveTopic(topic, this.#applicationId);
      this.#handedTo.set(`${taskId} ${name}`, committed?.offsets.get(name) ?? 0);
    }
    return new StreamTask({
      applicationId: this.#applicationId,
      subtopology,
      partition: 0,
      collector: { send: (record) => this.#collect(record) },
      engines,
      metadata,
      positions: committed?.offsets ?? new Map(),
      epoch: epoch + 1,
      nowMs: () => this.#nowMs,
    });
  }

  /** Returns the highest epoch seen. */
  #restore(name: string, engine: MemoryEngine, metadata: TaskMetadata | undefined): number {
    const topic = changelogTopic(name, this.#applicationId);
    const replay = new ChangelogReplay(engine, metadata?.changelogOffsets.get(name) ?? 0);
    replay.feed(this.#topics.get(topic) ?? []);
    engine.acceptCommit({ changelogOffset: replay.position, epoch: replay.maxEpoch });
    for (const { key, value } of replay.corrections()) {
      const epoch = Buffer.from(String(replay.maxEpoch + 1));
      const headers = [{ key: streamHeaders.epoch, value: epoch }];
      this.#append(topic, { key, value, timestamp: this.#nowMs, headers });
    }
    return replay.maxEpoch;
  }

  #run(): void {
    for (let busy = true; busy;) {
      busy = false;
      for (const task of this.#tasks) {
        for (const topic of task.inputTopics()) this.#handOver(task, topic);
        if (task.process(Number.MAX_SAFE_INTEGER) > 0) busy = true;
      }
    }
  }

  #handOver(task: StreamTask, topic: string): void {
    const slot = `${task.id} ${topic}`;
    const records = this.#topics.get(topic) ?? [];
    task.addRecords(topic, records.slice(this.#handedTo.get(slot) ?? 0));
    task.setEndOffset(topic, records.length, 0);
    this.#handedTo.set(slot, records.length);
  }

  #collect(record: OutputRecord): void {
    this.#append(record.topic, record);
  }

  #append(topic: string, record: Omit<InputRecord, 'offset'>): void {
    const records = this.#topics.get(topic) ?? [];
    const { key, value, timestamp, headers } = record;
    records.push({ offset: records.length, key, value, timestamp, headers });
    this.#topics.set(topic, records);
  }

  #storeOf(name: string): { readonly kind: 'key-value' | 'window' } {
    for (const task of this.#tasks) {
      const store = task.store(name);
      if (store) return store;
    }
    throw new Error(`the topology has no store '${name}'`);
  }

  #sourceOf(topic: string): { readonly key: Serde<unknown>; readonly value: Serde<unknown> } {
    for (const { sources } of this.#topology.subtopologies) {
      const source = sources.find(
        (node) => resolveTopic(node.topic, this.#applicationId) === topic,
      );
      if (source) return source;
    }
    throw new Error(`no source reads topic '${topic}'`);
  }

  #serdesOf(topic: string): Record<'key' | 'value', (bytes: Buffer) => unknown> {
    const isLetter = (this.#topics.get(topic) ?? []).some(
      ({ headers }) => headerValue(headers, 'x-dlq-topic') !== undefined,
    );
    for (const { sinks } of this.#topology.subtopologies) {
      const sink = sinks.find((node) => resolveTopic(node.topic, this.#applicationId) === topic);
      if (!sink || isLetter) continue;
      const { key, value } = sink;
      return { key: (bytes) => key.deserialize(bytes), value: (bytes) => value.deserialize(bytes) };
    }
    const asText = (bytes: Buffer): string => bytes.toString('utf8');
    return { key: asText, value: asText };
  }
}

function encode(serde: Serde<unknown>, value: unknown): Buffer | null {
  if (value === undefined || value === null) return null;
  return Buffer.isBuffer(value) ? value : serde.serialize(value);
}

function headersOf(headers: Readonly<Record<string, string>>): RecordHeader[] {
  return Object.entries(headers).map(([key, value]) => ({ key, value: Buffer.from(value) }));
}
