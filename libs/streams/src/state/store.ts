// Typed views of a state engine: key-value and window stores with a write-behind cache of decoded values.
// Protects: a hot key is decoded and encoded once per commit, not once per record; `flush` writes the cache into the
// engine before a scan or a commit, so both always see everything. Reads between see uncommitted values.
// Values handed out belong to the store: replace them with `put`, do not change them afterwards.
// Leaves out: session and versioned stores, time to live.

import { limits } from '../limits.js';
import type { StoreSpec } from './store-spec.js';
import type { Serde } from '../serde.js';
import type { TimeWindows, Windowed } from '../window.js';
import type { StateEngine } from './engine.js';

export type StateStore = KeyValueStore<unknown, unknown> | WindowStore<unknown, unknown>;

/** What a query from outside may do with a key-value store. */
export interface ReadableKeyValueStore<K, V> {
  readonly kind: 'key-value';
  get(key: K): V | undefined;
  all(): IterableIterator<[K, V]>;
  readonly count: number;
}

/** What a query from outside may do with a window store. */
export interface ReadableWindowStore<K, V> {
  readonly kind: 'window';
  get(key: K, startMs: number): V | undefined;
  /** Windows of `key` whose start is within [fromMs, toMs], oldest first. */
  fetch(key: K, fromMs: number, toMs: number): [Windowed<K>, V][];
  /** All windows, ordered by start, then by key bytes. */
  all(): IterableIterator<[Windowed<K>, V]>;
  readonly count: number;
}

/** Cached key: text keys as they are, others by their bytes. */
function cacheName<K>(serde: Serde<K>, key: K): string {
  if (typeof key === 'string') return key;
  return serde.serialize(key).toString('latin1');
}

interface Cached<K, V> {
  readonly key: K;
  /** undefined: deleted, or known to be absent. */
  value: V | undefined;
  changed: boolean;
}

export class KeyValueStore<K, V> implements ReadableKeyValueStore<K, V> {
  readonly kind = 'key-value';
  readonly name: string;
  readonly engine: StateEngine;
  readonly #key: Serde<K>;
  readonly #value: Serde<V>;
  readonly #cache = new Map<string, Cached<K, V>>();

  constructor(spec: StoreSpec, engine: StateEngine) {
    this.name = spec.name;
    this.engine = engine;
    this.#key = spec.key as Serde<K>;
    this.#value = spec.value as Serde<V>;
  }

  get count(): number {
    this.flush();
    return this.engine.count;
  }

  get(key: K): V | undefined {
    return this.#entry(key).value;
  }

  put(key: K, value: V): void {
    const entry = this.#entry(key);
    entry.value = value;
    entry.changed = true;
  }

  delete(key: K): void {
    const entry = this.#entry(key);
    entry.value = undefined;
    entry.changed = true;
  }

  *all(): IterableIterator<[K, V]> {
    this.flush();
    for (const [key, value] of this.engine.range()) {
      yield [this.#key.deserialize(key), this.#value.deserialize(value)];
    }
  }

  /** Writes cached changes into the engine. */
  flush(): void {
    for (const entry of this.#cache.values()) {
      if (!entry.changed) continue;
      const key = this.#key.serialize(entry.key);
      if (entry.value === undefined) this.engine.delete(key);
      else this.engine.put(key, this.#value.serialize(entry.value));
      entry.changed = false;
    }
  }

  /** `flush`, then forgets the decoded values. */
  release(): void {
    this.flush();
    this.#cache.clear();
  }

  #entry(key: K): Cached<K, V> {
    const name = cacheName(this.#key, key);
    const cached = this.#cache.get(name);
    if (cached) return cached;
    if (this.#cache.size >= limits.cachedEntriesMax) this.release();
    const stored = this.engine.get(this.#key.serialize(key));
    const entry = {
      key,
      value: stored && this.#value.deserialize(stored),
      changed: false,
    };
    this.#cache.set(name, entry);
    return entry;
  }
}

/**
 * Engine key: int64 window start (big endian), then the key's bytes: time first, so closing and expiring windows are
 * scans from the oldest.
 */
export class WindowStore<K, V> implements ReadableWindowStore<K, V> {
  readonly kind = 'window';
  readonly name: string;
  readonly windows: TimeWindows;
  readonly engine: StateEngine;
  readonly #key: Serde<K>;
  readonly #value: Serde<V>;
  /** Window start → cached key → entry. */
  readonly #cache = new Map<number, Map<string, Cached<K, V>>>();
  #cachedCount = 0;

  constructor(spec: StoreSpec, windows: TimeWindows, engine: StateEngine) {
    this.name = spec.name;
    this.windows = windows;
    this.engine = engine;
    this.#key = spec.key as Serde<K>;
    this.#value = spec.value as Serde<V>;
  }

  get count(): number {
    this.flush();
    return this.engine.count;
  }

  get(key: K, startMs: number): V | undefined {
    return this.#entry(key, startMs).value;
  }

  put(key: K, startMs: number, value: V): void {
    const entry = this.#entry(key, startMs);
    entry.value = value;
    entry.changed = true;
  }

  fetch(key: K, fromMs: number, toMs: number): [Windowed<K>, V][] {
    const wanted = this.#key.serialize(key);
    const found: [Windowed<K>, V][] = [];
    this.flush();
    const range = this.engine.range(startBytes(Math.max(0, fromMs)), startBytes(toMs + 1));
    for (const [engineKey, value] of range) {
      if (!engineKey.subarray(8).equals(wanted)) continue;
      const startMs = Number(engineKey.readBigInt64BE(0));
      const window = { key, startMs, endMs: startMs + this.windows.sizeMs };
      found.push([window, this.#value.deserialize(value)]);
    }
    return found;
  }

  *all(): IterableIterator<[Windowed<K>, V]> {
    yield* this.between(0, Number.MAX_SAFE_INTEGER);
  }

  /** Windows with fromMs ≤ start < toMs, ordered by start, then by key bytes. */
  *between(fromMs: number, toMs: number): IterableIterator<[Windowed<K>, V]> {
    this.flush();
    for (const [key, value] of this.engine.range(startBytes(fromMs), startBytes(toMs))) {
      const startMs = Number(key.readBigInt64BE(0));
      const window = {
        key: this.#key.deserialize(key.subarray(8)),
        startMs,
        endMs: startMs + this.windows.sizeMs,
      };
      yield [window, this.#value.deserialize(value)];
    }
  }

  /** Start of the oldest window that starts at `fromMs` or later; undefined when there is none. */
  oldestStartMs(fromMs = 0): number | undefined {
    this.flush();
    for (const [key] of this.engine.range(startBytes(fromMs))) {
      return Number(key.readBigInt64BE(0));
    }
    return undefined;
  }

  /** Deletes every window whose start is before `startMs`; returns their number. */
  expireBefore(startMs: number): number {
    if (startMs <= 0) return 0;
    this.release();
    let count = 0;
    for (const [key] of this.engine.range(undefined, startBytes(startMs))) {
      this.engine.delete(key);
      count += 1;
    }
    return count;
  }

  flush(): void {
    for (const [startMs, entries] of this.#cache) {
      for (const entry of entries.values()) {
        if (!entry.changed) continue;
        const key = this.#engineKey(entry.key, startMs);
        if (entry.value === undefined) this.engine.delete(key);
        else this.engine.put(key, this.#value.serialize(entry.value));
        entry.changed = false;
      }
    }
  }

  release(): void {
    this.flush();
    this.#cache.clear();
    this.#cachedCount = 0;
  }

  #engineKey(key: K, startMs: number): Buffer {
    return Buffer.concat([startBytes(startMs), this.#key.serialize(key)]);
  }

  #entry(key: K, startMs: number): Cached<K, V> {
    const name = cacheName(this.#key, key);
    const cached = this.#cache.get(startMs)?.get(name);
    if (cached) return cached;
    if (this.#cachedCount >= limits.cachedEntriesMax) this.release();
    const stored = this.engine.get(this.#engineKey(key, startMs));
    const entry = {
      key,
      value: stored && this.#value.deserialize(stored),
      changed: false,
    };
    let entries = this.#cache.get(startMs);
    if (!entries) {
      entries = new Map();
      this.#cache.set(startMs, entries);
    }
    entries.set(name, entry);
    this.#cachedCount += 1;
    return entry;
  }
}

function startBytes(startMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(startMs));
  return bytes;
}

export function createStore(spec: StoreSpec, engine: StateEngine): StateStore {
  return spec.windows
    ? new WindowStore<unknown, unknown>(spec, spec.windows, engine)
    : new KeyValueStore<unknown, unknown>(spec, engine);
}
