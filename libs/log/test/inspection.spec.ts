// Reading the files of a stopped broker: everything sound is counted, every kind of damage is named with its place.

import { describe, expect, it } from 'vitest';
import type { MemoryDisk } from '@drave/platform';
import {
  inspectLogs,
  type InspectionTotals,
  type LogProblem,
  type LogRecovery,
} from '../src/index.js';
import { encodeOffsets } from '../src/sealed-text.js';
import {
  append,
  createLog,
  type LoggedEvent,
  memory,
  openManager,
  platformOn,
  recordingLogger,
  topicId,
} from './log-fixture.js';

const partition = '/data/flights-0';

/** A closed directory: 40 batches of a producer over several segments, large enough to have index files. */
async function closedDirectory(): Promise<MemoryDisk> {
  const { disk, platform } = memory();
  const manager = await openManager(platform);
  const log = createLog(manager, { segmentBytes: 400_000 });
  const value = 'x'.repeat(20_000);
  for (let sequence = 0; sequence < 40; sequence++) {
    await append(log, { values: [value], producerId: 7, producerEpoch: 0, baseSequence: sequence });
  }
  await manager.close();
  return disk;
}

async function inspect(
  disk: MemoryDisk,
  path = '/data',
): Promise<{ totals: InspectionTotals; problems: LogProblem[]; recoveries: LogRecovery[] }> {
  const problems: LogProblem[] = [];
  const recoveries: LogRecovery[] = [];
  const totals = await inspectLogs(disk, path, {
    problem: (problem) => problems.push(problem),
    recovery: (recovery) => recoveries.push(recovery),
  });
  return { totals, problems, recoveries };
}

async function flip(disk: MemoryDisk, path: string, position: number): Promise<void> {
  const file = await disk.open(path, 'read-write');
  const byte = Buffer.alloc(1);
  file.readSync(byte, 0, 1, position);
  file.writeSync([Buffer.from([(byte[0] ?? 0) ^ 0x10])], position);
  await file.close();
}

async function named(disk: MemoryDisk, ending: string): Promise<string> {
  const name = (await disk.list(partition)).find((candidate) => candidate.endsWith(ending));
  expect(name, `a file *${ending}`).toBeDefined();
  return `${partition}/${name}`;
}

/** Six batches in one growing segment, and no stop. */
async function crashed(): Promise<{ disk: MemoryDisk; batchBytes: number; path: string }> {
  const { disk, platform } = memory();
  const log = createLog(await openManager(platform));
  for (let at = 0; at < 6; at++) await append(log);
  disk.endProcess();
  return { disk, batchBytes: log.sizeBytes / 6, path: `${partition}/${'0'.repeat(20)}.log` };
}

describe('an inspection after a crash', () => {
  it('says what the next start cuts, and changes nothing', async () => {
    const { disk, batchBytes, path } = await crashed();
    const file = await disk.open(path, 'read-write');
    file.writeSync([Buffer.alloc(70, 7)], 6 * batchBytes);
    await file.close();
    const before = await disk.readFile(path);
    const { problems, recoveries, totals } = await inspect(disk);
    expect(problems).toEqual([]);
    expect(recoveries).toMatchObject([{ path }]);
    expect(recoveries[0]?.recovery).toMatch(/^cuts 70 torn bytes behind offset 6 /);
    expect(totals).toMatchObject({ batches: 6, recoveries: 1, problems: 0 });
    expect(await disk.readFile(path)).toEqual(before);
    const manager = await openManager(platformOn(disk));
    expect(createLog(manager).logEndOffset).toBe(6);
  });

  it('calls it damage where sound batches follow', async () => {
    const { disk, batchBytes, path } = await crashed();
    await flip(disk, path, 2 * batchBytes + 65);
    const { problems } = await inspect(disk);
    expect(problems).toMatchObject([{ path, position: 2 * batchBytes }]);
    expect(problems[0]?.problem).toMatch(/cuts it there, with the sound batches from offset 3 on/);
  });

  it('calls it damage where the log was durable further', async () => {
    const { disk } = await crashed();
    const points = encodeOffsets(new Map([['flights-0', 9]]));
    await disk.writeFileAtomic('/data/recovery-point-offset-checkpoint', points);
    const { problems } = await inspect(disk);
    expect(problems).toMatchObject([{ path: partition }]);
    expect(problems[0]?.problem).toBe('it ends at 6, it was durable up to 9');
  });

  it('says what comes back from the journal, as the next start does it', async () => {
    const { disk, platform } = memory();
    const journal = {
      atStart: true,
      fromLogs: 2,
      partBytes: 16 * 4096,
      roundBytesMax: 8192,
      logBytesMax: 4096,
    };
    const manager = await openManager(platform, { journal });
    const logs = [0, 1, 2].map((number) =>
      manager.create({ topic: 'flights', partition: number }, { topicId }),
    );
    for (let round = 0; round < 3; round++) await Promise.all(logs.map((log) => append(log)));
    disk.crash();
    const { problems, recoveries } = await inspect(disk);
    expect(problems).toEqual([]);
    const added = recoveries.map(({ recovery }) => recovery);
    expect(added).toContain('adds offsets 1 to 2 from the journal');
    const events: LoggedEvent[] = [];
    await openManager(platformOn(disk, recordingLogger(events)), { journal });
    const replayed = events.filter(({ event }) => event === 'log-replayed');
    expect(replayed).toHaveLength(added.filter((line) => line.startsWith('adds')).length);
  });

  it('knows an unfinished compaction and what retention left', async () => {
    const { disk, path } = await crashed();
    await disk.rename(path, `${partition}/${'0'.repeat(20)}-${'6'.padStart(20, '0')}.log.swap`);
    const stale = await disk.open(path, 'create');
    await stale.close();
    await disk.writeFileAtomic(`${partition}/${'0'.repeat(20)}.log.deleted`, Buffer.alloc(9));
    const { problems, recoveries, totals } = await inspect(disk);
    expect(problems).toEqual([]);
    expect(totals.batches).toBe(6);
    expect(recoveries.map(({ recovery }) => recovery)).toEqual([
      'puts it in the place of the segments it replaces',
      'removes it: retention deleted it',
    ]);
  });
});

describe('an inspection', () => {
  it('finds a closed directory sound and counts it', async () => {
    const { totals, problems } = await inspect(await closedDirectory());
    expect(problems).toEqual([]);
    expect(totals).toMatchObject({ partitions: 1, batches: 40, records: 40, problems: 0 });
    expect(totals.segments).toBeGreaterThan(1);
  });

  it('takes one partition directory as well', async () => {
    const { totals } = await inspect(await closedDirectory(), partition);
    expect(totals).toMatchObject({ partitions: 1, batches: 40, problems: 0 });
  });

  it('shows headers, index entries and producers', async () => {
    const disk = await closedDirectory();
    const seen = { offsets: [] as number[], indexEntries: 0, timeEntries: 0, producers: 0 };
    await inspectLogs(disk, '/data', {
      batch: (_path, { baseOffset }) => seen.offsets.push(baseOffset),
      offsetIndex: (_path, index) => (seen.indexEntries += index.count),
      timeIndex: (_path, index) => (seen.timeEntries += index.count),
      producers: (_path, producers) => (seen.producers += producers.length),
    });
    expect(seen.offsets).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(seen.indexEntries).toBeGreaterThan(10);
    expect(seen.timeEntries).toBeGreaterThan(0);
    expect(seen.producers).toBeGreaterThan(0);
  });

  it('shows seals, checkpoints and the marker', async () => {
    const seen = { chunks: 0, texts: [] as string[] };
    await inspectLogs(await closedDirectory(), '/data', {
      seal: (_path, seal) => (seen.chunks += seal.chunkCount),
      text: (path) => seen.texts.push(path.slice(path.lastIndexOf('/') + 1)),
    });
    expect(seen.chunks).toBeGreaterThan(5);
    expect(seen.texts).toEqual(
      expect.arrayContaining(['meta.properties', '.clean-shutdown', 'partition.metadata']),
    );
  });

  it.each([
    ['a record', '.log', 100, /batch at offset 0 is not sound: its checksum is wrong/],
    ['a base offset', '.log', 7, /not sound: its base offset is 16, not 0/],
    ['an index entry', '.index', 7, /checksum, size or order is wrong/],
    ['a time index entry', '.timeindex', 11, /checksum, size or order is wrong/],
    ['a producer snapshot', '.snapshot', 20, /checksum, version or offset is wrong/],
    ['a seal', '.seal', 40, /checksum, version, offset or size is wrong/],
    ['a checkpoint', 'leader-epoch-checkpoint', 3, /checksum line is missing or wrong/],
  ])('names the damage of %s', async (_what, ending, position, problem) => {
    const disk = await closedDirectory();
    const path = await named(disk, ending);
    await flip(disk, path, position);
    const { problems } = await inspect(disk);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatchObject({ path });
    expect(problems[0]?.problem).toMatch(problem);
  });

  it('goes on behind a damaged segment and reports the damage once', async () => {
    const disk = await closedDirectory();
    const sound = await inspect(disk);
    await flip(disk, await named(disk, '.log'), 100);
    const { totals, problems } = await inspect(disk);
    expect(problems.filter(({ path }) => path.endsWith('.log'))).toHaveLength(1);
    expect(totals.segments).toBe(sound.totals.segments);
    expect(totals.batches).toBeGreaterThan(0);
  });

  it('finds a missing segment', async () => {
    const disk = await closedDirectory();
    const logs = (await disk.list(partition)).filter((name) => name.endsWith('.log'));
    await disk.remove(`${partition}/${logs[1]}`);
    const { problems } = await inspect(disk);
    expect(problems[0]?.problem).toMatch(/it begins at \d+, the one before ends at \d+/);
  });
});
