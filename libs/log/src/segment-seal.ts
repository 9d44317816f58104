// `<base>.seal`: what the bytes of a sealed segment were when it was sealed, so that damage at rest is found and located, the 17 header
// bytes outside the batch checksum included. Protects: a seal that is damaged or made for another length counts as missing; a
// chunk is called sound only when every bit of it is. Leaves out: reading the segment (segment-scrub.ts), repair.
//
//   0 version i16 = 1, or 2: offsets are missing before, between or behind its batches | 2 crc u32 = CRC-32C of [6, end) | 6 baseOffset i64 | 14 endOffset i64 | 22 segment bytes i64
//   30 chunkBytes i32 = 65,536 | 34 chunks i32, then per chunk:
//   crc u32 of its bytes | position i32 of the first batch that begins in it, −1 none | relativeOffset i32 of that batch

import { crc32c } from '@drave/protocol';

export const sealChunkBytes = 64 * 1024;
const headBytes = 38;
const entryBytes = 12;
/** The versions; both have the same layout. */
const whole = 1;
const withGaps = 2;

interface Chunk {
  readonly crc: number;
  readonly position: number;
  readonly relativeOffset: number;
}

/** A batch: its first byte in the file and its base offset. */
export interface Anchor {
  readonly position: number;
  readonly baseOffset: number;
}

export class SegmentSeal {
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  readonly sizeBytes: number;
  /** Offsets of it are in no batch: it was sealed by a compaction, or after one. */
  readonly hasGaps: boolean;
  readonly #chunks: readonly Chunk[];
  readonly #verified: Uint8Array;

  constructor(
    baseOffset: number,
    end: { readonly offset: number; readonly sizeBytes: number; readonly hasGaps: boolean },
    chunks: readonly Chunk[],
  ) {
    this.baseOffset = baseOffset;
    this.endOffset = end.offset;
    this.sizeBytes = end.sizeBytes;
    this.hasGaps = end.hasGaps;
    this.#chunks = chunks;
    this.#verified = new Uint8Array(chunks.length);
  }

  get chunkCount(): number {
    return this.#chunks.length;
  }

  /** Whether the chunk was found sound since this seal was loaded. */
  isVerified(index: number): boolean {
    return this.#verified[index] === 1;
  }

  /** Compares the bytes of chunk `index` and remembers the outcome. */
  verify(index: number, bytes: Uint8Array): boolean {
    const isSound = crc32c(bytes) === this.#chunks[index]?.crc;
    this.#verified[index] = isSound ? 1 : 0;
    return isSound;
  }

  /** The checksum of chunk `index`. */
  crcOf(index: number): number {
    return this.#chunks[index]?.crc ?? 0;
  }

  /** Bytes of chunk `index`; only the last one may be short. */
  chunkSize(index: number): number {
    return Math.min(sealChunkBytes, this.sizeBytes - index * sealChunkBytes);
  }

  /** The last anchor at or below `offset`; the segment's start when there is none. */
  floor(offset: number): Anchor {
    let low = 0;
    let high = this.#chunks.length;
    // Chunks without an anchor take the one before: the middle is moved down to a chunk that has one.
    let best: Anchor = { position: 0, baseOffset: this.baseOffset };
    while (low < high) {
      const middle = (low + high) >>> 1;
      const anchor = this.anchorBefore(middle + 1);
      if (anchor.baseOffset <= offset) {
        best = anchor;
        low = middle + 1;
      } else high = middle;
    }
    return best;
  }

  /** The last anchor in the chunks before `index`; the segment's start when there is none. */
  anchorBefore(index: number): Anchor {
    for (let at = index - 1; at >= 0; at--) {
      const anchor = this.#anchor(at);
      if (anchor) return anchor;
    }
    return { position: 0, baseOffset: this.baseOffset };
  }

  /** The first anchor in the chunks from `index` on; undefined when there is none. */
  anchorFrom(index: number): Anchor | undefined {
    for (let at = index; at < this.#chunks.length; at++) {
      const anchor = this.#anchor(at);
      if (anchor) return anchor;
    }
    return undefined;
  }

  encode(): Buffer {
    const bytes = Buffer.alloc(headBytes + this.#chunks.length * entryBytes);
    bytes.writeInt16BE(this.hasGaps ? withGaps : whole, 0);
    bytes.writeBigInt64BE(BigInt(this.baseOffset), 6);
    bytes.writeBigInt64BE(BigInt(this.endOffset), 14);
    bytes.writeBigInt64BE(BigInt(this.sizeBytes), 22);
    bytes.writeInt32BE(sealChunkBytes, 30);
    bytes.writeInt32BE(this.#chunks.length, 34);
    let at = headBytes;
    for (const { crc, position, relativeOffset } of this.#chunks) {
      bytes.writeUInt32BE(crc, at);
      bytes.writeInt32BE(position, at + 4);
      bytes.writeInt32BE(relativeOffset, at + 8);
      at += entryBytes;
    }
    bytes.writeUInt32BE(crc32c(bytes, 6), 2);
    return bytes;
  }

  /** undefined when the bytes are no undamaged seal of a segment with this base offset and size. */
  static decode(
    bytes: Buffer,
    segment: { readonly baseOffset: number; readonly sizeBytes: number },
  ): SegmentSeal | undefined {
    if (bytes.length < headBytes) return undefined;
    const version = bytes.readInt16BE(0);
    if (version !== whole && version !== withGaps) return undefined;
    if (bytes.readUInt32BE(2) !== crc32c(bytes, 6)) return undefined;
    const count = bytes.readInt32BE(34);
    const sizeBytes = Number(bytes.readBigInt64BE(22));
    const isOurs =
      Number(bytes.readBigInt64BE(6)) === segment.baseOffset && sizeBytes === segment.sizeBytes;
    if (!isOurs || bytes.readInt32BE(30) !== sealChunkBytes) return undefined;
    if (count !== Math.ceil(sizeBytes / sealChunkBytes)) return undefined;
    if (bytes.length !== headBytes + count * entryBytes) return undefined;
    const chunks: Chunk[] = [];
    for (let at = headBytes; at < bytes.length; at += entryBytes) {
      chunks.push({
        crc: bytes.readUInt32BE(at),
        position: bytes.readInt32BE(at + 4),
        relativeOffset: bytes.readInt32BE(at + 8),
      });
    }
    const offset = Number(bytes.readBigInt64BE(14));
    const end = { offset, sizeBytes, hasGaps: version === withGaps };
    return new SegmentSeal(segment.baseOffset, end, chunks);
  }

  #anchor(index: number): Anchor | undefined {
    const chunk = this.#chunks[index];
    if (chunk === undefined || chunk.position < 0) return undefined;
    return { position: chunk.position, baseOffset: this.baseOffset + chunk.relativeOffset };
  }
}

/** Makes the seal of a segment from its batches, in order. */
export class SealBuilder {
  readonly #baseOffset: number;
  readonly #chunks: Chunk[] = [];
  #chunk = Buffer.allocUnsafe(sealChunkBytes);
  #filled = 0;
  #sizeBytes = 0;
  #first: Anchor | undefined;
  #nextOffset: number;
  #hasGaps = false;

  constructor(baseOffset: number) {
    this.#baseOffset = this.#nextOffset = baseOffset;
  }

  /** The next batch, which has the offsets `[baseOffset, nextOffset)`; its bytes are copied. */
  add(
    { baseOffset, nextOffset }: { readonly baseOffset: number; readonly nextOffset: number },
    bytes: Buffer,
  ): void {
    this.#hasGaps ||= baseOffset !== this.#nextOffset;
    this.#nextOffset = nextOffset;
    this.#first ??= { position: this.#sizeBytes, baseOffset };
    for (let at = 0; at < bytes.length;) {
      const count = bytes.copy(this.#chunk, this.#filled, at);
      this.#filled += count;
      this.#sizeBytes += count;
      at += count;
      if (this.#filled === sealChunkBytes) this.#close();
    }
  }

  /** `endOffset`: exclusive end of the segment. */
  finish(endOffset: number): SegmentSeal {
    if (this.#filled > 0) this.#close();
    const hasGaps = this.#hasGaps || this.#nextOffset !== endOffset;
    const end = { offset: endOffset, sizeBytes: this.#sizeBytes, hasGaps };
    return new SegmentSeal(this.#baseOffset, end, this.#chunks);
  }

  #close(): void {
    this.#chunks.push({
      crc: crc32c(this.#chunk, 0, this.#filled),
      position: this.#first?.position ?? -1,
      relativeOffset: this.#first === undefined ? -1 : this.#first.baseOffset - this.#baseOffset,
    });
    this.#filled = 0;
    this.#first = undefined;
  }
}
