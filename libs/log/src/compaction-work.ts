// The heavy part of one compaction, wherever it runs: maps the keys of the dirty part to their last offsets, then writes group after group
// of segments anew. Protects: damage is never given a new checksum; the offset map keeps to its bytes (but for a single batch beyond
// them); of the log's files it writes `<base>.log.cleaned` alone, synced when `rewrite` settles. Leaves out: the swap (log-cleaner.ts).

import { limits } from '@drave/contracts';
import { assert, type Disk } from '@drave/platform';
import { RecordBatchView } from '@drave/protocol';
import { BatchCleaner, recordsBlock, recordsPerStep } from './batch-cleaner.js';
import {
  type BatchHeader,
  isControl,
  isTransactional,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import { streamBatches, type StreamVisitor } from './batch-stream.js';
import {
  CleanedWriteError,
  type CompactionGroup,
  type CompactionJob,
  type Mapped,
  type Rewritten,
  type SegmentFacts,
} from './compaction-job.js';
import { isDiskFull } from './disk-room.js';
import { OffsetMap } from './offset-map.js';
import { OpenFiles, type PinnedFile } from './open-files.js';
import type { Pace, Steps } from './pace.js';
import { lastBatchesOf } from './producer-state.js';
import { RawRecords } from './raw-records.js';
import { SealBuilder } from './segment-seal.js';
import { Segment } from './segment.js';
import { cleanedSuffix } from './segment-swap.js';
import { TransactionFates } from './transaction-fates.js';

/**
 * Unsynced bytes it leaves to the kernel at most: on ext4 a producer's sync also waits for what others wrote before it. Measured beside a
 * loop of small syncs on a busy machine: with 16 MiB their median was 3 to 7 times as long, with 4 MiB as with none, with 1 MiB no better.
 */
const unsyncedBytesMax = 4 * 1024 * 1024;
const segmentBytesMax = 0x7fff_ffff;
/** The segment that is read and the one that is written. */
const openFilesMax = 2;

export interface CompactionWorld {
  readonly disk: Disk;
  readonly pace: Pace;
  /** Batches of more compressed bytes go through the thread pool. */
  readonly codecBytesMax: number;
  /** Asked before each chunk; what it throws ends the work. */
  readonly check: () => void;
}

interface Target {
  readonly cleaned: Segment;
  readonly sealing: SealBuilder;
  readonly markers: number[];
  hasChanged: boolean;
}

export class CompactionWork {
  readonly #job: CompactionJob;
  readonly #world: CompactionWorld;
  readonly #files: OpenFiles;
  #batches: BatchCleaner | undefined;

  constructor(job: CompactionJob, world: CompactionWorld) {
    this.#job = job;
    this.#world = world;
    // What it wrote is synced before it is closed: a failed close loses nothing.
    this.#files = new OpenFiles(world.disk, openFilesMax, () => undefined);
  }

  /** First of all. Rejects with DamagedSegmentError, ProtocolError, what `check` throws, or the disk's errors. */
  async map(): Promise<Mapped> {
    const { limit, nowMs, deleteRetentionMs, producers } = this.#job;
    let fates: TransactionFates | undefined;
    let found = await this.#mapKeys(limit, fates);
    if (found === undefined) {
      fates = await this.#fates();
      found = await this.#mapKeys(Math.min(limit, fates.undecidedFrom), fates);
    }
    assert(found !== undefined, 'transactions-decided');
    const { map, endOffset } = found;
    this.#batches = new BatchCleaner({
      map,
      endOffset,
      nowMs,
      deleteRetentionMs,
      lastBatches: lastBatchesOf(producers),
      isAborted: (header) => fates?.isAborted(header) ?? false,
      decompressedBytesMax: limits.decompressedBytesMin,
      codecBytesMax: this.#world.codecBytesMax,
    });
    return { endOffset, keys: map.count, mapBytes: map.sizeBytes };
  }

  /** The groups from the log start on, each once, in order. Rejects as `map`, and with CleanedWriteError. */
  async rewrite(group: CompactionGroup): Promise<Rewritten> {
    const { disk } = this.#world;
    const batches = this.#batches;
    const baseOffset = group.segments[0]?.baseOffset;
    assert(batches !== undefined && baseOffset !== undefined, 'mapped-before-rewritten');
    const cleaned = this.#segment({ baseOffset, sizeBytes: 0, gapsBelow: 0 }, cleanedSuffix);
    const sealing = new SealBuilder(baseOffset);
    const target: Target = { cleaned, sealing, markers: [], hasChanged: false };
    await disk.remove(cleaned.logPath);
    const pinned = cleaned.pin();
    try {
      await this.#copy(group, batches, { target, pinned });
    } finally {
      this.#files.unpin(pinned);
      this.#files.forget(cleaned.logPath);
    }
    return {
      hasChanged: target.hasChanged,
      content: cleaned.content(),
      seal: new Uint8Array(sealing.finish(group.endOffset).encode()),
      markers: Float64Array.from(target.markers),
      horizonMs: batches.nextHorizonMs ?? -1,
    };
  }

  /** Settles when no file of it is open any more. */
  end(): Promise<void> {
    this.#batches = undefined;
    return this.#files.closeAll();
  }

  /** Notes the keys below `limit` until the map is full; undefined when it needs to know how transactions ended. */
  async #mapKeys(
    limit: number,
    fates: TransactionFates | undefined,
  ): Promise<{ readonly map: OffsetMap; readonly endOffset: number } | undefined> {
    const { firstDirty, dedupeBufferBytes: bufferBytes } = this.#job;
    const { codecBytesMax } = this.#world;
    const { decompressedBytesMin: maxBytes } = limits;
    let map = new OffsetMap({ recordsMax: limit - firstDirty, bufferBytes });
    let endOffset = firstDirty;
    let needsFates = false;
    await this.#eachDirty(limit, function* (header, bytes) {
      const isData = !isControl(header);
      const inTransaction = isData && isTransactional(header);
      if (inTransaction && fates === undefined) {
        needsFates = true;
        return false;
      }
      if (isData && !(inTransaction && fates?.isAborted(header))) {
        const records = yield* recordsBlock(header, bytes, { maxBytes, codecBytesMax });
        if (!map.fits(header.recordCount)) {
          if (endOffset > firstDirty) return false;
          // A single batch beyond the buffer: it is as large as a batch may be, no larger.
          map = new OffsetMap({
            recordsMax: header.recordCount,
            bufferBytes: Number.MAX_SAFE_INTEGER,
          });
        }
        yield* noteKeys(map, header, records);
      }
      endOffset = lastOffsetOf(header) + 1;
      return undefined;
    });
    return needsFates ? undefined : { map, endOffset };
  }

  async #fates(): Promise<TransactionFates> {
    const fates = new TransactionFates();
    await this.#eachDirty(this.#job.limit, (header, bytes) => {
      if (!isTransactional(header)) return;
      fates.note(header, () => new RecordBatchView(bytes).records()[0]);
    });
    fates.end();
    return fates;
  }

  /** Visits the batches that lie wholly in `[firstDirty, limit)`, until `visit` returns false. */
  async #eachDirty(limit: number, visit: StreamVisitor): Promise<void> {
    const { firstDirty, dirty, from: first } = this.#job;
    let isOver = false;
    for (const [index, facts] of dirty.entries()) {
      if (isOver || facts.baseOffset >= limit) break;
      const from = index === 0 ? first : { position: 0, baseOffset: facts.baseOffset };
      await this.#stream(facts, { from }, function* (header, bytes) {
        if (lastOffsetOf(header) < firstDirty) return undefined;
        isOver = lastOffsetOf(header) >= limit;
        const verdict = isOver ? undefined : visit(header, bytes);
        isOver ||= (typeof verdict === 'object' ? yield* verdict : verdict) === false;
        return isOver ? false : undefined;
      });
    }
  }

  async #stream(
    facts: SegmentFacts,
    how: {
      readonly from: { readonly position: number; readonly baseOffset: number };
      readonly afterChunk?: () => Promise<void>;
    },
    visit: StreamVisitor,
  ): Promise<void> {
    const { pace, check } = this.#world;
    const segment = this.#segment(facts);
    await streamBatches({ files: this.#files, pace, segment, check, ...how }, visit);
    this.#files.forget(segment.logPath);
  }

  async #copy(
    group: CompactionGroup,
    batches: BatchCleaner,
    to: { readonly target: Target; readonly pinned: PinnedFile },
  ): Promise<void> {
    const { cleaned } = to.target;
    const { file } = to.pinned;
    let chunks: Buffer[] = [];
    let unsyncedBytes = 0;
    const afterChunk = async (): Promise<void> => {
      if (chunks.length > 0) await written(() => file.write(chunks, cleaned.writtenBytes));
      unsyncedBytes += cleaned.sizeBytes - cleaned.writtenBytes;
      cleaned.writtenBytes = cleaned.sizeBytes;
      chunks = [];
      if (unsyncedBytes < unsyncedBytesMax) return;
      await written(() => file.sync());
      unsyncedBytes = 0;
    };
    const { indexIntervalBytes: intervalBytes } = this.#job;
    for (const facts of group.segments) {
      const from = { position: 0, baseOffset: facts.baseOffset };
      await this.#stream(facts, { from, afterChunk }, function* (header, bytes) {
        const kept = yield* batches.clean(header, bytes);
        if (kept !== bytes) to.target.hasChanged = true;
        if (kept === undefined) return;
        note(to.target, intervalBytes, { header, kept });
        chunks.push(kept);
      });
    }
    await written(() => file.sync());
  }

  #segment({ baseOffset, sizeBytes, gapsBelow }: SegmentFacts, suffix = ''): Segment {
    const { disk } = this.#world;
    const { directory } = this.#job;
    const files = this.#files;
    const segment = new Segment({ disk, files, directory, baseOffset, sizeBytes, suffix });
    segment.gapsBelow = gapsBelow;
    return segment;
  }
}

/** Enters what stays of a batch into all that is made with the segment. */
function note(
  { cleaned, sealing, markers }: Target,
  intervalBytes: number,
  { header, kept }: { readonly header: BatchHeader; readonly kept: Buffer },
): void {
  const position = cleaned.sizeBytes;
  const { maxTimestamp, sizeBytes, recordCount } = readBatchHeader(kept, 0);
  if (isControl(header) && recordCount > 0) markers.push(header.baseOffset);
  assert(position + sizeBytes <= segmentBytesMax, 'cleaned-segment-size', { position });
  cleaned.note(header.baseOffset, maxTimestamp, { position, sizeBytes, intervalBytes });
  cleaned.sizeBytes += sizeBytes;
  sealing.add({ baseOffset: header.baseOffset, nextOffset: lastOffsetOf(header) + 1 }, kept);
}

/** A full disk ends the compaction, another error the directory: what it does to the log's bytes nobody knows. */
async function written(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isDiskFull(error)) throw error;
    throw new CleanedWriteError('a cleaned segment cannot be written', { cause: error });
  }
}

function* noteKeys(
  map: OffsetMap,
  header: BatchHeader,
  { block, start }: { readonly block: Buffer; readonly start: number },
): Steps<void> {
  const records = new RawRecords(block, { start, end: block.length }, header.recordCount);
  for (let count = 1; records.next(); count++) {
    const { key } = records;
    if (key !== undefined) map.put(key, header.baseOffset + records.offsetDelta);
    if (count % recordsPerStep === 0) yield undefined;
  }
}
