// Writes what belongs to the segments of one log beside their batches: index files, transaction
// index, producer snapshots, leader epochs.
// Protects: the recovery point moves over a sealed segment only after all of that is durable; its bytes are synced before.
// Leaves out: rolling and syncing (partition-log.ts, log-writer.ts).

import { saveDamage } from './damage-checkpoint.js';
import { epochFileName } from './log-recovery.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { removeSnapshots } from './producer-recovery.js';
import { snapshotPath } from './producer-state.js';
import type { Segment } from './segment.js';

export class LogSealer {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  constructor(environment: LogEnvironment, state: LogState) {
    this.#environment = environment;
    this.#state = state;
  }

  /** What the state has of epochs is what the disk has. */
  epochsAreSaved(): void {
    this.#state.savedEpochs = this.#state.epochs.entries.length;
  }

  /** `sealed` is synced and ends at `endOffset`, where the producers were as in `snapshot`. */
  async seal(
    sealed: Segment,
    { endOffset, snapshot }: { readonly endOffset: number; readonly snapshot: Buffer },
  ): Promise<void> {
    const state = this.#state;
    const { directory } = state;
    if (state.segments.includes(sealed)) {
      await sealed.writeIndexFiles();
      await sealed.writeTransactions(endOffset);
    }
    await saveDamage(this.#environment, state);
    const { disk } = this.#environment.platform;
    await disk.writeFileAtomic(snapshotPath(directory, endOffset), snapshot);
    await this.#saveEpochs();
    const bases = new Set(state.segments.map(({ baseOffset }) => baseOffset));
    // One where each segment begins: a truncation, or the log's new start, may need it.
    await removeSnapshots(this.#environment, directory, (at) => at < endOffset && !bases.has(at));
    state.recoveryPoint = Math.max(state.recoveryPoint, endOffset);
    await this.#environment.saveCheckpoints();
  }

  /** What the next start needs beside the synced batches. */
  async close(): Promise<void> {
    const { active, segments, producers, logEndOffset, directory } = this.#state;
    await saveDamage(this.#environment, this.#state);
    // All of a small whole log follows from its headers; thousands of such logs must close fast.
    const isWhole = segments.length === 1 && active.baseOffset === 0 && active.isIndexWhole;
    if (isWhole && active.isSmall) {
      if (this.#state.onlyLeaderEpoch < 0) await this.#saveEpochs();
      return;
    }
    await active.writeIndexFiles();
    await active.writeTransactions(logEndOffset);
    if (producers.size > 0) {
      const path = snapshotPath(directory, logEndOffset);
      const { disk } = this.#environment.platform;
      await disk.writeFileAtomic(path, producers.encode(logEndOffset));
    }
    await this.#saveEpochs();
  }

  async #saveEpochs(): Promise<void> {
    const { epochs, directory } = this.#state;
    const count = epochs.entries.length;
    if (count === this.#state.savedEpochs) return;
    const { disk } = this.#environment.platform;
    await disk.writeFileAtomic(`${directory}/${epochFileName}`, epochs.encode());
    this.#state.savedEpochs = count;
  }
}
