// Writes a list of chunks whole although the kernel may take fewer bytes per call and at most 1024 chunks (IOV_MAX).
// Protects: the bytes land in order, none twice. The one call is a parameter, so tests can make it stop anywhere.

import { assert } from '../assert.js';

const chunksPerCallMax = 1024;

export type WriteSome = (chunks: readonly Uint8Array[], position: number) => number;
export type WriteSomeAsync = (chunks: readonly Uint8Array[], position: number) => Promise<number>;

/** Calls `writeSome` until all is written; what it throws passes through. */
export function writeAllSync(
  chunks: readonly Uint8Array[],
  position: number,
  writeSome: WriteSome,
): void {
  const rest = new Remainder(chunks, position);
  while (!rest.isEmpty) rest.advance(writeSome(rest.next(), rest.position));
}

export async function writeAll(
  chunks: readonly Uint8Array[],
  position: number,
  writeSome: WriteSomeAsync,
): Promise<void> {
  const rest = new Remainder(chunks, position);
  while (!rest.isEmpty) rest.advance(await writeSome(rest.next(), rest.position));
}

/** What is still to be written: chunks from `#index` on, the first from `#skipped` bytes on. */
class Remainder {
  position: number;
  readonly #chunks: readonly Uint8Array[];
  #index = 0;
  #skipped = 0;

  constructor(chunks: readonly Uint8Array[], position: number) {
    assert(Number.isSafeInteger(position) && position >= 0, 'write-position', { position });
    this.#chunks = chunks;
    this.position = position;
    this.#skipEmpty();
  }

  get isEmpty(): boolean {
    return this.#index === this.#chunks.length;
  }

  next(): readonly Uint8Array[] {
    const whole = this.#index === 0 && this.#skipped === 0;
    if (whole && this.#chunks.length <= chunksPerCallMax) return this.#chunks;
    const slice = this.#chunks.slice(this.#index, this.#index + chunksPerCallMax);
    const [first] = slice;
    if (first !== undefined && this.#skipped > 0) slice[0] = first.subarray(this.#skipped);
    return slice;
  }

  advance(writtenBytes: number): void {
    assert(writtenBytes > 0, 'write-makes-progress', { writtenBytes });
    this.position += writtenBytes;
    this.#skipped += writtenBytes;
    this.#skipEmpty();
  }

  #skipEmpty(): void {
    let chunk = this.#chunks[this.#index];
    while (chunk !== undefined && chunk.byteLength <= this.#skipped) {
      this.#skipped -= chunk.byteLength;
      this.#index += 1;
      chunk = this.#chunks[this.#index];
    }
    assert(chunk !== undefined || this.#skipped === 0, 'write-within-chunks', {
      over: this.#skipped,
    });
  }
}
