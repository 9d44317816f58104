// The batches appended last, for the whole data directory, so that a long poll is answered without touching the disk.
// Protects: bounded bytes, oldest out first; a log's cached batches are contiguous and end at its log end offset.
// Entries are never changed after the append, so they are handed out without a copy; a batch that would keep a much larger
// buffer alive is copied first. Leaves out: what was read from disk.

interface Entry {
  readonly owner: LogTail;
  readonly bytes: Buffer;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
}

const slabBytes = 64 * 1024;
/** Memory that a batch may keep alive besides twice its own size. */
const wasteBytesMax = 16 * 1024;

export class TailCache {
  readonly #capacityBytes: number;
  #queue: Array<Entry | undefined> = [];
  #head = 0;
  #sizeBytes = 0;
  #slab = Buffer.alloc(0);
  #slabUsed = slabBytes;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The tail of one log. */
  tail(): LogTail {
    return new LogTail(this);
  }

  /** `bytes`, or a copy when they keep much more memory alive than they have; copies lie side by side in slabs. */
  compact(bytes: Buffer): Buffer {
    if (bytes.buffer.byteLength <= 2 * bytes.length + wasteBytesMax) return bytes;
    let copy: Buffer;
    if (bytes.length > slabBytes / 4) copy = Buffer.allocUnsafeSlow(bytes.length);
    else {
      if (this.#slabUsed + bytes.length > slabBytes) {
        this.#slab = Buffer.allocUnsafeSlow(slabBytes);
        this.#slabUsed = 0;
      }
      copy = this.#slab.subarray(this.#slabUsed, this.#slabUsed + bytes.length);
      this.#slabUsed += bytes.length;
    }
    bytes.copy(copy);
    return copy;
  }

  /** Called by the tails, in append order. */
  admit(entry: Entry): void {
    this.#queue.push(entry);
    this.#sizeBytes += entry.bytes.length;
    while (this.#sizeBytes > this.#capacityBytes && this.#head < this.#queue.length) {
      const oldest = this.#queue[this.#head];
      if (oldest === undefined) break;
      this.#queue[this.#head++] = undefined;
      this.#sizeBytes -= oldest.bytes.length;
      oldest.owner.drop(oldest);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}

export class LogTail {
  readonly #cache: TailCache;
  #entries: Array<Entry | undefined> = [];
  #head = 0;

  constructor(cache: TailCache) {
    this.#cache = cache;
  }

  /** Appends the batch that begins at the log end. Returns the bytes to keep from now on (`bytes` or a copy). */
  append(bytes: Buffer, baseOffset: number, endOffset: number): Buffer {
    const owned = this.#cache.compact(bytes);
    const entry: Entry = { owner: this, bytes: owned, baseOffset, endOffset };
    this.#entries.push(entry);
    this.#cache.admit(entry);
    return owned;
  }

  /** Whole batches from the one that contains `offset`, below `boundOffset`; undefined when the cache does not reach back. */
  read(offset: number, boundOffset: number, maxBytes: number): Buffer[] | undefined {
    const first = this.#entries[this.#head];
    if (first === undefined || offset < first.baseOffset) return undefined;
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.endOffset ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const batches: Buffer[] = [];
    let sizeBytes = 0;
    for (let at = low; at < this.#entries.length; at++) {
      const entry = this.#entries[at];
      if (entry === undefined || entry.endOffset > boundOffset) break;
      if (batches.length > 0 && sizeBytes + entry.bytes.length > maxBytes) break;
      batches.push(entry.bytes);
      sizeBytes += entry.bytes.length;
    }
    return batches;
  }

  /** Forgets everything (the log was truncated or closed). The bytes leave the budget as the queue moves on. */
  clear(): void {
    this.#entries = [];
    this.#head = 0;
  }

  /** Forgets the batches that begin below `offset` (they were compacted). */
  dropBelow(offset: number): void {
    while ((this.#entries[this.#head]?.baseOffset ?? offset) < offset) {
      this.#entries[this.#head++] = undefined;
    }
  }

  /** Called by the cache with the oldest entry of this log, or one that was cleared. */
  drop(entry: Entry): void {
    if (this.#entries[this.#head] !== entry) return;
    this.#entries[this.#head++] = undefined;
    if (this.#head > 64 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
