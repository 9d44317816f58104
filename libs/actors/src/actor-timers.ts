// The timers of one actor instance. Protects: nothing of a cancelled or replaced timer is delivered, although its message
// may wait in the control queue already; a periodic timer has at most one message there.

import type { Scheduler, Timer } from '@drave/platform';
import { ActorError } from './actor-error.js';
import type { ActorTimers } from './behavior.js';
import { checkOwnSources } from './mailbox.js';

export interface TimerEntry<M> {
  readonly key: string;
  readonly message: M;
  /** undefined: fires once. */
  readonly intervalMs: number | undefined;
  timer: Timer | undefined;
  isQueued: boolean;
}

export class CellTimers<M> implements ActorTimers<M> {
  readonly #scheduler: Scheduler;
  readonly #enqueue: (entry: TimerEntry<M>) => void;
  readonly #entries = new Map<string, TimerEntry<M>>();

  /** `enqueue` puts a fired timer into the actor's control queue. */
  constructor(scheduler: Scheduler, enqueue: (entry: TimerEntry<M>) => void) {
    this.#scheduler = scheduler;
    this.#enqueue = enqueue;
  }

  once(key: string, delayMs: number, message: M): void {
    this.#set({ key, message, intervalMs: undefined, timer: undefined, isQueued: false }, delayMs);
  }

  every(key: string, intervalMs: number, message: M): void {
    if (!(intervalMs > 0)) {
      throw new ActorError('ERR_ACTOR_MISUSE', `timer ${key}: the interval must be above 0 ms`);
    }
    this.#set({ key, message, intervalMs, timer: undefined, isQueued: false }, intervalMs);
  }

  cancel(key: string): void {
    this.#entries.get(key)?.timer?.cancel();
    this.#entries.delete(key);
  }

  isActive(key: string): boolean {
    return this.#entries.has(key);
  }

  cancelAll(): void {
    for (const { timer } of this.#entries.values()) timer?.cancel();
    this.#entries.clear();
  }

  /** Called when a fired timer is taken from the queue: true when its message is to be delivered. */
  accept(entry: TimerEntry<M>): boolean {
    entry.isQueued = false;
    if (this.#entries.get(entry.key) !== entry) return false;
    if (entry.intervalMs === undefined) this.#entries.delete(entry.key);
    return true;
  }

  #set(entry: TimerEntry<M>, delayMs: number): void {
    this.cancel(entry.key);
    checkOwnSources(this.#entries.size, 'timers');
    this.#entries.set(entry.key, entry);
    this.#arm(entry, delayMs);
  }

  #arm(entry: TimerEntry<M>, delayMs: number): void {
    entry.timer = this.#scheduler.setTimer(delayMs, () => {
      if (entry.intervalMs !== undefined) this.#arm(entry, entry.intervalMs);
      if (entry.isQueued) return;
      entry.isQueued = true;
      this.#enqueue(entry);
    });
  }
}
