// Damage below the recovery point, found after a crash: it costs its batches alone, what was durable behind it stays in the log.
// At and above the recovery point it is a torn tail.

import type { MemoryDisk } from '@drave/platform';
import { forEachBatch } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { type LogManager, logSettings, type PartitionLog } from '../src/index.js';
import { encodeOffsets } from '../src/sealed-text.js';
import {
  append,
  type BatchSpec,
  batchOf,
  client,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  tp,
} from './log-fixture.js';

const path = '/data/flights-0/00000000000000000000.log';
const recoveryPoint = 5;
const count = 8;
const batchBytes = batchOf({ values: ['0'] }).length;

function logOf(manager: LogManager): PartitionLog {
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  return log;
}

/** A crashed directory with acknowledged batches of one record, of equal size, of which five lie below the recovery point. */
async function crashed(specOf: (offset: number) => BatchSpec = () => ({})): Promise<MemoryDisk> {
  const { platform, disk } = memory();
  let manager = await openManager(platform);
  createLog(manager);
  for (let at = 0; at < count; at++) {
    if (at === recoveryPoint) {
      await manager.close();
      manager = await openManager(platformOn(disk));
    }
    await append(logOf(manager), { values: [String(at)], ...specOf(at) });
  }
  disk.crash();
  return disk;
}

/** The base offsets of the batches that can be read, one read each. */
async function offsetsOf(log: PartitionLog): Promise<number[]> {
  const offsets: number[] = [];
  for (let offset = 0; offset < log.logEndOffset; offset++) {
    const read = log.read({ offset, maxBytes: 1, boundOffset: log.logEndOffset });
    await read.then(
      ({ records }) => forEachBatch(records, (batch) => void offsets.push(batch.baseOffset)),
      (error: unknown) => expect(String(error)).toMatch(/CORRUPT_MESSAGE/),
    );
  }
  return offsets;
}

async function started(disk: MemoryDisk): Promise<{
  manager: LogManager;
  log: PartitionLog;
  events: string[];
}> {
  const told: LoggedEvent[] = [];
  const manager = await openManager(platformOn(disk, recordingLogger(told)), { tailCacheBytes: 0 });
  const events = told.filter(({ level }) => level !== 'info').map(({ event }) => event);
  return { manager, log: logOf(manager), events };
}

describe('a flipped bit below the recovery point, found after a crash', () => {
  it.each([0, 2, 4])(
    'costs batch %i alone, whatever field of its header it is in',
    async (damaged) => {
      for (let bit = 0; bit < 61 * 8; bit += 7) {
        const disk = await crashed();
        disk.flipBit(path, damaged * batchBytes + (bit >> 3), bit & 7);
        const { log, events } = await started(disk);
        const sound = [0, 1, 2, 3, 4, 5, 6, 7].filter((offset) => offset !== damaged);
        expect({ bit, found: await offsetsOf(log) }).toEqual({ bit, found: sound });
        expect(events.filter((event) => event !== 'log-damaged')).toEqual([]);
        const range = { fromOffset: damaged, toOffset: damaged + 1, path };
        expect(log.corruptRanges).toEqual([range]);
        if (bit % 5 !== 0) continue;
        // It goes on behind them, and the next crash finds the same.
        expect(await append(log)).toBe(count);
        disk.crash();
        const again = await started(disk);
        expect(await offsetsOf(again.log)).toEqual([...sound, count]);
        expect(again.log.corruptRanges).toEqual([range]);
      }
    },
    60_000,
  );

  it('stays in its range when the segment is rolled', async () => {
    const disk = await crashed();
    disk.flipBit(path, 2 * batchBytes + 10, 1);
    const { log } = await started(disk);
    log.updateSettings(logSettings({ segmentBytes: 64 }));
    await append(log);
    await append(log);
    expect(log.segmentCount).toBeGreaterThan(1);
    await log.scrub();
    expect(await offsetsOf(log)).toEqual([0, 1, 3, 4, 5, 6, 7, 8, 9]);
    expect(log.corruptRanges).toEqual([{ fromOffset: 2, toOffset: 3, path }]);
  });

  it('is passed several times', async () => {
    const disk = await crashed();
    for (const at of [0, 1, 3]) disk.flipBit(path, at * batchBytes + 8 + at, 4);
    const { log } = await started(disk);
    expect(await offsetsOf(log)).toEqual([2, 4, 5, 6, 7]);
    expect(log.corruptRanges.map(({ fromOffset, toOffset }) => [fromOffset, toOffset])).toEqual([
      [0, 2],
      [3, 4],
    ]);
  });

  it('is told from a torn tail behind it', async () => {
    const disk = await crashed();
    disk.flipBit(path, 2 * batchBytes + 10, 1);
    disk.flipBit(path, 6 * batchBytes + 65, 0);
    const { log, events } = await started(disk);
    expect(log.logEndOffset).toBe(6);
    expect(await offsetsOf(log)).toEqual([0, 1, 3, 4, 5]);
    expect(events).toContain('log-tail-cut');
  });

  it('at the recovery point is a torn tail', async () => {
    const disk = await crashed();
    disk.flipBit(path, recoveryPoint * batchBytes + 10, 1);
    const { log } = await started(disk);
    expect(log.logEndOffset).toBe(recoveryPoint);
    expect(log.corruptRanges).toEqual([]);
    expect(await offsetsOf(log)).toEqual([0, 1, 2, 3, 4]);
  });

  it('ends no log: a truncation to it or right behind it takes it away', async () => {
    for (const offset of [2, 3, 4]) {
      const disk = await crashed();
      disk.flipBit(path, 2 * batchBytes + 10, 1);
      const { log } = await started(disk);
      await log.truncateTo(offset);
      expect(log.logEndOffset).toBe(offset === 4 ? 4 : 2);
      expect(log.corruptRanges.length).toBe(offset === 4 ? 1 : 0);
      expect(await append(log)).toBe(log.logEndOffset - 1);
      expect(await offsetsOf(log)).toEqual(offset === 4 ? [0, 1, 3, 4] : [0, 1, 2]);
    }
  });
});

describe('a leader epoch that grew below the recovery point', () => {
  it.each(Array.from({ length: 32 }, (_, bit) => bit))(
    'is found by the lower ones behind it: bit %i',
    async (bit) => {
      for (const damaged of [0, 1, 3, 4]) {
        const disk = await crashed();
        disk.flipBit(path, damaged * batchBytes + 12 + (bit >> 3), bit & 7);
        const { log } = await started(disk);
        const sound = [0, 1, 2, 3, 4, 5, 6, 7].filter((offset) => offset !== damaged);
        expect(await offsetsOf(log)).toEqual(sound);
        expect(log.latestLeaderEpoch).toBe(0);
      }
    },
  );

  /** Epochs 1 1 1 2 2 | 4 4 5, a clean stop in between. */
  async function withEpochs(): Promise<MemoryDisk> {
    const { platform, disk } = memory();
    let manager = await openManager(platform);
    createLog(manager);
    for (const [at, leaderEpoch] of [1, 1, 1, 2, 2, 4, 4, 5].entries()) {
      if (at === recoveryPoint) {
        await manager.close();
        manager = await openManager(platformOn(disk));
      }
      const records = batchOf({ values: [String(at)] });
      await logOf(manager).appendAsLeader(records, { ...client, leaderEpoch }).written;
    }
    disk.crash();
    return disk;
  }

  it('is found by the checkpoint of epochs, also where the next ones are no lower', async () => {
    // 1 becomes 3 or 0, in the last batch of epoch 1: the ones behind it are of epoch 2.
    for (const [byte, bit] of [
      [15, 1],
      [15, 0],
      [12, 7],
    ] as const) {
      const disk = await withEpochs();
      disk.flipBit(path, 2 * batchBytes + byte, bit);
      const { log } = await started(disk);
      expect(log.corruptRanges).toEqual([{ fromOffset: 2, toOffset: 3, path }]);
      expect(await offsetsOf(log)).toEqual([0, 1, 3, 4, 5, 6, 7]);
      expect(log.latestLeaderEpoch).toBe(5);
    }
    // Of the first batch an epoch below those behind it is known from the file alone.
    const disk = await withEpochs();
    disk.flipBit(path, 12 + 3, 0);
    expect(await offsetsOf((await started(disk)).log)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('is believed where nothing tells: the limit', async () => {
    const disk = await withEpochs();
    disk.flipBit(path, 4 * batchBytes + 15, 0); // 2 becomes 3, and 4 follows
    const { log } = await started(disk);
    expect(log.corruptRanges).toEqual([]);
    expect(await offsetsOf(log)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('of a log that was cut back is not held against what the file said before', async () => {
    const disk = await withEpochs();
    const file = `${path.slice(0, path.lastIndexOf('/'))}/leader-epoch-checkpoint`;
    const before = await disk.readFile(file);
    const { log, manager } = await started(disk);
    await log.truncateTo(2);
    await manager.close();
    // As if the crash had come between the cut and the new file.
    await disk.writeFileAtomic(file, before);
    await disk.remove('/data/.clean-shutdown');
    const second = await started(disk);
    for (let at = 2; at < 5; at++) {
      const records = batchOf({ values: [`new ${at}`] });
      await second.log.appendAsLeader(records, { ...client, leaderEpoch: 7 }).written;
    }
    disk.crash();
    const points = encodeOffsets(new Map([['flights-0', 5]]));
    await disk.writeFileAtomic('/data/recovery-point-offset-checkpoint', points);
    const third = await started(disk);
    expect(third.log.corruptRanges).toEqual([]);
    expect(await offsetsOf(third.log)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('producers across damage', () => {
  const ids = [7, 8, 7, 9, 7, 9, 9, 9];

  async function damagedLog(): Promise<{
    disk: MemoryDisk;
    manager: LogManager;
    log: PartitionLog;
  }> {
    const disk = await crashed((offset) => ({
      producerId: ids[offset] ?? -1,
      producerEpoch: 0,
      baseSequence: ids.slice(0, offset).filter((id) => id === ids[offset]).length,
    }));
    for (const name of await disk.list('/data/flights-0')) {
      if (name.endsWith('.snapshot')) await disk.remove(`/data/flights-0/${name}`);
    }
    disk.flipBit(path, 2 * batchBytes + 10, 1);
    return { disk, ...(await started(disk)) };
  }

  it('go on in order where a batch behind it tells the sequence', async () => {
    const { log } = await damagedLog();
    const of = (producerId: number, baseSequence: number, producerEpoch = 0) =>
      append(log, { producerId, producerEpoch, baseSequence });
    expect(await of(7, 0), 'duplicate before it').toBe(0);
    await expect(of(7, 1), 'what was damaged').rejects.toThrow(/OUT_OF_ORDER/);
    expect(await of(7, 3)).toBe(8);
    expect(await of(9, 4)).toBe(9);
  });

  it('need a higher epoch where none does, also after the next start', async () => {
    const { disk, manager, log: first } = await damagedLog();
    await expect(
      append(first, { producerId: 8, producerEpoch: 0, baseSequence: 1 }),
    ).rejects.toThrow(/OUT_OF_ORDER/);
    await manager.close();
    const log = logOf(await openManager(platformOn(disk)));
    const of = (baseSequence: number, producerEpoch = 0) =>
      append(log, { producerId: 8, producerEpoch, baseSequence });
    expect(await of(0), 'duplicate').toBe(1);
    await expect(of(1)).rejects.toThrow(/OUT_OF_ORDER/);
    await expect(of(2)).rejects.toThrow(/OUT_OF_ORDER/);
    expect(log.activeProducers().find(({ producerId }) => producerId === 8)?.lastSequence).toBe(0);
    expect(await of(0, 1)).toBe(8);
    expect(await of(1, 1)).toBe(9);
  });
});

it.each([true, false])(
  'damage hides how transactions ended that were open there: %s',
  async (isOpen) => {
    const transactional = isOpen ? 1 : 3;
    const disk = await crashed((offset) =>
      offset === transactional
        ? { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
        : {},
    );
    disk.flipBit(path, 2 * batchBytes + 10, 1);
    const { log } = await started(disk);
    expect(log.lastStableOffset).toBe(transactional);
    const aborted = log.abortedTransactions(0, transactional);
    if (isOpen) await expect(aborted).rejects.toThrow(/open there/);
    else expect(await aborted).toEqual([]);
  },
);
