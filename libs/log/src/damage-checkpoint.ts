// What is known of the damage in a log's segments: `damage-checkpoint` in its directory, only where there ever was some. Protects: damage that
// a recovery, a read or a scrub found is known, and passed by, after the next start, clean or not; it names nothing that was cut off.
// A missing or damaged file is no loss: what it says is found again by the next read or scrub there. Leaves out: when it is written.
//
//   sealed checkpoint, a line each: segmentBase fromOffset toOffset fromPosition toPosition (positions −1 −1: only the offsets are known)

import { reportCorrupt } from './corrupt-ranges.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { decodeCheckpoint, encodeCheckpoint } from './sealed-text.js';
import { readWhole, type Segment } from './segment.js';
import type { ScanGap } from './segment-scan.js';

export const damageName = 'damage-checkpoint';

/** Further ones are found again. */
const linesMax = 10_000;

/** Offsets `[fromOffset, toOffset)` of one segment. */
export interface KnownDamage {
  readonly segmentBase: number;
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Where the damage begins and where a sound batch follows it; -1: not known. */
  readonly fromPosition: number;
  readonly toPosition: number;
}

/** What the file says; nothing when there is none that is sound. Throws when there is no descriptor. */
export function readDamage({ platform }: LogEnvironment, directory: string): KnownDamage[] {
  const bytes = readWhole(platform.disk, `${directory}/${damageName}`);
  const lines = bytes && decodeCheckpoint(bytes);
  const known: KnownDamage[] = [];
  for (const line of lines ?? []) {
    const values = line.split(' ').map(Number);
    const [segmentBase = 0, fromOffset = 0, toOffset = 0, fromPosition = -1, toPosition = -1] =
      values;
    const isWhole = values.length === 5 && values.every((value) => Number.isSafeInteger(value));
    const isInside = segmentBase <= fromOffset && fromOffset < toOffset;
    if (!isWhole || !isInside) return [];
    known.push({ segmentBase, fromOffset, toOffset, fromPosition, toPosition });
  }
  return known;
}

/** Makes the walks of the segment's headers pass what is known of it. Its indexes are as they were. */
export function passKnown(segment: Segment, known: readonly KnownDamage[]): void {
  const gaps: ScanGap[] = [];
  for (const damage of known) {
    const { segmentBase, fromOffset, toOffset, fromPosition, toPosition } = damage;
    if (segmentBase !== segment.baseOffset || fromPosition < 0) continue;
    const isNext = fromPosition >= (gaps.at(-1)?.resume.position ?? 0);
    if (!isNext || toPosition <= fromPosition) continue;
    const at = { position: fromPosition, baseOffset: fromOffset };
    gaps.push({ at, resume: { position: toPosition, baseOffset: toOffset } });
  }
  if (gaps.length > 0) segment.setGaps(gaps);
}

/** Notes and tells what of `known` lies in segments that are there, below the end of the log. */
export function reportKnown(
  environment: LogEnvironment,
  state: LogState,
  known: readonly KnownDamage[],
): void {
  for (const { segmentBase, fromOffset, toOffset } of known) {
    const segment = state.segments.find(({ baseOffset }) => baseOffset === segmentBase);
    if (segment === undefined || fromOffset >= state.logEndOffset) continue;
    const end = Math.min(toOffset, state.logEndOffset);
    const range = { fromOffset, toOffset: end, path: segment.logPath };
    reportCorrupt({ environment, state }, range, 'it was found before this start');
  }
}

/** Of a log that was stopped cleanly: what the file says is known again. */
export function adoptDamage(environment: LogEnvironment, state: LogState): void {
  const known = readDamage(environment, state.directory);
  state.savedDamage = textOf(known);
  for (const segment of state.segments) passKnown(segment, known);
  reportKnown(environment, state, known);
}

/** Writes what is known now, durably, unless the file says so already. Rejects with the disk's errors. */
export async function saveDamage(environment: LogEnvironment, state: LogState): Promise<void> {
  const text = textOf(damageOf(state));
  if (text === state.savedDamage) return;
  const lines = text === '' ? [] : text.split('\n');
  const { disk } = environment.platform;
  await disk.writeFileAtomic(`${state.directory}/${damageName}`, encodeCheckpoint(lines));
  state.savedDamage = text;
}

/** One line each. */
export function textOf(known: readonly KnownDamage[]): string {
  return known
    .slice(0, linesMax)
    .map(({ segmentBase, fromOffset, toOffset, fromPosition, toPosition }) =>
      [segmentBase, fromOffset, toOffset, fromPosition, toPosition].join(' '),
    )
    .join('\n');
}

function damageOf({ segments, corrupt, logEndOffset }: LogState): KnownDamage[] {
  const known: KnownDamage[] = [];
  for (const { baseOffset: segmentBase, gaps, logPath } of segments) {
    for (const { at, resume } of gaps) {
      if (at.baseOffset >= logEndOffset) continue;
      const offsets = { fromOffset: at.baseOffset, toOffset: resume.baseOffset };
      const positions = { fromPosition: at.position, toPosition: resume.position };
      known.push({ segmentBase, ...offsets, ...positions });
    }
    for (const { fromOffset, toOffset, path } of corrupt.list) {
      const isGap = gaps.some(
        ({ at, resume }) => at.baseOffset <= fromOffset && resume.baseOffset >= toOffset,
      );
      if (path !== logPath || isGap) continue;
      known.push({ segmentBase, fromOffset, toOffset, fromPosition: -1, toPosition: -1 });
    }
  }
  return known;
}
