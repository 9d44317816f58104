// A query view over the parts of one store that live on this instance. Protects: it never keeps a task alive: each call
// looks at the tasks that run just then. Leaves out: other instances, positions.

import type { StoreSpec } from './store-spec.js';
import type { Windowed } from '../window.js';
import { KeyValueStore, WindowStore, type StateStore } from './store.js';

export class LocalStore<K, V> {
  readonly name: string;
  readonly kind: 'key-value' | 'window';
  readonly #parts: () => readonly StateStore[];

  constructor(spec: StoreSpec, parts: () => readonly StateStore[]) {
    this.name = spec.name;
    this.kind = spec.windows ? 'window' : 'key-value';
    this.#parts = parts;
  }

  /** Entries here. */
  get count(): number {
    return this.#parts().reduce((sum, part) => sum + part.count, 0);
  }

  /** Value of a key; of a window store, of the window that starts at `startMs`. undefined when it is not here. */
  get(key: K, startMs?: number): V | undefined {
    for (const part of this.#parts()) {
      const value = part instanceof WindowStore ? part.get(key, startMs ?? 0) : part.get(key);
      if (value !== undefined) return value as V;
    }
    return undefined;
  }

  /** Windows of a key whose start is within [fromMs, toMs], oldest first. */
  fetch(key: K, fromMs: number, toMs: number): [Windowed<K>, V][] {
    return this.#windowParts().flatMap((part) => part.fetch(key, fromMs, toMs)) as [
      Windowed<K>,
      V,
    ][];
  }

  /** All windows with fromMs ≤ start < toMs; ordered by start within each task. */
  *windows(fromMs = 0, toMs = Number.MAX_SAFE_INTEGER): IterableIterator<[Windowed<K>, V]> {
    for (const part of this.#windowParts()) {
      yield* part.between(fromMs, toMs) as IterableIterator<[Windowed<K>, V]>;
    }
  }

  /** All entries of a key-value store. */
  *entries(): IterableIterator<[K, V]> {
    for (const part of this.#parts()) {
      if (part instanceof KeyValueStore) yield* part.all() as IterableIterator<[K, V]>;
    }
  }

  #windowParts(): WindowStore<unknown, unknown>[] {
    return this.#parts().filter((part) => part instanceof WindowStore);
  }
}
