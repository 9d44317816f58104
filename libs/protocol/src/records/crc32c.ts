// CRC-32C (Castagnoli), the checksum of record batches: slicing-by-16 in JavaScript for small inputs, the native
// `@node-rs/crc32` from `nativeBytesMin` on, where the call cost of about a microsecond pays. Protects: both ways give the same
// number, and a machine without the native package only gets slower. Source: RFC 3720 appendix B.4 (polynomial, vectors).

import { optionalModule } from './optional-module.js';

const reversedPolynomial = 0x82f63b78;
/** Where the native code starts to win (measured; performance.md §4.9). */
const nativeBytesMin = 512;

const native = optionalModule(
  (require) => (require('@node-rs/crc32') as { crc32c: (bytes: Uint8Array) => number }).crc32c,
);

// table[n * 256 + b]: what byte b followed by n zero bytes does to the checksum.
const table = buildTable();

/** CRC-32C of `bytes[start, end)` as an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  if (end - start >= nativeBytesMin) {
    const compute = native.get();
    if (compute !== undefined) return compute(bytes.subarray(start, end)) >>> 0;
  }
  return crc32cInJavaScript(bytes, start, end);
}

/** The JavaScript way alone, whatever the size: for the cross-check and for machines without the native package. */
export function crc32cInJavaScript(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): number {
  // The casts say that an index inside [start, end) or a table cannot miss.
  const b = bytes;
  const t = table;
  const at = (index: number): number => b[index] as number;
  const of = (index: number): number => t[index] as number;
  let crc = -1;
  let i = start;
  for (const last = end - 16; i <= last; i += 16) {
    crc =
      of(3840 + ((crc ^ at(i)) & 255)) ^
      of(3584 + (((crc >>> 8) ^ at(i + 1)) & 255)) ^
      of(3328 + (((crc >>> 16) ^ at(i + 2)) & 255)) ^
      of(3072 + ((crc >>> 24) ^ at(i + 3))) ^
      of(2816 + at(i + 4)) ^
      of(2560 + at(i + 5)) ^
      of(2304 + at(i + 6)) ^
      of(2048 + at(i + 7)) ^
      of(1792 + at(i + 8)) ^
      of(1536 + at(i + 9)) ^
      of(1280 + at(i + 10)) ^
      of(1024 + at(i + 11)) ^
      of(768 + at(i + 12)) ^
      of(512 + at(i + 13)) ^
      of(256 + at(i + 14)) ^
      of(at(i + 15));
  }
  for (; i < end; i++) crc = of((crc ^ at(i)) & 255) ^ (crc >>> 8);
  return (crc ^ -1) >>> 0;
}

function buildTable(): Int32Array {
  const built = new Int32Array(16 * 256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (reversedPolynomial & -(crc & 1));
    built[value] = crc;
  }
  for (let index = 256; index < built.length; index++) {
    const previous = built[index - 256] as number;
    built[index] = (built[previous & 255] as number) ^ (previous >>> 8);
  }
  return built;
}
