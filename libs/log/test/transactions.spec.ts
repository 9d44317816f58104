// Transactions in a log: the last stable offset, the aborted transactions that readers are told of, the index files behind them.

import type { MemoryDisk, Platform } from '@drave/platform';
import { buildMarkerBatch, type MarkerType } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import type { LogManager, LogSettings, PartitionLog } from '../src/index.js';
import { ProducerState } from '../src/producer-state.js';
import { TransactionIndex } from '../src/transaction-index.js';
import { compact, put } from './compaction-fixture.js';
import { append, batchOf, client, createLog, memory, nowMs, openManager } from './log-fixture.js';

const sequences = new WeakMap<PartitionLog, Map<number, number>>();

/** One transactional record of `producerId`; the producer counts its sequence itself. */
async function send(log: PartitionLog, producerId: number, baseSequence?: number): Promise<number> {
  const known = sequences.get(log) ?? new Map<number, number>();
  sequences.set(log, known);
  const sequence = baseSequence ?? known.get(producerId) ?? 0;
  known.set(producerId, sequence + 1);
  const options = { producerId, producerEpoch: 0, baseSequence: sequence, isTransactional: true };
  return append(log, options);
}

const marker = (producerId: number, type: MarkerType, more = {}): Buffer =>
  buildMarkerBatch({
    producerId,
    producerEpoch: 0,
    type,
    coordinatorEpoch: 3,
    timestamp: nowMs,
    ...more,
  });

async function end(log: PartitionLog, producerId: number, type: MarkerType): Promise<number> {
  const bytes = marker(producerId, type);
  const { baseOffset, written } = log.appendAsLeader(bytes, { ...client, origin: 'coordinator' });
  await written;
  return baseOffset;
}

/** `producer:firstOffset` of what a reader of all that is stable is told. */
async function aborted(
  log: PartitionLog,
  from = log.logStartOffset,
  to = log.lastStableOffset,
): Promise<string[]> {
  const found = await log.abortedTransactions(from, to);
  return found.map(({ producerId, firstOffset }) => `${producerId}:${firstOffset}`);
}

async function opened(
  settings: Partial<LogSettings> = {},
): Promise<{ platform: Platform; disk: MemoryDisk; manager: LogManager; log: PartitionLog }> {
  const { platform, disk } = memory();
  const manager = await openManager(platform);
  return { platform, disk, manager, log: createLog(manager, settings) };
}

const fileOf = (offset: number, suffix: string): string =>
  `/data/flights-0/${String(offset).padStart(20, '0')}.${suffix}`;

describe('the last stable offset', () => {
  it('is the first offset of the oldest open transaction, else the durable end', async () => {
    const { log, manager } = await opened();
    await append(log);
    expect(log.lastStableOffset).toBe(1);
    await send(log, 1); // 1
    await send(log, 2); // 2
    await send(log, 1); // 3
    expect(log.lastStableOffset).toBe(1);
    await end(log, 1, 'commit'); // 4
    expect(log.lastStableOffset).toBe(2);
    await end(log, 2, 'abort'); // 5
    expect(log.lastStableOffset).toBe(6);
    await manager.close();
  });

  it('does not pass a transaction whose marker is not durable yet', async () => {
    const { log, manager } = await opened();
    await send(log, 1);
    const seen: number[] = [];
    log.onDurable(() => seen.push(log.lastStableOffset));
    const { written } = log.appendAsLeader(marker(1, 'commit'), {
      ...client,
      origin: 'coordinator',
    });
    expect(log.lastStableOffset).toBe(0);
    await written;
    expect(seen).toEqual([2]);
    await manager.close();
  });

  it('is never below the log start', async () => {
    const { log, manager } = await opened();
    await send(log, 1);
    await append(log);
    await log.deleteRecordsBefore(2);
    expect(log.lastStableOffset).toBe(2);
    await manager.close();
  });

  it('is known after a clean stop without opening a file', async () => {
    const { log, manager, platform } = await opened();
    await append(log);
    await send(log, 1);
    await append(log);
    await manager.close();
    for (let life = 0; life < 2; life++) {
      const again = await openManager(platform);
      expect(again.get(log.topicPartition)?.lastStableOffset).toBe(1);
      expect(again.openFiles.opens).toBe(0);
      await again.close();
    }
  });
});

describe('a marker', () => {
  it('of an older coordinator is refused, also after a restart', async () => {
    const { log, manager, platform } = await opened();
    await send(log, 1);
    await end(log, 1, 'commit');
    const old = marker(1, 'abort', { coordinatorEpoch: 2 });
    const refused = /TRANSACTION_COORDINATOR_FENCED/;
    const append = (to: PartitionLog) =>
      to.appendAsLeader(Buffer.from(old), { ...client, origin: 'coordinator' });
    expect(() => append(log)).toThrow(refused);
    await manager.close();
    const again = await openManager(platform);
    expect(() => append(createLog(again))).toThrow(refused);
    await again.close();
  });

  it('of a client is refused, of an older producer epoch too', async () => {
    const { log, manager } = await opened();
    await append(log, {
      producerId: 1,
      producerEpoch: 4,
      baseSequence: 0,
      isTransactional: true,
    });
    expect(() => log.appendAsLeader(marker(1, 'abort'), client)).toThrow(/INVALID_RECORD/);
    expect(() =>
      log.appendAsLeader(marker(1, 'abort'), { ...client, origin: 'coordinator' }),
    ).toThrow(/INVALID_PRODUCER_EPOCH/);
    expect(log.lastStableOffset).toBe(0);
    await manager.close();
  });

  it('ends a transaction, another control record does not', async () => {
    const { log, manager } = await opened();
    await send(log, 1);
    const other = batchOf({
      producerId: 1,
      producerEpoch: 0,
      baseSequence: -1,
      isTransactional: true,
      isControl: true,
    });
    await log.appendAsLeader(other, { ...client, origin: 'coordinator' }).written;
    expect(log.lastStableOffset).toBe(0);
    const plain = { producerId: 1, producerEpoch: 0, baseSequence: 1 };
    await expect(append(log, plain)).rejects.toThrow(/INVALID_TXN_STATE/);
    await end(log, 1, 'commit');
    await append(log, plain);
    expect(log.lastStableOffset).toBe(log.logEndOffset);
    await manager.close();
  });
});

describe('a reader of committed data', () => {
  it('is told of the aborted transactions that reach into its range, of no others', async () => {
    const { log, manager } = await opened({ segmentBytes: 250 });
    await send(log, 1); // 0
    await send(log, 2); // 1
    await end(log, 1, 'abort'); // 2
    await append(log); // 3
    await end(log, 2, 'commit'); // 4
    await send(log, 3); // 5
    for (let at = 0; at < 6; at++) await append(log); // 6 – 11
    await end(log, 3, 'abort'); // 12
    await send(log, 1); // 13
    await end(log, 1, 'abort'); // 14
    await send(log, 1); // 15, open
    expect(log.segmentCount).toBeGreaterThan(4);
    expect(log.lastStableOffset).toBe(15);
    expect(await aborted(log)).toEqual(['1:0', '3:5', '1:13']);
    expect(await aborted(log, 0, 5)).toEqual(['1:0']);
    expect(await aborted(log, 2, 5)).toEqual(['1:0']);
    expect(await aborted(log, 3, 5)).toEqual([]);
    expect(await aborted(log, 8, 9)).toEqual(['3:5']);
    expect(await aborted(log, 13, 15)).toEqual(['1:13']);
    expect(await aborted(log, 15, 15)).toEqual([]);
    await manager.close();
  });
});

/** Aborted, committed and open transactions over many segments; the answer that must survive everything. */
async function history(log: PartitionLog): Promise<{ told: string[]; lastStable: number }> {
  for (let round = 0; round < 6; round++) {
    await send(log, 1);
    await send(log, 2);
    await append(log);
    await end(log, 1, round % 2 === 0 ? 'abort' : 'commit');
    if (round === 4) await send(log, 3); // stays open
    await append(log);
    if (round % 3 !== 0) await end(log, 2, 'abort');
  }
  return { told: await aborted(log), lastStable: log.lastStableOffset };
}

type Damage = (disk: MemoryDisk) => Promise<void>;

const namesOf = (disk: MemoryDisk): Promise<string[]> => disk.list('/data/flights-0');

async function each(disk: MemoryDisk, suffix: string, work: (path: string) => unknown) {
  let count = 0;
  for (const name of await namesOf(disk)) {
    if (!name.endsWith(suffix)) continue;
    await work(`/data/flights-0/${name}`);
    count++;
  }
  return count;
}

const damages: readonly (readonly [string, Damage])[] = [
  ['nothing is damaged', async () => undefined],
  [
    'all transaction indexes are missing',
    async (disk) => void (await each(disk, '.txnindex', (path) => disk.remove(path))),
  ],
  [
    'all transaction indexes have a flipped bit',
    async (disk) => void (await each(disk, '.txnindex', (path) => disk.flipBit(path, 30))),
  ],
  [
    'transaction indexes and snapshots are missing',
    async (disk) => {
      await each(disk, '.txnindex', (path) => disk.remove(path));
      await each(disk, '.snapshot', (path) => disk.remove(path));
    },
  ],
];

describe('transactions', () => {
  it.each(
    damages.flatMap(([what, damage]) =>
      (['stop', 'crash'] as const).flatMap((how) =>
        [250, 1_000_000].map((segmentBytes) => [how, segmentBytes, what, damage] as const),
      ),
    ),
  )('are known after a %s with segments of %i B when %s', async (how, segmentBytes, _w, damage) => {
    const { log, manager, platform, disk } = await opened({ segmentBytes });
    const { told, lastStable } = await history(log);
    expect(told.length).toBeGreaterThan(4);
    expect(lastStable).toBeLessThan(log.logEndOffset);
    if (how === 'crash') disk.crash();
    else await manager.close();
    await damage(disk);
    const again = await openManager(platform);
    const reopened = createLog(again, { segmentBytes });
    expect(reopened.lastStableOffset).toBe(lastStable);
    expect(await aborted(reopened)).toEqual(told);
    // The open ones end as they would have.
    await end(reopened, 3, 'abort');
    await end(reopened, 2, 'commit');
    await again.close();
    const last = await openManager(platform);
    const final = createLog(last, { segmentBytes });
    expect(final.lastStableOffset).toBe(final.logEndOffset);
    expect((await aborted(final)).slice(0, told.length)).toEqual(told);
    expect(await aborted(final)).toContain(`3:${lastStable}`);
    await last.close();
  });

  it('are what is left of them after a truncation', async () => {
    const { log, manager } = await opened({ segmentBytes: 250 });
    await send(log, 1); // 0
    await end(log, 1, 'abort'); // 1
    await send(log, 1); // 2
    await append(log); // 3
    await end(log, 1, 'abort'); // 4
    await send(log, 2); // 5
    await end(log, 2, 'commit'); // 6
    await log.truncateTo(4);
    expect(log.lastStableOffset).toBe(2);
    expect(await aborted(log, 0, 4)).toEqual(['1:0']);
    await end(log, 1, 'commit'); // 4 again
    expect(log.lastStableOffset).toBe(5);
    expect(await aborted(log)).toEqual(['1:0']);
    await manager.close();
  });

  it('go with their segments', async () => {
    const { log, manager, platform } = await opened({ segmentBytes: 250 });
    const { told } = await history(log);
    await log.deleteRecordsBefore(12);
    const left = told.filter((one) => Number(one.split(':')[1]) >= 12);
    expect(left.length).toBeGreaterThan(1);
    expect((await aborted(log)).slice(-left.length)).toEqual(left);
    await manager.close();
    const again = await openManager(platform);
    expect((await aborted(createLog(again))).slice(-left.length)).toEqual(left);
    await again.close();
  });
});

describe('a compaction', () => {
  it('keeps an entry as long as its marker, and no longer', async () => {
    const { log, manager, platform } = await opened({
      cleanupPolicy: ['compact'],
      segmentBytes: 400,
      deleteRetentionMs: 100,
    });
    const producer = { producerId: 7, producerEpoch: 0, isTransactional: true };
    await put(log, ['a=1'], { ...producer, baseSequence: 0 }); // 0
    await end(log, 7, 'abort'); // 1
    await put(log, ['b=1'], { ...producer, baseSequence: 1 }); // 2
    await end(log, 7, 'commit'); // 3
    const seal = async () => {
      for (let at = 0; at < 4; at++) await put(log, [`s${at}=x`]);
    };
    await seal();
    await compact(log);
    expect(await aborted(log)).toEqual(['7:0']);
    await seal();
    await compact(log);
    await seal();
    await compact(log, { nowMs: nowMs + 100 });
    // The marker has gone: a reader that was told would drop what producer 7 wrote next.
    expect(await aborted(log)).toEqual([]);
    await manager.close();
    const again = await openManager(platform);
    expect(await aborted(createLog(again))).toEqual([]);
    await again.close();
  });
});

describe('a transaction index file', () => {
  it('is written for each sealed segment and read back as it was', async () => {
    const { log, manager, disk } = await opened({ segmentBytes: 250 });
    await history(log);
    await manager.close();
    expect(await each(disk, '.txnindex', () => undefined)).toBe(log.segmentCount);
    const bytes = await disk.readFile(fileOf(0, 'txnindex'));
    const decoded = TransactionIndex.decodeAny(bytes);
    expect(decoded?.of.baseOffset).toBe(0);
    expect(decoded && decoded.index.encode(decoded.of).equals(bytes)).toBe(true);
  });

  it('of other bytes counts as missing', () => {
    const index = new TransactionIndex(
      [{ producerId: 1, firstOffset: 2, lastOffset: 5, lastStableOffset: 3 }],
      [{ producerId: 2, firstOffset: 3 }],
    );
    const segment = { baseOffset: 0, endOffset: 9, sizeBytes: 700 };
    const bytes = index.encode(segment);
    expect(TransactionIndex.decode(bytes, segment)).toEqual(index);
    expect(TransactionIndex.decode(bytes, { ...segment, sizeBytes: 701 })).toBeUndefined();
    expect(TransactionIndex.decode(bytes, { ...segment, endOffset: 10 })).toBeUndefined();
    expect(TransactionIndex.decode(bytes.subarray(0, 37), segment)).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 4;
      expect(TransactionIndex.decode(damaged, segment)).toBeUndefined();
    }
  });
});

describe('a producer snapshot', () => {
  it('has the open transactions, the oldest first', () => {
    const state = new ProducerState();
    for (const producerId of [9, 3, 5]) {
      state.record({
        header: {
          ...headerOf(producerId),
          baseOffset: 0,
        },
        baseOffset: 20 - producerId,
        timestamp: 1,
        nowMs: 1,
        marker: undefined,
      });
    }
    const decoded = ProducerState.decode(state.encode(30), 30);
    expect(decoded?.openTransactions().map(({ firstOffset }) => firstOffset)).toEqual([11, 15, 17]);
    expect(decoded?.firstOpenOffset).toBe(11);
  });
});

const headerOf = (producerId: number) => ({
  baseOffset: 0,
  sizeBytes: 80,
  leaderEpoch: 0,
  magic: 2,
  crc: 0,
  attributes: 0x10,
  lastOffsetDelta: 0,
  baseTimestamp: 1,
  maxTimestamp: 1,
  producerId,
  producerEpoch: 0,
  baseSequence: 0,
  recordCount: 1,
});
