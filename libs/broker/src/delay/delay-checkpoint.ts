// What a partition's deliverer knew at a quiet moment, as one file, replaced as a whole. A missing or damaged one is no loss:
// both logs are then read from their start.
//
//   u32 magic 'DLY1' | u32 CRC-32 of the rest | f64 scanned | f64 target end | f64 count | f64 due * count | f64 offset * count
//   'DLY2', written once a record was parked: the same, then f64 place * count
//   little endian, as all machines we run on; a file of another order fails its checksum

import { crc32 } from 'node:zlib';
import { join } from 'node:path';
import type { Disk } from '@drave/platform';
import { errorCode } from '@drave/platform';
import { PendingOffsets } from './pending-offsets.js';

export interface DelayCheckpoint {
  /** Offsets of the delay topic below this one are in `pending` or delivered. */
  readonly scannedOffset: number;
  /** End of the target when this was true. */
  readonly targetEndOffset: number;
  readonly pending: PendingOffsets;
}

const magic = 0x444c5931;
const magicWithPlaces = 0x444c5932;
const headerBytes = 32;

export class DelayCheckpointFile {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #path: string;
  #hasDirectory = false;

  /** The topic id keeps a later topic of the same name apart. */
  constructor(disk: Disk, directory: string, key: { topicId: string; partition: number }) {
    this.#disk = disk;
    this.#directory = directory;
    this.#path = join(directory, `${key.topicId}-${key.partition}.delay`);
  }

  async read(): Promise<DelayCheckpoint | undefined> {
    let bytes: Buffer;
    try {
      bytes = await this.#disk.readFile(this.#path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    if (bytes.length < headerBytes) return undefined;
    const found = bytes.readUInt32LE(0);
    if (found !== magic && found !== magicWithPlaces) return undefined;
    if (bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) return undefined;
    const hasPlaces = found === magicWithPlaces;
    const count = bytes.readDoubleLE(24);
    if (bytes.length !== headerBytes + (hasPlaces ? 24 : 16) * count) return undefined;
    const pending = new PendingOffsets();
    const numberAt = (index: number): number => bytes.readDoubleLE(headerBytes + 8 * index);
    for (let index = 0; index < count; index += 1) {
      const offset = numberAt(count + index);
      pending.add(offset, numberAt(index), hasPlaces ? numberAt(2 * count + index) : offset);
    }
    return {
      scannedOffset: bytes.readDoubleLE(8),
      targetEndOffset: bytes.readDoubleLE(16),
      pending,
    };
  }

  async write({ scannedOffset, targetEndOffset, pending }: DelayCheckpoint): Promise<void> {
    const { due, offsets, places } = pending.dump();
    const header = Buffer.alloc(headerBytes);
    header.writeDoubleLE(scannedOffset, 8);
    header.writeDoubleLE(targetEndOffset, 16);
    header.writeDoubleLE(due.length, 24);
    const arrays = places ? [due, offsets, places] : [due, offsets];
    const bytes = Buffer.concat([header, ...arrays.map(({ buffer }) => Buffer.from(buffer))]);
    bytes.writeUInt32LE(places ? magicWithPlaces : magic, 0);
    bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
    if (!this.#hasDirectory) await this.#disk.makeDirectory(this.#directory);
    this.#hasDirectory = true;
    await this.#disk.writeFileAtomic(this.#path, bytes);
  }

  remove(): Promise<void> {
    return this.#disk.remove(this.#path);
  }
}
