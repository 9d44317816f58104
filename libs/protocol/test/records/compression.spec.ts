import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, compressionCodecs, decompress, ProtocolError } from '../../src/index.js';
import { xxh32 } from '../../src/records/xxh32.js';

const require = createRequire(import.meta.url);
const snappy = require('snappy') as { compressSync(bytes: Uint8Array): Buffer };
const lz4 = require('lz4-napi') as {
  compressFrameSync(
    bytes: Buffer,
    options: { contentChecksum: boolean; blockChecksums: boolean },
  ): Buffer;
};

const packing = compressionCodecs.filter((codec) => codec !== 'none');
const maxBytes = 1 << 20;
const text = Buffer.from('one flight and another flight. '.repeat(10_000));
const gibibyteish = 256 * 1024 * 1024;

describe('compress and decompress', () => {
  it.each(compressionCodecs)('are inverse for %s', (codec) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        expect(decompress(codec, compress(codec, bytes), { maxBytes })).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 50 },
    );
    expect(decompress(codec, compress(codec, text), { maxBytes }).equals(text)).toBe(true);
  });

  it.each(packing)('%s allows exactly maxBytes and not one less', (codec) => {
    const packed = compress(codec, text);
    expect(decompress(codec, packed, { maxBytes: text.length }).length).toBe(text.length);
    expect(() => decompress(codec, packed, { maxBytes: text.length - 1 })).toThrow(ProtocolError);
    expect(() => decompress(codec, packed, { maxBytes: 0 })).toThrow(ProtocolError);
  });

  it.each(packing)('%s refuses data cut anywhere, or yields a true beginning', (codec) => {
    const packed = compress(codec, text);
    const step = Math.max(1, Math.floor(packed.length / 400));
    for (let cut = 0; cut < packed.length; cut += step) {
      try {
        const part = decompress(codec, packed.subarray(0, cut), { maxBytes });
        expect(codec).toBe('snappy'); // a xerial stream has no end mark
        expect(part.equals(text.subarray(0, part.length))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
  });

  it.each(packing)('%s refuses or survives random damage and foreign data', (codec) => {
    const packed = compress(codec, text.subarray(0, 2000));
    fc.assert(
      fc.property(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = Buffer.from(packed);
        damaged.writeUInt8(damaged.readUInt8(at) ^ mask, at);
        try {
          expect(decompress(codec, damaged, { maxBytes }).length).toBeLessThanOrEqual(maxBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 300 },
    );
    for (const other of packing) {
      if (other === codec) continue;
      expect(() => decompress(codec, compress(other, text), { maxBytes })).toThrow(ProtocolError);
    }
    expect(() => decompress(codec, Buffer.alloc(0), { maxBytes })).toThrow(ProtocolError);
  });

  it.each(packing)('%s stops a bomb at the limit', (codec) => {
    const bomb = bombOf(codec);
    expect(bomb.length).toBeLessThan(gibibyteish / 20);
    expect(() => decompress(codec, bomb, { maxBytes })).toThrow(ProtocolError);
  });
});

function bombOf(codec: string): Buffer {
  const zeros = Buffer.alloc(4 * 1024 * 1024);
  if (codec === 'snappy') return repeatBlocks(zeros);
  const one = compress(codec as 'gzip', zeros);
  return Buffer.concat(Array.from({ length: gibibyteish / zeros.length }, () => one));
}

function repeatBlocks(zeros: Buffer): Buffer {
  const block = snappy.compressSync(zeros);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);
  const header = compress('snappy', Buffer.alloc(0));
  return Buffer.concat([header, ...Array.from({ length: 64 }, () => [length, block]).flat()]);
}

describe('snappy', () => {
  it('reads the raw block of librdkafka and writes the xerial stream of Java', () => {
    expect(decompress('snappy', snappy.compressSync(text), { maxBytes }).equals(text)).toBe(true);
    const written = compress('snappy', text);
    expect(written.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001');
    const firstBlock = written.subarray(20, 20 + written.readInt32BE(16));
    expect(decompress('snappy', firstBlock, { maxBytes }).length).toBe(32 * 1024);
  });

  it('believes no declared size that so few bytes cannot hold', () => {
    const declares64MiB = Buffer.from([0x80, 0x80, 0x80, 0x20, 0xfe, 0x01, 0x00]);
    expect(() => decompress('snappy', declares64MiB, { maxBytes: 1 << 27 })).toThrow(/impossible/);
    const endless = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    expect(() => decompress('snappy', endless, { maxBytes: 1 << 27 })).toThrow(ProtocolError);
  });
});

describe('lz4 frames', () => {
  it('are written as Java writes them: independent blocks, no content size or checksum', () => {
    const frame = compress('lz4', text);
    expect(frame.readUInt32LE(0)).toBe(0x184d2204);
    expect(frame[4]).toBe(0x60);
  });

  it('are read with block and content checksums, which are verified', () => {
    const frame = lz4.compressFrameSync(text, { contentChecksum: true, blockChecksums: true });
    expect(decompress('lz4', frame, { maxBytes }).equals(text)).toBe(true);
    const damaged = Buffer.from(frame);
    damaged.writeUInt8(damaged.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
    expect(() => decompress('lz4', damaged, { maxBytes })).toThrow(/content checksum/);
  });

  it('are read with linked blocks and a content size, after a skippable frame', () => {
    const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 7, 7]);
    const frame = linkedFrame(16);
    expect(decompress('lz4', Buffer.concat([skippable, frame]), { maxBytes }).toString()).toBe(
      'abcdefghabcdefgh',
    );
    expect(() => decompress('lz4', linkedFrame(17), { maxBytes })).toThrow(/content size/);
  });

  it('refuse a match that reaches before the frame', () => {
    const header = frameHeader(0x60, undefined);
    const block = Buffer.from([0x04, 0x08, 0x00, 0x00]);
    const frame = Buffer.concat([header, uint32(block.length), block, uint32(0)]);
    expect(() => decompress('lz4', frame, { maxBytes })).toThrow(/before the data/);
  });
});

// 'abcdefgh' stored as is, then a second block that repeats it from the first: distance 8, length 8.
function linkedFrame(contentBytes: number): Buffer {
  const stored = Buffer.from('abcdefgh');
  const copying = Buffer.from([0x04, 0x08, 0x00, 0x00]);
  return Buffer.concat([
    frameHeader(0x48, contentBytes),
    uint32((0x80000000 | stored.length) >>> 0),
    stored,
    uint32(copying.length),
    copying,
    uint32(0),
  ]);
}

function frameHeader(flags: number, contentBytes: number | undefined): Buffer {
  const size = Buffer.alloc(contentBytes === undefined ? 0 : 8);
  if (contentBytes !== undefined) size.writeBigUInt64LE(BigInt(contentBytes));
  const described = Buffer.concat([Buffer.from([flags, 0x40]), size]);
  const check = (xxh32(described, 0, described.length) >>> 8) & 255;
  return Buffer.concat([uint32(0x184d2204), described, Buffer.from([check])]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

describe('xxh32', () => {
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of "%s" is the published value', (input, expected) => {
    const bytes = Buffer.from(input);
    expect(xxh32(bytes, 0, bytes.length)).toBe(expected);
  });
});

describe('zstd and gzip', () => {
  it('refuse a zstd window above 128 MiB', () => {
    // Frame header without content size; window descriptor 0xa8 = 2^31.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00]);
    expect(() => decompress('zstd', frame, { maxBytes })).toThrow(ProtocolError);
    const harmless = Buffer.from(frame);
    harmless.writeUInt8(0x58, 5);
    expect(decompress('zstd', harmless, { maxBytes }).length).toBe(0);
  });

  it('read several members and frames, one after another', () => {
    const twice = Buffer.concat([text, text]);
    const gzip = Buffer.concat([gzipSync(text), gzipSync(text)]);
    const zstd = Buffer.concat([zstdCompressSync(text), zstdCompressSync(text)]);
    expect(decompress('gzip', gzip, { maxBytes }).equals(twice)).toBe(true);
    expect(decompress('zstd', zstd, { maxBytes }).equals(twice)).toBe(true);
  });
});
