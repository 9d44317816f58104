// Frames from a stream: any cut of the bytes gives the same frames, illegal sizes end the stream, memory follows the bytes received.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader, ProtocolError } from '../src/index.js';

const maxFrameBytes = 100_000;

function frame(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function size(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

describe('FrameReader', () => {
  it('finds the same frames wherever the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ minLength: 4, maxLength: 9000, size: 'max' }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 5000 })), (expected, cuts) => {
        const stream = Buffer.concat(expected.map(frame));
        const reader = new FrameReader({ maxFrameBytes });
        const found: Buffer[] = [];
        let pos = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...reader.push(stream.subarray(pos, pos + cut)));
          pos = Math.min(pos + cut, stream.length);
        }
        expect(found.map((f) => f.toString('hex'))).toEqual(
          expected.map((f) => Buffer.from(f).toString('hex')),
        );
        expect(reader.pendingBytes).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('finds a frame sent byte by byte', () => {
    const body = Buffer.from(Array.from({ length: 40_000 }, (_, i) => i & 255));
    const reader = new FrameReader({ maxFrameBytes });
    const found = [...frame(body)].flatMap((byte) => reader.push(Buffer.of(byte)));
    expect(found).toHaveLength(1);
    expect(found[0]?.equals(body)).toBe(true);
  });

  it('returns a frame inside one chunk as a view of it', () => {
    const chunk = frame(Buffer.from('abcdef'));
    const [found] = new FrameReader({ maxFrameBytes }).push(chunk);
    chunk.fill(0x7a);
    expect(found?.toString()).toBe('zzzzzz');
  });

  it.each([
    ['negative', size(-1)],
    ['zero', size(0)],
    ['below a correlation id', size(3)],
    ['above the limit', size(maxFrameBytes + 1)],
    ['the largest int32', size(2_147_483_647)],
    ['a TLS hello', Buffer.from('160301020001', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n')],
  ])('refuses a size that is %s, and everything after it', (_, bytes) => {
    const reader = new FrameReader({ maxFrameBytes });
    expect(() => reader.push(bytes)).toThrow(ProtocolError);
    expect(() => reader.push(frame(Buffer.alloc(8)))).toThrow(ProtocolError);
    expect(reader.pendingBytes).toBe(0);
  });

  it('refuses an illegal size that arrives in pieces, and one after a whole frame', () => {
    const reader = new FrameReader({ maxFrameBytes });
    reader.push(Buffer.of(0xff));
    reader.push(Buffer.of(0xff));
    expect(() => reader.push(Buffer.of(0xff, 0xff))).toThrow(ProtocolError);
    const second = new FrameReader({ maxFrameBytes });
    expect(() => second.push(Buffer.concat([frame(Buffer.alloc(8)), size(-5)]))).toThrow(
      ProtocolError,
    );
  });

  it('takes a minimum of its own', () => {
    const reader = new FrameReader({ maxFrameBytes, minFrameBytes: 8 });
    expect(() => reader.push(frame(Buffer.alloc(7)))).toThrow(/8 to 100000/);
  });

  it('allocates nothing from a size that was only claimed', () => {
    const reader = new FrameReader({ maxFrameBytes: 2_000_000_000 });
    const before = process.memoryUsage().arrayBuffers;
    expect(reader.push(Buffer.concat([size(2_000_000_000), Buffer.alloc(10)]))).toEqual([]);
    expect(reader.pendingBytes).toBe(14);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });
});
