// The port of state engines: ordered bytes to bytes, with one atomic commit.
// Protects: what is committed is exactly the state that changelog[0, changelogOffset) yields; a crash between two
// commits leaves the older one. Keys are ordered as unsigned bytes. Adapters: memory, heaplog; one conformance suite.
// Leaves out: values beyond memory (an `lmdb` engine), time to live.

/** Identifies a committed state. */
export interface StateCommit {
  /** Next changelog offset to replay, ≥ 0. */
  readonly changelogOffset: number;
  /** Highest task epoch whose changelog records are contained. */
  readonly epoch: number;
}

export interface StateEntry {
  readonly key: Buffer;
  /** null: deleted. */
  readonly value: Buffer | null;
}

export interface StateEngine {
  /** The last commit; undefined for a fresh or discarded store. */
  readonly committed: StateCommit | undefined;
  /** undefined when absent. The buffer is the store's own: do not change it. */
  get(key: Buffer): Buffer | undefined;
  /** Takes ownership of both buffers. Visible at once, durable at the next commit. */
  put(key: Buffer, value: Buffer): void;
  delete(key: Buffer): void;
  /** Entries with from ≤ key < to in key order; absent bounds are open. The store may be changed while iterating. */
  range(from?: Buffer, to?: Buffer): IterableIterator<[Buffer, Buffer]>;
  /** Entries changed since the last commit, each key once, with its present value. */
  uncommitted(): IterableIterator<StateEntry>;
  readonly uncommittedCount: number;
  /** Exact number of live entries. */
  readonly count: number;
  /** Makes the present state the committed one. Throws on a disk failure; the engine must then be closed. */
  commit(commit: StateCommit): Promise<void>;
  /** Forgets everything, also the last commit. */
  clear(): Promise<void>;
  /** Uncommitted changes are lost. */
  close(): Promise<void>;
}

/** The smallest key that is greater than every key with this prefix; undefined when there is none. */
export function prefixEnd(prefix: Buffer): Buffer | undefined {
  for (let index = prefix.length - 1; index >= 0; index -= 1) {
    const byte = prefix[index] ?? 0;
    if (byte === 0xff) continue;
    const end = Buffer.from(prefix.subarray(0, index + 1));
    end[index] = byte + 1;
    return end;
  }
  return undefined;
}
