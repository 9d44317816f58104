// How requests fare, by API key: how many are under way, how long answers take, what errors they carry. Protects: nothing is
// allocated per request and a hostile API key takes no memory. Leaves out: names for Prometheus (contracts), rates.

import { errorByCode } from '@drave/contracts';

/** Upper bounds of the duration buckets in seconds, ascending; longer ones are counted in the sum and the count alone. */
export const durationBounds: readonly number[] = Object.freeze([
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]);
const boundsMs = durationBounds.map((seconds) => seconds * 1_000);

/** Above every API key of Kafka's. */
const apiKeysMax = 128;

/** Since the start, but `inFlight`. */
export interface RequestFigures {
  readonly inFlight: number;
  readonly count: number;
  readonly sumSeconds: number;
  /** How many took at most `durationBounds[i]`, each counted in one bucket. */
  readonly buckets: readonly number[];
  /** By Kafka's name of the error. */
  readonly errors: Readonly<Record<string, number>>;
}

class ApiStats {
  started = 0;
  ended = 0;
  sumMs = 0;
  readonly buckets = new Float64Array(boundsMs.length);
  readonly errors = new Map<number, number>();
}

export class RequestStats {
  readonly #byKey: ApiStats[] = [];

  started(apiKey: number): void {
    if (apiKey < 0 || apiKey >= apiKeysMax) return;
    (this.#byKey[apiKey] ??= new ApiStats()).started++;
  }

  /** From the arrival of its last bytes until its answer is handed to the socket, waiting included. */
  ended(apiKey: number, tookMs: number): void {
    const stats = this.#byKey[apiKey];
    if (!stats) return;
    stats.ended++;
    stats.sumMs += tookMs;
    let index = 0;
    while (index < boundsMs.length && tookMs > (boundsMs[index] ?? 0)) index++;
    if (index < boundsMs.length) stats.buckets[index] = (stats.buckets[index] ?? 0) + 1;
  }

  /** An answer, or a part of one, that says so. */
  failed(apiKey: number, errorCode: number): void {
    const stats = this.#byKey[apiKey];
    if (!stats || errorCode === 0) return;
    stats.errors.set(errorCode, (stats.errors.get(errorCode) ?? 0) + 1);
  }

  /** Undefined for an API nobody has used. */
  figures(apiKey: number): RequestFigures | undefined {
    const stats = this.#byKey[apiKey];
    if (!stats) return undefined;
    const { started, ended, sumMs, buckets } = stats;
    return {
      inFlight: started - ended,
      count: ended,
      sumSeconds: sumMs / 1_000,
      buckets: [...buckets],
      errors: Object.fromEntries([...stats.errors].map(([code, n]) => [errorByCode(code).name, n])),
    };
  }
}
