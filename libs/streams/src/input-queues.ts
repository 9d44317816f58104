// The inputs of one task: a queue per source partition, and the choice of the next record.
// Protects (R1): with several inputs the smallest head timestamp goes first, and an empty input holds the task back while
// its lag is unknown or above 0, and for `maxIdleMs` when it is 0. Offsets below the position are dropped.
// Leaves out: decoding (the task prepares heads).

import { assert } from '@drave/platform';
import type { SourceNode } from './plan.js';
import type { InputRecord } from './record.js';

/** A decoded record at the head of its queue. */
export interface PreparedRecord {
  readonly raw: InputRecord;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
  readonly isTick: boolean;
}

export class InputQueue {
  readonly topic: string;
  readonly source: SourceNode;
  head: PreparedRecord | undefined;
  #records: InputRecord[] = [];
  #next = 0;
  /** Offset after the last record added; undefined before the first and without a committed offset. */
  #fetchedTo: number | undefined;
  #endOffset: number | undefined;
  #idleSinceMs: number | undefined;

  constructor(topic: string, source: SourceNode, position: number | undefined) {
    this.topic = topic;
    this.source = source;
    this.#fetchedTo = position;
  }

  /** Records waiting, with the head. */
  get size(): number {
    return this.#records.length - this.#next + (this.head ? 1 : 0);
  }

  /** Offset of the next record to process: what may be committed; undefined while nothing is known. */
  get position(): number | undefined {
    return (this.head?.raw ?? this.#records[this.#next])?.offset ?? this.#fetchedTo;
  }

  /** Records behind the partition's end; undefined while the end is unknown. */
  get lag(): number | undefined {
    if (this.#endOffset === undefined) return undefined;
    return Math.max(0, this.#endOffset - (this.position ?? 0));
  }

  add(records: readonly InputRecord[]): void {
    if (this.#next > 0) {
      this.#records = this.#records.slice(this.#next);
      this.#next = 0;
    }
    for (const record of records) {
      if (this.#fetchedTo !== undefined && record.offset < this.#fetchedTo) continue;
      this.#records.push(record);
      this.#fetchedTo = record.offset + 1;
    }
    if (records.length > 0) this.#idleSinceMs = undefined;
  }

  /** `position` is the offset at which fetching starts when no record was seen yet. */
  setEndOffset(endOffset: number, position?: number): void {
    this.#endOffset = endOffset;
    this.#fetchedTo ??= position;
  }

  /** The next raw record, removed; undefined when empty. */
  take(): InputRecord | undefined {
    const record = this.#records[this.#next];
    if (record) this.#next += 1;
    return record;
  }

  /** How long it has been idle starts anew. */
  forgetIdling(): void {
    this.#idleSinceMs = undefined;
  }

  /** True while the task must wait for this empty input. */
  holdsBack(nowMs: number, maxIdleMs: number): boolean {
    const lag = this.lag;
    if (lag === undefined || lag > 0) {
      this.#idleSinceMs = undefined;
      return true;
    }
    this.#idleSinceMs ??= nowMs;
    return nowMs - this.#idleSinceMs < maxIdleMs;
  }
}

/** The queue whose head is next; undefined when nothing may be processed now. Heads are prepared by `prepare`. */
export function chooseQueue(
  queues: readonly InputQueue[],
  prepare: (queue: InputQueue) => boolean,
  now: { readonly ms: number; readonly maxIdleMs: number },
): InputQueue | undefined {
  assert(queues.length > 0, 'task-has-inputs');
  let chosen: InputQueue | undefined;
  let held = false;
  for (const queue of queues) {
    if (!prepare(queue)) {
      if (queues.length > 1 && queue.holdsBack(now.ms, now.maxIdleMs)) held = true;
      continue;
    }
    if (!chosen || timestampOf(queue) < timestampOf(chosen)) chosen = queue;
  }
  return held ? undefined : chosen;
}

function timestampOf(queue: InputQueue): number {
  return queue.head?.timestamp ?? Number.MAX_SAFE_INTEGER;
}
