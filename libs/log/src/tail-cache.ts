// The batches appended last, for the whole data directory, so that a long poll is answered without touching the disk.
// One ring of bytes: an append copies its batch in, which overwrites the oldest ones. Protects: bounded bytes; a log's cached batches
// are contiguous and end at its log end offset; a view of the ring is valid only until the next append, so readers copy.
// Leaves out: large batches (reading them back costs less than keeping them), what was read from disk.
//
//   positions grow for ever; byte = position mod capacity; a batch never straddles the end:  [ c d e - | a b ]  next overwrites a

interface Entry {
  readonly owner: LogTail;
  /** Position in the ring. */
  readonly start: number;
  readonly sizeBytes: number;
  readonly baseOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
}

/** Larger batches are not kept. */
const batchBytesMax = 64 * 1024;

export class TailCache {
  readonly #capacityBytes: number;
  /** Made with the first append; pages that were never written cost nothing. */
  #ring: Buffer | undefined;
  /** Where the next batch goes unless it would straddle the end. */
  #position = 0;
  #queue: Array<Entry | undefined> = [];
  #head = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** The tail of one log. */
  tail(): LogTail {
    return new LogTail(this);
  }

  /** Whether a batch of this size is kept. */
  accepts(sizeBytes: number): boolean {
    return sizeBytes <= batchBytesMax && sizeBytes <= this.#capacityBytes;
  }

  /** Called by the tails, in append order, with what `accepts` said yes to. Returns the entry. */
  admit(owner: LogTail, bytes: Buffer, offsets: { base: number; end: number }): Entry {
    this.#ring ??= Buffer.allocUnsafeSlow(this.#capacityBytes);
    const sizeBytes = bytes.length;
    const used = this.#position % this.#capacityBytes;
    const left = this.#capacityBytes - used;
    const start = sizeBytes > left ? this.#position + left : this.#position;
    this.#position = start + sizeBytes;
    this.#evictBelow(this.#position - this.#capacityBytes);
    bytes.copy(this.#ring, start % this.#capacityBytes);
    const entry = { owner, start, sizeBytes, baseOffset: offsets.base, endOffset: offsets.end };
    this.#queue.push(entry);
    return entry;
  }

  /** A view, valid until the next append of any log. */
  view(entry: Entry): Buffer {
    const at = entry.start % this.#capacityBytes;
    return (this.#ring ?? Buffer.alloc(0)).subarray(at, at + entry.sizeBytes);
  }

  #evictBelow(position: number): void {
    for (;;) {
      const oldest = this.#queue[this.#head];
      if (oldest === undefined || oldest.start >= position) break;
      this.#queue[this.#head++] = undefined;
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

  /** Copies the batch that begins at the log end. */
  append(bytes: Buffer, baseOffset: number, endOffset: number): void {
    if (!this.#cache.accepts(bytes.length)) {
      this.clear(); // What is cached has to end at the log end.
      return;
    }
    const offsets = { base: baseOffset, end: endOffset };
    const entry = this.#cache.admit(this, bytes, offsets); // may drop entries of ours first
    this.#entries.push(entry);
  }

  /**
   * Whole batches from the one that contains `offset`, below `boundOffset`, as views that are valid until the next append of any
   * log; undefined when the cache does not reach back.
   */
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
      if (batches.length > 0 && sizeBytes + entry.sizeBytes > maxBytes) break;
      batches.push(this.#cache.view(entry));
      sizeBytes += entry.sizeBytes;
    }
    return batches;
  }

  /** Forgets everything (the log was truncated or closed). The bytes leave the ring as it turns. */
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
