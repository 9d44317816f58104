// The two checkpoints of a data directory, an offset for each of its logs: the recovery points and the log starts. Protects: they are
// replaced atomically, log starts first; a damaged one reads as missing (everything is recovered, nothing is deleted again); of many
// saves at a time one runs and one waits. Leaves out: moving the offsets. Format: sealed-text.ts.

import { topicPartitionKey } from '@drave/contracts';
import type { Platform } from '@drave/platform';
import { readIfThere } from './partition-directory.js';
import type { PartitionLog } from './partition-log.js';
import { decodeOffsets, encodeOffsets } from './sealed-text.js';

export const recoveryPointsName = 'recovery-point-offset-checkpoint';
export const logStartsName = 'log-start-offset-checkpoint';

export class OffsetCheckpoints {
  readonly #platform: Platform;
  readonly #directory: string;
  readonly #logs: () => Iterable<PartitionLog>;
  #saving: { running: Promise<void>; next: Promise<void> | undefined } | undefined;

  constructor(platform: Platform, directory: string, logs: () => Iterable<PartitionLog>) {
    this.#platform = platform;
    this.#directory = directory;
    this.#logs = logs;
  }

  /** Durable when it settles, with the offsets of now or later. Rejects with the disk's errors. */
  save(): Promise<void> {
    const current = this.#saving;
    if (current === undefined) {
      const running = this.#write().finally(() => {
        this.#saving = undefined;
      });
      this.#saving = { running, next: undefined };
      return running;
    }
    current.next ??= current.running.catch(() => undefined).then(() => this.save());
    return current.next;
  }

  /** By `<topic>-<partition>`; nothing when the file is missing or damaged, which is removed then. */
  async read(name: typeof recoveryPointsName | typeof logStartsName): Promise<Map<string, number>> {
    const { disk, logger } = this.#platform;
    const path = `${this.#directory}/${name}`;
    const content = await readIfThere(this.#platform, path);
    if (content === undefined) return new Map();
    const offsets = decodeOffsets(content);
    if (offsets !== undefined) return offsets;
    logger.error('log-checkpoint-damaged', { path });
    await disk.remove(path);
    return new Map();
  }

  async #write(): Promise<void> {
    const { disk } = this.#platform;
    const recoveryPoints = new Map<string, number>();
    const logStarts = new Map<string, number>();
    for (const { state, topicPartition } of this.#logs()) {
      const key = topicPartitionKey(topicPartition);
      if (state.recoveryPoint > 0) recoveryPoints.set(key, state.recoveryPoint);
      if (state.logStartOffset > 0) logStarts.set(key, state.logStartOffset);
    }
    const paths = [logStartsName, recoveryPointsName].map((name) => `${this.#directory}/${name}`);
    const [startsPath = '', pointsPath = ''] = paths;
    await disk.writeFileAtomic(startsPath, encodeOffsets(logStarts));
    await disk.writeFileAtomic(pointsPath, encodeOffsets(recoveryPoints));
  }
}
