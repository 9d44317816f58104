// The store on Redis or Valkey. Protects: it asks on every tick, so no event can be missed; a flushed, restarted or replaced Redis is
// told from lapsed leases by its incarnation; a call never waits longer than the command timeout; foreign data costs one warning.
// Leaves out: pub/sub (a tick of 200 ms is soon enough), consensus (the store is a hint, see cluster-store.ts).

import type { Platform, Timer } from '@drave/platform';
import {
  checkKey,
  checkLease,
  checkValue,
  StoreUnavailableError,
  type ClusterEntry,
  type ClusterStore,
  type Lease,
  type LeaseRequest,
  type StoreChange,
  type StoreStatus,
} from './cluster-store.js';
import { EntryView } from './entry-view.js';
import { connectRedis, type RedisConnection } from './redis-connection.js';
import { keysOf, syncScript, writeScript } from './redis-scripts.js';
import { StoreSignal } from './store-signal.js';

export interface RedisStoreOptions {
  readonly platform: Platform;
  /** `redis://HOST:PORT`; `rediss://` for TLS, user, password and database number as usual. */
  readonly url: string;
  /** Clusters that share a Redis differ here; letters, digits, `.`, `_`, `-`. Default `drave`. */
  readonly namespace?: string;
  /** How often the store is asked what is new; milliseconds, default 200. */
  readonly pollIntervalMs?: number;
  /** A call that takes longer is given up; milliseconds, default 1,000. */
  readonly commandTimeoutMs?: number;
}

const pollIntervalMsDefault = 200;
const commandTimeoutMsDefault = 1_000;

/** Loads the driver and begins to connect; settles without waiting for Redis. Rejects with RedisUrlError, RangeError. */
export async function openRedisStore(options: RedisStoreOptions): Promise<ClusterStore> {
  const { platform, url, namespace = 'drave' } = options;
  if (!/^[a-zA-Z0-9._-]{1,100}$/.test(namespace)) {
    throw new RangeError('a namespace has 1 to 100 of a-z A-Z 0-9 . _ -');
  }
  const commandTimeoutMs = options.commandTimeoutMs ?? commandTimeoutMsDefault;
  const connection = await connectRedis({ platform, url, commandTimeoutMs });
  const pollIntervalMs = options.pollIntervalMs ?? pollIntervalMsDefault;
  return new RedisStore({ platform, connection, namespace, pollIntervalMs });
}

interface Parts {
  readonly platform: Platform;
  readonly connection: RedisConnection;
  readonly namespace: string;
  readonly pollIntervalMs: number;
}

interface Write {
  readonly op: 'get' | 'put' | 'swap' | 'acquire' | 'release' | 'delete';
  readonly key: string;
  readonly expected?: string | undefined;
  readonly holder?: string;
  readonly value?: string;
  readonly ttlMs?: number;
}

class RedisStore implements ClusterStore {
  readonly #parts: Parts;
  readonly #keys: readonly string[];
  readonly #view: EntryView;
  readonly #signal: StoreSignal;
  #revision = '';
  #timer: Timer | undefined;
  #syncing: Promise<void> | undefined;
  #hasWarned = false;
  #hasChecked = false;
  #isClosed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#keys = keysOf(parts.namespace);
    this.#view = new EntryView(parts.platform.logger);
    this.#signal = new StoreSignal(parts.platform.clock, 'lost', 'not connected yet');
    this.#tick();
  }

  get status(): StoreStatus {
    return this.#signal.status;
  }

  onStatus(listener: (status: StoreStatus) => void): () => void {
    return this.#signal.subscribe(listener);
  }

  async get(key: string): Promise<ClusterEntry | undefined> {
    return (await this.#write({ op: 'get', key })).entry;
  }

  async list(prefix: string): Promise<readonly ClusterEntry[]> {
    const { entries } = await this.#ask('', '');
    return (entries ?? []).filter(({ key }) => key.startsWith(prefix));
  }

  async put(key: string, value: string): Promise<ClusterEntry> {
    return entryOf(await this.#write({ op: 'put', key, value }));
  }

  async compareAndSet(
    key: string,
    expected: string | undefined,
    value: string,
  ): Promise<ClusterEntry | undefined> {
    const result = await this.#write({ op: 'swap', key, expected, value });
    return result.isDone ? result.entry : undefined;
  }

  async delete(key: string, expected?: string): Promise<boolean> {
    return (await this.#write({ op: 'delete', key, expected })).isDone;
  }

  async acquire(key: string, request: LeaseRequest): Promise<Lease> {
    checkLease(request);
    const result = await this.#write({ op: 'acquire', key, ...request });
    return { isHeld: result.isDone, entry: entryOf(result) };
  }

  async release(key: string, holder: string): Promise<boolean> {
    return (await this.#write({ op: 'release', key, holder })).isDone;
  }

  watch(prefix: string, listener: (change: StoreChange) => void): () => void {
    return this.#view.watch(prefix, listener);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#view.clear();
    this.#parts.connection.close();
    await this.#syncing;
    this.#signal.set('lost', 'closed');
  }

  #tick(): void {
    this.#syncing = this.#sync().finally(() => {
      if (this.#isClosed) return;
      const { platform, pollIntervalMs } = this.#parts;
      this.#timer = platform.scheduler.setTimer(pollIntervalMs, () => this.#tick());
    });
  }

  async #sync(): Promise<void> {
    const { logger } = this.#parts.platform;
    try {
      const answer = await this.#ask(this.#view.incarnation, this.#revision);
      if (this.#isClosed) return;
      if (this.#signal.status.state === 'lost') logger.info('store-connected');
      this.#signal.set('connected');
      this.#revision = answer.revision;
      if (answer.entries) this.#view.apply(answer.incarnation, answer.entries);
      if (!this.#hasChecked) await this.#checkPolicy();
    } catch (error) {
      if (this.#isClosed) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#signal.status.state === 'connected') logger.warn('store-lost', { reason });
      this.#hasChecked = false;
      this.#signal.set('lost', reason);
    }
  }

  async #checkPolicy(): Promise<void> {
    this.#hasChecked = true;
    const { policy, maxMemory } = await this.#parts.connection.facts();
    if (policy === undefined || policy === 'noeviction' || maxMemory === '0') return;
    this.#parts.platform.logger.warn('store-may-evict', {
      policy,
      remedy: 'set maxmemory-policy noeviction in Redis; until then leases may vanish early',
    });
  }

  async #ask(knownIncarnation: string, knownRevision: string) {
    const args = [this.#fresh(), knownIncarnation, knownRevision];
    const answer = await this.#run(syncScript, args);
    const [incarnation = '', revision = '', repaired = 0, flat] = answer;
    this.#noteRepairs(Number(repaired));
    const entries = Array.isArray(flat) ? entriesOf(flat.map(String)) : undefined;
    return { incarnation: String(incarnation), revision: String(revision), entries };
  }

  async #write(write: Write): Promise<{ isDone: boolean; entry: ClusterEntry | undefined }> {
    const { op, key, expected = '', holder = '', value = '', ttlMs = 0 } = write;
    checkKey(key);
    checkValue(value);
    const token = this.#fresh().slice(0, 16);
    const args = [this.#fresh(), op, key, expected, holder, value, String(ttlMs), token];
    const answer = await this.#run(writeScript, args);
    const [, isDone, repaired, ...texts] = answer;
    const [revision, found = '', stored = ''] = texts.map(String);
    this.#noteRepairs(Number(repaired));
    const entry = revision === undefined ? undefined : makeEntry(key, revision, found, stored);
    return { isDone: Number(isDone) === 1, entry };
  }

  async #run(script: typeof syncScript, args: readonly string[]): Promise<readonly unknown[]> {
    if (this.#isClosed) throw new StoreUnavailableError('the store is closed');
    const answer = await this.#parts.connection.run(script, this.#keys, args);
    if (Array.isArray(answer)) return answer;
    throw new StoreUnavailableError('Redis answered what no script of ours says');
  }

  /** 32 hex digits. */
  #fresh(): string {
    return this.#parts.platform.random.bytes(16).toString('hex');
  }

  #noteRepairs(count: number): void {
    if (count === 0 || this.#hasWarned) return;
    this.#hasWarned = true;
    this.#parts.platform.logger.warn('store-repaired', {
      count,
      keys: this.#keys,
      remedy: 'something else writes under these keys; give each cluster a namespace of its own',
    });
  }
}

function entryOf({ entry }: { readonly entry: ClusterEntry | undefined }): ClusterEntry {
  if (entry) return entry;
  throw new StoreUnavailableError('Redis answered without the entry');
}

function makeEntry(key: string, revision: string, holder: string, value: string): ClusterEntry {
  return { key, value, revision, holder: holder === '' ? undefined : holder };
}

/** Four texts per entry; sorted by key. */
function entriesOf(flat: readonly string[]): ClusterEntry[] {
  const entries: ClusterEntry[] = [];
  for (let index = 0; index + 3 < flat.length; index += 4) {
    const [key = '', revision = '', holder = '', value = ''] = flat.slice(index, index + 4);
    entries.push(makeEntry(key, revision, holder, value));
  }
  return entries.sort((a, b) => (a.key < b.key ? -1 : 1));
}
