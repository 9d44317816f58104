// One partition whose records may wait. What producers send goes to a delay topic; from there records without a future time
// move on at once, in order, and the others when they are due. The copy in the target is the fact that a record was delivered:
// it carries the offset it came from, so a restart reads the target's tail and delivers nothing twice and nothing not at all.
// Protects: never before the time by the broker's clock; memory is 16 bytes per waiting record (pending-offsets.ts).
// Leaves out: making room behind one record that waits very long (the delay topic keeps everything after it).
//
//   state = (scanned offset, waiting offsets); every step: read what is new → move what is due → wait for new or due

import { assert, type Clock, type Logger, type Scheduler, type Timer } from '@drave/platform';
import type { CompressionCodec, KafkaRecord } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import type { DelayCheckpointFile } from './delay-checkpoint.js';
import { cancelHeader, deliverAtMs, offsetHeader, offsetIn } from './deliver-at.js';
import { PendingOffsets, type PendingRecord } from './pending-offsets.js';
import { pickBytes, readRecords, RecordMover, type MovingRecord } from './record-mover.js';

export interface DelayedPartitionOptions {
  readonly source: Partition;
  readonly target: Partition;
  readonly checkpoint: DelayCheckpointFile;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** The codec a batch is stored in that came in this one. */
  readonly codecOf: (codec: CompressionCodec) => CompressionCodec;
}

/** Due records copied in one step. */
const stepRecordsMax = 1_000;
/** The wall clock may jump: look again at least this often. Also the pause after a failure. */
const lookMsMax = 60_000;
const retryMs = 1_000;
const checkpointMs = 30_000;
const checkpointRecords = 50_000;

export class DelayedPartition {
  readonly #options: DelayedPartitionOptions;
  readonly #mover: RecordMover;
  #pending = new PendingOffsets();
  #scannedOffset = 0;
  /** Delivered after the last checkpoint, found in the target at the start; offsets not scanned yet. */
  #delivered = new Set<number>();
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  #isStopped = false;
  #isAskedAgain = false;
  /** The next look is the timer's. */
  #hasFailed = false;
  #sinceCheckpoint = 0;
  #checkpointAtMs = 0;

  constructor(options: DelayedPartitionOptions) {
    this.#options = options;
    this.#mover = new RecordMover(options);
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  page(start: number, count: number): PendingRecord[] {
    return this.#pending.page(start, count);
  }

  /** Drops it once the record that says so is committed at `atOffset`; false when it is on its way or was never here. */
  cancel(offset: number, atOffset: number): boolean {
    const isCancelled = this.#pending.cancel(offset);
    if (isCancelled) this.#sinceCheckpoint += 1;
    return isCancelled && atOffset > offset;
  }

  isPending(offset: number): boolean {
    return this.#pending.has(offset);
  }

  /** Reads where it stood and begins to deliver. */
  async start(): Promise<void> {
    const { source, target, checkpoint, clock } = this.#options;
    const found = await checkpoint.read();
    const { log } = source;
    const isUsable = found !== undefined && found.scannedOffset <= log.logEndOffset;
    this.#pending = isUsable ? found.pending : new PendingOffsets();
    this.#scannedOffset = Math.max(isUsable ? found.scannedOffset : 0, log.logStartOffset);
    await this.#findDelivered(isUsable ? found.targetEndOffset : target.log.logStartOffset);
    this.#checkpointAtMs = clock.monotonicMs();
    this.#unsubscribe = source.onHighWatermark(() => this.#wake());
    this.#wake();
  }

  /** Waits for the step under way and writes down where it stands. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#unsubscribe?.();
    this.#timer?.cancel();
    await this.#running;
    if (this.#sinceCheckpoint > 0 && this.#options.source.failure === undefined) {
      await this.#writeCheckpoint();
    }
  }

  async #findDelivered(fromOffset: number): Promise<void> {
    const { target } = this.#options;
    const gone = new Set<number>();
    let offset = Math.max(fromOffset, target.log.logStartOffset);
    while (offset < target.highWatermark) {
      const range = { offset, endOffset: target.highWatermark };
      offset = await readRecords(target, range, (record) => {
        const delivered = offsetIn(record, offsetHeader);
        if (delivered === undefined) return;
        if (delivered >= this.#scannedOffset) this.#delivered.add(delivered);
        else gone.add(delivered);
      });
    }
    this.#pending.removeAll(gone);
  }

  #wake(): void {
    this.#isAskedAgain = true;
    this.#hasFailed = false;
    if (this.#running !== undefined || this.#isStopped) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isAskedAgain && !this.#hasFailed) this.#wake(); // asked for while the last step ended
    });
  }

  async #run(): Promise<void> {
    const { logger, source } = this.#options;
    try {
      while (this.#isAskedAgain && !this.#isStopped) {
        this.#isAskedAgain = false;
        while (!this.#isStopped && (await this.#step()));
        if (!this.#isStopped) await this.#checkpointWhenDue();
      }
      this.#arm(this.#untilDueMs());
    } catch (error) {
      if (this.#isStopped || source.failure !== undefined) return;
      logger.warn('delayed-delivery-failed', { ...source.topicPartition, error: String(error) });
      this.#hasFailed = true;
      this.#arm(retryMs);
    }
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#timer = this.#options.scheduler.setTimer(delayMs, () => this.#wake());
  }

  #untilDueMs(): number {
    const dueMs = this.#pending.firstDueMs;
    if (dueMs === undefined) return lookMsMax;
    return Math.min(lookMsMax, Math.max(0, dueMs - this.#options.clock.nowMs()));
  }

  /** One step; false when there is nothing to do now. */
  async #step(): Promise<boolean> {
    const { source, clock } = this.#options;
    const nowMs = clock.nowMs();
    const due = this.#pending.takeDue(nowMs, stepRecordsMax);
    if (due.length > 0) {
      await this.#deliver(due);
      return true;
    }
    if (this.#scannedOffset >= source.highWatermark) return false;
    await this.#scan(nowMs);
    return true;
  }

  async #scan(nowMs: number): Promise<void> {
    const { source } = this.#options;
    const now: MovingRecord[] = [];
    const later: PendingRecord[] = [];
    const cancelled: number[] = [];
    const range = { offset: this.#scannedOffset, endOffset: source.highWatermark };
    const next = await readRecords(source, range, (record, codec) => {
      const cancels = offsetIn(record, cancelHeader);
      const dueMs = deliverAtMs(record) ?? 0;
      if (cancels !== undefined) cancelled.push(cancels);
      else if (this.#delivered.delete(record.offset)) return;
      else if (dueMs > nowMs) later.push({ offset: record.offset, dueMs });
      else now.push({ record, codec, timestamp: record.timestamp });
    });
    await this.#mover.move(now);
    // From here on nothing fails: memory takes the whole step or nothing of it.
    for (const { offset, dueMs } of later) this.#pending.add(offset, dueMs);
    for (const offset of cancelled) this.#pending.cancel(offset);
    this.#sinceCheckpoint += next - this.#scannedOffset;
    this.#scannedOffset = next;
  }

  async #deliver(due: readonly PendingRecord[]): Promise<void> {
    try {
      const found = await this.#read(due.map(({ offset }) => offset));
      const moving: MovingRecord[] = [];
      for (const { offset, dueMs } of due) {
        const read = found.get(offset);
        assert(read !== undefined, 'delayed-record-is-there', { offset });
        // Consumers and retention count from when it could be seen.
        moving.push({ ...read, timestamp: dueMs });
      }
      await this.#mover.move(moving);
      this.#sinceCheckpoint += due.length;
    } catch (error) {
      for (const { offset, dueMs } of due) this.#pending.add(offset, dueMs);
      throw error;
    }
  }

  async #read(
    offsets: readonly number[],
  ): Promise<Map<number, { record: KafkaRecord; codec: CompressionCodec }>> {
    const { source } = this.#options;
    const found = new Map<number, { record: KafkaRecord; codec: CompressionCodec }>();
    const ascending = offsets.toSorted((a, b) => a - b);
    const wanted = new Set(ascending);
    const last = ascending.at(-1) ?? 0;
    const isDense = last - (ascending[0] ?? 0) < 4 * ascending.length;
    const size = isDense ? {} : { maxBytes: pickBytes };
    let covered = source.logStartOffset;
    for (const offset of ascending) {
      if (offset < covered) continue; // seen on the way to a later one, or gone
      const range = { offset, endOffset: source.highWatermark, ...size };
      covered = await readRecords(source, range, (record, codec) => {
        if (wanted.has(record.offset)) found.set(record.offset, { record, codec });
        return record.offset < last ? undefined : false;
      });
    }
    return found;
  }

  async #checkpointWhenDue(): Promise<void> {
    const elapsedMs = this.#options.clock.monotonicMs() - this.#checkpointAtMs;
    const isDue = this.#sinceCheckpoint > 0 && elapsedMs >= checkpointMs;
    if (isDue || this.#sinceCheckpoint >= checkpointRecords) await this.#writeCheckpoint();
  }

  async #writeCheckpoint(): Promise<void> {
    const { source, target, checkpoint, clock } = this.#options;
    await checkpoint.write({
      scannedOffset: this.#scannedOffset,
      targetEndOffset: target.highWatermark,
      pending: this.#pending,
    });
    this.#sinceCheckpoint = 0;
    this.#checkpointAtMs = clock.monotonicMs();
    const keepFrom = this.#pending.lowestOffset() ?? this.#scannedOffset;
    if (keepFrom > source.logStartOffset) await source.deleteRecordsBefore(keepFrom);
  }
}
