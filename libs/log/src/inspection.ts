// Reads the files of a data directory that no broker uses, for `drave log dump` and `drave log verify`.
// Protects: changes nothing, believes nothing, goes on after damage: what is unsound becomes a problem with its place. Every batch is
// checked by header, continuity and CRC. Leaves out: repair (recovery does that at the next start), decoding records.

import { parseTopicPartitionKey } from '@drave/contracts';
import type { Disk, DiskFile } from '@drave/platform';
import type { BatchHeader } from './batch-header.js';
import { readCleanerCheckpoint } from './cleaner-checkpoint.js';
import { ProducerState, type ActiveProducer } from './producer-state.js';
import { openSealedText } from './sealed-text.js';
import { type ScanEnd, scanBatches } from './segment-scan.js';
import { OffsetIndex, TimeIndex } from './segment-index.js';
import { TransactionIndex } from './transaction-index.js';

export interface LogProblem {
  /** The file concerned. */
  readonly path: string;
  /** Byte in the file, where one is known. */
  readonly position?: number;
  /** A clause. */
  readonly problem: string;
}

export interface LogVisitor {
  segment?(path: string, sizeBytes: number): void;
  batch?(path: string, header: BatchHeader, position: number): void;
  offsetIndex?(path: string, index: OffsetIndex): void;
  timeIndex?(path: string, index: TimeIndex): void;
  transactions?(path: string, index: TransactionIndex): void;
  producers?(path: string, producers: readonly ActiveProducer[]): void;
  problem?(problem: LogProblem): void;
}

export interface InspectionTotals {
  partitions: number;
  segments: number;
  batches: number;
  records: number;
  bytes: number;
  problems: number;
}

/**
 * Inspects a data directory, or one partition directory in it, in the order of names and offsets. `visitor` hears of everything;
 * the answer counts. Throws the disk's errors (ENOENT …).
 */
export async function inspectLogs(
  disk: Disk,
  path: string,
  visitor: LogVisitor,
): Promise<InspectionTotals> {
  const inspection = new Inspection(disk, visitor);
  const names = await disk.list(path);
  if (names.some((name) => /^\d{20}\.log$/.test(name))) await inspection.partition(path, names);
  else {
    for (const name of names) await inspection.entry(`${path}/${name}`, name);
  }
  return inspection.totals;
}

interface BatchPlace {
  readonly position: number;
  /** Its greatest timestamp, where that is above all before it in the segment. */
  readonly newTimestamp: number | undefined;
}

class Inspection {
  readonly totals: InspectionTotals = {
    partitions: 0,
    segments: 0,
    batches: 0,
    records: 0,
    bytes: 0,
    problems: 0,
  };
  readonly #disk: Disk;
  readonly #visitor: LogVisitor;

  constructor(disk: Disk, visitor: LogVisitor) {
    this.#disk = disk;
    this.#visitor = visitor;
  }

  /** An entry of a data directory: a partition, a sealed text file, or something else, which is passed over. */
  async entry(path: string, name: string): Promise<void> {
    const stat = await this.#disk.stat(path);
    if (stat?.kind === 'directory') {
      if (parseTopicPartitionKey(name)) await this.partition(path, await this.#disk.list(path));
    } else if (isSealedText(name)) await this.#sealedText(path);
  }

  async partition(path: string, names: readonly string[]): Promise<void> {
    this.totals.partitions += 1;
    const bases = names
      .filter((name) => /^\d{20}\.log$/.test(name))
      .map((name) => Number.parseInt(name, 10));
    const activeBase = bases.at(-1) ?? 0;
    const { gapsBelow } = readCleanerCheckpoint(this.#disk, path, activeBase);
    let nextOffset = bases[0] ?? 0;
    let leaderEpoch = -1;
    let wasSound = true;
    for (const base of bases) {
      const file = `${path}/${String(base).padStart(20, '0')}`;
      if (wasSound && base !== nextOffset && !(base > nextOffset && base <= gapsBelow)) {
        this.#report({
          path: `${file}.log`,
          problem: `it begins at ${base}, the one before ends at ${nextOffset}`,
        });
      }
      const end = await this.#segment(file, { base, leaderEpoch, gapsBelow });
      nextOffset = Math.max(base, end.nextOffset);
      leaderEpoch = end.leaderEpoch;
      wasSound = end.problem === undefined;
    }
    for (const name of names) {
      if (/^\d{20}\.snapshot$/.test(name))
        await this.#snapshot(`${path}/${name}`, Number.parseInt(name, 10));
      else if (isSealedText(name)) await this.#sealedText(`${path}/${name}`);
    }
  }

  async #segment(
    path: string,
    start: { readonly base: number; readonly leaderEpoch: number; readonly gapsBelow: number },
  ): Promise<ScanEnd> {
    const file = await this.#disk.open(`${path}.log`, 'read');
    try {
      const sizeBytes = file.sizeSync();
      this.totals.segments += 1;
      this.totals.bytes += sizeBytes;
      this.#visitor.segment?.(`${path}.log`, sizeBytes);
      const batches = new Map<number, BatchPlace>();
      const end = this.#batches(file, { ...start, sizeBytes, batches });
      // Behind damage no position is known, so index entries there could only be doubted.
      if (end.problem === undefined) {
        await this.#indexes(path, start.base, sizeBytes, batches);
        await this.#transactions(`${path}.txnindex`, batches);
      }
      return end;
    } finally {
      await file.close();
    }
  }

  #batches(
    file: DiskFile,
    options: {
      readonly base: number;
      readonly leaderEpoch: number;
      readonly gapsBelow: number;
      readonly sizeBytes: number;
      /** Filled, by base offset. */
      readonly batches: Map<number, BatchPlace>;
    },
  ): ScanEnd {
    const { base, leaderEpoch, gapsBelow, sizeBytes, batches } = options;
    let greatest = -1;
    const scan = { file, fromPosition: 0, toPosition: sizeBytes, nextOffset: base, leaderEpoch };
    const end = scanBatches({ ...scan, crcFromOffset: 0, gapsBelow }, (header, position) => {
      this.totals.batches += 1;
      this.totals.records += header.recordCount;
      const { baseOffset, maxTimestamp } = header;
      const isNewest = maxTimestamp > greatest;
      if (isNewest) greatest = maxTimestamp;
      batches.set(baseOffset, { position, newTimestamp: isNewest ? maxTimestamp : undefined });
      this.#visitor.batch?.(file.path, header, position);
    });
    if (end.problem !== undefined) {
      const what = `the batch at offset ${end.nextOffset} is not sound: ${end.problem}`;
      this.#report({ path: file.path, position: end.position, problem: what });
    }
    return end;
  }

  async #indexes(
    path: string,
    base: number,
    sizeBytes: number,
    batches: ReadonlyMap<number, BatchPlace>,
  ): Promise<void> {
    const offsetBytes = await this.#read(`${path}.index`);
    if (offsetBytes) {
      const index = OffsetIndex.decode(offsetBytes, sizeBytes);
      if (index) this.#offsetIndex(`${path}.index`, index, base, batches);
      else
        this.#report({
          path: `${path}.index`,
          problem: 'its checksum, size or order is wrong',
        });
    }
    const timeBytes = await this.#read(`${path}.timeindex`);
    if (!timeBytes) return;
    const times = TimeIndex.decode(timeBytes, sizeBytes);
    if (!times) {
      this.#report({ path: `${path}.timeindex`, problem: 'its checksum, size or order is wrong' });
      return;
    }
    this.#visitor.timeIndex?.(`${path}.timeindex`, times);
    for (let entry = 0; entry < times.count; entry++) {
      const offset = base + times.relativeOffsetAt(entry);
      if (batches.get(offset)?.newTimestamp === times.timestampAt(entry)) continue;
      const problem = `entry ${entry} says that the batch at offset ${offset} is the first with timestamp ${times.timestampAt(entry)}, which it is not`;
      this.#report({ path: `${path}.timeindex`, position: entry * TimeIndex.entryBytes, problem });
    }
  }

  /** The one of the growing segment may be of fewer bytes; of what it names everything must be there. */
  async #transactions(path: string, batches: ReadonlyMap<number, BatchPlace>): Promise<void> {
    const bytes = await this.#read(path);
    if (bytes === undefined) return;
    const decoded = TransactionIndex.decodeAny(bytes);
    if (decoded === undefined) {
      this.#report({ path, problem: 'its checksum or version is wrong' });
      return;
    }
    this.#visitor.transactions?.(path, decoded.index);
    for (const { producerId, lastOffset } of decoded.index.aborted) {
      if (batches.has(lastOffset)) continue;
      const problem = `producer ${producerId} has no marker at offset ${lastOffset}`;
      this.#report({ path, problem });
    }
  }

  #offsetIndex(
    path: string,
    index: OffsetIndex,
    base: number,
    batches: ReadonlyMap<number, BatchPlace>,
  ): void {
    this.#visitor.offsetIndex?.(path, index);
    for (let entry = 0; entry < index.count; entry++) {
      const offset = base + index.relativeOffsetAt(entry);
      if (batches.get(offset)?.position === index.positionAt(entry)) continue;
      const problem = `entry ${entry} says that offset ${offset} begins at byte ${index.positionAt(entry)}, which it does not`;
      this.#report({ path, position: entry * OffsetIndex.entryBytes, problem });
    }
  }

  async #snapshot(path: string, offset: number): Promise<void> {
    const bytes = await this.#read(path);
    const state = bytes && ProducerState.decode(bytes, offset);
    if (state) this.#visitor.producers?.(path, state.list());
    else this.#report({ path, problem: 'its checksum, version or offset is wrong' });
  }

  async #sealedText(path: string): Promise<void> {
    const bytes = await this.#read(path);
    if (bytes && openSealedText(bytes) === undefined) {
      this.#report({ path, problem: 'its checksum line is missing or wrong' });
    }
  }

  async #read(path: string): Promise<Buffer | undefined> {
    return (await this.#disk.stat(path)) === undefined ? undefined : this.#disk.readFile(path);
  }

  #report(problem: LogProblem): void {
    this.totals.problems += 1;
    this.#visitor.problem?.(problem);
  }
}

function isSealedText(name: string): boolean {
  return /(-checkpoint|^meta\.properties|^\.clean-shutdown|^partition\.metadata)$/.test(name);
}
