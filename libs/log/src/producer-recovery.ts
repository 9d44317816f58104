// What producers did, found again: from the newest snapshot and the batch headers behind it. Protects: a snapshot is used only where all
// batches behind it are there; while segments go from the head, the state where the log then begins is on disk, so that a truncation
// or a crash never gives a producer an older state back. Leaves out: when (log-recovery.ts, log-upkeep.ts).

import type { DiskFile } from '@drave/platform';
import type { EndTransactionMarker } from '@drave/protocol';
import type { BatchHeader } from './batch-header.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { abortedBy, hiddenBy, hiddenByGap, loadTransactionsNow } from './log-transactions.js';
import { ProducerState, snapshotPath } from './producer-state.js';
import { readWhole, type Segment } from './segment.js';
import { scanAround, type ScanEnd, type ScanGap } from './segment-scan.js';
import { type AbortedTransaction, TransactionIndex } from './transaction-index.js';
import { markerAt } from './transaction-marker.js';

type HeaderVisitor = (header: BatchHeader, marker: EndTransactionMarker | undefined) => void;

/** Finds the producer state at the log end by whatever snapshots the directory has. */
export async function recoverProducers(
  environment: LogEnvironment,
  state: LogState,
): Promise<void> {
  rebuildProducers(environment, state, await snapshotOffsets(environment, state.directory));
}

/** The producer state at the log end: the newest sound snapshot among `snapshots`, plus the batches after it. */
export function rebuildProducers(
  environment: LogEnvironment,
  state: LogState,
  snapshots: readonly number[],
): void {
  const { active, logEndOffset } = state;
  const { producers, from } = newestSnapshot(environment, state, {
    snapshots,
    upTo: logEndOffset,
  });
  state.producers = producers;
  const aborted: AbortedTransaction[] = [];
  const nowMs = environment.platform.clock.nowMs();
  const range = { fromOffset: from, upTo: logEndOffset };
  const visit: HeaderVisitor = (header, marker) => {
    if (header.baseOffset < from) return;
    const { baseOffset, maxTimestamp: timestamp } = header;
    const firstOffset = producers.record({ header, baseOffset, timestamp, nowMs, marker });
    if (firstOffset === undefined || marker?.type !== 'abort') return;
    const facts = { firstOffset, firstOpenOffset: producers.firstOpenOffset };
    if (baseOffset >= active.baseOffset) aborted.push(abortedBy(header, facts));
  };
  let hidden: string | undefined;
  const onGap = (gap: ScanGap, segment: Segment): void => {
    if (gap.resume.baseOffset <= from) return;
    // The marker of one that is open may be among what is damaged.
    if (producers.firstOpenOffset !== undefined) hidden ??= hiddenByGap(segment, gap);
    producers.passGap();
  };
  const problem = eachHeader(environment, state, range, { visit, onGap }) ?? hidden;
  if (from <= active.baseOffset) active.transactions = new TransactionIndex(aborted, [], problem);
  else loadTransactionsNow(environment, state, active);
}

/**
 * Makes sure of the producers' state before `offset`, the base of a segment, for when the segments below it are gone. Durable when it
 * settles. Sealing wrote it; only what a crash left sealed has none.
 */
export async function keepProducersAt(
  environment: LogEnvironment,
  state: LogState,
  offset: number,
): Promise<void> {
  const { disk, clock } = environment.platform;
  const { directory } = state;
  if (readSnapshot(environment, directory, offset) !== undefined) return;
  const snapshots = await snapshotOffsets(environment, directory);
  const { producers, from } = newestSnapshot(environment, state, { snapshots, upTo: offset });
  const nowMs = clock.nowMs();
  const visit: HeaderVisitor = (header, marker) => {
    const { baseOffset, maxTimestamp: timestamp } = header;
    if (baseOffset < from || baseOffset >= offset) return;
    producers.record({ header, baseOffset, timestamp, nowMs, marker });
  };
  const onGap = ({ resume }: ScanGap): void => {
    if (resume.baseOffset > from) producers.passGap();
  };
  eachHeader(environment, state, { fromOffset: from, upTo: offset }, { visit, onGap });
  await disk.writeFileAtomic(snapshotPath(directory, offset), producers.encode(offset));
}

/** The newest sound one among `snapshots` at or below `upTo`; batches below the first segment are gone, so what is older leads nowhere. */
function newestSnapshot(
  environment: LogEnvironment,
  state: LogState,
  { snapshots, upTo }: { readonly snapshots: readonly number[]; readonly upTo: number },
): { readonly producers: ProducerState; readonly from: number } {
  const first = state.segments[0]?.baseOffset ?? 0;
  for (const offset of [...snapshots].sort((a, b) => b - a)) {
    if (offset > upTo || offset < first) continue;
    const producers = readSnapshot(environment, state.directory, offset);
    if (producers !== undefined) return { producers, from: offset };
  }
  return { producers: new ProducerState(), from: -1 };
}

function readSnapshot(
  environment: LogEnvironment,
  directory: string,
  offset: number,
): ProducerState | undefined {
  const bytes = readWhole(environment.platform.disk, snapshotPath(directory, offset));
  return bytes && ProducerState.decode(bytes, offset);
}

/** Visits the headers of a segment from about `offset` on. */
export function scanFrom(
  environment: LogEnvironment,
  segment: Segment,
  offset: number,
  visit: (header: BatchHeader, position: number, file: DiskFile) => void | false,
  onGap?: (gap: ScanGap) => void,
): ScanEnd {
  segment.load();
  const from = segment.floorPosition(offset);
  const pinned = segment.pin();
  try {
    return scanAround(
      {
        file: pinned.file,
        fromPosition: from.position,
        toPosition: segment.writtenBytes,
        nextOffset: from.baseOffset,
        leaderEpoch: -1,
        crcFromOffset: Number.POSITIVE_INFINITY,
        gapsBelow: segment.gapsBelow,
      },
      segment.gaps,
      {
        visit: (header, position) => visit(header, position, pinned.file),
        onGap: (gap) => onGap?.(gap),
      },
    );
  } finally {
    environment.files.unpin(pinned);
  }
}

/**
 * Visits the headers of all batches from `fromOffset` on (perhaps some before it) in the segments that begin below `upTo`, with the
 * markers of control batches. `onGap` hears of the known damage between them; what else hides some is said.
 */
export function eachHeader(
  environment: LogEnvironment,
  state: LogState,
  { fromOffset, upTo }: { readonly fromOffset: number; readonly upTo: number },
  {
    visit,
    onGap,
  }: {
    readonly visit: HeaderVisitor;
    readonly onGap?: (gap: ScanGap, segment: Segment) => void;
  },
): string | undefined {
  if (fromOffset >= upTo) return undefined;
  let problem: string | undefined;
  const first = Math.max(0, state.segmentIndex(fromOffset));
  for (const segment of state.segments.slice(first)) {
    if (segment.baseOffset >= upTo) break;
    const from = Math.max(fromOffset, segment.baseOffset);
    const end = scanFrom(
      environment,
      segment,
      from,
      (header, position, file) => visit(header, markerAt(file, header, position)),
      (gap) => onGap?.(gap, segment),
    );
    if (end.problem !== undefined) problem ??= hiddenBy(segment, end);
  }
  return problem;
}

async function snapshotOffsets(environment: LogEnvironment, directory: string): Promise<number[]> {
  const names = await environment.platform.disk.list(directory);
  return names.filter((name) => /^\d{20}\.snapshot$/.test(name)).map((name) => parseInt(name, 10));
}

export async function removeSnapshots(
  environment: LogEnvironment,
  directory: string,
  isGone: (offset: number) => boolean,
): Promise<void> {
  for (const offset of await snapshotOffsets(environment, directory)) {
    if (isGone(offset)) await environment.platform.disk.remove(snapshotPath(directory, offset));
  }
}
