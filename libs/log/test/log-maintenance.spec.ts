// The cleaner of a data directory: which logs, in which order, until when; and its map of keys.

import { manualClock } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { logSettings, type PartitionLog } from '../src/index.js';
import { OffsetMap } from '../src/offset-map.js';
import { left, put, seal } from './compaction-fixture.js';
import {
  memory,
  nowMs,
  openManager,
  platformOn,
  recordingLogger,
  type LoggedEvent,
} from './log-fixture.js';

const settings = logSettings({ cleanupPolicy: ['compact'], segmentBytes: 1_000_000 });

async function opened(dedupeBufferBytes = 1_000_000) {
  const events: LoggedEvent[] = [];
  const { disk } = memory();
  const platform = platformOn(disk, recordingLogger(events));
  const manager = await openManager(platform, { maintenance: { dedupeBufferBytes } });
  const create = (topic: string, isOwned = true): PartitionLog => {
    const log = manager.create({ topic, partition: 0 }, { topicId: topic, settings });
    const owner = { boundOffset: () => log.durableOffset, onLogStart: () => undefined };
    if (isOwned) log.setOwner(owner);
    return log;
  };
  const compacted = () =>
    events
      .filter(({ event }) => event === 'log-compacted')
      .map(({ fields }) => (fields as { directory: string }).directory.replace('/data/', ''));
  return { manager, create, compacted };
}

describe('the cleaner', () => {
  it('takes owned logs that are due, the dirtiest first', async () => {
    const { manager, create, compacted } = await opened();
    const [half, dirty, nobodys, deleted] = ['half', 'dirty', 'nobodys', 'deleted'].map((topic) =>
      create(topic, topic !== 'nobodys'),
    ) as [PartitionLog, PartitionLog, PartitionLog, PartitionLog];
    deleted.updateSettings({ ...settings, cleanupPolicy: ['delete'] });
    await put(half, ['b=1', 'c=1', 'd=1']);
    await seal(half);
    expect(await manager.compact({ nowMs })).toBe(1);
    for (const log of [half, dirty, nobodys, deleted]) {
      for (let at = 0; at < 8; at++) await put(log, [`a=${at}`]);
      await seal(log);
    }
    half.updateSettings({ ...half.settings, minCleanableDirtyRatio: 0.2 });
    expect(await manager.compact({ nowMs })).toBe(2);
    expect(compacted()).toEqual(['half-0', 'dirty-0', 'half-0']);
    expect(await manager.compact({ nowMs })).toBe(0);
    expect((await left(nobodys)).length).toBe(8);
    await manager.close();
  });

  it('goes on until a log is clean although the keys do not fit at once', async () => {
    const { manager, create, compacted } = await opened(24 * 20);
    const log = create('t');
    for (let at = 0; at < 200; at++) await put(log, [`k${at % 100}=${at}`]);
    await seal(log);
    log.updateSettings({ ...log.settings, minCleanableDirtyRatio: 0 });
    expect(await manager.compact({ nowMs })).toBe(1);
    expect(compacted().length).toBeGreaterThan(5);
    expect((await left(log)).length).toBe(100);
    await manager.close();
  });

  it('does not let a log that fails keep the others from their turn', async () => {
    const { manager, create, compacted } = await opened();
    const logs = ['a', 'b', 'c'].map((topic) => create(topic));
    for (const log of logs) {
      await put(log, ['a=1']);
      await put(log, ['a=2']);
      await seal(log);
      log.updateSettings(settings);
    }
    const broken = logs[1];
    if (broken) broken.compact = () => Promise.reject(new Error('a bug'));
    if (broken) broken.applyRetention = () => Promise.reject(new Error('a bug'));
    expect(await manager.compact({ nowMs })).toBe(3);
    expect(compacted()).toEqual(['a-0', 'c-0']);
    expect(await manager.applyRetention(nowMs)).toBe(0);
    await manager.close();
  });

  it('takes logs below their ratio only when forced', async () => {
    const { manager, create } = await opened();
    const log = create('t');
    log.updateSettings({ ...settings, minCleanableDirtyRatio: 1 });
    await put(log, ['a=1']);
    await put(log, ['a=2']);
    await seal(log);
    expect(await manager.compact({ nowMs })).toBe(0);
    expect(await manager.compact({ nowMs, isForced: true })).toBe(1);
    expect(await left(log)).toEqual(['1:a=2']);
    await manager.close();
  });
});

describe('the timer of a sweep', () => {
  it('stays away while somebody else runs the sweep, and takes over when he does not', async () => {
    const clock = manualClock();
    const events: LoggedEvent[] = [];
    const logger = recordingLogger(events);
    const platform = { ...platformOn(memory().disk, logger), clock, scheduler: clock };
    const manager = await openManager(platform, { maintenance: { scrubIntervalMs: 100 } });
    const passes = async (ms: number): Promise<number> => {
      await clock.advance(ms);
      return events.filter(({ event }) => event === 'log-scrubbed').length;
    };
    expect(await passes(100)).toBe(1);
    manager.expectSweep('scrub', 200);
    expect(await passes(290)).toBe(1);
    manager.expectSweep('scrub', 200);
    expect(await passes(290)).toBe(1);
    expect(await passes(20)).toBe(2);
    expect(await passes(100)).toBe(3);
    await manager.close();
  });
});

describe('the offset map', () => {
  const key = (at: number) => Buffer.from(`key ${at}`);

  it('keeps the greatest offset of each key, up to its bound', () => {
    const map = new OffsetMap({ recordsMax: 1000, bufferBytes: 1 << 20 });
    for (let at = 0; at < 1000; at++) map.put(key(at), at);
    for (let at = 0; at < 1000; at += 2) map.put(key(at), 5000 - at);
    map.put(key(1), 0);
    for (let at = 0; at < 1000; at++) expect(map.get(key(at))).toBe(at % 2 ? at : 5000 - at);
    expect(map.get(key(1000))).toBe(-1);
    expect(map.count).toBe(1000);
    expect(map.fits(0)).toBe(true);
  });

  it('takes offset 0 and the empty key', () => {
    const map = new OffsetMap({ recordsMax: 1, bufferBytes: 0 });
    expect(map.get(Buffer.alloc(0))).toBe(-1);
    map.put(Buffer.alloc(0), 0);
    expect(map.get(Buffer.alloc(0))).toBe(0);
    expect(map.fits(1)).toBe(false);
    expect(() => map.put(key(1), 1)).toThrow(/offset-map-room/);
  });

  it('never takes more memory than allowed', () => {
    const map = new OffsetMap({ recordsMax: 1e9, bufferBytes: 4800 });
    expect(map.fits(180)).toBe(true);
    expect(map.fits(181)).toBe(false);
  });
});
