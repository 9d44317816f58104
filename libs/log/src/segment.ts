// One segment of a log: `<base offset, 20 digits>.log` with its two indexes. Protects: the indexes describe the bytes of the
// file; what is missing, damaged or small is rebuilt from the batch headers on first touch.
// Leaves out: deciding when to roll, and writing batches (append-queue.ts). Formats: README.md.

import { assert, type Disk } from '@drave/platform';
import { type BatchHeader, readBatchHeader } from './batch-header.js';
import { compactionGapsBelow } from './compaction-gaps.js';
import { isOutOfDescriptors } from './descriptors.js';
import type { OpenFiles, PinnedFile } from './open-files.js';
import { type OffsetEntries, OffsetIndex, type TimeEntries, TimeIndex } from './segment-index.js';
import { type EpochOf, scanAround, type ScanEnd, type ScanGap } from './segment-scan.js';
import { SegmentSeal } from './segment-seal.js';
import { SegmentTrust } from './segment-trust.js';
import { SyncError } from './sync-error.js';
import { TransactionIndex } from './transaction-index.js';

/** A segment up to this size gets its indexes from its batch headers: cheaper than two more files. */
const smallSegmentBytes = 256 * 1024;
const headerBytes = 61;

const noGaps: readonly never[] = Object.freeze([]);

/** What is known of a segment's bytes once they were written, as it may go from thread to thread. */
export interface SegmentContent {
  readonly sizeBytes: number;
  readonly firstTimestamp: number | undefined;
  readonly maxTimestamp: number;
  readonly maxTimestampOffset: number;
  readonly offsetIndex: OffsetEntries;
  readonly timeIndex: TimeEntries;
  /** The files of both indexes; undefined for a small segment. */
  readonly files: IndexFiles | undefined;
}

export interface IndexFiles {
  readonly offsetIndex: Uint8Array<ArrayBuffer>;
  readonly timeIndex: Uint8Array<ArrayBuffer>;
}

export interface SegmentOptions {
  readonly disk: Disk;
  readonly files: OpenFiles;
  readonly directory: string;
  readonly baseOffset: number;
  /** undefined: read from the file on first touch. */
  readonly sizeBytes: number | undefined;
  /** Added to the name of the log file, for a segment that is to replace others. */
  readonly suffix?: string;
}

/** `%020d` of an offset, as in file names. */
export function offsetName(offset: number): string {
  return String(offset).padStart(20, '0');
}

export class Segment {
  readonly baseOffset: number;
  readonly #directory: string;
  /** Made when it is asked for: a log that is not in use has no need of it. */
  #logPath: string | undefined;
  readonly #disk: Disk;
  readonly #files: OpenFiles;
  /** Bytes assigned, those not yet written included. */
  sizeBytes: number;
  /** Bytes in the file. */
  writtenBytes: number;
  /** The file's name survives a crash. */
  isNameDurable: boolean;
  /** Written since the last sync. */
  isDirty = false;
  /** Largest timestamp of the first batch; undefined while empty. */
  firstTimestamp: number | undefined;
  maxTimestamp = -1;
  /** Base offset of the first batch that has `maxTimestamp`. */
  maxTimestampOffset = -1;
  offsetIndex = new OffsetIndex();
  timeIndex = new TimeIndex();
  /** undefined: not known yet; see log-transactions.ts. */
  transactions: TransactionIndex | undefined;
  /** Damage that a recovery found sound batches behind, ascending; walks of the headers pass it. */
  #gaps: readonly ScanGap[] = noGaps;
  #bytesSinceIndex = 0;
  #isLoaded: boolean;
  #isIndexWhole = true;
  #trust: SegmentTrust | undefined;
  /** What the checkpoint of compaction says. */
  #gapsBelow = 0;
  /** What the segment says itself; undefined: not asked yet. */
  #ownGapsBelow: number | undefined = 0;
  /** Where it ends, exclusive, when it is to be asked. */
  #endOffset = -1;
  /** null: not looked for yet. */
  #seal: SegmentSeal | undefined | null = null;

  constructor(options: SegmentOptions) {
    const { disk, files, directory, baseOffset, sizeBytes } = options;
    this.baseOffset = baseOffset;
    this.#directory = directory;
    if (options.suffix !== undefined) this.#logPath = this.#path(`log${options.suffix}`);
    this.#disk = disk;
    this.#files = files;
    this.sizeBytes = sizeBytes ?? -1;
    this.writtenBytes = this.sizeBytes;
    this.isNameDurable = sizeBytes !== 0;
    this.#isLoaded = sizeBytes === 0;
    if (sizeBytes !== 0) return;
    this.#seal = undefined;
    this.transactions = new TransactionIndex();
  }

  get logPath(): string {
    this.#logPath ??= this.#path('log');
    return this.#logPath;
  }

  /** What may be served of it while it has no seal. */
  get trust(): SegmentTrust {
    this.#trust ??= new SegmentTrust();
    return this.#trust;
  }

  /** Walking its headers costs less than keeping what follows from them in files. */
  get isSmall(): boolean {
    return this.sizeBytes <= smallSegmentBytes;
  }

  /** False: the headers that the indexes were made from broke off at damage, so they know less than is there. */
  get isIndexWhole(): boolean {
    return this.#isIndexWhole;
  }

  /** Batches that begin below it may follow a gap (compaction). May read the segment. Throws the disk's errors. */
  get gapsBelow(): number {
    this.#ownGapsBelow ??= this.#askForGaps();
    return Math.max(this.#gapsBelow, this.#ownGapsBelow);
  }

  set gapsBelow(offset: number) {
    this.#gapsBelow = offset;
  }

  /** Of a segment that grows no more and ends at `endOffset`: it is asked itself, too. undefined: it is not. */
  mayBeCompacted(endOffset: number | undefined): void {
    if (endOffset === this.#endOffset) return;
    this.#endOffset = endOffset ?? -1;
    this.#ownGapsBelow = endOffset === undefined ? 0 : undefined;
  }

  get gaps(): readonly ScanGap[] {
    return this.#gaps;
  }

  /** Rebuild the indexes afterwards. */
  setGaps(gaps: readonly ScanGap[]): void {
    this.#gaps = gaps;
    for (const { resume } of gaps) this.trust.resumesAt(resume);
  }

  /** The open file, pinned; unpin with `OpenFiles.unpin`. */
  pin(): PinnedFile {
    return this.#files.pin(this.logPath, this.isNameDurable ? 'read-write' : 'create');
  }

  /** Learns the size from the file unless it is known. Throws when the known size is not the file's. */
  checkSize(): void {
    const pinned = this.pin();
    try {
      const sizeBytes = pinned.file.sizeSync();
      if (this.sizeBytes < 0) this.sizeBytes = this.writtenBytes = sizeBytes;
      if (sizeBytes !== this.writtenBytes) {
        throw new Error(
          `${this.logPath} has ${sizeBytes} bytes, ${this.writtenBytes} were there at the last clean shutdown`,
        );
      }
    } finally {
      this.#files.unpin(pinned);
    }
  }

  /** Brings the indexes into memory: from their files or, when those do not fit, from the batch headers. */
  load(): void {
    if (this.#isLoaded) return;
    this.checkSize();
    if (this.isSmall || !this.#readIndexFiles()) this.rebuildIndexes();
    this.#isLoaded = true;
  }

  /** Walks the whole segment by its headers and makes the indexes anew; `crcFromOffset` bounds the costlier check. */
  rebuildIndexes(
    options: {
      readonly intervalBytes?: number;
      readonly crcFromOffset?: number;
      readonly leaderEpoch?: number;
      readonly epochOf?: EpochOf;
      readonly visit?: (header: BatchHeader, position: number) => void;
    } = {},
  ): ScanEnd {
    const pinned = this.pin();
    try {
      const toPosition = this.sizeBytes < 0 ? pinned.file.sizeSync() : this.writtenBytes;
      this.#reset();
      const visit = (header: BatchHeader, position: number): void => {
        this.note(header.baseOffset, header.maxTimestamp, {
          position,
          sizeBytes: header.sizeBytes,
          intervalBytes: options.intervalBytes ?? 4096,
        });
        options.visit?.(header, position);
      };
      const end = scanAround(
        {
          file: pinned.file,
          fromPosition: 0,
          toPosition,
          nextOffset: this.baseOffset,
          leaderEpoch: options.leaderEpoch ?? -1,
          crcFromOffset: options.crcFromOffset ?? Number.POSITIVE_INFINITY,
          gapsBelow: this.gapsBelow,
          ...(options.epochOf ? { epochOf: options.epochOf } : {}),
        },
        this.#gaps,
        { visit },
      );
      this.sizeBytes = this.writtenBytes = toPosition;
      this.#isIndexWhole = end.problem === undefined && this.#gaps.length === 0;
      this.#isLoaded = true;
      return end;
    } finally {
      this.#files.unpin(pinned);
    }
  }

  /** Enters a batch at `position` into the indexes. Call in offset order, once a batch. */
  note(
    baseOffset: number,
    maxTimestamp: number,
    at: { readonly position: number; readonly sizeBytes: number; readonly intervalBytes: number },
  ): void {
    const relativeOffset = baseOffset - this.baseOffset;
    if (this.firstTimestamp === undefined) this.firstTimestamp = maxTimestamp;
    if (this.#bytesSinceIndex > at.intervalBytes) {
      this.offsetIndex.append(relativeOffset, at.position);
      this.#indexTime();
      this.#bytesSinceIndex = 0;
    }
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp;
      this.maxTimestampOffset = baseOffset;
    }
    this.#bytesSinceIndex += at.sizeBytes;
  }

  /** Where to start looking for `offset`: the first byte of a batch at or below it. */
  floorPosition(offset: number): { baseOffset: number; position: number } {
    assert(this.#isLoaded, 'segment-loaded', { path: this.logPath });
    const entry = this.offsetIndex.floor(offset - this.baseOffset);
    if (entry < 0) return { baseOffset: this.baseOffset, position: 0 };
    return {
      baseOffset: this.baseOffset + this.offsetIndex.relativeOffsetAt(entry),
      position: this.offsetIndex.positionAt(entry),
    };
  }

  /** A batch offset before which no record of the segment reaches `timestamp`. */
  floorOffsetForTimestamp(timestamp: number): number {
    const entry = this.timeIndex.below(timestamp);
    return this.baseOffset + (entry < 0 ? 0 : this.timeIndex.relativeOffsetAt(entry));
  }

  /** What `note` heard of, for `adopt`. */
  content(): SegmentContent {
    const { sizeBytes, firstTimestamp, maxTimestamp, maxTimestampOffset } = this;
    const files = this.#encodeIndexes();
    return {
      sizeBytes,
      firstTimestamp,
      maxTimestamp,
      maxTimestampOffset,
      offsetIndex: this.offsetIndex.entries(),
      timeIndex: this.timeIndex.entries(),
      files,
    };
  }

  /** The file of this new segment was written elsewhere, and synced: takes over what is known of it. */
  adopt(content: SegmentContent): void {
    this.sizeBytes = this.writtenBytes = content.sizeBytes;
    this.isNameDurable = true;
    this.firstTimestamp = content.firstTimestamp;
    this.maxTimestamp = content.maxTimestamp;
    this.maxTimestampOffset = content.maxTimestampOffset;
    this.offsetIndex = OffsetIndex.of(content.offsetIndex);
    this.timeIndex = TimeIndex.of(content.timeIndex);
  }

  /** Writes both index files, complete up to now or as `files` has them; durable when it settles. */
  async writeIndexFiles(files = this.#encodeIndexes()): Promise<void> {
    if (files === undefined) return;
    await this.#disk.writeFileAtomic(this.#path('index'), files.offsetIndex);
    await this.#disk.writeFileAtomic(this.#path('timeindex'), files.timeIndex);
  }

  #encodeIndexes(): IndexFiles | undefined {
    if (this.isSmall) return undefined;
    this.#indexTime();
    return {
      offsetIndex: new Uint8Array(this.offsetIndex.encode(this.sizeBytes)),
      timeIndex: new Uint8Array(this.timeIndex.encode(this.sizeBytes)),
    };
  }

  /** What the bytes were when the segment was sealed; undefined when it has no sound seal. Never ask the active segment. */
  get seal(): SegmentSeal | undefined {
    if (this.#seal === null) {
      this.checkSize();
      const bytes = readWhole(this.#disk, this.#path('seal'));
      this.#seal = bytes && SegmentSeal.decode(bytes, this);
    }
    return this.#seal;
  }

  /** `bytes`: its encoding. Durable when it settles. */
  async writeSeal(seal: SegmentSeal, bytes: Uint8Array = seal.encode()): Promise<void> {
    await this.#disk.writeFileAtomic(this.#path('seal'), bytes);
    this.#seal = seal;
  }

  #askForGaps(): number {
    const { baseOffset, seal } = this;
    const pinned = this.pin();
    try {
      const at = { baseOffset, sizeBytes: this.writtenBytes, endOffset: this.#endOffset };
      return compactionGapsBelow({ file: pinned.file, ...at }, seal);
    } finally {
      this.#files.unpin(pinned);
    }
  }

  async removeSeal(): Promise<void> {
    this.#seal = undefined;
    await this.#disk.remove(this.#path('seal'));
  }

  /** What the file says of the transactions of a segment that ends at `endOffset`; undefined when there is none for its bytes. */
  readTransactions(endOffset: number): TransactionIndex | undefined {
    this.checkSize();
    const bytes = readWhole(this.#disk, this.#path('txnindex'));
    const { baseOffset, sizeBytes } = this;
    return bytes && TransactionIndex.decode(bytes, { baseOffset, endOffset, sizeBytes });
  }

  /** Durable when it settles; nothing happens where damage hides some of them. */
  async writeTransactions(endOffset: number): Promise<void> {
    const { baseOffset, sizeBytes, transactions } = this;
    assert(transactions !== undefined, 'transactions-known', { path: this.logPath });
    if (transactions.problem !== undefined) return;
    const bytes = transactions.encode({ baseOffset, endOffset, sizeBytes });
    await this.#disk.writeFileAtomic(this.#path('txnindex'), bytes);
  }

  async removeTransactions(): Promise<void> {
    this.transactions = undefined;
    await this.#disk.remove(this.#path('txnindex'));
  }

  /** Removes the seal and the index files: they would describe bytes that are about to go. */
  async removeSideFiles(): Promise<void> {
    await this.removeSeal();
    await this.removeTransactions();
    await this.#disk.remove(this.#path('index'));
    await this.#disk.remove(this.#path('timeindex'));
  }

  /** Gives the log file another name; readers go on. Not durable before the directory is synced. */
  async moveTo(path: string): Promise<void> {
    const pinned = this.pin();
    try {
      await this.#disk.rename(this.logPath, path);
      this.#files.renamed(this.logPath, path);
      this.#logPath = path;
    } finally {
      this.#files.unpin(pinned);
    }
  }

  /** Puts the log file aside for its removal, which the result names; the indexes go at once. Readers that hold it open finish. */
  async markDeleted(): Promise<string> {
    this.#files.forget(this.logPath);
    await this.removeSideFiles();
    const path = `${this.logPath}.deleted`;
    await this.#disk.rename(this.logPath, path);
    return path;
  }

  /** Removes all files of the segment; readers that hold it open finish. */
  async remove(): Promise<void> {
    this.#files.forget(this.logPath);
    await this.removeSideFiles();
    await this.#disk.remove(this.logPath);
  }

  /** Cuts the file at `sizeBytes`, a batch boundary, and rebuilds what is known of it; durable when it settles. */
  async truncate(sizeBytes: number): Promise<void> {
    this.#gapsBelow = this.gapsBelow;
    this.mayBeCompacted(undefined);
    await this.removeSideFiles();
    const pinned = this.pin();
    try {
      await pinned.file.truncate(sizeBytes);
      await pinned.file.sync().catch((error: unknown) => {
        throw new SyncError(this.logPath, error);
      });
    } finally {
      this.#files.unpin(pinned);
    }
    this.sizeBytes = this.writtenBytes = sizeBytes;
    this.#trust?.cut(sizeBytes);
    this.#gaps = this.#gaps.filter(({ resume }) => resume.position < sizeBytes);
    this.rebuildIndexes();
  }

  #path(ending: string): string {
    return `${this.#directory}/${offsetName(this.baseOffset)}.${ending}`;
  }

  #indexTime(): void {
    if (this.maxTimestamp < 0) return;
    this.timeIndex.append(this.maxTimestamp, this.maxTimestampOffset - this.baseOffset);
  }

  #reset(): void {
    this.offsetIndex = new OffsetIndex();
    this.timeIndex = new TimeIndex();
    this.#bytesSinceIndex = 0;
    this.firstTimestamp = undefined;
    this.maxTimestamp = this.maxTimestampOffset = -1;
  }

  #readIndexFiles(): boolean {
    const offsets = readWhole(this.#disk, this.#path('index'));
    const times = readWhole(this.#disk, this.#path('timeindex'));
    const offsetIndex = offsets && OffsetIndex.decode(offsets, this.sizeBytes);
    const timeIndex = times && TimeIndex.decode(times, this.sizeBytes);
    if (!offsetIndex || !timeIndex) return false;
    const last = offsetIndex.count - 1;
    const lastPosition = last < 0 ? 0 : offsetIndex.positionAt(last);
    const lastOffset = last < 0 ? 0 : offsetIndex.relativeOffsetAt(last);
    const first = this.#headerAt(0);
    const indexed = this.#headerAt(lastPosition);
    if (first === undefined || indexed?.baseOffset !== this.baseOffset + lastOffset) return false;
    this.offsetIndex = offsetIndex;
    this.timeIndex = timeIndex;
    this.firstTimestamp = first.maxTimestamp;
    if (timeIndex.count > 0) {
      this.maxTimestamp = timeIndex.timestampAt(timeIndex.count - 1);
      this.maxTimestampOffset = this.baseOffset + timeIndex.relativeOffsetAt(timeIndex.count - 1);
    }
    this.#bytesSinceIndex = this.sizeBytes - lastPosition;
    return true;
  }

  #headerAt(position: number): BatchHeader | undefined {
    const pinned = this.pin();
    try {
      const bytes = Buffer.allocUnsafe(headerBytes);
      const count = pinned.file.readSync(bytes, 0, headerBytes, position);
      return count < headerBytes ? undefined : readBatchHeader(bytes, 0);
    } finally {
      this.#files.unpin(pinned);
    }
  }
}

/** A small file as a whole, synchronously; undefined when it is not there or cannot be read. Throws when there is no descriptor. */
export function readWhole(disk: Disk, path: string): Buffer | undefined {
  let file;
  try {
    file = disk.openSync(path, 'read');
  } catch (error) {
    if (isOutOfDescriptors(error)) throw error; // it may well be there
    return undefined;
  }
  try {
    const bytes = Buffer.allocUnsafe(file.sizeSync());
    return bytes.subarray(0, file.readSync(bytes, 0, bytes.length, 0));
  } catch {
    return undefined;
  } finally {
    // Only read from: a failed close loses nothing.
    file.close().catch(() => undefined);
  }
}
