// Retention, rule by rule: which segments go by time, by size and below the log start, and what becomes of their files.

import { manualClock } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { LogManager, type PartitionLog } from '../src/index.js';
import { RetentionClock } from '../src/retention-clock.js';
import {
  append,
  batchOf,
  createLog,
  type LoggedEvent,
  memory,
  nowMs,
  openManager,
  recordingLogger,
  tp,
  valuesOf,
} from './log-fixture.js';

const dayMs = 86_400_000;
const batchBytes = batchOf().length;
/** Two batches a segment. */
const segmentBytes = 2 * batchBytes;

/** One batch per timestamp. */
async function filled(timestamps: readonly number[], settings = {}) {
  const world = memory();
  const manager = await openManager(world.platform, { tailCacheBytes: 0 });
  const log = createLog(manager, {
    segmentBytes,
    segmentMs: Number.MAX_SAFE_INTEGER,
    messageTimestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    fileDeleteDelayMs: 0,
    ...settings,
  });
  for (const timestamp of timestamps) await append(log, { timestamp });
  return { ...world, manager, log };
}

const sweep = (log: PartitionLog, at = nowMs, boundOffset = log.durableOffset) =>
  log.applyRetention({ nowMs: at, boundOffset });

const old = nowMs - 10 * dayMs;
const fresh = nowMs - dayMs;
const future = nowMs + 30 * dayMs;

describe('retention by time', () => {
  it.each([
    ['nothing is old', [fresh, fresh, fresh], 0],
    ['the first segment is old', [old, old, fresh, fresh], 2],
    ['one record of the segment is fresh', [old, fresh, old, old, fresh], 0],
    ['everything sealed is old', [old, old, old, old, fresh], 4],
    ['a fresh segment protects those behind it', [old, old, fresh, fresh, old, old, fresh], 2],
    ['exactly at the bound stays', [nowMs - 7 * dayMs, nowMs - 7 * dayMs, fresh], 0],
    ['a record from the future keeps its segment', [old, future, old, old, fresh], 0],
    ['a record from the future takes nothing with it', [old, old, future, fresh, fresh], 2],
  ])('%s', async (_name, timestamps, start) => {
    const { log } = await filled(timestamps, { retentionMs: 7 * dayMs });
    await sweep(log);
    expect(log.logStartOffset).toBe(start);
    expect((await valuesOf(log)).length).toBe(timestamps.length - start);
  });

  it('rolls the active segment first when everything is old', async () => {
    const { log, disk, manager, platform } = await filled([old, old, old], { retentionMs: dayMs });
    expect(await sweep(log)).toBe(2);
    expect([log.logStartOffset, log.logEndOffset, log.segmentCount]).toEqual([3, 3, 1]);
    expect(await sweep(log)).toBe(0);
    expect(await append(log, { timestamp: nowMs })).toBe(3);
    disk.crash();
    expect(manager.failure).toBeUndefined();
    const again = (await openManager(platform)).get(tp);
    expect([again?.logStartOffset, again?.logEndOffset]).toEqual([3, 4]);
  });

  it('does not empty an empty log again and again', async () => {
    const { log } = await filled([], { retentionMs: 0, retentionBytes: 0 });
    expect(await sweep(log)).toBe(0);
    expect(log.segmentCount).toBe(1);
  });

  it('is off with -1 and changed online', async () => {
    const { log } = await filled([old, old, fresh], { retentionMs: -1 });
    expect(await sweep(log, nowMs + 1000 * dayMs)).toBe(0);
    log.updateSettings({ ...log.settings, retentionMs: 5 * dayMs });
    expect(await sweep(log)).toBe(1);
    expect(log.logStartOffset).toBe(2);
  });

  it('takes the time of the file where records have none', async () => {
    const { log } = await filled([-1, -1, -1], { retentionMs: dayMs });
    expect(await sweep(log, dayMs)).toBe(0);
    expect(await sweep(log, dayMs + 1)).toBe(2); // the memory disk writes at time 0
  });

  it('does not take what was appended while it was deciding', async () => {
    const { log, disk } = await filled([-1, -1, -1], { retentionMs: dayMs });
    const stat = disk.stat.bind(disk);
    disk.stat = async (path) => {
      const found = await stat(path);
      if (path.endsWith('2.log')) await append(log, { values: ['f'], timestamp: 10 * dayMs });
      return found;
    };
    await sweep(log, 10 * dayMs);
    expect(await valuesOf(log)).toEqual(['2:v', '3:f']);
  });

  it('never goes past the bound', async () => {
    const { log } = await filled([old, old, old, old, old], { retentionMs: dayMs });
    expect(await sweep(log, nowMs, 3)).toBe(1);
    expect(log.logStartOffset).toBe(2);
    expect(await sweep(log, nowMs, 4)).toBe(1);
    expect(await sweep(log, nowMs, 4)).toBe(0);
  });
});

describe('retention by size', () => {
  it.each([
    [-1, 0],
    [100 * batchBytes, 0],
    [5 * batchBytes, 0],
    [4 * batchBytes, 0],
    [3 * batchBytes, 2],
    [2 * batchBytes, 2],
    [batchBytes, 4],
    [1, 4],
    [0, 5],
  ])('%i bytes are kept at least', async (retentionBytes, start) => {
    const { log } = await filled([fresh, fresh, fresh, fresh, fresh], { retentionBytes });
    await sweep(log);
    expect(log.logStartOffset).toBe(start);
    expect(log.sizeBytes).toBeGreaterThanOrEqual(
      Math.max(0, Math.min(retentionBytes, 5 * batchBytes)),
    );
  });
});

describe('cleanup.policy', () => {
  it('compact alone deletes nothing by time or size', async () => {
    const settings = { cleanupPolicy: ['compact'], retentionMs: 0, retentionBytes: 0 };
    const { log } = await filled([old, old, old], settings);
    expect(await sweep(log)).toBe(0);
  });

  it('compact,delete does both', async () => {
    const settings = { cleanupPolicy: ['compact', 'delete'], retentionMs: 7 * dayMs };
    const { log } = await filled([old, old, fresh, fresh, fresh], settings);
    expect(await sweep(log)).toBe(1);
    await log.compact({ nowMs, boundOffset: 5, dedupeBufferBytes: 1000 });
    expect(await valuesOf(log)).toEqual(['3:v', '4:v']);
  });

  it('whatever it is, segments below the log start go', async () => {
    const { log, disk, platform } = await filled([old, old, fresh, fresh, fresh], {
      cleanupPolicy: ['compact'],
    });
    // The process dies between the new log start and the removal of the files.
    disk.fail({ operation: 'remove', pathPart: '.index', code: 'EIO' });
    await expect(log.deleteRecordsBefore(4)).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    disk.endProcess();
    const again = createLog(await openManager(platform), { cleanupPolicy: ['compact'] });
    expect([again.logStartOffset, again.segmentCount]).toEqual([4, 3]);
    expect(await sweep(again)).toBe(2);
    expect([again.logStartOffset, again.segmentCount]).toEqual([4, 1]);
  });
});

describe('the files of deleted segments', () => {
  it('stay as .deleted for the delay and are gone afterwards', async () => {
    const clock = manualClock({ startMs: nowMs });
    const { disk, platform } = memory();
    const manager = await openManager({ ...platform, clock, scheduler: clock });
    const log = createLog(manager, { segmentBytes, retentionMs: dayMs, fileDeleteDelayMs: 60_000 });
    const writes = [old, old, fresh].map((timestamp) => append(log, { timestamp }));
    await Promise.all([...writes, clock.advance(1)]);
    expect(await sweep(log)).toBe(1);
    const deleted = async () =>
      (await disk.list('/data/flights-0')).filter((name) => name.startsWith('0'.repeat(20)));
    expect(await deleted()).toEqual([`${'0'.repeat(20)}.log.deleted`]);
    await clock.advance(59_999);
    expect(await deleted()).toHaveLength(1);
    await clock.advance(1);
    expect(await deleted()).toEqual([]);
  });

  it('are gone after a clean stop and after a crash', async () => {
    for (const how of ['close', 'crash']) {
      const settings = { retentionMs: dayMs, fileDeleteDelayMs: 60_000 };
      const { log, disk, manager, platform } = await filled([old, old, fresh], settings);
      expect(await sweep(log)).toBe(1);
      if (how === 'close') await manager.close();
      else disk.crash();
      const again = await openManager(platform);
      const names = await disk.list('/data/flights-0');
      expect(
        names.filter((name) => name.includes('deleted')),
        how,
      ).toEqual([]);
      expect(again.get(tp)?.logStartOffset).toBe(2);
      expect(await valuesOf(again.get(tp) ?? log)).toEqual(['2:v']);
      await again.close();
    }
  });

  it('do not disturb a read under way', async () => {
    const { log } = await filled([old, old, fresh], { retentionMs: dayMs });
    const [read] = await Promise.allSettled([
      log.read({ offset: 0, maxBytes: 1000, boundOffset: 3 }),
      sweep(log),
    ]);
    if (read.status === 'rejected') expect(String(read.reason)).toMatch(/OFFSET_OUT_OF_RANGE/);
    else expect(read.value.nextOffset).toBe(2);
    await expect(log.read({ offset: 0, maxBytes: 1, boundOffset: 3 })).rejects.toThrow(
      /OFFSET_OUT_OF_RANGE/,
    );
  });
});

describe('the sweep of the manager', () => {
  it('runs at its interval, for logs with an owner, and tells the owner', async () => {
    const clock = manualClock({ startMs: nowMs });
    const { platform } = memory();
    const manager = await LogManager.open({
      platform: { ...platform, clock, scheduler: clock },
      directory: '/data',
      flush: 'os',
      nodeId: 1,
      maintenance: { retentionCheckIntervalMs: 1000 },
    });
    const log = createLog(manager, { segmentBytes, retentionMs: 2 * dayMs });
    const writes = [old, old, old, fresh].map((timestamp) => append(log, { timestamp }));
    await Promise.all([...writes, clock.advance(1)]);
    await clock.advance(1000);
    expect(log.logStartOffset).toBe(0);
    const starts: number[] = [];
    log.setOwner({ boundOffset: () => 4, onLogStart: () => starts.push(log.logStartOffset) });
    await clock.advance(1000);
    await Promise.all([manager.applyRetention(), clock.advance(1)]);
    expect(starts).toEqual([3]);
    expect(log.logStartOffset).toBe(3);
    await Promise.all([manager.close(), clock.advance(1)]);
  });
});

describe('the clock of retention', () => {
  it.each([
    ['an hour', 3_600_000],
    ['a year', 365 * dayMs],
  ])('ignores a jump ahead by %s and follows one back', (_name, jumpMs) => {
    const events: LoggedEvent[] = [];
    let wallMs = nowMs;
    let monotonicMs = 5;
    const clock = new RetentionClock({
      clock: { nowMs: () => wallMs, monotonicMs: () => monotonicMs },
      logger: recordingLogger(events),
    });
    wallMs += 1000;
    monotonicMs += 1000;
    expect(clock.nowMs()).toBe(nowMs + 1000);
    wallMs += jumpMs + 1;
    expect(clock.nowMs()).toBe(nowMs + 1000);
    expect(clock.nowMs()).toBe(nowMs + 1000);
    expect(events.map(({ event }) => event)).toEqual(['clock-jumped-ahead']);
    wallMs -= 2 * jumpMs + 1;
    expect(clock.nowMs()).toBe(nowMs + 1000 - jumpMs);
    wallMs += jumpMs;
    monotonicMs += 7;
    expect(clock.nowMs()).toBe(nowMs + 1000);
  });
});
