// Look-ups by time pass over damaged batches: nobody could read what they have.

import { describe, expect, it } from 'vitest';
import { append, createLog, memory, nowMs, openManager } from './log-fixture.js';

const path = `/data/flights-0/${'0'.repeat(20)}.log`;
const count = 8;

/** Batches of two records each; `positions`: their first bytes. */
async function opened() {
  const { disk, platform } = memory();
  const manager = await openManager(platform, { tailCacheBytes: 0 });
  const log = createLog(manager, { indexIntervalBytes: 200 });
  const positions = [0];
  for (let at = 0; at < count; at++) {
    await append(log, { values: [`a${at}`, `b${at}`], timestamp: nowMs + at });
    positions.push(log.sizeBytes);
  }
  return { disk, log, manager, platform, positions };
}

describe('a look-up by time', () => {
  it.each([9, 30, 64])('passes over a batch with a flipped bit in byte %i', async (byte) => {
    const { disk, log, positions } = await opened();
    disk.flipBit(path, (positions[3] ?? 0) + byte);
    expect(await log.offsetForTimestamp(nowMs + 2)).toMatchObject({ offset: 4 });
    expect(await log.offsetForTimestamp(nowMs + 3)).toMatchObject({ offset: 8 });
    expect(await log.offsetForTimestamp(nowMs + 7)).toMatchObject({ offset: 14 });
    expect(log.corruptRanges).toEqual([{ fromOffset: 6, toOffset: 8, path }]);
    expect(await log.maxTimestampOffset()).toMatchObject({ offset: 14, timestamp: nowMs + 7 });
  });

  it('finds the greatest timestamp that can be read', async () => {
    const { disk, log, positions } = await opened();
    disk.flipBit(path, (positions[count - 1] ?? 0) + 64);
    const found = await log.maxTimestampOffset();
    expect(found).toMatchObject({ offset: 12, timestamp: nowMs + 6 });
  });

  it.each([0, 10])('after a restart finds what lies behind a damaged byte %i', async (byte) => {
    const { disk, manager, platform, positions } = await opened();
    await manager.close();
    disk.flipBit(path, (positions[1] ?? 0) + byte);
    const again = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(again);
    expect(await log.offsetForTimestamp(nowMs + 5)).toMatchObject({ offset: 10 });
    expect(await log.maxTimestampOffset()).toMatchObject({ offset: 14, timestamp: nowMs + 7 });
    expect(log.corruptRanges).toEqual([{ fromOffset: 2, toOffset: 4, path }]);
    await again.close();
  });
});
