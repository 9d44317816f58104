// Damage that was found stays known: after a clean stop, after the next crash, in a snapshot; and goes where the log is cut.

import type { MemoryDisk } from '@drave/platform';
import { forEachBatch } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { inspectLogs, type LogManager, type LogProblem, type PartitionLog } from '../src/index.js';
import {
  append,
  batchOf,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  tp,
} from './log-fixture.js';

const folder = '/data/flights-0';
const path = `${folder}/00000000000000000000.log`;
const checkpoint = `${folder}/damage-checkpoint`;
const count = 8;
const recoveryPoint = 5;
const batchBytes = batchOf({ values: ['0'] }).length;
const range = { fromOffset: 2, toOffset: 3, path };
const sound = [0, 1, 3, 4, 5, 6, 7];

function logOf(manager: LogManager): PartitionLog {
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  return log;
}

/** Eight acknowledged batches, five below the recovery point, of which the third is damaged; the process was killed. */
async function damaged(byte = 10): Promise<MemoryDisk> {
  const { disk, platform } = memory();
  let manager = await openManager(platform);
  createLog(manager);
  for (let at = 0; at < count; at++) {
    if (at === recoveryPoint) {
      await manager.close();
      manager = await openManager(platformOn(disk));
    }
    await append(logOf(manager), { values: [String(at)] });
  }
  disk.crash();
  disk.flipBit(path, 2 * batchBytes + byte, 1);
  return disk;
}

async function start(disk: MemoryDisk): Promise<{
  manager: LogManager;
  log: PartitionLog;
  events: string[];
}> {
  const told: LoggedEvent[] = [];
  const manager = await openManager(platformOn(disk, recordingLogger(told)), { tailCacheBytes: 0 });
  const events = told.filter(({ level }) => level !== 'info').map(({ event }) => event);
  return { manager, log: logOf(manager), events };
}

async function offsetsOf(log: PartitionLog): Promise<number[]> {
  const offsets: number[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
    const read = log.read({ offset, maxBytes: 1, boundOffset: log.logEndOffset });
    await read.then(
      ({ records }) => forEachBatch(records, (batch) => void offsets.push(batch.baseOffset)),
      (error: unknown) => expect(String(error)).toMatch(/CORRUPT_MESSAGE/),
    );
  }
  return offsets;
}

describe('damage found after a crash', () => {
  it.each([1, 10, 65])(
    'is known after a clean start, before anything is read: byte %i',
    async (byte) => {
      const disk = await damaged(byte);
      const first = await start(disk);
      expect(await offsetsOf(first.log)).toEqual(sound);
      await first.manager.close();
      for (let starts = 0; starts < 2; starts++) {
        const { manager, log, events } = await start(disk);
        expect(manager.cleanStart).toBe(true);
        expect(events).toEqual(['log-damaged']);
        expect(manager.openFiles.opens, 'segment files').toBe(0);
        expect(log.corruptRanges).toEqual([range]);
        expect(await offsetsOf(log)).toEqual([...sound, ...(starts === 0 ? [] : [8])]);
        expect(await append(log)).toBe(count + starts);
        await manager.close();
      }
    },
  );

  it('is known after the next crash although the recovery points are gone', async () => {
    const disk = await damaged();
    await start(disk);
    disk.crash();
    await disk.remove('/data/recovery-point-offset-checkpoint');
    const { log } = await start(disk);
    expect(log.corruptRanges).toEqual([range]);
    expect(await offsetsOf(log)).toEqual(sound);
  });

  it('is found again where the file is missing or damaged', async () => {
    for (const harm of ['missing', 'damaged'] as const) {
      const disk = await damaged();
      await (await start(disk)).manager.close();
      if (harm === 'missing') await disk.remove(checkpoint);
      else disk.flipBit(checkpoint, 4, 1);
      const { log, manager } = await start(disk);
      expect(await offsetsOf(log)).toEqual(sound);
      expect(log.corruptRanges).toEqual([range]);
      await manager.close();
      expect((await start(disk)).log.corruptRanges).toEqual([range]);
    }
  });

  it('goes with what is cut off, for good', async () => {
    const disk = await damaged();
    const { log } = await start(disk);
    await log.truncateTo(1);
    for (let at = 1; at < 5; at++) await append(log, { values: [`new ${at}`] });
    expect(await offsetsOf(log)).toEqual([0, 1, 2, 3, 4]);
    disk.crash();
    const again = await start(disk);
    expect(again.log.corruptRanges).toEqual([]);
    expect(await offsetsOf(again.log)).toEqual([0, 1, 2, 3, 4]);
  });

  it('does not hide what is written where a cut-off range was', async () => {
    const { disk, platform } = memory();
    const first = await openManager(platform);
    const written = createLog(first);
    for (let at = 0; at < 6; at++) await append(written, { values: [String(at)] });
    await first.close();
    for (const at of [3, 4, 5]) disk.flipBit(path, at * batchBytes + 65, 1);
    const { log, manager } = await start(disk);
    expect(await offsetsOf(log)).toEqual([0, 1, 2]);
    expect(log.corruptRanges).toEqual([{ fromOffset: 3, toOffset: 6, path }]);
    await log.truncateTo(4);
    for (let at = log.logEndOffset; at < 7; at++) await append(log, { values: [`new ${at}`] });
    expect(await offsetsOf(log)).toEqual([0, 1, 2, 4, 5, 6]);
    await manager.close();
    expect(await offsetsOf((await start(disk)).log)).toEqual([0, 1, 2, 4, 5, 6]);
  });
});

it('what the journal has is added behind damage', async () => {
  const journal = {
    atStart: true,
    fromLogs: 1,
    partBytes: 8 * 4096,
    roundBytesMax: 8192,
    logBytesMax: 4096,
  };
  let replays = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const { disk, platform } = memory(seed);
    let manager = await openManager(platform, { journal });
    createLog(manager);
    for (let at = 0; at < count; at++) {
      if (at === recoveryPoint) {
        await manager.close();
        manager = await openManager(platformOn(disk), { journal });
      }
      await append(logOf(manager), { values: [String(at)] });
    }
    expect(manager.journalFigures?.rounds).toBeGreaterThan(0);
    disk.crash(); // The segment may lose all since its last sync.
    disk.flipBit(path, 2 * batchBytes + 10, 1);
    const told: LoggedEvent[] = [];
    await openManager(platformOn(disk, recordingLogger(told)), { journal });
    if (told.some(({ event }) => event === 'log-replayed')) replays++;
    disk.crash();
    const { log } = await start(disk);
    expect(log.corruptRanges).toEqual([range]);
    expect(await offsetsOf(log), `seed ${seed}`).toEqual(sound);
  }
  expect(replays).toBeGreaterThan(5);
});

describe('a snapshot of a damaged log', () => {
  it('has all but the damage, and knows that', async () => {
    const disk = await damaged();
    const { manager, log } = await start(disk);
    await append(log);
    await manager.snapshot('/copy');
    const copy = await openManager(platformOn(disk), { directory: '/copy', tailCacheBytes: 0 });
    expect(logOf(copy).corruptRanges).toMatchObject([{ fromOffset: 2, toOffset: 3 }]);
    expect(await offsetsOf(logOf(copy))).toEqual([...sound, count]);
    expect(await append(logOf(copy))).toBe(count + 1);
    await copy.close();
    await manager.close();
  });

  it('also where nobody knew of the damage', async () => {
    const { disk, platform } = memory();
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    for (let at = 0; at < count; at++) await append(log, { values: [String(at)] });
    disk.flipBit(path, 2 * batchBytes + 65, 1);
    await manager.snapshot('/copy');
    const copy = await openManager(platformOn(disk), { directory: '/copy', tailCacheBytes: 0 });
    expect(await offsetsOf(logOf(copy))).toEqual(sound);
    await copy.close();
    disk.flipBit(path, 7 * batchBytes + 65, 1);
    await expect(manager.snapshot('/other')).rejects.toThrow(
      /offsets 7 to 7 .* are damaged .*nothing sound follows/,
    );
    await manager.close();
  });
});

describe('an inspection', () => {
  async function inspect(disk: MemoryDisk): Promise<{ problems: LogProblem[]; batches: number }> {
    const problems: LogProblem[] = [];
    const visitor = { problem: (problem: LogProblem) => void problems.push(problem) };
    const { batches } = await inspectLogs(disk, '/data', visitor);
    return { problems, batches };
  }

  it.each([true, false])('counts what lies behind damage (stopped: %s)', async (isStopped) => {
    const disk = await damaged();
    if (isStopped) await (await start(disk)).manager.close();
    const { problems, batches } = await inspect(disk);
    expect(batches).toBe(count - 1);
    expect(problems).toMatchObject([{ path, position: 2 * batchBytes }]);
    expect(problems[0]?.problem).toMatch(/the next sound one is at offset 3/);
  });
});
