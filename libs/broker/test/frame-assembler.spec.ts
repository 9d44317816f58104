// Frames out of lent chunks: any cut gives the same frames, bytes are owned, memory follows the bytes received, slabs go back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlabPool } from '@drave/platform';
import { ProtocolError } from '@drave/protocol';
import { FrameAssembler, type Frame } from '../src/frame-assembler.js';

const slabBytes = 128 * 1024;

function framed(body: Uint8Array): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
}

function setUp(slabsMax = 4) {
  const slabs = new SlabPool({ slabBytes, slabsMax, poison: true });
  const assembler = new FrameAssembler({ slabs, frameBytesMin: 8, frameBytesMax: 1_000_000 });
  return { slabs, assembler };
}

/** Feeds `stream` as a socket would: into the target when there is one, else into memory that is overwritten afterwards. */
function feed(assembler: FrameAssembler, stream: Buffer, cuts: readonly number[]): Frame[] {
  const shared = Buffer.alloc(64 * 1024);
  const frames: Frame[] = [];
  let pos = 0;
  for (let turn = 0; pos < stream.length; turn++) {
    const memory = assembler.target() ?? shared;
    const cut = cuts[turn % Math.max(1, cuts.length)] ?? memory.length;
    const chunk = memory.subarray(0, Math.min(memory.length, cut, stream.length - pos));
    stream.copy(chunk, 0, pos, pos + chunk.length);
    pos += chunk.length;
    frames.push(...assembler.push(chunk));
    shared.fill(0xee);
  }
  return frames;
}

describe('FrameAssembler', () => {
  it('finds the same frames wherever the stream is cut', () => {
    const sizes = fc.array(
      fc.oneof(fc.integer({ min: 8, max: 200 }), fc.integer({ min: 8, max: 200_000 })),
      { maxLength: 5 },
    );
    const cuts = fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 8 });
    fc.assert(
      fc.property(sizes, cuts, fc.nat(2), (bodySizes, cutSizes, slabsMax) => {
        const bodies = bodySizes.map((size, index) =>
          Buffer.from(Array.from({ length: size }, (_, at) => (at * 7 + index) % 251)),
        );
        const { assembler, slabs } = setUp(slabsMax);
        const frames = feed(assembler, Buffer.concat(bodies.map(framed)), cutSizes);
        expect(frames).toHaveLength(bodies.length);
        for (const [index, frame] of frames.entries()) {
          expect(frame.bytes.equals(bodies[index] ?? Buffer.alloc(0))).toBe(true);
          frame.slab?.release();
        }
        expect(slabs.takenCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('reads a large frame into a slab, most of it in place', () => {
    const { assembler } = setUp();
    const stream = framed(Buffer.alloc(100_000, 7));
    expect(assembler.target()).toBeUndefined();
    expect(assembler.push(stream.subarray(0, 65_536))).toEqual([]);
    const target = assembler.target();
    expect(target?.length).toBe(100_004 - 65_536);
    stream.copy(target ?? Buffer.alloc(0), 0, 65_536);
    const [frame] = assembler.push(target ?? Buffer.alloc(0));
    expect(frame?.bytes.buffer).toBe(frame?.slab?.bytes.buffer);
    expect(frame?.bytes.equals(stream.subarray(4))).toBe(true);
  });

  it('allocates for bytes received, not for bytes announced', () => {
    const { assembler, slabs } = setUp();
    const announced = Buffer.alloc(20_000);
    announced.writeInt32BE(900_000, 0);
    assembler.push(announced);
    expect(assembler.target()?.length).toBeLessThan(40_000);
    const small = setUp();
    announced.writeInt32BE(100_000, 0);
    small.assembler.push(announced);
    expect([slabs.takenCount, small.slabs.takenCount]).toEqual([0, 0]);
  });

  it('goes on without slabs when all are out or the frame is larger', () => {
    const { assembler, slabs } = setUp(1);
    const [first, second, third] = feed(
      assembler,
      Buffer.concat([100_000, 100_000, 500_000].map((size) => framed(Buffer.alloc(size, 3)))),
      [],
    );
    expect([first?.slab !== undefined, second?.slab, third?.slab]).toEqual([
      true,
      undefined,
      undefined,
    ]);
    expect(third?.bytes.equals(Buffer.alloc(500_000, 3))).toBe(true);
    expect(slabs.takenCount).toBe(1);
  });

  it('gives its slab back when the connection ends within a frame', () => {
    const { assembler, slabs } = setUp();
    assembler.push(framed(Buffer.alloc(100_000)).subarray(0, 50_000));
    expect(slabs.takenCount).toBe(1);
    assembler.drop();
    expect([slabs.takenCount, assembler.target()]).toEqual([0, undefined]);
  });

  it.each([-1, 0, 7, 1_000_001, 2_147_483_647])('refuses the size %d, and all after it', (size) => {
    const { assembler } = setUp();
    const bytes = Buffer.alloc(20);
    bytes.writeInt32BE(size);
    expect(() => [...bytes].map((byte) => assembler.push(Buffer.of(byte)))).toThrow(ProtocolError);
    expect(() => assembler.push(framed(Buffer.alloc(8)))).toThrow(ProtocolError);
  });
});
