// What all parts of a simulated world share: the one time line, the one seed, the trace, and who is alive.
// Protects: nothing of a dead node runs; a paused node's events wait in their order; an error in a callback, which would
// end a real process, ends the run.

import type { Timer } from '../clock.js';
import { SeededRandom } from '../seeded-random.js';
import { TimeLine } from '../time-line.js';
import { WorldTrace } from './world-trace.js';

/** One run of a node, from its start to its crash. */
export interface Life {
  readonly name: string;
  isAlive: boolean;
  pausedUntilMs: number;
}

export class WorldCore {
  readonly line = new TimeLine();
  readonly log = new WorldTrace();
  readonly random: SeededRandom;
  failure: { readonly error: unknown } | undefined;

  constructor(seed: number | string) {
    this.random = new SeededRandom(seed);
  }

  get nowMs(): number {
    return this.line.nowMs;
  }

  /** Runs `run` after `delayMs` of world time unless `life` has ended by then; without `life` in any case. */
  schedule(life: Life | undefined, delayMs: number, run: () => void): Timer {
    if (life !== undefined && !life.isAlive) return { cancel: () => undefined };
    let timer: Timer;
    const fire = (): void => {
      if (life !== undefined && !life.isAlive) return;
      if (life !== undefined && life.pausedUntilMs > this.nowMs) {
        timer = this.line.add(life.pausedUntilMs - this.nowMs, fire);
        return;
      }
      try {
        run();
      } catch (error) {
        this.failure ??= { error };
      }
    };
    timer = this.line.add(delayMs, fire);
    return { cancel: () => timer.cancel() };
  }

  trace(node: string, event: string, facts: string, bytes?: Uint8Array): void {
    this.log.add(`${this.nowMs.toFixed(4)} ${node} ${event} ${facts}`, bytes);
  }

  /** Uniform in [minMs, maxMs). */
  between(minMs: number, maxMs: number): number {
    return minMs + this.random.nextFloat() * (maxMs - minMs);
  }
}
