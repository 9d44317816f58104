// Stopped data directories that hold every kind of file, with what was written to them.
// Protects: whatever kind of file the log begins to write is in a scene, and so in the proofs, without being named there.
// Leaves out: damaging them (torn-files.ts, flips.ts).

import type { LogManagerOptions, PartitionLog } from '@drave/log';
import { memoryDisk } from '@drave/platform';
import type { CompressionCodec } from '@drave/protocol';
import { History } from './history.ts';
import { playTransactions, transactionsUpTo } from './transactions.ts';
import {
  appendEntry,
  createLog,
  type Entry,
  type Facts,
  firstTimestamp,
  imageOf,
  openLogs,
  platformOn,
  smallJournal,
} from './world.ts';

export interface Scene {
  readonly name: string;
  readonly image: ReadonlyMap<string, Buffer>;
  readonly logs: ReadonlyMap<string, Facts>;
}

export interface Shape {
  readonly codec?: CompressionCodec;
  readonly count: number;
  readonly valueBytes?: number;
  readonly segmentBytes: number;
  /** Closed, else its process ended. */
  readonly isClean: boolean;
  /** Sealed segments get their checksums. Default true. */
  readonly isSealed?: boolean;
}

const whole = (written: ReadonlyMap<number, Entry>): Facts => ({ written, mayMiss: () => false });

function entryAt(at: number, valueBytes: number): Entry {
  return {
    value: `${at}:`.padEnd(valueBytes, 'abcdefghij'),
    key: `k${at % 3}`,
    epoch: at >> 1,
    timestamp: firstTimestamp + at * 1000,
    sequence: at,
  };
}

async function fill(log: PartitionLog, shape: Shape): Promise<Facts> {
  const written = new Map<number, Entry>();
  for (let at = 0; at < shape.count; at++) {
    const entry = entryAt(at, shape.valueBytes ?? 122);
    const appended = appendEntry(log, entry, shape.codec ?? 'none');
    await appended.written;
    written.set(appended.baseOffset, entry);
  }
  return whole(written);
}

/** One log of `count` batches of one record. */
export async function plainScene(
  shape: Shape,
  options: Partial<LogManagerOptions> = {},
): Promise<Scene> {
  const disk = memoryDisk();
  const logs = await openLogs(platformOn(disk), options);
  const log = createLog(logs, 'numbers-0', { segmentBytes: shape.segmentBytes });
  const facts = await fill(log, shape);
  if (shape.isSealed !== false) await log.scrub();
  if (shape.isClean) await logs.close();
  else disk.endProcess();
  const name = `${shape.codec ?? 'none'}, ${shape.isClean ? 'stopped' : 'killed'}`;
  return { name, image: await imageOf(disk), logs: new Map([['numbers-0', facts]]) };
}

/** A log with a deleted head, a compacted one, one with transactions, and the journal. */
export async function fullScene(isClean: boolean): Promise<Scene> {
  const disk = memoryDisk();
  const logs = await openLogs(platformOn(disk), { journal: smallJournal });
  const shape = { count: 8, segmentBytes: 450, isClean };
  const plain = await fill(createLog(logs, 'numbers-0', { segmentBytes: 450 }), shape);
  const headless = await deletedHead(createLog(logs, 'headless-0', { segmentBytes: 450 }));
  const compacted = await compactedLog(
    createLog(logs, 'keys-0', { segmentBytes: 450, cleanupPolicy: ['compact'] }),
  );
  const transactional = await transactions(createLog(logs, 'orders-0', { segmentBytes: 450 }));
  for (const log of logs.logs()) await log.scrub();
  if (isClean) await logs.close();
  else disk.endProcess();
  const facts = new Map([
    ['numbers-0', plain],
    ['headless-0', headless],
    ['keys-0', compacted],
    ['orders-0', transactional],
  ]);
  return { name: isClean ? 'stopped' : 'killed', image: await imageOf(disk), logs: facts };
}

async function deletedHead(log: PartitionLog): Promise<Facts> {
  const history = new History();
  for (let at = 0; at < 6; at++) await send(log, history);
  history.dropping(3);
  await log.deleteRecordsBefore(3);
  history.dropped(3);
  return history.facts;
}

async function compactedLog(log: PartitionLog): Promise<Facts> {
  const history = new History();
  // What is left has gaps between its offsets: nothing but a seal knows where each batch stood.
  for (let at = 0; at < 9; at++) await send(log, history, at % 2 === 0 ? 'k' : `k${at}`);
  history.compacting();
  await log.compact({ nowMs: 0, boundOffset: log.durableOffset, dedupeBufferBytes: 10_000 });
  return history.facts;
}

async function send(log: PartitionLog, history: History, key?: string): Promise<void> {
  const entry = history.sending(log.logEndOffset, key);
  const { baseOffset, written } = appendEntry(log, entry);
  await written;
  history.acknowledged(baseOffset, entry);
}

/** Three producers with crossing transactions, aborted, committed and open. */
async function transactions(log: PartitionLog): Promise<Facts> {
  const written = await playTransactions(log);
  return {
    ...whole(written),
    endMin: log.logEndOffset,
    transactions: (end) => transactionsUpTo(end),
  };
}
