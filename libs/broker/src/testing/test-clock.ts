// The clock of a test broker. A manual one stands still until `advance`: session timeouts, retention, parked fetches and delayed records
// happen when the test says so, in the order of their times. Protects: between two times everything they caused inside the broker
// is done (disk in memory, next turns), so a run is the same every time; sockets and clients stay in real time.
// Leaves out: waiting for a real disk (`dataDir`) between two times, the clocks of clients.

import {
  manualClock,
  MemoryDisk,
  memoryPlatform,
  nodePlatform,
  type ManualClock,
  type Platform,
  type Scheduler,
} from '@drave/platform';
import { durationMs, type Duration } from './duration.js';

export interface TestClock {
  /** The broker's wall clock, milliseconds since the epoch. */
  nowMs(): number;
  /**
   * Moves the broker's clocks on and settles once all that became due meanwhile has happened. Rejects when the clock is the real one.
   * Clients keep the real time: what they do because of it (rejoin, retry) is to be waited for.
   */
  advance(duration: Duration): Promise<void>;
}

/** A bound for what a due timer sets off; nothing comes near it. */
const turnsMax = 10_000;
/** Turns without anything to do until the broker counts as quiet. */
const quietTurns = 2;
/** Smallest step, where a difference of two times loses its last digit. */
const stepMs = 0.001;

export class ManualTime implements TestClock {
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  readonly #real: Scheduler = nodePlatform().scheduler;
  #turnsPending = 0;
  #advancing: Promise<void> = Promise.resolve();

  /** Begins at the present, because clients stamp their records with it. */
  constructor(startMs = nodePlatform().clock.nowMs()) {
    const clock = manualClock({ startMs });
    this.clock = clock;
    this.scheduler = {
      setTimer: (delayMs, callback) => clock.setTimer(delayMs, callback),
      sleep: (delayMs) => clock.sleep(delayMs),
      nextTurn: (callback) => this.#nextTurn(callback),
    };
  }

  /** A platform that follows this clock, with a disk in memory. */
  platform(): Platform {
    const { clock, scheduler } = this;
    const disk = new MemoryDisk({
      seed: 1,
      nowMs: () => clock.nowMs(),
      settle: () => new Promise((resolve) => this.#nextTurn(resolve)),
    });
    return { ...memoryPlatform(), clock, scheduler, disk };
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  advance(duration: Duration): Promise<void> {
    const deltaMs = durationMs(duration);
    this.#advancing = this.#advancing.then(() => this.#advance(deltaMs));
    return this.#advancing;
  }

  async #advance(deltaMs: number): Promise<void> {
    const { clock } = this;
    await this.#quiet();
    const endMs = clock.monotonicMs() + deltaMs;
    for (;;) {
      const nextMs = clock.nextAtMs ?? Infinity;
      const nowMs = clock.monotonicMs();
      if (nextMs > endMs) {
        clock.advanceSync(Math.max(0, endMs - nowMs));
        return;
      }
      const step = nextMs - nowMs;
      clock.advanceSync(nowMs + step >= nextMs ? step : step + stepMs);
      await this.#quiet();
    }
  }

  #nextTurn(callback: () => void): void {
    this.#turnsPending++;
    this.#real.nextTurn(() => {
      this.#turnsPending--;
      callback();
    });
  }

  async #quiet(): Promise<void> {
    let quiet = 0;
    for (let turn = 0; quiet < quietTurns && turn < turnsMax; turn++) {
      await new Promise<void>((resolve) => this.#real.nextTurn(resolve));
      quiet = this.#turnsPending === 0 ? quiet + 1 : 0;
    }
  }
}

/** The platform's own clock; it cannot be advanced. */
export function realTime(platform: Platform): TestClock {
  return {
    nowMs: () => platform.clock.nowMs(),
    advance: () =>
      Promise.reject(
        new Error("the clock is the real one; start the broker with clock: 'manual' to advance it"),
      ),
  };
}
