// Cuts a byte stream into frames by their int32 size prefix. Protects: nothing is allocated from a size that was only claimed; a
// frame's bytes are joined at most once; a frame inside one chunk is a view of it; memory stays proportional to bytes received.
// Leaves out: headers. After an error the stream has lost its rhythm: every further push throws, close the connection.

import { ProtocolError } from './protocol-error.js';

const sizeBytes = 4;
/** Chunks below this are gathered, so that a peer sending single bytes cannot make the list long. */
const smallChunkBytes = 2048;
const gatherBytesMin = 512;
const gatherBytesMax = 16_384;

export class FrameReader {
  readonly #maxFrameBytes: number;
  readonly #minFrameBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes used of the last pending chunk when it is a gathering buffer of this reader, else −1. */
  #gathered = -1;
  /** Size of the frame under way, −1 while its prefix is incomplete. */
  #frameBytes = -1;
  #failure: ProtocolError | undefined;

  /** Sizes are those of the prefix, which does not count itself. A response may be as short as 4 bytes, the default minimum. */
  constructor(options: { readonly maxFrameBytes: number; readonly minFrameBytes?: number }) {
    this.#maxFrameBytes = options.maxFrameBytes;
    this.#minFrameBytes = options.minFrameBytes ?? 4;
  }

  /** Bytes held for frames that are not complete. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The frames completed by `chunk`, without size bytes, in order. Throws ProtocolError for an illegal size. */
  push(chunk: Buffer): Buffer[] {
    if (this.#failure) throw this.#failure;
    const frames: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#pendingBytes === 0) {
        const taken = this.#takeWhole(rest, frames);
        rest = rest.subarray(taken);
        if (rest.length === 0) break;
      }
      rest = this.#continue(rest, frames);
    }
    return frames;
  }

  /** Hands out the frames that lie entirely in `chunk`; returns how many bytes they took. */
  #takeWhole(chunk: Buffer, frames: Buffer[]): number {
    let pos = 0;
    while (chunk.length - pos >= sizeBytes) {
      const size = this.#checked(chunk.readInt32BE(pos));
      const end = pos + sizeBytes + size;
      if (end > chunk.length) break;
      frames.push(chunk.subarray(pos + sizeBytes, end));
      pos = end;
    }
    return pos;
  }

  /** Adds what the frame under way still needs; returns the rest. */
  #continue(chunk: Buffer, frames: Buffer[]): Buffer {
    const wanted =
      (this.#frameBytes < 0 ? sizeBytes : sizeBytes + this.#frameBytes) - this.#pendingBytes;
    const part = chunk.subarray(0, wanted);
    this.#hold(part, wanted);
    const rest = chunk.subarray(part.length);
    if (part.length < wanted) return rest;
    if (this.#frameBytes < 0) {
      this.#frameBytes = this.#checked(this.#joined().readInt32BE(0));
      return rest;
    }
    frames.push(this.#joined().subarray(sizeBytes));
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#gathered = -1;
    this.#frameBytes = -1;
    return rest;
  }

  /** Keeps `part` of the `wanted` bytes that complete the prefix or the frame. */
  #hold(part: Buffer, wanted: number): void {
    this.#pendingBytes += part.length;
    if (part.length >= smallChunkBytes) {
      this.#closeGathering();
      this.#pending.push(part);
      return;
    }
    const last = this.#pending.at(-1);
    if (last && this.#gathered >= 0 && this.#gathered + part.length <= last.length) {
      part.copy(last, this.#gathered);
      this.#gathered += part.length;
      return;
    }
    this.#closeGathering();
    const capacity = Math.min(gatherBytesMax, Math.max(gatherBytesMin, wanted));
    const gathering = Buffer.allocUnsafe(capacity);
    part.copy(gathering);
    this.#pending.push(gathering);
    this.#gathered = part.length;
  }

  #closeGathering(): void {
    const last = this.#pending.at(-1);
    if (last && this.#gathered >= 0) {
      this.#pending[this.#pending.length - 1] = last.subarray(0, this.#gathered);
    }
    this.#gathered = -1;
  }

  #joined(): Buffer {
    const [only] = this.#pending;
    if (only && this.#pending.length === 1) return only.subarray(0, this.#pendingBytes);
    this.#closeGathering();
    return Buffer.concat(this.#pending, this.#pendingBytes);
  }

  #checked(size: number): number {
    if (size >= this.#minFrameBytes && size <= this.#maxFrameBytes) return size;
    this.#failure = new ProtocolError(
      `frame size ${size} is outside ${this.#minFrameBytes} to ${this.#maxFrameBytes} bytes`,
    );
    this.#pending = [];
    this.#pendingBytes = 0;
    throw this.#failure;
  }
}
