// Brings a log's files and its memory into agreement: after a crash, and when a log is cut back. Protects: the log ends at a
// whole, checked batch; nothing behind damage survives, unless that began below the recovery point (segment-gaps.ts); what was found is made durable before anybody may rely on it; indexes,
// leader epochs and producer state describe exactly what is there.
// Leaves out: repairing damage below the recovery point.

import { KafkaError } from '@drave/contracts';
import { type BatchHeader, lastOffsetOf } from './batch-header.js';
import {
  type CleanerCheckpoint,
  readCleanerCheckpoint,
  unknownCleaning,
  writeCleanerCheckpoint,
} from './cleaner-checkpoint.js';
import { type JournalEntry, type LogEnd, replayJournal } from './journal-replay.js';
import {
  type KnownDamage,
  passKnown,
  readDamage,
  reportKnown,
  saveDamage,
  textOf,
} from './damage-checkpoint.js';
import { isPassing } from './disk-room.js';
import { LeaderEpochs } from './leader-epochs.js';
import { type LogEnvironment, LogState, segmentOf } from './log-state.js';
import { reportCorrupt } from './corrupt-ranges.js';
import {
  eachHeader,
  rebuildProducers,
  recoverProducers,
  removeSnapshots,
  scanFrom,
} from './producer-recovery.js';
import { ProducerState, snapshotPath } from './producer-state.js';
import { readWhole, type Segment } from './segment.js';
import { findGaps } from './segment-gaps.js';
import type { EpochOf, ScanEnd } from './segment-scan.js';
import { finishSwaps } from './segment-swap.js';
import { loadTransactionsNow } from './log-transactions.js';
import { TransactionIndex } from './transaction-index.js';
import type { ColdProducers } from './clean-shutdown.js';

export const epochFileName = 'leader-epoch-checkpoint';
const dataFile = /^(\d{20})\.(log|index|timeindex|txnindex|seal|snapshot)$/;

export interface RecoveryStart {
  readonly directory: string;
  /** From the checkpoints; 0 when unknown. */
  readonly recoveryPoint: number;
  readonly logStartOffset: number;
  /** What the journal has of it. */
  readonly entries?: readonly JournalEntry[];
}

/** Recovers the log in `directory` after a crash. Throws the disk's errors. */
export async function recoverLog(
  environment: LogEnvironment,
  start: RecoveryStart,
): Promise<LogState> {
  const { platform } = environment;
  const { directory } = start;
  await finishSwaps(platform.disk, directory);
  const bases = await sweep(environment, directory);
  const epochs = readEpochs(environment, directory);
  const saved = new LeaderEpochs(epochs?.entries);
  const damage = readDamage(environment, directory);
  const { kept, cut, end, cleaner } = await scanTail(environment, start, {
    bases,
    epochs,
    cleaner: readCleaner(environment, directory, bases.at(-1) ?? 0),
    damage,
  });
  for (const baseOffset of cut) {
    await segmentOf(environment, directory, { baseOffset, sizeBytes: undefined }).remove();
  }
  const { nextOffset: logEndOffset } = await replayJournal(environment, {
    directory,
    segments: kept,
    end,
    entries: start.entries ?? [],
    visit: (header) => void epochs?.note(header.leaderEpoch, header.baseOffset),
  });
  await prepareTail(environment, directory, { kept, logEndOffset });
  await platform.disk.syncDirectory(directory);
  const known = epochs ?? new LeaderEpochs();
  known.truncateTo(logEndOffset);
  if (saved.truncateTo(logEndOffset)) {
    // Others may be written there: the file must not say then that they are wrong.
    await platform.disk.writeFileAtomic(`${directory}/${epochFileName}`, known.encode());
  }
  const logStartOffset = Math.max(start.logStartOffset, kept[0]?.baseOffset ?? 0);
  const state = new LogState({
    directory,
    segments: kept,
    logStartOffset: Math.min(logStartOffset, logEndOffset),
    logEndOffset,
    producers: new ProducerState(),
    epochs: known,
  });
  for (const segment of kept) reportGaps(environment, state, segment);
  reportKnown(environment, state, damage.filter(isOffsetsOnly));
  state.setCleaner(cleaner);
  await cutCleaner(environment, state);
  if (epochs === undefined) rebuildEpochs(environment, state);
  // What was found behind the file's last entry is written with the next seal or the close.
  if (!saved.encode().equals(state.epochs.encode())) state.savedEpochs = -1;
  await recoverProducers(environment, state);
  // The log lost its tail below what was deleted from its head: nothing of it may be read.
  if (logStartOffset > logEndOffset) await restartLog(environment, state, logStartOffset);
  state.savedDamage = textOf(damage);
  await noteDamage(environment, state);
  if (logEndOffset < start.recoveryPoint) {
    platform.logger.error('log-lost-its-tail', {
      directory,
      fromOffset: logEndOffset,
      toOffset: start.recoveryPoint,
    });
  }
  return state;
}

/** Makes the last segment ready to grow, and the first one where none is left. */
async function prepareTail(
  environment: LogEnvironment,
  directory: string,
  { kept, logEndOffset }: { readonly kept: Segment[]; readonly logEndOffset: number },
): Promise<void> {
  if (kept.length === 0) {
    const fresh = segmentOf(environment, directory, { baseOffset: logEndOffset, sizeBytes: 0 });
    if (logEndOffset > 0) environment.files.unpin(fresh.pin());
    kept.push(fresh);
  }
  // The segment that grows has neither; one may have come back with a truncation that was cut short.
  await kept.at(-1)?.removeSeal();
  await kept.at(-1)?.removeTransactions();
  await removeSnapshots(environment, directory, (offset) => offset > logEndOffset);
}

/** Removes leftovers and returns the segments' base offsets, ascending. */
async function sweep(environment: LogEnvironment, directory: string): Promise<number[]> {
  const { disk } = environment.platform;
  const names = await disk.list(directory);
  const bases: number[] = [];
  for (const name of names) if (/^\d{20}\.log$/.test(name)) bases.push(parseInt(name, 10));
  for (const name of names) {
    const match = dataFile.exec(name);
    const isOrphan = /index|seal/.test(match?.[2] ?? '') && !bases.includes(Number(match?.[1]));
    if (isOrphan || name.endsWith('.tmp')) await disk.remove(`${directory}/${name}`);
  }
  return bases;
}

interface ScannedTail {
  readonly kept: Segment[];
  readonly cut: number[];
  readonly end: LogEnd;
  /** As found, or made anew. */
  readonly cleaner: CleanerCheckpoint;
}

/** Checks from the recovery point on; cuts the file of the first unsound batch that cannot be passed. */
async function scanTail(
  environment: LogEnvironment,
  start: RecoveryStart,
  found: {
    readonly bases: readonly number[];
    readonly epochs: LeaderEpochs | undefined;
    readonly cleaner: CleanerCheckpoint;
    readonly damage: readonly KnownDamage[];
  },
): Promise<ScannedTail> {
  const { platform } = environment;
  const { bases, epochs, damage } = found;
  let { cleaner } = found;
  const { directory, recoveryPoint } = start;
  // What lies behind damage that was passed once was durable then.
  const passed = damage.filter((known) => !isOffsetsOnly(known));
  const soundBelow = Math.max(recoveryPoint, ...passed.map(({ toOffset }) => toOffset));
  const firstScanned = Math.max(
    0,
    bases.findLastIndex((base) => base <= recoveryPoint),
  );
  const kept: Segment[] = [];
  let nextOffset = bases[firstScanned] ?? start.logStartOffset;
  let leaderEpoch = -1;
  const epochOf = epochs?.settled() ?? (() => undefined);
  if (bases.length > 0) epochs?.truncateTo(nextOffset);
  for (const [index, baseOffset] of bases.entries()) {
    const segment = segmentOf(environment, directory, { baseOffset, sizeBytes: undefined });
    if (index < firstScanned) {
      passKnown(segment, damage);
      kept.push(segment);
      continue;
    }
    if (baseOffset > nextOffset)
      cleaner = await withOwnGaps(environment, cleaner, kept, baseOffset);
    const { gapsBelow } = cleaner;
    if (baseOffset < gapsBelow) segment.gapsBelow = gapsBelow;
    const isNext =
      baseOffset === nextOffset || (baseOffset > nextOffset && baseOffset <= gapsBelow);
    const problem = isNext ? undefined : `offset ${nextOffset} is missing`;
    if (problem !== undefined) {
      report(environment, segment, { nextOffset, problem });
      const cut = bases.slice(index).reverse();
      return { kept, cut, end: { nextOffset, leaderEpoch }, cleaner };
    }
    nextOffset = baseOffset;
    const endOffset = bases[index + 1] ?? Number.POSITIVE_INFINITY;
    const options = { recoveryPoint, soundBelow, leaderEpoch, epochs, epochOf, endOffset };
    const end = scanSegment(environment, segment, options);
    nextOffset = end.nextOffset;
    leaderEpoch = end.leaderEpoch;
    if (recoveryPoint <= baseOffset) segment.trust.checked(0, end.position);
    kept.push(segment);
    if (segment.gapsBelow > gapsBelow) {
      cleaner = await withOwnGaps(environment, cleaner, kept, endOffset);
    }
    if (end.problem !== undefined) {
      report(environment, segment, { nextOffset, problem: end.problem });
      await segment.truncate(end.position);
      const cut = bases.slice(index + 1).reverse();
      return { kept, cut, end: { nextOffset, leaderEpoch }, cleaner };
    }
    await syncFound(environment, segment);
    await new Promise<void>((resolve) => platform.scheduler.nextTurn(resolve));
  }
  return { kept, cut: [], end: { nextOffset, leaderEpoch }, cleaner };
}

/** What a killed process left in the page cache is served from now on, so it must not be lost either. */
async function syncFound({ files }: LogEnvironment, segment: Segment): Promise<void> {
  const pinned = segment.pin();
  try {
    await pinned.file.sync();
  } finally {
    files.unpin(pinned);
  }
}

/** Makes the indexes and notes the epochs of a segment; its end is the first damage that is not passed. */
function scanSegment(
  { files }: LogEnvironment,
  segment: Segment,
  options: {
    readonly recoveryPoint: number;
    /** Damage below it may be passed. */
    readonly soundBelow: number;
    readonly leaderEpoch: number;
    readonly epochs: LeaderEpochs | undefined;
    /** What the checkpoint says of them. */
    readonly epochOf: EpochOf;
    readonly endOffset: number;
  },
): ScanEnd {
  const { recoveryPoint, soundBelow, leaderEpoch, epochs, endOffset } = options;
  const { baseOffset } = segment;
  // Believed where what is found wrong by it can be passed.
  const isPassable = (offset: number): boolean => offset < soundBelow && segment.gapsBelow === 0;
  const epochOf: EpochOf = (offset) => (isPassable(offset) ? options.epochOf(offset) : undefined);
  let crcFromOffset = baseOffset;
  const visit = (header: BatchHeader): void => {
    crcFromOffset = Math.min(header.baseOffset, recoveryPoint);
    epochs?.note(header.leaderEpoch, header.baseOffset);
  };
  const scan = { leaderEpoch, epochOf, visit };
  let end = segment.rebuildIndexes({ ...scan, crcFromOffset: recoveryPoint });
  if (end.problem !== undefined && Number.isFinite(endOffset) && segment.gapsBelow === 0) {
    segment.mayBeCompacted(endOffset);
    if (segment.gapsBelow > 0) {
      epochs?.truncateTo(baseOffset);
      end = segment.rebuildIndexes({ ...scan, crcFromOffset: recoveryPoint });
    }
  }
  // At the recovery point itself the length of the batch before, which has no checked CRC, may have led astray.
  const isDurable = baseOffset < soundBelow && end.nextOffset <= soundBelow;
  if (end.problem === undefined || !isDurable || segment.gapsBelow > 0) return end;
  const checks = { crcFromOffset, leaderEpoch, epochOf };
  segment.setGaps(findGaps(files, segment, { ...checks, endOffset, soundBelow }));
  epochs?.truncateTo(baseOffset);
  return segment.rebuildIndexes({ ...checks, visit });
}

/**
 * The checkpoint, made anew where the last of `kept`, which ends at `endOffset`, tells of gaps that it does not know: before anything is
 * cut, because what grows afterwards does not tell of its gaps itself.
 */
async function withOwnGaps(
  { platform }: LogEnvironment,
  cleaner: CleanerCheckpoint,
  kept: readonly Segment[],
  endOffset: number,
): Promise<CleanerCheckpoint> {
  const segment = kept.at(-1);
  segment?.mayBeCompacted(endOffset);
  const gapsBelow = segment?.gapsBelow ?? 0;
  if (segment === undefined || gapsBelow <= cleaner.gapsBelow) return cleaner;
  const found = { ...cleaner, gapsBelow };
  platform.logger.warn('log-gaps-found', { path: segment.logPath, gapsBelow });
  const directory = segment.logPath.slice(0, segment.logPath.lastIndexOf('/'));
  await writeCleanerCheckpoint(platform.disk, directory, found).catch((error: unknown) => {
    if (!isPassing(error)) throw error; // the next start finds them again
  });
  return found;
}

function reportGaps(environment: LogEnvironment, state: LogState, segment: Segment): void {
  for (const { at, resume } of segment.gaps) {
    const range = { fromOffset: at.baseOffset, toOffset: resume.baseOffset };
    const problem = 'its batches are not sound, the next one is';
    reportCorrupt({ environment, state }, { ...range, path: segment.logPath }, problem);
  }
}

const isOffsetsOnly = ({ fromPosition }: KnownDamage): boolean => fromPosition < 0;

/** For the starts to come; a full disk has them find it again. */
async function noteDamage(environment: LogEnvironment, state: LogState): Promise<void> {
  await saveDamage(environment, state).catch((error: unknown) => {
    if (!isPassing(error)) throw error;
  });
}

function report(
  environment: LogEnvironment,
  segment: Segment,
  facts: { readonly nextOffset: number; readonly problem: string },
): void {
  environment.platform.logger.warn('log-tail-cut', { path: segment.logPath, ...facts });
}

/**
 * Cuts the log so that it ends at or below `offset`, at a batch boundary, but not below its start; durable when it settles.
 * No append may run.
 */
export async function truncateLog(
  environment: LogEnvironment,
  state: LogState,
  offset: number,
): Promise<void> {
  const { platform, room } = environment;
  const { directory } = state;
  const index = Math.max(0, state.segmentIndex(offset));
  const segment = state.segments[index];
  if (segment === undefined) throw new KafkaError('OFFSET_OUT_OF_RANGE', `offset ${offset}`);
  const cut = await room.wait(() => boundary(environment, segment, offset));
  // What grows does not tell of its gaps itself.
  await raiseGaps(environment, state, await room.wait(() => segment.gapsBelow));
  state.version++;
  // First of all: what will be written over the cut must be checked again after a crash.
  state.recoveryPoint = Math.min(state.recoveryPoint, cut.nextOffset);
  state.logEndOffset = state.writtenOffset = cut.nextOffset;
  state.durableOffset = state.syncedOffset = cut.nextOffset;
  state.corrupt.truncateTo(cut.nextOffset);
  await room.wait(() => environment.saveCheckpoints());
  // What is written over the cut is not what was damaged there.
  await room.wait(() => saveDamage(environment, state));
  for (const gone of state.segments.splice(index + 1).reverse()) {
    await room.wait(() => gone.remove());
  }
  await room.wait(() => segment.truncate(cut.position));
  await cutCleaner(environment, state);
  state.epochs.truncateTo(cut.nextOffset);
  const epochs = state.epochs.encode();
  await room.wait(() => platform.disk.writeFileAtomic(`${directory}/${epochFileName}`, epochs));
  await room.wait(() =>
    removeSnapshots(environment, directory, (snapshot) => snapshot > cut.nextOffset),
  );
  await platform.disk.syncDirectory(directory);
  await room.wait(() => recoverProducers(environment, state));
  if (cut.nextOffset < state.logStartOffset) {
    await restartLog(environment, state, state.logStartOffset);
  }
  state.version++;
}

/** Nothing at or above `startOffset` is left: the log goes on there, empty. A crash in between ends the same way. */
async function restartLog(
  environment: LogEnvironment,
  state: LogState,
  startOffset: number,
): Promise<void> {
  const { room, platform } = environment;
  const { disk } = platform;
  const { directory } = state;
  // The batches that the producers' state follows from go away with their segment.
  const snapshot = state.producers.encode(startOffset);
  await room.wait(() => disk.writeFileAtomic(snapshotPath(directory, startOffset), snapshot));
  for (const gone of state.segments.splice(0).reverse()) await room.wait(() => gone.remove());
  const fresh = segmentOf(environment, directory, { baseOffset: startOffset, sizeBytes: 0 });
  environment.files.unpin(await room.wait(() => fresh.pin()));
  await disk.syncDirectory(directory);
  fresh.isNameDurable = true;
  state.segments.push(fresh);
  state.logStartOffset = state.logEndOffset = startOffset;
  state.writtenOffset = state.durableOffset = state.syncedOffset = startOffset;
  state.recoveryPoint = startOffset;
}

/** The first byte of the batch that contains `offset`, or the end of the segment. */
function boundary(
  environment: LogEnvironment,
  segment: Segment,
  offset: number,
): { position: number; nextOffset: number } {
  let found: { position: number; nextOffset: number } | undefined;
  // Where the batch follows a gap the log ends before the gap, as a recovery would find it.
  const hasGaps = segment.gapsBelow > 0;
  let nextOffset = segment.baseOffset;
  const from = hasGaps ? segment.baseOffset : offset;
  const end = scanFrom(environment, segment, from, (header, position) => {
    if (lastOffsetOf(header) < offset) {
      nextOffset = lastOffsetOf(header) + 1;
      return undefined;
    }
    found = { position, nextOffset: hasGaps ? nextOffset : header.baseOffset };
    return false;
  });
  let cut: { position: number; nextOffset: number } = found ?? end;
  for (const { at, resume } of segment.gaps.toReversed()) {
    // No log ends with damage.
    if (cut.position === resume.position) {
      cut = { position: at.position, nextOffset: at.baseOffset };
    }
  }
  return cut;
}

/** Gaps below `gapsBelow` that the checkpoint does not know are in it now. */
async function raiseGaps(
  environment: LogEnvironment,
  state: LogState,
  gapsBelow: number,
): Promise<void> {
  if (gapsBelow <= state.cleaner.gapsBelow) return;
  const raised = { ...state.cleaner, gapsBelow };
  const { room, platform } = environment;
  await room.wait(() => writeCleanerCheckpoint(platform.disk, state.directory, raised));
  state.setCleaner(raised);
}

/** What was cut off is not compacted any more. */
async function cutCleaner(environment: LogEnvironment, state: LogState): Promise<void> {
  const { cleaner, logEndOffset, directory } = state;
  const cut = {
    cleanedBelow: Math.min(cleaner.cleanedBelow, logEndOffset),
    gapsBelow: Math.min(cleaner.gapsBelow, logEndOffset),
    horizonMs: cleaner.horizonMs,
  };
  if (cut.gapsBelow === cleaner.gapsBelow && cut.cleanedBelow === cleaner.cleanedBelow) return;
  state.setCleaner(cut);
  const { room, platform } = environment;
  await room.wait(() => writeCleanerCheckpoint(platform.disk, directory, cut));
}

function readCleaner(
  environment: LogEnvironment,
  directory: string,
  activeBase: number,
): CleanerCheckpoint {
  return readCleanerCheckpoint(environment.platform.disk, directory, activeBase);
}

/** Loads what a log needs for its first use after a clean stop; small files only, the active segment unless it is large. */
export function loadColdLog(
  environment: LogEnvironment,
  state: LogState,
  { producerCount, abortedCount }: ColdProducers,
): void {
  const activeBase = state.active.baseOffset;
  const cleaner = readCleaner(environment, state.directory, activeBase);
  const isOfOther = Math.max(cleaner.cleanedBelow, cleaner.gapsBelow) > state.logEndOffset;
  state.setCleaner(isOfOther ? unknownCleaning(activeBase) : cleaner);
  state.active.load();
  if (state.epochs.entries.length === 0) {
    const epochs = readEpochs(environment, state.directory);
    if (epochs) state.epochs = epochs;
    else rebuildEpochs(environment, state);
  }
  if (abortedCount === 0) state.active.transactions = new TransactionIndex();
  if (producerCount > 0) rebuildProducers(environment, state, [state.logEndOffset]);
  loadTransactionsNow(environment, state, state.active);
}

function rebuildEpochs(environment: LogEnvironment, state: LogState): void {
  const all = { fromOffset: -1, upTo: state.logEndOffset };
  eachHeader(environment, state, all, {
    visit: (header) => void state.epochs.note(header.leaderEpoch, header.baseOffset),
  });
}

function readEpochs(environment: LogEnvironment, directory: string): LeaderEpochs | undefined {
  const bytes = readWhole(environment.platform.disk, `${directory}/${epochFileName}`);
  return bytes && LeaderEpochs.decode(bytes);
}
