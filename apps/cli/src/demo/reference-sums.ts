// What the windows must come to, computed by an independent loop over the raw text of the file: no CSV library, no
// stream code, no damaged rows. Protects: `--check` compares two computations that share nothing but the file.

import { gunzipSync } from 'node:zlib';

/** Sums of one airport on one day of event time. */
export interface AirportDaySums {
  readonly flights: number;
  readonly delaySum: number;
  /** Flights with a delay above 15 minutes. */
  readonly delayed15: number;
  readonly delayMax: number;
}

/** Sums by `AIRPORT/YYYY-MM-DD`. */
export function referenceSums(csvGz: Uint8Array): Map<string, AirportDaySums> {
  const sums = new Map<string, AirportDaySums>();
  const [, ...lines] = gunzipSync(csvGz).toString('utf8').trimEnd().split('\n');
  for (const line of lines) {
    const [departedAt = '', delayText = '', , origin = ''] = line.split(',');
    const key = `${origin}/${departedAt.slice(0, 10)}`;
    const delay = Number(delayText);
    const before = sums.get(key);
    sums.set(key, {
      flights: (before?.flights ?? 0) + 1,
      delaySum: (before?.delaySum ?? 0) + delay,
      delayed15: (before?.delayed15 ?? 0) + (delay > 15 ? 1 : 0),
      delayMax: Math.max(before?.delayMax ?? Number.NEGATIVE_INFINITY, delay),
    });
  }
  return sums;
}
