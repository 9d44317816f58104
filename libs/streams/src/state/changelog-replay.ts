// Bringing a store to its committed state from its changelog.
// Protects (R7, R14): the state becomes exactly changelog[0, committed offset). Records behind it were written for a
// commit that never happened; their keys are collected, so that the new owner can write the committed values again, after
// which the whole changelog yields the committed state. A record of a lower epoch than one before it comes from an owner
// that had lost the task already and is ignored. Caught up = position ≥ an end offset taken at the start; the caller
// feeds records up to there. Source: design of Kafka Streams' StoreChangelogReader; the rollback is Drave's own.
// Leaves out: reading (the caller's), standbys.

import { headerValue, streamHeaders, type InputRecord } from '../record.js';
import type { StateEngine, StateEntry } from './engine.js';

export class ChangelogReplay {
  readonly #engine: StateEngine;
  #committedOffset: number;
  readonly #tail = new Map<string, Buffer>();
  #maxEpoch: number;
  #applied = 0;
  #position: number;

  /**
   * `committedOffset`: from the task's last commit; 0 when nothing was ever committed; Infinity when the commit says
   * nothing about this store (then all of the changelog counts). The engine's own commit must not be ahead of it.
   */
  constructor(engine: StateEngine, committedOffset: number) {
    this.#engine = engine;
    this.#committedOffset = committedOffset;
    this.#maxEpoch = engine.committed?.epoch ?? 0;
    this.#position = engine.committed?.changelogOffset ?? 0;
  }

  /** Where the committed state ends; Infinity until it is settled when the commit said nothing. */
  get committedOffset(): number {
    return this.#committedOffset;
  }

  /** Without a word in the commit, what lies before `endOffset` counts as committed. */
  settleCommitted(endOffset: number): void {
    if (this.#committedOffset === Number.POSITIVE_INFINITY) this.#committedOffset = endOffset;
  }

  /** Offset of the next changelog record to feed. */
  get position(): number {
    return this.#position;
  }

  /** Highest epoch seen. */
  get maxEpoch(): number {
    return this.#maxEpoch;
  }

  /** Records applied to the store. */
  get applied(): number {
    return this.#applied;
  }

  /** Takes changelog records in offset order; gaps are normal (compaction, control batches). */
  feed(records: readonly InputRecord[]): void {
    for (const record of records) {
      if (record.offset < this.#position) continue;
      this.#position = record.offset + 1;
      this.#take(record);
    }
  }

  /** Makes what is applied so far a local commit, so that an interrupted restore goes on from there. */
  async checkpoint(): Promise<void> {
    const changelogOffset = Math.min(this.#position, this.#committedOffset);
    await this.#engine.commit({ changelogOffset, epoch: this.#maxEpoch });
  }

  /** What must be appended to the changelog so that it yields the committed state; empty after a clean stop. */
  *corrections(): IterableIterator<StateEntry> {
    for (const key of this.#tail.values()) {
      yield { key, value: this.#engine.get(key) ?? null };
    }
  }

  #take(record: InputRecord): void {
    const { key, value, headers, offset } = record;
    const epoch = Number(
      headerValue(headers, streamHeaders.epoch)?.toString('latin1') ?? this.#maxEpoch,
    );
    const stale = epoch < this.#maxEpoch;
    if (!stale) this.#maxEpoch = epoch;
    if (key === null || headerValue(headers, streamHeaders.fence) !== undefined) return;
    if (offset >= this.#committedOffset) {
      this.#tail.set(key.toString('latin1'), Buffer.from(key));
      return;
    }
    if (stale) return;
    if (value === null) this.#engine.delete(key);
    else this.#engine.put(Buffer.from(key), Buffer.from(value)); // copies: the views pin whole fetches
    this.#applied += 1;
  }
}
