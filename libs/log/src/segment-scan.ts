// Walks the batches of a segment file from a position to its end, in chunks. Protects: the walk stops before the first byte that
// is not a whole, plausible batch; every byte it passes belongs to a checked batch (header always, CRC from a given offset on).
// Known gaps are passed by `scanAround`. Leaves out: what to do about the damage (log-recovery.ts), and yielding: callers yield between segments.

import type { DiskFile } from '@drave/platform';
import { batchHeaderBytes } from '@drave/protocol';
import {
  batchCrcIsValid,
  type BatchHeader,
  headerProblem,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import type { Anchor } from './segment-seal.js';

const chunkBytes = 1024 * 1024;

export interface ScanOptions {
  readonly file: DiskFile;
  readonly fromPosition: number;
  /** Exclusive; at most the size of the file. */
  readonly toPosition: number;
  /** Expected base offset at `fromPosition`. */
  readonly nextOffset: number;
  /** Leader epoch of the batch before; -1 for none known. */
  readonly leaderEpoch: number;
  /** Batches that reach this offset are checked by CRC too. */
  readonly crcFromOffset: number;
  /** See Expectation. */
  readonly gapsBelow: number;
  /** The leader epoch that the batch at an offset must have; undefined: not known. Default: never. */
  readonly epochOf?: EpochOf;
}

export type EpochOf = (offset: number) => number | undefined;

export interface ScanEnd {
  /** End of the last whole batch. */
  readonly position: number;
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  /** What stood in the way of reaching `toPosition`, as a clause. */
  readonly problem: string | undefined;
}

export type ScanVisitor = (header: BatchHeader, position: number) => void | false;

/** Visits each sound batch in order, until `visit` returns false. Throws the disk's errors. */
export function scanBatches(options: ScanOptions, visit: ScanVisitor): ScanEnd {
  const { file, toPosition, crcFromOffset, gapsBelow } = options;
  let position = options.fromPosition;
  let nextOffset = options.nextOffset;
  let leaderEpoch = options.leaderEpoch;
  const end = (problem?: string): ScanEnd => ({ position, nextOffset, leaderEpoch, problem });
  const window = new ReadWindow(file, toPosition);
  while (position < toPosition) {
    const remainingBytes = toPosition - position;
    if (remainingBytes < batchHeaderBytes) return end(`only ${remainingBytes} bytes follow`);
    const at = window.reach(position, batchHeaderBytes);
    if (at < 0) return end('the file ends early');
    const header = readBatchHeader(window.buffer, at);
    const problem = headerProblem(header, {
      nextOffset,
      leaderEpoch,
      remainingBytes,
      gapsBelow,
    });
    if (problem !== undefined) return end(problem);
    const epoch = options.epochOf?.(header.baseOffset) ?? header.leaderEpoch;
    if (epoch !== header.leaderEpoch) {
      return end(`its leader epoch ${header.leaderEpoch} should be ${epoch}`);
    }
    if (lastOffsetOf(header) >= crcFromOffset) {
      const whole = window.reach(position, header.sizeBytes);
      if (whole < 0) return end('the file ends early');
      if (!batchCrcIsValid(window.buffer, whole, header)) return end('its checksum is wrong');
    }
    const proceed = visit(header, position);
    position += header.sizeBytes;
    nextOffset = lastOffsetOf(header) + 1;
    leaderEpoch = header.leaderEpoch;
    if (proceed === false) return end();
  }
  return end();
}

/** Damaged bytes between sound batches. */
export interface ScanGap {
  /** Where the damage begins. */
  readonly at: Anchor;
  /** The sound batch that follows. */
  readonly resume: Anchor;
}

/** As `scanBatches`, past `gaps` (ascending); `onGap` hears of each one passed, between the batches before and behind it. */
export function scanAround(
  options: ScanOptions,
  gaps: readonly ScanGap[],
  { visit, onGap }: { readonly visit: ScanVisitor; readonly onGap?: (gap: ScanGap) => void },
): ScanEnd {
  let from = options;
  let isEnded = false;
  const visitOrEnd: ScanVisitor = (header, position) => {
    isEnded = visit(header, position) === false;
    return isEnded ? false : undefined;
  };
  for (const gap of gaps) {
    const { at, resume } = gap;
    if (resume.position <= from.fromPosition) continue;
    if (at.position >= from.toPosition) break;
    const end = scanBatches({ ...from, toPosition: at.position }, visitOrEnd);
    if (isEnded || end.problem !== undefined) return end;
    onGap?.(gap);
    const { leaderEpoch } = end;
    const { position: fromPosition, baseOffset: nextOffset } = resume;
    from = { ...from, fromPosition, nextOffset, leaderEpoch };
  }
  return scanBatches(from, visitOrEnd);
}

/** A buffer over part of a file that moves forward. */
class ReadWindow {
  buffer = Buffer.alloc(0);
  readonly #file: DiskFile;
  readonly #end: number;
  #start = 0;
  #length = 0;

  constructor(file: DiskFile, end: number) {
    this.#file = file;
    this.#end = end;
  }

  /** Where `position` lies in `buffer`, with `length` bytes there; -1 when the file has fewer. */
  reach(position: number, length: number): number {
    const at = position - this.#start;
    if (at >= 0 && at + length <= this.#length) return at;
    const wanted = Math.min(Math.max(chunkBytes, length), this.#end - position);
    if (this.buffer.length < wanted) this.buffer = Buffer.allocUnsafe(wanted);
    this.#start = position;
    this.#length = this.#file.readSync(this.buffer, 0, wanted, position);
    return this.#length >= length ? 0 : -1;
  }
}
