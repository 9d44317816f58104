// Bytes of one file in memory, twice: what a reader sees and what a crash cannot take.
// Protects: after `crash` the content is the durable one plus any subset of the unsynced changes in their order, each
// whole, torn at a sector or lost. A failed sync loses its changes for good: a later sync does not bring them back.
// Leaves out: bytes that change place (misdirected writes).

import type { SeededRandom } from '../seeded-random.js';

const sectorBytes = 512;

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly sizeBytes: number };

/** A byte array that grows. */
class Content {
  #buffer = Buffer.alloc(0);
  sizeBytes = 0;

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    const count = Math.max(0, Math.min(length, this.sizeBytes - position));
    target.set(this.#buffer.subarray(position, position + count), targetStart);
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.byteLength;
    if (end > this.#buffer.byteLength) this.#grow(end);
    this.#buffer.set(bytes, position);
    this.sizeBytes = Math.max(this.sizeBytes, end);
  }

  truncate(sizeBytes: number): void {
    if (sizeBytes > this.#buffer.byteLength) this.#grow(sizeBytes);
    if (sizeBytes < this.sizeBytes) this.#buffer.fill(0, sizeBytes, this.sizeBytes);
    this.sizeBytes = sizeBytes;
  }

  apply(change: Change): void {
    if (change.kind === 'write') this.write(change.bytes, change.position);
    else this.truncate(change.sizeBytes);
  }

  copyFrom(other: Content): void {
    this.#buffer = Buffer.from(other.bytes());
    this.sizeBytes = other.sizeBytes;
  }

  /** A view of the content. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.sizeBytes);
  }

  #grow(sizeBytes: number): void {
    const grown = Buffer.alloc(Math.max(sizeBytes, this.#buffer.byteLength * 2, 4096));
    grown.set(this.bytes());
    this.#buffer = grown;
  }
}

export class MemoryFileNode {
  readonly kind = 'file';
  modifiedMs: number;
  /** Names it has (hard links). */
  nameCount = 1;
  readonly #seen = new Content();
  readonly #durable = new Content();
  #unsynced: Change[] = [];

  constructor(nowMs: number) {
    this.modifiedMs = nowMs;
  }

  get sizeBytes(): number {
    return this.#seen.sizeBytes;
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    return this.#seen.read(target, targetStart, length, position);
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.byteLength === 0) return;
    this.#change({ kind: 'write', position, bytes: Buffer.from(bytes) });
  }

  truncate(sizeBytes: number): void {
    this.#change({ kind: 'truncate', sizeBytes });
  }

  /** Marks what was written so far; `settle(true)` makes it durable, `settle(false)` dooms it. */
  beginSync(): { settle(isDurable: boolean): void } {
    const changes = [...this.#unsynced];
    return {
      settle: (isDurable) => {
        if (isDurable) for (const change of changes) this.#durable.apply(change);
        const done = new Set(changes);
        this.#unsynced = this.#unsynced.filter((change) => !done.has(change));
      },
    };
  }

  crash(random: SeededRandom): void {
    for (const change of this.#unsynced) {
      const fate = random.nextInt(3);
      if (fate === 0) this.#durable.apply(change);
      else if (fate === 1) this.#applyTorn(change, random);
    }
    this.#unsynced = [];
    this.#seen.copyFrom(this.#durable);
  }

  flipBit(position: number, bit: number): void {
    const byte = Buffer.alloc(1);
    for (const content of [this.#seen, this.#durable]) {
      if (content.read(byte, 0, 1, position) === 0) continue;
      content.write(Buffer.of((byte[0] ?? 0) ^ (1 << bit)), position);
    }
  }

  #change(change: Change): void {
    this.#unsynced.push(change);
    this.#seen.apply(change);
  }

  /** Keeps the write up to a sector border, or up to any byte of its last sector. */
  #applyTorn(change: Change, random: SeededRandom): void {
    if (change.kind === 'truncate') return;
    const sizeBytes = change.bytes.byteLength;
    let kept = random.nextInt(sizeBytes);
    if (random.chance(0.5)) {
      const border = Math.floor((change.position + kept) / sectorBytes) * sectorBytes;
      kept = Math.max(0, border - change.position);
    }
    if (kept > 0) this.#durable.write(change.bytes.subarray(0, kept), change.position);
  }
}
