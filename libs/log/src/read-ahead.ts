// Large sequential reads begun before they are asked for: while one answer is sent and looked at, the bytes behind it come from the
// disk. Protects: bytes are handed out only for the very place they were read from, and only while nothing was cut or replaced
// since; few buffers at once for all logs, none longer than two periods; none is given back while the disk still writes into it.
// Leaves out: what the bytes mean (log-reader.ts looks at them as at any others).

import type { Scheduler, Slab, SlabPool, Timer } from '@drave/platform';
import type { OpenFiles } from './open-files.js';
import type { Segment } from './segment.js';

/** Bytes of a file of the log that was in this version. */
export interface FileRange {
  readonly segment: Segment;
  readonly position: number;
  readonly length: number;
  readonly version: number;
}

/** A read begun. */
interface Ahead extends FileRange {
  readonly slab: Slab;
  /** Bytes read. Never rejects: −1 when the disk refused. */
  readonly count: Promise<number>;
  isOld: boolean;
}

const aheadMax = 4;
/** Not asked for in one or two of these: dropped. */
const periodMs = 500;

export class ReadAhead {
  readonly #scheduler: Scheduler;
  readonly #files: OpenFiles;
  #reads: Ahead[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(scheduler: Scheduler, files: OpenFiles) {
    this.#scheduler = scheduler;
    this.#files = files;
  }

  /** Begins to read `range`, unless enough is read ahead or there is no memory; later errors are met by the read itself. */
  begin(range: FileRange, slabs: SlabPool): void {
    if (this.#isClosed || this.#reads.length >= aheadMax) return;
    if (range.length > slabs.slabBytes || this.#find(range)) return;
    const slab = slabs.take();
    if (slab === undefined) return;
    const count = this.#read(range, slab);
    this.#underWay.add(count);
    void count.finally(() => this.#underWay.delete(count));
    this.#reads.push({ ...range, slab, count, isOld: false });
    this.#timer ??= this.#scheduler.setTimer(periodMs, () => this.#sweep());
  }

  /** What was begun for just this range: the slab is the caller's now. undefined: nothing, or nothing usable. */
  take(range: FileRange): Pick<Ahead, 'slab' | 'count'> | undefined {
    const found = this.#find(range);
    if (found === undefined) return undefined;
    this.#reads = this.#reads.filter((read) => read !== found);
    if (found.version === range.version && found.length >= range.length) return found;
    drop(found);
    return undefined;
  }

  /** Gives everything back; settles when the disk is through. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const read of this.#reads.splice(0)) drop(read);
    await Promise.all(this.#underWay);
  }

  #find({ segment, position }: FileRange): Ahead | undefined {
    return this.#reads.find((read) => read.segment === segment && read.position === position);
  }

  async #read({ segment, position, length }: FileRange, slab: Slab): Promise<number> {
    try {
      const pinned = segment.pin();
      try {
        return await pinned.file.read(slab.bytes, 0, length, position);
      } finally {
        this.#files.unpin(pinned);
      }
    } catch {
      return -1;
    }
  }

  #sweep(): void {
    this.#timer = undefined;
    const old = this.#reads.filter(({ isOld }) => isOld);
    this.#reads = this.#reads.filter(({ isOld }) => !isOld);
    for (const read of old) drop(read);
    for (const read of this.#reads) read.isOld = true;
    if (this.#reads.length === 0) return;
    this.#timer = this.#scheduler.setTimer(periodMs, () => this.#sweep());
  }
}

function drop({ slab, count }: Ahead): void {
  void count.then(() => slab.release());
}
