// What a log remembers of its producers: epoch and the last five batches of each, so that a batch sent twice is stored once.
// Protects: a duplicate gets the original's offset, a gap, an old epoch or an old coordinator is refused, across restarts (snapshot or
// rebuild); what transactions are open, lowest first offset first. Leaves out: how they ended (log-transactions.ts).
//
//   snapshot file, big-endian: 0 version i16 = 1 | 2 crc u32 = CRC-32C of [6, end) | 6 offset i64 (state before it) | 14 count i32
//   entry: producerId i64 | epoch i16 | coordinatorEpoch i32 | openOffset i64 | lastSeenMs i64 | batches i8
//   batch: firstSequence i32 | lastSequence i32 | lastOffset i64 | offsetDelta i32 | timestamp i64
//
// Sources: KIP-98, KIP-360; Kafka's ProducerStateManager. Differs from Kafka: idle time counts from the append, not from the
// records' timestamps: a replay of old data must not forget its producer at once.

import { KafkaError } from '@drave/contracts';
import { crc32c, type EndTransactionMarker } from '@drave/protocol';
import { type BatchHeader, isControl, isTransactional } from './batch-header.js';
import { offsetName } from './segment.js';
import type { OpenTransaction } from './transaction-index.js';

/** The snapshot of the state before `offset`. */
export function snapshotPath(directory: string, offset: number): string {
  return `${directory}/${offsetName(offset)}.snapshot`;
}

const producerWindow = 5;
const sequenceModulus = 0x8000_0000;
const headBytes = 18;
const entryBytes = 31;
const batchBytes = 28;

/** Stands for batches that damage hides: what follows them is not known. */
const hiddenBatch: ProducerBatch = {
  firstSequence: -3,
  lastSequence: -3,
  lastOffset: -1,
  offsetDelta: 0,
  timestamp: -1,
};

/** One remembered batch. */
export interface ProducerBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** lastOffset − base offset. */
  readonly offsetDelta: number;
  readonly timestamp: number;
}

/** Where a producer's last data batch ends, -1 without one, and its epoch. */
export interface LastBatch {
  readonly lastOffset: number;
  readonly epoch: number;
}

/** What `ProducerState.lastBatches` packed, by producer id. */
export function lastBatchesOf(packed: Float64Array): Map<number, LastBatch> {
  const last = new Map<number, LastBatch>();
  for (let at = 0; at + 2 < packed.length; at += 3) {
    const [producerId = 0, lastOffset = 0, epoch = 0] = packed.subarray(at, at + 3);
    last.set(producerId, { lastOffset, epoch });
  }
  return last;
}

/** What tools are told of one producer; -1 stands for "none". */
export interface ActiveProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** Milliseconds. */
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  readonly currentTxnStartOffset: number;
}

/** A batch as the log has it. */
export interface RecordedBatch {
  readonly header: BatchHeader;
  /** What the log gave it; the header may still say what the client sent. */
  readonly baseOffset: number;
  /** What a duplicate is answered with. */
  readonly timestamp: number;
  readonly nowMs: number;
  /** Of a control batch; undefined where it has none. */
  readonly marker: EndTransactionMarker | undefined;
}

interface ProducerEntry {
  epoch: number;
  coordinatorEpoch: number;
  /** First offset of the open transaction, -1 when none is open. */
  openOffset: number;
  lastSeenMs: number;
  batches: ProducerBatch[];
}

/** Shared, always empty: most logs know of no producer. */
const none = new Map<number, never>();

export class ProducerState {
  #entries: Map<number, ProducerEntry> = none;
  /** First offsets by producer; they grow in the order they are entered. */
  #open: Map<number, number> = none;

  get size(): number {
    return this.#entries.size;
  }

  /** What a restart must find in the log to know each producer again; for `lastBatchesOf`. */
  lastBatches(): Float64Array<ArrayBuffer> {
    const packed = new Float64Array(this.#entries.size * 3);
    let at = 0;
    for (const [producerId, { epoch, batches }] of this.#entries) {
      packed[at++] = producerId;
      packed[at++] = lastKnown(batches)?.lastOffset ?? -1;
      packed[at++] = epoch;
    }
    return packed;
  }

  /** Every producer remembered. */
  list(): ActiveProducer[] {
    return Array.from(this.#entries, ([producerId, entry]) => {
      const last = lastKnown(entry.batches);
      return {
        producerId,
        producerEpoch: entry.epoch,
        lastSequence: last?.lastSequence ?? -1,
        lastTimestamp: last?.timestamp ?? entry.lastSeenMs,
        coordinatorEpoch: entry.coordinatorEpoch,
        currentTxnStartOffset: entry.openOffset,
      };
    });
  }

  /** Lowest first offset of the open transactions; undefined when none is open. */
  get firstOpenOffset(): number | undefined {
    for (const firstOffset of this.#open.values()) return firstOffset;
    return undefined;
  }

  /** Ascending by their first offsets. */
  openTransactions(): OpenTransaction[] {
    return Array.from(this.#open, ([producerId, firstOffset]) => ({ producerId, firstOffset }));
  }

  /**
   * The remembered batch when `header` is a duplicate, undefined when it may be appended. Throws INVALID_PRODUCER_EPOCH,
   * OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_TXN_STATE or TRANSACTION_COORDINATOR_FENCED. Changes nothing.
   */
  check(header: BatchHeader, marker?: EndTransactionMarker): ProducerBatch | undefined {
    const { producerId, producerEpoch, baseSequence } = header;
    if (producerId < 0) return undefined;
    const entry = this.#entries.get(producerId);
    if (entry === undefined) return undefined;
    if (producerEpoch < entry.epoch) {
      throw new KafkaError(
        'INVALID_PRODUCER_EPOCH',
        `producer ${producerId} wrote with epoch ${producerEpoch}, the current one is ${entry.epoch}`,
      );
    }
    if (isControl(header)) {
      // At or above the producer's epoch, as of transactions V0 and V1. Transactions V2 (KIP-890) raise the epoch before the marker, and Kafka
      // refuses one at the same epoch there, unless nothing is open (a repeated marker): what tells it is the transaction version
      // of WriteTxnMarkers, which no marker on the disk has. Drave does not offer V2 (no transaction.version in ApiVersions);
      // whoever adds it must hand that version down to here. A marker above the epoch is right in all of them.
      if (marker !== undefined) checkCoordinator(producerId, entry, marker);
      return undefined;
    }
    if (producerEpoch > entry.epoch) {
      if (baseSequence !== 0 && entry.epoch !== -1) throw outOfOrder(header, 0);
    } else {
      const lastSequence = lastSequenceOf(header);
      const duplicate = entry.batches.find(
        (batch) => batch.firstSequence === baseSequence && batch.lastSequence === lastSequence,
      );
      if (duplicate) return duplicate;
      const last = entry.batches.at(-1);
      if (entry.epoch !== -1 && last?.lastSequence === hiddenBatch.lastSequence) {
        throw new KafkaError(
          'OUT_OF_ORDER_SEQUENCE_NUMBER',
          `producer ${producerId} sent sequence ${baseSequence}; which one follows is not known, batches before the end of the log are damaged: it must go on with a higher epoch`,
        );
      }
      const expected = last ? (last.lastSequence + 1) % sequenceModulus : 0;
      // Without an epoch (-1) there is no order to hold, as in Kafka.
      if (entry.epoch !== -1 && baseSequence !== expected) throw outOfOrder(header, expected);
    }
    if (entry.openOffset >= 0 && !isTransactional(header)) {
      throw new KafkaError(
        'INVALID_TXN_STATE',
        `producer ${producerId} has an open transaction and sent a batch outside it`,
      );
    }
    return undefined;
  }

  /** Takes an appended (or recovered) batch into account. Returns the first offset of the transaction that it ends, if it does. */
  record({ header, baseOffset, timestamp, nowMs, marker }: RecordedBatch): number | undefined {
    const { producerId } = header;
    if (producerId < 0) return undefined;
    const entry = this.#entry(producerId);
    if (entry.epoch !== header.producerEpoch) entry.batches = [];
    entry.epoch = header.producerEpoch;
    entry.lastSeenMs = nowMs;
    if (isControl(header)) {
      if (marker !== undefined) entry.coordinatorEpoch = marker.coordinatorEpoch;
      // A control record of another kind ends nothing; what compaction emptied was a marker.
      const isEnd = marker !== undefined || header.recordCount === 0;
      return isEnd ? this.#end(producerId, entry) : undefined;
    }
    if (isTransactional(header) && entry.openOffset < 0) {
      entry.openOffset = baseOffset;
      this.#open = entered(this.#open, producerId, baseOffset);
    }
    entry.batches.push({
      firstSequence: header.baseSequence,
      lastSequence: lastSequenceOf(header),
      lastOffset: baseOffset + header.lastOffsetDelta,
      offsetDelta: header.lastOffsetDelta,
      timestamp,
    });
    if (entry.batches.length > producerWindow) entry.batches.shift();
    return undefined;
  }

  /**
   * Damage may hide batches of any producer here: none of those known may go on under its epoch before a batch of it behind the damage
   * is recorded. Duplicates of what is remembered stay known. One whose batches are all hidden is new.
   */
  passGap(): void {
    for (const { batches } of this.#entries.values()) {
      if (batches.at(-1)?.lastSequence === hiddenBatch.lastSequence) continue;
      batches.push(hiddenBatch);
      if (batches.length > producerWindow) batches.shift();
    }
  }

  /** Forgets producers idle for longer than `expirationMs`, never one with an open transaction. */
  expire(nowMs: number, expirationMs: number): void {
    for (const [producerId, entry] of this.#entries) {
      if (entry.openOffset < 0 && nowMs - entry.lastSeenMs > expirationMs) {
        this.#entries.delete(producerId);
      }
    }
  }

  /** The snapshot file for the state before `offset`. */
  encode(offset: number): Buffer {
    let batches = 0;
    for (const entry of this.#entries.values()) batches += entry.batches.length;
    const bytes = Buffer.alloc(headBytes + this.#entries.size * entryBytes + batches * batchBytes);
    bytes.writeInt16BE(1, 0);
    bytes.writeBigInt64BE(BigInt(offset), 6);
    bytes.writeInt32BE(this.#entries.size, 14);
    let at = headBytes;
    for (const [producerId, entry] of this.#entries) {
      bytes.writeBigInt64BE(BigInt(producerId), at);
      bytes.writeInt16BE(entry.epoch, at + 8);
      bytes.writeInt32BE(entry.coordinatorEpoch, at + 10);
      bytes.writeBigInt64BE(BigInt(entry.openOffset), at + 14);
      bytes.writeBigInt64BE(BigInt(entry.lastSeenMs), at + 22);
      bytes.writeInt8(entry.batches.length, at + 30);
      at += entryBytes;
      for (const batch of entry.batches) {
        bytes.writeInt32BE(batch.firstSequence, at);
        bytes.writeInt32BE(batch.lastSequence, at + 4);
        bytes.writeBigInt64BE(BigInt(batch.lastOffset), at + 8);
        bytes.writeInt32BE(batch.offsetDelta, at + 16);
        bytes.writeBigInt64BE(BigInt(batch.timestamp), at + 20);
        at += batchBytes;
      }
    }
    bytes.writeUInt32BE(crc32c(bytes, 6), 2);
    return bytes;
  }

  /** undefined when the bytes are no undamaged snapshot for `offset`. */
  static decode(bytes: Buffer, offset: number): ProducerState | undefined {
    if (bytes.length < headBytes || bytes.readInt16BE(0) !== 1) return undefined;
    if (bytes.readUInt32BE(2) !== crc32c(bytes, 6)) return undefined;
    if (Number(bytes.readBigInt64BE(6)) !== offset) return undefined;
    const state = new ProducerState();
    let at = headBytes;
    const open: OpenTransaction[] = [];
    for (let left = bytes.readInt32BE(14); left > 0; left--) {
      if (at + entryBytes > bytes.length) return undefined;
      const count = bytes.readInt8(at + 30);
      const entry: ProducerEntry = {
        epoch: bytes.readInt16BE(at + 8),
        coordinatorEpoch: bytes.readInt32BE(at + 10),
        openOffset: Number(bytes.readBigInt64BE(at + 14)),
        lastSeenMs: Number(bytes.readBigInt64BE(at + 22)),
        batches: [],
      };
      const producerId = Number(bytes.readBigInt64BE(at));
      state.#entries = entered(state.#entries, producerId, entry);
      if (entry.openOffset >= 0) open.push({ producerId, firstOffset: entry.openOffset });
      at += entryBytes;
      if (count < 0 || at + count * batchBytes > bytes.length) return undefined;
      for (let batch = 0; batch < count; batch++, at += batchBytes) {
        entry.batches.push(readBatch(bytes, at));
      }
    }
    if (at !== bytes.length) return undefined;
    open.sort((one, other) => one.firstOffset - other.firstOffset);
    for (const { producerId, firstOffset } of open) {
      state.#open = entered(state.#open, producerId, firstOffset);
    }
    return state;
  }

  #end(producerId: number, entry: ProducerEntry): number | undefined {
    this.#open.delete(producerId);
    const { openOffset } = entry;
    entry.openOffset = -1;
    return openOffset < 0 ? undefined : openOffset;
  }

  #entry(producerId: number): ProducerEntry {
    let entry = this.#entries.get(producerId);
    if (entry === undefined) {
      entry = { epoch: -1, coordinatorEpoch: -1, openOffset: -1, lastSeenMs: 0, batches: [] };
      this.#entries = entered(this.#entries, producerId, entry);
    }
    return entry;
  }
}

/** `map` with the entry, in a map of its own. */
function entered<Value>(
  map: Map<number, Value>,
  producerId: number,
  value: Value,
): Map<number, Value> {
  return (map === none ? new Map<number, Value>() : map).set(producerId, value);
}

function lastKnown(batches: readonly ProducerBatch[]): ProducerBatch | undefined {
  return batches.findLast(({ lastSequence }) => lastSequence !== hiddenBatch.lastSequence);
}

function checkCoordinator(
  producerId: number,
  { coordinatorEpoch }: ProducerEntry,
  marker: EndTransactionMarker,
): void {
  if (marker.coordinatorEpoch >= coordinatorEpoch) return;
  throw new KafkaError(
    'TRANSACTION_COORDINATOR_FENCED',
    `coordinator epoch ${marker.coordinatorEpoch} ends a transaction of producer ${producerId}, ${coordinatorEpoch} did before`,
  );
}

function readBatch(bytes: Buffer, at: number): ProducerBatch {
  return {
    firstSequence: bytes.readInt32BE(at),
    lastSequence: bytes.readInt32BE(at + 4),
    lastOffset: Number(bytes.readBigInt64BE(at + 8)),
    offsetDelta: bytes.readInt32BE(at + 16),
    timestamp: Number(bytes.readBigInt64BE(at + 20)),
  };
}

function lastSequenceOf(header: BatchHeader): number {
  return (header.baseSequence + header.lastOffsetDelta) % sequenceModulus;
}

function outOfOrder(header: BatchHeader, expected: number): KafkaError {
  return new KafkaError(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    `producer ${header.producerId} sent sequence ${header.baseSequence}, expected ${expected}`,
  );
}
