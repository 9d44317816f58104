// What a log costs in memory that nobody uses, and one that was used once: thousands of them are idle in an ordinary broker.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { PartitionLog } from '../src/index.js';
import { append, memory, nowMs, openManager, platformOn, topicId } from './log-fixture.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const count = 2_000;

function heapBytes(): number {
  for (let pass = 0; pass < 3; pass++) collect();
  return process.memoryUsage().heapUsed;
}

/** A directory of many logs with a record each, after a clean stop. */
async function prepared() {
  const platform = platformOn(memory().disk);
  const options = { openFilesMax: 8, tailCacheBytes: 64 * 1024 };
  const manager = await openManager(platform, options);
  const logs = Array.from({ length: count }, (_, partition) =>
    manager.create({ topic: 'many', partition }, { topicId }),
  );
  await Promise.all(logs.map((log) => append(log, {})));
  await manager.close();
  return { platform, options };
}

describe('a log that is', () => {
  it('idle since a clean stop costs little memory, also after a sweep of retention', async () => {
    const { platform, options } = await prepared();
    const before = heapBytes();
    const manager = await openManager(platform, options);
    const owner = { boundOffset: () => 1, onLogStart: () => undefined };
    for (const log of manager.logs()) log.setOwner(owner);
    expect(await manager.applyRetention(nowMs)).toBe(0);
    expect(await manager.compact()).toBe(0);
    const bytesEach = (heapBytes() - before) / count;
    expect([...manager.logs()].length).toBe(count);
    expect(manager.openFiles.opens).toBe(0);
    expect(bytesEach).toBeLessThan(2_048);
    await manager.close();
  });

  it('idle after it was used costs less than 4 KiB', async () => {
    const { platform, options } = await prepared();
    const before = heapBytes();
    const manager = await openManager(platform, options);
    await Promise.all(Array.from(manager.logs(), (log: PartitionLog) => append(log, {})));
    const bytesEach = (heapBytes() - before) / count;
    expect(bytesEach).toBeLessThan(4 * 1_024);
    await manager.close();
  });
});
