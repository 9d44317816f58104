// One preallocated file of the shared journal. Protects: all its bytes are written and synced before its first use, so that a
// record's fdatasync changes no metadata; a new epoch is durable before the first record under it.
// Leaves out: when to use and when to recycle it (shared-journal.ts). Format: journal-format.ts.
//
//   free → active → draining → free      recycled: a header with a new epoch makes all records void

import { assert, type Disk, type DiskFile } from '@drave/platform';
import {
  blockBytes,
  decodePartHeader,
  encodePartHeader,
  type PartEpoch,
  partPath,
  wholeBlocks,
} from './journal-format.js';
import { SyncError } from './sync-error.js';

/** A record up to this size is written on the event loop: a copy into the page cache. */
const syncWriteBytesMax = 256 * 1024;
const zeroBytes = 1024 * 1024;

export class JournalPart<Log> {
  readonly path: string;
  readonly #file: DiskFile;
  readonly #sizeBytes: number;
  state: 'free' | 'active' | 'draining' = 'free';
  /** Logs with records here whose segments may not be synced yet. */
  readonly logs = new Set<Log>();
  #epoch: PartEpoch;
  #sequence = 0;
  #position = blockBytes;

  private constructor(path: string, file: DiskFile, sizeBytes: number, epoch: PartEpoch) {
    this.path = path;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#epoch = epoch;
  }

  /**
   * Makes the file unless it is there and fills it up to `sizeBytes` with zeros, synced; its name is not. `begin` must follow.
   * Throws the disk's errors.
   */
  static async open<Log>(
    disk: Disk,
    directory: string,
    options: { readonly index: number; readonly sizeBytes: number },
  ): Promise<JournalPart<Log>> {
    const { index, sizeBytes } = options;
    const path = partPath(directory, index);
    const file = await disk.open(path, 'create');
    try {
      const zeros = Buffer.alloc(zeroBytes);
      let at = Math.min(file.sizeSync(), sizeBytes);
      const isGrown = at < sizeBytes;
      for (; at < sizeBytes; at += zeroBytes) {
        await file.write([zeros.subarray(0, Math.min(zeroBytes, sizeBytes - at))], at);
      }
      if (isGrown) await file.sync();
      const block = Buffer.alloc(blockBytes);
      await file.read(block, 0, blockBytes, 0);
      const epoch = decodePartHeader(block) ?? { epoch: 0, salt: 0 };
      return new JournalPart<Log>(path, file, sizeBytes, epoch);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get epoch(): number {
    return this.#epoch.epoch;
  }

  get isEmpty(): boolean {
    return this.#sequence === 0;
  }

  /** Room for a record of this size. */
  hasRoom(sizeBytes: number): boolean {
    return this.#position + wholeBlocks(sizeBytes) <= this.#sizeBytes;
  }

  /** Makes all records so far void, durably when it settles; the part is free then. May be repeated when the disk had no room. */
  async begin(epoch: PartEpoch): Promise<void> {
    assert(epoch.epoch > this.epoch, 'journal-epoch-grows', { ...epoch, before: this.epoch });
    await this.#file.write([encodePartHeader(epoch)], 0);
    await this.#sync();
    this.#epoch = epoch;
    this.#sequence = 0;
    this.#position = blockBytes;
    this.logs.clear();
    this.state = 'free';
  }

  /**
   * Writes a record at the end; durable when it settles. One at a time, none after a failure but the want of room (file systems that
   * copy on write): the next record takes the place then. `meanwhile` runs while the disk is busy with it; its end is waited for first,
   * also when the record fails. It never rejects.
   */
  async append(
    record: (epoch: PartEpoch, sequence: number) => Buffer,
    meanwhile?: () => Promise<void> | undefined,
  ): Promise<number> {
    const bytes = record(this.#epoch, this.#sequence);
    assert(this.hasRoom(bytes.length), 'journal-room', { path: this.path });
    const durable = this.#write(bytes);
    if (meanwhile !== undefined) {
      durable.catch(() => undefined); // heard of below
      await meanwhile();
    }
    await durable;
    return bytes.length;
  }

  async #sync(): Promise<void> {
    await this.#file.sync().catch((error: unknown) => {
      throw new SyncError(this.path, error);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    const position = this.#position;
    if (bytes.length <= syncWriteBytesMax) this.#file.writeSync([bytes], position);
    else await this.#file.write([bytes], position);
    this.#position += bytes.length;
    this.#sequence++;
    await this.#sync();
  }
}
