// Files and directories. Protects: what a crash may take is explicit: bytes are durable after `sync`, names after
// `syncDirectory`. Errors are Node's (`code` ENOENT, EEXIST, EACCES, ENOSPC, EIO …). Leaves out: watching, symbolic links, permissions.
// Ranges: offsets, positions and sizes are bytes, integers below 2^53.

import type { Threads } from './threads.js';

export type OpenMode =
  /** existing file, reads only */
  | 'read'
  /** existing file, reads and writes */
  | 'read-write'
  /** created when missing, kept when present; reads and writes */
  | 'create'
  /** must not exist; reads and writes */
  | 'create-new';

export interface FileStat {
  readonly kind: 'file' | 'directory';
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** An open file. Positioned I/O only; calls on one file may overlap, writes to one range may not. */
export interface DiskFile {
  readonly path: string;
  /** Reads up to `length` bytes at `position` into `target` from `targetStart`; fewer only at the end of the file. */
  readSync(target: Uint8Array, targetStart: number, length: number, position: number): number;
  read(target: Uint8Array, targetStart: number, length: number, position: number): Promise<number>;
  /** Writes all chunks one after another at `position` (pwritev) or throws; after a throw the range is undefined. */
  writeSync(chunks: readonly Uint8Array[], position: number): void;
  /** As `writeSync`, off the event loop. The caller must not change the chunks before it settles. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>;
  /** Cuts or, with zeros, extends the file. */
  truncate(sizeBytes: number): Promise<void>;
  /** fdatasync: what was written before the call is durable when it settles. A failure is final: never retry it. */
  sync(): Promise<void>;
  sizeSync(): number;
  close(): Promise<void>;
  /** As `close`, on the event loop; no asynchronous call may be under way. For a file that keeps its name: it then costs a microsecond. */
  closeSync(): void;
}

/** An exclusive hold on a directory by one process; freed by `release` or by the death of the process. */
export interface DiskLock {
  release(): Promise<void>;
}

export interface Disk {
  /** Starts threads that find the same files with a disk of their own; undefined where the files exist in this thread alone. */
  readonly threads?: Threads;
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** As `open`, for hot paths that must not yield. */
  openSync(path: string, mode: OpenMode): DiskFile;
  readFile(path: string): Promise<Buffer>;
  /** Replaces `path` as a whole: temporary sibling, sync, rename, directory sync. After a crash: the old or the new content. */
  writeFileAtomic(path: string, content: Uint8Array): Promise<void>;
  /** Names below `path`, sorted, without `.` and `..`. */
  list(path: string): Promise<string[]>;
  /** Creates `path` and its missing parents; durable after `syncDirectory` of each parent. */
  makeDirectory(path: string): Promise<void>;
  /** undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Replaces an existing file at `to`. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; `to` must not exist. Rejects with EXDEV, EPERM or ENOTSUP where that cannot be: copy it. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file or a whole directory; nothing there is no error. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals directly inside `path` durable. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes the directory's lock file `.lock`. Rejects with code `ELOCKED` and the holder's process id when a living
   * process holds it; a lock left behind by a dead process is taken over.
   */
  lock(directory: string): Promise<DiskLock>;
  /** Free bytes for an unprivileged writer, for `path`'s file system. */
  freeBytes(path: string): Promise<number>;
  /** Size of `path`'s file system; Infinity when it has no bound. */
  totalBytes(path: string): Promise<number>;
}
