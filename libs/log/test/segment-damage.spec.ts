// Damage in segments without a seal: found whatever bit it is when the bytes are read for the first time after a start, named by its
// offsets, never served; what lies before and behind it is.

import type { MemoryDisk } from '@drave/platform';
import { forEachBatch } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import type { LogManager, PartitionLog } from '../src/index.js';
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
