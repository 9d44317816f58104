// Aggregations per key, and per key and time window.
// Protects: a window takes records until stream time ≥ end + grace and is emitted on close exactly when stream time
// passes that mark, which needs no extra state: stream time before and after the move say which windows closed.
// A record too late for all its windows is counted (and sent aside when asked); one too late for some is counted apart.
// Records with a null key are skipped and counted. Expired windows are deleted by stream time, which puts tombstones
// into the changelog: its retention follows event time, never the wall clock.
// Leaves out: retractions (aggregating a table), session windows.

import type { OperatorContext, OperatorFactory, Push, TopicReference } from '../plan.js';
import type { Serde } from '../serde.js';
import type { KeyValueStore, WindowStore } from '../state/store.js';
import { windowStarts, type TimeWindows } from '../window.js';

export interface Aggregation {
  readonly store: string;
  /** The aggregate after `value`; `previous` is undefined for the first value of a key or window. */
  readonly apply: (previous: unknown, value: unknown, key: unknown) => unknown;
}

export function aggregateOperator({ store: name, apply }: Aggregation): OperatorFactory {
  return (context, _forward, port) => {
    const store = context.store(name) as KeyValueStore<unknown, unknown>;
    const update = port('update');
    return (key, value, timestamp) => {
      if (key === null || key === undefined) {
        context.count('skipped');
        return;
      }
      const aggregate = apply(store.get(key), value, key);
      store.put(key, aggregate);
      update?.(key, aggregate, timestamp);
    };
  };
}

export interface LateOutput {
  readonly topic: TopicReference;
  readonly key: Serde<unknown>;
  readonly value: Serde<unknown>;
}

export function windowedAggregateOperator(
  { store: name, apply }: Aggregation,
  windows: TimeWindows,
  late: LateOutput | undefined,
): OperatorFactory {
  return (context, _forward, port) => {
    const store = context.store(name) as WindowStore<unknown, unknown>;
    const update = port('update');
    const life = new WindowLife(store, windows, port('close'));
    context.onStreamTime((toMs, fromMs) => life.advance(toMs, fromMs));
    const { sizeMs, graceMs } = windows;
    return (key, value, timestamp) => {
      if (key === null || key === undefined) {
        context.count('skipped');
        return;
      }
      const closedThroughMs = context.streamTimeMs() - graceMs;
      let taken = 0;
      let missed = 0;
      for (const startMs of windowStarts(windows, timestamp)) {
        const endMs = startMs + sizeMs;
        if (endMs <= closedThroughMs) {
          missed += 1;
          continue;
        }
        taken += 1;
        const aggregate = apply(store.get(key, startMs), value, key);
        store.put(key, startMs, aggregate);
        life.opened(startMs);
        update?.({ key, startMs, endMs }, aggregate, timestamp);
      }
      if (missed > 0 || taken === 0) countLate(context, taken, late, { key, value, timestamp });
    };
  };
}

function countLate(
  context: OperatorContext,
  taken: number,
  late: LateOutput | undefined,
  record: { key: unknown; value: unknown; timestamp: number },
): void {
  if (taken > 0) {
    context.count('partlyLate');
    return;
  }
  context.count('late');
  if (!late) return;
  context.send(late.topic, 'late', {
    key: late.key.serialize(record.key),
    value: record.value === null ? null : late.value.serialize(record.value),
    timestamp: record.timestamp,
  });
}

/** Closes and expires the windows of one store as stream time moves. */
class WindowLife {
  readonly #store: WindowStore<unknown, unknown>;
  readonly #windows: TimeWindows;
  readonly #close: Push | undefined;
  /** Lower bounds of the start of the oldest open and of the oldest kept window; 0 before the first look. */
  #oldestOpenMs = 0;
  #oldestKeptMs = 0;

  constructor(store: WindowStore<unknown, unknown>, windows: TimeWindows, close: Push | undefined) {
    this.#store = store;
    this.#windows = windows;
    this.#close = close;
  }

  opened(startMs: number): void {
    if (startMs < this.#oldestOpenMs) this.#oldestOpenMs = startMs;
    if (startMs < this.#oldestKeptMs) this.#oldestKeptMs = startMs;
  }

  advance(toMs: number, fromMs: number): void {
    this.#closeWindows(toMs, fromMs);
    const { retentionMs } = this.#windows;
    if (this.#oldestKeptMs > toMs - retentionMs) return;
    this.#store.expireBefore(toMs - retentionMs + 1);
    this.#oldestKeptMs = this.#store.oldestStartMs() ?? Number.MAX_SAFE_INTEGER;
  }

  #closeWindows(toMs: number, fromMs: number): void {
    if (!this.#close) return;
    const spanMs = this.#windows.sizeMs + this.#windows.graceMs;
    if (this.#oldestOpenMs > toMs - spanMs) return;
    const firstMs = Math.max(0, fromMs - spanMs + 1);
    const endMs = Math.max(0, toMs - spanMs + 1);
    for (const [window, aggregate] of this.#store.between(firstMs, endMs)) {
      this.#close(window, aggregate, window.endMs - 1);
    }
    this.#oldestOpenMs = this.#store.oldestStartMs(endMs) ?? Number.MAX_SAFE_INTEGER;
  }
}
