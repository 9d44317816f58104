// Reading the files of a stopped broker: everything sound is counted, every kind of damage is named with its place.

import { describe, expect, it } from 'vitest';
import type { MemoryDisk } from '@drave/platform';
import { inspectLogs, type InspectionTotals, type LogProblem } from '../src/index.js';
import { append, createLog, memory, openManager } from './log-fixture.js';

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
): Promise<{ totals: InspectionTotals; problems: LogProblem[] }> {
  const problems: LogProblem[] = [];
  const totals = await inspectLogs(disk, path, { problem: (problem) => problems.push(problem) });
  return { totals, problems };
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

  it.each([
    ['a record', '.log', 100, /batch at offset 0 is not sound: its checksum is wrong/],
    ['a base offset', '.log', 7, /not sound: its base offset is 16, not 0/],
    ['an index entry', '.index', 7, /checksum, size or order is wrong/],
    ['a time index entry', '.timeindex', 11, /checksum, size or order is wrong/],
    ['a producer snapshot', '.snapshot', 20, /checksum, version or offset is wrong/],
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
