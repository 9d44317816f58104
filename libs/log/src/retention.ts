// Which segments have outlived their topic's retention. Protects: only a head of the log goes, only below the owner's bound, a segment
// by time only when its newest record is too old: a record from the future keeps its segment longer, it never takes another with it.
// Leaves out: removing files (log-upkeep.ts). Source: Kafka's UnifiedLog.deleteOldSegments.

import type { Disk } from '@drave/platform';
import type { LogSettings } from './log-settings.js';
import type { LogState } from './log-state.js';
import type { Segment } from './segment.js';

export interface RetentionRequest {
  /** Wall clock, milliseconds. */
  readonly nowMs: number;
  /** Nothing at or above it goes: the high watermark. */
  readonly boundOffset: number;
}

/** So many segments from the first on have to go; may count the active one. Rejects with the disk's errors. */
export async function expiredSegments(
  disk: Disk,
  state: LogState,
  options: { readonly settings: LogSettings; readonly request: RetentionRequest },
): Promise<number> {
  const { settings, request } = options;
  const segments = [...state.segments];
  const deletable = countDeletable(state, segments, request.boundOffset);
  let count = 0;
  while (count < segments.length - 1 && state.segmentEnd(count) <= state.logStartOffset) count++;
  if (!settings.cleanupPolicy.includes('delete')) return count;
  if (settings.retentionMs >= 0) {
    for (; count < deletable; count++) {
      const segment = segments[count];
      if (segment === undefined) break;
      const newestMs = await newestTimestamp(disk, segment);
      if (request.nowMs - newestMs <= settings.retentionMs) break;
    }
  }
  return settings.retentionBytes < 0 ? count : beyondSize(segments, { count, deletable }, settings);
}

/** Segments wholly below the bound; the active one only when it holds something. */
function countDeletable(state: LogState, segments: readonly Segment[], bound: number): number {
  let count = 0;
  while (count < segments.length && state.segmentEnd(count) <= bound) count++;
  return count === segments.length && state.active.sizeBytes === 0 ? count - 1 : count;
}

/** Counts on while the rest without the next segment still has `retentionBytes`. */
function beyondSize(
  segments: readonly Segment[],
  at: { readonly count: number; readonly deletable: number },
  { retentionBytes }: LogSettings,
): number {
  let { count } = at;
  let restBytes = 0;
  for (const segment of segments.slice(count)) {
    if (segment.sizeBytes < 0) segment.checkSize();
    restBytes += segment.sizeBytes;
  }
  for (; count < at.deletable; count++) {
    const sizeBytes = segments[count]?.sizeBytes ?? 0;
    if (restBytes - sizeBytes < retentionBytes) break;
    restBytes -= sizeBytes;
  }
  return count;
}

/** Of the records or, when they have none, of the file. */
async function newestTimestamp(disk: Disk, segment: Segment): Promise<number> {
  if (segment.maxTimestamp < 0) segment.load();
  if (segment.maxTimestamp >= 0) return segment.maxTimestamp;
  return (await disk.stat(segment.logPath))?.modifiedMs ?? Number.POSITIVE_INFINITY;
}
