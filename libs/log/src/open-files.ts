// The open segment files of one data directory, least recently used ones closed first.
// Protects: descriptors stay below a bound however many partitions there are; a pinned file (being read or written, or not yet
// synced: its write error must reach our fdatasync) is never closed under its user. The bound gives way to pins.
// Leaves out: small files that are read or replaced as a whole.

import { isOutOfDescriptors } from './descriptors.js';
import { assert, type Disk, type DiskFile, type OpenMode } from '@drave/platform';

export interface PinnedFile {
  readonly file: DiskFile;
  pins: number;
  forgotten: boolean;
}

export class OpenFiles {
  readonly #disk: Disk;
  readonly #capacity: number;
  readonly #onCloseError: (error: unknown) => void;
  readonly #entries = new Map<string, PinnedFile>();
  readonly #closing = new Set<Promise<void>>();
  #opens = 0;

  /** `capacity` ≥ 1 descriptors. `onCloseError` hears of a close that failed: its bytes may be lost. */
  constructor(disk: Disk, capacity: number, onCloseError: (error: unknown) => void) {
    assert(capacity >= 1, 'open-files-capacity', { capacity });
    this.#disk = disk;
    this.#capacity = capacity;
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
      entry = { file: this.#open(path, mode), pins: 0, forgotten: false };
      this.#opens++;
    } else {
      this.#entries.delete(path);
    }
    this.#entries.set(path, entry);
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

  unpin(entry: PinnedFile): void {
    assert(entry.pins > 0, 'unpin-pinned', { path: entry.file.path });
    entry.pins--;
    if (entry.pins === 0 && entry.forgotten) this.#close(entry);
  }

  /** The file at `from` was renamed; what was open at `to` is gone. */
  renamed(from: string, to: string): void {
    const entry = this.#entries.get(from);
    this.forget(to);
    if (entry === undefined) return;
    this.#entries.delete(from);
    this.#entries.set(to, entry);
  }

  /** The file at `path` is going away: closed now or when its last user is done. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (entry === undefined) return;
    this.#entries.delete(path);
    entry.forgotten = true;
    if (entry.pins === 0) this.#close(entry);
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

  #shrink(target: number): void {
    if (this.#entries.size <= target) return;
    for (const [path, entry] of this.#entries) {
      if (entry.pins > 0) continue;
      this.#entries.delete(path);
      this.#close(entry);
      if (this.#entries.size <= target) return;
    }
  }

  #close(entry: PinnedFile): void {
    const closing = entry.file
      .close()
      .catch(this.#onCloseError)
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
