// One partition this broker leads: appends get offsets at once, the high watermark follows the durable end of the log.
// Protects: `LogOffsets`; waiters are told in the order of their offsets, each exactly once; readers never pass the high watermark.
// Nothing here decodes records. Leaves out: followers (the records are here once; replicas beyond the first are names of virtual brokers, always in sync).
// Sources: Kafka's Partition and DelayedProduce; reliability design, G1 and G4.

import {
  KafkaError,
  type BrokerId,
  type LeaderEpoch,
  type Offset,
  type TopicPartition,
} from '@drave/contracts';
import { assert } from '@drave/platform';
import type { AppendResult, LogOwner, PartitionLog } from '@drave/log';
import { LogOffsets } from './log-offsets.js';

/** Told once: with undefined when the high watermark has passed the offset, else with what went wrong. */
export type CommitCallback = (error: KafkaError | undefined) => void;

/**
 * Told after each move of the high watermark; `bytes` is what became readable with it, Infinity when the leader moved. `stableBytes`: below
 * the last stable offset; Infinity when a transaction ended, as how much became readable with it is not counted.
 */
export type HighWatermarkListener = (bytes: number, stableBytes: number) => void;

/** Shared and never changed: of an idle partition nothing waits. */
const none: never[] = [];

interface CommitWaiter {
  readonly lastOffset: Offset;
  readonly callback: CommitCallback;
}

interface PendingBytes {
  /** Exclusive end of the batch. */
  readonly endOffset: Offset;
  readonly bytes: number;
}

export interface PartitionOptions {
  readonly log: PartitionLog;
  /** Preferred leader first; it leads. Not empty. */
  readonly replicas: readonly BrokerId[];
  readonly leaderEpoch: LeaderEpoch;
}

export class Partition implements LogOwner {
  readonly topicPartition: TopicPartition;
  readonly topicId: string;
  readonly log: PartitionLog;
  readonly replicas: readonly BrokerId[];
  /** Bytes of records clients produced and fetched, counted by who serves them. */
  readonly traffic = { bytesIn: 0, bytesOut: 0 };
  #leader: BrokerId;
  #leaderEpoch: LeaderEpoch;
  /** Written into the batches: moves between virtual brokers change no log, so the records stay of one epoch. */
  readonly #logEpoch: LeaderEpoch;
  readonly #offsets: LogOffsets;
  /** Made with the first one. */
  #listeners: Set<HighWatermarkListener> | undefined;
  #waiters: CommitWaiter[] = none;
  #pendingBytes: PendingBytes[] = none;
  #failure: KafkaError | undefined;
  #isHeld = false;

  constructor({ log, replicas, leaderEpoch }: PartitionOptions) {
    const [leader] = replicas;
    assert(leader !== undefined, 'partition-has-replica', { ...log.topicPartition });
    this.topicPartition = log.topicPartition;
    this.topicId = log.topicId;
    this.log = log;
    this.replicas = replicas;
    this.#leader = leader;
    this.#leaderEpoch = leaderEpoch;
    this.#logEpoch = leaderEpoch;
    this.#offsets = new LogOffsets(log.logStartOffset, log.logEndOffset);
    this.#offsets.set({ lastStable: log.lastStableOffset });
    log.setOwner(this);
  }

  /** @internal As owner of the log: how far it may be cut. */
  boundOffset(): Offset {
    return this.#offsets.lastStable;
  }

  /** @internal As owner of the log. */
  onDurable(): void {
    this.#advance();
  }

  /** @internal As owner of the log. Records of an open transaction may have been deleted too. */
  onLogStart(): void {
    const logStart = this.log.logStartOffset;
    const lastStable = Math.max(logStart, this.#offsets.lastStable);
    this.#offsets.set({ logStart, lastStable });
  }

  get leader(): BrokerId {
    return this.#leader;
  }

  /** As clients are told; counts the moves since the start. */
  get leaderEpoch(): LeaderEpoch {
    return this.#leaderEpoch;
  }

  get logStartOffset(): Offset {
    return this.#offsets.logStart;
  }

  /** First offset consumers cannot read yet. */
  get highWatermark(): Offset {
    return this.#offsets.highWatermark;
  }

  /** End for read_committed consumers: below it no transaction is open. The high watermark while there are no transactions. */
  get lastStableOffset(): Offset {
    return this.#offsets.lastStable;
  }

  get logEndOffset(): Offset {
    return this.#offsets.logEnd;
  }

  /** In-sync replicas, the leader among them: all of them. */
  get inSyncReplicaCount(): number {
    return this.replicas.length;
  }

  /** Why the partition accepts no more appends: its storage failed or it was deleted. */
  get failure(): KafkaError | undefined {
    return this.#failure;
  }

  /**
   * Appends one batch; offsets are fixed when it returns, nothing yields before. `records` is patched in place and belongs to
   * the log until it is written. Throws KafkaError for what the log refuses.
   */
  append(
    records: Buffer,
    options: { nowMs: number; origin: 'client' | 'coordinator' | 'accepted' },
  ): AppendResult {
    if (this.#failure) throw this.#failure;
    const result = this.log.appendAsLeader(records, {
      leaderEpoch: this.#logEpoch,
      nowMs: options.nowMs,
      origin: options.origin,
    });
    if (!result.duplicate) {
      assert(result.baseOffset === this.#offsets.logEnd, 'append-at-log-end', {
        baseOffset: result.baseOffset,
        logEnd: this.#offsets.logEnd,
      });
      this.#offsets.set({ logEnd: result.lastOffset + 1 });
      if (this.#pendingBytes === none) this.#pendingBytes = [];
      this.#pendingBytes.push({ endOffset: result.lastOffset + 1, bytes: records.length });
    }
    result.written.catch((error: unknown) => this.#fail(error));
    return result;
  }

  /** Calls back when the high watermark has passed `lastOffset`: at once when it already has, else later, never both. */
  whenCommitted(lastOffset: Offset, callback: CommitCallback): void {
    if (lastOffset < this.#offsets.highWatermark) callback(undefined);
    else if (this.#failure) callback(this.#failure);
    else {
      if (this.#waiters === none) this.#waiters = [];
      this.#waiters.push({ lastOffset, callback });
    }
  }

  /** Tells `listener` of each move of the high watermark and of the end of the partition; returns what unsubscribes. */
  onHighWatermark(listener: HighWatermarkListener): () => void {
    this.#listeners ??= new Set();
    const listeners = this.#listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /**
   * Deletes what lies before `offset`, which is at most the high watermark (−1: all of it). Settles with the new log start offset
   * once that is durable; rejects with OFFSET_OUT_OF_RANGE outside.
   */
  async deleteRecordsBefore(offset: Offset): Promise<Offset> {
    const target = offset === -1 ? this.#offsets.highWatermark : offset;
    if (target < 0 || target > this.#offsets.highWatermark) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `cannot delete records before ${offset}`);
    }
    await this.log.deleteRecordsBefore(target);
    this.onLogStart();
    return this.#offsets.logStart;
  }

  /** Makes another replica the leader, in a new leader epoch; parked readers are woken. Asserts that it is a replica. */
  moveLeader(leader: BrokerId): void {
    assert(this.replicas.includes(leader), 'leader-is-replica', { leader });
    if (leader === this.#leader) return;
    this.#leader = leader;
    this.#leaderEpoch++;
    this.#tellListeners(Infinity, Infinity);
  }

  /** While held, the high watermark stands still: appends are neither answered nor readable. For test brokers. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#advance();
  }

  /** Ends the partition: waiters and parked readers are answered with `error`. */
  close(error: KafkaError): void {
    this.#failure ??= error;
    this.log.setOwner(undefined);
    this.#endWaiters(error);
  }

  #advance(): void {
    const highWatermark = Math.min(this.log.durableOffset, this.#offsets.logEnd);
    if (highWatermark <= this.#offsets.highWatermark || this.#isHeld) return;
    const lastStable = Math.min(this.log.lastStableOffset, highWatermark);
    const before = { lastStable: this.#offsets.lastStable, bound: this.#offsets.highWatermark };
    this.#offsets.set({ lastStable, highWatermark });
    const bytes = this.#takeBytes(highWatermark);
    const movedBytes = before.lastStable < before.bound ? Infinity : bytes;
    const stableBytes = lastStable === before.lastStable ? 0 : movedBytes;
    // Whoever waits for records before whoever waits for an acknowledgement: the way of a record through the broker is the shorter one.
    this.#tellListeners(bytes, stableBytes);
    this.#tellCommitted(highWatermark);
  }

  #takeBytes(highWatermark: Offset): number {
    let bytes = 0;
    let taken = 0;
    for (const pending of this.#pendingBytes) {
      if (pending.endOffset > highWatermark) break;
      bytes += pending.bytes;
      taken++;
    }
    if (taken === this.#pendingBytes.length) this.#pendingBytes = none;
    else this.#pendingBytes.splice(0, taken);
    return bytes;
  }

  /** Those who listen now: who is told may park anew, and waits for the next move then. */
  #tellListeners(bytes: number, stableBytes: number): void {
    const listeners = this.#listeners;
    if (listeners === undefined || listeners.size === 0) return;
    for (const listener of [...listeners]) {
      if (listeners.has(listener)) listener(bytes, stableBytes);
    }
  }

  #tellCommitted(highWatermark: Offset): void {
    let told = 0;
    const waiters = this.#waiters;
    while (told < waiters.length) {
      const waiter = waiters[told];
      if (!waiter || waiter.lastOffset >= highWatermark) break;
      told++;
      waiter.callback(undefined);
    }
    if (told === waiters.length) this.#waiters = none;
    else this.#waiters = waiters.slice(told);
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure =
      error instanceof KafkaError
        ? error
        : new KafkaError('KAFKA_STORAGE_ERROR', undefined, { cause: error });
    this.#endWaiters(this.#failure);
  }

  #endWaiters(error: KafkaError): void {
    const waiters = this.#waiters;
    this.#waiters = none;
    for (const { callback } of waiters) callback(error);
    this.#tellListeners(0, 0);
  }
}
