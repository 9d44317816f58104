// One partition's records: append as leader, read, look up by time, cut back, delete from the head. Protects: an offset is fixed
// synchronously and never given twice; `written` of an append settles only when its bytes are as safe as the flush mode says, and
// so does that of its duplicates; after the directory failed nothing is acknowledged.
// Leaves out: the steps of an append (log-appender.ts), retention and compaction (log-upkeep.ts), appending as a follower.
//
//   states: new (its directory is being made) ─┬→ open → closed
//           cold (known from a clean stop) ────┘   first touch opens the active segment

import { KafkaError, type TopicPartition, topicPartitionKey } from '@drave/contracts';
import { RecordBatchView } from '@drave/protocol';
import type { AppendOptions, AppendResult } from './append-result.js';
import type { ColdProducers } from './clean-shutdown.js';
import { isOutOfDescriptors } from './descriptors.js';
import { LogChores } from './log-chores.js';
import { LogParts } from './log-parts.js';
import { joined, type ReadRequest, type ReadResult } from './log-reader.js';
import { loadColdLog, truncateLog } from './log-recovery.js';
import type { CorruptRange } from './corrupt-ranges.js';
import type { CleaningPlan, CleaningRequest, CleaningResult } from './log-cleaner.js';
import type { ScrubRequest, ScrubResult } from './log-scrub.js';
import type { LogSettings } from './log-settings.js';
import type { LogEnvironment, LogOwner, LogState } from './log-state.js';
import type { LogIdentity } from './log-writer.js';
import { keepProducersAt } from './producer-recovery.js';
import type { ActiveProducer } from './producer-state.js';
import type { RetentionRequest } from './retention.js';
import type { TimestampOffset } from './time-lookup.js';
import type { AbortedTransaction } from './transaction-index.js';

export interface PartitionLogOptions {
  readonly environment: LogEnvironment;
  readonly topicPartition: TopicPartition;
  readonly topicId: string;
  readonly settings: LogSettings;
  readonly state: LogState;
  /** Not opened since a clean stop: epochs and so many producers are still on disk. */
  readonly cold?: ColdProducers;
}

export class PartitionLog implements LogIdentity {
  readonly topicPartition: TopicPartition;
  readonly topicId: string;
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  readonly #chores: LogChores;
  /** Made at the first use: what thousands of idle logs can do without. */
  #parts: LogParts | undefined;
  #cold: ColdProducers | undefined;
  /** Records were deleted, which is not durable yet. */
  #isStartUnsaved = false;

  constructor(options: PartitionLogOptions) {
    this.topicPartition = options.topicPartition;
    this.topicId = options.topicId;
    this.#environment = options.environment;
    this.#state = options.state;
    this.#state.settings = options.settings;
    this.#cold = options.cold;
    this.#chores = new LogChores(options.environment, options.state);
  }

  /** First offset that may be read. */
  get logStartOffset(): number {
    return this.#state.logStartOffset;
  }

  /** Next offset to assign. */
  get logEndOffset(): number {
    return this.#state.logEndOffset;
  }

  /** Everything below is as safe as the flush mode promises: synced (`group`) or written (`os`). */
  get durableOffset(): number {
    return this.#state.durableOffset;
  }

  /** Bytes of all segments. */
  get sizeBytes(): number {
    if (this.#cold !== undefined && this.segmentCount === 1) return this.#state.outline.activeBytes;
    let sizeBytes = 0;
    for (const segment of this.#state.segments) {
      if (segment.sizeBytes < 0) segment.checkSize();
      sizeBytes += segment.sizeBytes;
    }
    return sizeBytes;
  }

  get segmentCount(): number {
    return this.#state.segmentCount;
  }

  get settings(): LogSettings {
    return this.#state.settings;
  }

  /** The epoch of the last batch, -1 when there is none. */
  get latestLeaderEpoch(): number {
    this.#open();
    return this.#state.epochs.latest;
  }

  /**
   * Everything below it is durable and belongs to no transaction, or to one that ended by a durable marker: the end for readers of
   * committed data. Never below logStartOffset or above durableOffset.
   */
  get lastStableOffset(): number {
    if (this.#parts !== undefined) return this.#parts.transactions.lastStableOffset;
    const { durableOffset, logStartOffset, producers } = this.#state;
    const { firstOpenOffset } = this.#cold ?? { firstOpenOffset: producers.firstOpenOffset ?? -1 };
    if (firstOpenOffset === null) return this.#touch().transactions.lastStableOffset;
    return firstOpenOffset < 0 ? durableOffset : Math.max(logStartOffset, firstOpenOffset);
  }

  /**
   * The aborted transactions that a reader of `[fromOffset, upToOffset)` must know of, by first offset; `upToOffset` is at most
   * lastStableOffset. Rejects with KAFKA_STORAGE_ERROR, or CORRUPT_MESSAGE where damage hides some.
   */
  async abortedTransactions(fromOffset: number, upToOffset: number): Promise<AbortedTransaction[]> {
    const { transactions } = this.#touch();
    return this.#reading(() => transactions.find(fromOffset, upToOffset));
  }

  /** As `abortedTransactions`, when no batches have to be read for it, else undefined. Throws as it rejects. */
  abortedTransactionsSync(
    fromOffset: number,
    upToOffset: number,
  ): AbortedTransaction[] | undefined {
    return this.#touch().transactions.findNow(fromOffset, upToOffset);
  }

  /** Answer to DescribeProducers. */
  activeProducers(): ActiveProducer[] {
    this.#open();
    return this.#state.producers.list();
  }

  /** Answer to OffsetForLeaderEpoch; undefined when no epoch at or below `epoch` is known. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } | undefined {
    this.#open();
    return this.#state.epochs.endOffset(epoch, this.#state.logEndOffset);
  }

  /** Takes effect with the next append. */
  updateSettings(settings: LogSettings): void {
    this.#state.settings = settings;
  }

  /** Calls back with the new durable offset each time it moved; returns the way to stop. Callbacks must not throw. */
  onDurable(callback: (durableOffset: number) => void): () => void {
    this.#state.durableListeners ??= new Set();
    const listeners = this.#state.durableListeners.add(callback);
    return () => listeners.delete(callback);
  }

  /**
   * Validates the one batch in `records`, patches its offset and epoch in place and queues it. Synchronous: appends get their
   * offsets in call order. The log reads `records` until the batch is written (or for good, when
   * that fails): do not change it before.
   * Throws KafkaError as the wire protocol names it; then nothing was appended.
   */
  appendAsLeader(records: Buffer, options: AppendOptions): AppendResult {
    this.#chores.checkUsable();
    return this.#touch().appender.append(records, options);
  }

  /**
   * Whole batches from the one that contains `offset`, below `boundOffset` (the caller's high watermark) and what is written.
   * Rejects with OFFSET_OUT_OF_RANGE outside [logStartOffset, logEndOffset], CORRUPT_MESSAGE where the file is damaged.
   */
  read(request: ReadRequest): Promise<ReadResult> {
    let parts: LogParts;
    try {
      const cached = this.readSync(request);
      if (cached !== undefined) return Promise.resolve(cached);
      parts = this.#touch();
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return this.#reading(() => parts.reader.read(request));
  }

  /** As `read`, from memory alone; undefined when the disk is needed. Throws as `read` rejects. */
  readSync(request: ReadRequest): ReadResult | undefined {
    const { offset, maxBytes } = request;
    const { logStartOffset, logEndOffset, writtenOffset } = this.#state;
    if (offset < logStartOffset || offset > logEndOffset) {
      throw new KafkaError(
        'OFFSET_OUT_OF_RANGE',
        `offset ${offset} of ${topicPartitionKey(this.topicPartition)} is outside ${logStartOffset} to ${logEndOffset}`,
      );
    }
    const boundOffset = Math.min(request.boundOffset, writtenOffset);
    if (offset >= boundOffset) return { records: Buffer.alloc(0), nextOffset: offset };
    const batches = this.#parts?.tail.read(offset, boundOffset, maxBytes);
    if (batches === undefined) return undefined;
    const [first] = batches;
    if (first === undefined || (request.minOneBatch === false && first.length > maxBytes)) {
      return { records: Buffer.alloc(0), nextOffset: offset };
    }
    const last = new RecordBatchView(batches.at(-1) ?? first);
    return { ...joined(batches, request.slabs), nextOffset: last.lastOffset + 1 };
  }

  /** First record at or after `timestamp` (milliseconds) below `boundOffset`; undefined when there is none. What is damaged is passed over. */
  async offsetForTimestamp(
    timestamp: number,
    boundOffset: number = this.logEndOffset,
  ): Promise<TimestampOffset | undefined> {
    const { times } = this.#touch();
    return this.#reading(() => times.firstFrom(timestamp, boundOffset));
  }

  /** The record with the greatest timestamp below `boundOffset`; undefined when no record has one. */
  async maxTimestampOffset(
    boundOffset: number = this.logEndOffset,
  ): Promise<TimestampOffset | undefined> {
    const { times } = this.#touch();
    return this.#reading(() => times.greatest(boundOffset));
  }

  /** Settles when everything appended before survives a power loss, in either flush mode. */
  async flush(): Promise<void> {
    if (this.#parts !== undefined) return this.#parts.writer.flush();
    this.#environment.health.throwIfFailed();
  }

  /**
   * Cuts the log back to `offset` or, when that lies within a batch, to that batch's first, but not below
   * logStartOffset. Durable when it settles. Appends
   * meanwhile throw; none may wait for its acknowledgement. Rejects with OFFSET_OUT_OF_RANGE below logStartOffset.
   */
  async truncateTo(offset: number): Promise<void> {
    this.#chores.checkUsable();
    const { tail, transactions, sealer, appender } = this.#touch();
    if (offset >= this.#state.logEndOffset) return;
    if (offset < this.#state.logStartOffset) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `cannot truncate to ${offset}`);
    }
    await this.#chores.exclusively('truncated', {
      before: () => this.#whenIdle(),
      work: async () => {
        tail.clear();
        await truncateLog(this.#environment, this.#state, offset);
        transactions.truncated();
        sealer.epochsAreSaved();
        appender.truncated();
      },
    });
  }

  /**
   * Moves logStartOffset up to `offset` and drops the segments wholly below it; durable when it settles. Lower offsets change
   * nothing; above `logEndOffset` it rejects with OFFSET_OUT_OF_RANGE (the caller checks its high watermark).
   */
  async deleteRecordsBefore(offset: number): Promise<void> {
    this.#chores.checkUsable();
    const { writer, appender } = this.#touch();
    const state = this.#state;
    if (offset > state.logEndOffset) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `cannot delete up to ${offset}`);
    }
    // Never above what survives a crash: the log would begin behind its end.
    await writer.reached(offset);
    this.#chores.checkUsable();
    if (offset <= state.logStartOffset && !this.#isStartUnsaved) return;
    offset = Math.max(offset, state.logStartOffset);
    state.logStartOffset = offset;
    this.#isStartUnsaved = true;
    // The new, empty segment is all that remembers the end offset.
    const isAll = offset === state.logEndOffset && state.active.sizeBytes > 0;
    if (isAll) appender.roll(this.#environment.platform.clock.nowMs());
    const dropped = this.#chores.run('delete records', () => this.#dropSegmentsBelow(offset));
    await dropped.catch((cause: unknown) => {
      const reason = `cannot note the new start of ${state.directory} (${String(cause)})`;
      throw new KafkaError('KAFKA_STORAGE_ERROR', reason, { cause });
    });
    this.#environment.health.throwIfFailed();
  }

  /** Whom retention and compaction ask how far they may go; without an owner the sweeps leave the log alone. */
  get owner(): LogOwner | undefined {
    return this.#state.owner;
  }

  /** Replaces the owner; undefined: the log is nobody's now. */
  setOwner(owner: LogOwner | undefined): void {
    this.#state.owner = owner;
  }

  /**
   * Deletes the segments that retention says must go and moves logStartOffset up; settles with their number. Their files stay as
   * `.deleted` for `file.delete.delay.ms`. Rejects with KAFKA_STORAGE_ERROR when the directory failed.
   */
  async applyRetention(request: RetentionRequest): Promise<number> {
    this.#chores.checkUsable();
    if (this.#parts === undefined && this.#keepsAll(request)) return 0;
    return this.#touch().upkeep.applyRetention(request);
  }

  /** Offsets that are damaged on disk, as far as reads and scrubs found; reading them answers CORRUPT_MESSAGE. */
  get corruptRanges(): readonly CorruptRange[] {
    return this.#state.corrupt.list;
  }

  /** Holds all sealed segments against their seals and seals those without one. Settles early when the log is closed or cut. */
  async scrub(request: ScrubRequest = {}): Promise<ScrubResult> {
    this.#chores.checkUsable();
    return this.#touch().upkeep.scrub.scrub(request);
  }

  /** Begins a new segment at the log end when the active one has records: what was written so far can be compacted. */
  roll(): void {
    this.#chores.checkUsable();
    const { appender } = this.#touch();
    if (this.#state.active.sizeBytes > 0) {
      appender.roll(this.#environment.platform.clock.nowMs());
    }
  }

  /** What a compaction would do now; undefined when nothing may be compacted or the log is not in use. */
  cleaningPlan(request: CleaningRequest): CleaningPlan | undefined {
    if (this.#chores.isClosed || this.#chores.isExclusive) return undefined;
    // The active segment alone is never compacted: no reason to open files.
    const isCompacted = this.#state.settings.cleanupPolicy.includes('compact');
    if (this.#parts === undefined && (!isCompacted || this.segmentCount < 2)) return undefined;
    return this.#touch().upkeep.plan(request);
  }

  /**
   * Compacts the log whatever its dirty ratio; appends and reads go on. Settles with what it did, undefined when there was nothing
   * to do, it was interrupted (truncation, close), or the log cannot be compacted (logged as `log-uncleanable`). Rejects with
   * KAFKA_STORAGE_ERROR when the directory failed.
   */
  async compact(request: CleaningRequest): Promise<CleaningResult | undefined> {
    this.#chores.checkUsable();
    return this.#touch().upkeep.compact(request);
  }

  // — what LogManager uses —

  /** @internal The directory is being made; appends wait in memory until `ready`. */
  waitFor(ready: Promise<void>): void {
    this.#state.isMade = false;
    void this.#chores.run('create the log', async () => {
      await ready;
      this.#state.isMade = true;
      this.#parts?.writer.ready();
    });
  }

  /** @internal */
  get state(): LogState {
    return this.#state;
  }

  /** @internal Producers known at the log end; after `close` in its snapshot, or in the headers of a small log. */
  get coldProducers(): ColdProducers {
    if (this.#cold !== undefined) return this.#cold;
    const { producers, active } = this.#state;
    const { transactions } = active;
    const isKnown = transactions !== undefined && transactions.problem === undefined;
    return {
      producerCount: producers.size,
      firstOpenOffset: producers.firstOpenOffset ?? -1,
      abortedCount: isKnown ? transactions.aborted.length : null,
    };
  }

  /** @internal Ends the compaction under way; none begins any more. */
  stopUpkeep(): Promise<void> {
    this.#chores.end();
    return this.#parts?.upkeep.interrupt() ?? Promise.resolve();
  }

  /** @internal Forgets producers that were idle too long. */
  expireProducers(nowMs: number): void {
    this.#state.producers.expire(nowMs, this.#environment.producerIdExpirationMs);
  }

  /** @internal Rejects whoever waits; the bytes stay where they are. */
  failWaiting(): void {
    this.#parts?.writer.fail();
    this.#parts?.upkeep.cancel();
  }

  /** @internal Flushes and writes what a clean start needs; settles with whether that worked. */
  async close(): Promise<void> {
    if (this.#chores.isClosed) return;
    this.#chores.close();
    await this.#parts?.upkeep.interrupt();
    await this.#chores.idle;
    if (this.#cold) return;
    const { writer, tail, sealer } = this.#use();
    await writer.settled();
    await this.#chores.idle;
    this.#state.recoveryPoint = this.#state.logEndOffset;
    tail.clear();
    await sealer.close();
  }

  /** @internal Stops using the files because they are about to be removed. */
  async abandon(): Promise<void> {
    this.#chores.close();
    const { files } = this.#environment;
    const { writer, tail, upkeep } = this.#use();
    await upkeep.interrupt();
    writer.leave();
    try {
      await writer.settled().catch((): Promise<void> => writer.syncWritten());
      this.#environment.health.throwIfFailed();
      await this.#chores.idle;
      await this.#environment.journal?.forget(writer);
    } catch {
      await this.#chores.idle; // whoever appended hears of it by its own promise
    }
    tail.clear();
    this.#state.version++;
    for (const segment of this.#state.segments) files.forget(segment.logPath);
    await files.closed();
  }

  /** Whether it is plain that retention leaves all of it; its files stay closed then. */
  #keepsAll({ nowMs }: RetentionRequest): boolean {
    const { cleanupPolicy, retentionMs, retentionBytes } = this.#state.settings;
    if (this.segmentCount > 1) return false;
    if (!cleanupPolicy.includes('delete')) return true;
    const { activeBytes, newestMs } = this.#state.outline;
    const isYoung = retentionMs < 0 || (newestMs >= 0 && nowMs - newestMs <= retentionMs);
    return activeBytes === 0 || (isYoung && retentionBytes !== 0);
  }

  /** Turns what the disk throws at a reader into the error that clients know; the directory stays in service. */
  async #reading<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof KafkaError) throw error;
      const key = topicPartitionKey(this.topicPartition);
      throw new KafkaError('KAFKA_STORAGE_ERROR', `cannot read ${key} (${String(error)})`, {
        cause: error,
      });
    }
  }

  /** What works on the log, which is open now. */
  #touch(): LogParts {
    this.#open();
    return this.#use();
  }

  #use(): LogParts {
    this.#parts ??= new LogParts(this.#environment, this.#state, {
      identity: this,
      chores: this.#chores,
    });
    return this.#parts;
  }

  /** First touch after a clean stop: opens the active segment and loads what belongs to it. */
  #open(): void {
    if (this.#cold === undefined) return;
    const { health } = this.#environment;
    health.throwIfFailed();
    try {
      loadColdLog(this.#environment, this.#state, this.#cold);
    } catch (error) {
      const path = this.#state.active.logPath;
      if (isOutOfDescriptors(error)) {
        throw new KafkaError('KAFKA_STORAGE_ERROR', `no free file descriptor for ${path}`, {
          cause: error,
        });
      }
      throw health.fail(`open ${path}`, error);
    }
    this.#state.savedEpochs = this.#state.epochs.entries.length;
    this.#cold = undefined;
  }

  async #dropSegmentsBelow(offset: number): Promise<void> {
    const state = this.#state;
    await this.#environment.saveCheckpoints();
    if (offset === state.logStartOffset) this.#isStartUnsaved = false;
    const kept = Math.max(0, state.segmentIndex(offset));
    const gone = state.segments.slice(0, kept);
    if (gone.length === 0) return;
    const first = state.segments[kept] ?? state.active;
    await keepProducersAt(this.#environment, state, first.baseOffset);
    await this.#use().writer.nameSegment(state.active);
    state.segments = state.segments.slice(kept);
    state.version++;
    const { room } = this.#environment;
    for (const segment of gone) await room.wait(() => segment.remove());
    await this.#environment.platform.disk.syncDirectory(state.directory);
  }

  async #whenIdle(): Promise<void> {
    const { writer, upkeep } = this.#use();
    await upkeep.interrupt();
    await writer.settled();
    await this.#chores.idle;
    await this.#environment.journal?.forget(writer);
  }
}
