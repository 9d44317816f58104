// What a producer feels while a log of the same process is compacted: the time from the moment a batch should be sent to its durable
// acknowledgement (`flush=group`), at 1,000 batches a second, quiet and while another log is compacted, in one run. Three logs to compact:
// batches of 16 KiB, and the hardest ones: 1 MiB of 100 B records, compressed. The longest turn of the loop by CPU time is what compaction
// itself holds up; late sends count what disk and machine do too. Leaves out: sockets (latency.bench.ts); the memory bound (a test).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogManager, logSettings, type PartitionLog } from '@drave/log';
import { nodePlatform } from '@drave/platform';
import { type CompressionCodec, RecordBatchBuilder } from '@drave/protocol';
import { type Contestant, interleave, publish } from './harness.ts';

const platform = nodePlatform();
const quietMs = 2000;
const intervalMs = 1;

interface Latencies {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** The latest send. */
  readonly stall: number;
  /** The longest turn of the loop, counted in its thread's CPU time: what others on the machine take does not count. */
  readonly turn: number;
}

interface Load {
  readonly name: string;
  readonly recordsPerBatch: number;
  readonly codec: CompressionCodec;
  readonly batches: number;
}

const loads: readonly Load[] = [
  { name: '16 KiB batches', recordsPerBatch: 145, codec: 'none', batches: 2000 },
  { name: '1 MiB batches, lz4', recordsPerBatch: 9000, codec: 'lz4', batches: 30 },
  { name: '1 MiB batches, gzip', recordsPerBatch: 9000, codec: 'gzip', batches: 30 },
];

/** Options: `--rounds N` (default 3). */
export async function run(options: readonly string[]): Promise<void> {
  const at = options.indexOf('--rounds');
  const rounds = at < 0 ? 3 : Number(options[at + 1]);
  const directory = mkdtempSync(join(tmpdir(), 'drave-bench-compaction-'));
  const maintenance = { cleanerEnabled: false };
  const manager = await LogManager.open({
    platform,
    directory,
    flush: 'group',
    nodeId: 1,
    maintenance,
  });
  const steady = manager.create({ topic: 'steady', partition: 0 }, { topicId: 'steady' });
  const rates: string[] = [];
  const contestants: Contestant[] = rows('quiet', () => latencies(steady, sleep(quietMs)));
  for (const load of loads) {
    let serial = 0;
    const compacted = async (): Promise<Latencies> => {
      const topic = {
        topic: `keyed-${load.recordsPerBatch}-${load.codec}-${serial++}`,
        partition: 0,
      };
      const log = await filled(manager, topic, load);
      const started = performance.now();
      const work = log.compact({
        nowMs: Date.now(),
        boundOffset: log.logEndOffset,
        dedupeBufferBytes: 16 * 1024 * 1024,
      });
      const found = await latencies(steady, work);
      const records = load.batches * load.recordsPerBatch;
      const perSecond = Math.round(records / ((performance.now() - started) / 1000));
      rates.push(`${load.name}: ${perSecond.toLocaleString('en')} records/s compacted`);
      await manager.delete(topic);
      return found;
    };
    contestants.push(...rows(`compacting ${load.name}`, compacted));
  }
  try {
    publish('compaction', await interleave(contestants, rounds), rates.slice(-loads.length));
  } finally {
    await manager.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One measurement a round as several rows. */
function rows(name: string, measure: () => Promise<Latencies>): Contestant[] {
  let last: Latencies = { p50: 0, p99: 0, max: 0, stall: 0, turn: 0 };
  const first = async (): Promise<number> => {
    last = await measure();
    return last.p99;
  };
  const unit = 'µs';
  return [
    { name: `p99, ${name}`, unit, measure: first },
    { name: `p50, ${name}`, unit, measure: () => Promise.resolve(last.p50) },
    { name: `longest, ${name}`, unit, measure: () => Promise.resolve(last.max) },
    { name: `latest send, ${name}`, unit, measure: () => Promise.resolve(last.stall) },
    { name: `longest turn (CPU), ${name}`, unit, measure: () => Promise.resolve(last.turn) },
  ];
}

/** Microseconds of a producer until `work` is done. */
async function latencies(log: PartitionLog, work: Promise<unknown>): Promise<Latencies> {
  let isDone = false;
  const end = work.finally(() => (isDone = true));
  let turn = 0;
  let cpu = threadCpu();
  const watch = (): void => {
    const now = threadCpu();
    turn = Math.max(turn, now - cpu);
    cpu = now;
    if (!isDone) setImmediate(watch);
  };
  setImmediate(watch);
  const value = Buffer.alloc(100, 'x');
  const taken: number[] = [];
  const pending: Promise<void>[] = [];
  let stall = 0;
  const started = performance.now();
  for (let serial = 1; !isDone; serial++) {
    const dueMs = started + serial * intervalMs;
    while (performance.now() < dueMs) await sleep(Math.max(0, dueMs - performance.now()));
    stall = Math.max(stall, performance.now() - dueMs);
    const builder = new RecordBatchBuilder();
    builder.append({ key: null, value, timestamp: Date.now() });
    const options = { leaderEpoch: 0, nowMs: Date.now(), origin: 'client' } as const;
    const { written } = log.appendAsLeader(Buffer.from(builder.build()), options);
    pending.push(written.then(() => void taken.push(performance.now() - dueMs)));
  }
  await end;
  await Promise.all(pending);
  const sorted = taken.toSorted((one, other) => one - other);
  const at = (share: number): number => 1000 * (sorted[Math.floor(sorted.length * share)] ?? 0);
  return {
    p50: at(0.5),
    p99: at(0.99),
    max: 1000 * (sorted.at(-1) ?? 0),
    stall: 1000 * stall,
    turn,
  };
}

/** A log of which a tenth of the records stays. */
async function filled(
  manager: LogManager,
  topic: { readonly topic: string; readonly partition: number },
  { recordsPerBatch, codec, batches }: Load,
): Promise<PartitionLog> {
  const settings = { ...logSettings(), cleanupPolicy: ['compact'], segmentBytes: 16 * 1024 * 1024 };
  const log = manager.create(topic, { topicId: topic.topic, settings });
  const keys = Math.ceil((recordsPerBatch * batches) / 10);
  const value = Buffer.alloc(90, 'x');
  let serial = 0;
  for (let batch = 0; batch < batches; batch++) {
    const builder = new RecordBatchBuilder({ codec });
    for (let record = 0; record < recordsPerBatch; record++) {
      const key = Buffer.from(`key-${(serial++ * 7919) % keys}`);
      builder.append({ key, value, timestamp: Date.now() });
    }
    const options = { leaderEpoch: 0, nowMs: Date.now(), origin: 'client' } as const;
    await log.appendAsLeader(Buffer.from(builder.build()), options).written;
  }
  // The active segment is never compacted.
  log.updateSettings({ ...settings, segmentBytes: 14 });
  const last = new RecordBatchBuilder();
  last.append({ key: Buffer.from('last'), value: null, timestamp: Date.now() });
  await log.appendAsLeader(Buffer.from(last.build()), {
    leaderEpoch: 0,
    nowMs: Date.now(),
    origin: 'client',
  }).written;
  log.updateSettings(settings);
  return log;
}

/** Microseconds. */
function threadCpu(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
