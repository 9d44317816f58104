// Many partitions in one data directory, without sockets: how long a durable commit of N dirty partitions takes, with the shared
// journal and with one fdatasync per file, and what 1 … 10,000 partitions cost an append (P3 and P9 of the performance goals).
// Leaves out: clients and the wire. Rounds are interleaved: the old way, the new way, the probe, and again.

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogManager, type PartitionLog } from '@drave/log';
import { nodePlatform } from '@drave/platform';
import { RecordBatchBuilder } from '@drave/protocol';
import { type Figure, publish } from './harness.ts';

const dirtyCounts = [1, 10, 100, 1000];
const partitionCounts = [1, 1000, 10_000];
const flushModes = ['os', 'group'] as const;
const platform = nodePlatform();
const ways = [
  { name: 'one fdatasync per file', isEnabled: false },
  { name: 'journal where cheaper', isEnabled: true },
];

interface Rig {
  readonly directory: string;
  readonly manager: LogManager;
  readonly logs: readonly PartitionLog[];
  readonly createMs: number;
}

/** Options: `--rounds N` (default 5), `--ms MILLISECONDS` per figure and round (default 1500). */
export async function run(options: readonly string[]): Promise<void> {
  const rounds = option(options, '--rounds', 5);
  const limitMs = option(options, '--ms', 1500);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-partitions-'));
  try {
    const figures = [
      ...(await commits(work, { rounds, limitMs })),
      ...(await scale(work, { rounds, limitMs })),
    ];
    publish('partitions', figures, [
      'a commit is one batch of one 100 B record to each dirty partition, appended in one turn, until all are acknowledged',
      `rounds: ${rounds}, each ${limitMs} ms; medians of the rounds (min … max)`,
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Plan {
  readonly rounds: number;
  readonly limitMs: number;
}

async function commits(work: string, { rounds, limitMs }: Plan): Promise<Figure[]> {
  const probes: number[] = [];
  const samples = new Map<string, { unit: string; values: number[] }>();
  const add = (name: string, unit: string, value: number): void => {
    const sample = samples.get(name) ?? { unit, values: [] };
    sample.values.push(value);
    samples.set(name, sample);
  };
  for (const dirty of dirtyCounts) {
    const rigs: Rig[] = [];
    for (const { isEnabled } of ways) rigs.push(await rig(work, dirty, { isEnabled }));
    for (let round = 0; round <= rounds; round++) {
      if (round > 0) probes.push(probe(work));
      for (const [index, way] of ways.entries()) {
        process.stderr.write(`\r${dirty} dirty, round ${round}/${rounds}: ${way.name.padEnd(30)}`);
        const { logs } = rigs[index] ?? { logs: [] };
        const times = await commitsFor(logs, round === 0 ? limitMs / 3 : limitMs);
        if (round === 0) continue;
        const label = `${dirty} dirty, ${way.name}`;
        add(`${label}: commit p50`, 'µs', 1000 * quantile(times, 0.5));
        add(`${label}: commit p99`, 'µs', 1000 * quantile(times, 0.99));
        const totalMs = times.reduce((sum, ms) => sum + ms, 0);
        add(`${label}: batches`, '/s', (times.length * dirty * 1000) / totalMs);
      }
    }
    for (const { manager, directory } of rigs) {
      const { journalFigures } = manager;
      if (journalFigures) console.log(`${dirty} dirty: ${JSON.stringify(journalFigures)}`);
      await manager.close();
      rmSync(directory, { recursive: true });
    }
  }
  process.stderr.write(`\r${' '.repeat(70)}\r`);
  return [
    figure('probe: write and fdatasync of 4 KiB into one file', 'µs', probes, true),
    ...[...samples].map(([name, { unit, values }]) => figure(name, unit, values)),
  ];
}

/** Batches of 16 KiB dealt out over all partitions, 64 at a time, and how long making the partitions takes. */
async function scale(work: string, { rounds, limitMs }: Plan): Promise<Figure[]> {
  const cases = flushModes.flatMap((flush) =>
    partitionCounts.map((count) => ({ flush, count, creates: noFigures(), rates: noFigures() })),
  );
  for (let round = 0; round < Math.min(rounds, 3); round++) {
    for (const { flush, count, creates, rates } of cases) {
      process.stderr.write(`\r${count} partitions, ${flush}, round ${round + 1}`.padEnd(50));
      const { manager, logs, directory, createMs } = await rig(work, count, { flush });
      creates.push(createMs);
      rates.push(await throughput(logs, limitMs));
      await manager.close();
      rmSync(directory, { recursive: true });
    }
  }
  process.stderr.write(`\r${' '.repeat(70)}\r`);
  return cases.flatMap(({ flush, count, creates, rates }) => [
    figure(`${count} partitions, flush=${flush}: created`, 'ms', creates),
    figure(`${count} partitions, flush=${flush}: append in turn`, 'MB/s', rates),
  ]);
}

function noFigures(): number[] {
  return [];
}

/** Each partition has its name durable and its files made. */
async function rig(
  work: string,
  count: number,
  { flush = 'group', isEnabled = true }: { flush?: 'os' | 'group'; isEnabled?: boolean },
): Promise<Rig> {
  const directory = mkdtempSync(join(work, 'data-'));
  const manager = await LogManager.open({
    platform,
    directory,
    flush,
    nodeId: 1,
    openFilesMax: 4096,
    journal: { isEnabled },
  });
  const started = performance.now();
  const logs: PartitionLog[] = [];
  for (let partition = 0; partition < count; partition++) {
    logs.push(manager.create({ topic: 'bench', partition }, { topicId: 'bench' }));
  }
  // The directories are made when the first write of each is through.
  const firsts = logs.map((log) => append(log, smallBatch));
  const createMs = performance.now() - started;
  await Promise.all(firsts);
  return { directory, manager, logs, createMs };
}

async function commitsFor(logs: readonly PartitionLog[], limitMs: number): Promise<number[]> {
  const times: number[] = [];
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    const started = performance.now();
    await Promise.all(logs.map((log) => append(log, smallBatch)));
    times.push(performance.now() - started);
  }
  return times;
}

async function throughput(logs: readonly PartitionLog[], limitMs: number): Promise<number> {
  const inFlight: Promise<void>[] = [];
  const started = performance.now();
  let next = 0;
  while (performance.now() < started + limitMs) {
    for (let turn = 0; turn < 16; turn++, next++) {
      const log = logs[next % logs.length];
      if (log) inFlight.push(append(log, largeBatch));
    }
    await new Promise((resolve) => setImmediate(resolve));
    while (inFlight.length > 64) await inFlight.shift();
  }
  await Promise.all(inFlight);
  return (next * largeBatch.length) / 1000 / (performance.now() - started);
}

function append(log: PartitionLog, template: Buffer): Promise<void> {
  const bytes = Buffer.allocUnsafeSlow(template.length);
  template.copy(bytes);
  const nowMs = platform.clock.nowMs();
  return log.appendAsLeader(bytes, { leaderEpoch: 0, nowMs, origin: 'client' }).written;
}

/** Median of 200 calls, microseconds. */
function probe(work: string): number {
  const path = join(work, 'probe');
  const file = openSync(path, 'w+');
  const bytes = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let call = 0; call < 200; call++) {
    const started = performance.now();
    writeSync(file, bytes, 0, bytes.length, call * bytes.length);
    fdatasyncSync(file);
    times.push(performance.now() - started);
  }
  closeSync(file);
  rmSync(path);
  return 1000 * quantile(times, 0.5);
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? 0;
}

function figure(name: string, unit: string, values: readonly number[], isProbe = false): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    name,
    unit,
    probe: isProbe,
    median: quantile(sorted, 0.5),
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
  };
}

function batchOf(recordCount: number): Buffer {
  const builder = new RecordBatchBuilder();
  const value = Buffer.alloc(100, 'x');
  for (let at = 0; at < recordCount; at++) {
    builder.append({ key: null, value, timestamp: platform.clock.nowMs() });
  }
  return Buffer.from(builder.build());
}

const smallBatch = batchOf(1);
const largeBatch = batchOf(145);

function option(options: readonly string[], name: string, fallback: number): number {
  const at = options.indexOf(name);
  return at < 0 ? fallback : Number(options[at + 1]);
}
