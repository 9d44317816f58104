// Writes record batches (magic 2, layout in record-batch-view.ts). Protects: lengths, last offset delta, max timestamp and CRC
// always agree with the records; `sizeBytes` never understates an uncompressed batch. Fast path: one growing buffer, no object
// per record. Leaves out: choosing when a batch is full (the producer's decision, by `sizeBytesWith`).

import { compress, compressionCodecs, type CompressionCodec } from './compression.js';
import { crc32c } from './crc32c.js';
import { setInt16, setInt32, setInt64 } from './int64.js';
import { batchHeaderBytes, batchLengthOverhead, currentMagic } from './record-batch-view.js';

export interface RecordHeaderInput {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export interface RecordInput {
  readonly key: Uint8Array | null;
  /** null writes a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeaderInput[];
  /** Milliseconds since the epoch, -1 for none. */
  readonly timestamp: number;
}

export interface RecordBatchOptions {
  /** Default 'none'. */
  readonly codec?: CompressionCodec;
  /** Default -1: not idempotent. Then give epoch and sequence too. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  /** A batch of control records (see control-record.ts). */
  readonly isControl?: boolean;
  /** Default 0, as clients send it. */
  readonly baseOffset?: number;
  /** Default -1, as clients send it. */
  readonly partitionLeaderEpoch?: number;
  /** Every record carries this append time; sets the LogAppendTime attribute. Milliseconds. */
  readonly logAppendTimeMs?: number;
  /** First size of the buffer; it doubles when full. Default 1 KiB. */
  readonly capacityBytes?: number;
}

/** The most bytes a record can take besides key, value and headers: length 5, attributes 1, timestamp 10, offset 5, sizes 15. */
const recordOverheadMax = 36;
const headerOverheadMax = 10;

export class RecordBatchBuilder {
  readonly #options: RecordBatchOptions;
  #buffer: Buffer;
  #position = batchHeaderBytes;
  #recordCount = 0;
  #lastOffsetDelta = -1;
  #baseTimestamp = -1;
  #maxTimestamp = -1;

  constructor(options: RecordBatchOptions = {}) {
    this.#options = options;
    this.#buffer = Buffer.allocUnsafe(Math.max(options.capacityBytes ?? 1024, batchHeaderBytes));
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Size of the batch before compression. */
  get sizeBytes(): number {
    return this.#position;
  }

  get isEmpty(): boolean {
    return this.#recordCount === 0;
  }

  /** An upper bound (at most some 30 bytes too high) for `sizeBytes` after `record` was appended. */
  sizeBytesWith(record: RecordInput): number {
    return this.#position + recordBytesMax(record);
  }

  /** Appends with the next offset. Copies key, value and headers. Throws RangeError for an unsafe timestamp. */
  append(record: RecordInput): void {
    this.appendAt(this.#lastOffsetDelta + 1, record);
  }

  /** Appends with an offset of its own, `offsetDelta` above the base offset and above every earlier one (compaction). */
  appendAt(offsetDelta: number, record: RecordInput): void {
    const { timestamp } = record;
    if (offsetDelta <= this.#lastOffsetDelta || offsetDelta > 0x7fffffff) {
      throw new RangeError(`offset delta ${offsetDelta} must be above ${this.#lastOffsetDelta}`);
    }
    if (!Number.isSafeInteger(timestamp)) {
      throw new RangeError(`timestamp must be milliseconds as a safe integer, got ${timestamp}`);
    }
    if (this.#recordCount === 0) {
      this.#baseTimestamp = timestamp;
      this.#maxTimestamp = timestamp;
    } else if (timestamp > this.#maxTimestamp) {
      this.#maxTimestamp = timestamp;
    }
    const timestampDelta = timestamp - this.#baseTimestamp;
    if (!Number.isSafeInteger(timestampDelta)) {
      throw new RangeError(
        `timestamp ${timestamp} is too far from the first, ${this.#baseTimestamp}`,
      );
    }
    this.#reserve(recordBytesMax(record));
    this.#writeRecord(offsetDelta, timestampDelta, record);
    this.#lastOffsetDelta = offsetDelta;
    this.#recordCount++;
  }

  /** The finished batch; the builder gives its buffer away and must not be used again. Throws when the batch is empty. */
  build(): Buffer {
    if (this.#recordCount === 0) throw new RangeError('a record batch needs a record');
    const codec = this.#options.codec ?? 'none';
    let batch = this.#buffer.subarray(0, this.#position);
    if (codec !== 'none') {
      const block = compress(codec, batch.subarray(batchHeaderBytes));
      batch = Buffer.allocUnsafe(batchHeaderBytes + block.length);
      batch.set(block, batchHeaderBytes);
    }
    this.#writeHeader(batch, codec);
    this.#buffer = Buffer.alloc(0);
    this.#position = 0;
    return batch;
  }

  #writeHeader(batch: Buffer, codec: CompressionCodec): void {
    const options = this.#options;
    const { logAppendTimeMs } = options;
    const attributes =
      compressionCodecs.indexOf(codec) |
      (logAppendTimeMs === undefined ? 0 : 0x08) |
      (options.isTransactional === true ? 0x10 : 0) |
      (options.isControl === true ? 0x20 : 0);
    setInt64(batch, 0, options.baseOffset ?? 0);
    setInt32(batch, 8, batch.length - batchLengthOverhead);
    setInt32(batch, 12, options.partitionLeaderEpoch ?? -1);
    batch[16] = currentMagic;
    setInt16(batch, 21, attributes);
    setInt32(batch, 23, this.#lastOffsetDelta);
    setInt64(batch, 27, this.#baseTimestamp);
    setInt64(batch, 35, logAppendTimeMs ?? this.#maxTimestamp);
    setInt64(batch, 43, options.producerId ?? -1);
    setInt16(batch, 51, options.producerEpoch ?? -1);
    setInt32(batch, 53, options.baseSequence ?? -1);
    setInt32(batch, 57, this.#recordCount);
    setInt32(batch, 17, crc32c(batch, 21) | 0);
  }

  #reserve(bytes: number): void {
    const needed = this.#position + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
  }

  // The body is written after a gap guessed from the field sizes; the rare wrong guess moves it by a byte.
  #writeRecord(offsetDelta: number, timestampDelta: number, record: RecordInput): void {
    const buffer = this.#buffer;
    const start = this.#position;
    const guess = varintBytes(recordBytesMax(record) - recordOverheadMax);
    let at = start + guess;
    buffer[at++] = 0;
    at = writeVarlong(buffer, at, timestampDelta);
    at = writeVarint(buffer, at, offsetDelta);
    at = writeBytes(buffer, at, record.key);
    at = writeBytes(buffer, at, record.value);
    const { headers } = record;
    if (headers === undefined || headers.length === 0) {
      buffer[at++] = 0;
    } else {
      at = writeVarint(buffer, at, headers.length);
      for (const header of headers) at = writeHeader(buffer, at, header);
    }
    const length = at - start - guess;
    const lengthBytes = varintBytes(length);
    if (lengthBytes !== guess) {
      buffer.copyWithin(start + lengthBytes, start + guess, at);
      at += lengthBytes - guess;
    }
    writeVarint(buffer, start, length);
    this.#position = at;
  }
}

/** One batch of all `records`, offsets counting from `options.baseOffset`. Throws RangeError when there are none. */
export function buildBatch(
  records: Iterable<RecordInput>,
  options: RecordBatchOptions = {},
): Buffer {
  const builder = new RecordBatchBuilder(options);
  for (const record of records) builder.append(record);
  return builder.build();
}

function recordBytesMax(record: RecordInput): number {
  let bytes = recordOverheadMax;
  if (record.key !== null) bytes += record.key.length;
  if (record.value !== null) bytes += record.value.length;
  if (record.headers !== undefined) {
    for (const { key, value } of record.headers) {
      bytes += headerOverheadMax + Buffer.byteLength(key) + (value === null ? 0 : value.length);
    }
  }
  return bytes;
}

function writeHeader(buffer: Buffer, start: number, header: RecordHeaderInput): number {
  const keyBytes = Buffer.byteLength(header.key);
  const at = writeVarint(buffer, start, keyBytes);
  buffer.write(header.key, at, keyBytes, 'utf8');
  return writeBytes(buffer, at + keyBytes, header.value);
}

function writeBytes(buffer: Buffer, start: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    buffer[start] = 1;
    return start + 1;
  }
  const { length } = bytes;
  const at = writeVarint(buffer, start, length);
  if (length > 48) {
    buffer.set(bytes, at);
  } else {
    for (let index = 0; index < length; index++) buffer[at + index] = bytes[index] as number;
  }
  return at + length;
}

function writeVarint(buffer: Buffer, start: number, value: number): number {
  let at = start;
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 127) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function writeVarlong(buffer: Buffer, start: number, value: number): number {
  if (value >= -0x40000000 && value < 0x40000000) return writeVarint(buffer, start, value);
  let at = start;
  const magnitude = value < 0 ? -(value + 1) : value;
  let byte = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0);
  let rest = Math.floor(magnitude / 64);
  while (rest > 0) {
    buffer[at++] = byte | 128;
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  buffer[at++] = byte;
  return at;
}

function varintBytes(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x2000) return 2;
  if (value < 0x100000) return 3;
  return value < 0x8000000 ? 4 : 5;
}
