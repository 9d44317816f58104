// Where long polls wait: woken by moves of a high watermark, by the end of a partition, or by their timeout; never by polling.
// Protects: a parked fetch completes exactly once and leaves nothing behind; the number of parked fetches is bounded.
// Leaves out: reading again, which the owner does when told. Source: Kafka's DelayedFetch.

import type { Scheduler, Timer } from '@drave/platform';
import { assert } from '@drave/platform';
import type { Partition } from './partition.js';

export interface FetchToPark {
  readonly partitions: readonly Partition[];
  /** More bytes that must become readable before the fetch is worth answering; ≥ 1. */
  readonly missingBytes: number;
  /** Only what lies below the last stable offset counts as readable. */
  readonly isCommittedOnly: boolean;
  /** > 0. */
  readonly waitMs: number;
  /** Called once unless `cancel` came first. `isSure` is false when a transaction ended that may have held too little: park again then. */
  complete(isSure: boolean): void;
}

export interface ParkedFetch {
  /** Forgets the fetch without completing it; idempotent. */
  cancel(): void;
}

export class FetchPurgatory {
  readonly #scheduler: Scheduler;
  readonly #parkedMax: number;
  readonly #parked = new Set<(isSure: boolean) => void>();

  constructor(scheduler: Scheduler, options: { readonly parkedMax: number }) {
    this.#scheduler = scheduler;
    this.#parkedMax = options.parkedMax;
  }

  get parkedCount(): number {
    return this.#parked.size;
  }

  /** Undefined when the purgatory is full: the caller answers at once. */
  park(fetch: FetchToPark): ParkedFetch | undefined {
    if (this.#parked.size >= this.#parkedMax) return undefined;
    assert(fetch.missingBytes > 0 && fetch.waitMs > 0, 'fetch-has-to-wait', { ...fetch });
    let missingBytes = fetch.missingBytes;
    let done = false;
    const leave = (): boolean => {
      if (done) return false;
      done = true;
      this.#parked.delete(complete);
      timer.cancel();
      for (const unsubscribe of unsubscribes) unsubscribe();
      return true;
    };
    const complete = (isSure: boolean): void => {
      if (leave()) fetch.complete(isSure);
    };
    const timer: Timer = this.#scheduler.setTimer(fetch.waitMs, () => complete(true));
    const unsubscribes = fetch.partitions.map((partition) =>
      partition.onHighWatermark((bytes, stableBytes) => {
        missingBytes -= fetch.isCommittedOnly ? stableBytes : bytes;
        if (partition.failure) complete(true);
        else if (missingBytes <= 0) complete(missingBytes > -Infinity || !fetch.isCommittedOnly);
      }),
    );
    this.#parked.add(complete);
    return { cancel: () => void leave() };
  }

  /** Completes everything parked: the broker stops. */
  completeAll(): void {
    for (const complete of this.#parked) complete(true);
  }
}
