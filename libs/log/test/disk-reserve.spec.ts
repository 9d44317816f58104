// A disk that fills up: clients are refused before it is full, everybody else goes on, and it ends by itself.

import { manualClock, memoryDisk, silentLogger } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { defaultReserve } from '../src/disk-reserve.js';
import { batchOf, client, createLog, openManager, platformOn, valuesOf } from './log-fixture.js';

const kiB = 1024;

describe('a nearly full disk', () => {
  it('refuses clients, serves reads, takes the coordinator’s records and resumes by itself', async () => {
    const disk = memoryDisk({ capacityBytes: 100 * kiB });
    const clock = manualClock();
    const platform = { ...platformOn(disk, silentLogger), clock, scheduler: clock };
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    };
    const manager = await openManager(platform, { reserveBytes: 50 * kiB });
    const log = createLog(manager);
    const large = () => batchOf({ values: ['x'.repeat(10 * kiB)] });
    const acknowledged: Promise<void>[] = [];
    let appended = 0;
    // Refused within one turn, before any new answer about the free space.
    expect(() => {
      for (; appended < 10; appended++) {
        acknowledged.push(log.appendAsLeader(large(), client).written);
      }
    }).toThrow(/bytes left, 51200 are kept in reserve: free some space.*KAFKA_STORAGE_ERROR/);
    expect(appended).toBe(5);
    expect(manager.isShortOfSpace).toBe(true);
    await turns();
    await Promise.all(acknowledged);
    const commit = log.appendAsLeader(batchOf(), { ...client, origin: 'coordinator' });
    await turns();
    await commit.written;
    expect(await valuesOf(log)).toHaveLength(6);
    await clock.advance(1000);
    expect(manager.isShortOfSpace).toBe(true);
    disk.setCapacity(1000 * kiB);
    await clock.advance(1000);
    expect(manager.isShortOfSpace).toBe(false);
    const resumed = log.appendAsLeader(large(), client);
    await turns();
    await resumed.written;
    expect(manager.failure).toBeUndefined();
    await manager.close();
  });
});

it.each([
  ['64 MiB', 2 ** 26, 2 ** 26 / 10],
  ['10 GiB', 10 * 2 ** 30, 2 ** 30],
  ['40 GiB', 40 * 2 ** 30, 2 * 2 ** 30],
  ['4 TiB', 2 ** 42, 8 * 2 ** 30],
])('a disk of %s keeps its share in reserve', (_size, capacityBytes, reserveBytes) => {
  expect(defaultReserve(capacityBytes)).toBe(Math.floor(reserveBytes));
});

it('without a setting the reserve follows the size of the disk', async () => {
  const disk = memoryDisk({ capacityBytes: 1000 * kiB });
  const manager = await openManager(platformOn(disk, silentLogger));
  const log = createLog(manager);
  await log.appendAsLeader(batchOf({ values: ['x'.repeat(800 * kiB)] }), client).written;
  const more = () => log.appendAsLeader(batchOf({ values: ['x'.repeat(150 * kiB)] }), client);
  await more().written;
  expect(more).toThrow(/102400 are kept in reserve/);
  await manager.close();
});
