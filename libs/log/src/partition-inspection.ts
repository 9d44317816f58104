// Inspects the files of one partition: every batch by header, continuity and CRC, every index entry, snapshot and seal; after an unclean
// stop also what recovery would do with them. Protects: nothing is changed; what recovery would cut although sound batches follow, or
// although it was durable, is a problem, not a recovery. Leaves out: the data directory (inspection.ts).
//
//   durable ──── recovery point ──── written, maybe not synced ──── torn ────      torn at the end only: a recovery; else a problem

import type { Disk, DiskFile } from '@drave/platform';
import { readCleanerCheckpoint } from './cleaner-checkpoint.js';
import { compactionGapsBelow } from './compaction-gaps.js';
import type { FoundLog } from './found-directory.js';
import type { InspectionReport } from './inspection-report.js';
import { journalEnd } from './journal-replay.js';
import { LeaderEpochs } from './leader-epochs.js';
import { ProducerState } from './producer-state.js';
import { offsetName } from './segment.js';
import { soundBatchAfter } from './segment-damage.js';
import { OffsetIndex, TimeIndex } from './segment-index.js';
import { type ScanEnd, type ScanVisitor, scanBatches } from './segment-scan.js';
import { type Anchor, SegmentSeal, sealChunkBytes } from './segment-seal.js';
import { foundSwaps } from './segment-swap.js';
import { TransactionIndex } from './transaction-index.js';

interface BatchPlace {
  readonly position: number;
  /** Its greatest timestamp, where that is above all before it in the segment. */
  readonly newTimestamp: number | undefined;
}

type BatchPlaces = ReadonlyMap<number, BatchPlace>;

interface SegmentFile {
  readonly base: number;
  /** Without an ending. */
  readonly stem: string;
  readonly path: string;
  readonly isActive: boolean;
}

export class PartitionInspection {
  readonly #disk: Disk;
  readonly #report: InspectionReport;
  readonly #path: string;
  readonly #names: readonly string[];
  /** undefined: taken for stopped cleanly. */
  readonly #found: FoundLog | undefined;
  #nextOffset = 0;
  #leaderEpoch = -1;
  /** Of the log as far as it was walked. */
  #gapsBelow = 0;
  /** What follows damage cannot be held against what precedes it. */
  #isBroken = false;
  /** Recovery ends the log here. */
  #isCut = false;

  constructor(
    disk: Disk,
    report: InspectionReport,
    partition: {
      readonly path: string;
      readonly names: readonly string[];
      readonly found: FoundLog | undefined;
    },
  ) {
    this.#disk = disk;
    this.#report = report;
    this.#path = partition.path;
    this.#names = partition.names;
    this.#found = partition.found;
  }

  async run(): Promise<void> {
    this.#report.totals.partitions += 1;
    const files = this.#segmentFiles();
    const activeBase = files.at(-1)?.base ?? 0;
    const { gapsBelow } = readCleanerCheckpoint(this.#disk, this.#path, activeBase);
    this.#nextOffset = files[0]?.base ?? 0;
    this.#gapsBelow = gapsBelow;
    for (const [index, file] of files.entries()) {
      await this.#segment(file, files[index + 1]?.base);
    }
    await this.#end();
    for (const name of this.#names) {
      const path = `${this.#path}/${name}`;
      if (/^\d{20}\.snapshot$/.test(name)) await this.#snapshot(path, Number.parseInt(name, 10));
      if (/\.(cleaned|tmp)$/.test(name)) this.#recovers(path, 'removes it: it was not finished');
      if (name.endsWith('.deleted')) this.#recovers(path, 'removes it: retention deleted it');
    }
  }

  get #isClean(): boolean {
    return this.#found === undefined || this.#found.clean !== undefined;
  }

  /** As recovery will see them: a finished compaction in the place of what it replaces. */
  #segmentFiles(): SegmentFile[] {
    const swaps = foundSwaps(this.#names);
    const files = this.#names
      .filter((name) => /^\d{20}\.log$/.test(name))
      .map((name) => ({ base: Number.parseInt(name, 10), name }))
      .filter(({ base }) => !swaps.some(({ from, to }) => base >= from && base < to));
    for (const { from, name } of swaps) {
      files.push({ base: from, name });
      this.#recovers(`${this.#path}/${name}`, 'puts it in the place of the segments it replaces');
    }
    files.sort((one, other) => one.base - other.base);
    return files.map(({ base, name }, index) => ({
      base,
      stem: `${this.#path}/${offsetName(base)}`,
      path: `${this.#path}/${name}`,
      isActive: index === files.length - 1,
    }));
  }

  /** `endOffset`: where the next one begins; undefined for the last one. */
  async #segment(segment: SegmentFile, endOffset: number | undefined): Promise<void> {
    const { base, path } = segment;
    const { totals, visitor } = this.#report;
    const isNext =
      base === this.#nextOffset ||
      (base > this.#nextOffset && base <= this.#gapsBelow) ||
      this.#isBroken;
    if (!isNext) {
      this.#problem(path, `it begins at ${base}, the one before ends at ${this.#nextOffset}`);
    }
    if (this.#isCut) this.#problem(path, 'the next start removes it: the one before is cut');
    const file = await this.#disk.open(path, 'read');
    try {
      const sizeBytes = file.sizeSync();
      totals.segments += 1;
      totals.bytes += sizeBytes;
      visitor.segment?.(path, sizeBytes);
      const batches = new Map<number, BatchPlace>();
      await this.#findGaps(segment, file, endOffset);
      const gapsBelow = this.#gapsBelow;
      const end = this.#batches(file, { segment, gapsBelow, sizeBytes, batches });
      if (!this.#isCut) this.#nextOffset = Math.max(base, end.nextOffset);
      this.#leaderEpoch = end.leaderEpoch;
      this.#isBroken = end.problem !== undefined || this.#isCut;
      if (end.isDamaged) return;
      // Behind damage no position is known, so index entries there could only be doubted.
      await this.#sideFiles(segment, file, batches);
    } finally {
      await file.close();
    }
  }

  /** What the segment itself tells, where the checkpoint of compaction does not. */
  async #findGaps(
    { base, stem }: SegmentFile,
    file: DiskFile,
    endOffset: number | undefined,
  ): Promise<void> {
    if (endOffset === undefined || endOffset <= this.#gapsBelow) return;
    const at = { baseOffset: base, sizeBytes: file.sizeSync() };
    const bytes = await this.#read(`${stem}.seal`);
    const seal = bytes && SegmentSeal.decode(bytes, at);
    const gapsBelow = compactionGapsBelow({ file, ...at, endOffset }, seal);
    this.#gapsBelow = Math.max(this.#gapsBelow, gapsBelow);
  }

  /** All that are sound, those behind damage too. */
  #batches(
    file: DiskFile,
    options: {
      readonly segment: SegmentFile;
      readonly gapsBelow: number;
      readonly sizeBytes: number;
      /** Filled, by base offset. */
      readonly batches: Map<number, BatchPlace>;
    },
  ): ScanEnd & { readonly isDamaged: boolean } {
    const { segment, gapsBelow, sizeBytes, batches } = options;
    const { totals, visitor } = this.#report;
    let greatest = -1;
    const visit: ScanVisitor = (header, position) => {
      totals.batches += 1;
      totals.records += header.recordCount;
      const { baseOffset, maxTimestamp } = header;
      const isNewest = maxTimestamp > greatest;
      if (isNewest) greatest = maxTimestamp;
      batches.set(baseOffset, { position, newTimestamp: isNewest ? maxTimestamp : undefined });
      visitor.batch?.(file.path, header, position);
    };
    let from: Anchor = { position: 0, baseOffset: segment.base };
    let leaderEpoch = this.#leaderEpoch;
    for (let isDamaged = false; ; isDamaged = true) {
      const { position: fromPosition, baseOffset: nextOffset } = from;
      const place = { file, fromPosition, toPosition: sizeBytes, nextOffset };
      const end = scanBatches({ ...place, leaderEpoch, crcFromOffset: 0, gapsBelow }, visit);
      if (end.problem === undefined) return { ...end, isDamaged };
      const resume = this.#unsound(segment, file, end);
      if (resume === undefined) return { ...end, isDamaged: true };
      from = resume;
      ({ leaderEpoch } = end);
    }
  }

  /** A torn end is what a crash leaves; anything else is damage. Returns the sound batch that follows. */
  #unsound(segment: SegmentFile, file: DiskFile, end: ScanEnd): Anchor | undefined {
    const { path } = segment;
    const { nextOffset, position, leaderEpoch: leaderEpochMin } = end;
    const at = { position, baseOffset: nextOffset - 1 };
    const bounds = { epochs: new LeaderEpochs(), endOffset: Number.POSITIVE_INFINITY };
    const follows = soundBatchAfter(file, file.sizeSync(), at, { ...bounds, leaderEpochMin });
    const what = `the batch at offset ${nextOffset} is not sound: ${end.problem}`;
    const next = follows
      ? `the next sound one is at offset ${follows.baseOffset}, byte ${follows.position}`
      : 'no sound one follows in the file';
    if (this.#isClean || this.#isCut || nextOffset < this.#recoveryPoint) {
      this.#report.problem({ path, position, problem: `${what}; ${next}` });
      return follows;
    }
    const cutBytes = file.sizeSync() - position;
    this.#isCut = true;
    this.#nextOffset = nextOffset;
    if (follows === undefined) {
      this.#recovers(path, `cuts ${cutBytes} torn bytes behind offset ${nextOffset} (${what})`);
      return undefined;
    }
    const problem = `${what}; the next start cuts it there, with the sound batches from offset ${follows.baseOffset} on`;
    this.#report.problem({ path, position, problem });
    return follows;
  }

  get #recoveryPoint(): number {
    return this.#found?.recoveryPoint ?? 0;
  }

  async #end(): Promise<void> {
    const { clean, entries, recoveryPoint } = this.#found ?? { entries: [], recoveryPoint: 0 };
    const end = { nextOffset: this.#nextOffset, leaderEpoch: this.#leaderEpoch };
    const path = this.#path;
    if (clean !== undefined) {
      if (clean.logEndOffset === end.nextOffset || this.#isBroken) return;
      const problem = `it ends at ${end.nextOffset}, at the clean stop it ended at ${clean.logEndOffset}`;
      return this.#problem(path, problem);
    }
    const { nextOffset } = await journalEnd(entries, end);
    if (nextOffset > end.nextOffset) {
      this.#recovers(path, `adds offsets ${end.nextOffset} to ${nextOffset - 1} from the journal`);
    }
    if (nextOffset >= recoveryPoint || this.#isBroken) return;
    const problem = `it ends at ${nextOffset}, it was durable up to ${recoveryPoint}`;
    this.#problem(path, problem);
  }

  /** Index files of what recovery reads anew are made anew, whatever they hold. */
  async #sideFiles(segment: SegmentFile, file: DiskFile, batches: BatchPlaces): Promise<void> {
    const isMadeAnew = this.#nextOffset > this.#recoveryPoint || segment.isActive;
    if ((!this.#isClean && isMadeAnew) || segment.path.endsWith('.swap')) return;
    const { base, stem } = segment;
    const sizeBytes = file.sizeSync();
    const offsetBytes = await this.#read(`${stem}.index`);
    if (offsetBytes) {
      const index = OffsetIndex.decode(offsetBytes, sizeBytes);
      if (index) this.#offsetIndex(`${stem}.index`, index, { base, batches });
      else this.#problem(`${stem}.index`, 'its checksum, size or order is wrong');
    }
    const timeBytes = await this.#read(`${stem}.timeindex`);
    if (timeBytes) {
      const index = TimeIndex.decode(timeBytes, sizeBytes);
      if (index) this.#timeIndex(`${stem}.timeindex`, index, { base, batches });
      else this.#problem(`${stem}.timeindex`, 'its checksum, size or order is wrong');
    }
    await this.#transactions(`${stem}.txnindex`, batches);
    await this.#seal(segment, file);
  }

  #offsetIndex(
    path: string,
    index: OffsetIndex,
    { base, batches }: { readonly base: number; readonly batches: BatchPlaces },
  ): void {
    this.#report.visitor.offsetIndex?.(path, index);
    for (let entry = 0; entry < index.count; entry++) {
      const offset = base + index.relativeOffsetAt(entry);
      if (batches.get(offset)?.position === index.positionAt(entry)) continue;
      const problem = `entry ${entry} says that offset ${offset} begins at byte ${index.positionAt(entry)}, which it does not`;
      this.#report.problem({ path, position: entry * OffsetIndex.entryBytes, problem });
    }
  }

  #timeIndex(
    path: string,
    times: TimeIndex,
    { base, batches }: { readonly base: number; readonly batches: BatchPlaces },
  ): void {
    this.#report.visitor.timeIndex?.(path, times);
    for (let entry = 0; entry < times.count; entry++) {
      const offset = base + times.relativeOffsetAt(entry);
      if (batches.get(offset)?.newTimestamp === times.timestampAt(entry)) continue;
      const problem = `entry ${entry} says that the batch at offset ${offset} is the first with timestamp ${times.timestampAt(entry)}, which it is not`;
      this.#report.problem({ path, position: entry * TimeIndex.entryBytes, problem });
    }
  }

  /** The one of the growing segment may be of fewer bytes; of what it names everything must be there. */
  async #transactions(path: string, batches: BatchPlaces): Promise<void> {
    const bytes = await this.#read(path);
    if (bytes === undefined) return;
    const decoded = TransactionIndex.decodeAny(bytes);
    if (decoded === undefined) return this.#problem(path, 'its checksum or version is wrong');
    this.#report.visitor.transactions?.(path, decoded.index);
    for (const { producerId, lastOffset } of decoded.index.aborted) {
      if (batches.has(lastOffset)) continue;
      this.#problem(path, `producer ${producerId} has no marker at offset ${lastOffset}`);
    }
  }

  /** What the seal says the bytes were; bits outside the batch checksums are seen by it alone. */
  async #seal({ base, stem, path }: SegmentFile, file: DiskFile): Promise<void> {
    const bytes = await this.#read(`${stem}.seal`);
    if (bytes === undefined) return;
    const seal = SegmentSeal.decode(bytes, { baseOffset: base, sizeBytes: file.sizeSync() });
    if (seal === undefined) {
      return this.#problem(`${stem}.seal`, 'its checksum, version, offset or size is wrong');
    }
    this.#report.visitor.seal?.(`${stem}.seal`, seal);
    const chunk = Buffer.alloc(sealChunkBytes);
    for (let index = 0; index < seal.chunkCount; index++) {
      const position = index * sealChunkBytes;
      const count = await file.read(chunk, 0, seal.chunkSize(index), position);
      if (seal.verify(index, chunk.subarray(0, count))) continue;
      this.#report.problem({ path, position, problem: `${count} bytes differ from its seal` });
    }
  }

  async #snapshot(path: string, offset: number): Promise<void> {
    if (!this.#isClean && offset > this.#nextOffset) {
      return this.#recovers(path, 'removes it: it lies behind the end of the log');
    }
    const bytes = await this.#read(path);
    const state = bytes && ProducerState.decode(bytes, offset);
    if (state) this.#report.visitor.producers?.(path, state.list());
    else this.#problem(path, 'its checksum, version or offset is wrong');
  }

  #problem(path: string, problem: string): void {
    this.#report.problem({ path, problem });
  }

  #recovers(path: string, recovery: string): void {
    this.#report.recovery(path, recovery);
  }

  async #read(path: string): Promise<Buffer | undefined> {
    return (await this.#disk.stat(path)) === undefined ? undefined : this.#disk.readFile(path);
  }
}
