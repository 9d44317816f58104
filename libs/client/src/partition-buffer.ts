// What was fetched of one assigned partition and not yet handed out. Protects: records come out in offset order, each
// once; the position moves over control batches, aborted data and compaction holes; memory is bounded by not fetching
// while `bufferedBytes` is at the limit. Batches stay raw until their records are taken (lazy decode).
// read_committed: the aborted list is ordered by first offset; a producer's batches are dropped from the moment a batch
// reaches that offset until its abort marker. Source: Kafka protocol guide (Fetch), design rule "aborted list".

import { KafkaError, type TopicPartition } from '@drave/contracts';
import {
  currentMagic,
  decodeMarker,
  forEachBatch,
  forEachRecord,
  type KafkaRecord,
  type RecordBatchView,
} from '@drave/protocol';

import type { Isolation } from './offset-requests.js';

/** A record as a consumer sees it; buffers are views of the fetched bytes. */
export interface ConsumerRecord extends KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  /** −1 when the broker does not say. */
  readonly leaderEpoch: number;
}

/** Raw batches of one partition, in order, without control batches and aborted data. */
export interface ConsumerBatches extends TopicPartition {
  readonly batches: readonly RecordBatchView[];
  /** Records below it, in the first batch, were asked to be skipped (seek into a batch). */
  readonly firstOffset: number;
  /** The position after these batches. */
  readonly nextOffset: number;
}

export interface FetchedChunk {
  readonly records: Buffer | null;
  readonly abortedTransactions: readonly {
    readonly producerId: number;
    readonly firstOffset: number;
  }[];
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
}

interface BufferedBatch {
  readonly view: RecordBatchView;
  readonly lastOffset: number;
  readonly isSkipped: boolean;
}

export class PartitionBuffer implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  isPaused = false;
  /** Held back: being assigned or being revoked; neither fetched nor handed out. */
  isHeld = false;
  isFetching = false;
  /** The next position comes from the reset policy, not from the committed offset. */
  outOfRange = false;
  /** Not fetched before this time (backoff); monotonic milliseconds. */
  retryAtMs = 0;
  failedAttempts = 0;
  highWatermark = -1;
  lastStableOffset = -1;
  logStartOffset = -1;
  /** Leader epoch of the last record handed out; −1 unknown. */
  leaderEpoch = -1;
  #position: number | undefined;
  #fetchOffset = 0;
  #bufferedBytes = 0;
  readonly #batches: BufferedBatch[] = [];
  #decoded: ConsumerRecord[] = [];
  #decodedNext = 0;

  constructor({ topic, partition }: TopicPartition) {
    this.topic = topic;
    this.partition = partition;
  }

  /** Offset of the next record to hand out; undefined until it is known where to start. */
  get position(): number | undefined {
    return this.#position;
  }

  /** Offset to ask for in the next fetch. */
  get fetchOffset(): number {
    return this.#fetchOffset;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  get hasData(): boolean {
    return this.#batches.length > 0 || this.#decodedNext < this.#decoded.length;
  }

  /** Drops what is buffered and goes on at `offset`. */
  seek(offset: number): void {
    this.#position = offset;
    this.#fetchOffset = offset;
    this.#clear();
  }

  /** Forgets the position: it must be resolved anew. */
  forgetPosition(): void {
    this.#position = undefined;
    this.#clear();
  }

  /** Takes a fetch answer that was asked for at `fetchOffset`; false when the position moved meanwhile. */
  add(chunk: FetchedChunk, fetchOffset: number, isolation: Isolation): boolean {
    this.highWatermark = chunk.highWatermark;
    this.lastStableOffset = chunk.lastStableOffset;
    this.logStartOffset = chunk.logStartOffset;
    if (this.#position === undefined || fetchOffset !== this.#fetchOffset) return false;
    if (!chunk.records || chunk.records.length === 0) return true;
    const aborted = isolation === 'read_committed' ? new AbortedFilter(chunk) : undefined;
    forEachBatch(chunk.records, (view) => {
      if (view.magic !== currentMagic) {
        throw new KafkaError(
          'UNSUPPORTED_FOR_MESSAGE_FORMAT',
          `${this.topic}-${this.partition} at offset ${view.baseOffset} holds message format ${view.magic}; only format 2 is read`,
        );
      }
      const lastOffset = view.lastOffset;
      const isAborted = aborted?.drops(view) ?? false;
      if (lastOffset < this.#fetchOffset) return;
      this.#batches.push({ view, lastOffset, isSkipped: isAborted || view.isControl });
      this.#bufferedBytes += view.sizeBytes;
      this.#fetchOffset = lastOffset + 1;
    });
    return true;
  }

  /** Moves up to `max` records to `into`; returns how many. Throws CORRUPT_MESSAGE and stays before the damaged batch. */
  take(max: number, into: ConsumerRecord[]): number {
    let taken = 0;
    while (taken < max) {
      if (this.#decodedNext >= this.#decoded.length && !this.#decodeNext()) break;
      const count = Math.min(max - taken, this.#decoded.length - this.#decodedNext);
      for (let i = 0; i < count; i++) {
        const record = this.#decoded[this.#decodedNext + i];
        if (record) into.push(record);
      }
      this.#decodedNext += count;
      taken += count;
      this.#advance();
    }
    return taken;
  }

  /** Steps over the next batch, for one that cannot be read; returns the offset after it, undefined when there is none. */
  skipBatch(): number | undefined {
    const head = this.#batches[0];
    if (!head) return undefined;
    this.#finishHead(head);
    return head.lastOffset + 1;
  }

  /** All buffered batches, raw; undefined when there is nothing. Moves the position behind them. */
  takeBatches(): ConsumerBatches | undefined {
    const firstOffset = this.#position;
    if (firstOffset === undefined || this.#batches.length === 0) return undefined;
    const batches: RecordBatchView[] = [];
    for (const batch of this.#batches) if (!batch.isSkipped) batches.push(batch.view);
    this.leaderEpoch = this.#batches.at(-1)?.view.partitionLeaderEpoch ?? this.leaderEpoch;
    this.#position = this.#fetchOffset;
    this.#clear();
    if (batches.length === 0) return undefined;
    const { topic, partition } = this;
    return { topic, partition, batches, firstOffset, nextOffset: this.#fetchOffset };
  }

  /** Decodes the next batch that has records; false when there is none. Moves the position over empty ones. */
  #decodeNext(): boolean {
    for (let head = this.#batches[0]; head; head = this.#batches[0]) {
      if (!head.isSkipped) {
        this.#decoded = this.#decode(head.view);
        this.#decodedNext = 0;
        if (this.#decoded.length > 0) return true;
      }
      this.#finishHead(head);
    }
    return false;
  }

  #decode(view: RecordBatchView): ConsumerRecord[] {
    const { topic, partition } = this;
    const leaderEpoch = view.partitionLeaderEpoch;
    const from = this.#position ?? 0;
    const records: ConsumerRecord[] = [];
    try {
      if (!view.crcIsValid()) throw new Error('the CRC does not match');
      forEachRecord(view, ({ offset, timestamp, key, value, headers }) => {
        if (offset < from) return;
        records.push({ topic, partition, offset, timestamp, key, value, headers, leaderEpoch });
      });
    } catch (error) {
      throw new KafkaError(
        'CORRUPT_MESSAGE',
        `${topic}-${partition}: the batch at offset ${view.baseOffset} is damaged; seek to ${view.lastOffset + 1} to skip it`,
        { cause: error },
      );
    }
    return records;
  }

  /** After records were taken: the position follows, past the whole batch when it is used up. */
  #advance(): void {
    const head = this.#batches[0];
    const next = this.#decoded[this.#decodedNext];
    const last = this.#decoded[this.#decodedNext - 1];
    if (last) this.leaderEpoch = last.leaderEpoch;
    if (next) this.#position = next.offset;
    else if (head) this.#finishHead(head);
  }

  #finishHead(head: BufferedBatch): void {
    this.#batches.shift();
    this.#bufferedBytes -= head.view.sizeBytes;
    this.#position = head.lastOffset + 1;
    this.#decoded = [];
    this.#decodedNext = 0;
  }

  #clear(): void {
    this.#batches.length = 0;
    this.#decoded = [];
    this.#decodedNext = 0;
    this.#bufferedBytes = 0;
  }
}

/** Tells which batches of one fetch answer belong to aborted transactions. Feed it every batch in order. */
class AbortedFilter {
  readonly #pending: { readonly producerId: number; readonly firstOffset: number }[];
  readonly #aborting = new Set<number>();

  constructor(chunk: FetchedChunk) {
    this.#pending = [...chunk.abortedTransactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  drops(view: RecordBatchView): boolean {
    if (!view.isTransactional) return false;
    const { lastOffset, producerId } = view;
    for (
      let head = this.#pending[0];
      head && head.firstOffset <= lastOffset;
      head = this.#pending[0]
    ) {
      this.#aborting.add(head.producerId);
      this.#pending.shift();
    }
    if (!view.isControl) return this.#aborting.has(producerId);
    if (isAbortMarker(view)) this.#aborting.delete(producerId);
    return true;
  }
}

function isAbortMarker(view: RecordBatchView): boolean {
  let isAbort = false;
  forEachRecord(view, (record) => {
    isAbort = decodeMarker(record)?.type === 'abort';
    return false;
  });
  return isAbort;
}
