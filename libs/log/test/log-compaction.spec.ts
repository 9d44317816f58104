// Each rule of compaction by itself: which records stay, what becomes of their batches, how far a cleaning reaches.

import { memoryPlatform } from '@drave/platform';
import { buildMarkerBatch, forEachBatch, RecordBatchView } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { logSettings, type PartitionLog } from '../src/index.js';
import { codecs, compact, keyed, left, put, seal } from './compaction-fixture.js';
import {
  batchOf,
  client,
  createLog,
  type LoggedEvent,
  memory,
  nowMs,
  openManager,
  platformOn,
  readAll,
  recordingLogger,
  topicId,
  tp,
} from './log-fixture.js';

const compacted = { cleanupPolicy: ['compact'], segmentBytes: 1_000_000 };
const dayMs = 86_400_000;

async function openLog(settings = {}, options = {}): Promise<PartitionLog> {
  const manager = await openManager(memory().platform, options);
  return createLog(manager, { ...compacted, ...settings });
}

/** The batches on disk, as headers. */
async function batches(log: PartitionLog): Promise<RecordBatchView[]> {
  const found: RecordBatchView[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset;) {
    const boundOffset = log.logEndOffset;
    const { records, nextOffset } = await log.read({ offset, maxBytes: 1, boundOffset });
    forEachBatch(records, (batch) => void found.push(batch));
    offset = nextOffset;
  }
  return found;
}

describe('compaction keeps', () => {
  it('the last record of each key, at its offset, in order', async () => {
    const log = await openLog();
    await put(log, ['a=1', 'b=1', 'a=2']);
    await put(log, ['c=1', 'a=3']);
    await put(log, ['b=2']);
    await seal(log);
    const result = await compact(log);
    expect(await left(log)).toEqual(['3:c=1', '4:a=3', '5:b=2']);
    expect(result).toMatchObject({ endOffset: 6, keys: 3 });
    expect(result?.bytesAfter).toBeLessThan(result?.bytesBefore ?? 0);
    expect(log.logStartOffset).toBe(0);
  });

  it.each(codecs)('what it must of batches of thousands of records, codec %s', async (codec) => {
    const log = await openLog();
    const values = Array.from({ length: 3000 }, () => Math.random().toString(36).padEnd(20, '0'));
    await put(
      log,
      values.map((value, at) => `k${at % 1000}=${value}`),
      { codec },
    );
    await put(log, ['k7=new'], { codec });
    await seal(log);
    expect(await compact(log)).toMatchObject({ keys: 1000 });
    const expected = values.map((value, at) => `${at}:k${at % 1000}=${value}`).slice(2000);
    expected.splice(7, 1);
    expect(await left(log)).toEqual([...expected, '3000:k7=new']);
    for (const batch of await batches(log)) expect(batch.crcIsValid()).toBe(true);
  });

  it('what a later cleaning supersedes, until then', async () => {
    const log = await openLog();
    await put(log, ['a=1', 'b=1']);
    await seal(log);
    await compact(log);
    await put(log, ['a=2']);
    await seal(log);
    await compact(log);
    expect(await left(log)).toEqual(['1:b=1', '3:a=2']);
  });

  it.each(codecs)('codec %s, headers, times and sequences of what stays', async (codec) => {
    const log = await openLog();
    const producer = { codec, producerId: 7, producerEpoch: 2, timestamp: nowMs - 5 };
    await put(log, ['a=1', 'b=1', 'c=1'], { ...producer, baseSequence: 0 });
    await put(log, ['a=2', 'c=2'], { ...producer, baseSequence: 3 });
    await seal(log);
    await compact(log);
    const [first] = await batches(log);
    expect(first).toMatchObject({
      baseOffset: 0,
      lastOffset: 2,
      codec,
      producerId: 7,
      producerEpoch: 2,
      baseSequence: 0,
      lastSequence: 2,
      recordCount: 1,
      maxTimestamp: nowMs - 5,
    });
    expect(first?.crcIsValid()).toBe(true);
    const [record] = await readAll(log);
    expect(record).toMatchObject({ offset: 1, timestamp: nowMs - 5 });
    expect(record?.headers).toEqual([{ key: 'h', value: Buffer.from('b=1') }]);
  });

  it('append times', async () => {
    const log = await openLog({ messageTimestampType: 'LogAppendTime' });
    await put(log, ['a=1', 'b', 'c=1']);
    await put(log, ['a=2']);
    await seal(log);
    await compact(log, { nowMs: nowMs + 50 });
    const records = await readAll(log);
    expect(records.map(({ timestamp }) => timestamp)).toEqual([nowMs, nowMs, nowMs, nowMs]);
  });

  it('drops records without a key that were there before the topic was compacted', async () => {
    const log = await openLog({ cleanupPolicy: ['delete'] });
    await log.appendAsLeader(batchOf({ keyed: false, values: ['x', 'y'] }), client).written;
    log.updateSettings(logSettings(compacted));
    await put(log, ['a=1']);
    await seal(log);
    await compact(log);
    expect(await left(log)).toEqual(['2:a=1']);
  });
});

describe('tombstones', () => {
  it('stay until the delete horizon and keep their time', async () => {
    const log = await openLog({ deleteRetentionMs: dayMs });
    await put(log, ['a=1', 'b=1', 'c=1']);
    await put(log, ['a', 'b=2'], { timestamp: nowMs - 77 });
    await seal(log);
    await compact(log, { nowMs });
    expect(await left(log)).toEqual(['2:c=1', '3:a', '4:b=2']);
    const batch = (await batches(log)).find(({ baseOffset }) => baseOffset === 3);
    expect(batch).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: nowMs + dayMs });
    expect(batch?.records().map(({ timestamp }) => timestamp)).toEqual([nowMs - 77, nowMs - 77]);
    expect(batch?.maxTimestamp).toBe(nowMs - 77);

    // The horizon is set once; a later cleaning neither moves it nor comes too early.
    await put(log, ['d=1']);
    await seal(log);
    await compact(log, { nowMs: nowMs + dayMs - 1 });
    expect(await left(log)).toContain('3:a');
    expect(
      log.cleaningPlan({ nowMs: nowMs + dayMs - 1, boundOffset: 99, dedupeBufferBytes: 1 })?.isDue,
    ).toBeFalsy();

    // Nothing new was written: the horizon alone makes a cleaning due.
    const request = { nowMs: nowMs + dayMs, boundOffset: log.durableOffset, dedupeBufferBytes: 1 };
    expect(log.cleaningPlan(request)?.isDue).toBe(true);
    await compact(log, request);
    expect(await left(log)).toEqual(['2:c=1', '4:b=2', '6:d=1']);
    expect(log.cleaningPlan(request)?.isDue ?? false).toBe(false);
  });

  it.each([-1, 0, 1, 978_307_200_000, nowMs + 3_000_000])(
    'keep timestamp %i, however far from the horizon',
    async (timestamp) => {
      for (const deleteRetentionMs of [0, dayMs, Number.MAX_SAFE_INTEGER]) {
        const log = await openLog({ deleteRetentionMs });
        await put(log, ['a=1', 'b', 'c=2'], { timestamp });
        await seal(log);
        await compact(log);
        const records = await readAll(log);
        expect(records.map((one) => one.timestamp)).toEqual([
          timestamp,
          timestamp,
          timestamp,
          nowMs,
        ]);
        expect(records[1]?.headers).toEqual([{ key: 'h', value: Buffer.from('b') }]);
      }
    },
  );

  it('are superseded by a newer value at once', async () => {
    const log = await openLog();
    await put(log, ['a=1']);
    await put(log, ['a']);
    await put(log, ['a=2']);
    await seal(log);
    await compact(log);
    expect(await left(log)).toEqual(['2:a=2']);
  });

  it('take effect although they are beyond what was sealed with the value', async () => {
    const log = await openLog({ deleteRetentionMs: 0 });
    await put(log, ['a=1', 'b=1']);
    await seal(log);
    await compact(log);
    await put(log, ['a']);
    await put(log, ['b=2']);
    await seal(log);
    await compact(log, { nowMs });
    expect(await left(log)).toEqual(['3:a', '4:b=2']);
    await compact(log, { nowMs });
    expect(await left(log)).toEqual(['4:b=2']);
  });
});

describe('a cleaning ends before', () => {
  it('the active segment', async () => {
    const log = await openLog();
    await put(log, ['a=1']);
    await put(log, ['a=2']);
    expect(await compact(log)).toBeUndefined();
    expect(await left(log)).toEqual(['0:a=1', '1:a=2']);
  });

  it('the bound of the owner, which also ends what can supersede', async () => {
    const log = await openLog();
    for (const value of [1, 2, 3, 4]) await put(log, [`a=${value}`]);
    await seal(log);
    await compact(log, { boundOffset: 2 });
    expect(await left(log)).toEqual(['1:a=2', '2:a=3', '3:a=4']);
    await compact(log, { boundOffset: 2 });
    await compact(log, { boundOffset: 4 });
    expect(await left(log)).toEqual(['3:a=4']);
  });

  it('records younger than min.compaction.lag.ms, segment by segment', async () => {
    const log = await openLog({ minCompactionLagMs: 1000 });
    await put(log, ['a=1'], { timestamp: nowMs - 5000 });
    await put(log, ['a=2'], { timestamp: nowMs - 5000 });
    await seal(log);
    await put(log, ['a=3'], { timestamp: nowMs - 500 });
    await put(log, ['a=4'], { timestamp: nowMs - 500 });
    await seal(log);
    await compact(log, { nowMs });
    expect(await left(log)).toEqual(['1:a=2', '3:a=3', '4:a=4']);
  });

  it('what the offset map has no room for, and goes on from there', async () => {
    const log = await openLog();
    const keys = Array.from({ length: 100 }, (_, at) => `k${at}`);
    for (const key of keys) await put(log, [`${key}=1`]);
    for (const key of keys) await put(log, [`${key}=2`]);
    await seal(log);
    const dedupeBufferBytes = 24 * 20;
    const ends: number[] = [];
    for (let run = 0; run < 50; run++) {
      const result = await compact(log, { dedupeBufferBytes });
      if (result === undefined) break;
      ends.push(result.endOffset);
    }
    expect(ends.length).toBeGreaterThan(8);
    expect(ends.at(-1)).toBe(200);
    expect(ends).toEqual([...new Set(ends)].sort((one, other) => one - other));
    expect(await left(log)).toEqual(keys.map((key, at) => `${100 + at}:${key}=2`));
  });

  it('but takes a batch that is larger than the map', async () => {
    const log = await openLog();
    await put(log, ['a=0']);
    await put(
      log,
      Array.from({ length: 100 }, (_, at) => `k${at}=1`),
    );
    await put(log, ['a=1']);
    await seal(log);
    for (let run = 0; run < 4; run++) await compact(log, { dedupeBufferBytes: 100 });
    expect((await left(log)).length).toBe(101);
    expect(await left(log)).not.toContain('0:a=0');
  });
});

describe('a cleaning is due', () => {
  const request = { nowMs, boundOffset: 1000, dedupeBufferBytes: 1_000_000 };

  it('above min.cleanable.dirty.ratio', async () => {
    const log = await openLog({ minCleanableDirtyRatio: 0.5 });
    for (const key of 'abcdef') await put(log, [`${key}=1`]);
    await seal(log);
    expect(log.cleaningPlan(request)).toMatchObject({ dirtyRatio: 1, isDue: true });
    await compact(log);
    await put(log, ['a=2']);
    await seal(log);
    const plan = log.cleaningPlan(request);
    expect(plan?.dirtyRatio).toBeLessThan(0.5);
    expect(plan?.isDue).toBe(false);
    log.updateSettings({ ...log.settings, minCleanableDirtyRatio: 0.1 });
    expect(log.cleaningPlan(request)?.isDue).toBe(true);
  });

  it('when a record waits longer than max.compaction.lag.ms, even in the active segment', async () => {
    const log = await openLog({ minCleanableDirtyRatio: 1, maxCompactionLagMs: 1000 });
    await put(log, ['a=1'], { timestamp: nowMs - 500 });
    await put(log, ['a=2'], { timestamp: nowMs - 500 });
    expect(log.cleaningPlan({ ...request, boundOffset: 2 })).toBeUndefined();
    const later = { nowMs: nowMs + 501, boundOffset: 2 };
    expect(log.cleaningPlan({ ...request, ...later })?.isDue).toBe(true);
    await compact(log, later);
    expect(await left(log)).toEqual(['1:a=2']);
  });

  it('never without cleanup.policy=compact', async () => {
    const log = await openLog({ cleanupPolicy: ['delete'] });
    await put(log, ['a=1']);
    await seal(log);
    expect(log.cleaningPlan(request)).toBeUndefined();
    expect(await compact(log)).toBeUndefined();
  });
});

describe('batches that lost all records', () => {
  const send = (log: PartitionLog, spec: string, baseSequence: number) =>
    put(log, [spec], { producerId: 9, producerEpoch: 0, baseSequence });

  it('stay when they are the last of a producer, so that a restart knows it', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager, compacted);
    await send(log, 'a=1', 0);
    await send(log, 'a=2', 1);
    await put(log, ['a=3']);
    await seal(log);
    await compact(log);
    const kept = await batches(log);
    expect(kept.map(({ baseOffset, recordCount }) => [baseOffset, recordCount])).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
    ]);
    await manager.close();
    for (const name of await disk.list('/data/flights-0')) {
      if (name.endsWith('.snapshot')) await disk.remove(`/data/flights-0/${name}`);
    }
    await disk.remove('/data/.clean-shutdown');
    const again = (await openManager(platform)).get(tp);
    if (!again) throw new Error('the log is gone');
    const duplicate = keyed(['a=2'], { producerId: 9, producerEpoch: 0, baseSequence: 1 });
    expect(again.appendAsLeader(duplicate, client)).toMatchObject({
      duplicate: true,
      baseOffset: 1,
    });
    expect(() =>
      again.appendAsLeader(
        keyed(['a=9'], { producerId: 9, producerEpoch: 0, baseSequence: 5 }),
        client,
      ),
    ).toThrow(/OUT_OF_ORDER_SEQUENCE_NUMBER/);
  });

  it('go once the producer wrote on', async () => {
    const log = await openLog();
    await send(log, 'a=1', 0);
    await put(log, ['a=2']);
    await seal(log);
    await compact(log);
    expect((await batches(log)).map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2]);
    await send(log, 'b=1', 1);
    await seal(log);
    await compact(log);
    expect((await batches(log)).map(({ baseOffset }) => baseOffset)).toEqual([1, 2, 3, 4]);
  });

  it('stay when they end the cleaned part', async () => {
    const log = await openLog({ deleteRetentionMs: 0 });
    await put(log, ['a=1']);
    await put(log, ['a']);
    await seal(log);
    await compact(log);
    await compact(log);
    const kept = await batches(log);
    expect(kept.map(({ baseOffset, recordCount }) => [baseOffset, recordCount])).toEqual([
      [1, 0],
      [2, 1],
    ]);
  });
});

describe('transactions', () => {
  const producer = { producerId: 4, producerEpoch: 1, isTransactional: true };
  const marker = (type: 'commit' | 'abort') =>
    buildMarkerBatch({
      type,
      coordinatorEpoch: 0,
      producerId: 4,
      producerEpoch: 1,
      timestamp: nowMs,
    });
  const end = (log: PartitionLog, type: 'commit' | 'abort') =>
    log.appendAsLeader(marker(type), { ...client, origin: 'coordinator' }).written;
  const shape = async (log: PartitionLog) =>
    (await batches(log)).map(
      ({ baseOffset, isControl, recordCount }) =>
        `${baseOffset}${isControl ? 'm' : 'd'}${recordCount}`,
    );

  it('that were aborted leave no data and supersede nothing', async () => {
    const log = await openLog({ deleteRetentionMs: 100 });
    await put(log, ['a=1']);
    await put(log, ['a=bad', 'b=bad'], { ...producer, baseSequence: 0 });
    await end(log, 'abort');
    await put(log, ['c=1'], { ...producer, baseSequence: 2 });
    await end(log, 'commit');
    await put(log, ['d=1']);
    await seal(log);
    await compact(log);
    expect(await shape(log)).toEqual(['0d1', '3m1', '4d1', '5m1', '6d1', '7d1']);
    // The data are gone: from the second cleaning on the marker waits for its horizon.
    await compact(log, { boundOffset: 0 });
    await put(log, ['e=1']);
    await seal(log);
    await compact(log);
    const control = (await batches(log)).find(({ baseOffset }) => baseOffset === 3);
    expect(control).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: nowMs + 100 });
    expect(control?.records()[0]).toMatchObject({ timestamp: nowMs, offset: 3 });
    await compact(log, { nowMs: nowMs + 100 });
    // The commit's data are still there: its marker stays.
    expect(await shape(log)).toEqual(['0d1', '4d1', '5m1', '6d1', '7d1', '8d1', '9d1']);
  });

  it('of one producer are told apart, committed and aborted in turn', async () => {
    const log = await openLog({ segmentBytes: 600 });
    const kept: string[] = [];
    for (let at = 0; at < 30; at++) {
      const isAborted = at % 3 === 0;
      const base = await put(log, [`k${at}=${at}`], { ...producer, baseSequence: at });
      await end(log, isAborted ? 'abort' : 'commit');
      if (!isAborted) kept.push(`${base}:k${at}=${at}`);
    }
    await seal(log);
    await compact(log);
    expect((await left(log)).filter((one) => one.includes(':k'))).toEqual(kept);
  });

  it('without an end yet are not touched', async () => {
    const log = await openLog();
    await put(log, ['a=1']);
    await put(log, ['a=2'], { ...producer, baseSequence: 0 });
    await put(log, ['a=3']);
    await seal(log);
    await compact(log);
    expect(await left(log)).toEqual(['0:a=1', '1:a=2', '2:a=3']);
    expect(log.lastStableOffset).toBe(1);
  });
});

describe('a damaged log', () => {
  it('is reported, kept as it is and not tried again', async () => {
    const { disk } = memory();
    const events: LoggedEvent[] = [];
    const manager = await openManager(platformOn(disk, recordingLogger(events)), {
      tailCacheBytes: 0,
    });
    const log = createLog(manager, compacted);
    await put(log, ['a=1', 'b=1']);
    await put(log, ['a=2']);
    await seal(log);
    disk.flipBit(`/data/flights-0/${'0'.repeat(20)}.log`, 70);
    expect(await compact(log)).toBeUndefined();
    expect(events.filter(({ event }) => event === 'log-uncleanable')).toHaveLength(1);
    expect(await compact(log)).toBeUndefined();
    expect(events.filter(({ event }) => event === 'log-uncleanable')).toHaveLength(1);
    expect(manager.failure).toBeUndefined();
    await put(log, ['c=1']);
    expect((await disk.list('/data/flights-0')).filter((name) => name.includes('cleaned'))).toEqual(
      [],
    );
  });
});

describe('a full disk', () => {
  it('postpones a cleaning and nothing else', async () => {
    const { disk } = memory();
    const events: LoggedEvent[] = [];
    const manager = await openManager(platformOn(disk, recordingLogger(events)));
    const log = createLog(manager, compacted);
    await put(log, ['a=1', 'b=1']);
    await put(log, ['a=2']);
    await seal(log);
    disk.fail({ operation: 'write', pathPart: '.cleaned', code: 'ENOSPC' });
    expect(await compact(log)).toBeUndefined();
    expect(events.some(({ event }) => event === 'log-compaction-postponed')).toBe(true);
    await put(log, ['c=1']);
    expect(await compact(log)).toBeDefined();
    expect(await left(log)).toEqual(['1:b=1', '2:a=2', '4:c=1']);
  });
});

describe('a compacted log', () => {
  const setUp = async () => {
    const world = memory();
    const manager = await openManager(world.platform, { tailCacheBytes: 0 });
    const log = createLog(manager, { ...compacted, segmentBytes: 200 });
    for (let at = 0; at < 30; at++) {
      await put(log, [`${at % 10 === 7 ? `k${at}` : 'x'}=${at}`], { timestamp: 1000 + at });
    }
    await compact(log);
    return { ...world, manager, log };
  };
  const offsets = async (log: PartitionLog) => {
    const found: number[] = [];
    for (let offset = 0; offset < log.logEndOffset;) {
      const { records, nextOffset } = await log.read({
        offset,
        maxBytes: 1,
        boundOffset: log.logEndOffset,
      });
      if (records.length === 0) break; // the log ends behind a gap
      found.push(new RecordBatchView(records).baseOffset);
      offset = nextOffset;
    }
    return found;
  };
  const kept = [7, 17, 26, 27, 28, 29];

  it('serves the next batch to who asks inside a gap', async () => {
    const { log } = await setUp();
    expect(await offsets(log)).toEqual(kept);
    for (let offset = 0; offset < 30; offset++) {
      const { records, nextOffset } = await log.read({ offset, maxBytes: 1, boundOffset: 30 });
      const next = kept.find((candidate) => candidate >= offset);
      expect(new RecordBatchView(records).baseOffset, `${offset}`).toBe(next);
      expect(nextOffset).toBe((next ?? 0) + 1);
    }
  });

  it('is found by time', async () => {
    const { log } = await setUp();
    for (let at = 0; at < 30; at++) {
      const found = await log.offsetForTimestamp(1000 + at);
      expect(found?.offset).toBe(kept.find((candidate) => candidate >= at));
    }
    expect(await log.offsetForTimestamp(1030)).toBeUndefined();
    expect(await log.maxTimestampOffset()).toMatchObject({ offset: 29, timestamp: 1029 });
  });

  it.each(['clean', 'crash'])('is the same after a %s stop', async (how) => {
    const { manager, disk, platform } = await setUp();
    if (how === 'clean') await manager.close();
    else disk.crash();
    const again = await openManager(platform, { tailCacheBytes: 0 });
    const log = again.get(tp);
    if (!log) throw new Error('the log is gone');
    expect(log.logEndOffset).toBe(30);
    expect(await offsets(log)).toEqual(kept);
    log.updateSettings(logSettings({ ...compacted, segmentBytes: 200 }));
    await put(log, ['k7=new']);
    await seal(log);
    await compact(log);
    expect(await offsets(log)).toEqual([17, 27, 29, 30, 31]);
    await again.close();
  });

  it.each([3, 7, 10, 17, 18, 29])('can be cut back to %i', async (offset) => {
    const { log, disk, platform } = await setUp();
    await log.truncateTo(offset);
    const below = kept.filter((candidate) => candidate < offset);
    expect(await offsets(log)).toEqual(below);
    const end = log.logEndOffset;
    expect(end).toBeLessThanOrEqual(offset);
    disk.crash();
    const log2 = (await openManager(platform)).get(tp);
    expect(log2?.logEndOffset).toBe(end);
    if (!log2) throw new Error('the log is gone');
    expect(await put(log2, ['z=1'])).toBe(end);
    expect(await offsets(log2)).toEqual([...below, end]);
  });

  it('without its checkpoint is cleaned again, a damaged one included', async () => {
    const { manager, disk, platform } = await setUp();
    await manager.close();
    await disk.writeFileAtomic('/data/flights-0/cleaner-checkpoint', Buffer.from('nonsense'));
    await disk.remove('/data/.clean-shutdown');
    await disk.remove('/data/recovery-point-offset-checkpoint');
    const again = await openManager(platform, { tailCacheBytes: 0 });
    const log = again.create(tp, { topicId, settings: logSettings(compacted) });
    expect(await offsets(log)).toEqual(kept);
    expect(log.cleaningPlan({ nowMs, boundOffset: 30, dedupeBufferBytes: 1000 })?.firstDirty).toBe(
      0,
    );
    expect(await compact(log)).toBeDefined();
  });

  it('that lost its tail is not taken for compacted beyond its new end', async () => {
    const { disk, platform } = await setUp();
    disk.crash();
    for (const name of await disk.list('/data/flights-0')) {
      if (name.endsWith('.log') && Number.parseInt(name, 10) >= 20) {
        await disk.remove(`/data/flights-0/${name}`);
      }
    }
    const log = (await openManager(platform)).create(tp, {
      topicId,
      settings: logSettings(compacted),
    });
    expect(log.logEndOffset).toBeLessThanOrEqual(20);
    expect(log.state.cleaner.cleanedBelow).toBeLessThanOrEqual(log.logEndOffset);
    await put(log, ['k7', 'k17']);
    await seal(log);
    await compact(log);
    expect((await left(log)).map((line) => line.split(':')[1])).toEqual(['k7', 'k17']);
  });

  it('still tells a flipped bit of an offset outside the gaps', async () => {
    const { log, disk } = await setUp();
    disk.flipBit(`/data/flights-0/${'6'.padStart(20, '0')}.log`, 6);
    await expect(log.read({ offset: 0, maxBytes: 1, boundOffset: 30 })).rejects.toThrow(
      /CORRUPT_MESSAGE/,
    );
  });
});

describe('while a cleaning runs', () => {
  it('readers find what they ask for, whichever file it is in', async () => {
    const events: LoggedEvent[] = [];
    const platform = memoryPlatform({ seed: 1, logger: recordingLogger(events) });
    const manager = await openManager(platform, { tailCacheBytes: 0, openFilesMax: 1 });
    const log = createLog(manager, { ...compacted, segmentBytes: 700 });
    for (let at = 0; at < 90; at++) await put(log, [at % 10 === 7 ? `k${at}=${at}` : `x=${at}`]);
    let isRunning = true;
    const read = async (first: number): Promise<void> => {
      for (let offset = first; isRunning; offset = (offset + 1) % 90) {
        const { records } = await log.read({ offset, maxBytes: 1, boundOffset: 90 });
        const { baseOffset, lastOffset } = new RecordBatchView(records);
        expect(lastOffset).toBeGreaterThanOrEqual(offset);
        expect(baseOffset).toBeLessThanOrEqual(Math.ceil((offset + 3) / 10) * 10 + 7);
      }
    };
    const readers = [0, 10, 33, 60].map(read);
    for (let round = 0; round < 10; round++) {
      await compact(log);
      // Small segments are put together later: every round swaps something.
      log.updateSettings({ ...log.settings, segmentBytes: 700 + 200 * round });
      log.state.cleaner = { ...log.state.cleaner, cleanedBelow: 0 };
    }
    isRunning = false;
    await Promise.all(readers);
    expect(events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('another one waits, and a truncation comes before both', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const manager = await openManager(platform);
    const log = createLog(manager, { ...compacted, segmentBytes: 500 });
    for (let at = 0; at < 60; at++) await put(log, [`k${at % 7}=${at}`]);
    const results = await Promise.all([compact(log), compact(log), compact(log)]);
    expect(results.filter((result) => result !== undefined)).toHaveLength(1);
    for (let at = 60; at < 120; at++) await put(log, [`k${at % 7}=${at}`]);
    const cleanings = [compact(log), compact(log)];
    const truncation = log.truncateTo(70);
    await Promise.all([...cleanings, truncation]);
    expect(log.logEndOffset).toBe(70);
    await compact(log);
    const lines = await left(log);
    expect(lines.at(-1)).toBe('69:k6=69');
    expect(new Set(lines.map((line) => line.split(/[:=]/)[1])).size).toBe(7);
    expect(manager.failure).toBeUndefined();
  });

  it('appends, reads, truncation and close go on', async () => {
    const { platform } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager, { ...compacted, segmentBytes: 2000 });
    for (let at = 0; at < 200; at++) await put(log, [`k${at % 20}=${at}`]);
    const cleaning = compact(log);
    for (let at = 200; at < 240; at++) await put(log, [`k${at % 20}=${at}`]);
    const before = await readAll(log, 0);
    expect(before.at(-1)?.offset).toBe(239);
    await cleaning;
    const second = compact(log);
    await log.truncateTo(235);
    await second;
    expect(log.logEndOffset).toBe(235);
    const third = compact(log);
    await manager.close();
    await third;
    expect(await platform.disk.list('/data/flights-0')).not.toContainEqual(
      expect.stringMatching(/cleaned|swap/),
    );
  });
});
