// Puts a cleaned segment in the place of the ones it was made from, so that a crash at any moment leaves either them or it.
// Protects: from the first rename on the old ones are never used again; before it the new one never existed.
// Leaves out: making the segment (log-cleaner.ts).
//
//   <base>.log.cleaned ──rename, sync──▶ <base>-<end>.log.swap ──remove segments with base in [base, end), sync──▶
//   ──rename, sync──▶ <base>.log          recovery removes what is .cleaned and goes on from .swap
//
// Differs from Kafka: the name of the .swap file says what it replaces. Kafka derives that from the last offset left in it and may
// bring back segments whose records are all superseded.

import type { Disk } from '@drave/platform';
import type { LogEnvironment, LogState } from './log-state.js';
import type { SegmentSeal } from './segment-seal.js';
import { type IndexFiles, offsetName, type Segment } from './segment.js';

export const cleanedSuffix = '.cleaned';
const swapFile = /^(\d{20})-(\d{20})\.log\.swap$/;

export interface Swap {
  /** Its transactions are known. */
  readonly cleaned: Segment;
  /** Consecutive segments of the log; the first has the base offset of `cleaned`. */
  readonly replaced: readonly Segment[];
  /** Where the last of them ends, exclusive. */
  readonly endOffset: number;
  /** Of the cleaned segment, made from the bytes in memory; and as a file. */
  readonly seal: SegmentSeal;
  readonly sealBytes: Uint8Array;
  readonly indexFiles: IndexFiles | undefined;
}

/**
 * Readers see the cleaned segment from the moment the swap cannot be lost any more. `cleaned` must be synced. Nothing else may
 * change the list of segments meanwhile, but for appends. Throws the disk's errors; the first rename tells whether it happened.
 */
export async function swapSegments(
  environment: LogEnvironment,
  state: LogState,
  { cleaned, replaced, endOffset, seal, sealBytes, indexFiles }: Swap,
): Promise<void> {
  const { disk } = environment.platform;
  const { directory } = state;
  const stem = `${directory}/${offsetName(cleaned.baseOffset)}`;
  await cleaned.moveTo(`${stem}-${offsetName(endOffset)}.log.swap`);
  await disk.syncDirectory(directory);
  const first = state.segments.indexOf(replaced[0] ?? cleaned);
  state.segments.splice(first, replaced.length, cleaned);
  state.version++;
  // From here on it has happened; what a full disk keeps from being done is done later.
  const { room } = environment;
  for (const segment of replaced) await room.wait(() => segment.remove());
  await disk.syncDirectory(directory);
  await room.wait(() => cleaned.moveTo(`${stem}.log`));
  await disk.syncDirectory(directory);
  try {
    await cleaned.writeIndexFiles(indexFiles);
    await cleaned.writeTransactions(endOffset);
    await cleaned.writeSeal(seal, sealBytes);
  } catch (error) {
    if (!room.mayPass(error)) throw error; // all of it is made again from the batches
    environment.platform.logger.warn('log-seal-postponed', { directory, error: String(error) });
  }
}

/** A swap that a crash cut short: `name` takes the place of the segments with base offsets in `[from, to)`. */
export interface FoundSwap {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Those among the names of a partition's files. */
export function foundSwaps(names: readonly string[]): FoundSwap[] {
  return names.flatMap((name) => {
    const match = swapFile.exec(name);
    return match ? [{ name, from: Number(match[1]), to: Number(match[2]) }] : [];
  });
}

/** After a crash: finishes what had begun, removes what had not. Throws the disk's errors. */
export async function finishSwaps(disk: Disk, directory: string): Promise<void> {
  const names = await disk.list(directory);
  const swaps = foundSwaps(names);
  for (const { from, to } of swaps) {
    for (const name of names) {
      const match = /^(\d{20})\.(?!snapshot$)[a-z]+$/.exec(name);
      const base = match ? Number(match[1]) : -1;
      if (base >= from && base < to) await disk.remove(`${directory}/${name}`);
    }
  }
  if (swaps.length > 0) await disk.syncDirectory(directory);
  for (const { name, from } of swaps) {
    await disk.rename(`${directory}/${name}`, `${directory}/${offsetName(from)}.log`);
  }
  for (const name of names) {
    if (/\.(cleaned|deleted)$/.test(name)) await disk.remove(`${directory}/${name}`);
  }
  if (swaps.length > 0) await disk.syncDirectory(directory);
}
