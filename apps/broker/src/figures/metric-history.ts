// The last hour of a figure at 5 s and the last day at 1 min. Protects: memory is fixed when a series is made, 17 KiB of 64-bit or half
// of 32-bit numbers; what was not sampled is told as a gap. Leaves out: percentiles, anything older (Prometheus).

const hour = Object.freeze({ stepMs: 5_000, count: 720 });
const day = Object.freeze({ stepMs: 60_000, count: 1_440 });

export interface SeriesRange {
  readonly stepMs: number;
  /** End of the newest step, milliseconds since the epoch. */
  readonly endMs: number;
  readonly count: number;
}

/** The steps that cover the last `rangeMs` up to `nowMs`: of 5 s up to an hour, else of a minute. */
export function stepsOf(rangeMs: number, nowMs: number): SeriesRange {
  const { stepMs, count } = rangeMs <= hour.stepMs * hour.count ? hour : day;
  const endMs = Math.floor(nowMs / stepMs) * stepMs;
  return { stepMs, endMs, count: Math.min(count, Math.max(1, Math.ceil(rangeMs / stepMs))) };
}

export class Series {
  readonly #hour: Ring;
  readonly #day: Ring;

  constructor(isExact: boolean) {
    this.#hour = new Ring(hour, isExact);
    this.#day = new Ring(day, isExact);
  }

  /** A value of `nowMs`, milliseconds since the epoch. */
  add(value: number, nowMs: number): void {
    this.#hour.add(value, nowMs);
    this.#day.add(value, nowMs);
  }

  /** Oldest first; null where nothing was sampled. */
  read({ stepMs, endMs, count }: SeriesRange): (number | null)[] {
    return (stepMs === hour.stepMs ? this.#hour : this.#day).read(endMs, count);
  }
}

/** One value per step, the mean of what came within it. */
class Ring {
  readonly #stepMs: number;
  readonly #values: Float64Array | Float32Array;
  /** The step of the newest value, and how many values it is the mean of. */
  #step = -1;
  #weight = 0;

  constructor({ stepMs, count }: typeof hour | typeof day, isExact: boolean) {
    this.#stepMs = stepMs;
    this.#values = isExact ? new Float64Array(count) : new Float32Array(count);
    this.#values.fill(Number.NaN);
  }

  add(value: number, nowMs: number): void {
    const step = Math.floor(nowMs / this.#stepMs);
    const { length } = this.#values;
    if (step < this.#step) return; // The clock went back: what was told stays.
    if (step > this.#step) {
      const gaps = this.#step < 0 ? 0 : Math.min(length, step - this.#step);
      for (let gap = 0; gap < gaps; gap++) this.#values[(step - gap) % length] = Number.NaN;
      this.#step = step;
      this.#weight = 0;
    }
    const at = step % length;
    const mean = this.#weight === 0 ? 0 : (this.#values[at] ?? 0);
    this.#weight++;
    this.#values[at] = mean + (value - mean) / this.#weight;
  }

  read(endMs: number, count: number): (number | null)[] {
    const last = Math.floor(endMs / this.#stepMs);
    const { length } = this.#values;
    return Array.from({ length: count }, (_, index) => {
      const step = last - count + 1 + index;
      if (step > this.#step || step <= this.#step - length || step < 0) return null;
      const value = this.#values[step % length] ?? Number.NaN;
      return Number.isNaN(value) ? null : Math.round(value * 1_000) / 1_000;
    });
  }
}
