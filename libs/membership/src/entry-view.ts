// What one process knows of the store, and who wants to hear of it. Protects: every watcher hears the same changes in the same
// order, each state at most once; a watcher that throws harms nobody. Leaves out: where the entries come from (the adapters).

import type { Logger } from '@drave/platform';
import type { ClusterEntry, StoreChange } from './cluster-store.js';

interface Watcher {
  readonly prefix: string;
  readonly listener: (change: StoreChange) => void;
  hasHeard: boolean;
}

export class EntryView {
  readonly #logger: Logger;
  readonly #watchers = new Set<Watcher>();
  #entries: ReadonlyMap<string, ClusterEntry> | undefined;
  #incarnation = '';

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Of which memory of the store the view is; empty before the first. */
  get incarnation(): string {
    return this.#incarnation;
  }

  /** The store holds exactly these now. */
  apply(incarnation: string, entries: readonly ClusterEntry[]): void {
    const before = this.#entries ?? new Map<string, ClusterEntry>();
    const after = new Map(entries.map((entry) => [entry.key, entry]));
    const isReset = this.#entries !== undefined && incarnation !== this.#incarnation;
    this.#entries = after;
    this.#incarnation = incarnation;
    const changed = entries.filter(({ key, revision }) => before.get(key)?.revision !== revision);
    const gone = [...before.values()].filter(({ key }) => !after.has(key));
    for (const watcher of [...this.#watchers]) {
      if (!watcher.hasHeard) this.#tellFirst(watcher);
      else tell(watcher, { changed, gone, isReset }, this.#logger);
    }
  }

  watch(prefix: string, listener: (change: StoreChange) => void): () => void {
    const watcher: Watcher = { prefix, listener, hasHeard: false };
    this.#watchers.add(watcher);
    queueMicrotask(() => {
      if (this.#entries && !watcher.hasHeard && this.#watchers.has(watcher)) {
        this.#tellFirst(watcher);
      }
    });
    return () => this.#watchers.delete(watcher);
  }

  clear(): void {
    this.#watchers.clear();
  }

  #tellFirst(watcher: Watcher): void {
    watcher.hasHeard = true;
    const changed = [...(this.#entries?.values() ?? [])];
    tell(watcher, { changed, gone: [], isReset: false }, this.#logger, true);
  }
}

function tell(watcher: Watcher, all: StoreChange, logger: Logger, always = false): void {
  const { prefix, listener } = watcher;
  const changed = all.changed.filter(({ key }) => key.startsWith(prefix));
  const gone = all.gone.filter(({ key }) => key.startsWith(prefix));
  if (!always && !all.isReset && changed.length + gone.length === 0) return;
  try {
    listener({ changed, gone, isReset: all.isReset });
  } catch (error) {
    logger.warn('store-watcher-failed', { prefix, error });
  }
}
