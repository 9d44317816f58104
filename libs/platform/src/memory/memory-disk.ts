// A whole file system in memory that can crash. Protects the promises of the Disk port and no more: bytes live through
// a crash only after `sync`, names only after `syncDirectory` (memory-file.ts, memory-directory.ts say how they die).
// A crash ends the life of all open files and handles: calls through them fail with EIO, asynchronous ones never settle.
// Leaves out: symbolic links, permissions, directories as open files. Paths are absolute or relative to the root `/`.

import * as path from 'node:path/posix';
import { assert } from '../assert.js';
import { replaceFile } from '../atomic-file.js';
import type { Disk, DiskFile, DiskLock, FileStat, OpenMode } from '../disk.js';
import { SeededRandom } from '../seeded-random.js';
import { systemError } from '../system-error.js';
import {
  DiskFaults,
  type DiskFault,
  type DiskFaultOptions,
  type DiskOperation,
} from './disk-faults.js';
import { MemoryDirectory, type MemoryNode } from './memory-directory.js';
import { MemoryFileNode } from './memory-file.js';

export interface MemoryDiskOptions {
  /** Decides what a crash takes; default 1. */
  readonly seed?: number | string;
  /** Bytes of all files together; a write beyond fails with ENOSPC. Default 1 TiB. */
  readonly capacityBytes?: number;
  /** Wall clock for modification times; default 0. */
  readonly nowMs?: () => number;
  /** Resolves when an asynchronous operation of this kind and size is over; default: at once (a microtask). */
  readonly settle?: (operation: DiskOperation, sizeBytes: number) => Promise<void>;
  /** Files may have several names (`link`); default true. */
  readonly hardLinks?: boolean;
  /** Sees each operation when it takes effect, before a fault may strike it. */
  readonly observe?: (operation: DiskOperation, path: string) => void;
}

const capacityBytesDefault = 2 ** 40;

/** What outlives the machine. */
interface Volume {
  readonly root: MemoryDirectory;
  readonly random: SeededRandom;
  readonly faults: DiskFaults;
  capacityBytes: number;
  usedBytes: number;
}

function newVolume(options: MemoryDiskOptions): Volume {
  return {
    root: new MemoryDirectory(0),
    random: new SeededRandom(options.seed ?? 1),
    faults: new DiskFaults(options.observe),
    capacityBytes: options.capacityBytes ?? capacityBytesDefault,
    usedBytes: 0,
  };
}

/** An empty disk. */
export function memoryDisk(options: MemoryDiskOptions = {}): MemoryDisk {
  return new MemoryDisk(options);
}

export class MemoryDisk implements Disk {
  readonly faults: DiskFaults;
  readonly #options: MemoryDiskOptions;
  readonly #volume: Volume;
  #life = 0;
  #isRetired = false;
  #atomicSerial = 0;

  constructor(options: MemoryDiskOptions, volume: Volume = newVolume(options)) {
    this.#options = options;
    this.#volume = volume;
    this.faults = volume.faults;
  }

  /** Power off: unsynced bytes and names are kept, torn or lost by the seed; open files, locks, pending calls die. */
  crash(): void {
    this.#life += 1;
    this.#volume.root.crash(this.#volume.random);
    this.#volume.usedBytes = countNames(this.#volume.root);
  }

  /** The process dies, the machine lives: no byte and no name is lost; open files, locks, pending calls die. */
  endProcess(): void {
    this.#life += 1;
    this.#volume.root.unlock();
  }

  /** From now on calls on this object never settle or fail with EIO; its bytes live on in `successor`. */
  retire(): void {
    this.#isRetired = true;
  }

  /** The same bytes, names and faults for the next life of the machine. */
  successor(): MemoryDisk {
    return new MemoryDisk(this.#options, this.#volume);
  }

  /** Makes an operation fail later; see DiskFaultOptions. */
  fail(options: DiskFaultOptions): DiskFault {
    return this.faults.add(options);
  }

  /** A smaller capacity than what is used makes each growing write fail. */
  setCapacity(capacityBytes: number): void {
    this.#volume.capacityBytes = capacityBytes;
  }

  /** Bit rot: inverts one bit of a file, durably. */
  flipBit(filePath: string, position: number, bit = 0): void {
    const node = this.#need(filePath, 'open');
    assert(node.kind === 'file' && position < node.sizeBytes, 'flip-in-file', {
      filePath,
      position,
    });
    node.flipBit(position, bit);
  }

  async open(filePath: string, mode: OpenMode): Promise<DiskFile> {
    await this.#pass('open', 0);
    return this.openSync(filePath, mode);
  }

  openSync(filePath: string, mode: OpenMode): DiskFile {
    if (this.#isRetired) throw failure('EIO', filePath, 'open');
    this.faults.check('open', filePath);
    const { parent, name } = this.#parentOf(filePath, 'open');
    let node = parent.get(name);
    if (node?.kind === 'directory') throw failure('EISDIR', filePath, 'open');
    if (node !== undefined && mode === 'create-new') throw failure('EEXIST', filePath, 'open');
    if (node === undefined) {
      if (mode === 'read' || mode === 'read-write') throw failure('ENOENT', filePath, 'open');
      node = new MemoryFileNode(this.#nowMs());
      parent.put(name, node);
    }
    return new MemoryFile(filePath, node, mode === 'read', this.#fileHost());
  }

  async readFile(filePath: string): Promise<Buffer> {
    const file = await this.open(filePath, 'read');
    const content = Buffer.alloc(file.sizeSync());
    await file.read(content, 0, content.byteLength, 0);
    await file.close();
    return content;
  }

  writeFileAtomic(filePath: string, content: Uint8Array): Promise<void> {
    this.#atomicSerial += 1;
    return replaceFile(this, { path: filePath, serial: this.#atomicSerial }, content);
  }

  async list(directory: string): Promise<string[]> {
    await this.#pass('list', 0);
    this.faults.check('list', directory);
    return this.#needDirectory(directory, 'scandir').names();
  }

  async makeDirectory(directory: string): Promise<void> {
    await this.#pass('make-directory', 0);
    this.faults.check('make-directory', directory);
    let at = this.#volume.root;
    for (const name of partsOf(directory)) {
      let next = at.get(name);
      if (next === undefined) {
        next = new MemoryDirectory(this.#nowMs());
        at.put(name, next);
      }
      if (next.kind === 'file') throw failure('EEXIST', directory, 'mkdir');
      at = next;
    }
  }

  async stat(filePath: string): Promise<FileStat | undefined> {
    await this.#pass('open', 0);
    const node = this.#find(filePath);
    if (node === undefined) return undefined;
    return { kind: node.kind, sizeBytes: node.sizeBytes, modifiedMs: node.modifiedMs };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#pass('rename', 0);
    this.faults.check('rename', from);
    const source = this.#parentOf(from, 'rename');
    const target = this.#parentOf(to, 'rename');
    const node = source.parent.get(source.name);
    const replaced = target.parent.get(target.name);
    if (node === undefined) throw failure('ENOENT', from, 'rename');
    if (replaced === node) return;
    checkReplaceable(node, replaced, to);
    if (replaced) this.#volume.usedBytes -= forgetName(replaced);
    source.parent.moveTo(source.name, { directory: target.parent, name: target.name });
  }

  async link(from: string, to: string): Promise<void> {
    await this.#pass('rename', 0);
    this.faults.check('rename', to);
    if (this.#options.hardLinks === false) {
      const what = `link '${from}' -> '${to}': names are not shared here`;
      throw systemError('ENOTSUP', what, { path: from });
    }
    const node = this.#need(from, 'link');
    const { parent, name } = this.#parentOf(to, 'link');
    if (parent.get(name) !== undefined) throw failure('EEXIST', to, 'link');
    if (node.kind === 'directory') throw failure('EPERM', from, 'link');
    node.nameCount += 1;
    parent.put(name, node);
  }

  async remove(filePath: string): Promise<void> {
    await this.#pass('remove', 0);
    this.faults.check('remove', filePath);
    const node = this.#find(filePath);
    if (node === undefined) return;
    const { parent, name } = this.#parentOf(filePath, 'rm');
    this.#volume.usedBytes -= forgetName(node);
    parent.put(name, undefined);
  }

  async syncDirectory(directory: string): Promise<void> {
    const sync = this.#needDirectory(directory, 'fsync').beginSync();
    await this.#pass('sync-directory', 0);
    this.faults.check('sync-directory', directory);
    sync.settle();
  }

  async lock(directory: string): Promise<DiskLock> {
    await this.#pass('open', 0);
    const node = this.#needDirectory(directory, 'lock');
    if (node.lockedBy !== undefined) {
      const what = `${directory} is in use by process ${process.pid}; stop it or choose another directory`;
      const fields = { holderPid: process.pid };
      throw Object.assign(systemError('ELOCKED', what, { path: directory }), fields);
    }
    node.put('.lock', new MemoryFileNode(this.#nowMs()));
    const held: DiskLock = {
      release: async () => {
        if (node.lockedBy !== held) return; // released before, or a crash freed it
        node.lockedBy = undefined;
        node.put('.lock', undefined);
      },
    };
    node.lockedBy = held;
    return held;
  }

  async totalBytes(filePath: string): Promise<number> {
    await this.#pass('open', 0);
    this.#need(filePath, 'statfs');
    return this.#volume.capacityBytes;
  }

  async freeBytes(filePath: string): Promise<number> {
    await this.#pass('open', 0);
    this.#need(filePath, 'statfs');
    return Math.max(0, this.#volume.capacityBytes - this.#volume.usedBytes);
  }

  /** Waits for the operation's time; never settles when a crash comes first. */
  async #pass(operation: DiskOperation, sizeBytes: number): Promise<void> {
    const life = this.#life;
    if (!this.#isRetired) await this.#options.settle?.(operation, sizeBytes);
    if (life !== this.#life || this.#isRetired) await new Promise<never>(() => undefined);
  }

  #fileHost(): FileHost {
    const life = this.#life;
    return {
      faults: this.faults,
      random: this.#volume.random,
      isAlive: () => life === this.#life,
      nowMs: () => this.#nowMs(),
      pass: (operation, sizeBytes) => this.#pass(operation, sizeBytes),
      freeBytes: () => this.#volume.capacityBytes - this.#volume.usedBytes,
      grew: (deltaBytes) => {
        this.#volume.usedBytes += deltaBytes;
      },
    };
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? 0;
  }

  #find(filePath: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#volume.root;
    for (const name of partsOf(filePath)) {
      if (node?.kind !== 'directory') return undefined;
      node = node.get(name);
    }
    return node;
  }

  #need(filePath: string, syscall: string): MemoryNode {
    const node = this.#find(filePath);
    if (node === undefined) throw failure('ENOENT', filePath, syscall);
    return node;
  }

  #needDirectory(directory: string, syscall: string): MemoryDirectory {
    const node = this.#need(directory, syscall);
    if (node.kind === 'file') throw failure('ENOTDIR', directory, syscall);
    return node;
  }

  #parentOf(filePath: string, syscall: string): { parent: MemoryDirectory; name: string } {
    const parts = partsOf(filePath);
    const name = parts.pop();
    if (name === undefined) throw failure('EBUSY', filePath, syscall);
    return { parent: this.#needDirectory(`/${parts.join('/')}`, syscall), name };
  }
}

/** What an open file needs of its disk. */
interface FileHost {
  readonly faults: DiskFaults;
  readonly random: SeededRandom;
  isAlive(): boolean;
  nowMs(): number;
  pass(operation: DiskOperation, sizeBytes: number): Promise<void>;
  freeBytes(): number;
  grew(deltaBytes: number): void;
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #node: MemoryFileNode;
  readonly #isReadOnly: boolean;
  readonly #host: FileHost;
  #isClosed = false;

  constructor(filePath: string, node: MemoryFileNode, isReadOnly: boolean, host: FileHost) {
    this.path = filePath;
    this.#node = node;
    this.#isReadOnly = isReadOnly;
    this.#host = host;
  }

  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number {
    this.#check('read');
    assert(targetStart + length <= target.byteLength, 'read-in-target', { targetStart, length });
    return this.#node.read(target, targetStart, length, position);
  }

  async read(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
  ): Promise<number> {
    await this.#host.pass('read', length);
    return this.readSync(target, targetStart, length, position);
  }

  writeSync(chunks: readonly Uint8Array[], position: number): void {
    const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    try {
      this.#check('write');
    } catch (error) {
      this.#writePart(bytes, position);
      throw error;
    }
    const growth = Math.max(0, position + bytes.byteLength - this.#node.sizeBytes);
    if (growth > 0 && growth > this.#host.freeBytes()) {
      throw failure('ENOSPC', this.path, 'write');
    }
    this.#apply(bytes, position);
  }

  async write(chunks: readonly Uint8Array[], position: number): Promise<void> {
    await this.#host.pass(
      'write',
      chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0),
    );
    this.writeSync(chunks, position);
  }

  async truncate(sizeBytes: number): Promise<void> {
    await this.#host.pass('truncate', 0);
    this.#check('truncate');
    this.#host.grew(sizeBytes - this.#node.sizeBytes);
    this.#node.truncate(sizeBytes);
    this.#node.modifiedMs = this.#host.nowMs();
  }

  async sync(): Promise<void> {
    this.#checkOpen('sync');
    const sync = this.#node.beginSync();
    await this.#host.pass('sync', 0);
    try {
      this.#check('sync');
    } catch (error) {
      sync.settle(false);
      throw error;
    }
    sync.settle(true);
  }

  sizeSync(): number {
    this.#checkOpen('fstat');
    return this.#node.sizeBytes;
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    this.#isClosed = true;
  }

  #checkOpen(syscall: string): void {
    if (!this.#host.isAlive()) throw failure('EIO', this.path, syscall);
    if (this.#isClosed) throw failure('EBADF', this.path, syscall);
  }

  #check(operation: 'read' | 'write' | 'truncate' | 'sync'): void {
    this.#checkOpen(operation);
    if (this.#isReadOnly && (operation === 'write' || operation === 'truncate')) {
      throw failure('EBADF', this.path, operation);
    }
    this.#host.faults.check(operation, this.path);
  }

  /** A failed write may have written any beginning of its bytes. */
  #writePart(bytes: Uint8Array, position: number): void {
    if (!this.#host.isAlive() || this.#isClosed || this.#isReadOnly) return;
    const kept = bytes.subarray(0, this.#host.random.nextInt(bytes.byteLength + 1));
    const growth = Math.max(0, position + kept.byteLength - this.#node.sizeBytes);
    if (growth <= this.#host.freeBytes()) this.#apply(kept, position);
  }

  #apply(bytes: Uint8Array, position: number): void {
    const before = this.#node.sizeBytes;
    this.#node.write(bytes, position);
    this.#node.modifiedMs = this.#host.nowMs();
    this.#host.grew(this.#node.sizeBytes - before);
  }
}

function checkReplaceable(node: MemoryNode, replaced: MemoryNode | undefined, to: string): void {
  if (replaced === undefined) return;
  if (replaced.kind === 'file') {
    if (node.kind === 'directory') throw failure('ENOTDIR', to, 'rename');
  } else if (node.kind === 'file') {
    throw failure('EISDIR', to, 'rename');
  } else if (replaced.names().length > 0) {
    throw failure('ENOTEMPTY', to, 'rename');
  }
}

/** One name less for `node` and all below; the bytes that no name leads to any more. */
function forgetName(node: MemoryNode): number {
  if (node.kind === 'file') return (node.nameCount -= 1) > 0 ? 0 : node.sizeBytes;
  return childrenOf(node).reduce((sum, child) => sum + forgetName(child), 0);
}

/** Counts the names of all files anew; the bytes of the files. */
function countNames(root: MemoryDirectory): number {
  const names = new Map<MemoryFileNode, number>();
  const visit = (node: MemoryNode): void => {
    if (node.kind === 'file') names.set(node, (names.get(node) ?? 0) + 1);
    else for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  let sum = 0;
  for (const [file, count] of names) {
    file.nameCount = count;
    sum += file.sizeBytes;
  }
  return sum;
}

function childrenOf(directory: MemoryDirectory): MemoryNode[] {
  return directory.names().flatMap((name) => directory.get(name) ?? []);
}

function partsOf(filePath: string): string[] {
  const whole = path.resolve('/', filePath.replaceAll('\\', '/'));
  return whole.split('/').filter((part) => part !== '');
}

function failure(code: string, filePath: string, syscall: string): Error {
  return systemError(code, `${syscall} '${filePath}'`, { path: filePath, syscall });
}
