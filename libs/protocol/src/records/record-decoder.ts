// Reads the records of one uncompressed records block. Protects: nothing outside [start, end) is read, nothing is allocated from
// a claimed length or count, and every deviation is a ProtocolError. Keys, values and header values are views of the block.
//
//   record: length varint | attributes i8 | timestampDelta varlong | offsetDelta varint
//           | keyLength varint (-1 = null) | key | valueLength varint (-1 = null) | value
//           | headerCount varint | { keyLength varint | key utf-8 | valueLength varint (-1 = null) | value }*
//   varints are zig-zag, least significant group first; at most 5 bytes (varint) or 10 (varlong)
//
// Source: Kafka documentation, "Record". Leaves out: record attributes (all bits unused today).

import { ProtocolError } from '../protocol-error.js';

export interface RecordHeader {
  /** UTF-8 decoded; repeats and order are kept. */
  key: string;
  value: Buffer | null;
}

/** One decoded record. Buffers are views of the batch they came from (or of its decompressed block). */
export interface KafkaRecord {
  offset: number;
  /** Milliseconds since the epoch; -1 when the producer gave none. */
  timestamp: number;
  key: Buffer | null;
  /** null is a tombstone, a length of zero a value. */
  value: Buffer | null;
  headers: RecordHeader[];
}

/** What the batch header says about its records. */
export interface RecordsContext {
  readonly recordCount: number;
  readonly baseOffset: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestamp: number;
  /** Set for LogAppendTime: every record's timestamp. */
  readonly logAppendTime: number | undefined;
}

/** The smallest record: seven one-byte fields. */
const recordBytesMin = 7;
/** The smallest header: two one-byte lengths. */
const headerBytesMin = 2;

/**
 * Visits `context.recordCount` records in offset order until `visit` returns false. Throws ProtocolError on damage; records before
 * the damage were visited. The end of the block is checked only when every record was visited.
 */
export function decodeRecords(
  block: Buffer,
  start: number,
  end: number,
  context: RecordsContext,
  visit: (record: KafkaRecord) => void | false,
): void {
  const { recordCount } = context;
  if (recordCount < 0 || recordCount > Math.floor((end - start) / recordBytesMin)) {
    throw new ProtocolError(`${recordCount} records cannot lie in ${end - start} bytes`);
  }
  const reader = new RecordReader(block, start, end);
  for (let index = 0; index < recordCount; index++) {
    if (visit(reader.record(context)) === false) return;
  }
  if (reader.position !== end) {
    throw new ProtocolError(
      `${end - reader.position} bytes follow the last of ${recordCount} records`,
    );
  }
}

/** What a broker wants to know of records without decoding them. */
export interface RecordsFacts {
  /** Greatest timestamp; the append time where that counts. */
  readonly maxTimestamp: number;
}

/** Told of one record: its number in the batch, its timestamp, whether it has a key. */
export type RecordInspector = (index: number, timestamp: number, hasKey: boolean) => void;

/**
 * Checks every record as `decodeRecords` does, and that their offsets have no gaps, as producers send them; allocates nothing.
 * Throws ProtocolError on the first deviation.
 */
export function inspectRecords(
  block: Buffer,
  start: number,
  end: number,
  context: RecordsContext,
  inspect: RecordInspector,
): RecordsFacts {
  const { recordCount } = context;
  if (recordCount < 0 || recordCount > Math.floor((end - start) / recordBytesMin)) {
    throw new ProtocolError(`${recordCount} records cannot lie in ${end - start} bytes`);
  }
  const reader = new RecordReader(block, start, end);
  let maxTimestamp = -1;
  for (let index = 0; index < recordCount; index++) {
    const timestamp =
      inspectPlain(reader, block, index, context, inspect) ?? reader.skip(context, index, inspect);
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
  }
  if (reader.position !== end) {
    throw new ProtocolError(
      `${end - reader.position} bytes follow the last of ${recordCount} records`,
    );
  }
  return { maxTimestamp };
}

/**
 * The usual record, several times faster than `skip`: short lengths, no headers. Undefined, with nothing read, for any other one and for
 * every deviation. All reads lie within the record when its fields end where it does, which is what decides.
 */
function inspectPlain(
  reader: RecordReader,
  block: Buffer,
  index: number,
  context: RecordsContext,
  inspect: RecordInspector,
): number | undefined {
  let at = reader.position;
  let byte = block[at++] as number;
  let length = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 21) return undefined;
    byte = block[at++] as number;
    length |= (byte & 0x7f) << shift;
  }
  const recordEnd = at + (length >>> 1);
  if ((length & 1) === 1 || recordEnd > reader.end) return undefined;
  at++; // attributes
  byte = block[at++] as number;
  let delta = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 21) return undefined;
    byte = block[at++] as number;
    delta |= (byte & 0x7f) << shift;
  }
  byte = block[at++] as number;
  let offset = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 21) return undefined;
    byte = block[at++] as number;
    offset |= (byte & 0x7f) << shift;
  }
  byte = block[at++] as number;
  let keyLength = byte & 0x7f;
  if (byte >= 0x80) {
    byte = block[at++] as number;
    if (byte >= 0x80) return undefined;
    keyLength |= byte << 7;
  }
  const hasKey = keyLength !== 1;
  if (hasKey) at += keyLength >>> 1;
  byte = block[at++] as number;
  let valueLength = byte & 0x7f;
  for (let shift = 7; byte >= 0x80; shift += 7) {
    if (shift > 21) return undefined;
    byte = block[at++] as number;
    valueLength |= (byte & 0x7f) << shift;
  }
  if (valueLength !== 1) at += valueLength >>> 1;
  const isSound =
    at + 1 === recordEnd &&
    block[at] === 0 &&
    offset === index * 2 &&
    (hasKey ? (keyLength & 1) === 0 : true) &&
    (valueLength === 1 || (valueLength & 1) === 0);
  if (!isSound) return undefined;
  const zigzag = (delta >>> 1) ^ -(delta & 1);
  const timestamp = context.logAppendTime ?? context.baseTimestamp + zigzag;
  if (!Number.isSafeInteger(timestamp)) return undefined;
  reader.position = recordEnd;
  inspect(index, timestamp, hasKey);
  return timestamp;
}

class RecordReader {
  position: number;
  readonly #block: Buffer;
  readonly #blockEnd: number;
  #end: number;

  /** Of the block. */
  get end(): number {
    return this.#blockEnd;
  }

  constructor(block: Buffer, start: number, end: number) {
    this.#block = block;
    this.position = start;
    this.#blockEnd = end;
    this.#end = end;
  }

  /** Goes over the next record, which has to have the offset delta `index`; returns its timestamp. */
  skip(context: RecordsContext, index: number, inspect: RecordInspector): number {
    const end = this.#begin();
    const timestampDelta = this.#varlong();
    const offsetDelta = this.#varint();
    if (offsetDelta !== index) {
      throw new ProtocolError(`record ${index} of the batch has offset delta ${offsetDelta}`);
    }
    const timestamp = context.logAppendTime ?? context.baseTimestamp + timestampDelta;
    if (!Number.isSafeInteger(timestamp)) throw new ProtocolError('a record timestamp overflows');
    const hasKey = this.#skipBytes();
    this.#skipBytes();
    this.#skipHeaders();
    if (this.position !== end) throw new ProtocolError('a record is longer than its fields');
    inspect(index, timestamp, hasKey);
    return timestamp;
  }

  /** Reads the length of the next record and passes its attributes; returns its end. */
  #begin(): number {
    this.#end = this.#blockEnd;
    const length = this.#varint();
    const end = this.position + length;
    if (length < recordBytesMin - 1 || end > this.#blockEnd) {
      throw new ProtocolError(
        `a record declares ${length} bytes, ${this.#blockEnd - this.position} are left`,
      );
    }
    this.#end = end;
    this.position++;
    return end;
  }

  /** Whether there are bytes, were it none. */
  #skipBytes(): boolean {
    const length = this.#varint();
    if (length === -1) return false;
    if (length < 0 || length > this.#end - this.position) {
      throw new ProtocolError(
        `a record field declares ${length} bytes, ${this.#end - this.position} are left`,
      );
    }
    this.position += length;
    return true;
  }

  #skipHeaders(): void {
    const count = this.#headerCount();
    for (let index = 0; index < count; index++) {
      if (!this.#skipBytes()) throw new ProtocolError('a record header has no key');
      this.#skipBytes();
    }
  }

  #headerCount(): number {
    const count = this.#varint();
    if (count < 0 || count > Math.floor((this.#end - this.position) / headerBytesMin)) {
      throw new ProtocolError(
        `${count} record headers cannot lie in ${this.#end - this.position} bytes`,
      );
    }
    return count;
  }

  record(context: RecordsContext): KafkaRecord {
    const end = this.#begin();
    const timestampDelta = this.#varlong();
    const offsetDelta = this.#varint();
    if (offsetDelta < 0 || offsetDelta > context.lastOffsetDelta) {
      throw new ProtocolError(
        `a record has offset delta ${offsetDelta}, its batch ends at ${context.lastOffsetDelta}`,
      );
    }
    const timestamp = context.logAppendTime ?? context.baseTimestamp + timestampDelta;
    if (!Number.isSafeInteger(timestamp)) throw new ProtocolError('a record timestamp overflows');
    const record: KafkaRecord = {
      offset: context.baseOffset + offsetDelta,
      timestamp,
      key: this.#bytes(),
      value: this.#bytes(),
      headers: this.#headers(),
    };
    if (this.position !== end) throw new ProtocolError('a record is longer than its fields');
    return record;
  }

  #headers(): RecordHeader[] {
    const count = this.#headerCount();
    if (count === 0) return [];
    const headers: RecordHeader[] = [];
    for (let index = 0; index < count; index++) {
      const length = this.#varint();
      const start = this.position;
      if (length < 0 || length > this.#end - start) {
        throw new ProtocolError(`a record header key declares ${length} bytes`);
      }
      this.position = start + length;
      const key = this.#block.toString('utf8', start, this.position);
      headers.push({ key, value: this.#bytes() });
    }
    return headers;
  }

  #bytes(): Buffer | null {
    const length = this.#varint();
    if (length === -1) return null;
    const start = this.position;
    if (length < 0 || length > this.#end - start) {
      throw new ProtocolError(
        `a record field declares ${length} bytes, ${this.#end - start} are left`,
      );
    }
    this.position = start + length;
    return this.#block.subarray(start, this.position);
  }

  #byte(): number {
    if (this.position >= this.#end) throw new ProtocolError('a record is cut off');
    return this.#block[this.position++] as number;
  }

  #varint(): number {
    let byte = this.#byte();
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    byte = this.#byte();
    if (byte > 0x0f) throw new ProtocolError('a varint is longer than 32 bits');
    value |= byte << 28;
    return (value >>> 1) ^ -(value & 1);
  }

  // The zig-zag sign bit is split off first: the magnitude then fits a double wherever the result does.
  #varlong(): number {
    let byte = this.#byte();
    const negative = (byte & 1) === 1;
    let magnitude = (byte & 0x7f) >>> 1;
    let scale = 64;
    for (let index = 1; byte >= 0x80; index++) {
      if (index === 10) throw new ProtocolError('a varlong is longer than 64 bits');
      byte = this.#byte();
      magnitude += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (magnitude > Number.MAX_SAFE_INTEGER) {
      throw new ProtocolError('a timestamp delta is outside ±(2^53 - 1)');
    }
    return negative ? -magnitude - 1 : magnitude;
  }
}
