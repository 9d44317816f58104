// A record batch (magic 2) read and patched in place, without decoding its records. Protects: a view exists only over bytes that
// really are there (61 header bytes and the declared length); the setters below the CRC leave the batch valid, those above it
// reseal it. Leaves out: magic 0 and 1 (their `magic` can be read, nothing else means anything).
//
//    0 baseOffset i64            17 crc u32 = CRC-32C of [21, end)    43 producerId i64
//    8 batchLength i32           21 attributes i16                    51 producerEpoch i16
//   12 partitionLeaderEpoch i32  23 lastOffsetDelta i32               53 baseSequence i32
//   16 magic i8 = 2              27 baseTimestamp i64                 57 recordCount i32
//                                35 maxTimestamp i64                  61 records (one compressed block if codec ≠ 0)
//   batchLength counts the bytes after itself. The CRC covers neither itself nor [0, 17).
//   attributes: 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 baseTimestamp is the delete horizon
//
// Source: Kafka documentation, "Record Batch".

import { ProtocolError } from '../protocol-error.js';
import { type CompressionCodec, compressionCodecs, decompress } from './compression.js';
import { crc32c } from './crc32c.js';
import { int16At, int32At, int64At, setInt32, setInt64 } from './int64.js';
import {
  decodeRecords,
  inspectRecords,
  type KafkaRecord,
  type RecordInspector,
  type RecordsContext,
  type RecordsFacts,
} from './record-decoder.js';

/** Bytes of a batch before its records. */
export const batchHeaderBytes = 61;
/** Bytes of base offset and batch length, which the batch length does not count. */
export const batchLengthOverhead = 12;
/** The magic of the only supported batch format. */
export const currentMagic = 2;
/** What one batch may decompress to unless the caller says otherwise. */
export const decompressedBytesMaxDefault = 64 * 1024 * 1024;

const crcStart = 21;
const attributeLogAppendTime = 0x08;
const attributeTransactional = 0x10;
const attributeControl = 0x20;
const attributeDeleteHorizon = 0x40;
const sequenceModulus = 2 ** 31;

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export class RecordBatchView {
  readonly buffer: Buffer;
  /** Where the batch starts in `buffer`. */
  readonly start: number;
  /** Bytes after the length field, as declared (and present). */
  readonly batchLength: number;

  /** Throws ProtocolError unless a whole batch of at least 61 bytes lies at `start`. Checks neither magic nor CRC. */
  constructor(buffer: Buffer, start = 0) {
    const available = buffer.length - start;
    if (start < 0 || available < batchHeaderBytes) {
      throw new ProtocolError(
        `a record batch needs ${batchHeaderBytes} bytes, ${available} are there`,
      );
    }
    const batchLength = int32At(buffer, start + 8);
    if (batchLength < batchHeaderBytes - batchLengthOverhead) {
      throw new ProtocolError(`a record batch declares the impossible length ${batchLength}`);
    }
    if (batchLength > available - batchLengthOverhead) {
      throw new ProtocolError(
        `a record batch declares ${batchLength} bytes, ${available - batchLengthOverhead} are there`,
      );
    }
    this.buffer = buffer;
    this.start = start;
    this.batchLength = batchLength;
  }

  get baseOffset(): number {
    return int64At(this.buffer, this.start);
  }
  /** The whole batch, header included. */
  get sizeBytes(): number {
    return batchLengthOverhead + this.batchLength;
  }
  /** Where the next batch would start. */
  get end(): number {
    return this.start + batchLengthOverhead + this.batchLength;
  }
  get partitionLeaderEpoch(): number {
    return int32At(this.buffer, this.start + 12);
  }
  /** Signed; 2 for every batch this library understands. */
  get magic(): number {
    return this.buffer.readInt8(this.start + 16);
  }
  get crc(): number {
    return int32At(this.buffer, this.start + 17) >>> 0;
  }
  get attributes(): number {
    return int16At(this.buffer, this.start + 21);
  }
  /** Throws ProtocolError for the unassigned codec numbers 5 to 7. */
  get codec(): CompressionCodec {
    const codec = compressionCodecs[this.attributes & 7];
    if (codec === undefined) {
      throw new ProtocolError(`unknown compression codec ${this.attributes & 7}`);
    }
    return codec;
  }
  get timestampType(): TimestampType {
    return (this.attributes & attributeLogAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime';
  }
  get isTransactional(): boolean {
    return (this.attributes & attributeTransactional) !== 0;
  }
  get isControl(): boolean {
    return (this.attributes & attributeControl) !== 0;
  }
  /** After a first compaction baseTimestamp is the time from which tombstones may go. */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & attributeDeleteHorizon) !== 0;
  }
  get lastOffsetDelta(): number {
    return int32At(this.buffer, this.start + 23);
  }
  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }
  get baseTimestamp(): number {
    return int64At(this.buffer, this.start + 27);
  }
  get maxTimestamp(): number {
    return int64At(this.buffer, this.start + 35);
  }
  /** -1 without idempotence. */
  get producerId(): number {
    return int64At(this.buffer, this.start + 43);
  }
  get producerEpoch(): number {
    return int16At(this.buffer, this.start + 51);
  }
  /** -1 without idempotence. */
  get baseSequence(): number {
    return int32At(this.buffer, this.start + 53);
  }
  /** Sequence of the last record; wraps from 2147483647 to 0. -1 without idempotence. */
  get lastSequence(): number {
    const base = this.baseSequence;
    return base < 0 ? -1 : (base + this.lastOffsetDelta) % sequenceModulus;
  }
  /** May be smaller than lastOffsetDelta + 1, even 0, after compaction. */
  get recordCount(): number {
    return int32At(this.buffer, this.start + 57);
  }

  /** The batch as a view of the same memory. */
  get bytesView(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  crcIsValid(): boolean {
    return crc32c(this.buffer, this.start + crcStart, this.end) === this.crc;
  }

  /** In place; outside the CRC. */
  setBaseOffset(offset: number): void {
    setInt64(this.buffer, this.start, offset);
  }

  /** In place; outside the CRC. */
  setPartitionLeaderEpoch(epoch: number): void {
    setInt32(this.buffer, this.start + 12, epoch);
  }

  /** In place: the records' greatest timestamp, milliseconds. Recomputes the CRC. */
  setMaxTimestamp(timestamp: number): void {
    setInt64(this.buffer, this.start + 35, timestamp);
    this.#seal();
  }

  /** In place: every record now carries the append time `timestamp` (milliseconds). Recomputes the CRC. */
  setLogAppendTime(timestamp: number): void {
    const low = this.start + 22;
    this.buffer[low] = (this.buffer[low] as number) | attributeLogAppendTime;
    this.setMaxTimestamp(timestamp);
  }

  /** All records, decoded; throws as forEachRecord. */
  records(options?: ForEachRecordOptions): KafkaRecord[] {
    const records: KafkaRecord[] = [];
    forEachRecord(this, (record) => void records.push(record), options);
    return records;
  }

  #seal(): void {
    setInt32(
      this.buffer,
      this.start + 17,
      crc32c(this.buffer, this.start + crcStart, this.end) | 0,
    );
  }
}

export interface ForEachRecordOptions {
  /** Bound for the decompressed records, default 64 MiB. */
  readonly maxDecompressedBytes?: number;
}

/**
 * Decodes the records in offset order, until `visit` returns false. Does not check the CRC. Throws ProtocolError for another magic,
 * an unknown codec, damage, or more decompressed bytes than allowed.
 */
export function forEachRecord(
  batch: RecordBatchView,
  visit: (record: KafkaRecord) => void | false,
  options: ForEachRecordOptions = {},
): void {
  const block = recordsOf(batch, options);
  if (block) decodeRecords(block.bytes, block.start, block.end, contextOf(batch), visit);
}

/**
 * Checks the records as a broker has to and tells `inspect` of each; nothing is decoded. Throws ProtocolError as forEachRecord,
 * and where offsets have gaps, which compacted batches may.
 */
export function inspectBatchRecords(
  batch: RecordBatchView,
  inspect: RecordInspector,
  options: ForEachRecordOptions = {},
): RecordsFacts {
  const block = recordsOf(batch, options);
  if (!block) return { maxTimestamp: -1 };
  return inspectRecords(block.bytes, block.start, block.end, contextOf(batch), inspect);
}

function contextOf(batch: RecordBatchView): RecordsContext {
  return {
    recordCount: batch.recordCount,
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffsetDelta,
    baseTimestamp: batch.baseTimestamp,
    logAppendTime: batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined,
  };
}

/** The records block, decompressed where it has to be; undefined for a compressed batch without records. */
function recordsOf(
  batch: RecordBatchView,
  { maxDecompressedBytes: maxBytes = decompressedBytesMaxDefault }: ForEachRecordOptions,
): { readonly bytes: Buffer; readonly start: number; readonly end: number } | undefined {
  if (batch.magic !== currentMagic) {
    throw new ProtocolError(`record batches of magic ${batch.magic} are not supported`);
  }
  const { buffer, codec, end } = batch;
  const start = batch.start + batchHeaderBytes;
  if (codec === 'none') return { bytes: buffer, start, end };
  if (batch.recordCount === 0) return undefined;
  const bytes = decompress(codec, buffer.subarray(start, end), { maxBytes });
  return { bytes, start: 0, end: bytes.length };
}

/**
 * Visits the batches that lie one after another in `buffer`, until `visit` returns false, and returns the bytes of the batches
 * visited. A cut-off batch at the end (as Fetch delivers) is left alone; a batch length below 49 throws ProtocolError.
 */
export function forEachBatch(
  buffer: Buffer,
  visit: (batch: RecordBatchView, start: number) => void | false,
): number {
  let start = 0;
  while (buffer.length - start >= batchLengthOverhead) {
    const batchLength = int32At(buffer, start + 8);
    const whole = batchLength <= buffer.length - start - batchLengthOverhead;
    if (!whole && batchLength >= 0) return start;
    const batch = new RecordBatchView(buffer, start);
    const next = batch.end;
    if (visit(batch, start) === false) return next;
    start = next;
  }
  return start;
}

/** The magic byte of the batch or old message at `start`, before anything else is believed; undefined when cut off. */
export function magicAt(buffer: Buffer, start = 0): number | undefined {
  return buffer.length - start > 16 ? buffer.readInt8(start + 16) : undefined;
}
