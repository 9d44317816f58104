// One partition whose records may wait. What producers send goes to a delay topic; from there records without a future time
// move on at once, in order, and the others when they are due. The copy in the target is the fact that a record was delivered:
// it carries the offset it came from, so a restart reads the target's tail and delivers nothing twice and nothing not at all.
// Protects: never before the time by the broker's clock; memory is 16 bytes per waiting record (pending-offsets.ts).
// The log may only be cut below the lowest record that waits, so the oldest are copied to its end (parked) when most of what it
// holds is delivered. A copy counts from when the scan reaches it, so nothing rests on one that is not durable; it keeps its
// offset as its name. What the scan finds of a record that waits no more is cancelled anew, after the copy: cutting the log
// can never leave a copy without the word that ends it.
//
//   state = (scanned offset, waiting offsets and their places); every step: move what is due → read what is new → park → wait
//   without a usable checkpoint both logs are read first; until then nothing that waits is delivered, as its end may come later

import { assert, type Clock, type Logger, type Scheduler, type Timer } from '@drave/platform';
import { buildBatch, type CompressionCodec } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import type { DelayCheckpointFile } from './delay-checkpoint.js';
import { cancelHeader, deliverAtMs, offsetHeader, offsetIn, parkedHeader } from './deliver-at.js';
import { PendingOffsets, type PendingRecord, type PlacedRecord } from './pending-offsets.js';
import { pickRecords, readRecords, RecordMover, type MovingRecord } from './record-mover.js';

export interface DelayedPartitionOptions {
  readonly source: Partition;
  readonly target: Partition;
  readonly checkpoint: DelayCheckpointFile;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** The codec a batch is stored in that came in this one. */
  readonly codecOf: (codec: CompressionCodec) => CompressionCodec;
  /** How much the log may hold from the lowest waiting record on before its room is looked at; default 50,000 and 64 MiB. */
  readonly roomy?: { readonly records: number; readonly bytes: number };
}

/** Due records copied in one step. */
const stepRecordsMax = 1_000;
/** Parking begins when this many records lie where one waits, and one of these bounds is passed. */
const sparseness = 4;
const roomyDefault = { records: 50_000, bytes: 64 * 1024 * 1024 };
const parkedBytesMax = 4 * 1024 * 1024;
/** The wall clock may jump: look again at least this often. Also the pause after a failure. */
const lookMsMax = 60_000;
const retryMs = 1_000;
const checkpointMs = 30_000;
const checkpointRecords = 50_000;

export class DelayedPartition {
  readonly #options: DelayedPartitionOptions;
  readonly #mover: RecordMover;
  readonly #parker: RecordMover;
  #pending = new PendingOffsets();
  #scannedOffset = 0;
  /** Delivered after the last checkpoint, found in the target at the start, or cancelled while all is read anew. Until `#knownOffset`. */
  #resolved = new Set<number>();
  /** End of the log at the start. */
  #knownOffset = 0;
  /** Without a checkpoint: where the log began; of records before, copies are all there is until `#knownOffset`. */
  #rebuiltFrom: number | undefined;
  /** Found copies of records that wait no more. */
  #dead: number[] = [];
  /** Copies that may be made before the next checkpoint, which comes at once when some were. */
  #parkLeft = 0;
  #hasParked = false;
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
    this.#parker = new RecordMover({ ...options, target: options.source, isParking: true });
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
    if (this.#isCatchingUp) this.#resolved.add(offset);
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
    const isUsable =
      found !== undefined &&
      found.scannedOffset <= log.logEndOffset &&
      found.scannedOffset >= log.logStartOffset;
    this.#pending = isUsable ? found.pending : new PendingOffsets();
    this.#scannedOffset = isUsable ? found.scannedOffset : log.logStartOffset;
    this.#rebuiltFrom = isUsable ? undefined : log.logStartOffset;
    this.#knownOffset = log.logEndOffset;
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
    const parked = await this.#parkedOrigins();
    let offset = Math.max(fromOffset, target.log.logStartOffset);
    while (offset < target.highWatermark) {
      const range = { offset, endOffset: target.highWatermark };
      offset = await readRecords(target, range, (record) => {
        const delivered = offsetIn(record, offsetHeader);
        if (delivered === undefined) return;
        const isAhead = delivered >= this.#scannedOffset || parked.has(delivered);
        if (isAhead) this.#resolved.add(delivered);
        else if (this.#rebuiltFrom === undefined) gone.add(delivered);
      });
    }
    this.#pending.removeAll(gone);
  }

  /** While all is read anew: whose copies are there and whose originals are not. */
  async #parkedOrigins(): Promise<ReadonlySet<number>> {
    const { source } = this.#options;
    const origins = new Set<number>();
    const from = this.#rebuiltFrom ?? 0;
    let offset = from > 0 ? from : source.highWatermark;
    while (offset < source.highWatermark) {
      const range = { offset, endOffset: source.highWatermark };
      offset = await readRecords(source, range, (record, _codec, isParked) => {
        const origin = isParked ? offsetIn(record, parkedHeader) : undefined;
        if (origin !== undefined && origin < from) origins.add(origin);
      });
    }
    return origins;
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

  /** What was there at the start is not read yet. */
  get #isCatchingUp(): boolean {
    return this.#scannedOffset < this.#knownOffset;
  }

  /** One step; false when there is nothing to do now. */
  async #step(): Promise<boolean> {
    const { source, clock } = this.#options;
    const nowMs = clock.nowMs();
    const isRebuilding = this.#isCatchingUp && this.#rebuiltFrom !== undefined;
    const due = isRebuilding ? [] : this.#pending.takeDue(nowMs, stepRecordsMax);
    if (due.length > 0) {
      await this.#deliver(due);
      return true;
    }
    if (this.#scannedOffset < source.highWatermark) {
      await this.#scan(nowMs);
      return true;
    }
    return this.#parkLeft > 0 && this.#park();
  }

  async #scan(nowMs: number): Promise<void> {
    const { source } = this.#options;
    const now: MovingRecord[] = [];
    const later: PendingRecord[] = [];
    const cancelled: number[] = [];
    const parked = new Map<number, PlacedRecord>();
    const range = { offset: this.#scannedOffset, endOffset: source.highWatermark };
    const next = await readRecords(source, range, (record, codec, isParked) => {
      const { offset, timestamp } = record;
      const cancels = offsetIn(record, cancelHeader);
      const dueMs = deliverAtMs(record) ?? 0;
      const origin = isParked ? offsetIn(record, parkedHeader) : undefined;
      if (origin !== undefined) parked.set(origin, { offset: origin, dueMs, place: offset });
      else if (cancels !== undefined) {
        if (cancels < offset) cancelled.push(cancels);
      } else if (this.#resolved.has(offset)) return;
      else if (dueMs > nowMs) later.push({ offset, dueMs });
      else now.push({ record, offset, codec, timestamp });
    });
    await this.#mover.move(now);
    // From here on nothing fails: memory takes the whole step or nothing of it.
    for (const { offset, dueMs } of later) this.#pending.add(offset, dueMs);
    for (const offset of cancelled) this.#pending.cancel(offset);
    if (this.#isCatchingUp) for (const offset of cancelled) this.#resolved.add(offset);
    this.#takeParked(parked);
    this.#sinceCheckpoint += next - this.#scannedOffset;
    this.#scannedOffset = next;
    if (this.#isCatchingUp) return;
    this.#resolved.clear();
    this.#rebuiltFrom = undefined;
  }

  /** Cancellations of the same step came before, whatever their order: what is cancelled stays so. */
  #takeParked(parked: ReadonlyMap<number, PlacedRecord>): void {
    if (parked.size === 0) return;
    const places = new Map([...parked].map(([offset, { place }]) => [offset, place]));
    this.#pending.relocate(places);
    for (const [offset, place] of places) {
      const isUnknown = offset < (this.#rebuiltFrom ?? 0) && !this.#resolved.has(offset);
      if (isUnknown) this.#pending.add(offset, parked.get(offset)?.dueMs ?? 0, place);
      else this.#dead.push(offset);
    }
  }

  async #deliver(due: readonly PlacedRecord[]): Promise<void> {
    try {
      const { source } = this.#options;
      const found = await pickRecords(
        source,
        due.map(({ place }) => place),
      );
      const moving: MovingRecord[] = [];
      for (const { offset, dueMs, place } of due) {
        const read = found.get(place);
        assert(read !== undefined, 'delayed-record-is-there', { offset, place });
        // Consumers and retention count from when it could be seen.
        moving.push({ ...read, offset, timestamp: dueMs });
      }
      await this.#mover.move(moving);
      this.#sinceCheckpoint += due.length;
    } catch (error) {
      for (const { offset, dueMs, place } of due) this.#pending.add(offset, dueMs, place);
      throw error;
    }
  }

  /** The log could be cut a good deal if the oldest lay at its end. O(waiting). */
  #isSparse(): boolean {
    const { log } = this.#options.source;
    const { records, bytes } = this.#options.roomy ?? roomyDefault;
    const span = this.#scannedOffset - (this.#pending.lowestPlace() ?? this.#scannedOffset);
    if (span <= sparseness * this.#pending.size) return false;
    const held = Math.max(1, log.logEndOffset - log.logStartOffset);
    return span > records || (log.sizeBytes * span) / held > bytes;
  }

  /** Copies some of the oldest to the end; the scan takes them up from there. False: enough, or none is there. */
  async #park(): Promise<boolean> {
    const oldest = this.#isSparse()
      ? this.#pending.lowest(Math.min(stepRecordsMax, this.#parkLeft))
      : [];
    const places = oldest.map(({ place }) => place);
    const found = await pickRecords(this.#options.source, places, parkedBytesMax);
    const moving: MovingRecord[] = [];
    for (const { offset, place } of oldest) {
      const read = found.get(place);
      if (read) moving.push({ ...read, offset, timestamp: read.record.timestamp });
    }
    this.#parkLeft = moving.length === 0 ? 0 : this.#parkLeft - moving.length;
    await this.#parker.move(moving);
    this.#hasParked ||= moving.length > 0;
    return moving.length > 0;
  }

  /** Ends the copies that are of no use, for whoever reads the log without what came before them. */
  async #cancelDead(): Promise<void> {
    const { source, clock } = this.#options;
    while (this.#dead.length > 0) {
      const nowMs = clock.nowMs();
      const some = this.#dead.slice(0, stepRecordsMax);
      const records = some.map((offset) => {
        const headers = [{ key: cancelHeader, value: Buffer.from(String(offset)) }];
        return { key: null, value: null, headers, timestamp: nowMs };
      });
      const { lastOffset } = source.append(buildBatch(records), { nowMs, origin: 'accepted' });
      await new Promise<void>((resolve, reject) => {
        source.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
      });
      this.#dead.splice(0, some.length);
    }
  }

  async #checkpointWhenDue(): Promise<void> {
    const elapsedMs = this.#options.clock.monotonicMs() - this.#checkpointAtMs;
    const isDue = this.#sinceCheckpoint > 0 && elapsedMs >= checkpointMs;
    const isMuch = this.#sinceCheckpoint >= checkpointRecords;
    if (isDue || isMuch || this.#hasParked) await this.#writeCheckpoint();
  }

  async #writeCheckpoint(): Promise<void> {
    const { source, target, checkpoint, clock } = this.#options;
    await this.#cancelDead();
    await checkpoint.write({
      scannedOffset: this.#scannedOffset,
      targetEndOffset: target.highWatermark,
      pending: this.#pending,
    });
    this.#sinceCheckpoint = 0;
    this.#checkpointAtMs = clock.monotonicMs();
    const keepFrom = this.#pending.lowestPlace() ?? this.#scannedOffset;
    if (keepFrom > source.logStartOffset) await source.deleteRecordsBefore(keepFrom);
    this.#hasParked = false;
    this.#parkLeft = this.#isSparse() ? this.#pending.size : 0;
    if (this.#parkLeft > 0) this.#isAskedAgain = true;
  }
}
