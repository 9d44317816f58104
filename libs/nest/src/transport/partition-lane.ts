// The records of one partition, handed to a worker in order with bounded concurrency. Protects: with ordering `partition` one after the
// other, with `key` one after the other per key; a record that is not due holds those behind it (a retry topic has one delay, so they
// are due later); after `stop` nothing new starts. Leaves out: what a worker does with a failure; offsets.

import type { Scheduler, Timer } from '@drave/platform';
import type { Delivery } from './delivery.js';

export interface LaneOptions {
  readonly ordering: 'partition' | 'key' | 'none';
  /** Workers at once. */
  readonly concurrency: number;
  /** Deliveries per worker; above 1 it is called with what is there after `lingerMs`. */
  readonly batchSize: number;
  readonly lingerMs: number;
  readonly scheduler: Scheduler;
  readonly nowMs: () => number;
  /** Settles when the deliveries are done with; must not reject. At least one. */
  readonly work: (deliveries: readonly Delivery[]) => Promise<void>;
  /** Something was taken out of the queue. */
  readonly onRoom: () => void;
}

export class PartitionLane {
  readonly #options: LaneOptions;
  #queue: Delivery[] = [];
  readonly #busyKeys = new Set<string>();
  readonly #startedAtMs = new Map<object, number>();
  #activeRecords = 0;
  #isStopped = false;
  #isPaused = false;
  #timer: Timer | undefined;
  #lingerUntilMs: number | undefined;
  #idle: (() => void)[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** Records that wait or run. */
  get depth(): number {
    return this.#queue.length + this.#activeRecords;
  }

  get active(): number {
    return this.#activeRecords;
  }

  /** When the oldest running worker began; undefined when none runs. */
  get oldestStartMs(): number | undefined {
    let oldest: number | undefined;
    for (const startMs of this.#startedAtMs.values()) {
      if (oldest === undefined || startMs < oldest) oldest = startMs;
    }
    return oldest;
  }

  push(deliveries: readonly Delivery[]): void {
    if (this.#isStopped) return;
    for (const delivery of deliveries) this.#queue.push(delivery);
    this.#pump();
  }

  /** Nothing new starts until `resume`; what runs goes on. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  /** For good: what has not started is dropped, to be read again by the next owner. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
    this.#timer?.cancel();
  }

  /** Settles when no worker runs. */
  whenIdle(): Promise<void> {
    if (this.#startedAtMs.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    while (!this.#isStopped && !this.#isPaused) {
      if (this.#startedAtMs.size >= this.#options.concurrency) return;
      const next = this.#options.batchSize > 1 ? this.#nextBatch() : this.#nextOne();
      if (next.length === 0) return;
      this.#start(next);
      this.#options.onRoom();
    }
  }

  #start(deliveries: readonly Delivery[]): void {
    const ticket = {};
    this.#startedAtMs.set(ticket, this.#options.nowMs());
    this.#activeRecords += deliveries.length;
    const keys = this.#options.ordering === 'key' ? deliveries.map(keyOf) : [];
    for (const key of keys) if (key !== undefined) this.#busyKeys.add(key);
    void this.#options.work(deliveries).finally(() => {
      this.#startedAtMs.delete(ticket);
      this.#activeRecords -= deliveries.length;
      for (const key of keys) if (key !== undefined) this.#busyKeys.delete(key);
      if (this.#startedAtMs.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
      this.#options.onRoom();
      this.#pump();
    });
  }

  #nextOne(): Delivery[] {
    const { ordering } = this.#options;
    const skipped = new Set<string>();
    for (let index = 0; index < this.#queue.length; index++) {
      const delivery = this.#queue[index];
      if (!delivery) break;
      if (!this.#isDue(delivery)) break;
      const key = ordering === 'key' ? keyOf(delivery) : undefined;
      if (key !== undefined && (this.#busyKeys.has(key) || skipped.has(key))) {
        skipped.add(key);
        continue;
      }
      this.#take(index, 1);
      return [delivery];
    }
    return [];
  }

  #nextBatch(): Delivery[] {
    const { batchSize, lingerMs } = this.#options;
    const head = this.#queue[0];
    if (!head || !this.#isDue(head)) return [];
    if (this.#queue.length < batchSize && lingerMs > 0) {
      this.#lingerUntilMs ??= this.#options.nowMs() + lingerMs;
      const leftMs = this.#lingerUntilMs - this.#options.nowMs();
      if (leftMs > 0) {
        this.#wakeAfter(leftMs);
        return [];
      }
    }
    this.#lingerUntilMs = undefined;
    const batch = this.#queue.slice(0, batchSize);
    this.#take(0, batch.length);
    return batch;
  }

  #take(index: number, count: number): void {
    if (index === 0 && count === 1) this.#queue.shift();
    else this.#queue.splice(index, count);
  }

  #isDue({ dueAtMs }: Delivery): boolean {
    if (dueAtMs === 0) return true;
    const leftMs = dueAtMs - this.#options.nowMs();
    if (leftMs <= 0) return true;
    this.#wakeAfter(leftMs);
    return false;
  }

  #wakeAfter(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.scheduler.setTimer(delayMs, () => {
      this.#timer = undefined;
      this.#pump();
    });
  }
}

/** Records without a key have no order among themselves. */
function keyOf({ record }: Delivery): string | undefined {
  return record.key?.toString('latin1');
}
