// A disk that others have filled to the last byte, and descriptors that are wanting just when files are being swapped: what is acknowledged
// stays, clients are refused, the rest waits, nothing fails, all goes on by itself. A failed sync stays final whatever its code.

import type { DiskFault, MemoryDisk, Platform } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import type { LogManager, PartitionLog } from '../src/index.js';
import { compact, keyed } from './compaction-fixture.js';
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
  tp,
  valuesOf,
} from './log-fixture.js';

const full = { operation: 'write', code: 'ENOSPC', isLasting: true } as const;
const coordinator = { ...client, origin: 'coordinator' } as const;

/** Short waits of the log pass at once. */
function hurried(disk: MemoryDisk, events: LoggedEvent[] = []): Platform {
  const platform = platformOn(disk, recordingLogger(events));
  const { scheduler } = platform;
  const setTimer: typeof scheduler.setTimer = (delayMs, callback) =>
    scheduler.setTimer(delayMs < 1000 ? 1 : delayMs, callback);
  return { ...platform, scheduler: { ...scheduler, setTimer } };
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function filled(segmentBytes = 100): Promise<{
  readonly disk: MemoryDisk;
  readonly events: LoggedEvent[];
  readonly manager: LogManager;
  readonly log: PartitionLog;
}> {
  const { disk } = memory();
  const events: LoggedEvent[] = [];
  const manager = await openManager(hurried(disk, events));
  const log = createLog(manager, { segmentBytes });
  await append(log, { values: ['a'] });
  return { disk, events, manager, log };
}

describe('on a full disk', () => {
  it('records of the coordinator wait, clients are refused, reads go on, all resumes by itself', async () => {
    const { disk, events, manager, log } = await filled();
    const fault = disk.fail(full);
    const commit = log.appendAsLeader(batchOf({ values: ['b'] }), coordinator);
    await until(() => events.some(({ event }) => event === 'disk-full'));
    expect(() => log.appendAsLeader(batchOf(), client)).toThrow(
      /the disk of .* is full: free some space.*KAFKA_STORAGE_ERROR/,
    );
    const second = log.appendAsLeader(batchOf({ values: ['c'] }), coordinator);
    await until(() => fault.hitCount > 3);
    expect((await log.read({ offset: 0, maxBytes: 1, boundOffset: 1 })).nextOffset).toBe(1);
    expect(log.durableOffset).toBe(1);
    expect(manager.failure).toBeUndefined();
    fault.remove();
    await Promise.all([commit.written, second.written]);
    await append(log, { values: ['d'] });
    expect(await valuesOf(log)).toEqual(['0:a', '1:b', '2:c', '3:d']);
    await manager.close();
    const again = await openManager(platformOn(disk));
    expect(again.cleanStart).toBe(true);
    expect(await valuesOf(createLog(again))).toEqual(['0:a', '1:b', '2:c', '3:d']);
    await again.close();
  });

  it('a batch that the journal has already is acknowledged when its segment has it, too', async () => {
    const { disk } = memory();
    const events: LoggedEvent[] = [];
    const journal = { atStart: true, fromLogs: 1 };
    const sizes = { partBytes: 4 * 4096, roundBytesMax: 8192, logBytesMax: 4096 };
    const manager = await openManager(hurried(disk, events), { journal: { ...journal, ...sizes } });
    const log = createLog(manager);
    await append(log, { values: ['a'] });
    await append(log, { values: ['b'] });
    const led = manager.journalFigures?.led ?? 0;
    expect(led).toBeGreaterThan(0);
    const fault = disk.fail({ ...full, pathPart: '.log' });
    const stuck = log.appendAsLeader(batchOf({ values: ['c'] }), coordinator);
    await until(() => fault.hitCount > 3 && manager.journalFigures?.led === led + 1);
    expect(log.durableOffset).toBe(2);
    fault.remove();
    await stuck.written;
    await append(log, { values: ['d'] });
    disk.crash();
    const again = await openManager(platformOn(disk));
    expect(await valuesOf(createLog(again))).toEqual(['0:a', '1:b', '2:c', '3:d']);
    await again.close();
  });

  it.each(['.snapshot', 'checkpoint'])('sealing is made up for: %s', async (pathPart) => {
    const { disk, events, manager, log } = await filled();
    const fault = disk.fail({ ...full, pathPart });
    await append(log, { values: ['b'] });
    await append(log, { values: ['c'] });
    await until(() => events.some(({ event }) => event === 'log-seal-postponed'));
    expect(manager.failure).toBeUndefined();
    expect(await log.applyRetention({ nowMs: 0, boundOffset: 3 })).toBe(0); // not behind the seal
    fault.remove();
    const snapshot = '/data/flights-0/00000000000000000002.snapshot';
    await until(async () => (await disk.stat(snapshot)) !== undefined);
    await manager.close();
    expect(events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('a seal that waits is void when the log is cut', async () => {
    const { disk, events, manager, log } = await filled();
    const fault = disk.fail({ ...full, pathPart: '.snapshot' });
    await append(log, { values: ['b'] });
    await until(() => events.some(({ event }) => event === 'log-seal-postponed'));
    await log.truncateTo(0);
    fault.remove();
    await append(log, { values: ['c'] });
    await append(log, { values: ['d'] });
    expect(await valuesOf(log)).toEqual(['0:c', '1:d']);
    await manager.close();
  });

  it('a truncation waits', async () => {
    const { disk, events, manager, log } = await filled();
    await append(log, { values: ['b'] });
    const fault = disk.fail({ ...full, pathPart: 'checkpoint' });
    const cut = log.truncateTo(1);
    await until(() => events.some(({ event }) => event === 'disk-wait'));
    fault.remove();
    await cut;
    await append(log, { values: ['c'] });
    expect(await valuesOf(log)).toEqual(['0:a', '1:c']);
    await manager.close();
  });

  it('deleting records is refused until it can be noted', async () => {
    const { disk, manager, log } = await filled();
    await append(log, { values: ['b'] });
    const fault = disk.fail({ ...full, pathPart: 'checkpoint' });
    await expect(log.deleteRecordsBefore(1)).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    await expect(log.deleteRecordsBefore(1)).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    expect(manager.failure).toBeUndefined();
    fault.remove();
    await log.deleteRecordsBefore(1);
    expect(log.segmentCount).toBe(1);
    disk.crash();
    const again = await openManager(platformOn(disk.successor()));
    expect(createLog(again).logStartOffset).toBe(1);
    await again.close();
  });

  it('a log whose batches wait can be deleted, which gives others room', async () => {
    const { disk, events, manager, log } = await filled();
    const fault = disk.fail(full);
    const { written } = log.appendAsLeader(batchOf({ values: ['b'] }), coordinator);
    const rejected = expect(written).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    await until(() => events.some(({ event }) => event === 'disk-full'));
    const deleted = manager.delete(tp);
    await rejected;
    fault.remove();
    await deleted;
    expect(manager.failure).toBeUndefined();
    await append(createLog(manager), { values: ['c'] });
    await manager.close();
  });

  it('closing does not wait; the next start recovers', async () => {
    const { disk, events, manager, log } = await filled();
    const fault = disk.fail(full);
    const { written } = log.appendAsLeader(batchOf({ values: ['b'] }), coordinator);
    const rejected = expect(written).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    await until(() => events.some(({ event }) => event === 'disk-full'));
    await expect(manager.close()).rejects.toThrow(/ENOSPC/);
    await rejected;
    fault.remove();
    const again = await openManager(platformOn(disk));
    expect(again.cleanStart).toBe(false);
    expect(await valuesOf(createLog(again))).toEqual(['0:a']);
    await again.close();
  });

  it.each(['sync', 'sync-directory'] as const)('a failed %s is final', async (operation) => {
    const { disk, platform } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager);
    disk.fail({ operation, code: 'ENOSPC', pathPart: '/data/flights-0' });
    const { written } = log.appendAsLeader(batchOf({ values: ['b'] }), coordinator);
    await expect(written).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    expect(manager.failure).toBeDefined();
    await manager.close().catch(() => undefined);
  });
});

/** Appends, rolls, deletes, truncates, compacts; returns what the log must have. */
async function work(log: PartitionLog): Promise<void> {
  const put = async (spec: string): Promise<void> => {
    const { written } = log.appendAsLeader(keyed([spec]), coordinator);
    await written;
  };
  for (const spec of ['a=1', 'b=1', 'a=2', 'c=1', 'c=2', 'd=1']) await put(spec);
  await log.deleteRecordsBefore(1).catch(() => log.deleteRecordsBefore(1));
  await log.truncateTo(5);
  await put('d=2');
  await compact(log);
  await compact(log);
  await log.scrub();
  await put('e=1');
}

describe('at any one operation', () => {
  it.each([
    ['ENOSPC', 'write'],
    ['ENOSPC', 'rename'],
    ['ENOSPC', 'truncate'],
    ['ENOSPC', 'make-directory'],
    ['EMFILE', 'open'],
    ['EMFILE', 'list'],
  ] as const)('%s in %s fails nothing and loses nothing', async (code, operation) => {
    for (let nth = 1; ; nth++) {
      const { disk } = memory();
      const events: LoggedEvent[] = [];
      const manager = await openManager(hurried(disk, events));
      const log = createLog(manager, { segmentBytes: 160, cleanupPolicy: ['compact'] });
      const fault: DiskFault = disk.fail({ operation, code, nth });
      await work(log);
      fault.remove();
      const name = `${operation} ${nth}: ${JSON.stringify(events)}`;
      expect(manager.failure, name).toBeUndefined();
      const last = new Map<string, string>();
      for (const value of await valuesOf(log)) last.set(value.split(':')[0] ?? '', value);
      for (const offset of [2, 4, 5, 6]) expect(last.has(String(offset)), name).toBe(true);
      await manager.close();
      const again = await openManager(platformOn(disk));
      expect(again.cleanStart, name).toBe(true);
      expect(await valuesOf(createLog(again)), name).toEqual([...last.values()]);
      await again.close();
      if (fault.hitCount === 0) break;
    }
  });
});
