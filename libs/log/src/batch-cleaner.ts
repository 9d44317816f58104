// What compaction leaves of one batch. Protects: offsets, sequences, epochs and codec of what stays never change; the last record of
// a key stays, a tombstone until the delete horizon, a marker until the data of its transaction are gone and the horizon has passed;
// the last batch of each active producer and the one that ends the cleaned part stay even when empty.
// Leaves out: reading and writing files (log-cleaner.ts). Sources: KIP-534, Kafka's Cleaner and MemoryRecords.filterTo.
//
//   first cleaning of a batch with tombstones (or with the marker of an emptied transaction):
//   attributes bit 6 is set, baseTimestamp = now + delete.retention.ms (the horizon), timestamp deltas count from there

import {
  batchHeaderBytes,
  batchLengthOverhead,
  compress,
  compressionCodecs,
  compressLater,
  crc32c,
  decompress,
  decompressLater,
  ProtocolError,
} from '@drave/protocol';
import {
  type BatchHeader,
  isControl,
  isLogAppendTime,
  isTransactional,
  lastOffsetOf,
} from './batch-header.js';
import type { OffsetMap } from './offset-map.js';
import type { Steps } from './pace.js';
import type { LastBatch } from './producer-state.js';
import { RawRecords, withTimestampDelta } from './raw-records.js';

export interface CleaningRules {
  /** The last offsets of the keys of the dirty part. */
  readonly map: OffsetMap;
  /** End of the cleaned part, exclusive. */
  readonly endOffset: number;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly lastBatches: ReadonlyMap<number, LastBatch>;
  /** Whether the data batch belongs to an aborted transaction. */
  readonly isAborted: (header: BatchHeader) => boolean;
  readonly decompressedBytesMax: number;
  /** Batches of more compressed bytes go through the thread pool. */
  readonly codecBytesMax: number;
}

const deleteHorizonBit = 0x40;
/** As good as never, and a timestamp delta from it is still a safe integer. */
const horizonMsMax = 2 ** 52;

/** From when on the tombstones of the batch may go; undefined before its first cleaning. */
function deleteHorizonOf(header: BatchHeader): number | undefined {
  return (header.attributes & deleteHorizonBit) === 0 ? undefined : header.baseTimestamp;
}

/** Seven fields of a byte each. */
const recordBytesMin = 7;
/** After so many records there is a place to rest. */
export const recordsPerStep = 256;

/** The records of a batch as one uncompressed block. Throws ProtocolError for damage. */
export function* recordsBlock(
  header: BatchHeader,
  bytes: Buffer,
  { maxBytes, codecBytesMax }: { readonly maxBytes: number; readonly codecBytesMax: number },
): Steps<{ readonly block: Buffer; readonly start: number }> {
  const codec = compressionCodecs[header.attributes & 7] ?? 'none';
  if (codec === 'none' || header.recordCount === 0)
    return plausible(header, { block: bytes, start: batchHeaderBytes });
  const compressed = bytes.subarray(batchHeaderBytes);
  const isSmall = compressed.length <= codecBytesMax;
  const later = isSmall ? undefined : yield decompressLater(codec, compressed, maxBytes);
  const block = later ?? decompress(codec, compressed, { maxBytes });
  return plausible(header, { block, start: 0 });
}

/** What memory is taken by the count of records must not be taken by a count that the bytes cannot hold. */
function plausible<Block extends { readonly block: Buffer; readonly start: number }>(
  { recordCount }: BatchHeader,
  records: Block,
): Block {
  if (recordCount * recordBytesMin <= records.block.length - records.start) return records;
  throw new ProtocolError(`${recordCount} records are counted in too few bytes`);
}

/** The records that stay, one after another. */
class Kept {
  count = 0;
  maxTimestamp: number;
  #bytes: Buffer;
  #length = 0;

  constructor(options: { readonly sizeBytes: number; readonly maxTimestamp: number }) {
    this.#bytes = Buffer.allocUnsafe(options.sizeBytes);
    this.maxTimestamp = options.maxTimestamp;
  }

  get block(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  add(bytes: Buffer): void {
    const end = this.#length + bytes.length;
    if (end > this.#bytes.length) {
      // Timestamp deltas from a horizon take a few bytes more than those from the batch's own time.
      const wider = Buffer.allocUnsafe(Math.ceil(end * 1.25));
      this.#bytes.copy(wider, 0, 0, this.#length);
      this.#bytes = wider;
    }
    bytes.copy(this.#bytes, this.#length);
    this.#length = end;
  }
}

export class BatchCleaner {
  /** The earliest horizon of what was kept; undefined when nothing waits for one. */
  nextHorizonMs: number | undefined;
  readonly #rules: CleaningRules;
  /** Producers of whose open transaction data were seen. */
  readonly #withData = new Set<number>();

  constructor(rules: CleaningRules) {
    this.#rules = rules;
  }

  /**
   * The bytes that stay of the batch (`bytes` itself when nothing changes), undefined when it goes. Call for each batch from the log
   * start on, in order, each after the steps of the one before. Throws ProtocolError for damaged records.
   */
  *clean(header: BatchHeader, bytes: Buffer): Steps<Buffer | undefined> {
    const { endOffset, nowMs } = this.#rules;
    if (header.baseOffset >= endOffset) return bytes;
    const horizonMs = deleteHorizonOf(header);
    const isOver = horizonMs !== undefined && horizonMs <= nowMs;
    const isEmptyMarker = isControl(header) && !this.#withData.delete(header.producerId);
    if (!isControl(header) && isTransactional(header)) this.#withData.add(header.producerId);
    if (header.recordCount === 0) return this.#mustStay(header) ? bytes : undefined;
    const isDropped = isControl(header)
      ? isEmptyMarker && isOver
      : isTransactional(header) && this.#rules.isAborted(header);
    if (isDropped) return this.#mustStay(header) ? emptied(header, bytes) : undefined;
    if (isControl(header)) return yield* this.#marker(header, bytes, isEmptyMarker);
    return yield* this.#data(header, bytes, isOver);
  }

  /** A marker that stays; without data left its horizon begins. */
  *#marker(header: BatchHeader, bytes: Buffer, isEmptyMarker: boolean): Steps<Buffer> {
    const horizonMs = deleteHorizonOf(header);
    if (!isEmptyMarker || horizonMs !== undefined) {
      this.#await(horizonMs);
      return bytes;
    }
    const newHorizonMs = this.#newHorizon();
    const { block, start } = yield* this.#block(header, bytes);
    const { maxTimestamp } = header;
    const kept = new Kept({ sizeBytes: block.length - start, maxTimestamp });
    const records = new RawRecords(block, { start, end: block.length }, header.recordCount);
    while (records.next())
      keep(kept, { block, records, shiftMs: header.baseTimestamp - newHorizonMs });
    return yield* this.#rebuilt(header, bytes, kept, newHorizonMs);
  }

  *#data(header: BatchHeader, bytes: Buffer, isOver: boolean): Steps<Buffer | undefined> {
    const { block, start } = yield* this.#block(header, bytes);
    const range = { start, end: block.length };
    const judged = new RawRecords(block, range, header.recordCount);
    const verdict = yield* this.#judge(header, judged, isOver);
    const known = deleteHorizonOf(header);
    if (verdict.count === 0) return this.#mustStay(header) ? emptied(header, bytes) : undefined;
    const isNewHorizon = verdict.hasTombstone && known === undefined;
    const horizonMs = isNewHorizon ? this.#newHorizon() : known;
    if (verdict.hasTombstone) this.#await(horizonMs);
    if (verdict.count === header.recordCount && !isNewHorizon) return bytes;
    const shiftMs = isNewHorizon ? header.baseTimestamp - (horizonMs ?? 0) : 0;
    const kept = new Kept({ sizeBytes: verdict.sizeBytes, maxTimestamp: -1 });
    const records = new RawRecords(block, range, header.recordCount);
    for (const [index, stays] of verdict.stays.entries()) {
      if (index % recordsPerStep === recordsPerStep - 1) yield undefined;
      records.next();
      if (stays === 1) keep(kept, { block, records, shiftMs, base: header.baseTimestamp });
    }
    if (isLogAppendTime(header)) kept.maxTimestamp = header.maxTimestamp;
    return yield* this.#rebuilt(header, bytes, kept, horizonMs);
  }

  /** Which records stay: the last of their key, tombstones while the horizon lies ahead. Records without a key go. */
  *#judge(
    header: BatchHeader,
    records: RawRecords,
    isOver: boolean,
  ): Steps<{
    /** One a record: 1 for it stays. */
    readonly stays: Uint8Array;
    readonly count: number;
    /** Bytes of the records that stay. */
    readonly sizeBytes: number;
    readonly hasTombstone: boolean;
  }> {
    const { map } = this.#rules;
    const stays = new Uint8Array(header.recordCount);
    let count = 0;
    let sizeBytes = 0;
    let hasTombstone = false;
    for (let index = 0; records.next(); index++) {
      const { key, hasValue } = records;
      const isLast = key !== undefined && header.baseOffset + records.offsetDelta >= map.get(key);
      const isKept = isLast && (hasValue || !isOver);
      if (index % recordsPerStep === recordsPerStep - 1) yield undefined;
      if (!isKept) continue;
      stays[index] = 1;
      count++;
      sizeBytes += records.end - records.start;
      if (!hasValue) hasTombstone = true;
    }
    return { stays, count, sizeBytes, hasTombstone };
  }

  #block(header: BatchHeader, bytes: Buffer): ReturnType<typeof recordsBlock> {
    const { decompressedBytesMax: maxBytes, codecBytesMax } = this.#rules;
    return recordsBlock(header, bytes, { maxBytes, codecBytesMax });
  }

  /** The batch with only the kept records. */
  *#rebuilt(
    header: BatchHeader,
    bytes: Buffer,
    kept: Kept,
    horizonMs: number | undefined,
  ): Steps<Buffer> {
    const codec = compressionCodecs[header.attributes & 7] ?? 'none';
    const { block } = kept;
    const isSmall = codec === 'none' || block.length <= this.#rules.codecBytesMax;
    const later = isSmall ? undefined : yield Promise.resolve(compressLater(codec, block));
    const batch = withRecords(bytes, later ?? (codec === 'none' ? block : compress(codec, block)));
    if (horizonMs !== undefined) {
      batch.writeInt16BE(header.attributes | deleteHorizonBit, 21);
      batch.writeBigInt64BE(BigInt(horizonMs), 27);
    }
    batch.writeBigInt64BE(BigInt(kept.maxTimestamp), 35);
    batch.writeInt32BE(kept.count, 57);
    return sealed(batch);
  }

  /** The end of the cleaned part must not move back, and a restart must find each producer's last batch. */
  #mustStay(header: BatchHeader): boolean {
    const lastOffset = lastOffsetOf(header);
    if (lastOffset === this.#rules.endOffset - 1) return true;
    const last = this.#rules.lastBatches.get(header.producerId);
    if (last === undefined) return false;
    if (last.lastOffset >= 0) return last.lastOffset === lastOffset;
    return isControl(header) && last.epoch === header.producerEpoch;
  }

  #newHorizon(): number {
    const { nowMs, deleteRetentionMs } = this.#rules;
    const horizonMs = Math.min(nowMs + deleteRetentionMs, horizonMsMax);
    this.#await(horizonMs);
    return horizonMs;
  }

  #await(horizonMs: number | undefined): void {
    if (horizonMs === undefined) return;
    this.nextHorizonMs = Math.min(this.nextHorizonMs ?? horizonMs, horizonMs);
  }
}

function keep(
  kept: Kept,
  record: {
    readonly block: Buffer;
    readonly records: RawRecords;
    /** Old base timestamp minus new one. */
    readonly shiftMs: number;
    readonly base?: number;
  },
): void {
  const { block, records, shiftMs, base } = record;
  kept.count++;
  if (base !== undefined) {
    kept.maxTimestamp = Math.max(kept.maxTimestamp, base + records.timestampDelta);
  }
  if (shiftMs === 0) return kept.add(block.subarray(records.start, records.end));
  const parts = withTimestampDelta(block, records, records.timestampDelta + shiftMs);
  for (const part of parts) kept.add(part);
}

/** The batch without records: what its header says of offsets, producer and time remains. */
function emptied(header: BatchHeader, bytes: Buffer): Buffer {
  const batch = withRecords(bytes, Buffer.alloc(0));
  batch.writeInt16BE(header.attributes & ~(deleteHorizonBit | 7), 21);
  batch.writeBigInt64BE(BigInt(header.maxTimestamp), 27);
  batch.writeInt32BE(0, 57);
  return sealed(batch);
}

function withRecords(bytes: Buffer, records: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderBytes + records.length);
  bytes.copy(batch, 0, 0, batchHeaderBytes);
  records.copy(batch, batchHeaderBytes);
  batch.writeInt32BE(batch.length - batchLengthOverhead, 8);
  return batch;
}

function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21), 17);
  return batch;
}
