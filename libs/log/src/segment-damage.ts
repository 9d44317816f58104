// Finds damage in segments that have no seal: the growing one after a start, one not sealed yet. Protects: damage is found with its
// offsets, and what follows it is found again, whatever bytes of a batch are damaged. Leaves out: sealed segments (segment-scrub.ts),
// repair, wrong leader epochs of batches whose epoch is known from nowhere else (a crash before the checkpoint of epochs).

import { limits } from '@drave/contracts';
import type { DiskFile } from '@drave/platform';
import { batchHeaderBytes } from '@drave/protocol';
import {
  batchCrcIsValid,
  type BatchHeader,
  lastOffsetOf,
  readBatchHeader,
} from './batch-header.js';
import type { LeaderEpochs } from './leader-epochs.js';
import type { OpenFiles } from './open-files.js';
import type { Anchor } from './segment-seal.js';
import { scanBatches } from './segment-scan.js';
import type { Segment } from './segment.js';

interface Bounds {
  readonly epochs: Pick<LeaderEpochs, 'epochAt'>;
  /** Of the segment, exclusive. */
  readonly endOffset: number;
}

/** Why the batch does not belong where it stands although its header is plausible, as a clause. */
function placeProblem(header: BatchHeader, { epochs, endOffset }: Bounds): string | undefined {
  if (lastOffsetOf(header) >= endOffset) return `it reaches beyond ${endOffset}`;
  const epoch = epochs.epochAt(header.baseOffset);
  if (epoch === undefined || epoch === header.leaderEpoch) return undefined;
  return `its leader epoch ${header.leaderEpoch} should be ${epoch}`;
}

/** Whether the batch whose header is at `at` has its checksum and belongs where it stands. */
export function isSoundBatch(
  bytes: Buffer,
  at: number,
  header: BatchHeader,
  bounds: Bounds,
): boolean {
  return batchCrcIsValid(bytes, at, header) && placeProblem(header, bounds) === undefined;
}

export interface Damage {
  readonly fromOffset: number;
  readonly toOffset: number;
  readonly problem: string;
  /** The sound batch that follows; undefined: none does. */
  readonly resume: Anchor | undefined;
}

export interface DamageSearch {
  /** A sound place to start from. */
  readonly from: Anchor;
  /** Of the segment, exclusive. */
  readonly endOffset: number;
  readonly epochs: LeaderEpochs;
}

type ResumeSearch = Bounds & {
  /** Of the last batch before the damage; default: any. */
  readonly leaderEpochMin?: number;
};

/** The first damage at or after `from`. Throws the disk's errors. */
export function findDamage(
  files: OpenFiles,
  segment: Segment,
  search: DamageSearch,
): Damage | undefined {
  const pinned = segment.pin();
  try {
    return searchFile(pinned.file, segment, search);
  } finally {
    files.unpin(pinned);
  }
}

function searchFile(file: DiskFile, segment: Segment, search: DamageSearch): Damage | undefined {
  const { from, endOffset } = search;
  let misplaced: { at: Anchor; problem: string } | undefined;
  const scan = scanBatches(
    {
      file,
      fromPosition: from.position,
      toPosition: segment.writtenBytes,
      nextOffset: from.baseOffset,
      leaderEpoch: -1,
      crcFromOffset: 0,
      gapsBelow: segment.gapsBelow,
    },
    (header, position) => {
      const problem = placeProblem(header, search);
      if (problem === undefined) return undefined;
      misplaced = { at: { position, baseOffset: header.baseOffset }, problem };
      return false;
    },
  );
  const at = misplaced?.at ?? { position: scan.position, baseOffset: scan.nextOffset };
  const problem = misplaced?.problem ?? scan.problem;
  if (problem === undefined) return undefined;
  const resume = soundBatchAfter(file, segment.writtenBytes, at, search);
  return {
    fromOffset: at.baseOffset,
    toOffset: Math.max(resume?.baseOffset ?? endOffset, at.baseOffset + 1),
    problem,
    resume,
  };
}

/** Damage larger than any batch ends the search: nothing of the segment is found behind it. */
const searchBytesMax = 2 * limits.frameBytesMax;
const windowBytes = 1024 * 1024;

/** The sound batch that follows `damaged` before `end`: by its own length, else byte by byte; undefined when none does. */
export function soundBatchAfter(
  file: DiskFile,
  end: number,
  damaged: Anchor,
  search: ResumeSearch,
): Anchor | undefined {
  const header = Buffer.alloc(batchHeaderBytes);
  file.readSync(header, 0, batchHeaderBytes, damaged.position);
  const { sizeBytes } = readBatchHeader(header, 0);
  const bounds = { end, after: damaged.baseOffset, search };
  if (sizeBytes >= batchHeaderBytes) {
    const next = soundBatchAt(file, damaged.position + sizeBytes, bounds);
    if (next) return next;
  }
  const last = Math.min(end - batchHeaderBytes, damaged.position + searchBytesMax);
  const window = Buffer.allocUnsafe(Math.min(windowBytes, Math.max(0, end - damaged.position)));
  for (let start = damaged.position + 1; start <= last; start += windowBytes) {
    const count = file.readSync(window, 0, window.length, start + 16);
    const magics = window.subarray(0, count);
    for (let at = magics.indexOf(2); at >= 0; at = magics.indexOf(2, at + 1)) {
      const next = soundBatchAt(file, start + at, bounds);
      if (next) return next;
    }
  }
  return undefined;
}

interface SoundSearch {
  /** Of the file. */
  readonly end: number;
  /** The base offset is greater. */
  readonly after: number;
  readonly search: ResumeSearch;
}

function soundBatchAt(file: DiskFile, position: number, how: SoundSearch): Anchor | undefined {
  const header = soundHeaderAt(file, position, how);
  return header && { position, baseOffset: header.baseOffset };
}

/** The header of the batch at `position` when it is sound. */
export function soundHeaderAt(
  file: DiskFile,
  position: number,
  { end, after, search }: SoundSearch,
): BatchHeader | undefined {
  if (position + batchHeaderBytes > end) return undefined;
  const head = Buffer.alloc(batchHeaderBytes);
  if (file.readSync(head, 0, batchHeaderBytes, position) < batchHeaderBytes) return undefined;
  const header = readBatchHeader(head, 0);
  const { baseOffset, sizeBytes } = header;
  const isPlausible = header.magic === 2 && baseOffset > after && header.lastOffsetDelta >= 0;
  if (!isPlausible || sizeBytes < batchHeaderBytes || position + sizeBytes > end) return undefined;
  if (header.leaderEpoch < (search.leaderEpochMin ?? -1)) return undefined;
  if (placeProblem(header, search) !== undefined) return undefined;
  const bytes = Buffer.allocUnsafe(sizeBytes);
  if (file.readSync(bytes, 0, sizeBytes, position) < sizeBytes) return undefined;
  return batchCrcIsValid(bytes, 0, header) ? header : undefined;
}
