// Finds, after a crash, damage below the recovery point that sound batches follow. Protects: what was durable behind such damage stays in
// the log; a gap begins below the recovery point, and the batch behind it begins at or below that, has its checksum, a higher offset and
// no lower leader epoch: anything else may be a torn tail, which is no gap. Leaves out: compacted segments (their offsets have gaps of
// their own), a leader epoch that grew where neither the checkpoint of epochs nor two lower ones behind it tell.

import type { DiskFile } from '@drave/platform';
import { lastOffsetOf } from './batch-header.js';
import type { OpenFiles } from './open-files.js';
import { soundBatchAfter, soundHeaderAt } from './segment-damage.js';
import type { Anchor } from './segment-seal.js';
import { type EpochOf, type ScanGap, scanBatches } from './segment-scan.js';
import type { Segment } from './segment.js';

/** More than so many: what follows the last is cut. */
const gapsMax = 1000;

export interface GapSearch {
  /** Batches that reach it are checked by CRC: those before led from one to the next. */
  readonly crcFromOffset: number;
  /** Of the batch before the segment; -1 for none known. */
  readonly leaderEpoch: number;
  /** Of the segment, exclusive; infinite for the last one. */
  readonly endOffset: number;
  /** Gaps begin below it; what follows the last one begins there at the most. */
  readonly soundBelow: number;
  readonly epochOf?: EpochOf;
}

/** Ascending. Throws the disk's errors. */
export function findGaps(files: OpenFiles, segment: Segment, search: GapSearch): ScanGap[] {
  const pinned = segment.pin();
  try {
    return gapsIn(pinned.file, segment, search);
  } finally {
    files.unpin(pinned);
  }
}

/** As `findGaps`, of a file of `writtenBytes` that begins at `baseOffset`. */
export function gapsIn(
  file: DiskFile,
  { baseOffset, writtenBytes }: Pick<Segment, 'baseOffset' | 'writtenBytes'>,
  search: GapSearch,
): ScanGap[] {
  const { crcFromOffset, endOffset, soundBelow, epochOf = () => undefined } = search;
  const gaps: ScanGap[] = [];
  const toPosition = writtenBytes;
  let from = { position: 0, baseOffset };
  let { leaderEpoch } = search;
  while (gaps.length < gapsMax) {
    const { position: fromPosition, baseOffset: nextOffset } = from;
    let last: Passed | undefined;
    let epoch = leaderEpoch;
    const place = { file, fromPosition, toPosition, nextOffset };
    const checks = { leaderEpoch, crcFromOffset, gapsBelow: 0, epochOf };
    const end = scanBatches({ ...place, ...checks }, (header, position) => {
      last = { position, baseOffset: header.baseOffset, epoch: header.leaderEpoch, before: epoch };
      epoch = header.leaderEpoch;
    });
    if (end.problem === undefined) break;
    const at = { position: end.position, baseOffset: end.nextOffset };
    const bounds = { epochs: { epochAt: epochOf }, endOffset };
    if (last !== undefined && isRaisedAlone(file, { last, at, end: toPosition, bounds })) {
      if (at.baseOffset > soundBelow) break;
      const { position, baseOffset: raised, before } = last;
      gaps.push({ at: { position, baseOffset: raised }, resume: at });
      leaderEpoch = before;
      from = at;
      continue;
    }
    if (at.baseOffset >= soundBelow) break;
    ({ leaderEpoch } = end);
    const resume = soundBatchAfter(file, toPosition, at, { ...bounds, leaderEpochMin: epoch });
    if (resume === undefined || resume.baseOffset > soundBelow) break;
    gaps.push({ at, resume });
    from = resume;
  }
  return gaps;
}

/** The batch before a problem. */
interface Passed extends Anchor {
  readonly epoch: number;
  /** Of the batch before it. */
  readonly before: number;
}

/**
 * Whether the last batch before the one at `at` is damaged and that is not: two sound ones follow with lower epochs that fit what came
 * before. No bit of one batch makes it look like that otherwise.
 */
function isRaisedAlone(
  file: DiskFile,
  {
    last,
    at,
    end,
    bounds,
  }: {
    readonly last: Passed;
    readonly at: Anchor;
    readonly end: number;
    readonly bounds: { readonly epochs: { epochAt: EpochOf }; readonly endOffset: number };
  },
): boolean {
  if (last.epoch <= last.before) return false;
  let { position } = at;
  let nextOffset = at.baseOffset;
  let leaderEpochMin = last.before;
  for (let follower = 0; follower < 2; follower++) {
    const search = { ...bounds, leaderEpochMin };
    const header = soundHeaderAt(file, position, { end, after: nextOffset - 1, search });
    if (header === undefined || header.baseOffset !== nextOffset) return false;
    if (header.leaderEpoch >= last.epoch) return false;
    position += header.sizeBytes;
    nextOffset = lastOffsetOf(header) + 1;
    leaderEpochMin = header.leaderEpoch;
  }
  return true;
}
