// Damage in segments without a seal: found whatever bit it is when the bytes are read for the first time since the start, named by its
// offsets, never served; what lies before and behind it is.

import type { MemoryDisk } from '@drave/platform';
import { forEachBatch } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import type { LogManager, PartitionLog } from '../src/index.js';
import { SegmentTrust } from '../src/segment-trust.js';
import {
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
const count = 5;
const batchBytes = batchOf({ values: ['0'.padEnd(40, 'x')] }).length;

function logOf(manager: LogManager): PartitionLog {
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  return log;
}

/** Five batches of equal size in one growing segment; `epochOf` an offset. */
async function stopped(epochOf: (offset: number) => number): Promise<MemoryDisk> {
  const { platform, disk } = memory();
  const manager = await openManager(platform);
  const log = createLog(manager);
  for (let at = 0; at < count; at++) {
    const batch = batchOf({ values: [String(at).padEnd(40, 'x')] });
    await log.appendAsLeader(batch, { ...client, leaderEpoch: epochOf(at) }).written;
  }
  await manager.close();
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

/** Offsets that can be read after the next start, with their epochs. */
async function readable(disk: MemoryDisk): Promise<{ epochs: number[][]; events: LoggedEvent[] }> {
  const events: LoggedEvent[] = [];
  const platform = platformOn(disk, recordingLogger(events));
  const manager = await openManager(platform, { tailCacheBytes: 0 });
  const log = logOf(manager);
  const epochs: number[][] = [];
  for (let offset = 0; offset < log.logEndOffset; offset++) {
    const read = log.read({ offset, maxBytes: 1, boundOffset: log.logEndOffset });
    const records = await read.then(
      (result) => result.records,
      (error: unknown) => {
        expect(String(error)).toMatch(/CORRUPT_MESSAGE/);
        return Buffer.alloc(0);
      },
    );
    forEachBatch(records, (batch) => {
      expect(batch.crcIsValid()).toBe(true);
      epochs.push([batch.baseOffset, batch.partitionLeaderEpoch]);
    });
  }
  await manager.close();
  return { epochs, events };
}

describe('a flipped bit in a growing segment', () => {
  it.each([
    ['several leader epochs', (offset: number) => offset],
    ['one leader epoch', () => 7],
  ])(
    'costs its batch alone, with %s',
    async (_what, epochOf) => {
      for (let bit = 0; bit < batchBytes * 8; bit += 3) {
        const disk = await stopped(epochOf);
        disk.flipBit(path, 2 * batchBytes + (bit >> 3), bit & 7);
        const { epochs, events } = await readable(disk);
        const expected = [0, 1, 3, 4].map((offset) => [offset, epochOf(offset)]);
        expect({ bit, epochs }).toEqual({ bit, epochs: expected });
        const told = events.filter(({ event }) => event === 'log-damaged');
        expect(told).toMatchObject([{ fields: { fromOffset: 2, toOffset: 3, path } }]);
      }
    },
    60_000,
  );

  it('in its last batch is found as well', async () => {
    const disk = await stopped(() => 0);
    disk.flipBit(path, count * batchBytes - 1, 3);
    const { epochs } = await readable(disk);
    expect(epochs.map(([offset]) => offset)).toEqual([0, 1, 2, 3]);
  });
});

describe('a flipped bit in what this process wrote', () => {
  it.each([4096, 30])(
    'is found by the first read from disk, whichever byte it is; index every %i bytes',
    async (indexIntervalBytes) => {
      for (let byte = 0; byte < batchBytes; byte++) {
        const { platform, disk } = memory();
        const manager = await openManager(platform, { tailCacheBytes: 0 });
        const log = createLog(manager, { indexIntervalBytes });
        for (let at = 0; at < count; at++) {
          await log.appendAsLeader(batchOf({ values: [String(at).padEnd(40, 'x')] }), client)
            .written;
        }
        disk.flipBit(path, 2 * batchBytes + byte, byte & 7);
        expect({ byte, found: await offsetsOf(log) }).toEqual({ byte, found: [0, 1, 3, 4] });
        expect(log.corruptRanges).toEqual([{ fromOffset: 2, toOffset: 3, path }]);
      }
    },
    60_000,
  );

  it('is not served to a second reader that comes elsewhere, nor behind what was checked', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    for (let at = 0; at < count; at++) await log.appendAsLeader(batchOf(), client).written;
    const bytes = log.sizeBytes / count;
    await log.read({ offset: 0, maxBytes: 2 * bytes, boundOffset: count });
    disk.flipBit(path, 3 * bytes + 65, 0);
    const { nextOffset } = await log.read({ offset: 0, maxBytes: 1_000_000, boundOffset: count });
    expect(nextOffset).toBe(3);
    expect(await offsetsOf(log)).toEqual([0, 1, 2, 4]);
  });
});

it('a log goes on behind damage: what is appended after it is stored and read', async () => {
  const disk = await stopped(() => 0);
  disk.flipBit(path, 4 * batchBytes + 9, 0);
  const manager = await openManager(platformOn(disk), { tailCacheBytes: 0 });
  const log = logOf(manager);
  const { baseOffset, written } = log.appendAsLeader(batchOf(), client);
  await written;
  expect(baseOffset).toBe(count);
  const { nextOffset } = await log.read({ offset: 5, maxBytes: 1, boundOffset: 6 });
  expect(nextOffset).toBe(6);
  await expect(log.read({ offset: 4, maxBytes: 1, boundOffset: 6 })).rejects.toThrow(/CORRUPT/);
  await manager.close();
});

describe('what was checked', () => {
  it('joins where it touches, is bounded, and the shortest stretch is forgotten first', () => {
    const trust = new SegmentTrust();
    trust.checked(0, 10);
    trust.checked(20, 30);
    expect(trust.checkedUpTo(5)).toBe(10);
    expect(trust.checkedUpTo(10)).toBe(10);
    trust.checked(10, 20);
    expect(trust.checkedUpTo(0)).toBe(30);
    trust.checked(70, 70);
    expect(trust.checkedUpTo(70)).toBe(70);
    for (let at = 1; at <= 32; at++) trust.checked(at * 100, at * 100 + (at === 20 ? 1 : 40));
    expect(trust.checkedUpTo(2000)).toBe(2000);
    expect(trust.checkedUpTo(0)).toBe(30);
    expect(trust.checkedUpTo(3200)).toBe(3240);
    trust.cut(3210);
    expect(trust.checkedUpTo(3200)).toBe(3210);
    trust.cut(15);
    expect([trust.checkedUpTo(0), trust.checkedUpTo(100)]).toEqual([15, 100]);
  });
});
