// A full disk at the n-th write of each kind of file, for every n: segments, the journal, what a start writes. What is acknowledged stays, what
// was refused may be sent again, nothing fails; a start opens for reading or says in one sentence what is full.

import type { DiskFault, MemoryDisk, Platform } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import {
  LogDirectoryError,
  type LogManager,
  logSettings,
  type PartitionLog,
} from '../src/index.js';
import {
  batchOf,
  client,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  topicId,
  valuesOf,
} from './log-fixture.js';

const coordinator = { ...client, origin: 'coordinator' } as const;
const journal = {
  atStart: true,
  fromLogs: 1,
  partBytes: 4 * 4096,
  roundBytesMax: 8192,
  logBytesMax: 4096,
};
/** The second one is written off the event loop. */
const sizes = [10, 100_000, 300, 10, 3000, 10, 20, 30, 3000, 40];
const partitions = [0, 1];
const full = { operation: 'write', code: 'ENOSPC' } as const;

/** Short waits pass at once. */
function hurried(disk: MemoryDisk, events: LoggedEvent[] = []): Platform {
  const platform = platformOn(disk, recordingLogger(events));
  const { scheduler } = platform;
  const setTimer: typeof scheduler.setTimer = (delayMs, callback) =>
    scheduler.setTimer(delayMs < 1000 ? 1 : delayMs, callback);
  return { ...platform, scheduler: { ...scheduler, setTimer } };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function logOf(manager: LogManager, partition: number, segmentBytes = 2000): PartitionLog {
  const settings = logSettings({ segmentBytes });
  return manager.create({ topic: 'flights', partition }, { topicId, settings });
}

/** Appends to both logs at once, round by round; every batch is acknowledged when it settles. */
async function write(manager: LogManager, segmentBytes?: number): Promise<void> {
  for (const [round, size] of sizes.entries()) {
    const sent = partitions.map((partition) => {
      const values = [`${round}`.padEnd(size, 'x')];
      const log = logOf(manager, partition, segmentBytes);
      return log.appendAsLeader(batchOf({ values }), coordinator).written;
    });
    await Promise.all(sent);
  }
}

const expected = sizes.map((size, round) => `${round}:${`${round}`.padEnd(size, 'x')}`);

/** Others make room again after a while. */
async function freedLater(fault: DiskFault, work: Promise<void>): Promise<void> {
  let isOver = false;
  const over = work.finally(() => void (isOver = true));
  while (!isOver && fault.hitCount < 4) await turn();
  fault.remove();
  await over;
}

describe.each(['.log', 'journal.'])('no room at any one write to %s', (pathPart) => {
  it.each([false, true])('fails nothing and loses nothing (lasting: %s)', async (isLasting) => {
    // A segment whose name is new is never journaled.
    const segmentBytes = pathPart === '.log' ? 2000 : 1_000_000;
    let hits = 0;
    for (let nth = 1; ; nth++) {
      const { disk } = memory(nth, true);
      const events: LoggedEvent[] = [];
      const manager = await openManager(hurried(disk, events), { journal });
      const fault = disk.fail({ ...full, pathPart, nth, isLasting });
      await freedLater(fault, write(manager, segmentBytes));
      const name = `write ${nth} to ${pathPart}: ${JSON.stringify(events)}`;
      expect(manager.failure, name).toBeUndefined();
      for (const partition of partitions) {
        expect(await valuesOf(logOf(manager, partition)), name).toEqual(expected);
      }
      disk.crash();
      const again = await openManager(platformOn(disk), { journal });
      for (const partition of partitions) {
        expect(await valuesOf(logOf(again, partition)), name).toEqual(expected);
      }
      await again.close();
      if (fault.hitCount === 0) break;
      hits++;
    }
    expect(hits).toBeGreaterThan(6);
  });
});

describe('a start on a full disk', () => {
  async function crashed(): Promise<MemoryDisk> {
    const { disk } = memory(1, true);
    const manager = await openManager(platformOn(disk), { journal });
    await write(manager);
    disk.crash();
    return disk;
  }

  it('opens for reading or says what is full, at any one write', async () => {
    const outcomes = { opened: 0, refused: 0 };
    for (let nth = 1; ; nth++) {
      const disk = await crashed();
      const events: LoggedEvent[] = [];
      const fault = disk.fail({ ...full, nth, isLasting: true });
      let manager: LogManager | undefined;
      try {
        manager = await openManager(hurried(disk, events), { journal });
      } catch (error) {
        expect(error).toBeInstanceOf(LogDirectoryError);
        expect(error).toMatchObject({ code: 'ERR_LOG_DIRECTORY_FULL' });
        expect(String(error)).toMatch(/disk of the data directory \/data is full .* free some/);
      }
      const isHit = fault.hitCount > 0;
      if (manager === undefined) {
        outcomes.refused++;
        fault.remove();
        manager = await openManager(platformOn(disk), { journal });
      } else if (isHit) outcomes.opened++;
      for (const partition of partitions) {
        expect(await valuesOf(logOf(manager, partition)), `write ${nth}`).toEqual(expected);
      }
      const isHeld = events.some(({ event }) => event === 'disk-full');
      const log = logOf(manager, 0);
      if (isHeld) expect(() => log.appendAsLeader(batchOf(), client)).toThrow(/is full: free some/);
      const { written } = log.appendAsLeader(batchOf(), coordinator);
      let isWritten = false;
      const done = written.then(() => void (isWritten = true));
      for (let turns = 0; isHeld && turns < 20; turns++) await turn();
      if (isHeld) expect(isWritten).toBe(false);
      fault.remove();
      await done;
      expect(manager.failure).toBeUndefined();
      await log.appendAsLeader(batchOf(), client).written;
      await manager.close();
      if (!isHit) break;
    }
    expect(outcomes.opened, 'opened').toBeGreaterThan(0);
    expect(outcomes.refused, 'refused').toBeGreaterThan(0);
  });

  it('in a new directory says so', async () => {
    for (const operation of ['write', 'make-directory'] as const) {
      const { disk, platform } = memory();
      disk.fail({ operation, code: 'ENOSPC' });
      await expect(openManager(platform)).rejects.toMatchObject({ code: 'ERR_LOG_DIRECTORY_FULL' });
      await (await openManager(platform)).close();
    }
  });

  it('that was stopped cleanly opens for reading', async () => {
    const { disk, platform } = memory();
    const first = await openManager(platform, { journal });
    await write(first);
    await first.close();
    const fault = disk.fail({ ...full, isLasting: true });
    const manager = await openManager(hurried(disk), { journal });
    expect(await valuesOf(logOf(manager, 0))).toEqual(expected);
    const { written } = logOf(manager, 1).appendAsLeader(batchOf(), coordinator);
    await freedLater(fault, written);
    await manager.close();
  });
});

it('the journal begins when there is room for it, and takes none before', async () => {
  const { disk } = memory();
  const events: LoggedEvent[] = [];
  const platform = hurried(disk, events);
  let nowMs = 0;
  const clock = { ...platform.clock, monotonicMs: () => nowMs, nowMs: () => nowMs };
  const fault = disk.fail({ ...full, pathPart: 'journal.1', isLasting: true });
  const manager = await openManager({ ...platform, clock }, { journal });
  const told = (): string[] =>
    events.map(({ event }) => event).filter((event) => event.startsWith('journal-'));
  await write(manager);
  expect(told()).toEqual(['journal-off']);
  expect(manager.journalFigures?.rounds).toBe(0);
  expect((await disk.list('/data')).filter((name) => name.startsWith('journal'))).toEqual([]);
  nowMs += 61_000;
  await write(manager);
  expect(told()).toEqual(['journal-off']);
  fault.remove();
  nowMs += 61_000;
  await write(manager, 1_000_000);
  expect(told()).toEqual(['journal-off', 'journal-on']);
  expect(manager.journalFigures?.rounds).toBeGreaterThan(0);
  await manager.close();
});
