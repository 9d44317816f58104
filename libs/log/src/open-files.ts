// The open segment files of one data directory, within a bound. Protects: descriptors stay below the bound however many partitions
// there are; a pinned file (being read or written, or not yet synced: its write error must reach our fdatasync) is never closed under
// its user. The bound gives way to pins. Which idle file is closed: segmented least recently used (Karedla, Love, Wherry 1994).
// Turns over more partitions than may be open are the rule, and would miss every time under plain LRU: so most of the places
// belong to files that keep them until they were idle for long, and the others take turns in the rest.
// Leaves out: small files that are read or replaced as a whole.

import { isOutOfDescriptors } from './descriptors.js';
import { assert, type Disk, type DiskFile, type OpenMode } from '@drave/platform';

export interface PinnedFile {
  readonly file: DiskFile;
  pins: number;
  forgotten: boolean;
}

/** Of all places, for files that keep theirs. */
const keptShare = 7 / 8;
/** A kept file that was idle for so many opens per place gives its place up. */
const idleOpensPerPlace = 8;
/** Used again after so many opens of others: not just the next step of one use. */
const againAfterOpens = 16;

class Entry implements PinnedFile {
  path: string;
  readonly file: DiskFile;
  pins = 0;
  forgotten = false;
  isKept = false;
  /** `opens` when it was last used. */
  usedAt: number;
  /** Neighbours in the list of idle files. */
  older: Entry | undefined;
  newer: Entry | undefined;

  constructor(path: string, file: DiskFile, usedAt: number) {
    this.path = path;
    this.file = file;
    this.usedAt = usedAt;
  }
}

export class OpenFiles {
  readonly #disk: Disk;
  readonly #capacity: number;
  readonly #keptMax: number;
  readonly #onCloseError: (error: unknown) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #idleKept = new IdleFiles();
  readonly #idleOthers = new IdleFiles();
  readonly #closing = new Set<Promise<void>>();
  #keptCount = 0;
  #opens = 0;

  /** `capacity` ≥ 1 descriptors. `onCloseError` hears of a close that failed: its bytes may be lost. */
  constructor(disk: Disk, capacity: number, onCloseError: (error: unknown) => void) {
    assert(capacity >= 1, 'open-files-capacity', { capacity });
    this.#disk = disk;
    this.#capacity = capacity;
    this.#keptMax = Math.floor(capacity * keptShare);
    this.#onCloseError = onCloseError;
  }

  /** Descriptors open now. */
  get openCount(): number {
    return this.#entries.size;
  }

  /** Files opened since the start. */
  get opens(): number {
    return this.#opens;
  }

  /** Opens `path` unless it is open and pins it. Throws the disk's errors; without a descriptor some idle files are closed. */
  pin(path: string, mode: OpenMode = 'read-write'): PinnedFile {
    let entry = this.#entries.get(path);
    if (entry === undefined) {
      this.#shrink(this.#capacity - 1);
      entry = new Entry(path, this.#open(path, mode), this.#opens);
      this.#opens++;
      this.#entries.set(path, entry);
      if (this.#keptCount < this.#keptMax) this.#keep(entry);
    } else {
      if (entry.pins === 0) this.#idleOf(entry).remove(entry);
      if (!entry.isKept && this.#opens - entry.usedAt > againAfterOpens) this.#keep(entry);
    }
    entry.pins++;
    return entry;
  }

  #open(path: string, mode: OpenMode): DiskFile {
    try {
      return this.#disk.openSync(path, mode);
    } catch (error) {
      // What nobody uses makes room for the next attempt.
      if (isOutOfDescriptors(error)) this.#shrink(Math.floor(this.#entries.size / 2));
      throw error;
    }
  }

  /** In place of the one idle longest when all such places are taken. */
  #keep(entry: Entry): void {
    const longest = this.#idleKept.oldest;
    if (this.#keptCount >= this.#keptMax) {
      if (longest === undefined) return;
      this.#idleKept.remove(longest);
      longest.isKept = false;
      this.#idleOthers.add(longest);
    } else this.#keptCount++;
    entry.isKept = true;
  }

  unpin(pinned: PinnedFile): void {
    assert(pinned instanceof Entry && pinned.pins > 0, 'unpin-pinned', { path: pinned.file.path });
    pinned.pins--;
    if (pinned.pins > 0) return;
    pinned.usedAt = this.#opens;
    if (pinned.forgotten) this.#close(pinned);
    else this.#idleOf(pinned).add(pinned);
  }

  /** The file at `from` was renamed; what was open at `to` is gone. */
  renamed(from: string, to: string): void {
    const entry = this.#entries.get(from);
    this.forget(to);
    if (entry === undefined) return;
    this.#entries.delete(from);
    entry.path = to;
    this.#entries.set(to, entry);
  }

  /** The file at `path` is going away: closed now or when its last user is done. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    if (entry.isKept) this.#keptCount--;
    entry.forgotten = true;
    if (entry.pins > 0) return;
    this.#idleOf(entry).remove(entry);
    this.#close(entry);
  }

  /** Closes all; nothing may be pinned. Settles when every close has ended. */
  async closeAll(): Promise<void> {
    for (const path of this.#entries.keys()) this.forget(path);
    await this.closed();
  }

  /** Settles when the closes under way have ended. */
  async closed(): Promise<void> {
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  #idleOf(entry: Entry): IdleFiles {
    return entry.isKept ? this.#idleKept : this.#idleOthers;
  }

  #shrink(target: number): void {
    while (this.#entries.size > target) {
      const kept = this.#idleKept.oldest;
      const isStale =
        kept !== undefined && this.#opens - kept.usedAt > idleOpensPerPlace * this.#capacity;
      const entry = isStale ? kept : (this.#idleOthers.oldest ?? kept);
      if (entry === undefined) return;
      this.#entries.delete(entry.path);
      if (entry.isKept) this.#keptCount--;
      this.#idleOf(entry).remove(entry);
      this.#closeNow(entry);
    }
  }

  /** A round trip to the thread pool costs twenty times as much. The file keeps its name, so that no blocks are freed here. */
  #closeNow(entry: Entry): void {
    try {
      entry.file.closeSync();
    } catch (error) {
      this.#onCloseError(error);
    }
  }

  #close(entry: Entry): void {
    const closing = entry.file
      .close()
      .catch(this.#onCloseError)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** Files that nobody has pinned, in the order of their last use. A linked list: a Map would walk over what was deleted from it. */
class IdleFiles {
  oldest: Entry | undefined;
  #newest: Entry | undefined;

  add(entry: Entry): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  remove(entry: Entry): void {
    const { older, newer } = entry;
    if (older === undefined) this.oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    entry.older = entry.newer = undefined;
  }
}
