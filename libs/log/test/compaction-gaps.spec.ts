// A compacted log whose `cleaner-checkpoint` is gone, or says something else than its segments: their gaps are still a compaction's, and
// nothing that is damaged passes for one.

import { memoryDisk, type MemoryDisk, type Platform } from '@drave/platform';
import { RecordBatchView } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { compactionGapsBelow } from '../src/compaction-gaps.js';
import { writeCleanerCheckpoint } from '../src/cleaner-checkpoint.js';
import { inspectLogs, logSettings, type PartitionLog } from '../src/index.js';
import { lastOffsetOf, readBatchHeader } from '../src/batch-header.js';
import { SealBuilder } from '../src/segment-seal.js';
import { compact, keyed, put } from './compaction-fixture.js';
import {
  createLog,
  type LoggedEvent,
  memory,
  nowMs,
  openManager,
  platformOn,
  recordingLogger,
  topicId,
  tp,
} from './log-fixture.js';

const directory = '/data/flights-0';
const checkpoint = `${directory}/cleaner-checkpoint`;
const compacted = { cleanupPolicy: ['compact'], segmentBytes: 450 };
const count = 30;
const kept = [3, 7, 13, 17, 23, 24, 25, 26, 27, 28, 29];

/** 30 batches of one record in segments of four, compacted, scrubbed. Its disk after a clean stop, or after a crash. */
async function compactedDisk(how: string): Promise<{ disk: MemoryDisk; platform: Platform }> {
  const { disk, platform } = memory();
  const manager = await openManager(platform, { tailCacheBytes: 0 });
  const log = createLog(manager, compacted);
  for (let at = 0; at < count; at++) {
    const isLast = at % 10 === 7 || at % 10 === 3;
    await put(log, [`${isLast ? `k${at}` : 'x'}=${at}`], { timestamp: 1000 + at });
  }
  await compact(log);
  expect(await offsetsOf(log)).toEqual(kept);
  if (how === 'clean') await manager.close();
  else disk.crash();
  return { disk, platform };
}

async function offsetsOf(log: PartitionLog): Promise<number[]> {
  const found: number[] = [];
  for (let offset = 0; offset < log.logEndOffset;) {
    const boundOffset = log.logEndOffset;
    const { records, nextOffset } = await log.read({ offset, maxBytes: 1, boundOffset });
    if (records.length === 0) break; // the log ends behind a gap
    found.push(new RecordBatchView(records).baseOffset);
    offset = nextOffset;
  }
  return found;
}

async function removeSeals(disk: MemoryDisk, which: (index: number) => boolean): Promise<void> {
  const names = (await disk.list(directory)).filter((name) => name.endsWith('.seal')).sort();
  expect(names.length).toBeGreaterThan(1);
  for (const [index, name] of names.entries()) {
    if (which(index)) await disk.remove(`${directory}/${name}`);
  }
}

const stops = ['clean', 'crash'];
const seals: readonly (readonly [string, (index: number) => boolean])[] = [
  ['all seals', () => false],
  ['every second seal', (index) => index % 2 === 0],
  ['no seal', () => true],
];
const cases = stops.flatMap((how) =>
  seals.map(([which, isRemoved]) => ({ how, which, isRemoved })),
);

describe('a compacted log without its checkpoint', () => {
  it.each(cases)('has no damage, $how stop, $which', async ({ how, isRemoved }) => {
    const { disk } = await compactedDisk(how);
    await disk.remove(checkpoint);
    await removeSeals(disk, isRemoved);
    const { problems } = await inspected(disk);
    expect(problems).toEqual([]);
    const events: LoggedEvent[] = [];
    const platform = platformOn(disk, recordingLogger(events));
    const manager = await openManager(platform, { tailCacheBytes: 0 });
    // The policy is another one now: what is there was compacted all the same.
    const log = manager.create(tp, { topicId, settings: logSettings({ segmentBytes: 450 }) });
    expect(await offsetsOf(log)).toEqual(kept);
    for (let at = 0; at < count; at++) {
      const found = await log.offsetForTimestamp(1000 + at);
      expect(found?.offset).toBe(kept.find((candidate) => candidate >= at));
    }
    const { corruptRanges } = await log.scrub();
    expect(corruptRanges).toEqual([]);
    log.updateSettings(logSettings(compacted));
    const request = { nowMs, boundOffset: log.durableOffset, dedupeBufferBytes: 10_000 };
    expect(log.cleaningPlan(request)?.firstDirty).toBe(0);
    await put(log, ['k7=new']);
    for (let filler = 0; filler < 8; filler++) await put(log, [`y=${filler}`]);
    await compact(log);
    expect(await disk.stat(checkpoint)).toBeDefined();
    const left = await offsetsOf(log);
    expect(left).not.toContain(7);
    expect(left).toEqual(expect.arrayContaining([3, 13, 17, 23]));
    await manager.close();
    const again = (await openManager(platform, { tailCacheBytes: 0 })).get(tp);
    expect(again && (await offsetsOf(again))).toEqual(left);
    expect(events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.each(stops)('is recovered whole, and tells it to the next start, %s stop', async (how) => {
    const { disk, platform } = await compactedDisk(how);
    for (const name of ['.clean-shutdown', 'recovery-point-offset-checkpoint']) {
      await disk.remove(`/data/${name}`);
    }
    await disk.remove(checkpoint);
    const log = (await openManager(platform, { tailCacheBytes: 0 })).get(tp);
    expect(log?.logEndOffset).toBe(count);
    expect(log && (await offsetsOf(log))).toEqual(kept);
    expect(log?.state.cleaner.cleanedBelow).toBe(0);
    expect(await disk.stat(checkpoint)).toBeDefined();
  });

  it.each(stops.flatMap((how) => [3, 7, 8, 13, 18, 26, 29].map((at) => ({ how, at }))))(
    'can be cut back to $at, $how stop',
    async ({ how, at }) => {
      const { disk, platform } = await compactedDisk(how);
      await disk.remove(checkpoint);
      const log = (await openManager(platform, { tailCacheBytes: 0 })).get(tp);
      if (!log) throw new Error('the log is gone');
      await log.truncateTo(at);
      const below = kept.filter((candidate) => candidate < at);
      expect(await offsetsOf(log)).toEqual(below);
      const end = await put(log, ['z=1']);
      disk.crash();
      const again = (await openManager(platform, { tailCacheBytes: 0 })).get(tp);
      if (!again) throw new Error('the log is gone');
      expect(await offsetsOf(again)).toEqual([...below, end]);
    },
  );
});

describe('a checkpoint of another moment', () => {
  const moments = [
    { name: 'older', cleanedBelow: 4, gapsBelow: 4 },
    { name: 'newer', cleanedBelow: 1000, gapsBelow: 1000 },
  ];
  it.each(stops.flatMap((how) => moments.map((moment) => ({ how, ...moment }))))(
    '($name) hides nothing and no compaction is left out, $how stop',
    async ({ how, cleanedBelow, gapsBelow }) => {
      const { disk, platform } = await compactedDisk(how);
      await writeCleanerCheckpoint(disk, directory, { cleanedBelow, gapsBelow, horizonMs: -1 });
      const manager = await openManager(platform, { tailCacheBytes: 0 });
      const log = manager.create(tp, { topicId, settings: logSettings(compacted) });
      expect(await offsetsOf(log)).toEqual(kept);
      for (let at = 0; at < 6; at++) await put(log, [`k17=${at}`]);
      await compact(log);
      const { cleaner } = log.state;
      expect(cleaner.cleanedBelow).toBeLessThanOrEqual(log.logEndOffset);
      expect(cleaner.gapsBelow).toBeLessThanOrEqual(log.logEndOffset);
      expect(await offsetsOf(log)).not.toContain(30);
    },
  );
});

describe('gaps of a segment', () => {
  const path = '/00000000000000000010.log';

  /** Batches of three records from offset 10 on; those in `gone` are not there. */
  async function segmentOf(gone: readonly number[]) {
    const disk = memoryDisk();
    const batches: Buffer[] = [];
    for (let at = 0; at < 5; at++) {
      const bytes = keyed([`a=${at}`, `b=${at}`, `c=${at}`]);
      bytes.writeBigInt64BE(BigInt(10 + at * 3), 0);
      if (!gone.includes(at)) batches.push(bytes);
    }
    await disk.writeFileAtomic(path, Buffer.concat(batches));
    return { disk, batches };
  }

  function flip(disk: MemoryDisk, bit: number): void {
    const file = disk.openSync(path, 'read-write');
    const byte = Buffer.alloc(1);
    file.readSync(byte, 0, 1, bit >> 3);
    file.writeSync([Buffer.from([(byte[0] ?? 0) ^ (1 << (bit & 7))])], bit >> 3);
  }

  function judged(disk: MemoryDisk, seal?: Parameters<typeof compactionGapsBelow>[1]): number {
    const file = disk.openSync(path, 'read-write');
    return compactionGapsBelow(
      { file, baseOffset: 10, sizeBytes: file.sizeSync(), endOffset: 25 },
      seal,
    );
  }

  it('are a compaction’s where all of it is sound', async () => {
    for (const gone of [[0], [1], [0, 2], [1, 4]]) {
      expect(judged((await segmentOf(gone)).disk), `${gone}`).toBe(25);
    }
    expect(judged((await segmentOf([])).disk)).toBe(0);
  });

  it('are not what a flipped bit of a segment that was never compacted looks like', async () => {
    const { disk, batches } = await segmentOf([]);
    let start = 0;
    for (const { length } of batches) {
      for (let bit = 0; bit < length * 8; bit++) {
        flip(disk, start * 8 + bit);
        expect(judged(disk), `bit ${bit} of the batch at ${start}`).toBe(0);
        flip(disk, start * 8 + bit);
      }
      start += length;
    }
  });

  it('are in its seal', async () => {
    const sealOf = (batches: readonly Buffer[], endOffset = 25) => {
      const builder = new SealBuilder(10);
      for (const bytes of batches) {
        const header = readBatchHeader(bytes, 0);
        const { baseOffset } = header;
        builder.add({ baseOffset, nextOffset: lastOffsetOf(header) + 1 }, bytes);
      }
      return builder.finish(endOffset);
    };
    for (const gone of [[0], [2], [4]]) {
      const { disk, batches } = await segmentOf(gone);
      expect(sealOf(batches).hasGaps, `${gone}`).toBe(true);
      expect(judged(disk, sealOf(batches))).toBe(25);
    }
    const { disk, batches } = await segmentOf([]);
    expect(sealOf(batches).hasGaps).toBe(false);
    expect(sealOf(batches).encode().readInt16BE(0)).toBe(1);
    expect(judged(disk, sealOf(batches))).toBe(0);
  });
});

async function inspected(disk: MemoryDisk): Promise<{ readonly problems: readonly string[] }> {
  const problems: string[] = [];
  await inspectLogs(disk, '/data', {
    problem: ({ path, problem }) => void problems.push(`${path}: ${problem}`),
  });
  return { problems };
}
