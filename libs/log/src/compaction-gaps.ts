// Whether the offsets that are missing in a segment are a compaction's, told by the segment itself: for logs whose `cleaner-checkpoint` was
// taken away, or is older than their segments. Protects: damage does not pass for a gap. A seal says it of the bytes that it covers. Without
// one the whole segment must be sound: in a segment that nobody compacted a wrong base offset is above that of the next batch, or reaches
// beyond the segment's end, and any other damage costs a checksum. Leaves out: gaps of the log's last segment, which compaction never
// makes; damage beside the gaps, which makes all of them count as damage; offsets missing at the end alone.

import type { DiskFile } from '@drave/platform';
import { scanBatches } from './segment-scan.js';
import type { SegmentSeal } from './segment-seal.js';

export interface SealedBytes {
  readonly file: DiskFile;
  readonly baseOffset: number;
  readonly sizeBytes: number;
  /** Where the next segment begins. */
  readonly endOffset: number;
}

/** Batches of the segment that begin below the result may follow a gap; 0: none may. Throws the disk's errors. */
export function compactionGapsBelow(
  { file, baseOffset, sizeBytes, endOffset }: SealedBytes,
  seal: SegmentSeal | undefined,
): number {
  if (seal !== undefined) return seal.hasGaps ? seal.endOffset : 0;
  const all = { file, fromPosition: 0, toPosition: sizeBytes, nextOffset: baseOffset };
  const headers = { ...all, leaderEpoch: -1, crcFromOffset: Number.POSITIVE_INFINITY };
  const visit = (): void => undefined;
  // Headers come first: they cost less, and say all of a segment that has no gaps.
  if (scanBatches({ ...headers, gapsBelow: 0 }, visit).problem === undefined) return 0;
  const end = scanBatches({ ...headers, crcFromOffset: 0, gapsBelow: endOffset }, visit);
  return end.problem === undefined && end.nextOffset <= endOffset ? endOffset : 0;
}
