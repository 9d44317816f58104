// Makes the seals of segments and holds the segments against them. Protects: a seal is made only of batches whose headers, checksums and
// leader epochs are right, so damage never gets a new checksum; what differs from its seal is found, with its offsets.
// Leaves out: when (log-scrub.ts), what then happens to reads (corrupt-ranges.ts).

import { batchHeaderBytes } from '@drave/protocol';
import { lastOffsetOf, readBatchHeader } from './batch-header.js';
import { DamagedSegmentError, streamBatches } from './batch-stream.js';
import type { CorruptRange } from './corrupt-ranges.js';
import type { LeaderEpochs } from './leader-epochs.js';
import type { OpenFiles } from './open-files.js';
import type { Pace } from './pace.js';
import { SealBuilder, type SegmentSeal, sealChunkBytes } from './segment-seal.js';
import type { Segment } from './segment.js';

/** One read covers at most so many chunks. */
const chunksPerRead = 16;

export interface SealingOptions {
  readonly files: OpenFiles;
  readonly pace: Pace;
  readonly segment: Segment;
  /** Exclusive. */
  readonly endOffset: number;
  readonly epochs: LeaderEpochs;
  /** Asked now and then; what it throws ends the work. */
  readonly check: () => void;
  /** Settles when `sizeBytes` more may be read. */
  readonly afterBytes?: (sizeBytes: number) => Promise<void>;
}

/** A batch that is not sound, found while its segment was read as a whole. */
export class UnsealableSegmentError extends DamagedSegmentError {
  /** The first offset that is not sound. */
  readonly fromOffset: number;

  constructor(message: string, fromOffset: number) {
    super(message);
    this.fromOffset = fromOffset;
  }
}

/** Reads the whole segment. Rejects with UnsealableSegmentError, what `check` throws, or the disk's errors. */
export async function makeSeal(options: SealingOptions): Promise<SegmentSeal> {
  const { files, pace, segment, endOffset, epochs, check, afterBytes } = options;
  const builder = new SealBuilder(segment.baseOffset);
  let nextOffset = segment.baseOffset;
  let bytesRead = 0;
  const afterChunk = async (): Promise<void> => {
    const more = bytesRead;
    bytesRead = 0;
    await afterBytes?.(more);
  };
  const from = { position: 0, baseOffset: segment.baseOffset };
  const unsound = (problem: string): UnsealableSegmentError =>
    new UnsealableSegmentError(
      `${segment.logPath} is damaged from offset ${nextOffset} on: ${problem}`,
      nextOffset,
    );
  try {
    await streamBatches({ files, pace, segment, from, check, afterChunk }, (header, bytes) => {
      const epoch = epochs.epochAt(header.baseOffset);
      if (epoch !== undefined && epoch !== header.leaderEpoch) {
        throw unsound(`its leader epoch ${header.leaderEpoch} should be ${epoch}`);
      }
      nextOffset = lastOffsetOf(header) + 1;
      builder.add({ baseOffset: header.baseOffset, nextOffset }, bytes);
      bytesRead += bytes.length;
    });
  } catch (error) {
    if (!(error instanceof DamagedSegmentError) || error instanceof UnsealableSegmentError) {
      throw error;
    }
    throw new UnsealableSegmentError(error.message, nextOffset);
  }
  if (nextOffset > endOffset) throw unsound(`it reaches beyond ${endOffset}`);
  return builder.finish(endOffset);
}

export interface VerifyOptions {
  readonly files: OpenFiles;
  readonly segment: Segment;
  readonly seal: SegmentSeal;
  /** Chunks `[from, to)`. */
  readonly from: number;
  readonly to: number;
  /** Those found sound before are read too. */
  readonly isThorough: boolean;
  readonly check?: () => void;
  readonly afterBytes?: (sizeBytes: number) => Promise<void>;
}

/** The numbers of the chunks that differ from the seal. Rejects with what `check` throws or the disk's errors. */
export async function findBadChunks(options: VerifyOptions): Promise<number[]> {
  const { files, segment, seal, to, isThorough, check, afterBytes } = options;
  const bad: number[] = [];
  let buffer = Buffer.alloc(0);
  for (let at = options.from; at < to;) {
    if (!isThorough && seal.isVerified(at)) {
      at++;
      continue;
    }
    check?.();
    const end = Math.min(at + chunksPerRead, to);
    const wanted = Math.min(end * sealChunkBytes, seal.sizeBytes) - at * sealChunkBytes;
    if (buffer.length < wanted) buffer = Buffer.allocUnsafe(wanted);
    const pinned = segment.pin();
    let count: number;
    try {
      count = await pinned.file.read(buffer, 0, wanted, at * sealChunkBytes);
    } finally {
      files.unpin(pinned);
    }
    for (let index = at, start = 0; index < end; index++) {
      const size = seal.chunkSize(index);
      const isThere = start + size <= count;
      if (!isThere || !seal.verify(index, buffer.subarray(start, start + size))) bad.push(index);
      start += size;
    }
    at = end;
    await afterBytes?.(wanted);
  }
  return bad;
}

/** The offsets that the chunks `bad` (ascending) hold bytes of. */
export function corruptRangesOf(
  files: OpenFiles,
  segment: Segment,
  found: { readonly seal: SegmentSeal; readonly bad: readonly number[] },
): CorruptRange[] {
  const { seal, bad } = found;
  const ranges: CorruptRange[] = [];
  for (let at = 0; at < bad.length;) {
    const first = bad[at] ?? 0;
    let last = first;
    while (bad[at + 1] === last + 1) {
      at++;
      last++;
    }
    at++;
    const toOffset = seal.anchorFrom(last + 1)?.baseOffset ?? seal.endOffset;
    const fromOffset = firstOffsetReaching(files, segment, { seal, chunk: first });
    ranges.push({ fromOffset, toOffset, path: segment.logPath });
  }
  return ranges;
}

/** The first offset with a byte in chunk `chunk`: batches of the sound chunk before it are walked. */
function firstOffsetReaching(
  files: OpenFiles,
  segment: Segment,
  at: { readonly seal: SegmentSeal; readonly chunk: number },
): number {
  const start = at.chunk * sealChunkBytes;
  let { position, baseOffset } = at.seal.anchorBefore(at.chunk);
  const bytes = Buffer.allocUnsafe(batchHeaderBytes);
  const pinned = segment.pin();
  try {
    while (position + batchHeaderBytes <= start) {
      pinned.file.readSync(bytes, 0, bytes.length, position);
      const header = readBatchHeader(bytes, 0);
      // The anchor's chunk may be damaged too: then all from the anchor on counts as damaged.
      const isPlausible = header.sizeBytes >= batchHeaderBytes && header.baseOffset >= baseOffset;
      if (!isPlausible || position + header.sizeBytes > start) return baseOffset;
      position += header.sizeBytes;
      baseOffset = lastOffsetOf(header) + 1;
    }
  } finally {
    files.unpin(pinned);
  }
  return baseOffset;
}
