// Reads of one log by offset: raw batches (by time: time-lookup.ts). Protects: only whole batches below the bound
// leave, each following the one before it; an index that leads to a wrong place is rebuilt, bytes that are no batch are
// reported and never served; what is served from disk was checked once since the start. Leaves out: repair.

import { KafkaError } from '@drave/contracts';
import type { Slab, SlabPool } from '@drave/platform';
import { batchHeaderBytes } from '@drave/protocol';
import { type BatchHeader, headerProblem, lastOffsetOf, readBatchHeader } from './batch-header.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { reportCorrupt } from './corrupt-ranges.js';
import { chunksOf } from './log-scrub.js';
import { findDamage, isSoundBatch } from './segment-damage.js';
import { corruptRangesOf, findBadChunks } from './segment-scrub.js';
import type { Anchor, SegmentSeal } from './segment-seal.js';
import type { FileRange } from './read-ahead.js';
import type { Segment } from './segment.js';

export interface ReadRequest {
  /** First offset wanted; the batch that contains it comes whole. */
  readonly offset: number;
  readonly maxBytes: number;
  /** Exclusive: high watermark or last stable offset. Batches that reach it are not read. */
  readonly boundOffset: number;
  /** The first batch is served even when it is larger than `maxBytes`. Default true. */
  readonly minOneBatch?: boolean;
  /** Where large reads get their memory from; the caller then owns `ReadResult.slab`. */
  readonly slabs?: SlabPool;
}

export interface ReadResult {
  /** Whole batches, one after another; empty when there is nothing below the bound. Never changed afterwards; do not change it. */
  readonly records: Buffer;
  /** What `records` lie in, when a pool was given and had one: to be released once nobody reads them. */
  readonly slab?: Slab | undefined;
  /** Offset to go on with. */
  readonly nextOffset: number;
}

/** Smaller reads are not worth a slab. */
const slabFromBytes = 32 * 1024;
const firstReadBytesMin = 64 * 1024;
/** Smaller reads are not begun ahead: there is little to win. */
const readOnBytesMin = 256 * 1024;
const hintsMax = 16;
const attemptsMax = 5;

interface Place {
  readonly segment: Segment;
  readonly baseOffset: number;
  readonly position: number;
}

export class LogReader {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  /** Where the last readers stopped, so that the next read of each starts exactly there. */
  #hints: Map<number, Place> | undefined;

  constructor(environment: LogEnvironment, state: LogState) {
    this.#environment = environment;
    this.#state = state;
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    const { offset } = request;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const { version } = this.#state;
      const { corrupt, writtenOffset } = this.#state;
      const corruptFrom = corrupt.nextFrom(offset);
      const boundOffset = Math.min(request.boundOffset, writtenOffset, corruptFrom);
      if (offset >= boundOffset) return { records: Buffer.alloc(0), nextOffset: offset };
      const place = this.#place(offset);
      const memory = new ReadMemory(request.slabs);
      let found: ReadResult | undefined;
      try {
        found = await this.#readAt(place, { ...request, boundOffset }, memory);
        if (version === this.#state.version && found !== undefined) {
          // Nothing lies before the damage (a gap of compaction): then the damage is the answer.
          const isStuck = found.records.length === 0 && boundOffset === corruptFrom;
          if (isStuck && request.minOneBatch !== false) corrupt.nextFrom(corruptFrom);
          return { ...found, slab: memory.handOver() };
        }
      } catch (error) {
        // The segment may have gone while it was being read.
        if (version === this.#state.version) throw error;
      } finally {
        memory.release();
      }
    }
    throw new KafkaError('KAFKA_STORAGE_ERROR', `offset ${offset} cannot be read just now`);
  }

  #place(offset: number): Place {
    const segment = this.#state.segments[this.#state.segmentIndex(offset)];
    const hint = this.#hints?.get(offset);
    if (hint !== undefined && hint.segment === segment) return hint;
    if (segment === undefined) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset} is below the log`);
    }
    segment.load();
    const indexed = segment.floorPosition(offset);
    const sealed = this.#sealOf(segment)?.floor(offset);
    const nearer = sealed ?? segment.trust.resumeBefore(offset);
    const isNearer = nearer !== undefined && nearer.position > indexed.position;
    return { segment, ...(isNearer ? nearer : indexed) };
  }

  #sealOf(segment: Segment): SegmentSeal | undefined {
    return segment === this.#state.active ? undefined : segment.seal;
  }

  /** undefined: the index was wrong and has been rebuilt, look again. */
  async #readAt(
    place: Place,
    request: ReadRequest,
    memory: ReadMemory,
  ): Promise<ReadResult | undefined> {
    const { segment } = place;
    const available = segment.writtenBytes - place.position;
    const slackBytes = place.baseOffset === request.offset ? 0 : 8192;
    const wanted = Math.max(request.maxBytes + slackBytes, firstReadBytesMin);
    const { version } = this.#state;
    const { baseOffset } = place;
    const from = { baseOffset, gapsBelow: segment.gapsBelow, endOffset: this.#endOf(segment) };
    const length = Math.min(available, wanted);
    const range = { segment, position: place.position, length, version };
    let bytes =
      (await this.#aheadOf(range, memory)) ??
      (await this.#bytes(segment, place.position, memory.buffer(length)));
    let walk = walkBatches(bytes, from, available, request);
    while (walk.needed > bytes.length) {
      const length = Math.min(walk.needed, available);
      bytes = await this.#bytes(segment, place.position, memory.buffer(length));
      if (bytes.length < length) return undefined; // truncated meanwhile
      walk = walkBatches(bytes, from, available, request);
    }
    if (version !== this.#state.version) return undefined;
    if (walk.problem !== undefined) {
      const seal = this.#sealOf(segment);
      const all = { from: 0, to: seal?.chunkCount ?? 0 };
      if (seal !== undefined && !(await this.#hold(segment, seal, all))) {
        if (walk.problemOffset >= request.offset) this.#state.corrupt.nextFrom(walk.problemOffset);
        return undefined;
      }
      return this.#damaged(place, walk);
    }
    if (!(await this.#isSound(place, walk, bytes))) return undefined;
    if (walk.from < 0) {
      const next = walk.to === available ? this.#segmentAfter(segment) : undefined;
      if (next === undefined) return { records: Buffer.alloc(0), nextOffset: request.offset };
      return this.#readAt(
        { segment: next, baseOffset: next.baseOffset, position: 0 },
        request,
        memory,
      );
    }
    const position = place.position + walk.to;
    this.#remember(walk.nextOffset, { segment, baseOffset: walk.nextOffset, position });
    this.#readOn({ segment, position, length: request.maxBytes, version }, walk, request);
    return { records: bytes.subarray(walk.from, walk.to), nextOffset: walk.nextOffset };
  }

  /** Of a sealed segment each chunk is held against the seal before it is served for the first time; false: look again. */
  async #isSound({ segment, position }: Place, walk: Walk, bytes: Buffer): Promise<boolean> {
    const seal = this.#sealOf(segment);
    if (seal === undefined)
      return walk.from < 0 || this.#areChecked(segment, position, walk, bytes);
    const chunks = chunksOf(position + Math.max(0, walk.from), position + walk.to);
    return this.#hold(segment, seal, chunks);
  }

  /** Without a seal each batch is checked when it comes from the disk for the first time since the start; false: look again. */
  #areChecked(segment: Segment, position: number, walk: Walk, bytes: Buffer): boolean {
    const { trust } = segment;
    const checkedUpTo = trust.checkedUpTo(position + walk.from);
    if (checkedUpTo >= position + walk.to) return true;
    const bounds = { epochs: this.#state.epochs, endOffset: this.#endOf(segment) };
    for (let at = walk.from; at < walk.to;) {
      const header = readBatchHeader(bytes, at);
      const isKnown = position + at + header.sizeBytes <= checkedUpTo;
      if (!isKnown && !isSoundBatch(bytes, at, header, bounds)) {
        this.#noteDamage(segment, { position: position + at, baseOffset: header.baseOffset });
        return false;
      }
      at += header.sizeBytes;
    }
    trust.checked(position + walk.from, position + walk.to);
    return true;
  }

  /** Finds and reports the first damage at or after `from`; true when there is some. */
  #noteDamage(segment: Segment, from: Anchor): boolean {
    const { epochs } = this.#state;
    const { files } = this.#environment;
    const search = { from, epochs, endOffset: this.#endOf(segment) };
    const damage = findDamage(files, segment, search);
    if (damage === undefined) return false;
    const { fromOffset, toOffset, problem, resume } = damage;
    if (resume) segment.trust.resumesAt(resume);
    const range = { fromOffset, toOffset, path: segment.logPath };
    reportCorrupt({ environment: this.#environment, state: this.#state }, range, problem);
    return true;
  }

  #endOf(segment: Segment): number {
    return this.#state.segmentEnd(this.#state.segmentIndex(segment.baseOffset));
  }

  /** Notes what differs from the seal; true when nothing does. */
  async #hold(
    segment: Segment,
    seal: SegmentSeal,
    chunks: { readonly from: number; readonly to: number },
  ): Promise<boolean> {
    const { files } = this.#environment;
    const bad = await findBadChunks({ files, segment, seal, ...chunks, isThorough: false });
    if (bad.length === 0 || segment.seal !== seal) return true;
    for (const range of corruptRangesOf(files, segment, { seal, bad })) {
      const host = { environment: this.#environment, state: this.#state };
      reportCorrupt(host, range, 'its bytes differ from its seal');
    }
    return false;
  }

  /** Compaction may have left nothing between the wanted offset and the end of its segment. */
  #segmentAfter(segment: Segment): Segment | undefined {
    const { segments } = this.#state;
    const next = segments[segments.indexOf(segment) + 1];
    next?.load();
    return next;
  }

  /** Bytes that were read before they were asked for, in `memory` now. */
  async #aheadOf(range: FileRange, memory: ReadMemory): Promise<Buffer | undefined> {
    const ahead = this.#environment.readAhead.take(range);
    if (ahead === undefined) return undefined;
    const count = await ahead.count;
    memory.adopt(ahead.slab);
    return count < range.length ? undefined : ahead.slab.bytes.subarray(0, range.length);
  }

  /** Who takes large reads from their first byte on is likely to take the next: it begins now, when it is there as a whole. */
  #readOn(next: FileRange, { from, to }: Walk, { maxBytes, slabs }: ReadRequest): void {
    if (slabs === undefined || from !== 0 || to < maxBytes / 2 || to < readOnBytesMin) return;
    if (next.segment.writtenBytes - next.position < next.length) return;
    this.#environment.readAhead.begin(next, slabs);
  }

  /** Fills `bytes` from `position`; returns what there was. */
  async #bytes(segment: Segment, position: number, bytes: Buffer): Promise<Buffer> {
    const pinned = segment.pin();
    try {
      const count = await pinned.file.read(bytes, 0, bytes.length, position);
      return bytes.subarray(0, count);
    } finally {
      this.#environment.files.unpin(pinned);
    }
  }

  #remember(offset: number, place: Place): void {
    this.#hints ??= new Map();
    this.#hints.delete(offset);
    this.#hints.set(offset, place);
    if (this.#hints.size <= hintsMax) return;
    const oldest = this.#hints.keys().next();
    if (!oldest.done) this.#hints.delete(oldest.value);
  }

  #damaged(place: Place, walk: Walk): undefined {
    const { segment } = place;
    this.#hints?.clear();
    // Only the first batch can be the index's fault; the others followed from it.
    const atFirst = walk.problemOffset === place.baseOffset;
    const problemPosition = place.position + walk.to;
    const end = segment.rebuildIndexes();
    if (atFirst && end.position > problemPosition && end.problem === undefined) return undefined;
    if (this.#sealOf(segment) === undefined) {
      const from = segment.trust.resumeBefore(walk.problemOffset);
      const start = segment.floorPosition(walk.problemOffset);
      const isKnown = from !== undefined && from.position > start.position;
      if (this.#noteDamage(segment, isKnown ? from : start)) return undefined;
    }
    this.#environment.platform.logger.error('log-damaged', {
      path: segment.logPath,
      fromOffset: walk.problemOffset,
      problem: walk.problem,
    });
    throw new KafkaError(
      'CORRUPT_MESSAGE',
      `${segment.logPath} is damaged from offset ${walk.problemOffset} on: a batch is not sound, ${walk.problem}`,
    );
  }
}

/** The views as one buffer of its own. */
export function joined(
  batches: readonly Buffer[],
  slabs: SlabPool | undefined,
): Pick<ReadResult, 'records' | 'slab'> {
  let sizeBytes = 0;
  for (const batch of batches) sizeBytes += batch.length;
  const slab = takeSlab(slabs, sizeBytes);
  const records = slab?.bytes.subarray(0, sizeBytes) ?? Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for (const batch of batches) at += batch.copy(records, at);
  return { records, slab };
}

/** A slab for `sizeBytes` when that is worth one and one is free. */
function takeSlab(slabs: SlabPool | undefined, sizeBytes: number): Slab | undefined {
  if (slabs === undefined || sizeBytes < slabFromBytes || sizeBytes > slabs.slabBytes) {
    return undefined;
  }
  return slabs.take();
}

/** What one read reads into: a slab where that is worth it, which has one owner until it is handed over or released. */
class ReadMemory {
  readonly #slabs: SlabPool | undefined;
  #slab: Slab | undefined;

  constructor(slabs: SlabPool | undefined) {
    this.#slabs = slabs;
  }

  /** Takes the place of the buffer asked for before. */
  buffer(sizeBytes: number): Buffer {
    if (this.#slab && sizeBytes > this.#slab.bytes.length) this.release();
    this.#slab ??= takeSlab(this.#slabs, sizeBytes);
    return this.#slab?.bytes.subarray(0, sizeBytes) ?? Buffer.allocUnsafeSlow(sizeBytes);
  }

  /** Owns `slab` from now on. */
  adopt(slab: Slab): void {
    this.release();
    this.#slab = slab;
  }

  handOver(): Slab | undefined {
    const slab = this.#slab;
    this.#slab = undefined;
    return slab;
  }

  release(): void {
    this.handOver()?.release();
  }
}

interface Walk {
  /** First byte served, -1 for nothing. */
  from: number;
  to: number;
  nextOffset: number;
  /** Bytes that the first batch needs; 0 when they are there. */
  needed: number;
  problem: string | undefined;
  problemOffset: number;
}

/** Finds the whole batches of `request` in `bytes`, which begin with the batch at `start` (or the next one after a gap). */
function walkBatches(
  bytes: Buffer,
  start: {
    readonly baseOffset: number;
    readonly gapsBelow: number;
    /** Of the segment, exclusive. */
    readonly endOffset: number;
  },
  availableBytes: number,
  request: ReadRequest,
): Walk {
  const walk: Walk = {
    from: -1,
    to: 0,
    nextOffset: start.baseOffset,
    needed: 0,
    problem: undefined,
    problemOffset: -1,
  };
  let at = 0;
  let leaderEpoch = -1;
  while (at + batchHeaderBytes <= bytes.length) {
    const header: BatchHeader = readBatchHeader(bytes, at);
    const remainingBytes = availableBytes - at;
    const isBeyond = lastOffsetOf(header) >= start.endOffset;
    const expected = { nextOffset: walk.nextOffset, leaderEpoch, remainingBytes };
    const problem =
      headerProblem(header, { ...expected, gapsBelow: start.gapsBelow }) ??
      (isBeyond ? `it reaches beyond ${start.endOffset}` : undefined);
    if (problem !== undefined) {
      if (walk.from >= 0) break; // what came before is sound; the next read meets the damage first
      return { ...walk, to: at, problem, problemOffset: walk.nextOffset };
    }
    const lastOffset = lastOffsetOf(header);
    const end = at + header.sizeBytes;
    leaderEpoch = header.leaderEpoch;
    if (lastOffset >= request.offset) {
      if (lastOffset >= request.boundOffset) break;
      const isFirst = walk.from < 0;
      if (isFirst && header.sizeBytes > request.maxBytes && request.minOneBatch === false) break;
      if (isFirst && end > bytes.length) return { ...walk, needed: end };
      if (!isFirst && (end - walk.from > request.maxBytes || end > bytes.length)) break;
      if (isFirst) walk.from = at;
      walk.to = end;
      walk.nextOffset = lastOffset + 1;
    } else {
      walk.nextOffset = lastOffset + 1;
      if (end > bytes.length)
        return { ...walk, needed: Math.min(end + firstReadBytesMin, availableBytes) };
    }
    at = end;
  }
  if (walk.from < 0 && at + batchHeaderBytes > bytes.length && at < availableBytes) {
    return { ...walk, needed: Math.min(at + firstReadBytesMin, availableBytes) };
  }
  if (walk.from < 0 && at === availableBytes) walk.to = at; // all of the segment lies below the offset
  return walk;
}
