// What a start would find in a data directory besides its logs: whether the last stop was clean, how far each log was durable, what the
// journal has. Protects: nothing is changed. Leaves out: the logs (inspection.ts).

import { type TopicPartition, topicPartitionKey } from '@drave/contracts';
import type { Disk } from '@drave/platform';
import { type CleanLog, cleanShutdownName, decodeCleanShutdown } from './clean-shutdown.js';
import { FoundJournal, type FoundPart, type JournalEntry } from './journal-replay.js';
import { partPath } from './journal-format.js';
import { recoveryPointsName } from './offset-checkpoints.js';
import { readIfThere, readTopicId } from './partition-directory.js';
import { decodeOffsets } from './sealed-text.js';

/** What is known of one log before its files are read. */
export interface FoundLog {
  /** Says the marker of a clean stop; undefined: the log will be recovered. */
  readonly clean: CleanLog | undefined;
  /** Everything below it was durable once. */
  readonly recoveryPoint: number;
  readonly entries: readonly JournalEntry[];
}

export class FoundDirectory {
  readonly #disk: Disk;
  readonly #clean: ReadonlyMap<string, CleanLog>;
  readonly #recoveryPoints: ReadonlyMap<string, number>;
  readonly #journal: FoundJournal;

  private constructor(
    disk: Disk,
    found: {
      readonly clean: Iterable<CleanLog> | undefined;
      readonly recoveryPoints: ReadonlyMap<string, number>;
      readonly journal: FoundJournal;
    },
  ) {
    this.#disk = disk;
    this.isClean = found.clean !== undefined;
    this.#clean = new Map(Array.from(found.clean ?? [], (log) => [topicPartitionKey(log), log]));
    this.#recoveryPoints = found.recoveryPoints;
    this.#journal = found.journal;
  }

  /** The last stop was clean. */
  readonly isClean: boolean;

  /** `close` must follow. Throws the disk's errors. */
  static async read(disk: Disk, directory: string): Promise<FoundDirectory> {
    const marker = await readIfThere({ disk }, `${directory}/${cleanShutdownName}`);
    const points = await readIfThere({ disk }, `${directory}/${recoveryPointsName}`);
    return new FoundDirectory(disk, {
      clean: marker && decodeCleanShutdown(marker),
      recoveryPoints: (points && decodeOffsets(points)) ?? new Map<string, number>(),
      journal: await FoundJournal.read(disk, directory, 'read'),
    });
  }

  /** Parts of the journal with a sound header, oldest first. */
  get parts(): readonly FoundPart[] {
    return this.#journal.parts;
  }

  async log(topicPartition: TopicPartition, directory: string): Promise<FoundLog> {
    const key = topicPartitionKey(topicPartition);
    const clean = this.#clean.get(key);
    const topicId = await readTopicId({ disk: this.#disk }, directory);
    const isReplayed = !this.isClean && topicId !== undefined;
    return {
      clean,
      recoveryPoint: this.#recoveryPoints.get(key) ?? 0,
      entries: isReplayed ? this.#journal.entriesOf(topicPartition, topicId) : [],
    };
  }

  /** Journal files in `directory` whose header has bytes, but no sound ones: a start would use nothing of them. */
  async unsoundParts(directory: string): Promise<string[]> {
    const unsound: string[] = [];
    for (const index of [0, 1]) {
      const path = partPath(directory, index);
      if ((await this.#disk.stat(path)) === undefined) continue;
      if (this.parts.some(({ file }) => file.path === path)) continue;
      const file = await this.#disk.open(path, 'read');
      const header = Buffer.alloc(24);
      await file.read(header, 0, header.length, 0);
      await file.close();
      if (header.some((byte) => byte !== 0)) unsound.push(path);
    }
    return unsound;
  }

  close(): Promise<void> {
    return this.#journal.close();
  }
}
