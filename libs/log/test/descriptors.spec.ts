// No file descriptor left: appends wait and are not lost, readers get an error, the directory stays in service, and all goes on as soon as
// descriptors are back.

import { describe, expect, it } from 'vitest';
import {
  append,
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

const exhausted = { operation: 'open', code: 'EMFILE', isLasting: true } as const;

describe('without a free file descriptor', () => {
  it('an append waits, others are refused, nothing fails', async () => {
    const { disk } = memory();
    const events: LoggedEvent[] = [];
    const manager = await openManager(platformOn(disk, recordingLogger(events)));
    const log = createLog(manager, { segmentBytes: 100 });
    await append(log, { values: ['a'] });
    const fault = disk.fail(exhausted);
    const { written } = log.appendAsLeader(batchOf({ values: ['b'] }), client); // needs a new segment
    await until(() => events.some(({ event }) => event === 'descriptors-exhausted'));
    expect(fault.hitCount).toBeGreaterThan(0);
    const refused = () => log.appendAsLeader(batchOf({ values: ['c'] }), client);
    expect(refused).toThrow(/no free file descriptor.*KAFKA_STORAGE_ERROR/);
    expect(log.durableOffset).toBe(1);
    expect(manager.failure).toBeUndefined();
    fault.remove();
    await written;
    await append(log, { values: ['d'] });
    expect(await valuesOf(log)).toEqual(['0:a', '1:b', '2:d']);
    await manager.close();
    const again = await openManager(platformOn(disk));
    expect(again.cleanStart).toBe(true);
    expect(await valuesOf(createLog(again))).toEqual(['0:a', '1:b', '2:d']);
    await again.close();
  });

  it('a reader and the first use of a log get an error, and work later', async () => {
    const { disk, platform } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager, { segmentBytes: 100 });
    for (const value of ['a', 'b', 'c']) await append(log, { values: [value] });
    await manager.close();
    const again = await openManager(platform, { tailCacheBytes: 0 });
    const reopened = createLog(again);
    const fault = disk.fail(exhausted);
    expect(() => reopened.latestLeaderEpoch).toThrow(/no free file descriptor/);
    const read = () => reopened.read({ offset: 0, maxBytes: 1000, boundOffset: 3 });
    await expect(read()).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    expect(again.failure).toBeUndefined();
    fault.remove();
    expect(await valuesOf(reopened)).toEqual(['0:a', '1:b', '2:c']);
    await append(reopened, { values: ['d'] });
    await again.close();
  });

  it.each(Array.from({ length: 30 }, (_, at) => at + 1))(
    'for a moment at open number %i nothing is lost and nothing fails',
    async (nth) => {
      const { disk, platform } = memory();
      const manager = await openManager(platform);
      const log = createLog(manager, { segmentBytes: 200 });
      disk.fail({ operation: 'open', code: 'EMFILE', nth });
      const acknowledged: string[] = [];
      for (let at = 0; at < 12; at++) {
        try {
          const offset = await append(log, { values: [`v${at}`] });
          acknowledged.push(`${offset}:v${at}`);
        } catch (error) {
          expect(String(error)).toMatch(/KAFKA_STORAGE_ERROR/);
        }
      }
      expect(manager.failure).toBeUndefined();
      await manager.close();
      const again = await openManager(platform);
      expect(again.cleanStart).toBe(true);
      expect(await valuesOf(createLog(again))).toEqual(acknowledged);
      await again.close();
    },
  );
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
