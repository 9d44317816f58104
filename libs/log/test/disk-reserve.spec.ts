// A disk that fills up: clients are refused before it is full, everybody else goes on, and it ends by itself.

import { manualClock, memoryDisk, silentLogger } from '@drave/platform';
import { describe, expect, it } from 'vitest';
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
