// Long work on the event loop in small slices. Protects the latency of producers and consumers: after a slice, its disk operations
// included, loop and disk are theirs for as long as the slice took, 10 ms at most. Large units of work (a batch of 10,000 records) offer
// places to rest within (Steps). Leaves out: priorities.

import type { Clock, Scheduler } from '@drave/platform';

const sliceMs = 2;
/** Where the clock stands still while code runs (simulations) the bytes end a slice. */
const sliceBytes = 1024 * 1024;
const restMsMax = 10;

export class Pace {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  #startMs: number;
  #bytes = 0;

  constructor(world: { readonly clock: Clock; readonly scheduler: Scheduler }) {
    this.#clock = world.clock;
    this.#scheduler = world.scheduler;
    this.#startMs = world.clock.monotonicMs();
  }

  /** Counts work done; true when the slice is used up. */
  spend(bytes: number): boolean {
    this.#bytes += bytes;
    return this.#bytes >= sliceBytes || this.#clock.monotonicMs() - this.#startMs >= sliceMs;
  }

  /** Gives the loop away for as long as the slice took. */
  async rest(): Promise<void> {
    const workMs = this.#clock.monotonicMs() - this.#startMs;
    if (workMs > 0) await this.#scheduler.sleep(Math.min(workMs, restMsMax));
    else await new Promise<void>((resolve) => this.#scheduler.nextTurn(resolve));
    this.#bytes = 0;
    this.#startMs = this.#clock.monotonicMs();
  }
}

/**
 * Work that can be interrupted: yields undefined where it may rest, or what it must wait for, whose result it is given back.
 */
export type Steps<Result> = Generator<Promise<Buffer> | undefined, Result, Buffer | undefined>;

/** Runs the steps, with rests when a slice is used up; without a promise when none was needed. */
export function inSteps<Result>(steps: Steps<Result>, pace: Pace): Result | Promise<Result> {
  const first = steps.next();
  return first.done === true ? first.value : restOf(steps, first.value, pace);
}

async function restOf<Result>(
  steps: Steps<Result>,
  first: Promise<Buffer> | undefined,
  pace: Pace,
): Promise<Result> {
  let awaited = first;
  for (;;) {
    const result = await awaited;
    if (pace.spend(0)) await pace.rest();
    const step = steps.next(result);
    if (step.done === true) return step.value;
    awaited = step.value;
  }
}
