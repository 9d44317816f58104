// Cuts the lent chunks of one connection into request frames that own their bytes. Protects: nothing is allocated from a size
// that was only claimed (a buffer doubles as bytes arrive, a slab is taken once `slabFromBytes` are there, and slabs are bounded);
// of a frame in a slab the bytes are read in place and never copied again. After an error every further push throws.
// Leaves out: headers; streams whose chunks are owned (FrameReader of @drave/protocol). Source: performance design, section 4.2.

import type { Slab, SlabPool } from '@drave/platform';
import { ProtocolError } from '@drave/protocol';

export interface Frame {
  /** Without the size prefix. */
  readonly bytes: Buffer;
  /** What `bytes` lie in; whoever got the frame gives it back. Undefined: an ordinary buffer. */
  readonly slab: Slab | undefined;
}

export interface FrameAssemblerOptions {
  readonly slabs: SlabPool;
  /** Bounds of the size prefix, which does not count itself. */
  readonly frameBytesMin: number;
  readonly frameBytesMax: number;
}

const prefixBytes = 4;
/** A frame with so many bytes received moves into a slab. */
const slabFromBytes = 32 * 1024;
const firstBytes = 4 * 1024;
/** Below this it is not worth to read straight into the frame. */
const targetBytesMin = 16 * 1024;
const nothing = Buffer.alloc(0);

export class FrameAssembler {
  readonly #options: FrameAssemblerOptions;
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixCount = 0;
  /** Size of the frame under way, −1 while its prefix is incomplete. */
  #frameBytes = -1;
  #body: Buffer = nothing;
  #bodyCount = 0;
  #slab: Slab | undefined;
  #failure: ProtocolError | undefined;

  constructor(options: FrameAssemblerOptions) {
    this.#options = options;
  }

  /** Where the next bytes may be read: then they are already in their place. It stays valid until the next push or `drop`. */
  target(): Buffer | undefined {
    if (this.#frameBytes < 0) return undefined;
    const end = Math.min(this.#frameBytes, this.#body.length);
    if (end - this.#bodyCount < targetBytesMin) return undefined;
    return this.#body.subarray(this.#bodyCount, end);
  }

  /** The frames completed by `chunk`, in order. The chunk may be overwritten afterwards. Throws ProtocolError for an illegal size. */
  push(chunk: Buffer): Frame[] {
    if (this.#failure) throw this.#failure;
    const frames: Frame[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#frameBytes < 0) at += this.#readPrefix(chunk, at);
      if (this.#frameBytes >= 0) at += this.#readBody(chunk, at);
      if (this.#bodyCount === this.#frameBytes) frames.push(this.#finish());
    }
    return frames;
  }

  /** Gives up the frame under way: the connection is gone. */
  drop(): void {
    this.#slab?.release();
    this.#reset();
  }

  #readPrefix(chunk: Buffer, at: number): number {
    const count = Math.min(prefixBytes - this.#prefixCount, chunk.length - at);
    chunk.copy(this.#prefix, this.#prefixCount, at, at + count);
    this.#prefixCount += count;
    if (this.#prefixCount === prefixBytes) this.#frameBytes = this.#checkedSize();
    return count;
  }

  #readBody(chunk: Buffer, at: number): number {
    const from = this.#bodyCount;
    const count = Math.min(this.#frameBytes - from, chunk.length - at);
    const isInPlace =
      at === 0 &&
      chunk.buffer === this.#body.buffer &&
      chunk.byteOffset === this.#body.byteOffset + from;
    if (!isInPlace) {
      this.#makeRoom(from + count);
      chunk.copy(this.#body, from, at, at + count);
    }
    this.#bodyCount += count;
    return count;
  }

  /** Makes the body hold `bytes` received ones. */
  #makeRoom(bytes: number): void {
    if (bytes <= this.#body.length) return;
    const { slabs } = this.#options;
    const isSlabWorthy = bytes >= slabFromBytes && this.#frameBytes <= slabs.slabBytes;
    const slab = isSlabWorthy ? slabs.take() : undefined;
    const roomBytes = Math.min(this.#frameBytes, Math.max(2 * bytes, firstBytes));
    const body = slab?.bytes ?? Buffer.allocUnsafe(roomBytes);
    this.#body.copy(body, 0, 0, this.#bodyCount);
    this.#body = body;
    this.#slab = slab;
  }

  #finish(): Frame {
    const frame = { bytes: this.#body.subarray(0, this.#frameBytes), slab: this.#slab };
    this.#reset();
    return frame;
  }

  #reset(): void {
    this.#prefixCount = 0;
    this.#frameBytes = -1;
    this.#body = nothing;
    this.#bodyCount = 0;
    this.#slab = undefined;
  }

  #checkedSize(): number {
    const { frameBytesMin, frameBytesMax } = this.#options;
    const size = this.#prefix.readInt32BE(0);
    if (size >= frameBytesMin && size <= frameBytesMax) return size;
    this.#failure = new ProtocolError(
      `frame size ${size} is outside ${frameBytesMin} to ${frameBytesMax} bytes`,
    );
    this.#reset();
    throw this.#failure;
  }
}
