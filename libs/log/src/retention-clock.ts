// The time by which records grow old. Protects: a wall clock that jumps ahead deletes nothing early: since the start no more time can
// have passed than the monotonic clock says. A clock set back only delays.
// Leaves out: a clock that was wrong when the process started; a clock set right by a jump ahead counts from the next start on.

import type { Clock, Logger } from '@drave/platform';

/** A smaller difference is drift. */
const jumpMs = 3_600_000;

export class RetentionClock {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #startMs: number;
  readonly #monotonicStartMs: number;
  #hasWarned = false;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
    this.#startMs = clock.nowMs();
    this.#monotonicStartMs = clock.monotonicMs();
  }

  nowMs(): number {
    const wallMs = this.#clock.nowMs();
    const elapsedMs = this.#clock.monotonicMs() - this.#monotonicStartMs;
    const possibleMs = this.#startMs + Math.floor(elapsedMs);
    if (wallMs - possibleMs > jumpMs && !this.#hasWarned) {
      this.#hasWarned = true;
      this.#logger.warn('clock-jumped-ahead', {
        byMs: wallMs - possibleMs,
        remedy: 'retention goes on by the time since the start; restart when the clock is right',
      });
    }
    return Math.min(wallMs, possibleMs);
  }
}
