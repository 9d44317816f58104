// Leader epochs that a recovery finds in the headers are known after the clean stop that follows.

import { expect, it } from 'vitest';
import {
  batchOf,
  client,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  valuesOf,
} from './log-fixture.js';

it.each([0, 1])(
  'epochs found by a recovery survive a clean stop (saved before: %i)',
  async (saved) => {
    const { disk, platform } = memory();
    let manager = await openManager(platform);
    for (const leaderEpoch of [0, 1, 2]) {
      const records = batchOf({ values: [String(leaderEpoch)] });
      await createLog(manager).appendAsLeader(records, { ...client, leaderEpoch }).written;
      if (leaderEpoch !== saved) continue;
      await manager.close();
      manager = await openManager(platformOn(disk));
    }
    disk.crash();
    manager = await openManager(platformOn(disk));
    expect(createLog(manager).latestLeaderEpoch).toBe(2);
    await manager.close();
    const events: LoggedEvent[] = [];
    manager = await openManager(platformOn(disk, recordingLogger(events)), { tailCacheBytes: 0 });
    const log = createLog(manager);
    expect(log.latestLeaderEpoch).toBe(2);
    expect(log.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 1 });
    expect(await valuesOf(log)).toEqual(['0:0', '1:1', '2:2']);
    expect(events.filter(({ level }) => level !== 'info')).toEqual([]);
    await manager.close();
  },
);
