// The status of a store and who wants to hear of it. Protects: listeners hear changes of state only.

import type { Clock } from '@drave/platform';
import type { StoreStatus } from './cluster-store.js';

export class StoreSignal {
  readonly #clock: Clock;
  readonly #listeners = new Set<(status: StoreStatus) => void>();
  #status: StoreStatus;

  constructor(clock: Clock, state: StoreStatus['state'], reason?: string) {
    this.#clock = clock;
    this.#status = statusOf(clock, state, reason);
  }

  get status(): StoreStatus {
    return this.#status;
  }

  set(state: StoreStatus['state'], reason?: string): void {
    if (this.#status.state === state) {
      const { sinceMs } = this.#status;
      this.#status = reason === undefined ? { state, sinceMs } : { state, sinceMs, reason };
      return;
    }
    this.#status = statusOf(this.#clock, state, reason);
    for (const listener of [...this.#listeners]) listener(this.#status);
  }

  subscribe(listener: (status: StoreStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function statusOf(clock: Clock, state: StoreStatus['state'], reason?: string): StoreStatus {
  const sinceMs = clock.monotonicMs();
  return reason === undefined ? { state, sinceMs } : { state, sinceMs, reason };
}
