// A copy of all logs at one moment: it holds what was durable at the cut and nothing later, opens like any data directory, shares
// sealed segments where the file system can link, and is nobody's business afterwards: original and copy go their own ways.

import { join } from 'node:path';
import { memoryDisk, nodePlatform } from '@drave/platform';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  append,
  createLog,
  memory,
  openManager,
  platformOn,
  temporaryDirectory,
  tp,
  valuesOf,
} from './log-fixture.js';

let home: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  home = await temporaryDirectory();
});
afterEach(() => home.remove());

const small = { segmentBytes: 300 };

describe('a snapshot', () => {
  it('holds what was durable at the cut, by links where it can, and opens as a data directory', async () => {
    const platform = nodePlatform();
    const manager = await openManager(platform, { directory: join(home.path, 'data') });
    const log = createLog(manager, small);
    for (let at = 0; at < 20; at++) await append(log, { values: [`v${at}`] });
    await log.deleteRecordsBefore(3);
    const target = join(home.path, 'copy');
    const progress: [number, number][] = [];
    const [partition] = await manager.snapshot(
      target,
      (done, of) => void progress.push([done, of]),
    );
    await append(log, { values: ['later'] });

    expect(partition).toMatchObject({ topic: tp.topic, logStartOffset: 3, endOffset: 20 });
    expect(partition?.linkedBytes).toBeGreaterThan(0);
    expect(partition?.copiedBytes).toBeGreaterThan(0);
    expect(progress).toEqual([[1, 1]]);

    const copy = await openManager(platform, { directory: target });
    const copied = createLog(copy, small);
    expect(await valuesOf(copied)).toEqual((await valuesOf(log)).slice(0, 17));
    expect(copied.logEndOffset).toBe(20);
    await append(copied, { values: ['only in the copy'] });
    await manager.close();
    await copy.close();

    const again = await openManager(platform, { directory: join(home.path, 'data') });
    expect((await valuesOf(createLog(again, small))).at(-1)).toBe('20:later');
    await again.close();
  });

  it('copies where the file system cannot link', async () => {
    const disk = memoryDisk({ seed: 1, hardLinks: false });
    const platform = platformOn(disk);
    const manager = await openManager(platform);
    const log = createLog(manager, small);
    for (let at = 0; at < 12; at++) await append(log, { values: [`v${at}`] });
    const [partition] = await manager.snapshot('/copy');
    expect(partition).toMatchObject({ linkedBytes: 0, endOffset: 12 });
    expect(partition?.copiedBytes).toBeGreaterThan(300);
    disk.crash(); // The copy was synced: losing power costs nothing of it.
    const copy = await openManager(platform, { directory: '/copy' });
    const values = await valuesOf(createLog(copy, small));
    expect(values).toEqual(Array.from({ length: 12 }, (_, at) => `${at}:v${at}`));
    await copy.close();
  });

  it('knows the sequences of producers at the cut', async () => {
    const { platform } = memory();
    const manager = await openManager(platform);
    const producer = (baseSequence: number) => ({
      values: [`s${baseSequence}`],
      producerId: 7,
      producerEpoch: 0,
      baseSequence,
    });
    const log = createLog(manager, small);
    for (let at = 0; at < 8; at++) await append(log, producer(at));
    await manager.snapshot('/copy');
    await append(log, producer(8));
    await manager.close();
    const copy = await openManager(platform, { directory: '/copy' });
    const copied = createLog(copy, small);
    await expect(append(copied, producer(9))).rejects.toThrow();
    expect(await append(copied, producer(8))).toBe(8);
    await copy.close();
  });

  it('refuses a target that is there already and harms neither', async () => {
    const { platform } = memory();
    const manager = await openManager(platform);
    await append(createLog(manager), { values: ['v'] });
    await manager.snapshot('/copy');
    await expect(manager.snapshot('/copy')).rejects.toThrow();
    await manager.close();
    const copy = await openManager(platform, { directory: '/copy' });
    expect(await valuesOf(createLog(copy))).toEqual(['0:v']);
    await copy.close();
  });
});
