// The Disk on node:fs. Protects: writes are whole (vectored-write.ts), a closed file is never touched again (its
// descriptor may belong to another file by then), and close waits for the operations in flight.
// Leaves out: syncing directories on Windows, which has no such call.

import * as fs from 'node:fs';
import * as path from 'node:path';
import { assert } from '../assert.js';
import { replaceFile } from '../atomic-file.js';
import type { Disk, DiskFile, DiskLock, FileStat, OpenMode } from '../disk.js';
import { errorCode, systemError } from '../system-error.js';
import { nodeThreads } from './node-threads.js';
import { lockDirectory } from './directory-lock.js';
import { writeAll, writeAllSync } from './vectored-write.js';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;

const openFlags: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY,
  'read-write': O_RDWR,
  create: O_RDWR | O_CREAT,
  'create-new': O_RDWR | O_CREAT | O_EXCL,
};

/** The real file system. */
export class NodeDisk implements Disk {
  readonly threads = nodeThreads;
  readonly #File: typeof NodeFile;
  #atomicSerial = 0;

  /** `isBlocking`: for a thread that has nothing else to do: its reads, writes and syncs of files leave the thread pool, of which a process has one, to others. */
  constructor(options: { readonly isBlocking?: boolean } = {}) {
    this.#File = options.isBlocking === true ? BlockingFile : NodeFile;
  }

  open(filePath: string, mode: OpenMode): Promise<DiskFile> {
    return new Promise((resolve, reject) => {
      fs.open(filePath, openFlags[mode], 0o644, (error, descriptor) => {
        if (error) reject(error);
        else resolve(new this.#File(filePath, descriptor));
      });
    });
  }

  openSync(filePath: string, mode: OpenMode): DiskFile {
    return new this.#File(filePath, fs.openSync(filePath, openFlags[mode], 0o644));
  }

  readFile(filePath: string): Promise<Buffer> {
    return fs.promises.readFile(filePath);
  }

  writeFileAtomic(filePath: string, content: Uint8Array): Promise<void> {
    this.#atomicSerial += 1;
    return replaceFile(this, { path: filePath, serial: this.#atomicSerial }, content);
  }

  async list(directory: string): Promise<string[]> {
    return (await fs.promises.readdir(directory)).sort();
  }

  async makeDirectory(directory: string): Promise<void> {
    await fs.promises.mkdir(directory, { recursive: true });
  }

  async stat(filePath: string): Promise<FileStat | undefined> {
    try {
      const found = await fs.promises.stat(filePath);
      const kind = found.isDirectory() ? 'directory' : 'file';
      return { kind, sizeBytes: found.size, modifiedMs: Math.floor(found.mtimeMs) };
    } catch (error) {
      const code = errorCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error;
    }
  }

  rename(from: string, to: string): Promise<void> {
    return fs.promises.rename(from, to);
  }

  link(from: string, to: string): Promise<void> {
    return fs.promises.link(from, to);
  }

  remove(filePath: string): Promise<void> {
    return fs.promises.rm(filePath, { recursive: true, force: true });
  }

  async syncDirectory(directory: string): Promise<void> {
    if (process.platform === 'win32') return;
    const handle = await fs.promises.open(directory, O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  lock(directory: string): Promise<DiskLock> {
    return lockDirectory(path.resolve(directory));
  }

  async totalBytes(filePath: string): Promise<number> {
    const { blocks, bsize } = await fs.promises.statfs(filePath);
    return blocks * bsize;
  }

  async freeBytes(filePath: string): Promise<number> {
    const { bavail, bsize } = await fs.promises.statfs(filePath);
    return bavail * bsize;
  }
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #descriptor: number;
  #inFlight = 0;
  #isClosed = false;
  #onIdle: (() => void) | undefined;

  constructor(filePath: string, descriptor: number) {
    this.path = filePath;
    this.#descriptor = descriptor;
  }

  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number {
    const descriptor = this.#open('read');
    let done = 0;
    while (done < length) {
      const start = targetStart + done;
      const count = fs.readSync(descriptor, target, start, length - done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async read(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
  ): Promise<number> {
    let done = 0;
    while (done < length) {
      const count = await this.#call<number>('read', (descriptor, settle) =>
        fs.read(descriptor, target, targetStart + done, length - done, position + done, settle),
      );
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  writeSync(chunks: readonly Uint8Array[], position: number): void {
    const descriptor = this.#open('write');
    writeAllSync(chunks, position, (some, at) => {
      const [only] = some;
      if (some.length === 1 && only) return fs.writeSync(descriptor, only, 0, only.byteLength, at);
      return fs.writevSync(descriptor, some, at);
    });
  }

  write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    return writeAll(chunks, position, (some, at) =>
      this.#call<number>('write', (descriptor, settle) => {
        const [only] = some;
        if (some.length === 1 && only) {
          fs.write(descriptor, only, 0, only.byteLength, at, settle);
        } else {
          fs.writev(descriptor, some, at, settle);
        }
      }),
    );
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#call('truncate', (descriptor, settle) =>
      fs.ftruncate(descriptor, sizeBytes, settle),
    );
  }

  sync(): Promise<void> {
    return this.#call('sync', (descriptor, settle) => fs.fdatasync(descriptor, settle));
  }

  protected syncNow(): void {
    fs.fdatasyncSync(this.#open('sync'));
  }

  sizeSync(): number {
    return fs.fstatSync(this.#open('stat')).size;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await new Promise<void>((resolve, reject) => {
      fs.close(this.#descriptor, (error) => (error ? reject(error) : resolve()));
    });
  }

  closeSync(): void {
    if (this.#isClosed) return;
    assert(this.#inFlight === 0, 'close-idle', { path: this.path });
    this.#isClosed = true;
    fs.closeSync(this.#descriptor);
  }

  #open(syscall: string): number {
    if (this.#isClosed) {
      throw systemError('EBADF', `${this.path} is closed`, { path: this.path, syscall });
    }
    return this.#descriptor;
  }

  /** One asynchronous call on the open descriptor, counted so that close can wait for it. */
  #call<Result = void>(
    syscall: string,
    start: (descriptor: number, settle: (error: Error | null, result?: Result) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const descriptor = this.#open(syscall);
      this.#inFlight += 1;
      start(descriptor, (error, result) => {
        this.#inFlight -= 1;
        if (error) reject(error);
        else resolve(result as Result);
        if (this.#inFlight === 0) this.#onIdle?.();
      });
    });
  }
}

/** Settles what it is asked for before it returns. */
class BlockingFile extends NodeFile {
  override async read(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
  ): Promise<number> {
    return this.readSync(target, targetStart, length, position);
  }

  override async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    this.writeSync(chunks, position);
  }

  override async sync(): Promise<void> {
    this.syncNow();
  }
}
