// Damage at rest in sealed segments: found whatever bit it is, named by its offsets, never served; the rest stays readable.

import type { MemoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import type { LogManager, PartitionLog } from '../src/index.js';
import { SealBuilder, SegmentSeal } from '../src/segment-seal.js';
import {
  batchOf,
  client,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  readAll,
  recordingLogger,
  tp,
} from './log-fixture.js';

const file = (offset: number, suffix: string) =>
  `/data/flights-0/${String(offset).padStart(20, '0')}.${suffix}`;

function logOf(manager: LogManager): PartitionLog {
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  return log;
}

/** Several sealed segments, each batch of another leader epoch, closed cleanly. */
async function sealedLog(
  count: number,
  options: { readonly segmentBytes: number; readonly valueBytes: number },
): Promise<MemoryDisk> {
  const { platform, disk } = memory();
  const manager = await openManager(platform);
  const log = createLog(manager, { segmentBytes: options.segmentBytes });
  for (let at = 0; at < count; at++) {
    const batch = batchOf({ values: [String(at).padEnd(options.valueBytes, 'x')] });
    await log.appendAsLeader(batch, { ...client, leaderEpoch: at >> 1 }).written;
  }
  await log.scrub();
  await manager.close();
  return disk;
}

/** What can be read of `[0, end)`, offset by offset; what cannot is in `refused`. */
async function survey(
  log: PartitionLog,
): Promise<{ values: Map<number, string>; refused: number[] }> {
  const values = new Map<number, string>();
  const refused: number[] = [];
  for (let offset = 0; offset < log.logEndOffset; offset++) {
    try {
      const request = { offset, maxBytes: 1, boundOffset: log.logEndOffset };
      const { records } = await log.read(request);
      const { forEachBatch } = await import('@drave/protocol');
      forEachBatch(records, (batch) => {
        expect(batch.crcIsValid()).toBe(true);
        expect(batch.partitionLeaderEpoch).toBe(offset >> 1);
        for (const record of batch.records()) values.set(record.offset, String(record.value));
      });
    } catch (error) {
      expect(String(error)).toMatch(/CORRUPT_MESSAGE|KAFKA_STORAGE_ERROR/);
      refused.push(offset);
    }
  }
  return { values, refused };
}

describe('the seal of a segment', () => {
  it('is written in the background, and removed with what it describes', async () => {
    const disk = await sealedLog(9, { segmentBytes: 256, valueBytes: 40 });
    const seals = (await disk.list('/data/flights-0')).filter((name) => name.endsWith('.seal'));
    expect(seals.length).toBe(4);
    const manager = await openManager(platformOn(disk));
    await logOf(manager).truncateTo(3);
    const left = (await disk.list('/data/flights-0')).filter((name) => name.endsWith('.seal'));
    expect(left.length).toBe(1);
    await manager.close();
  });

  it('counts as missing when it is damaged or of another size, and is made again', async () => {
    const builder = new SealBuilder(10);
    builder.add({ baseOffset: 10, nextOffset: 12 }, Buffer.alloc(100_000, 1));
    builder.add({ baseOffset: 12, nextOffset: 15 }, Buffer.alloc(50_000, 2));
    const bytes = builder.finish(15).encode();
    const segment = { baseOffset: 10, sizeBytes: 150_000 };
    const seal = SegmentSeal.decode(bytes, segment);
    expect(seal?.floor(11)).toEqual({ position: 0, baseOffset: 10 });
    expect(seal?.floor(13)).toEqual({ position: 100_000, baseOffset: 12 });
    expect(SegmentSeal.decode(bytes, { ...segment, sizeBytes: 150_001 })).toBeUndefined();
    expect(SegmentSeal.decode(bytes, { ...segment, baseOffset: 11 })).toBeUndefined();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(SegmentSeal.decode(damaged, segment), `bit ${bit}`).toBeUndefined();
    }
    const disk = await sealedLog(9, { segmentBytes: 256, valueBytes: 40 });
    disk.flipBit(file(0, 'seal'), 20);
    const manager = await openManager(platformOn(disk));
    expect((await logOf(manager).scrub()).sealed).toBe(1);
    expect((await logOf(manager).scrub()).sealed).toBe(0);
    await manager.close();
  });
});

describe('a flipped bit in a sealed segment', () => {
  it.each(['read', 'scrub'])(
    'of any header byte is found by a %s and never served',
    async (how) => {
      for (let bit = 0; bit < 61 * 8; bit++) {
        const disk = await sealedLog(6, { segmentBytes: 256, valueBytes: 40 });
        const size = (await disk.stat(file(0, 'log')))?.sizeBytes ?? 0;
        disk.flipBit(file(0, 'log'), size / 2 + (bit >> 3), bit & 7);
        const events: LoggedEvent[] = [];
        const platform = platformOn(disk, recordingLogger(events));
        const manager = await openManager(platform, { tailCacheBytes: 0 });
        const log = logOf(manager);
        if (how === 'scrub') await log.scrub();
        const { values, refused } = await survey(log);
        expect(refused, `bit ${bit}`).toEqual([0, 1]);
        expect([...values.keys()]).toEqual([2, 3, 4, 5]);
        expect(log.corruptRanges).toEqual([{ fromOffset: 0, toOffset: 2, path: file(0, 'log') }]);
        expect(events.filter((event) => event.event === 'log-damaged').length).toBe(1);
        await manager.close();
      }
    },
  );

  it('costs the batches that touch its 64 KiB, the others stay readable', async () => {
    const options = { segmentBytes: 700_000, valueBytes: 10_000 };
    for (const at of [0, 9, 65_535, 65_536, 300_012, 400_000]) {
      const disk = await sealedLog(100, options);
      disk.flipBit(file(0, 'log'), at, 3);
      const manager = await openManager(platformOn(disk), { tailCacheBytes: 0 });
      const log = logOf(manager);
      const { values, refused } = await survey(log);
      const batchBytes = batchOf({ values: ['x'.repeat(10_000)] }).length;
      const chunk = Math.floor(at / 65_536) * 65_536;
      const first = Math.floor(chunk / batchBytes);
      const last = Math.floor((chunk + 65_535) / batchBytes);
      const lost = Array.from({ length: last - first + 1 }, (_, index) => first + index);
      expect(refused, `at ${at}`).toEqual(lost);
      expect(values.size).toBe(100 - lost.length);
      expect(log.corruptRanges).toMatchObject([{ fromOffset: first, toOffset: last + 1 }]);
      await expect(log.read({ offset: first, maxBytes: 1, boundOffset: 100 })).rejects.toThrow(
        /offsets \d+ to \d+ cannot be read; what follows can.*CORRUPT_MESSAGE/,
      );
      await manager.close();
    }
  });

  it('gets no seal when there was none', async () => {
    const disk = await sealedLog(6, { segmentBytes: 256, valueBytes: 40 });
    await disk.remove(file(0, 'seal'));
    const size = (await disk.stat(file(0, 'log')))?.sizeBytes ?? 0;
    disk.flipBit(file(0, 'log'), size / 2 + 14, 1); // the leader epoch of its second batch
    const manager = await openManager(platformOn(disk), { tailCacheBytes: 0 });
    const log = logOf(manager);
    const { sealed, corruptRanges } = await log.scrub();
    expect(sealed).toBe(0);
    expect(corruptRanges).toMatchObject([{ fromOffset: 1, toOffset: 2 }]);
    expect((await readAll(log, 2)).length).toBe(4);
    await manager.close();
  });
});

describe('a scrub of the directory', () => {
  it('reads no faster than it may and ends with the manager', async () => {
    const disk = await sealedLog(9, { segmentBytes: 256, valueBytes: 40 });
    const sleeps: number[] = [];
    const platform = platformOn(disk);
    const scheduler = new Proxy(platform.scheduler, {
      get: (target, name) => {
        if (name === 'sleep') return async (ms: number) => void sleeps.push(ms);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const manager = await openManager({ ...platform, scheduler });
    const totals = await manager.scrub({ bytesPerSecond: 1000 });
    expect(totals).toMatchObject({ sealed: 0, corruptRanges: 0 });
    expect(sleeps.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(totals.verifiedBytes, 3);
    await manager.close();
    expect((await logOf(await openManager(platform)).scrub()).verifiedBytes).toBe(
      totals.verifiedBytes,
    );
  });
});
