// A clock that moves only when a test says so; both clocks, timers and sleeps follow it.
// Protects: timers run in deadline order at exactly their deadline. `nextTurn` runs in the next `advance`, also `advance(0)`.

import type { Clock, Scheduler } from './clock.js';
import { TimeLine } from './time-line.js';

export interface ManualClock extends Clock, Scheduler {
  /**
   * Moves time by `deltaMs` (≥ 0) and runs what becomes due, timers set meanwhile included; between two timers pending
   * promise callbacks run. Settles when the last one is done.
   */
  advance(deltaMs: number): Promise<void>;
  /** As `advance`, but runs no promise callbacks between the timers. */
  advanceSync(deltaMs: number): void;
  /** Timers that wait. */
  readonly pendingCount: number;
  /** Monotonic time of the earliest of them. */
  readonly nextAtMs: number | undefined;
}

/** `startMs`: the wall clock at the beginning; default 2020-01-01T00:00Z. The monotonic clock begins at 0. */
export function manualClock(options: { readonly startMs?: number } = {}): ManualClock {
  const startMs = options.startMs ?? 1_577_836_800_000;
  const line = new TimeLine();
  return {
    nowMs: () => startMs + Math.floor(line.nowMs),
    monotonicMs: () => line.nowMs,
    setTimer: (delayMs, callback) => line.add(Math.max(0, delayMs), callback),
    nextTurn: (callback) => {
      line.add(0, callback);
    },
    sleep: (delayMs) =>
      new Promise((resolve) => {
        line.add(Math.max(0, delayMs), resolve);
      }),
    async advance(deltaMs) {
      const endMs = line.nowMs + deltaMs;
      await macrotask();
      while ((line.nextAtMs ?? Infinity) <= endMs) {
        line.take()?.();
        await macrotask();
      }
      line.moveTo(endMs);
    },
    advanceSync(deltaMs) {
      const endMs = line.nowMs + deltaMs;
      while ((line.nextAtMs ?? Infinity) <= endMs) line.take()?.();
      line.moveTo(endMs);
    },
    get pendingCount() {
      return line.pendingCount;
    },
    get nextAtMs() {
      return line.nextAtMs;
    },
  };
}

/** Lets every promise callback that is ready run, also those they make ready. */
function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
