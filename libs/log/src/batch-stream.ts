// The batches of one segment file, read off the event loop in chunks and visited in paced slices. Protects: only sound batches are
// visited (header rules, CRC always); the first that is not ends the stream with a DamagedSegmentError.
// Leaves out: synchronous scans (segment-scan.ts).

import { batchHeaderBytes } from '@drave/protocol';
import {
  batchCrcIsValid,
  type BatchHeader,
  headerProblem,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import type { OpenFiles } from './open-files.js';
import { inSteps, type Pace, type Steps } from './pace.js';
import type { Segment } from './segment.js';

const chunkBytes = 512 * 1024;

/** A batch on disk that is not sound: the segment can be neither compacted nor trusted. */
export class DamagedSegmentError extends Error {
  readonly code = 'ERR_LOG_SEGMENT_DAMAGED';
}

export interface StreamOptions {
  readonly files: OpenFiles;
  readonly pace: Pace;
  readonly segment: Segment;
  /** Where to begin: a batch, and its base offset. */
  readonly from: { readonly position: number; readonly baseOffset: number };
  /** Asked before each chunk; what it throws ends the stream. */
  readonly check: () => void;
  /** Settles before the next chunk is read. */
  readonly afterChunk?: () => Promise<void>;
}

/** `bytes` is the whole batch, valid until `afterChunk` has settled. Return false, at once or after steps, to end the stream. */
export type StreamVisitor = (
  header: BatchHeader,
  bytes: Buffer,
) => void | false | Steps<void | false>;

/** Rejects with DamagedSegmentError, what `visit` or `check` throw, or the disk's errors. */
export async function streamBatches(options: StreamOptions, visit: StreamVisitor): Promise<void> {
  const { segment, pace, check, from } = options;
  const end = segment.writtenBytes;
  let { position, baseOffset: nextOffset } = from;
  let leaderEpoch = -1;
  let buffer = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(0, end - position)));
  const damaged = (problem: string): DamagedSegmentError =>
    new DamagedSegmentError(
      `${segment.logPath} is damaged from offset ${nextOffset} on: ${problem}`,
    );
  while (position < end) {
    check();
    const chunk = buffer.subarray(0, await readChunk(options, buffer, position));
    let at = 0;
    let needed = 0;
    while (at < chunk.length) {
      if (chunk.length - at < batchHeaderBytes) break;
      const header = readBatchHeader(chunk, at);
      const problem = headerProblem(header, {
        nextOffset,
        leaderEpoch,
        remainingBytes: end - position - at,
        gapsBelow: segment.gapsBelow,
      });
      if (problem !== undefined) throw damaged(problem);
      needed = header.sizeBytes;
      if (at + needed > chunk.length) break;
      if (!batchCrcIsValid(chunk, at, header)) throw damaged('its checksum is wrong');
      const steps = visit(header, chunk.subarray(at, at + needed));
      const verdict = typeof steps === 'object' ? inSteps(steps, pace) : steps;
      if ((verdict instanceof Promise ? await verdict : verdict) === false) {
        await options.afterChunk?.();
        return;
      }
      at += needed;
      nextOffset = lastOffsetOf(header) + 1;
      leaderEpoch = header.leaderEpoch;
      if (pace.spend(needed)) await pace.rest();
    }
    await options.afterChunk?.();
    if (at === 0 && needed <= buffer.length) throw damaged('it is cut off');
    position += at;
    if (needed > buffer.length) buffer = Buffer.allocUnsafe(needed);
  }
}

async function readChunk(
  { files, segment }: StreamOptions,
  buffer: Buffer,
  position: number,
): Promise<number> {
  const pinned = segment.pin();
  try {
    const length = Math.min(buffer.length, segment.writtenBytes - position);
    return await pinned.file.read(buffer, 0, length, position);
  } finally {
    files.unpin(pinned);
  }
}
