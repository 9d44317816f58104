// The durable state engine: values in memory, an append log beside them.
// Protects: after any crash the file opens to the last complete commit: frames carry a CRC and the log is cut behind the
// last valid commit frame. No fdatasync per commit: the changelog is the durable truth, its tail is replayed. After each
// commit the file holds at most twice the live bytes, plus 1 MiB, plus that commit (a rewrite replaces it).
// A file that is not one of ours, or whose first commit is damaged, is an empty store: it is restored from the changelog.
//
//   file    = "DRVHEAP1", frame*
//   frame   = payload length u32, CRC-32C of the payload u32, payload                      (big endian)
//   payload = kind u8 (0 part, 1 commit), changelog offset i64, epoch i64, entry count u32, entry*
//   entry   = key length u32, value length i32 (−1: deleted), key, value
//
// The parts before a commit frame belong to that commit. Leaves out: slabs outside the V8 heap, sorted runs, uploads.

import { errorCode, type Disk, type DiskFile } from '@drave/platform';
import { crc32c } from '@drave/protocol';
import { limits } from '../limits.js';
import type { StateCommit, StateEngine, StateEntry } from './engine.js';
import { MemoryEngine } from './memory-engine.js';

const magic = Buffer.from('DRVHEAP1', 'latin1');
const frameHeaderBytes = 8;
const payloadHeaderBytes = 21;
const entryHeaderBytes = 8;

export class HeaplogEngine implements StateEngine {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #memory = new MemoryEngine();
  #file: DiskFile;
  #sizeBytes = 0;
  #liveBytes = 0;
  #failed: Error | undefined;

  private constructor(disk: Disk, path: string, file: DiskFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  /** Opens or creates the store at `path`; its directory must exist. One engine per path at a time. */
  static async open(options: {
    readonly disk: Disk;
    readonly path: string;
  }): Promise<HeaplogEngine> {
    const { disk, path } = options;
    await disk.remove(rewritePath(path));
    const content = await readIfThere(disk, path);
    const engine = new HeaplogEngine(disk, path, await disk.open(path, 'create'));
    await engine.#load(content);
    return engine;
  }

  get committed(): StateCommit | undefined {
    return this.#memory.committed;
  }

  get count(): number {
    return this.#memory.count;
  }

  get uncommittedCount(): number {
    return this.#memory.uncommittedCount;
  }

  /** Bytes of the file, and of what of it is alive. */
  get sizes(): { readonly fileBytes: number; readonly liveBytes: number } {
    return { fileBytes: this.#sizeBytes, liveBytes: this.#liveBytes };
  }

  get(key: Buffer): Buffer | undefined {
    return this.#memory.get(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.#liveBytes += entrySize(key, value) - this.#sizeOf(key);
    this.#memory.put(key, value);
  }

  delete(key: Buffer): void {
    this.#liveBytes -= this.#sizeOf(key);
    this.#memory.delete(key);
  }

  range(from?: Buffer, to?: Buffer): IterableIterator<[Buffer, Buffer]> {
    return this.#memory.range(from, to);
  }

  uncommitted(): IterableIterator<StateEntry> {
    return this.#memory.uncommitted();
  }

  async commit(commit: StateCommit): Promise<void> {
    if (this.#failed) throw this.#failed;
    try {
      const frames = [...framesOf(this.#memory.uncommitted(), commit)];
      this.#file.writeSync(frames, this.#sizeBytes);
      this.#sizeBytes += frames.reduce((sum, { byteLength }) => sum + byteLength, 0);
      this.#memory.acceptCommit(commit);
      const bound = 2 * this.#liveBytes + limits.heaplogCompactBytesMin;
      if (this.#sizeBytes > bound) await this.#rewrite(commit);
    } catch (error) {
      this.#failed = error as Error;
      throw error;
    }
  }

  async clear(): Promise<void> {
    this.#memory.reset();
    this.#liveBytes = 0;
    await this.#startFile();
  }

  async close(): Promise<void> {
    this.#memory.reset();
    await this.#file.close();
  }

  #sizeOf(key: Buffer): number {
    const value = this.#memory.get(key);
    return value ? entrySize(key, value) : 0;
  }

  async #load(content: Buffer): Promise<void> {
    if (!content.subarray(0, magic.length).equals(magic)) return this.#startFile();
    let parts: Buffer[] = [];
    let validBytes = magic.length;
    for (const { payload, end } of validFrames(content)) {
      parts.push(payload);
      if (payload[0] !== 1) continue;
      for (const part of parts) this.#apply(part);
      this.#memory.acceptCommit(commitOf(payload));
      parts = [];
      validBytes = end;
    }
    this.#sizeBytes = validBytes;
    if (validBytes < content.length) await this.#file.truncate(validBytes);
  }

  #apply(payload: Buffer): void {
    for (const { key, value } of entriesOf(payload)) {
      if (value) this.put(key, value);
      else this.delete(key);
    }
  }

  async #startFile(): Promise<void> {
    await this.#file.truncate(0);
    this.#file.writeSync([magic], 0);
    this.#sizeBytes = magic.length;
  }

  /** Writes the live entries into a new file, in slices that yield, and puts it in the old one's place. */
  async #rewrite(commit: StateCommit): Promise<void> {
    const path = rewritePath(this.#path);
    const file = await this.#disk.open(path, 'create');
    await file.truncate(0);
    let sizeBytes = magic.length;
    await file.write([magic], 0);
    for (const frame of framesOf(liveEntries(this.#memory), commit)) {
      await file.write([frame], sizeBytes);
      sizeBytes += frame.byteLength;
    }
    await file.sync();
    await file.close();
    await this.#file.close();
    await this.#disk.rename(path, this.#path);
    await this.#disk.syncDirectory(directoryOf(this.#path));
    this.#file = await this.#disk.open(this.#path, 'read-write');
    this.#sizeBytes = sizeBytes;
  }
}

function entrySize(key: Buffer, value: Buffer): number {
  return entryHeaderBytes + key.length + value.length;
}

function rewritePath(path: string): string {
  return `${path}.rewrite`;
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

async function readIfThere(disk: Disk, path: string): Promise<Buffer> {
  try {
    return await disk.readFile(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function* liveEntries(memory: MemoryEngine): IterableIterator<StateEntry> {
  for (const [key, value] of memory.entries()) yield { key, value };
}

/** Frames of about 1 MiB; the last one is the commit. */
function* framesOf(entries: Iterable<StateEntry>, commit: StateCommit): IterableIterator<Buffer> {
  let batch: StateEntry[] = [];
  let batchBytes = 0;
  for (const entry of entries) {
    batch.push(entry);
    batchBytes += entryHeaderBytes + entry.key.length + (entry.value?.length ?? 0);
    if (batchBytes < limits.heaplogFrameBytesMax) continue;
    yield frameOf(0, batch, batchBytes, commit);
    batch = [];
    batchBytes = 0;
  }
  yield frameOf(1, batch, batchBytes, commit);
}

function frameOf(
  kind: 0 | 1,
  entries: readonly StateEntry[],
  entryBytes: number,
  commit: StateCommit,
): Buffer {
  const payloadBytes = payloadHeaderBytes + entryBytes;
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payloadBytes);
  frame.writeUInt32BE(payloadBytes, 0);
  let at = frame.writeUInt8(kind, frameHeaderBytes);
  at = frame.writeBigInt64BE(BigInt(commit.changelogOffset), at);
  at = frame.writeBigInt64BE(BigInt(commit.epoch), at);
  at = frame.writeUInt32BE(entries.length, at);
  for (const { key, value } of entries) {
    at = frame.writeUInt32BE(key.length, at);
    at = frame.writeInt32BE(value ? value.length : -1, at);
    at += key.copy(frame, at);
    if (value) at += value.copy(frame, at);
  }
  frame.writeUInt32BE(crc32c(frame, frameHeaderBytes), 4);
  return frame;
}

/** Frames up to the first that is cut or damaged. */
function* validFrames(content: Buffer): IterableIterator<{ payload: Buffer; end: number }> {
  let at = magic.length;
  while (at + frameHeaderBytes + payloadHeaderBytes <= content.length) {
    const start = at + frameHeaderBytes;
    const end = start + content.readUInt32BE(at);
    if (end > content.length || end < start + payloadHeaderBytes) return;
    if (crc32c(content, start, end) !== content.readUInt32BE(at + 4)) return;
    yield { payload: content.subarray(start, end), end };
    at = end;
  }
}

function commitOf(payload: Buffer): StateCommit {
  return {
    changelogOffset: Number(payload.readBigInt64BE(1)),
    epoch: Number(payload.readBigInt64BE(9)),
  };
}

/** Copies keys and values, so that the file's buffer can go. */
function* entriesOf(payload: Buffer): IterableIterator<StateEntry> {
  const count = payload.readUInt32BE(17);
  let at = payloadHeaderBytes;
  for (let index = 0; index < count; index += 1) {
    const keyStart = at + entryHeaderBytes;
    const valueStart = keyStart + payload.readUInt32BE(at);
    const valueLength = payload.readInt32BE(at + 4);
    at = valueStart + Math.max(0, valueLength);
    const key = Buffer.from(payload.subarray(keyStart, valueStart));
    yield { key, value: valueLength < 0 ? null : Buffer.from(payload.subarray(valueStart, at)) };
  }
}
