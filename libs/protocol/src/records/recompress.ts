// One record batch in another codec, off the event loop where a codec is slow: gzip and zstd run in Node's thread pool, snappy and
// lz4, many times faster, at once. Protects: bounds on decompressed bytes as in compression.ts; everything of the header that is
// not the codec, the length, the greatest time and the CRC stays. Leaves out: whether a batch is sound (the caller has looked).

import { promisify } from 'node:util';
import { constants, gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib';
import { ProtocolError } from '../protocol-error.js';
import { compress, type CompressionCodec, compressionCodecs, decompress } from './compression.js';
import { setInt16, setInt32 } from './int64.js';
import { batchHeaderBytes, batchLengthOverhead, RecordBatchView } from './record-batch-view.js';

const codecBits = 7;
/** As in compression.ts. */
const zstdWindowLogMax = 27;

const gunzipLater = promisify(gunzip);
const gzipLater = promisify(gzip);
const zstdCompressLater = promisify(zstdCompress);
const zstdDecompressLater = promisify(zstdDecompress);

export interface RecompressOptions {
  readonly codec: CompressionCodec;
  readonly maxDecompressedBytes: number;
  /** Told of the batch without compression (its CRC is void); returns the greatest timestamp of its records. What it throws is passed on. */
  readonly inspect: (uncompressed: Buffer) => number;
}

/**
 * `batch` (one whole batch of magic 2, not changed) with its records in another codec, in memory of its own. Rejects with
 * ProtocolError for damaged data or too many, with ERR_CODEC_UNAVAILABLE as `compress`.
 */
export async function recompressBatch(batch: Buffer, options: RecompressOptions): Promise<Buffer> {
  const header = batch.subarray(0, batchHeaderBytes);
  const { codec: from } = new RecordBatchView(batch);
  const maxBytes = options.maxDecompressedBytes;
  const block = await decompressLater(from, batch.subarray(batchHeaderBytes), maxBytes);
  const plain = batchOf(header, block, 'none');
  const maxTimestamp = options.inspect(plain);
  const result =
    options.codec === 'none'
      ? plain
      : batchOf(header, await compressLater(options.codec, block), options.codec);
  new RecordBatchView(result).setMaxTimestamp(maxTimestamp); // and seals it
  return result;
}

function batchOf(header: Buffer, block: Buffer, codec: CompressionCodec): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderBytes + block.length);
  batch.set(header, 0);
  batch.set(block, batchHeaderBytes);
  setInt32(batch, 8, batch.length - batchLengthOverhead);
  const others = header.readInt16BE(21) & ~codecBits;
  setInt16(batch, 21, others | compressionCodecs.indexOf(codec));
  return batch;
}

/** As `compress`; gzip and zstd in Node's thread pool. */
export function compressLater(codec: CompressionCodec, bytes: Buffer): Buffer | Promise<Buffer> {
  if (codec === 'gzip') return gzipLater(bytes);
  if (codec === 'zstd') return zstdCompressLater(bytes);
  return compress(codec, bytes);
}

/** As `decompress` with `maxBytes`; gzip and zstd in Node's thread pool. */
export async function decompressLater(
  codec: CompressionCodec,
  bytes: Buffer,
  maxBytes: number,
): Promise<Buffer> {
  if (codec !== 'gzip' && codec !== 'zstd') return decompress(codec, bytes, { maxBytes });
  try {
    if (codec === 'gzip') return await gunzipLater(bytes, { maxOutputLength: maxBytes });
    return await zstdDecompressLater(bytes, {
      maxOutputLength: maxBytes,
      params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax },
    });
  } catch (cause) {
    throw new ProtocolError(`the ${codec} data are damaged, truncated or too large`, { cause });
  }
}
