// The two sparse indexes of a segment, in memory as typed arrays and on disk as Kafka lays them out, big-endian:
//
//   .index      8 bytes an entry:  0 relativeOffset i32 (base offset of a batch − segment base) | 4 position i32 (its first byte)
//   .timeindex 12 bytes an entry:  0 timestamp i64 (greatest so far) | 8 relativeOffset i32 (base of the first batch that has it)
//
// Both end with 8 bytes: the size of the segment that they index u32, CRC-32C of all before u32.
//
// Protects: entries only grow; bytes that break that or the checksum are refused, and the caller rebuilds from the log; a reader
// verifies the batch it lands on all the same. Leaves out: reading and writing the files (segment.ts).

import { crc32c } from '@drave/protocol';

const firstCapacity = 16;
/** Shared: an index without entries, as each of an idle segment, costs no buffers. */
const noInts = new Int32Array(0);
const noFloats = new Float64Array(0);
const trailerBytes = 8;

/** `entries` has room for the trailer at its end. */
function withTrailer(entries: Buffer, segmentBytes: number): Buffer {
  const at = entries.length - trailerBytes;
  entries.writeUInt32BE(segmentBytes, at);
  entries.writeUInt32BE(crc32c(entries, 0, at + 4), at + 4);
  return entries;
}

/** The entries; undefined when the bytes are damaged or index another size. */
function entriesOf(bytes: Buffer, segmentBytes: number, entryBytes: number): Buffer | undefined {
  const at = bytes.length - trailerBytes;
  if (at < 0 || at % entryBytes !== 0) return undefined;
  if (bytes.readUInt32BE(at + 4) !== crc32c(bytes, 0, at + 4)) return undefined;
  return bytes.readUInt32BE(at) === segmentBytes ? bytes.subarray(0, at) : undefined;
}

/** The entries of an offset index, as they may go from thread to thread. */
export interface OffsetEntries {
  readonly relativeOffsets: Int32Array<ArrayBuffer>;
  readonly positions: Int32Array<ArrayBuffer>;
}

export interface TimeEntries {
  readonly timestamps: Float64Array<ArrayBuffer>;
  readonly relativeOffsets: Int32Array<ArrayBuffer>;
}

export class OffsetIndex {
  static readonly entryBytes = 8;
  #relativeOffsets = noInts;
  #positions = noInts;
  #count = 0;

  /** Takes the arrays over. */
  static of({ relativeOffsets, positions }: OffsetEntries): OffsetIndex {
    const index = new OffsetIndex();
    index.#relativeOffsets = relativeOffsets;
    index.#positions = positions;
    index.#count = positions.length;
    return index;
  }

  /** A copy. */
  entries(): OffsetEntries {
    return {
      relativeOffsets: this.#relativeOffsets.slice(0, this.#count),
      positions: this.#positions.slice(0, this.#count),
    };
  }

  get count(): number {
    return this.#count;
  }

  relativeOffsetAt(entry: number): number {
    return this.#relativeOffsets[entry] ?? -1;
  }

  positionAt(entry: number): number {
    return this.#positions[entry] ?? 0;
  }

  append(relativeOffset: number, position: number): void {
    if (this.#count === this.#positions.length) {
      const capacity = Math.max(firstCapacity, this.#count * 2);
      this.#relativeOffsets = grown(this.#relativeOffsets, new Int32Array(capacity));
      this.#positions = grown(this.#positions, new Int32Array(capacity));
    }
    this.#relativeOffsets[this.#count] = relativeOffset;
    this.#positions[this.#count] = position;
    this.#count++;
  }

  /** The last entry at or below `relativeOffset`; -1 when there is none, then the segment's start is meant. */
  floor(relativeOffset: number): number {
    return floorEntry(this.#relativeOffsets, this.#count, relativeOffset);
  }

  /** Drops the entries of batches at or above `relativeOffset`. */
  truncate(relativeOffset: number): void {
    this.#count = this.floor(relativeOffset - 1) + 1;
  }

  /** `segmentBytes`: size of the segment now, below 2^32. */
  encode(segmentBytes: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * OffsetIndex.entryBytes + trailerBytes);
    for (let entry = 0; entry < this.#count; entry++) {
      bytes.writeInt32BE(this.relativeOffsetAt(entry), entry * 8);
      bytes.writeInt32BE(this.positionAt(entry), entry * 8 + 4);
    }
    return withTrailer(bytes, segmentBytes);
  }

  /** undefined when the bytes cannot be an index of a segment of `segmentBytes`. */
  static decode(content: Buffer, segmentBytes: number): OffsetIndex | undefined {
    const bytes = entriesOf(content, segmentBytes, OffsetIndex.entryBytes);
    if (bytes === undefined) return undefined;
    const index = new OffsetIndex();
    let lastOffset = 0;
    let lastPosition = 0;
    for (let at = 0; at < bytes.length; at += OffsetIndex.entryBytes) {
      const relativeOffset = bytes.readInt32BE(at);
      const position = bytes.readInt32BE(at + 4);
      if (relativeOffset <= lastOffset || position <= lastPosition || position >= segmentBytes) {
        return undefined;
      }
      index.append(relativeOffset, position);
      lastOffset = relativeOffset;
      lastPosition = position;
    }
    return index;
  }
}

export class TimeIndex {
  static readonly entryBytes = 12;
  #timestamps = noFloats;
  #relativeOffsets = noInts;
  #count = 0;

  /** Takes the arrays over. */
  static of({ timestamps, relativeOffsets }: TimeEntries): TimeIndex {
    const index = new TimeIndex();
    index.#timestamps = timestamps;
    index.#relativeOffsets = relativeOffsets;
    index.#count = timestamps.length;
    return index;
  }

  /** A copy. */
  entries(): TimeEntries {
    return {
      timestamps: this.#timestamps.slice(0, this.#count),
      relativeOffsets: this.#relativeOffsets.slice(0, this.#count),
    };
  }

  get count(): number {
    return this.#count;
  }

  timestampAt(entry: number): number {
    return this.#timestamps[entry] ?? -1;
  }

  relativeOffsetAt(entry: number): number {
    return this.#relativeOffsets[entry] ?? 0;
  }

  /** Ignored unless `timestamp` is above the last entry's. */
  append(timestamp: number, relativeOffset: number): void {
    if (this.#count > 0 && timestamp <= this.timestampAt(this.#count - 1)) return;
    if (this.#count === this.#timestamps.length) {
      const capacity = Math.max(firstCapacity, this.#count * 2);
      this.#timestamps = grown(this.#timestamps, new Float64Array(capacity));
      this.#relativeOffsets = grown(this.#relativeOffsets, new Int32Array(capacity));
    }
    this.#timestamps[this.#count] = timestamp;
    this.#relativeOffsets[this.#count] = relativeOffset;
    this.#count++;
  }

  /** The last entry with a timestamp below `timestamp`; -1 when there is none. */
  below(timestamp: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timestampAt(middle) < timestamp) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** `segmentBytes`: size of the segment now, below 2^32. */
  encode(segmentBytes: number): Buffer {
    const bytes = Buffer.allocUnsafe(this.#count * TimeIndex.entryBytes + trailerBytes);
    for (let entry = 0; entry < this.#count; entry++) {
      bytes.writeBigInt64BE(BigInt(this.timestampAt(entry)), entry * 12);
      bytes.writeInt32BE(this.relativeOffsetAt(entry), entry * 12 + 8);
    }
    return withTrailer(bytes, segmentBytes);
  }

  /** undefined when the bytes cannot be an index of a segment of `segmentBytes`. */
  static decode(content: Buffer, segmentBytes: number): TimeIndex | undefined {
    const bytes = entriesOf(content, segmentBytes, TimeIndex.entryBytes);
    if (bytes === undefined) return undefined;
    const index = new TimeIndex();
    let lastOffset = -1;
    for (let at = 0; at < bytes.length; at += TimeIndex.entryBytes) {
      const timestamp = Number(bytes.readBigInt64BE(at));
      const relativeOffset = bytes.readInt32BE(at + 8);
      const previous = index.count > 0 ? index.timestampAt(index.count - 1) : -1;
      if (timestamp <= previous || relativeOffset <= lastOffset) return undefined;
      index.append(timestamp, relativeOffset);
      lastOffset = relativeOffset;
    }
    return index;
  }
}

function floorEntry(sorted: Int32Array, count: number, key: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function grown<Values extends Int32Array | Float64Array>(old: Values, next: Values): Values {
  next.set(old);
  return next;
}
