// What a crash may leave behind, and what must be there afterwards: torn tails, lost files, failing disks.

import { type DiskOperation, manualClock, memoryDisk, type MemoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { type LogManager, logSettings, type PartitionLog } from '../src/index.js';
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
  topicId,
  tp,
  valuesOf,
} from './log-fixture.js';

const file = (offset: number, suffix: string) =>
  `/data/flights-0/${String(offset).padStart(20, '0')}.${suffix}`;

/** Writes `bytes` as the whole file, durably. */
async function put(disk: MemoryDisk, path: string, bytes: Uint8Array): Promise<void> {
  const open = await disk.open(path, 'create');
  await open.truncate(0);
  await open.write([bytes], 0);
  await open.sync();
  await open.close();
  await disk.syncDirectory('/data/flights-0');
}

function logOf(manager: LogManager): PartitionLog {
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  return log;
}

/** A crashed directory with `count` acknowledged batches whose recovery point is 0. */
async function crashed(count: number, settings = {}): Promise<MemoryDisk> {
  const { platform, disk } = memory();
  const log = createLog(await openManager(platform), settings);
  for (let at = 0; at < count; at++) await append(log, { values: [`${at}`] });
  disk.crash();
  return disk;
}

describe('a torn last batch', () => {
  const tails: ReadonlyArray<readonly [string, (torn: Buffer, from: number) => Buffer]> = [
    ['cut off', (whole, from) => whole.subarray(0, from)],
    [
      'zeros',
      (whole, from) => Buffer.concat([whole.subarray(0, from), Buffer.alloc(whole.length - from)]),
    ],
    [
      'garbage',
      (whole, from) =>
        Buffer.concat([whole.subarray(0, from), Buffer.alloc(whole.length - from + 40, 0xa7)]),
    ],
  ];
  it.each(tails)('is cut at every byte with this tail: %s', async (_name, torn) => {
    const disk = await crashed(3);
    const whole = await disk.readFile(file(0, 'log'));
    const lastStart = (whole.length / 3) * 2;
    for (let from = lastStart; from < whole.length; from++) {
      const left = torn(whole, from);
      if (left.equals(whole)) continue;
      await put(disk, file(0, 'log'), left);
      const manager = await openManager(platformOn(disk));
      const log = logOf(manager);
      expect(await valuesOf(log), `torn at ${from}`).toEqual(['0:0', '1:1']);
      expect(await append(log, { values: ['next'] })).toBe(2);
      expect(await valuesOf(log)).toEqual(['0:0', '1:1', '2:next']);
      disk.crash();
    }
  });

  it('takes later segments with it', async () => {
    const disk = await crashed(9, { segmentBytes: 256 });
    await disk.remove('/data/recovery-point-offset-checkpoint');
    const first = await disk.readFile(file(0, 'log'));
    await put(disk, file(0, 'log'), first.subarray(0, first.length - 1));
    const events: LoggedEvent[] = [];
    const manager = await openManager(platformOn(disk, recordingLogger(events)));
    expect(logOf(manager).segmentCount).toBe(1);
    expect(await valuesOf(logOf(manager))).toEqual(['0:0', '1:1']);
    expect(events.some((event) => event.event === 'log-tail-cut')).toBe(true);
    expect((await disk.list('/data/flights-0')).filter((name) => name.endsWith('.log'))).toEqual([
      `${'0'.repeat(20)}.log`,
    ]);
    await manager.close();
  });
});

describe('after a crash', () => {
  it('every flipped bit of a batch header is found', async () => {
    const disk = await crashed(3);
    const whole = await disk.readFile(file(0, 'log'));
    const start = whole.length / 3;
    for (let bit = 0; bit < 61 * 8; bit++) {
      const damaged = Buffer.from(whole);
      const at = start + (bit >> 3);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (bit & 7));
      await put(disk, file(0, 'log'), damaged);
      // Below a recovery point damage is passed: segment-gaps.spec.ts.
      await disk.remove('/data/recovery-point-offset-checkpoint');
      const manager = await openManager(platformOn(disk));
      const values = await valuesOf(logOf(manager));
      // A leader epoch that grew is plausible within its own batch; the next batch then contradicts it.
      const isEpoch = bit >= 12 * 8 && bit < 16 * 8;
      expect(values.length, `bit ${bit}`).toBeLessThanOrEqual(isEpoch ? 2 : 1);
      disk.crash();
    }
  });

  it('finds a hole between segments', async () => {
    const disk = await crashed(9, { segmentBytes: 256 });
    await disk.remove('/data/recovery-point-offset-checkpoint');
    await disk.remove(file(3, 'log'));
    const manager = await openManager(platformOn(disk));
    expect((await valuesOf(logOf(manager))).length).toBe(3);
    await manager.close();
  });

  it('knows producers, epochs and times again although all side files are lost', async () => {
    const { platform, disk } = memory();
    const log = createLog(await openManager(platform), { segmentBytes: 256 });
    for (let sequence = 0; sequence < 8; sequence++) {
      const batch = batchOf({
        producerId: 9,
        producerEpoch: 1,
        baseSequence: sequence,
        timestamp: 1000 + sequence,
      });
      await log.appendAsLeader(batch, { ...client, leaderEpoch: sequence >> 1 }).written;
    }
    disk.crash();
    for (const name of await disk.list('/data/flights-0')) {
      if (!/\.log$|metadata/.test(name)) await disk.remove(`/data/flights-0/${name}`);
    }
    const manager = await openManager(platform);
    const again = logOf(manager);
    expect(again.endOffsetForEpoch(2)).toEqual({ epoch: 2, endOffset: 6 });
    expect((await again.offsetForTimestamp(1003))?.offset).toBe(3);
    const duplicate = batchOf({
      producerId: 9,
      producerEpoch: 1,
      baseSequence: 7,
      timestamp: 1007,
    });
    expect(again.appendAsLeader(duplicate, { ...client, leaderEpoch: 3 })).toMatchObject({
      baseOffset: 7,
      duplicate: true,
    });
    const gap = batchOf({ producerId: 9, producerEpoch: 1, baseSequence: 9 });
    expect(() => again.appendAsLeader(gap, { ...client, leaderEpoch: 3 })).toThrow(
      /OUT_OF_ORDER_SEQUENCE_NUMBER/,
    );
    await manager.close();
  });

  it('begins at the log start when less than that is left', async () => {
    const disk = await crashed(6, { segmentBytes: 100_000 });
    const first = await openManager(platformOn(disk));
    await logOf(first).deleteRecordsBefore(4);
    disk.crash();
    const whole = await disk.readFile(file(0, 'log'));
    await put(disk, file(0, 'log'), whole.subarray(0, whole.length / 2));
    const manager = await openManager(platformOn(disk));
    const log = logOf(manager);
    expect([log.logStartOffset, log.logEndOffset]).toEqual([4, 4]);
    expect(await append(log, { values: ['next'] })).toBe(4);
    disk.crash();
    const again = await openManager(platformOn(disk));
    expect(await valuesOf(logOf(again))).toEqual(['4:next']);
    await again.close();
  });

  it('scans from a recovery point that follows the durable offset', async () => {
    const disk = memoryDisk();
    const clock = manualClock();
    const platform = { ...platformOn(disk), clock, scheduler: clock };
    const log = createLog(await openManager(platform));
    const { written } = log.appendAsLeader(batchOf({ values: ['a', 'b'] }), client);
    for (let turn = 0; turn < 5; turn++) await clock.advance(0);
    await written;
    const checkpoint = async () =>
      String(await disk.readFile('/data/recovery-point-offset-checkpoint'));
    expect(await checkpoint()).not.toContain('flights');
    await clock.advance(30_000);
    expect(await checkpoint()).toContain('flights 0 2\n');
  });

  it('reports what is missing below the recovery point', async () => {
    const { platform, disk } = memory();
    const first = await openManager(platform);
    const log = createLog(first);
    for (let at = 0; at < 3; at++) await append(log, { values: [`${at}`] });
    await first.close();
    await disk.remove('/data/.clean-shutdown');
    const whole = await disk.readFile(file(0, 'log'));
    await put(disk, file(0, 'log'), whole.subarray(0, whole.length - 1));
    const events: LoggedEvent[] = [];
    const manager = await openManager(platformOn(disk, recordingLogger(events)));
    expect(events.find((event) => event.event === 'log-lost-its-tail')?.fields).toMatchObject({
      fromOffset: 2,
      toOffset: 3,
    });
    await manager.close();
  });
});

describe('indexes', () => {
  it.each(['index', 'timeindex'])('are rebuilt when the %s file lies', async (suffix) => {
    const { platform, disk } = memory();
    const first = await openManager(platform);
    const log = createLog(first);
    const value = 'x'.repeat(10_000);
    for (let at = 0; at < 60; at++) await append(log, { values: [value], timestamp: 1000 + at });
    await first.close();
    const good = await disk.readFile(file(0, suffix));
    expect(good.length).toBeGreaterThan(0);
    for (const damage of [
      Buffer.alloc(0),
      Buffer.alloc(good.length),
      good.subarray(5),
      undefined,
    ]) {
      if (damage === undefined) await disk.remove(file(0, suffix));
      else await put(disk, file(0, suffix), damage);
      const manager = await openManager(platform, { tailCacheBytes: 0 });
      const again = logOf(manager);
      const { nextOffset } = await again.read({ offset: 40, maxBytes: 1, boundOffset: 60 });
      expect(nextOffset).toBe(41);
      if (suffix === 'timeindex') {
        expect((await again.offsetForTimestamp(1044))?.offset).toBe(44);
      }
      await manager.close();
    }
  });

  it('that point between batches are found out by the read', async () => {
    const { platform, disk } = memory();
    const first = await openManager(platform);
    const log = createLog(first);
    for (let at = 0; at < 60; at++) await append(log, { values: ['x'.repeat(10_000)] });
    await first.close();
    const index = await disk.readFile(file(0, 'index'));
    index.writeInt32BE(index.readInt32BE(20 * 8 + 4) + 3, 20 * 8 + 4);
    await put(disk, file(0, 'index'), index);
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const offset = index.readInt32BE(20 * 8);
    const read = logOf(manager).read({ offset, maxBytes: 1, boundOffset: 60 });
    expect((await read).nextOffset).toBe(offset + 1);
    await manager.close();
  });
});

describe('damaged bytes', () => {
  it('are reported with their offset and never served', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    for (let at = 0; at < 3; at++) await append(log);
    disk.flipBit(file(0, 'log'), batchOf().length + 7);
    const first = await log.read({ offset: 0, maxBytes: 10_000, boundOffset: 3 });
    expect(first.nextOffset).toBe(1);
    await expect(log.read({ offset: 1, maxBytes: 10_000, boundOffset: 3 })).rejects.toThrow(
      /damaged: offsets 1 to 1 cannot be read.*from offset 2 on.*CORRUPT_MESSAGE/,
    );
    await manager.close();
  });
});

describe('a read that the disk refuses', () => {
  it('fails alone; the directory stays in service', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    const log = createLog(manager);
    await append(log);
    for (const look of [
      () => log.read({ offset: 0, maxBytes: 1, boundOffset: 1 }),
      () => log.offsetForTimestamp(0),
    ]) {
      disk.fail({ operation: 'read', code: 'EIO' });
      await expect(look()).rejects.toThrow(/cannot read flights-0 .*EIO.*KAFKA_STORAGE_ERROR/);
    }
    expect(await append(log)).toBe(1);
    await manager.close();
  });
});

/** Opens, appends, deletes, truncates, closes; returns what was acknowledged (offset → value). */
async function workload(disk: MemoryDisk): Promise<{ acked: Map<number, string>; start: number }> {
  const acked = new Map<number, string>();
  let start = 0;
  let hasFailed = false;
  const step = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      expect(hasFailed, 'acknowledged after a failure').toBe(false);
    } catch (error) {
      if ((error as Error).name === 'AssertionError') throw error;
      hasFailed = true;
    }
  };
  let manager: LogManager;
  try {
    manager = await openManager(platformOn(disk));
  } catch {
    return { acked, start };
  }
  const log = manager.create(tp, { topicId, settings: logSettings({ segmentBytes: 256 }) });
  const appendOne = (value: string) =>
    step(async () => {
      const offset = await append(log, { values: [value] });
      acked.set(offset, value);
    });
  for (let at = 0; at < 6; at++) await appendOne(`a${at}`);
  await step(async () => {
    start = 2;
    await log.deleteRecordsBefore(2);
  });
  // A truncation that fails may or may not have happened: what it takes was given up.
  for (const offset of acked.keys()) if (offset >= 5) acked.delete(offset);
  await step(() => log.truncateTo(5));
  for (let at = 0; at < 4; at++) await appendOne(`b${at}`);
  await step(() => manager.close());
  return { acked, start };
}

describe('a disk that fails', () => {
  const operations: DiskOperation[] = [
    'write',
    'sync',
    'open',
    'rename',
    'truncate',
    'sync-directory',
    'remove',
    'make-directory',
  ];
  it.each(operations)(
    'once in %s loses nothing acknowledged and acknowledges nothing afterwards',
    async (operation) => {
      let hits = 0;
      for (let nth = 1; nth <= 200; nth++) {
        const disk = memoryDisk({ seed: nth });
        const fault = disk.fail({ operation, nth, code: 'EIO' });
        const { acked, start } = await workload(disk);
        if (fault.hitCount === 0) break;
        hits++;
        fault.remove();
        disk.crash();
        const manager = await openManager(platformOn(disk));
        const log = manager.get(tp);
        if (acked.size > 0) {
          if (!log) throw new Error(`nth ${nth}: the log is gone`);
          const values = new Set(await valuesOf(log));
          for (const [offset, value] of acked) {
            if (offset < start) continue;
            expect(values, `${operation} ${nth}`).toContain(`${offset}:${value}`);
          }
        }
        await manager.close();
      }
      expect(hits).toBeGreaterThan(0);
    },
  );

  it('says so in every later append', async () => {
    const { platform, disk } = memory();
    const manager = await openManager(platform);
    const log = createLog(manager);
    await append(log);
    disk.fail({ operation: 'sync', code: 'EIO' });
    const failed = log.appendAsLeader(batchOf(), client);
    await expect(failed.written).rejects.toThrow(/cannot sync .*\(EIO\).*takes no more writes/);
    expect(() => log.appendAsLeader(batchOf(), client)).toThrow(/KAFKA_STORAGE_ERROR/);
    expect(log.durableOffset).toBe(1);
    expect(manager.failure).toBeDefined();
    await expect(manager.close()).rejects.toThrow(/KAFKA_STORAGE_ERROR/);
    expect(await disk.stat('/data/.clean-shutdown')).toBeUndefined();
  });
});
