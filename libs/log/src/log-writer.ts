// From an assigned offset to a durable one, for one log: what waits to be written, what waits to be synced, who waits for it.
// Protects: the durable offset moves only over bytes that were synced (`group`) or written (`os`) together with their file's
// name, in order, and never again once the directory failed. Leaves out: when writes and syncs happen (append-queue.ts).

import { KafkaError, type TopicPartition, topicPartitionKey } from '@drave/contracts';
import { assert } from '@drave/platform';
import type { QueuedLog } from './append-queue.js';
import type { WriteRun } from './write-run.js';
import { DurableWaiters } from './durable-waiters.js';
import { whenDescriptorsAllow } from './descriptors.js';
import { entryBytes, type LogName } from './journal-format.js';
import type { LogEnvironment, LogState } from './log-state.js';
import type { PinnedFile } from './open-files.js';
import type { Segment } from './segment.js';

export interface PendingWrite {
  readonly segment: Segment;
  readonly position: number;
  readonly bytes: Buffer;
  readonly baseOffset: number;
  /** Log end offset once it is written. */
  readonly endOffset: number;
}

/** Names a log. */
export interface LogIdentity {
  readonly topicPartition: TopicPartition;
  readonly topicId: string;
}

/** Shared: an idle log has nothing to sync. */
const nothing = Promise.resolve();

export class LogWriter implements QueuedLog {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  readonly #waiters = new DurableWaiters();
  readonly #identity: LogIdentity;
  #name: LogName | undefined;
  #pending: PendingWrite[] = [];
  #dirty: Segment[] = [];
  #dirtyPins: PinnedFile[] = [];
  #syncs: Promise<void> = nothing;
  /** Written, not durable, kept for the journal; a suffix of what is written. Empty when there is no journal. */
  #runs: WriteRun[] = [];
  #runsBytes = 0;
  /** Too large for the journal and not kept; only a sync makes it durable. */
  #droppedBelow = 0;
  #dropped: KafkaError | undefined;
  isLeaving = false;

  constructor(environment: LogEnvironment, state: LogState, identity: LogIdentity) {
    this.#environment = environment;
    this.#state = state;
    this.#identity = identity;
  }

  /** The log's directory is there. */
  get isReady(): boolean {
    return this.#state.isMade;
  }

  /** In the journal's entries. */
  get name(): LogName {
    this.#name ??= {
      key: Buffer.from(topicPartitionKey(this.#identity.topicPartition)),
      topicId: Buffer.from(this.#identity.topicId),
    };
    return this.#name;
  }

  get journalBytes(): number {
    const [first] = this.#runs;
    if (first === undefined) {
      return this.#droppedBelow > this.#state.durableOffset ? Number.POSITIVE_INFINITY : 0;
    }
    const isGapless = first.baseOffset <= this.#state.durableOffset;
    const isNamed = this.#runs.every(({ segment }) => segment.isNameDurable);
    return isGapless && isNamed ? this.#runsBytes : Number.POSITIVE_INFINITY;
  }

  takeRuns(): readonly WriteRun[] {
    const runs = this.#runs;
    this.#runs = [];
    this.#runsBytes = 0;
    return runs;
  }

  journaled(endOffset: number): void {
    // What found no room in its segment is not acknowledged, nor is it kept by the journal: it is journaled again once written.
    this.#advance(Math.min(endOffset, this.#state.writtenOffset));
  }

  /** Queues a batch; settles when it is durable, rejects when the directory failed. */
  push(write: PendingWrite): Promise<void> {
    this.#pending.push(write);
    this.#environment.queue.enqueue(this);
    return this.reached(write.endOffset);
  }

  /** The directory is there: writes may begin. */
  ready(): void {
    if (this.#pending.length > 0) this.#environment.queue.enqueue(this);
  }

  /** Settles when the durable offset is at or above `endOffset`, which is at most the log end. */
  reached(endOffset: number): Promise<void> {
    const { health } = this.#environment;
    if (endOffset <= this.#state.durableOffset) return Promise.resolve();
    if (health.failure !== undefined) return DurableWaiters.rejected(health.failure);
    if (this.#dropped !== undefined) return DurableWaiters.rejected(this.#dropped);
    return this.#waiters.wait(endOffset, this.#pending.length > 0);
  }

  /** Settles when everything queued before survives a power loss, in either flush mode. */
  async flush(): Promise<void> {
    await this.reached(this.#state.logEndOffset);
    if (this.#environment.flush === 'os') await this.syncWritten();
    this.#environment.health.throwIfFailed();
  }

  /** Settles when everything below `endOffset` is synced in its segments. Rejects when the directory failed. */
  async settled(endOffset = this.#state.logEndOffset): Promise<void> {
    await this.reached(endOffset);
    if (this.#state.syncedOffset < endOffset || this.#dirty.length > 0) await this.syncWritten();
    this.#environment.health.throwIfFailed();
  }

  /** The log is about to be removed: does not wait until a full disk takes what is left to write. */
  leave(): void {
    this.isLeaving = true;
    this.#environment.queue.leave(this, 'the log is deleted');
  }

  drop(error: unknown): void {
    this.#dropped = new KafkaError('KAFKA_STORAGE_ERROR', `never written (${String(error)})`);
    this.#pending = [];
    this.#waiters.fail(this.#dropped);
  }

  pinNext(): PinnedFile | undefined {
    return this.#pending[0]?.segment.pin();
  }

  takeRun(maxBytes: number): WriteRun | undefined {
    const first = this.#pending[0];
    if (first === undefined) return undefined;
    this.#waiters.closeGroup();
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let { endOffset } = first;
    for (const write of this.#pending) {
      if (write.segment !== first.segment) break;
      if (chunks.length > 0 && sizeBytes + write.bytes.length > maxBytes) break;
      chunks.push(write.bytes);
      sizeBytes += write.bytes.length;
      endOffset = write.endOffset;
    }
    if (chunks.length === this.#pending.length) this.#pending = [];
    else this.#pending.splice(0, chunks.length);
    const { segment, position, baseOffset } = first;
    return { segment, position, chunks, sizeBytes, baseOffset, endOffset };
  }

  takeLead(maxBytes: number): WriteRun | undefined {
    const [first] = this.#pending;
    if (first === undefined || first.bytes.length > maxBytes) return undefined;
    const isGapless = first.baseOffset === this.#state.durableOffset;
    return isGapless && first.segment.isNameDurable ? this.takeRun(maxBytes) : undefined;
  }

  onWritten(run: WriteRun, isJournaled: boolean): void {
    const { segment } = run;
    assert(segment.writtenBytes === run.position, 'writes-in-order', { path: segment.logPath });
    segment.writtenBytes += run.sizeBytes;
    this.#state.writtenOffset = run.endOffset;
    const isGroup = this.#environment.flush === 'group';
    if (!segment.isDirty) {
      segment.isDirty = true;
      this.#dirty.push(segment);
      // Kept open until the sync: a write error of the kernel is told to the descriptors open at the time.
      if (isGroup) this.#dirtyPins.push(segment.pin());
    }
    if (this.#environment.journal !== undefined && !isJournaled) this.#keepForJournal(run);
    if (!isGroup) this.#advance(run.endOffset);
  }

  /** One after another: what an earlier call syncs is not durable before that call is through. Never rejects. */
  syncWritten(): Promise<void> {
    this.#syncs = this.#syncs.then(() => this.#syncDirty());
    return this.#syncs;
  }

  /** Makes the segment's file, and the directories on the way, exist after a crash. */
  async nameSegment(segment: Segment): Promise<void> {
    if (segment.isNameDurable) return;
    const { files, platform } = this.#environment;
    files.unpin(await whenDescriptorsAllow(platform, () => segment.pin()));
    if (this.#state.makeDurable) {
      await this.#state.makeDurable();
      this.#state.makeDurable = undefined;
    }
    await platform.disk.syncDirectory(this.#state.directory);
    segment.isNameDurable = true;
  }

  /** The directory failed: rejects whoever waits; what was not written yet never will be. */
  fail(): void {
    const { failure } = this.#environment.health;
    assert(failure !== undefined, 'directory-failed');
    this.#pending = [];
    this.#waiters.fail(failure);
  }

  /** No more than the journal takes in one round is kept. */
  #keepForJournal(run: WriteRun): void {
    this.#runs.push(run);
    this.#runsBytes += entryBytes(this.name, run.sizeBytes);
    const limit = this.#environment.journal?.logBytesMax ?? 0;
    if (this.#runsBytes <= limit) return;
    this.takeRuns();
    this.#droppedBelow = run.endOffset;
  }

  #synced(target: number): void {
    this.#state.syncedOffset = Math.max(this.#state.syncedOffset, target);
    if (target >= this.#droppedBelow) this.#droppedBelow = 0;
    if (this.#runs[0] === undefined) return;
    this.#runs = this.#runs.filter(({ endOffset }) => endOffset > target);
    this.#runsBytes = this.#runs.reduce(
      (sum, run) => sum + entryBytes(this.name, run.sizeBytes),
      0,
    );
  }

  #advance(durableOffset: number): void {
    const { health } = this.#environment;
    if (health.failure !== undefined || durableOffset <= this.#state.durableOffset) return;
    this.#state.durableOffset = durableOffset;
    this.#state.owner?.onDurable?.();
    const { durableListeners } = this.#state;
    if (durableListeners) for (const listener of durableListeners) listener(durableOffset);
    this.#waiters.advance(durableOffset);
  }

  async #syncDirty(): Promise<void> {
    const { health, files, flush } = this.#environment;
    const target = this.#state.writtenOffset;
    const segments = this.#dirty;
    const pins = this.#dirtyPins;
    this.#dirty = [];
    this.#dirtyPins = [];
    for (const segment of segments) segment.isDirty = false;
    for (const segment of segments) {
      if (health.failure !== undefined) break;
      try {
        await this.#syncSegment(segment);
      } catch (error) {
        health.fail(`sync ${segment.logPath}`, error);
      }
    }
    for (const pin of pins) files.unpin(pin);
    if (health.failure !== undefined) return;
    this.#synced(target);
    if (flush === 'group') this.#advance(target);
  }

  async #syncSegment(segment: Segment): Promise<void> {
    const { platform } = this.#environment;
    const pinned = await whenDescriptorsAllow(platform, () => segment.pin());
    try {
      await pinned.file.sync();
    } finally {
      this.#environment.files.unpin(pinned);
    }
    await this.nameSegment(segment);
  }
}
