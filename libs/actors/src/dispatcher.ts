// Runs actors that have work, in turns. Protects: a turn ends after so many messages or so much time; between slices of
// turns the event loop gets to sockets, files and timers; actors with work take turns in a circle.

import { assert, BoundedQueue, type Platform } from '@drave/platform';

/** What the dispatcher runs. */
export interface Runnable {
  isScheduled: boolean;
  /** Works until it has nothing to do or must stop; true when work is left. `isOver` is asked between messages. */
  turn(isOver: (messageCount: number) => boolean): boolean;
}

export interface DispatcherOptions {
  /** Messages per turn of one actor. */
  readonly turnMessagesMax: number;
  /** Milliseconds after which a turn, or a slice of turns, ends. */
  readonly turnMs: number;
}

const readyCapacity = 1_048_576;
const turnsPerSliceMax = 256;
/** The clock is read once per so many messages. */
const clockMask = 7;

export class Dispatcher {
  readonly #platform: Platform;
  readonly #options: DispatcherOptions;
  readonly #ready = new BoundedQueue<Runnable>(readyCapacity);
  #isActive = false;
  #sliceEndMs = 0;
  readonly #isOver = (messageCount: number): boolean => {
    if (messageCount >= this.#options.turnMessagesMax) return true;
    if ((messageCount & clockMask) !== clockMask) return false;
    return this.#platform.clock.monotonicMs() >= this.#sliceEndMs;
  };

  constructor(platform: Platform, options: DispatcherOptions) {
    this.#platform = platform;
    this.#options = options;
  }

  /** Gives `runnable` a turn soon, never from inside this call. */
  schedule(runnable: Runnable): void {
    if (runnable.isScheduled) return;
    runnable.isScheduled = true;
    assert(this.#ready.push(runnable), 'ready-actors-bounded', { capacity: readyCapacity });
    if (this.#isActive) return;
    this.#isActive = true;
    queueMicrotask(() => this.#slice());
  }

  #slice(): void {
    const { clock, scheduler } = this.#platform;
    this.#sliceEndMs = clock.monotonicMs() + this.#options.turnMs;
    let turnCount = 0;
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      next.isScheduled = false;
      if (next.turn(this.#isOver)) this.schedule(next);
      turnCount += 1;
      if (turnCount >= turnsPerSliceMax || clock.monotonicMs() >= this.#sliceEndMs) break;
    }
    if (this.#ready.isEmpty) this.#isActive = false;
    else scheduler.nextTurn(() => this.#slice());
  }
}
