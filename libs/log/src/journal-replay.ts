// After a crash: finds what the shared journal has, and writes into each log what is missing behind its last sound batch.
// Protects: only whole records under their part's epoch count, in the order of the epochs, up to the first that does not; a
// batch is added only where the log ends, after the checks of any recovery; an entry before a "forget" of its log is void; the
// journal is emptied oldest part first, and only after all logs are synced, so that a second crash repeats the same work.
// Leaves out: entries of logs that are gone (a deleted topic). Format: journal-format.ts.

import { topicPartitionKey, type TopicPartition } from '@drave/contracts';
import type { Disk, DiskFile, Random } from '@drave/platform';
import { batchHeaderBytes } from '@drave/protocol';
import {
  batchCrcIsValid,
  type BatchHeader,
  headerProblem,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import {
  blockBytes,
  decodePartHeader,
  decodeRecord,
  encodePartHeader,
  type PartEpoch,
  partPath,
  recordHeaderBytes,
  recordSize,
  wholeBlocks,
} from './journal-format.js';
import { type LogEnvironment, segmentOf } from './log-state.js';
import type { Segment } from './segment.js';

/** Batches of one log, in a journal file. */
export interface JournalEntry {
  readonly file: DiskFile;
  /** First byte of the batches in the file. */
  readonly at: number;
  readonly sizeBytes: number;
  readonly segmentBase: number;
  readonly position: number;
}

/** A part whose header is sound. */
export interface FoundPart {
  readonly file: DiskFile;
  readonly epoch: PartEpoch;
  /** Whole records under its epoch. */
  recordCount: number;
}

/** What a crash left in the journal of a directory. */
export class FoundJournal {
  /** By ascending epoch. */
  readonly #parts: FoundPart[] = [];
  readonly #entries = new Map<string, JournalEntry[]>();

  /** Reads both parts, as far as they are whole. Throws the disk's errors. */
  static async read(
    disk: Disk,
    directory: string,
    mode: 'read' | 'read-write' = 'read-write',
  ): Promise<FoundJournal> {
    const found = new FoundJournal();
    for (const index of [0, 1]) {
      const path = partPath(directory, index);
      if ((await disk.stat(path)) === undefined) continue;
      const file = await disk.open(path, mode);
      const block = Buffer.alloc(blockBytes);
      await file.read(block, 0, blockBytes, 0);
      const epoch = decodePartHeader(block);
      if (epoch === undefined) await file.close();
      else found.#parts.push({ file, epoch, recordCount: 0 });
    }
    found.#parts.sort((one, other) => one.epoch.epoch - other.epoch.epoch);
    for (const part of found.#parts) await found.#readPart(part);
    return found;
  }

  get parts(): readonly FoundPart[] {
    return this.#parts;
  }

  /** Of the log with this name and topic id, in the order they were written. */
  entriesOf(topicPartition: TopicPartition, topicId: string): readonly JournalEntry[] {
    return this.#entries.get(nameOf(topicPartitionKey(topicPartition), topicId)) ?? [];
  }

  /** Makes all of it void; every log must be synced. Ends the use of this object. Throws the disk's errors. */
  async clear(random: Random): Promise<void> {
    let epoch = this.#parts.at(-1)?.epoch.epoch ?? 0;
    for (const part of this.#parts) {
      if (part.recordCount > 0) {
        const salt = random.bytes(4).readUInt32BE(0);
        await part.file.write([encodePartHeader({ epoch: ++epoch, salt })], 0);
        await part.file.sync();
      }
    }
    await this.close();
  }

  /** Ends the use of this object and leaves the journal as it is. */
  async close(): Promise<void> {
    for (const part of this.#parts) await part.file.close();
    this.#entries.clear();
  }

  async #readPart(part: FoundPart): Promise<void> {
    const { file, epoch } = part;
    const header = Buffer.alloc(recordHeaderBytes);
    let at = blockBytes;
    for (let sequence = 0; ; sequence++) {
      const count = await file.read(header, 0, recordHeaderBytes, at);
      const sizeBytes = recordSize(header.subarray(0, count), epoch, sequence);
      if (sizeBytes === undefined || at + sizeBytes > file.sizeSync()) return;
      const record = Buffer.allocUnsafe(sizeBytes);
      await file.read(record, 0, sizeBytes, at);
      const entries = decodeRecord(record);
      if (entries === undefined) return;
      part.recordCount++;
      for (const { kind, key, topicId, start, segmentBase, position, ...entry } of entries) {
        const name = nameOf(key, topicId);
        if (kind === 'forget') {
          this.#entries.delete(name);
          continue;
        }
        const place = { file, at: at + start, segmentBase, position, sizeBytes: entry.sizeBytes };
        const known = this.#entries.get(name);
        if (known === undefined) this.#entries.set(name, [place]);
        else known.push(place);
      }
      at += wholeBlocks(sizeBytes);
    }
  }
}

function nameOf(key: string, topicId: string): string {
  return `${key} ${topicId}`;
}

/**
 * Where a log that ends at `end` would end with the entries added; changes nothing. The checks are those of a replay but for the place in
 * the segment. Throws the disk's errors.
 */
export async function journalEnd(entries: readonly JournalEntry[], end: LogEnd): Promise<LogEnd> {
  let reached = end;
  for (const entry of entries) {
    const bytes = Buffer.allocUnsafe(entry.sizeBytes);
    await entry.file.read(bytes, 0, entry.sizeBytes, entry.at);
    for (let at = 0; at + batchHeaderBytes <= bytes.length;) {
      const header = readBatchHeader(bytes, at);
      if (lastOffsetOf(header) >= reached.nextOffset) {
        if (batchProblem(bytes, at, { header, end: reached }) !== undefined) return reached;
        reached = { nextOffset: lastOffsetOf(header) + 1, leaderEpoch: header.leaderEpoch };
      }
      if (header.sizeBytes < batchHeaderBytes) return reached;
      at += header.sizeBytes;
    }
  }
  return reached;
}

/** Where a log ends. */
export interface LogEnd {
  readonly nextOffset: number;
  /** Of the last batch; -1 when unknown. */
  readonly leaderEpoch: number;
}

export interface Replay {
  readonly directory: string;
  /** Of the log, ascending; a new one is added where the journal begins it. */
  readonly segments: Segment[];
  readonly end: LogEnd;
  readonly entries: readonly JournalEntry[];
  /** Hears of each batch that is added. */
  readonly visit: (header: BatchHeader) => void;
}

/** Adds what the journal has beyond the end of the log; the bytes are synced when it settles. Throws the disk's errors. */
export async function replayJournal(environment: LogEnvironment, replay: Replay): Promise<LogEnd> {
  const replayer = new LogReplayer(environment, replay);
  for (const entry of replay.entries) if (!(await replayer.replay(entry))) break;
  return replayer.finish();
}

class LogReplayer {
  readonly #environment: LogEnvironment;
  readonly #replay: Replay;
  readonly #touched = new Set<Segment>();
  #end: LogEnd;

  constructor(environment: LogEnvironment, replay: Replay) {
    this.#environment = environment;
    this.#replay = replay;
    this.#end = replay.end;
  }

  /** False: the entry does not fit the log, nor can any after it. */
  async replay(entry: JournalEntry): Promise<boolean> {
    const bytes = Buffer.allocUnsafe(entry.sizeBytes);
    await entry.file.read(bytes, 0, entry.sizeBytes, entry.at);
    const split = this.#knownBytes(bytes);
    if (split > 0) this.#rewrite(entry, bytes.subarray(0, split));
    return split === bytes.length || this.#add(entry, bytes, split);
  }

  async finish(): Promise<LogEnd> {
    const { files, platform } = this.#environment;
    for (const segment of this.#touched) {
      const pinned = segment.pin();
      try {
        await pinned.file.sync();
      } finally {
        files.unpin(pinned);
      }
    }
    const { directory, end } = this.#replay;
    if (this.#end.nextOffset > end.nextOffset) {
      platform.logger.info('log-replayed', {
        directory,
        fromOffset: end.nextOffset,
        toOffset: this.#end.nextOffset,
      });
    }
    return this.#end;
  }

  /** Bytes of the batches that lie below the end of the log. */
  #knownBytes(bytes: Buffer): number {
    let at = 0;
    while (at + batchHeaderBytes <= bytes.length) {
      const header = readBatchHeader(bytes, at);
      if (lastOffsetOf(header) >= this.#end.nextOffset) break;
      if (header.sizeBytes < batchHeaderBytes || at + header.sizeBytes > bytes.length) break;
      at += header.sizeBytes;
    }
    return at;
  }

  /**
   * What the log has already is written once more where it stands the same: after a sync that failed the page cache may show bytes
   * that the disk never took, and only what is dirty again reaches it.
   */
  #rewrite({ segmentBase, position }: JournalEntry, bytes: Buffer): void {
    const segment = this.#replay.segments.findLast(({ baseOffset }) => baseOffset === segmentBase);
    if (segment === undefined || position + bytes.length > segment.writtenBytes) return;
    const { files } = this.#environment;
    const pinned = segment.pin();
    try {
      const there = Buffer.allocUnsafe(bytes.length);
      pinned.file.readSync(there, 0, there.length, position);
      if (!there.equals(bytes)) return; // compacted since
      pinned.file.writeSync([bytes], position);
      this.#touched.add(segment);
    } finally {
      files.unpin(pinned);
    }
  }

  #add(entry: JournalEntry, bytes: Buffer, from: number): boolean {
    const position = entry.position + from;
    const headers: BatchHeader[] = [];
    let end = this.#end;
    let problem: string | undefined;
    for (let at = from; at < bytes.length && problem === undefined;) {
      const header = at + batchHeaderBytes <= bytes.length ? readBatchHeader(bytes, at) : undefined;
      problem = header ? batchProblem(bytes, at, { header, end }) : 'it ends within a batch';
      if (header === undefined || problem !== undefined) break;
      headers.push(header);
      at += header.sizeBytes;
      end = { nextOffset: lastOffsetOf(header) + 1, leaderEpoch: header.leaderEpoch };
    }
    const segment = this.#segmentFor(entry);
    problem ??= segment?.writtenBytes === position ? undefined : 'its place is another';
    if (problem !== undefined || segment === undefined) {
      const { nextOffset } = this.#end;
      const { directory } = this.#replay;
      const { segmentBase } = entry;
      const facts = { directory, nextOffset, segmentBase, position, problem };
      this.#environment.platform.logger.error('journal-entry-misfit', facts);
      return false;
    }
    this.#write(segment, bytes.subarray(from));
    let at = position;
    for (const header of headers) {
      const { sizeBytes } = header;
      segment.note(header.baseOffset, header.maxTimestamp, {
        position: at,
        sizeBytes,
        intervalBytes: 4096,
      });
      this.#replay.visit(header);
      at += sizeBytes;
    }
    this.#end = end;
    return true;
  }

  #write(segment: Segment, bytes: Buffer): void {
    const pinned = segment.pin();
    try {
      pinned.file.writeSync([bytes], segment.writtenBytes);
    } finally {
      this.#environment.files.unpin(pinned);
    }
    segment.sizeBytes = segment.writtenBytes += bytes.length;
    this.#touched.add(segment);
  }

  /** The last segment, or a new one where the entry begins one at the end of the log. */
  #segmentFor({ segmentBase, position }: JournalEntry): Segment | undefined {
    const { segments, directory } = this.#replay;
    const last = segments.at(-1);
    if (last?.baseOffset === segmentBase) return last;
    const isNext = segmentBase === this.#end.nextOffset && position === 0;
    if (!isNext || (last !== undefined && last.baseOffset > segmentBase)) return undefined;
    const fresh = segmentOf(this.#environment, directory, {
      baseOffset: segmentBase,
      sizeBytes: 0,
    });
    segments.push(fresh);
    return fresh;
  }
}

function batchProblem(
  bytes: Buffer,
  at: number,
  { header, end }: { readonly header: BatchHeader; readonly end: LogEnd },
): string | undefined {
  const problem = headerProblem(header, {
    ...end,
    remainingBytes: bytes.length - at,
    gapsBelow: 0,
  });
  if (problem !== undefined) return problem;
  return batchCrcIsValid(bytes, at, header) ? undefined : 'its checksum is wrong';
}
