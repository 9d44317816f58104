// The port of everything that coordinates processes: small keyed values with revisions, leases that lapse, and watches.
// Protects: nothing binding lives here (that is the metadata log's); losing the store loses no record and no offset, and what it
// says is a hint. Adapters: embedded (one process, or a simulated world) and Redis. Leaves out: transactions over several keys,
// history (a watch tells the newest state, not every step to it).

/** A stored value. */
export interface ClusterEntry {
  readonly key: string;
  readonly value: string;
  /** Opaque; another one after every change, never used twice, also not over a flushed or rolled back store. */
  readonly revision: string;
  /** Who holds the lease; undefined for a value without a lease. */
  readonly holder: string | undefined;
}

export interface StoreStatus {
  /** `lost`: the last question was not answered, or none was yet. */
  readonly state: 'connected' | 'lost';
  /** Since when, on the monotonic clock. */
  readonly sinceMs: number;
  /** Why it is lost. */
  readonly reason?: string;
}

/** What is new to a watcher since it was last told. */
export interface StoreChange {
  /** New, or with another revision. */
  readonly changed: readonly ClusterEntry[];
  /** As last seen; lapsed, released or deleted. */
  readonly gone: readonly ClusterEntry[];
  /** The store lost its memory (flushed, restarted empty, replaced): `gone` proves nothing about anybody. */
  readonly isReset: boolean;
}

export interface Lease {
  readonly isHeld: boolean;
  /** The lease as it stands: ours, or who holds it instead. */
  readonly entry: ClusterEntry;
}

export interface LeaseRequest {
  /** Who asks: unique over processes and their restarts. */
  readonly holder: string;
  readonly value: string;
  /** Milliseconds, 100 to 600,000. The holder must count from before it asked. */
  readonly ttlMs: number;
}

/** Methods reject with StoreUnavailableError when the store does not answer, with RangeError beyond `storeLimits`. */
export interface ClusterStore {
  readonly status: StoreStatus;
  /** Calls `listener` for each change of `status.state`; returns what ends it. */
  onStatus(listener: (status: StoreStatus) => void): () => void;
  get(key: string): Promise<ClusterEntry | undefined>;
  /** Sorted by key. */
  list(prefix: string): Promise<readonly ClusterEntry[]>;
  /** Sets a value without a lease, whatever was there. */
  put(key: string, value: string): Promise<ClusterEntry>;
  /** Sets the value if the key has the revision `expected` (undefined: if there is none); undefined: it has another one. */
  compareAndSet(
    key: string,
    expected: string | undefined,
    value: string,
  ): Promise<ClusterEntry | undefined>;
  /** True if it was there (with that revision) and is gone now. */
  delete(key: string, expected?: string): Promise<boolean>;
  /** Takes a free lease, or renews and rewrites the own one. A renewal with the same value keeps the revision. */
  acquire(key: string, request: LeaseRequest): Promise<Lease>;
  /** True if `holder` had it. */
  release(key: string, holder: string): Promise<boolean>;
  /**
   * Tells `listener` first all that is there, once known, then every change, in one order for all. After an interruption comes
   * what is different, so that the state a watcher sees is never behind for longer than the interruption. Returns what ends it.
   */
  watch(prefix: string, listener: (change: StoreChange) => void): () => void;
  /** Ends watches and connections; leases are left to lapse. Idempotent. */
  close(): Promise<void>;
}

/** The store does not answer, is overloaded or closed; ask again later, nothing that matters may depend on it. */
export class StoreUnavailableError extends Error {
  readonly code = 'ERR_STORE_UNAVAILABLE';
}

export const storeLimits = Object.freeze({
  keyCharsMax: 512,
  valueBytesMax: 64 * 1024,
  ttlMsMin: 100,
  ttlMsMax: 600_000,
  /** More is taken for foreign data. */
  entriesMax: 20_000,
  /** Unanswered requests of one process. */
  inFlightMax: 256,
});

/** Throws RangeError. */
export function checkKey(key: string): void {
  if (key.length > 0 && key.length <= storeLimits.keyCharsMax) return;
  throw new RangeError(`a store key has 1 to ${storeLimits.keyCharsMax} characters`);
}

/** Throws RangeError. */
export function checkValue(value: string): void {
  if (Buffer.byteLength(value) <= storeLimits.valueBytesMax) return;
  throw new RangeError(`a stored value has at most ${storeLimits.valueBytesMax} bytes`);
}

/** Throws RangeError. */
export function checkLease({ holder, value, ttlMs }: LeaseRequest): void {
  checkValue(value);
  if (!/^[^\n]{1,200}$/.test(holder)) {
    throw new RangeError('the holder of a lease has 1 to 200 characters on one line');
  }
  const { ttlMsMin, ttlMsMax } = storeLimits;
  if (ttlMs >= ttlMsMin && ttlMs <= ttlMsMax) return;
  throw new RangeError(`a lease lasts ${ttlMsMin} to ${ttlMsMax} milliseconds, not ${ttlMs}`);
}
