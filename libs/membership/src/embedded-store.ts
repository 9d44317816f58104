// The store within one process: what runs without Redis, and what a simulated world coordinates through. Protects: time comes from
// the platform alone; leases stand still while the store is interrupted, as they do in Redis. Leaves out: durability, on purpose.

import type { Platform, Timer } from '@drave/platform';
import {
  checkKey,
  checkLease,
  checkValue,
  StoreUnavailableError,
  storeLimits,
  type ClusterEntry,
  type ClusterStore,
  type Lease,
  type LeaseRequest,
  type StoreChange,
  type StoreStatus,
} from './cluster-store.js';
import { EntryView } from './entry-view.js';
import { StoreSignal } from './store-signal.js';

interface Held extends ClusterEntry {
  /** On the hub's own time; Infinity without a lease. */
  expiresAtMs: number;
}

/** The memory that the sessions of one process or one simulated world share. */
export class EmbeddedHub {
  readonly #platform: Platform;
  readonly #sessions = new Set<EmbeddedSession>();
  readonly #entries = new Map<string, Held>();
  #incarnation: string;
  #counter = 0;
  #interruptedAtMs: number | undefined;
  /** Time that did not count. */
  #creditMs = 0;
  #expiry: Timer | undefined;
  #isTelling = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#incarnation = platform.random.uuid();
  }

  /** A store of one process. `platform`: its own, where it differs from the hub's. */
  session(platform: Platform = this.#platform): ClusterStore {
    const session = new EmbeddedSession(this, platform);
    this.#sessions.add(session);
    session.hear(this.#interruptedAtMs === undefined, this.#incarnation, this.entries());
    return session;
  }

  /** Forgets everything, as FLUSHALL does. */
  flush(): void {
    this.#entries.clear();
    this.#incarnation = this.#platform.random.uuid();
    this.#changed();
  }

  /** Answers nobody until `resume`. */
  interrupt(): void {
    this.#interruptedAtMs ??= this.#platform.clock.monotonicMs();
    this.#expiry?.cancel();
    for (const session of this.#sessions) session.hear(false, this.#incarnation, []);
  }

  resume(): void {
    if (this.#interruptedAtMs === undefined) return;
    this.#creditMs += this.#platform.clock.monotonicMs() - this.#interruptedAtMs;
    this.#interruptedAtMs = undefined;
    this.#changed();
  }

  /** For its sessions. */
  entries(): ClusterEntry[] {
    this.#expire();
    const all = [...this.#entries.values()].map(copyOf);
    return all.sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** For its sessions: the entry as it stands. */
  entry(key: string): ClusterEntry | undefined {
    if (this.#interruptedAtMs !== undefined) {
      throw new StoreUnavailableError('the store is interrupted');
    }
    this.#expire();
    const held = this.#entries.get(key);
    return held && copyOf(held);
  }

  /** For its sessions: `ttlMs` Infinity is no lease; the same value for the same holder only renews. */
  set(key: string, value: string, lease?: LeaseRequest): ClusterEntry {
    const expiresAtMs = lease ? this.#nowMs() + lease.ttlMs : Infinity;
    const known = this.#entries.get(key);
    if (lease && known?.value === value) {
      known.expiresAtMs = expiresAtMs;
      this.#armExpiry();
      return copyOf(known);
    }
    if (!known && this.#entries.size >= storeLimits.entriesMax) {
      throw new StoreUnavailableError(`the store holds ${storeLimits.entriesMax} entries already`);
    }
    this.#counter += 1;
    const revision = `${this.#counter}.${this.#incarnation}`;
    const held: Held = { key, value, revision, holder: lease?.holder, expiresAtMs };
    this.#entries.set(key, held);
    this.#changed();
    return copyOf(held);
  }

  /** For its sessions. */
  remove(key: string): void {
    this.#entries.delete(key);
    this.#changed();
  }

  /** For its sessions. */
  leave(session: EmbeddedSession): void {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#expiry?.cancel();
  }

  #nowMs(): number {
    return (this.#interruptedAtMs ?? this.#platform.clock.monotonicMs()) - this.#creditMs;
  }

  #expire(): void {
    const nowMs = this.#nowMs();
    let isAny = false;
    for (const [key, { expiresAtMs }] of this.#entries) {
      if (expiresAtMs > nowMs) continue;
      this.#entries.delete(key);
      isAny = true;
    }
    if (isAny) this.#changed();
  }

  #changed(): void {
    this.#armExpiry();
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (this.#interruptedAtMs !== undefined) return;
      const entries = this.entries();
      for (const session of [...this.#sessions]) session.hear(true, this.#incarnation, entries);
    });
  }

  #armExpiry(): void {
    this.#expiry?.cancel();
    if (this.#interruptedAtMs !== undefined || this.#sessions.size === 0) return;
    let nextMs = Infinity;
    for (const { expiresAtMs } of this.#entries.values()) nextMs = Math.min(nextMs, expiresAtMs);
    if (nextMs === Infinity) return;
    const delayMs = Math.max(0, nextMs - this.#nowMs());
    this.#expiry = this.#platform.scheduler.setTimer(delayMs, () => {
      this.#expire();
      this.#armExpiry();
    });
  }
}

function copyOf({ key, value, revision, holder }: Held): ClusterEntry {
  return { key, value, revision, holder };
}

class EmbeddedSession implements ClusterStore {
  readonly #hub: EmbeddedHub;
  readonly #view: EntryView;
  readonly #signal: StoreSignal;
  #isClosed = false;

  constructor(hub: EmbeddedHub, { clock, logger }: Platform) {
    this.#hub = hub;
    this.#view = new EntryView(logger);
    this.#signal = new StoreSignal(clock, 'connected');
  }

  get status(): StoreStatus {
    return this.#signal.status;
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    return this.#signal.subscribe(listener);
  }

  hear(isConnected: boolean, incarnation: string, entries: readonly ClusterEntry[]): void {
    if (isConnected) {
      this.#signal.set('connected');
      this.#view.apply(incarnation, entries);
    } else {
      this.#signal.set('lost', 'the store is interrupted');
    }
  }

  async get(key: string): Promise<ClusterEntry | undefined> {
    return this.#entry(key);
  }

  async list(prefix: string): Promise<readonly ClusterEntry[]> {
    this.#entry(prefix || '-');
    return this.#hub.entries().filter(({ key }) => key.startsWith(prefix));
  }

  async put(key: string, value: string): Promise<ClusterEntry> {
    checkValue(value);
    this.#entry(key);
    return this.#hub.set(key, value);
  }

  async compareAndSet(
    key: string,
    expected: string | undefined,
    value: string,
  ): Promise<ClusterEntry | undefined> {
    checkValue(value);
    if (this.#entry(key)?.revision !== expected) return undefined;
    return this.#hub.set(key, value);
  }

  async delete(key: string, expected?: string): Promise<boolean> {
    const entry = this.#entry(key);
    if (!entry || (expected !== undefined && entry.revision !== expected)) return false;
    this.#hub.remove(key);
    return true;
  }

  async acquire(key: string, request: LeaseRequest): Promise<Lease> {
    checkLease(request);
    const entry = this.#entry(key);
    if (entry && entry.holder !== request.holder) return { isHeld: false, entry };
    return { isHeld: true, entry: this.#hub.set(key, request.value, request) };
  }

  async release(key: string, holder: string): Promise<boolean> {
    if (this.#entry(key)?.holder !== holder) return false;
    this.#hub.remove(key);
    return true;
  }

  watch(prefix: string, listener: (change: StoreChange) => void): () => void {
    return this.#view.watch(prefix, listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#view.clear();
    this.#hub.leave(this);
    this.#signal.set('lost', 'closed');
  }

  #entry(key: string): ClusterEntry | undefined {
    checkKey(key);
    if (this.#isClosed) throw new StoreUnavailableError('the store is closed');
    return this.#hub.entry(key);
  }
}
