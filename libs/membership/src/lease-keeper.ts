// Keeps one lease as long as its process lives. Protects: it renews at a third of its life, at once after the store forgot it, and
// goes on trying through every failure; nobody waits for it. A refused lease is asked for again: its holder may be gone.
// Leaves out: what holding it means (the directory's).

import type { Platform, Timer } from '@drave/platform';
import type { ClusterEntry, ClusterStore } from './cluster-store.js';

export interface LeaseKeeperOptions {
  readonly store: ClusterStore;
  readonly platform: Platform;
  readonly key: string;
  readonly holder: string;
  readonly ttlMs: number;
  /** Asked at each renewal. */
  readonly value: () => string;
}

/** `refused`: somebody else holds it; `pending`: not asked yet, or the store does not answer. */
export type LeaseState = 'pending' | 'held' | 'refused';

export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions;
  readonly #listeners = new Set<(state: LeaseState) => void>();
  readonly #unwatch: () => void;
  #state: LeaseState = 'pending';
  #other: ClusterEntry | undefined;
  #timer: Timer | undefined;
  #renewing: Promise<void> | undefined;
  #sinceMs = 0;
  #isDirty = false;
  #isEnded = false;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#unwatch = options.store.watch(options.key, ({ gone, isReset }) => {
      if (isReset || gone.some(({ key }) => key === options.key)) this.renew();
    });
    this.renew();
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Who holds it instead, when refused. */
  get other(): ClusterEntry | undefined {
    return this.#other;
  }

  /** Settles at the first answer of the store, or after `withinMs` without one. */
  settled(withinMs: number): Promise<LeaseState> {
    if (this.#state !== 'pending') return Promise.resolve(this.#state);
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        this.#listeners.delete(finish);
        resolve(this.#state);
      };
      const timer = this.#options.platform.scheduler.setTimer(withinMs, finish);
      this.#listeners.add(finish);
    });
  }

  /** How long it has been refused, in monotonic milliseconds; 0 when it is not. */
  get refusedForMs(): number {
    if (this.#state !== 'refused') return 0;
    return this.#options.platform.clock.monotonicMs() - this.#sinceMs;
  }

  /** Calls `listener` for each change of state and each further refusal; returns what ends it. */
  onState(listener: (state: LeaseState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Renews now, with the value as it is now; several calls in a row are one or two renewals. */
  renew(): void {
    if (this.#isEnded) return;
    if (this.#renewing) {
      this.#isDirty = true;
      return;
    }
    this.#timer?.cancel();
    this.#renewing = this.#acquire().finally(() => {
      this.#renewing = undefined;
      if (this.#isEnded) return;
      if (this.#isDirty) {
        this.#isDirty = false;
        this.renew();
        return;
      }
      const { platform, ttlMs } = this.#options;
      // A quarter where the store did not answer: another try fits in before the lease lapses.
      const pauseMs = this.#state === 'pending' ? ttlMs / 4 : ttlMs / 3;
      this.#timer = platform.scheduler.setTimer(pauseMs, () => this.renew());
    });
  }

  /** Gives the lease up as far as the store answers; nothing is renewed any more. */
  async release(): Promise<void> {
    this.#isEnded = true;
    this.#timer?.cancel();
    this.#unwatch();
    await this.#renewing;
    const { store, key, holder } = this.#options;
    await store.release(key, holder).catch(() => undefined); // It lapses by itself.
  }

  async #acquire(): Promise<void> {
    const { store, key, holder, ttlMs, value } = this.#options;
    try {
      const { isHeld, entry } = await store.acquire(key, { holder, ttlMs, value: value() });
      this.#other = isHeld ? undefined : entry;
      this.#become(isHeld ? 'held' : 'refused');
    } catch {
      this.#become('pending'); // The store's own status says why.
    }
  }

  #become(state: LeaseState): void {
    if (this.#state === state && state !== 'refused') return;
    if (this.#state !== state) this.#sinceMs = this.#options.platform.clock.monotonicMs();
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
