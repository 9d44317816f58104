// Snappy as Kafka clients write it. Java, sarama, franz-go and kafka-python use the "xerial" stream, librdkafka a raw block; both
// are read, xerial is written. Protects: a block's declared size is believed only as far as snappy can expand (see below), so a
// few bytes cannot demand a large buffer.
//
//   xerial: 82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version i32 = 1 | compatible i32 = 1 | { length i32, raw block }*
//   raw block: uncompressed length uvarint | literals and copies
//
// Sources: snappy format description; xerial snappy-java's SnappyOutputStream (layout only).

import { ProtocolError } from '../protocol-error.js';
import { requireCodec } from './codec-module.js';
import { int32At, setInt32 } from './int64.js';
import { optionalModule } from './optional-module.js';

interface SnappyPackage {
  readonly compressSync: (input: Uint8Array) => Buffer;
  readonly uncompressSync: (input: Uint8Array, options: { asBuffer: true }) => Buffer | string;
}

const snappy = optionalModule((require) => require('snappy') as SnappyPackage);

const xerialHeader = Buffer.from([
  0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1,
]);
const xerialMagicBytes = 8;
/** What Java writes per block. */
const blockBytes = 32 * 1024;
/** A three-byte copy yields at most 64 bytes, so no valid block expands more than 64/3 times. */
const expansionMax = 22;

/** Compresses into the xerial stream. */
export function compressSnappy(bytes: Uint8Array): Buffer {
  const { compressSync } = requireCodec(snappy, 'snappy', 'snappy');
  const chunks: Buffer[] = [xerialHeader];
  for (let start = 0; start < bytes.length; start += blockBytes) {
    const block = compressSync(bytes.subarray(start, start + blockBytes));
    const length = Buffer.allocUnsafe(4);
    setInt32(length, 0, block.length);
    chunks.push(length, block);
  }
  return Buffer.concat(chunks);
}

/** Decompresses a raw block or a xerial stream into at most `maxBytes`. */
export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Buffer {
  if (!isXerial(bytes)) return uncompressBlock(bytes, maxBytes);
  // Two passes: the sum of the declared sizes is known before the first block is uncompressed.
  const blocks = xerialBlocks(bytes);
  const total = blocks.reduce((sum, block) => sum + declaredLength(block), 0);
  if (total > maxBytes) throw tooLarge(maxBytes);
  const chunks = blocks.map((block) => uncompressBlock(block, maxBytes));
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, total);
}

function xerialBlocks(bytes: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  let at = xerialHeader.length;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw damaged('a block length is cut off');
    const length = int32At(bytes, at);
    at += 4;
    if (length < 0 || length > bytes.length - at) throw damaged('a block is cut off');
    blocks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return blocks;
}

function isXerial(bytes: Uint8Array): boolean {
  if (bytes.length < xerialHeader.length) return false;
  for (let index = 0; index < xerialMagicBytes; index++) {
    if (bytes[index] !== xerialHeader[index]) return false;
  }
  return true;
}

function uncompressBlock(block: Uint8Array, maxBytes: number): Buffer {
  const declared = declaredLength(block);
  if (declared > maxBytes) throw tooLarge(maxBytes);
  if (declared > block.length * expansionMax) throw damaged('a block declares an impossible size');
  const { uncompressSync } = requireCodec(snappy, 'snappy', 'snappy');
  try {
    return uncompressSync(block, { asBuffer: true }) as Buffer;
  } catch (cause) {
    throw new ProtocolError('the snappy data are damaged or truncated', { cause });
  }
}

function declaredLength(block: Uint8Array): number {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = block[index];
    if (byte === undefined) throw damaged('a block has no size');
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw damaged('a block size is longer than five bytes');
}

function tooLarge(maxBytes: number): ProtocolError {
  return new ProtocolError(`snappy data decompress to more than ${maxBytes} bytes`);
}

function damaged(detail: string): ProtocolError {
  return new ProtocolError(`the snappy data are damaged: ${detail}`);
}
