// Rates of topics over a sliding window, from counters that only grow. Protects: nothing is done per record; one look per sample at each
// topic, about 100 bytes of memory for each. Leaves out: keeping their history (metric-history.ts), when to sample.

import type { TopicFigures } from '@drave/broker';

export interface TopicRate {
  readonly recordsInPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
}

/** Samples of one topic: so many times `[records, bytesIn, bytesOut]`, the oldest overwritten. */
interface Window {
  readonly topicId: string;
  readonly counts: Float64Array;
  /** Samples taken. */
  taken: number;
  lastSeen: number;
}

const windowSamples = 4;
const noRate: TopicRate = Object.freeze({
  recordsInPerSecond: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
});

export class TopicRates {
  readonly #windows = new Map<string, Window>();
  readonly #times = new Float64Array(windowSamples);
  #samples = 0;

  /** All topics as they are at `nowMs` (monotonic). */
  sample(topics: Iterable<TopicFigures>, nowMs: number): void {
    this.#times[this.#samples % windowSamples] = nowMs;
    this.#samples++;
    for (const figures of topics) this.#take(figures);
    for (const [name, { lastSeen }] of this.#windows) {
      if (lastSeen !== this.#samples) this.#windows.delete(name);
    }
  }

  /** Over the last samples, 15 s at five seconds each; zero for a topic seen once. */
  of(topic: string): TopicRate {
    const window = this.#windows.get(topic);
    if (!window || window.taken < 2) return noRate;
    const spanned = Math.min(window.taken, windowSamples);
    const newest = (this.#samples - 1) % windowSamples;
    const oldest = (this.#samples - spanned) % windowSamples;
    const seconds = ((this.#times[newest] ?? 0) - (this.#times[oldest] ?? 0)) / 1_000;
    const rate = (column: number): number => {
      const grown =
        (window.counts[newest * 3 + column] ?? 0) - (window.counts[oldest * 3 + column] ?? 0);
      return seconds > 0 ? Math.max(0, Math.round((grown / seconds) * 1_000) / 1_000) : 0;
    };
    return { recordsInPerSecond: rate(0), bytesInPerSecond: rate(1), bytesOutPerSecond: rate(2) };
  }

  #take({ topic, topicId, recordsIn, bytesIn, bytesOut }: TopicFigures): void {
    let window = this.#windows.get(topic);
    // A topic made anew counts from zero again.
    if (window?.topicId !== topicId) {
      window = { topicId, counts: new Float64Array(windowSamples * 3), taken: 0, lastSeen: 0 };
      this.#windows.set(topic, window);
    }
    const at = ((this.#samples - 1) % windowSamples) * 3;
    window.counts[at] = recordsIn;
    window.counts[at + 1] = bytesIn;
    window.counts[at + 2] = bytesOut;
    window.taken++;
    window.lastSeen = this.#samples;
  }
}
