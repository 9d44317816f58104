// One serial loop per internal partition: append → replay → answer once committed. Everything up to the append runs
// synchronously, so decisions of one partition never interleave.
// Protects: no answer leaves before everything it may rest on is committed; memory never holds what the log refused: after a
// failed append it is dropped, everything parked is answered with an error, and the log is read again.
// Leaves out: what the records mean (the Shard's). Source: design "Two shapes for logic"; Kafka CoordinatorRuntime.
//
//   unowned ──acquire──► loading ──read to the end──► ready
//      ▲                   ▲  └──cannot read──► broken   │
//      └──release──────────┴──append failed──────────────┘

import { type ErrorName, KafkaError } from '@drave/contracts';
import type { KafkaRecord } from '@drave/protocol';
import type { Logger, Scheduler, Timer } from '@drave/platform';

import { UnreadableRecordError } from './offsets-topic-codec.js';
import type { KeyValue } from './record-bytes.js';

/** The log of the internal partitions as the coordinator sees it; the broker fills it. */
export interface PartitionWriter {
  /**
   * Appends `records` as one batch. Calls take effect in call order: the batch is in line before this returns. Settles with the
   * last offset once it is committed (high watermark passed), in the order of the calls; rejects when it is or may be lost.
   */
  append(partition: number, records: readonly KeyValue[]): Promise<number>;
  /** Visits every record from the log start to the log end, in order, without control records. A missing log is empty. */
  readAll(partition: number, visit: (record: KafkaRecord) => void): Promise<void>;
}

/** What the runtime needs of the state it keeps. */
export interface Shard<Rec> {
  /** Forgets everything. */
  reset(): void;
  replay(record: Rec): void;
  encode(record: Rec): KeyValue;
  /** Throws UnreadableRecordError. */
  decode(record: KafkaRecord): Rec;
  /** The log was replayed to its end: requests may come. */
  onLoaded(): void;
  /** Memory is about to be dropped: answer everything parked with `error`. */
  onLost(error: KafkaError): void;
}

/** Waits for the commit of what was appended before. */
interface Waiter {
  readonly sequence: number;
  deliver(): void;
  fail(error: KafkaError): void;
}

const reloadDelayMs = 1000;
/** What the batch format adds to key and value of one record (lengths, deltas, attributes). */
const recordOverheadBytesMax = 24;

export class CoordinatorRuntime<Rec> {
  readonly partition: number;
  readonly #writer: PartitionWriter;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #shard: Shard<Rec>;
  #state: 'unowned' | 'loading' | 'ready' | 'broken' = 'unowned';
  /** Counts the lives of the memory: results of an earlier one are ignored. */
  #incarnation = 0;
  #appended = 0;
  #committed = 0;
  /** In the order of their sequences; bounded by the requests in flight of all connections. */
  #waiters: Waiter[] = [];
  /** Appends not yet settled, those of earlier incarnations included. */
  #underWay = 0;
  #onQuiet: (() => void) | undefined;
  /** Replayed and not yet written, while `inOneBatch` collects. */
  #batch:
    { readonly encoded: KeyValue[]; sizeBytes: number; readonly bytesMax: number } | undefined;
  #retry: Timer | undefined;

  constructor(options: {
    readonly partition: number;
    readonly writer: PartitionWriter;
    readonly scheduler: Scheduler;
    readonly logger: Logger;
    readonly shard: Shard<Rec>;
  }) {
    this.partition = options.partition;
    this.#writer = options.writer;
    this.#scheduler = options.scheduler;
    this.#logger = options.logger;
    this.#shard = options.shard;
  }

  get isOwned(): boolean {
    return this.#state !== 'unowned';
  }

  /** What a request gets now; NONE: go on. */
  get availability(): ErrorName {
    switch (this.#state) {
      case 'unowned':
        return 'NOT_COORDINATOR';
      case 'loading':
        return 'COORDINATOR_LOAD_IN_PROGRESS';
      case 'broken':
        return 'COORDINATOR_NOT_AVAILABLE';
      case 'ready':
        return 'NONE';
    }
  }

  /** Reads the log; settles when requests are answered or, after a failure, when the retry is set. No-op when owned. */
  async acquire(): Promise<void> {
    if (this.#state === 'unowned') await this.#load();
  }

  /** The partition moved away or the broker stops: everything parked is answered NOT_COORDINATOR. */
  release(): void {
    if (this.#state === 'unowned') return;
    this.#drop(new KafkaError('NOT_COORDINATOR', `group partition ${this.partition} was released`));
    this.#state = 'unowned';
  }

  /**
   * Appends as one batch and replays at once; nothing for no records. Only while available. False, and nothing was done: the
   * records take more than `bytesMax` in a batch.
   */
  append(records: readonly Rec[], bytesMax: number): boolean {
    if (records.length === 0) return true;
    const encoded = records.map((record) => this.#shard.encode(record));
    let sizeBytes = 0;
    for (const { key, value } of encoded) {
      sizeBytes += key.length + (value?.length ?? 0) + recordOverheadBytesMax;
    }
    if (sizeBytes > bytesMax) return false;
    for (const record of records) this.#shard.replay(record);
    if (!this.#batch) {
      this.#enqueue(encoded);
      return true;
    }
    if (this.#batch.sizeBytes + sizeBytes > this.#batch.bytesMax) this.#flush();
    this.#batch.encoded.push(...encoded);
    this.#batch.sizeBytes += sizeBytes;
    return true;
  }

  /**
   * What `action` appends step by step, each step replayed before the next is decided, is written as one batch; as several only
   * where it takes more than `bytesMax`. When `action` throws, memory is ahead of the log: the caller has to `fail`.
   */
  inOneBatch<Result>(bytesMax: number, action: () => Result): Result {
    this.#batch = { encoded: [], sizeBytes: 0, bytesMax };
    try {
      const result = action();
      this.#flush();
      return result;
    } finally {
      this.#batch = undefined;
    }
  }

  /** A bug showed in the state kept here: it is dropped and rebuilt from the log. */
  fail(error: unknown): void {
    this.#logger.error('coordinator-failed', { partition: this.partition, error });
    this.#drop(new KafkaError('COORDINATOR_NOT_AVAILABLE', 'group state is rebuilt from the log'));
    void this.#load();
  }

  /** Calls `deliver` once everything appended so far is committed, at once if it is; `fail` if that will not happen. */
  afterCommit(deliver: () => void, fail: (error: KafkaError) => void): void {
    if (this.#committed >= this.#appended) deliver();
    else this.#waiters.push({ sequence: this.#appended, deliver, fail });
  }

  #flush(): void {
    const batch = this.#batch;
    if (!batch || batch.encoded.length === 0) return;
    batch.sizeBytes = 0;
    this.#enqueue(batch.encoded.splice(0));
  }

  #enqueue(encoded: readonly KeyValue[]): void {
    const incarnation = this.#incarnation;
    this.#appended += 1;
    const sequence = this.#appended;
    this.#underWay += 1;
    this.#write(encoded).then(
      () => this.#onCommitted(sequence, incarnation),
      (error: unknown) => this.#onAppendFailed(error, incarnation),
    );
  }

  /** The port may throw at once instead of rejecting. */
  async #write(encoded: readonly KeyValue[]): Promise<void> {
    try {
      await this.#writer.append(this.partition, encoded);
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onQuiet?.();
    }
  }

  #onCommitted(sequence: number, incarnation: number): void {
    if (incarnation !== this.#incarnation) return;
    // Commits are cumulative: the high watermark passed everything before this batch too.
    this.#committed = Math.max(this.#committed, sequence);
    const ready = this.#waiters.findIndex((waiter) => waiter.sequence > this.#committed);
    const due = this.#waiters.splice(0, ready === -1 ? this.#waiters.length : ready);
    for (const waiter of due) waiter.deliver();
  }

  #onAppendFailed(error: unknown, incarnation: number): void {
    if (incarnation !== this.#incarnation) return;
    this.#logger.warn('coordinator-append-failed', { partition: this.partition, error });
    this.#drop(answerFor(error));
    void this.#load();
  }

  #drop(error: KafkaError): void {
    this.#incarnation += 1;
    this.#retry?.cancel();
    this.#retry = undefined;
    const waiters = this.#waiters.splice(0);
    this.#committed = this.#appended;
    for (const waiter of waiters) waiter.fail(error);
    this.#shard.onLost(error);
    this.#shard.reset();
  }

  async #load(): Promise<void> {
    this.#state = 'loading';
    this.#incarnation += 1;
    const incarnation = this.#incarnation;
    const isStale = () => incarnation !== this.#incarnation;
    try {
      // What is still under way may yet reach the log: read it only when its end stands still.
      if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
      if (isStale()) return;
      this.#shard.reset();
      await this.#writer.readAll(this.partition, (record) => {
        if (!isStale()) this.#shard.replay(this.#shard.decode(record));
      });
      if (isStale()) return;
      this.#state = 'ready';
      this.#shard.onLoaded();
    } catch (error) {
      if (!isStale()) this.#onLoadFailed(error);
    }
  }

  #onLoadFailed(error: unknown): void {
    this.#shard.reset();
    if (error instanceof UnreadableRecordError) {
      // Guessing would lose commits: a newer version wrote this log, and only that version can serve it.
      this.#state = 'broken';
      this.#logger.error('coordinator-log-unreadable', { partition: this.partition, error });
      return;
    }
    this.#logger.error('coordinator-load-failed', { partition: this.partition, error });
    this.#retry = this.#scheduler.setTimer(reloadDelayMs, () => void this.#load());
  }
}

/** What a request learns of a failed append: look the coordinator up again, or just ask again. */
function answerFor(cause: unknown): KafkaError {
  const moved = ['NOT_LEADER_OR_FOLLOWER', 'KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'];
  const isMoved = cause instanceof KafkaError && moved.includes(cause.errorName);
  const name = isMoved ? 'NOT_COORDINATOR' : 'COORDINATOR_NOT_AVAILABLE';
  return new KafkaError(name, 'the group log refused a write', { cause });
}
