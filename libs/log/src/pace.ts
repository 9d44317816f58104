// Long work in small slices. Protects the latency of producers and consumers: after a slice, its disk operations included, loop and disk
// are theirs for as long as the slice took, up to a bound. On the event loop a slice is 2 ms long; a thread of its own may take more. Large units of work (a batch of 10,000 records) offer
// places to rest within (Steps). Leaves out: priorities.

import type { Clock, Scheduler } from '@drave/platform';

/** Where the clock stands still while code runs (simulations) the bytes end a slice. */
const sliceBytes = 1024 * 1024;
/** What fits a turn of the event loop. */
const onLoop: PaceLimits = { sliceMs: 2, restMsMax: 10 };

export interface PaceLimits {
  /** Milliseconds of work, a disk operation under way included, before a rest. */
  readonly sliceMs: number;
  readonly restMsMax: number;
}

export class Pace {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #limits: PaceLimits;
  #startMs: number;
  #bytes = 0;

  constructor(
    world: { readonly clock: Clock; readonly scheduler: Scheduler },
    limits: PaceLimits = onLoop,
  ) {
    this.#limits = limits;
    this.#clock = world.clock;
    this.#scheduler = world.scheduler;
    this.#startMs = world.clock.monotonicMs();
  }

  /** Counts work done; true when the slice is used up. */
  spend(bytes: number): boolean {
    this.#bytes += bytes;
    return (
      this.#bytes >= sliceBytes || this.#clock.monotonicMs() - this.#startMs >= this.#limits.sliceMs
    );
  }

  /** Gives loop and disk away for as long as the slice took. */
  async rest(): Promise<void> {
    const workMs = this.#clock.monotonicMs() - this.#startMs;
    const { restMsMax } = this.#limits;
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
