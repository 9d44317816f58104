// The LZ4 frame format. Written by the native package (independent blocks, no content checksum, as Java writes it); read here,
// because readers must take every frame other clients write (linked blocks, any block size, content size, checksums, several
// frames) and stop at a size limit, which the native reader cannot. Protects: output grows with what was decoded, never with what
// was declared; every checksum present is verified. Leaves out: dictionaries.
//
//   magic 04 22 4D 18 | FLG | BD | [content size u64le] | [dictionary id u32le] | HC | blocks | end mark 0 u32le | [content xxh32]
//   FLG: 7-6 version = 01, 5 blocks independent, 4 block checksums, 3 content size, 2 content checksum, 0 dictionary id
//   BD: 6-4 block size 4..7 = 64 KiB, 256 KiB, 1 MiB, 4 MiB;  HC: second byte of xxh32(FLG..HC)
//   block: size u32le (top bit: stored as is) | data | [xxh32 of data]
//
// Source: LZ4 frame format description 1.6.x and block format description.

import { ProtocolError } from '../protocol-error.js';
import { requireCodec } from './codec-module.js';
import { optionalModule } from './optional-module.js';
import { xxh32 } from './xxh32.js';

interface Lz4Package {
  readonly compressFrameSync: (data: Buffer) => Buffer;
}

const lz4 = optionalModule((require) => require('lz4-napi') as Lz4Package);

const frameMagic = 0x184d2204;
const skippableMagic = 0x184d2a50;
const windowBytes = 64 * 1024;
const minMatchBytes = 4;

/** Compresses into one frame. */
export function compressLz4Frame(bytes: Uint8Array): Buffer {
  const { compressFrameSync } = requireCodec(lz4, 'lz4', 'lz4-napi');
  return compressFrameSync(
    Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
}

/** Decompresses all frames in `bytes` into at most `maxBytes`. */
export function decompressLz4Frame(bytes: Uint8Array, maxBytes: number): Buffer {
  const output = new Output(Math.min(maxBytes, bytes.length * 4), maxBytes);
  let at = 0;
  do {
    at = readFrame(bytes, at, output);
  } while (at < bytes.length);
  return output.take();
}

/** A growing buffer with a hard limit. */
class Output {
  bytes: Buffer;
  length = 0;
  readonly #maxBytes: number;

  constructor(capacityBytes: number, maxBytes: number) {
    this.bytes = Buffer.allocUnsafe(capacityBytes);
    this.#maxBytes = maxBytes;
  }

  /** Makes room for `count` more bytes; throws when that passes the limit. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (needed > this.#maxBytes) {
      throw new ProtocolError(`lz4 data decompress to more than ${this.#maxBytes} bytes`);
    }
    const grown = Buffer.allocUnsafe(
      Math.min(this.#maxBytes, Math.max(needed, this.bytes.length * 2)),
    );
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }

  take(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}

interface FrameHeader {
  readonly blockBytesMax: number;
  readonly linked: boolean;
  readonly blockChecksums: boolean;
  readonly contentChecksum: boolean;
  readonly contentBytes: number | undefined;
  readonly end: number;
}

function readFrame(bytes: Uint8Array, start: number, output: Output): number {
  const magic = uint32At(bytes, start);
  if ((magic & 0xfffffff0) >>> 0 === skippableMagic) {
    const end = start + 8 + uint32At(bytes, start + 4);
    if (end > bytes.length) throw damaged('a skippable frame is cut off');
    return end;
  }
  if (magic !== frameMagic) throw damaged('no frame magic');
  const header = readHeader(bytes, start);
  const contentStart = output.length;
  let at = header.end;
  for (;;) {
    const word = uint32At(bytes, at);
    at += 4;
    if (word === 0) break;
    at = readBlock(bytes, at, word, header, contentStart, output);
  }
  const contentBytes = output.length - contentStart;
  if (header.contentBytes !== undefined && header.contentBytes !== contentBytes) {
    throw damaged('the content size does not match');
  }
  if (!header.contentChecksum) return at;
  if (uint32At(bytes, at) !== xxh32(output.bytes, contentStart, output.length)) {
    throw damaged('the content checksum does not match');
  }
  return at + 4;
}

function readHeader(bytes: Uint8Array, start: number): FrameHeader {
  const flags = byteAt(bytes, start + 4);
  const blockSizeCode = (byteAt(bytes, start + 5) >>> 4) & 7;
  if (flags >>> 6 !== 1) throw damaged('an unknown frame version');
  if ((flags & 1) !== 0) throw damaged('dictionaries are not supported');
  if (blockSizeCode < 4) throw damaged('an unknown block size');
  const hasContentSize = (flags & 8) !== 0;
  const checkAt = start + 6 + (hasContentSize ? 8 : 0);
  if (byteAt(bytes, checkAt) !== ((xxh32(bytes, start + 4, checkAt) >>> 8) & 255)) {
    throw damaged('the header checksum does not match');
  }
  return {
    blockBytesMax: 1 << (8 + 2 * blockSizeCode),
    linked: (flags & 32) === 0,
    blockChecksums: (flags & 16) !== 0,
    contentChecksum: (flags & 4) !== 0,
    contentBytes: hasContentSize
      ? uint32At(bytes, start + 6) + uint32At(bytes, start + 10) * 4294967296
      : undefined,
    end: checkAt + 1,
  };
}

function readBlock(
  bytes: Uint8Array,
  start: number,
  word: number,
  header: FrameHeader,
  contentStart: number,
  output: Output,
): number {
  const size = word & 0x7fffffff;
  const end = start + size;
  if (size > header.blockBytesMax || end > bytes.length) throw damaged('a block is cut off');
  if (word > 0x7fffffff) {
    output.reserve(size);
    output.bytes.set(bytes.subarray(start, end), output.length);
    output.length += size;
  } else {
    const blockStart = output.length;
    const historyStart = header.linked
      ? Math.max(contentStart, blockStart - windowBytes)
      : blockStart;
    expandBlock(bytes, start, end, historyStart, blockStart + header.blockBytesMax, output);
  }
  if (!header.blockChecksums) return end;
  if (uint32At(bytes, end) !== xxh32(bytes, start, end)) {
    throw damaged('a block checksum does not match');
  }
  return end + 4;
}

// One block: sequences of (token, literals, distance, match); the last sequence has literals only.
function expandBlock(
  bytes: Uint8Array,
  start: number,
  end: number,
  historyStart: number,
  outputEndMax: number,
  output: Output,
): void {
  let at = start;
  for (;;) {
    if (at >= end) throw damaged('a block ends inside a sequence');
    const token = bytes[at++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      let more: number;
      do {
        more = at < end ? (bytes[at++] as number) : -1;
        if (more < 0) throw damaged('a literal length is cut off');
        literals += more;
      } while (more === 255);
    }
    if (literals > end - at || output.length + literals > outputEndMax) {
      throw damaged('literals do not fit');
    }
    output.reserve(literals);
    copyLiterals(bytes, at, output.bytes, output.length, literals);
    at += literals;
    output.length += literals;
    if (at === end) return;
    if (at + 2 > end) throw damaged('a match distance is cut off');
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    at += 2;
    let match = (token & 15) + minMatchBytes;
    if ((token & 15) === 15) {
      let more: number;
      do {
        more = at < end ? (bytes[at++] as number) : -1;
        if (more < 0) throw damaged('a match length is cut off');
        match += more;
      } while (more === 255);
    }
    const from = output.length - distance;
    if (distance === 0 || from < historyStart) throw damaged('a match reaches before the data');
    if (output.length + match > outputEndMax) throw damaged('a block is larger than declared');
    output.reserve(match);
    copyMatch(output.bytes, from, output.length, match);
    output.length += match;
  }
}

function copyLiterals(
  source: Uint8Array,
  sourceStart: number,
  target: Uint8Array,
  targetStart: number,
  count: number,
): void {
  if (count > 64) {
    target.set(source.subarray(sourceStart, sourceStart + count), targetStart);
    return;
  }
  for (let index = 0; index < count; index++) {
    target[targetStart + index] = source[sourceStart + index] as number;
  }
}

// An overlapping match repeats itself: byte by byte when short, else in copies that double.
function copyMatch(bytes: Uint8Array, from: number, to: number, count: number): void {
  if (count <= 64) {
    for (let index = 0; index < count; index++) bytes[to + index] = bytes[from + index] as number;
    return;
  }
  let copied = 0;
  while (copied < count) {
    const chunk = Math.min(to + copied - from, count - copied);
    bytes.copyWithin(to + copied, from, from + chunk);
    copied += chunk;
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged('the data are cut off');
  return byte;
}

function uint32At(bytes: Uint8Array, at: number): number {
  const top = byteAt(bytes, at + 3);
  return (
    ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16)) +
    top * 16777216
  );
}

function damaged(detail: string): ProtocolError {
  return new ProtocolError(`the lz4 data are damaged: ${detail}`);
}
