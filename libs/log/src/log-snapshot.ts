// A copy of all logs as they were at one moment, in another directory, while they are written to. Protects: the cut is taken in one
// turn at the durable offsets, so whoever saw a record finds it, and nothing is in it that was not durable; no file of the copy that
// a broker would write to shares its bytes with the original: sealed segments are links, the last one is copied up to the cut.
// A start on the copy recovers as after a crash. Leaves out: the journal (what it stands for is in the segments), background jobs.

import { topicPartitionKey } from '@drave/contracts';
import { type Disk, errorCode } from '@drave/platform';
import { damageName } from './damage-checkpoint.js';
import { epochFileName } from './log-recovery.js';
import type { PartitionLog } from './partition-log.js';
import { encodeOffsets } from './sealed-text.js';
import { gapsIn } from './segment-gaps.js';
import { scanAround } from './segment-scan.js';
import { offsetName } from './segment.js';

export interface SnapshotPartition {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly logStartOffset: number;
  /** Exclusive. */
  readonly endOffset: number;
  /** Bytes of records that are shared with the original, and that were copied. */
  readonly linkedBytes: number;
  readonly copiedBytes: number;
}

export interface SnapshotOptions {
  readonly disk: Disk;
  readonly directory: string;
  /** Must not exist. */
  readonly target: string;
  readonly logs: () => Iterable<PartitionLog>;
  /** Of the two checkpoints of a data directory. */
  readonly names: { readonly recoveryPoints: string; readonly logStarts: string };
  readonly onProgress?: (done: number, of: number) => void | Promise<void>;
}

interface Cut {
  readonly log: PartitionLog;
  readonly key: string;
  readonly logStartOffset: number;
  readonly endOffset: number;
  readonly recoveryPoint: number;
  readonly segments: readonly { readonly base: number; readonly gapsBelow: number }[];
}

const identityName = 'meta.properties';
const chunkBytes = 1024 * 1024;
const sealedKinds = ['index', 'timeindex', 'txnindex', 'seal'];

/** Compaction must not run meanwhile. Rejects with the disk's errors; `target` is then of no use. */
export async function snapshotLogs(options: SnapshotOptions): Promise<SnapshotPartition[]> {
  const { disk, directory, target, names } = options;
  const cuts = [...options.logs()].map(cutOf);
  await disk.makeDirectory(target);
  const done: SnapshotPartition[] = [];
  const recoveryPoints = new Map<string, number>();
  const logStarts = new Map<string, number>();
  for (const [index, cut] of cuts.entries()) {
    const copy = await new LogCopy(disk, cut, `${target}/${cut.key}`).run(
      `${directory}/${cut.key}`,
    );
    await options.onProgress?.(index + 1, cuts.length);
    const isGone = ![...options.logs()].includes(cut.log);
    if (isGone) await disk.remove(`${target}/${cut.key}`);
    if (isGone || copy === undefined) continue;
    done.push(copy.partition);
    recoveryPoints.set(cut.key, copy.recoveryPoint);
    logStarts.set(cut.key, copy.partition.logStartOffset);
  }
  await disk.writeFileAtomic(`${target}/${names.logStarts}`, encodeOffsets(logStarts));
  await disk.writeFileAtomic(`${target}/${names.recoveryPoints}`, encodeOffsets(recoveryPoints));
  const identity = await disk.readFile(`${directory}/${identityName}`);
  await disk.writeFileAtomic(`${target}/${identityName}`, identity);
  await disk.syncDirectory(target);
  return done;
}

function cutOf(log: PartitionLog): Cut {
  const { state } = log;
  const { durableOffset } = state;
  const tail = state.segments.findLast(({ baseOffset }) => baseOffset < durableOffset);
  return {
    log,
    key: topicPartitionKey(log.topicPartition),
    logStartOffset: state.logStartOffset,
    endOffset: state.durableOffset,
    recoveryPoint: state.recoveryPoint,
    segments: state.segments.map((segment) => ({
      base: segment.baseOffset,
      gapsBelow: segment === tail ? segment.gapsBelow : 0, // of the others nobody asks, and it may need the disk
    })),
  };
}

class LogCopy {
  readonly #disk: Disk;
  readonly #cut: Cut;
  readonly #target: string;

  constructor(disk: Disk, cut: Cut, target: string) {
    this.#disk = disk;
    this.#cut = cut;
    this.#target = target;
  }

  /** undefined when the log has gone meanwhile. */
  async run(
    source: string,
  ): Promise<{ partition: SnapshotPartition; recoveryPoint: number } | undefined> {
    const { log, segments, endOffset } = this.#cut;
    let files: string[];
    try {
      files = await this.#disk.list(source);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
    await this.#disk.makeDirectory(this.#target);
    const tailIndex = Math.max(
      0,
      segments.findLastIndex(({ base }) => base < endOffset),
    );
    const tail = segments[tailIndex] ?? { base: 0, gapsBelow: 0 };
    let [linkedBytes, copiedBytes] = [0, 0];
    for (const { base } of segments.slice(0, tailIndex)) {
      const { sizeBytes, isLinked } = await this.#sealed(source, files, base);
      if (isLinked) linkedBytes += sizeBytes;
      else copiedBytes += sizeBytes;
    }
    const copied = await this.#tail(source, tail);
    copiedBytes += copied.sizeBytes;
    for (const name of files) {
      const isKept = ['partition.metadata', 'cleaner-checkpoint', damageName].includes(name);
      const snapshotAt = /^\d{20}\.snapshot$/.test(name) ? Number.parseInt(name, 10) : Infinity;
      if (!isKept && name !== epochFileName && snapshotAt > tail.base) continue;
      await this.#copySmall(`${source}/${name}`, `${this.#target}/${name}`);
    }
    await this.#disk.syncDirectory(this.#target);
    // Cut from the head meanwhile: what is gone there is gone here.
    const logStartOffset = Math.min(
      Math.max(this.#cut.logStartOffset, log.logStartOffset),
      endOffset,
    );
    const { topic, partition } = log.topicPartition;
    const { topicId } = log;
    const facts = { topic, partition, topicId, logStartOffset, endOffset };
    return {
      partition: { ...facts, linkedBytes, copiedBytes },
      // All of the tail was checked while it was copied; only where it has damage must a start know what lies behind it.
      recoveryPoint: copied.hasDamage ? endOffset : Math.min(this.#cut.recoveryPoint, tail.base),
    };
  }

  async #sealed(
    source: string,
    files: readonly string[],
    base: number,
  ): Promise<{ sizeBytes: number; isLinked: boolean }> {
    const stem = offsetName(base);
    const path = `${this.#target}/${stem}.log`;
    let isLinked: boolean;
    try {
      isLinked = await this.#link(`${source}/${stem}.log`, path);
    } catch (error) {
      const isCutOff = base < this.#cut.log.logStartOffset;
      if (errorCode(error) === 'ENOENT' && isCutOff) return { sizeBytes: 0, isLinked: false };
      throw error;
    }
    for (const kind of sealedKinds) {
      if (!files.includes(`${stem}.${kind}`)) continue;
      await this.#copySmall(`${source}/${stem}.${kind}`, `${this.#target}/${stem}.${kind}`);
    }
    const file = await this.#disk.open(path, 'read-write');
    try {
      if (base >= this.#cut.recoveryPoint) await file.sync();
      return { sizeBytes: file.sizeSync(), isLinked };
    } finally {
      await file.close();
    }
  }

  /** A second name where the file system has that (true), otherwise a copy. */
  async #link(from: string, to: string): Promise<boolean> {
    try {
      await this.#disk.link(from, to);
      return true;
    } catch (error) {
      if (!['EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK'].includes(errorCode(error) ?? '')) throw error;
      await this.#copy(from, to);
      return false;
    }
  }

  /** Copies the segment that holds the cut, as far as the cut; damage that sound batches follow below the cut is copied too. */
  async #tail(
    source: string,
    { base, gapsBelow }: { readonly base: number; readonly gapsBelow: number },
  ): Promise<{ sizeBytes: number; hasDamage: boolean }> {
    const name = `${offsetName(base)}.log`;
    const { endOffset } = this.#cut;
    const path = `${this.#target}/${name}`;
    try {
      await this.#copy(`${source}/${name}`, path);
    } catch (error) {
      if (errorCode(error) === 'ENOENT' && base >= endOffset) {
        return { sizeBytes: 0, hasDamage: false }; // nothing was written yet
      }
      throw error;
    }
    const file = await this.#disk.open(path, 'read-write');
    try {
      const writtenBytes = file.sizeSync();
      const search = { crcFromOffset: 0, leaderEpoch: -1, endOffset: Infinity };
      const isSearched = base < endOffset && gapsBelow === 0;
      // A copy must not end with damage: what follows begins below the cut.
      const at = { baseOffset: base, writtenBytes };
      const gaps = isSearched ? gapsIn(file, at, { ...search, soundBelow: endOffset - 1 }) : [];
      let position = 0;
      if (base < endOffset) {
        const scan = { file, fromPosition: 0, toPosition: writtenBytes, nextOffset: base };
        const all = { ...scan, leaderEpoch: -1, crcFromOffset: 0, gapsBelow };
        const end = scanAround(all, gaps, {
          visit: ({ baseOffset, lastOffsetDelta }) =>
            baseOffset + lastOffsetDelta + 1 >= endOffset ? false : undefined,
        });
        if (end.nextOffset < endOffset) {
          const why = end.problem ?? 'the file ends early';
          throw new Error(
            `offsets ${end.nextOffset} to ${endOffset - 1} of ${source}/${name} are damaged (a batch is not sound, ${why}) and nothing sound follows: the snapshot would lose them; append to this partition, or delete its topic, and try again`,
          );
        }
        ({ position } = end);
      }
      await file.truncate(position);
      await file.sync();
      return { sizeBytes: position, hasDamage: gaps.length > 0 };
    } finally {
      await file.close();
    }
  }

  async #copy(from: string, to: string): Promise<void> {
    const source = await this.#disk.open(from, 'read');
    try {
      const target = await this.#disk.open(to, 'create-new');
      try {
        const buffer = Buffer.alloc(chunkBytes);
        for (let position = 0; ;) {
          const count = await source.read(buffer, 0, chunkBytes, position);
          if (count === 0) break;
          await target.write([buffer.subarray(0, count)], position);
          position += count;
        }
        await target.sync();
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  }

  async #copySmall(from: string, to: string): Promise<void> {
    try {
      await this.#disk.writeFileAtomic(to, await this.#disk.readFile(from));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error; // replaced or removed meanwhile; a start makes it again
    }
  }
}
