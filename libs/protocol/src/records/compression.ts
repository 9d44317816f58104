// The codecs of record batches: gzip and zstd from node:zlib, snappy and lz4 from optional native packages. Protects: the result
// never exceeds `maxBytes`, whatever the input claims (checked while streaming, or from sizes that the input's own length makes
// plausible), and damaged input is a ProtocolError. Leaves out: asynchronous use; big batches are decompressed in workers.

import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ProtocolError } from '../protocol-error.js';
import { compressLz4Frame, decompressLz4Frame } from './lz4-frame.js';
import { compressSnappy, decompressSnappy } from './snappy-framing.js';

export type CompressionCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Codec by the low three bits of the batch attributes. */
export const compressionCodecs: readonly CompressionCodec[] = [
  'none',
  'gzip',
  'snappy',
  'lz4',
  'zstd',
];

/** A zstd window above 2^27 = 128 MiB is refused; Kafka's highest level (22) needs exactly that. */
const zstdWindowLogMax = 27;

/**
 * Compresses with Kafka's framing: gzip, xerial snappy, lz4 frame, zstd frame; `none` returns `bytes` itself.
 * Throws an Error with code ERR_CODEC_UNAVAILABLE when the codec's native package cannot be loaded.
 */
export function compress(codec: CompressionCodec, bytes: Uint8Array): Buffer {
  switch (codec) {
    case 'none':
      return asBuffer(bytes);
    case 'gzip':
      return gzipSync(bytes);
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return compressLz4Frame(bytes);
    case 'zstd':
      return zstdCompressSync(bytes);
  }
}

/**
 * Decompresses into at most `maxBytes`. snappy may be raw or xerial, lz4 any standard frame, zstd any frame with a window up to
 * 128 MiB. Throws ProtocolError for damaged, truncated or too large data; ERR_CODEC_UNAVAILABLE as `compress`.
 */
export function decompress(
  codec: CompressionCodec,
  bytes: Uint8Array,
  options: { readonly maxBytes: number },
): Buffer {
  const { maxBytes } = options;
  switch (codec) {
    case 'none':
      if (bytes.length > maxBytes) throw tooLarge(codec, maxBytes);
      return asBuffer(bytes);
    case 'gzip':
      return throughZlib(codec, maxBytes, () =>
        gunzipSync(bytes, { maxOutputLength: Math.max(maxBytes, 1) }),
      );
    case 'snappy':
      return decompressSnappy(bytes, maxBytes);
    case 'lz4':
      return decompressLz4Frame(bytes, maxBytes);
    case 'zstd':
      return throughZlib(codec, maxBytes, () =>
        zstdDecompressSync(bytes, {
          maxOutputLength: Math.max(maxBytes, 1),
          params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax },
        }),
      );
  }
}

function throughZlib(codec: CompressionCodec, maxBytes: number, run: () => Buffer): Buffer {
  try {
    return run();
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(codec, maxBytes);
    }
    throw new ProtocolError(`the ${codec} data are damaged or truncated`, { cause });
  }
}

function tooLarge(codec: CompressionCodec, maxBytes: number): ProtocolError {
  return new ProtocolError(`${codec} data decompress to more than ${maxBytes} bytes`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
