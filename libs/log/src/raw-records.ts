// Walks the records of an uncompressed records block as byte ranges, for compaction: what is kept is copied as it is, headers and
// all, and only the timestamp delta is written anew when the batch gets another base. Protects: nothing outside the block is read,
// every deviation is a ProtocolError. Layout: libs/protocol/src/records/record-decoder.ts. Leaves out: decoding headers.

import { ProtocolError } from '@drave/protocol';

/** The record under the cursor; overwritten by the next one. */
export class RawRecords {
  /** First byte of the record (its length) and the byte after it. */
  start = 0;
  end = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  /** The key's bytes; -1, -1 without a key. */
  keyStart = -1;
  keyEnd = -1;
  hasValue = false;
  /** Where the bytes after the timestamp delta begin. */
  restStart = 0;
  readonly #block: Buffer;
  readonly #blockEnd: number;
  #left: number;
  #position: number;

  /** Over `count` records in `[start, end)` of `block`. */
  constructor(
    block: Buffer,
    range: { readonly start: number; readonly end: number },
    count: number,
  ) {
    this.#block = block;
    this.#position = range.start;
    this.#blockEnd = range.end;
    this.#left = count;
  }

  get attributes(): number {
    return this.#block[this.restStart - 1] ?? 0;
  }

  /** A view. */
  get key(): Buffer | undefined {
    return this.keyStart < 0 ? undefined : this.#block.subarray(this.keyStart, this.keyEnd);
  }

  /** Moves on; false behind the last record, which must end the block. Throws ProtocolError. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#position !== this.#blockEnd)
        throw new ProtocolError('bytes follow the last record');
      return false;
    }
    this.#left--;
    this.start = this.#position;
    const length = this.#varint();
    const end = this.#position + length;
    if (length < 6 || end > this.#blockEnd) throw new ProtocolError('a record is cut off');
    this.#position++; // attributes
    this.timestampDelta = this.#varlong();
    this.restStart = this.#position;
    this.offsetDelta = this.#varint();
    const keyBytes = this.#varint();
    this.keyStart = keyBytes < 0 ? -1 : this.#position;
    this.keyEnd = keyBytes < 0 ? -1 : this.#position + keyBytes;
    if (keyBytes > 0) this.#position += keyBytes;
    if (this.#position > end) throw new ProtocolError('a key is longer than its record');
    this.hasValue = this.#varint() >= 0;
    this.end = this.#position = end;
    return true;
  }

  #byte(): number {
    if (this.#position >= this.#blockEnd) throw new ProtocolError('a record is cut off');
    return this.#block[this.#position++] ?? 0;
  }

  #varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw new ProtocolError('a varint is longer than 32 bits');
  }

  // As in the decoder: the sign is split off first, so that the magnitude fits a double.
  #varlong(): number {
    let byte = this.#byte();
    const isNegative = (byte & 1) === 1;
    let magnitude = (byte & 0x7f) >>> 1;
    let scale = 64;
    for (let count = 1; byte >= 0x80; count++) {
      if (count === 10) throw new ProtocolError('a varlong is longer than 64 bits');
      byte = this.#byte();
      magnitude += (byte & 0x7f) * scale;
      scale *= 128;
    }
    if (magnitude > Number.MAX_SAFE_INTEGER) throw new ProtocolError('a timestamp overflows');
    return isNegative ? -magnitude - 1 : magnitude;
  }
}

/** The record under `cursor` with another timestamp delta; a view of `block` for its greater part. */
export function withTimestampDelta(
  block: Buffer,
  cursor: RawRecords,
  timestampDelta: number,
): readonly Buffer[] {
  const rest = block.subarray(cursor.restStart, cursor.end);
  const head = Buffer.allocUnsafe(16);
  const deltaBytes = writeZigZag(head, 5, timestampDelta) - 5;
  const length = 1 + deltaBytes + rest.length;
  const lead = Buffer.allocUnsafe(16);
  let at = writeZigZag(lead, 0, length);
  lead[at++] = cursor.attributes;
  at += head.copy(lead, at, 5, 5 + deltaBytes);
  return [lead.subarray(0, at), rest];
}

/** Writes a zig-zag varint of any safe integer; returns the position after it. */
function writeZigZag(target: Buffer, start: number, value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value;
  let at = start;
  let byte = ((magnitude % 64) << 1) | (value < 0 ? 1 : 0);
  let rest = Math.floor(magnitude / 64);
  while (rest > 0) {
    target[at++] = byte | 0x80;
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = byte;
  return at;
}
