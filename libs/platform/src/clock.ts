// Time as the rest of Drave sees it: two clocks and timers, nothing else reads or waits for time.
// Protects: logic gets time as `nowMs`, so a simulated world can own it. Leaves out: dates and formatting.

/** A pending timer. */
export interface Timer {
  /** Idempotent; after it the callback never runs. */
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch, an integer; may jump either way. For record timestamps only. */
  nowMs(): number;
  /** Milliseconds with a fraction since an arbitrary origin; never decreases. For timeouts and leases. */
  monotonicMs(): number;
}

export interface Scheduler {
  /** Runs `callback` once, not before `delayMs` (≥ 0) monotonic milliseconds. Equal deadlines fire in the order they were set. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Runs `callback` in the next turn of the event loop, after the input that is ready now (setImmediate). */
  nextTurn(callback: () => void): void;
  /** Settles not before `delayMs` monotonic milliseconds. */
  sleep(delayMs: number): Promise<void>;
}
