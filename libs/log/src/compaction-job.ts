// What the loop and the compaction of one log tell each other, whether that runs in the same thread or in another (compactor.ts). All of it
// is plain data that a message can carry. Protects: an error keeps its kind on the way, because what is done about it depends on that.
// Leaves out: the work (compaction-work.ts).

import { errorCode } from '@drave/platform';
import { ProtocolError } from '@drave/protocol';
import { DamagedSegmentError } from './batch-stream.js';
import type { Anchor } from './segment-seal.js';
import type { SegmentContent } from './segment.js';

/** A sealed segment, complete on disk. */
export interface SegmentFacts {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly gapsBelow: number;
}

export interface CompactionJob {
  /** The partition's. */
  readonly directory: string;
  /** What holds `[firstDirty, limit)`, ascending. */
  readonly dirty: readonly SegmentFacts[];
  /** A batch of the first of them, at or below `firstDirty`. */
  readonly from: Anchor;
  readonly firstDirty: number;
  readonly limit: number;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly indexIntervalBytes: number;
  /** Bytes of the offset map. */
  readonly dedupeBufferBytes: number;
  /** As `ProducerState.lastBatches` gives them. */
  readonly producers: Float64Array<ArrayBuffer>;
}

/** What the keys of the dirty part are. */
export interface Mapped {
  /** The log can be compacted below it now: the map had no room for more. */
  readonly endOffset: number;
  readonly keys: number;
  readonly mapBytes: number;
}

/** Consecutive segments that become one. */
export interface CompactionGroup {
  readonly segments: readonly SegmentFacts[];
  /** Where the last one ends, exclusive. */
  readonly endOffset: number;
}

/** `<base>.log.cleaned` is written and synced. */
export interface Rewritten {
  readonly hasChanged: boolean;
  readonly content: SegmentContent;
  /** The file of its seal. */
  readonly seal: Uint8Array<ArrayBuffer>;
  /** The offsets of the markers that stay, ascending. */
  readonly markers: Float64Array<ArrayBuffer>;
  /** The earliest horizon of all that stays so far, -1 for none. */
  readonly horizonMs: number;
}

/** The compaction was asked to end, or what it worked on is gone. */
export class CleaningCancelled extends Error {}

/** A write or sync of the new segment failed for more than want of room; `cause` is the disk's error. */
export class CleanedWriteError extends Error {}

/** The thread of the compactor ended before its work did. */
export class CompactorLostError extends Error {
  readonly code = 'ERR_LOG_COMPACTOR_LOST';
}

const kinds = {
  cancelled: CleaningCancelled,
  damaged: DamagedSegmentError,
  protocol: ProtocolError,
  write: CleanedWriteError,
} as const;

/** An error as data. */
export interface Failure {
  readonly kind: keyof typeof kinds | 'other';
  readonly message: string;
  readonly code: string | undefined;
  readonly cause: Failure | undefined;
}

export function failureOf(error: unknown): Failure {
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  const kind = names.find((name) => error instanceof kinds[name]) ?? 'other';
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : undefined;
  return {
    kind,
    message,
    code: errorCode(error),
    cause: cause === undefined ? undefined : failureOf(cause),
  };
}

export function errorOf({ kind, message, code, cause }: Failure): Error {
  const options = cause === undefined ? {} : { cause: errorOf(cause) };
  if (kind !== 'other') return new kinds[kind](message, options);
  const error = new Error(message, options);
  return code === undefined ? error : Object.assign(error, { code });
}
