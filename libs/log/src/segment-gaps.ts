// Finds, after a crash, damage below the recovery point that sound batches follow. Protects: what was durable behind such damage stays in
// the log; a gap begins below the recovery point, and the batch behind it begins at or below that, has its checksum, a higher offset and
// no lower leader epoch: anything else may be a torn tail, which is no gap. Leaves out: compacted segments (their offsets have gaps of
// their own), damage of which the leader epochs alone tell.

import type { DiskFile } from '@drave/platform';
import { LeaderEpochs } from './leader-epochs.js';
import type { OpenFiles } from './open-files.js';
import { soundBatchAfter } from './segment-damage.js';
import { type ScanGap, scanBatches } from './segment-scan.js';
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
  const { crcFromOffset, endOffset, soundBelow } = search;
  const gaps: ScanGap[] = [];
  const epochs = new LeaderEpochs();
  const toPosition = writtenBytes;
  let from = { position: 0, baseOffset };
  let { leaderEpoch } = search;
  while (gaps.length < gapsMax) {
    const { position: fromPosition, baseOffset: nextOffset } = from;
    const place = { file, fromPosition, toPosition, nextOffset };
    const end = scanBatches({ ...place, leaderEpoch, crcFromOffset, gapsBelow: 0 }, () => {});
    if (end.problem === undefined || end.nextOffset >= soundBelow) break;
    ({ leaderEpoch } = end);
    const at = { position: end.position, baseOffset: end.nextOffset };
    const bounds = { epochs, endOffset, leaderEpochMin: leaderEpoch };
    const resume = soundBatchAfter(file, toPosition, at, bounds);
    if (resume === undefined || resume.baseOffset > soundBelow) break;
    gaps.push({ at, resume });
    from = resume;
  }
  return gaps;
}
