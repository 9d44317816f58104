// Durations as people write them in tests. Leaves out: months and years, which have no fixed length.

/** Milliseconds, or text such as `90ms`, `30s`, `15m`, `6h`, `2d`. */
export type Duration = number | string;

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds ≥ 0. Throws RangeError when the text is no duration. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0) return duration;
    throw new RangeError(`a duration is a number of milliseconds ≥ 0, not ${duration}`);
  }
  const match = /^(\d+)(ms|s|m|h|d)$/.exec(duration);
  const scale = unitMs[match?.[2] ?? ''];
  if (!match || scale === undefined) {
    throw new RangeError(
      `'${duration}' is no duration; write for example 90ms, 30s, 15m, 6h or 2d`,
    );
  }
  return Number(match[1]) * scale;
}
