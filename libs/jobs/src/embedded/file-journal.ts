// The default journal: one append-only file per generation; a generation begins with a snapshot of the whole store.
// Protects: `durable` settles after fdatasync; after a crash the journal ends at the last whole transaction (the torn rest is
// cut); a generation's file gets its name only when its snapshot is on the disk; a failed write or sync is final.
//
//   jobs-00000007.journal:  frame*      frame: u32 length of the payload, u32 CRC-32 of it, payload
//                                       payload: UTF-8 JSON, an array of changes (change.ts); big endian
//   A frame holds one or more whole transactions: those of a round share its checksum, its buffer and its write.
//
// Leaves out: several writers (the store holds the directory's lock).

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk, DiskFile, Logger } from '@drave/platform';
import type { Change, JobJournal } from './journal.js';

export interface FileJournalOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  /** Must exist and be used by this journal only. */
  readonly directory: string;
  /** Transactions that make the whole state; asked for when the file is to be compacted. */
  readonly snapshot: () => Iterable<readonly Change[]>;
  /** A file is compacted when it has outgrown this and twice its snapshot; bytes, default 16 MiB. */
  readonly compactionBytes?: number;
}

const headerBytes = 8;
/** Larger frames are not written in one piece; a larger claimed length is damage. */
const frameBytesMax = 256 * 1024 * 1024;
/** Characters of small transactions that share a frame. */
const frameLength = 1024 * 1024;
const namePattern = /^jobs-(\d{8})\.journal$/;

interface Waiter {
  readonly upTo: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class FileJournal implements JobJournal {
  readonly #options: FileJournalOptions;
  readonly #compactionBytes: number;
  #generation = 0;
  #file: DiskFile | undefined;
  #position = 0;
  #snapshotBytes = 0;
  /** JSON of the changes of each transaction, without the brackets around them. */
  #pending: string[] = [];
  /** Characters: at least a third of the bytes. */
  #pendingLength = 0;
  /** Transactions appended; and those of them that are durable. */
  #appended = 0;
  #durable = 0;
  readonly #waiters: Waiter[] = [];
  #writing: Promise<void> | undefined;
  #failure: Error | undefined;

  constructor(options: FileJournalOptions) {
    this.#options = options;
    this.#compactionBytes = options.compactionBytes ?? 16 * 1024 * 1024;
  }

  get backlogBytes(): number {
    return this.#pendingLength;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  async load(apply: (transaction: readonly Change[]) => void): Promise<void> {
    const { disk, directory, logger } = this.#options;
    const names = await disk.list(directory);
    const generations = names
      .map((name) => namePattern.exec(name)?.[1])
      .filter((digits) => digits !== undefined)
      .map(Number);
    this.#generation = Math.max(0, ...generations);
    for (const name of names) {
      const isOld = namePattern.test(name) && name !== this.#name(this.#generation);
      if (isOld || name.endsWith('.tmp')) await disk.remove(join(directory, name));
    }
    if (this.#generation === 0) {
      this.#generation = 1;
      this.#file = await disk.open(this.#path(1), 'create');
      await disk.syncDirectory(directory);
      return;
    }
    const path = this.#path(this.#generation);
    const content = await disk.readFile(path);
    const end = replay(content, apply);
    this.#file = await disk.open(path, 'create');
    if (end < content.length) {
      logger.warn('jobs-journal-tail-cut', {
        path,
        keptBytes: end,
        cutBytes: content.length - end,
      });
      await this.#file.truncate(end);
      await this.#file.sync();
    }
    this.#position = end;
  }

  append(transaction: readonly Change[]): void {
    if (transaction.length === 0) return;
    this.#appended += 1;
    if (this.#failure !== undefined) return;
    const text = textOf(transaction);
    this.#pending.push(text);
    this.#pendingLength += text.length;
    this.#start();
  }

  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#durable === this.#appended) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: this.#appended, resolve, reject });
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  #start(): void {
    if (this.#writing !== undefined || this.#failure !== undefined) return;
    // The turn's other transactions join the first round.
    this.#writing = Promise.resolve()
      .then(() => this.#run())
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#writing = undefined;
        if (this.#pending.length > 0) this.#start();
      });
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      if (this.#position > Math.max(this.#compactionBytes, 2 * this.#snapshotBytes)) {
        await this.#compact();
        continue;
      }
      const file = this.#file;
      if (file === undefined) throw new Error('the journal of jobs is closed');
      const chunk = framed(this.#pending);
      const upTo = this.#appended;
      this.#pending = [];
      this.#pendingLength = 0;
      await file.write([chunk], this.#position);
      await file.sync();
      this.#position += chunk.length;
      this.#settle(upTo);
    }
  }

  /** Everything appended so far is in the state, so the snapshot replaces what is still pending as well. */
  async #compact(): Promise<void> {
    const { disk, directory, snapshot } = this.#options;
    const texts: string[] = [];
    for (const transaction of snapshot()) texts.push(textOf(transaction));
    const upTo = this.#appended;
    this.#pending = [];
    this.#pendingLength = 0;
    const next = this.#generation + 1;
    const temporary = `${this.#path(next)}.tmp`;
    await disk.remove(temporary);
    const file = await disk.open(temporary, 'create-new');
    let position = 0;
    for (const chunk of chunksOf(texts)) {
      await file.write([chunk], position);
      position += chunk.length;
    }
    await file.sync();
    await file.close();
    await disk.rename(temporary, this.#path(next));
    await disk.syncDirectory(directory);
    await this.#file?.close();
    this.#file = await disk.open(this.#path(next), 'create');
    await disk.remove(this.#path(this.#generation));
    this.#generation = next;
    this.#position = position;
    this.#snapshotBytes = position;
    this.#settle(upTo);
  }

  #settle(upTo: number): void {
    this.#durable = upTo;
    let done = 0;
    for (const waiter of this.#waiters) {
      if (waiter.upTo > upTo) break;
      done += 1;
    }
    for (const waiter of this.#waiters.splice(0, done)) waiter.resolve();
  }

  #fail(error: unknown): void {
    this.#pending = [];
    this.#pendingLength = 0;
    const failure = new Error(
      `jobs cannot be written to ${this.#options.directory}: free space or replace the disk, then restart`,
      { cause: error },
    );
    this.#failure = failure;
    this.#options.logger.error('jobs-journal-failed', {
      directory: this.#options.directory,
      error: String(error),
    });
    for (const waiter of this.#waiters.splice(0)) waiter.reject(failure);
  }

  #name(generation: number): string {
    return `jobs-${String(generation).padStart(8, '0')}.journal`;
  }

  #path(generation: number): string {
    return join(this.#options.directory, this.#name(generation));
  }
}

function textOf(transaction: readonly Change[]): string {
  return JSON.stringify(transaction).slice(1, -1);
}

/** Frames of about a megabyte each; a larger transaction has one of its own. */
function framed(texts: readonly string[]): Buffer {
  const frames: Buffer[] = [];
  let first = 0;
  let length = 0;
  for (const [index, text] of texts.entries()) {
    length += text.length;
    if (length < frameLength && index < texts.length - 1) continue;
    frames.push(frame(texts.slice(first, index + 1).join(',')));
    first = index + 1;
    length = 0;
  }
  return frames.length === 1 && frames[0] ? frames[0] : Buffer.concat(frames);
}

function frame(text: string): Buffer {
  const length = Buffer.byteLength(text) + 2;
  const buffer = Buffer.allocUnsafe(headerBytes + length);
  buffer[headerBytes] = 0x5b; // [
  buffer.write(text, headerBytes + 1);
  buffer[headerBytes + length - 1] = 0x5d; // ]
  buffer.writeUInt32BE(length, 0);
  buffer.writeUInt32BE(crc32(buffer.subarray(headerBytes)), 4);
  return buffer;
}

/** Position after the last whole frame. */
function replay(content: Buffer, apply: (transaction: readonly Change[]) => void): number {
  let position = 0;
  while (position + headerBytes <= content.length) {
    const length = content.readUInt32BE(position);
    const end = position + headerBytes + length;
    // Zeros (a file that grew before its bytes arrived) would pass as an empty frame with checksum 0.
    if (length === 0 || length > frameBytesMax || end > content.length) break;
    const payload = content.subarray(position + headerBytes, end);
    if (crc32(payload) !== content.readUInt32BE(position + 4)) break;
    apply(JSON.parse(payload.toString()) as readonly Change[]);
    position = end;
  }
  return position;
}

function* chunksOf(texts: readonly string[]): Generator<Buffer> {
  const chunkLength = 4 * frameLength;
  let first = 0;
  let length = 0;
  for (const [index, text] of texts.entries()) {
    length += text.length;
    if (length < chunkLength) continue;
    yield framed(texts.slice(first, index + 1));
    first = index + 1;
    length = 0;
  }
  if (first < texts.length) yield framed(texts.slice(first));
}
