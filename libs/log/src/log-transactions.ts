// The transactions of one log: up to where they have ended, which were aborted. Protects: the last stable offset never passes a
// transaction whose marker is not durable; whoever reads committed data hears of every aborted transaction in them, of no other.
// What a segment's file does not tell (missing, damaged, of other bytes) follows from the batch headers: from the open transactions where
// the segment begins, which the segment before or a producer snapshot names. Leaves out: deciding how a transaction ends.

import { KafkaError } from '@drave/contracts';
import { type BatchHeader, isControl, isTransactional } from './batch-header.js';
import type { LogEnvironment, LogState } from './log-state.js';
import { ProducerState, snapshotPath } from './producer-state.js';
import { readWhole, type Segment } from './segment.js';
import { scanAround, type ScanEnd, type ScanGap } from './segment-scan.js';
import {
  type AbortedTransaction,
  type OpenTransaction,
  TransactionIndex,
} from './transaction-index.js';
import { markerAt } from './transaction-marker.js';

const attemptsMax = 5;

export class LogTransactions {
  readonly #environment: LogEnvironment;
  readonly #state: LogState;
  /** Ended by a marker that is not durable yet, in the order of their markers. */
  #ending: { readonly firstOffset: number; readonly lastOffset: number }[] = [];

  constructor(environment: LogEnvironment, state: LogState) {
    this.#environment = environment;
    this.#state = state;
  }

  /** Below it every transaction has ended, durably; between the log start and the durable offset. */
  get lastStableOffset(): number {
    const { durableOffset, logStartOffset, producers } = this.#state;
    const durable = this.#ending.findIndex(({ lastOffset }) => lastOffset >= durableOffset);
    if (durable !== 0) this.#ending.splice(0, durable < 0 ? this.#ending.length : durable);
    let first = Math.min(durableOffset, producers.firstOpenOffset ?? durableOffset);
    for (const { firstOffset } of this.#ending) first = Math.min(first, firstOffset);
    return Math.max(logStartOffset, first);
  }

  /** The batch `header` that now ends the log ended the transaction that began at `firstOffset`. */
  ended(
    header: Pick<BatchHeader, 'producerId' | 'baseOffset' | 'lastOffsetDelta'>,
    end: { readonly firstOffset: number; readonly isAborted: boolean },
  ): void {
    const { active, producers } = this.#state;
    const { firstOffset, isAborted } = end;
    this.#ending.push({ firstOffset, lastOffset: header.baseOffset });
    if (!isAborted) return;
    const { firstOpenOffset } = producers;
    active.transactions?.aborted.push(abortedBy(header, { firstOffset, firstOpenOffset }));
  }

  /** The log was cut back. */
  truncated(): void {
    this.#ending = [];
  }

  /**
   * The aborted transactions with a batch or their marker in `[fromOffset, upToOffset)`, by first offset. undefined when headers must
   * be read first (`find`). `upToOffset` is at most the last stable offset. Throws CORRUPT_MESSAGE where damage hides some.
   */
  findNow(fromOffset: number, upToOffset: number): AbortedTransaction[] | undefined {
    const found: AbortedTransaction[] = [];
    return this.#collect(fromOffset, upToOffset, found) === undefined
      ? found.sort((one, other) => one.firstOffset - other.firstOffset)
      : undefined;
  }

  /** As `findNow`. Rejects as it throws, with KAFKA_STORAGE_ERROR when the log keeps changing, with the disk's errors. */
  async find(fromOffset: number, upToOffset: number): Promise<AbortedTransaction[]> {
    let version = this.#state.version;
    for (let attempt = 1; attempt <= attemptsMax;) {
      const found = this.findNow(fromOffset, upToOffset);
      if (found !== undefined) return found;
      const unknown = this.#collect(fromOffset, upToOffset, []);
      if (unknown !== undefined) await loadTransactions(this.#environment, this.#state, unknown);
      if (version === this.#state.version) continue;
      ({ version } = this.#state);
      attempt++;
    }
    throw new KafkaError('KAFKA_STORAGE_ERROR', 'the log changes too often to be read just now');
  }

  /** Fills `found`; returns the segment whose transactions have to be known first. */
  #collect(
    fromOffset: number,
    upToOffset: number,
    found: AbortedTransaction[],
  ): Segment | undefined {
    const state = this.#state;
    const first = Math.max(0, state.segmentIndex(fromOffset));
    for (let index = first; index < state.segments.length; index++) {
      const segment = state.segments[index];
      if (segment === undefined) return undefined;
      const transactions = known(state, segment);
      if (transactions === undefined) return segment;
      if (transactions.problem !== undefined) {
        throw new KafkaError('CORRUPT_MESSAGE', transactions.problem);
      }
      transactions.collect(fromOffset, upToOffset, found);
      // What ends later began behind this segment, or is open at its end.
      if (segment === state.active) return undefined;
      const firstOpen = transactions.open[0]?.firstOffset ?? upToOffset;
      if (firstOpen >= upToOffset && state.segmentEnd(index) >= upToOffset) return undefined;
    }
    return undefined;
  }
}

/** The entry of a transaction that the abort marker `header` ended; `firstOpenOffset` of those that go on. */
export function abortedBy(
  header: Pick<BatchHeader, 'producerId' | 'baseOffset' | 'lastOffsetDelta'>,
  facts: { readonly firstOffset: number; readonly firstOpenOffset: number | undefined },
): AbortedTransaction {
  const { firstOffset, firstOpenOffset } = facts;
  const lastOffset = header.baseOffset + header.lastOffsetDelta;
  return {
    producerId: header.producerId,
    firstOffset,
    lastOffset,
    lastStableOffset: Math.min(firstOpenOffset ?? lastOffset + 1, lastOffset + 1),
  };
}

/** Afterwards the segment's transactions are known, unless it left the log meanwhile. Rejects with the disk's errors. */
export async function loadTransactions(
  environment: LogEnvironment,
  state: LogState,
  segment: Segment,
): Promise<void> {
  const { scheduler } = environment.platform;
  const { version } = state;
  for (const rebuild of missing(environment, state, segment)) {
    rebuild();
    await new Promise<void>((resolve) => scheduler.nextTurn(resolve));
    if (version !== state.version) return;
  }
}

/** As `loadTransactions`, at once. Throws the disk's errors. */
export function loadTransactionsNow(
  environment: LogEnvironment,
  state: LogState,
  segment: Segment,
): void {
  for (const rebuild of missing(environment, state, segment)) rebuild();
}

/** From memory or from the segment's file. */
function known(state: LogState, segment: Segment): TransactionIndex | undefined {
  if (segment.transactions === undefined) {
    const endOffset = state.segmentEnd(state.segments.indexOf(segment));
    segment.transactions = segment.readTransactions(endOffset);
  }
  return segment.transactions;
}

/** What has to be done, step by step, until the transactions of `segment` are known. */
function missing(
  environment: LogEnvironment,
  state: LogState,
  segment: Segment,
): readonly (() => void)[] {
  const unknown: Segment[] = [];
  let open: readonly OpenTransaction[] = [];
  for (let at = state.segments.indexOf(segment); at >= 0; at--) {
    const before = state.segments[at];
    if (before === undefined) break;
    const transactions = known(state, before);
    if (transactions !== undefined) {
      ({ open } = transactions);
      break;
    }
    unknown.push(before);
    const snapshot = openInSnapshot(environment, state, before.baseOffset);
    if (snapshot !== undefined) {
      open = snapshot;
      break;
    }
  }
  return unknown.reverse().map((one) => () => {
    one.transactions = rebuilt(environment, one, open);
    ({ open } = one.transactions);
  });
}

function openInSnapshot(
  { platform }: LogEnvironment,
  { directory }: LogState,
  offset: number,
): readonly OpenTransaction[] | undefined {
  const bytes = readWhole(platform.disk, snapshotPath(directory, offset));
  return bytes && ProducerState.decode(bytes, offset)?.openTransactions();
}

/** From the headers of a segment at whose beginning the transactions `openBefore` were open. */
function rebuilt(
  environment: LogEnvironment,
  segment: Segment,
  openBefore: readonly OpenTransaction[],
): TransactionIndex {
  const open = new Map(openBefore.map((one) => [one.producerId, one.firstOffset]));
  const aborted: AbortedTransaction[] = [];
  segment.load();
  const pinned = segment.pin();
  try {
    const from = { fromPosition: 0, nextOffset: segment.baseOffset, leaderEpoch: -1 };
    const options = {
      ...from,
      file: pinned.file,
      toPosition: segment.writtenBytes,
      crcFromOffset: Number.POSITIVE_INFINITY,
      gapsBelow: segment.gapsBelow,
    };
    const visit = (header: BatchHeader, position: number): void => {
      const { producerId, baseOffset } = header;
      const firstOffset = open.get(producerId);
      if (!isControl(header)) {
        const begins = isTransactional(header) && firstOffset === undefined;
        if (begins) open.set(producerId, baseOffset);
        return;
      }
      const marker = markerAt(pinned.file, header, position);
      if (marker === undefined && header.recordCount > 0) return;
      open.delete(producerId);
      if (firstOffset === undefined || marker?.type !== 'abort') return;
      const [firstOpenOffset] = open.values();
      aborted.push(abortedBy(header, { firstOffset, firstOpenOffset }));
    };
    let hiddenInGap: string | undefined;
    const onGap = (gap: ScanGap): void => {
      if (open.size > 0) hiddenInGap ??= hiddenByGap(segment, gap);
    };
    const { problem, nextOffset } = scanAround(options, segment.gaps, { visit, onGap });
    const stillOpen = Array.from(open, ([producerId, firstOffset]) => ({
      producerId,
      firstOffset,
    }));
    const hidden = problem === undefined ? hiddenInGap : hiddenBy(segment, { problem, nextOffset });
    return new TransactionIndex(aborted, stillOpen, hidden);
  } finally {
    environment.files.unpin(pinned);
  }
}

/** What is said of a transaction index whose batches are damaged. */
export function hiddenBy(
  segment: Segment,
  { problem, nextOffset }: Pick<ScanEnd, 'problem' | 'nextOffset'>,
): string {
  return `${segment.logPath} is damaged from offset ${nextOffset} on (${problem}): which of its transactions were aborted is not known`;
}

/** As `hiddenBy`, of damage between sound batches while a transaction was open. */
export function hiddenByGap(segment: Segment, { at, resume }: ScanGap): string {
  return `${segment.logPath} is damaged from offset ${at.baseOffset} to ${resume.baseOffset - 1}: how the transactions that were open there ended is not known`;
}
