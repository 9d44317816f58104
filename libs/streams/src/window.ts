// Time windows: which windows a timestamp falls into and when they close.
// Protects: a window closes by event time alone: when stream time ≥ its end + grace. Windows are aligned to the epoch,
// start inclusive, end exclusive, as in Kafka Streams. Leaves out: session, sliding and count windows.

import { TopologyError } from './errors.js';

/** A key within a window; start inclusive, end exclusive, milliseconds since the epoch. */
export interface Windowed<K> {
  readonly key: K;
  readonly startMs: number;
  readonly endMs: number;
}

export interface WindowOptions {
  readonly sizeMs: number;
  /** Distance between window starts; `sizeMs` when absent (tumbling); smaller values overlap (hopping). */
  readonly advanceMs?: number;
  /** How long after its end a window still takes records, in stream time. */
  readonly graceMs: number;
  /** How long after its start a closed window stays readable in the store; at least size + grace, default ≥ 1 day. */
  readonly retentionMs?: number;
  /** Topic for records that came too late for every one of their windows; absent: they are only counted. */
  readonly lateTo?: string;
}

export interface TimeWindows {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
  readonly retentionMs: number;
}

const dayMs = 86_400_000;

/** Checks the options and fills the defaults. */
export function timeWindows(options: WindowOptions): TimeWindows {
  const { sizeMs, graceMs } = options;
  const advanceMs = options.advanceMs ?? sizeMs;
  requireInteger('sizeMs', sizeMs, 1);
  requireInteger('advanceMs', advanceMs, 1);
  requireInteger('graceMs', graceMs, 0);
  if (advanceMs > sizeMs) {
    throw new TopologyError(`advanceMs ${advanceMs} leaves gaps between windows of ${sizeMs} ms`);
  }
  const retentionMs = options.retentionMs ?? Math.max(dayMs, sizeMs + graceMs);
  if (retentionMs < sizeMs + graceMs) {
    throw new TopologyError(`retentionMs must be at least sizeMs + graceMs (${sizeMs + graceMs})`);
  }
  return Object.freeze({ sizeMs, advanceMs, graceMs, retentionMs });
}

/** Starts of the windows that contain `timestamp`, oldest first; none for a negative timestamp. */
export function windowStarts(windows: TimeWindows, timestamp: number): number[] {
  const starts: number[] = [];
  const { sizeMs, advanceMs } = windows;
  const last = Math.floor(timestamp / advanceMs) * advanceMs;
  let start = Math.max(0, (Math.floor((timestamp - sizeMs) / advanceMs) + 1) * advanceMs);
  for (; start <= last; start += advanceMs) starts.push(start);
  return starts;
}

function requireInteger(name: string, value: number, min: number): void {
  if (Number.isSafeInteger(value) && value >= min) return;
  throw new TopologyError(`${name} must be a whole number ≥ ${min}, not ${value}`);
}
