// Appending and reading one log: offsets, acknowledgement, rolling, bounds, settings.

import { describe, expect, it } from 'vitest';
import { RecordBatchView } from '@drave/protocol';
import { LogManager } from '../src/index.js';
import {
  append,
  batchOf,
  client,
  createLog,
  memory,
  nowMs,
  openManager,
  platformOn,
  readAll,
  temporaryDirectory,
  tp,
  valuesOf,
} from './log-fixture.js';
import { memoryPlatform, NodeDisk } from '@drave/platform';

describe('appending as leader', () => {
  it('fixes offsets in call order, before anything is written', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    const first = log.appendAsLeader(batchOf({ values: ['a', 'b'] }), client);
    const second = log.appendAsLeader(batchOf({ values: ['c'] }), client);
    expect([first.baseOffset, first.lastOffset, second.baseOffset]).toEqual([0, 1, 2]);
    expect(log.logEndOffset).toBe(3);
    expect(log.durableOffset).toBe(0);
    await second.written;
    expect(log.durableOffset).toBe(3);
    expect(await valuesOf(log)).toEqual(['0:a', '1:b', '2:c']);
    await manager.close();
  });

  it('patches offset and leader epoch and keeps the rest of the bytes', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await append(log);
    const bytes = batchOf({ values: ['x'] });
    const before = Buffer.from(bytes);
    await log.appendAsLeader(bytes, { ...client, leaderEpoch: 7 }).written;
    const { records } = await log.read({ offset: 1, maxBytes: 1, boundOffset: 2 });
    const view = new RecordBatchView(records);
    expect([view.baseOffset, view.partitionLeaderEpoch, view.crcIsValid()]).toEqual([1, 7, true]);
    expect(records.subarray(16)).toEqual(before.subarray(16));
    await manager.close();
  });

  it('reseals batches of a topic with append times', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { messageTimestampType: 'LogAppendTime' });
    const result = log.appendAsLeader(batchOf({ timestamp: 5 }), client);
    await result.written;
    expect(result.logAppendTimeMs).toBe(nowMs);
    const [record] = await readAll(log);
    expect(record?.timestamp).toBe(nowMs);
    await manager.close();
  });

  it('tells listeners of the durable offset before the append settles', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    const seen: number[] = [];
    const stop = log.onDurable((offset) => seen.push(offset));
    await append(log);
    expect(seen).toEqual([1]);
    stop();
    await append(log);
    expect(seen).toEqual([1]);
    await manager.close();
  });

  it('refuses an older leader epoch', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await log.appendAsLeader(batchOf(), { ...client, leaderEpoch: 3 }).written;
    expect(() => log.appendAsLeader(batchOf(), { ...client, leaderEpoch: 2 })).toThrow(
      /FENCED_LEADER_EPOCH/,
    );
    expect(log.endOffsetForEpoch(5)).toEqual({ epoch: 3, endOffset: 1 });
    expect(log.endOffsetForEpoch(2)).toBeUndefined();
    await manager.close();
  });
});

describe('reading', () => {
  it('serves whole batches only, the first even when it is too large', async () => {
    const manager = await openManager(memory().platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    for (const value of ['a', 'b', 'c']) await append(log, { values: [value, value] });
    const read = (offset: number, maxBytes: number, boundOffset = 6, minOneBatch = true) =>
      log.read({ offset, maxBytes, boundOffset, minOneBatch });
    const size = batchOf({ values: ['a', 'a'] }).length;
    expect((await read(0, 1)).nextOffset).toBe(2);
    expect((await read(1, 2 * size)).nextOffset).toBe(4);
    expect((await read(1, 2 * size - 1)).nextOffset).toBe(2);
    expect((await read(0, 1, 6, false)).records.length).toBe(0);
    expect((await read(0, 10_000, 5)).nextOffset).toBe(4);
    expect((await read(4, 10_000, 5)).records.length).toBe(0);
    expect((await read(6, 10_000)).records.length).toBe(0);
    await expect(read(7, 1)).rejects.toThrow(/OFFSET_OUT_OF_RANGE/);
    await manager.close();
  });

  it('gives the same answers from the tail cache as from the disk', async () => {
    const { platform } = memory();
    const cached = await openManager(platform, { directory: '/a' });
    const bare = await openManager(platform, { directory: '/b', tailCacheBytes: 0 });
    const logs = [createLog(cached, { segmentBytes: 400 }), createLog(bare, { segmentBytes: 400 })];
    for (let count = 1; count <= 12; count++) {
      const values = Array.from({ length: (count % 3) + 1 }, (_, at) => `${count}.${at}`);
      for (const log of logs) await append(log, { values });
    }
    const [one, other] = logs;
    if (!one || !other) throw new Error('two logs');
    expect(one.segmentCount).toBeGreaterThan(2);
    expect(await valuesOf(one)).toEqual(await valuesOf(other));
    expect(one.readSync({ offset: 3, maxBytes: 100, boundOffset: 20 })).toBeDefined();
    expect(other.readSync({ offset: 3, maxBytes: 100, boundOffset: 20 })).toBeUndefined();
    await cached.close();
    await bare.close();
  });

  it('reads a batch larger than any buffer it starts with', async () => {
    const manager = await openManager(memory().platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    await append(log);
    await append(log, { values: ['x'.repeat(300_000)] });
    const result = await log.read({ offset: 1, maxBytes: 100, boundOffset: 2 });
    expect(result.records.length).toBeGreaterThan(300_000);
    expect(await readAll(log)).toHaveLength(2);
    await manager.close();
  });
});

describe('large appends', () => {
  const large = (value: string) => batchOf({ values: [value.repeat(100_000)] });

  it('are written off the loop, one after another, small ones between them in order', async () => {
    const platform = memoryPlatform({ seed: 1 });
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(manager, { segmentBytes: 250_000 });
    const order: number[] = [];
    const acknowledged: Promise<void>[] = [];
    for (const value of ['a', 'b', 'c', 'd', 'e']) {
      for (const bytes of [large(value), batchOf({ values: [value] })]) {
        const { lastOffset, written } = log.appendAsLeader(bytes, client);
        acknowledged.push(written.then(() => void order.push(lastOffset)));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(acknowledged);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(log.segmentCount).toBe(3);
    const values = (await readAll(log)).map((record) => String(record.value?.subarray(0, 2)));
    expect(values).toEqual(['aa', 'a', 'bb', 'b', 'cc', 'c', 'dd', 'd', 'ee', 'e']);
    await manager.close();
  });

  it.each(['write', 'open'] as const)('reject when their %s fails', async (operation) => {
    const platform = memoryPlatform({ seed: 1 });
    const manager = await openManager(platform);
    const log = createLog(manager);
    if (operation === 'write') await append(log);
    platform.disk.fail({ operation, code: 'EIO', pathPart: '.log' });
    const first = log.appendAsLeader(large('a'), client);
    const second = log.appendAsLeader(large('b'), client);
    await expect(first.written).rejects.toThrow(/EIO/);
    await expect(second.written).rejects.toThrow(/EIO/);
    await manager.close().catch(() => undefined);
  });
});

describe('the tail cache', () => {
  it('stays within its bytes over many small batches', async () => {
    const manager = await openManager(memory().platform, { tailCacheBytes: 10_000 });
    const log = createLog(manager);
    for (let count = 0; count < 3000; count++) log.appendAsLeader(batchOf(), client);
    await log.flush();
    const inMemory = (offset: number) => log.readSync({ offset, maxBytes: 1, boundOffset: 3000 });
    expect(inMemory(2999)).toBeDefined();
    expect(inMemory(2900)).toBeDefined();
    expect(inMemory(2800)).toBeUndefined();
    expect(await valuesOf(log)).toHaveLength(3000);
    await manager.close();
  });

  it('does not keep a large buffer alive for a small batch', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    const batch = batchOf();
    const frame = Buffer.alloc(1_000_000);
    batch.copy(frame, 500);
    await append(log);
    await log.appendAsLeader(frame.subarray(500, 500 + batch.length), client).written;
    const read = log.readSync({ offset: 1, maxBytes: 1, boundOffset: 2 });
    expect(read?.records.buffer.byteLength).toBeLessThan(100_000);
    await manager.close();
  });
});

describe('cutting back', () => {
  it('drops the batch that contains the offset and all after it, and goes on from there', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { segmentBytes: 256 });
    for (let at = 0; at < 6; at++) await append(log, { values: [`${at}a`, `${at}b`] });
    await log.truncateTo(7);
    expect(log.logEndOffset).toBe(6);
    expect(await append(log, { values: ['new'] })).toBe(6);
    expect(await valuesOf(log, 4)).toEqual(['4:2a', '5:2b', '6:new']);
    await log.truncateTo(100);
    expect(log.logEndOffset).toBe(7);
    await manager.close();
  });

  it('below the log start leaves an empty log there', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await append(log, { values: ['a', 'b', 'c', 'd'] });
    await log.deleteRecordsBefore(2);
    await expect(log.truncateTo(1)).rejects.toThrow(/OFFSET_OUT_OF_RANGE/);
    await log.truncateTo(3);
    expect([log.logStartOffset, log.logEndOffset]).toEqual([2, 2]);
    expect(await append(log, { values: ['new'] })).toBe(2);
    expect(await valuesOf(log)).toEqual(['2:new']);
    await manager.close();
  });

  it('refuses appends meanwhile', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager);
    await append(log);
    const truncated = log.truncateTo(0);
    expect(() => log.appendAsLeader(batchOf(), client)).toThrow(/being truncated/);
    await truncated;
    expect(await append(log)).toBe(0);
    await manager.close();
  });
});

describe('deleting from the head', () => {
  it('moves the start at once and drops whole segments', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { segmentBytes: 256 });
    for (let at = 0; at < 9; at++) await append(log, { values: [`${at}`] });
    await log.deleteRecordsBefore(4);
    expect([log.logStartOffset, log.segmentCount]).toEqual([4, 2]);
    await expect(log.read({ offset: 3, maxBytes: 1, boundOffset: 9 })).rejects.toThrow(
      /OFFSET_OUT_OF_RANGE/,
    );
    await log.deleteRecordsBefore(2);
    expect(log.logStartOffset).toBe(4);
    await log.deleteRecordsBefore(9);
    expect([log.logStartOffset, log.logEndOffset, log.segmentCount]).toEqual([9, 9, 1]);
    await expect(log.deleteRecordsBefore(10)).rejects.toThrow(/OFFSET_OUT_OF_RANGE/);
    expect(await append(log)).toBe(9);
    await manager.close();
  });
});

describe('segments', () => {
  it('roll by size, by the age of their first batch, and with changed settings', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { segmentBytes: 256, segmentMs: 1000 });
    const size = batchOf().length;
    for (let count = 0; count < Math.floor(256 / size); count++) await append(log);
    expect(log.segmentCount).toBe(1);
    await append(log);
    expect(log.segmentCount).toBe(2);
    await append(log, { timestamp: nowMs + 1000 });
    expect(log.segmentCount).toBe(2);
    await append(log, { timestamp: nowMs + 1001 });
    expect(log.segmentCount).toBe(3);
    log.updateSettings({ ...log.settings, segmentBytes: 100_000 });
    for (let count = 0; count < 10; count++) await append(log, { timestamp: nowMs + 1001 });
    expect(log.segmentCount).toBe(3);
    await manager.close();
  });

  it('work with replayed data of years ago', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { segmentMs: 604_800_000 });
    const start2001 = Date.UTC(2001, 0, 1);
    for (let day = 0; day < 20; day++)
      await append(log, { timestamp: start2001 + day * 86_400_000 });
    expect(log.segmentCount).toBe(3);
    await manager.close();
  });

  it('keep descriptors below the bound', async () => {
    const directory = await temporaryDirectory();
    const platform = platformOn(new NodeDisk());
    const options = { platform, directory: directory.path, flush: 'group', nodeId: 1 } as const;
    const manager = await LogManager.open({ ...options, openFilesMax: 4, tailCacheBytes: 0 });
    const log = createLog(manager, { segmentBytes: 256 });
    for (let count = 0; count < 40; count++) await append(log, { values: [`${count}`] });
    expect(log.segmentCount).toBeGreaterThan(10);
    expect((await valuesOf(log)).length).toBe(40);
    expect(manager.openFiles.openCount).toBeLessThanOrEqual(4);
    await manager.close();
    await directory.remove();
  });
});

describe('looking up by time', () => {
  it('finds the first record at or after a timestamp', async () => {
    const manager = await openManager(memory().platform);
    const log = createLog(manager, { segmentBytes: 300, indexIntervalBytes: 0 });
    for (const at of [10, 30, 20, 50, 40, 60]) await append(log, { timestamp: at });
    const at = async (timestamp: number) => (await log.offsetForTimestamp(timestamp))?.offset;
    expect(await Promise.all([0, 10, 11, 30, 31, 51, 61].map(at))).toEqual([
      0,
      0,
      1,
      1,
      3,
      5,
      undefined,
    ]);
    expect(await log.offsetForTimestamp(31, 3)).toBeUndefined();
    expect(await log.maxTimestampOffset()).toMatchObject({ offset: 5, timestamp: 60 });
    expect(await log.maxTimestampOffset(4)).toMatchObject({ offset: 3, timestamp: 50 });
    await manager.close();
  });
});

describe('a log that goes away', () => {
  it('is forgotten at once and can be made anew', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager);
    await append(log);
    const deleted = manager.delete(tp);
    expect(manager.get(tp)).toBeUndefined();
    const again = manager.create(tp, { topicId: 'another' });
    await append(again, { values: ['new'] });
    await deleted;
    expect(await valuesOf(again)).toEqual(['0:new']);
    expect(() => log.appendAsLeader(batchOf(), client)).toThrow(/NOT_LEADER_OR_FOLLOWER/);
    await manager.close();
    expect((await disk.list('/data')).filter((name) => name.startsWith('flights'))).toEqual([
      'flights-0',
    ]);
  });
});
