// The log alone, without sockets: append batches of about 16 KiB of 100 B records to one partition in each flush mode, and read
// them back from disk, beside a raw write, fdatasync and read of the same bytes on the same disk.
// Leaves out: clients and the wire (produce.bench.ts), many partitions.

import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FlushMode, LogManager, type PartitionLog } from '@drave/log';
import { nodePlatform, SlabPool } from '@drave/platform';
import { RecordBatchBuilder } from '@drave/protocol';
import { type Contestant, interleave, publish } from './harness.ts';

const recordsPerBatch = 145;
/** Batches handed over before the event loop turns, as one socket chunk after another would. */
const batchesPerTurn = 16;

/** Options: `--rounds N` (default 5), `--mib MEGABYTES` appended a round (default 512). */
export async function run(options: readonly string[]): Promise<void> {
  const rounds = option(options, '--rounds', 5);
  const batch = batchBytes();
  const count = Math.floor((option(options, '--mib', 512) * 1024 * 1024) / batch.length);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-log-'));
  const rate = (bytes: number, ms: number): number => bytes / 1e6 / (ms / 1000);
  let serial = 0;
  try {
    const contestants: Contestant[] = [
      {
        name: 'raw write of the same bytes',
        unit: 'MB/s',
        probe: true,
        measure: async () => raw(work, batch, count, false),
      },
      {
        name: 'raw write and one fdatasync',
        unit: 'MB/s',
        probe: true,
        measure: async () => raw(work, batch, count, true),
      },
    ];
    for (const flush of ['os', 'group'] as const) {
      const rates = { first: 0, again: 0 };
      contestants.push(
        {
          name: `append, flush=${flush}`,
          unit: 'MB/s',
          measure: async () => {
            const directory = join(work, `log-${serial++}`);
            const figures = await appendAndRead(directory, flush, batch, count);
            rmSync(directory, { recursive: true });
            rates.first = rate(batch.length * count, figures.readMs);
            rates.again = rate(batch.length * count, figures.readAgainMs);
            return rate(batch.length * count, figures.appendMs);
          },
        },
        {
          name: `read back after it, 1 MiB a read`,
          unit: 'MB/s',
          measure: () => Promise.resolve(rates.first),
        },
        {
          name: `read back again, nothing checked`,
          unit: 'MB/s',
          measure: () => Promise.resolve(rates.again),
        },
      );
    }
    const figures = await interleave(contestants, rounds);
    publish('log', figures, [
      `${count} batches of ${batch.length} bytes a round; batches/s = MB/s × ${(1e6 / batch.length).toFixed(1)}`,
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function appendAndRead(
  directory: string,
  flush: FlushMode,
  template: Buffer,
  count: number,
): Promise<{ appendMs: number; readMs: number; readAgainMs: number }> {
  const platform = nodePlatform();
  const manager = await LogManager.open({
    platform,
    directory,
    flush,
    nodeId: 1,
    tailCacheBytes: 0,
  });
  const log = manager.create({ topic: 'bench', partition: 0 }, { topicId: 'bench' });
  const options = { leaderEpoch: 0, nowMs: platform.clock.nowMs(), origin: 'client' } as const;
  const started = performance.now();
  const inFlight: Promise<void>[] = [];
  for (let done = 0; done < count;) {
    for (let turn = 0; turn < batchesPerTurn && done < count; turn++, done++) {
      const bytes = Buffer.allocUnsafeSlow(template.length);
      template.copy(bytes);
      inFlight.push(log.appendAsLeader(bytes, options).written);
    }
    await new Promise((resolve) => setImmediate(resolve));
    // A producer with 5 requests in flight waits for its oldest one.
    while (inFlight.length > 5 * batchesPerTurn) await inFlight.shift();
  }
  await Promise.all(inFlight);
  const appendMs = performance.now() - started;
  const readMs = await readAll(log);
  const readAgainMs = await readAll(log);
  await manager.close();
  return { appendMs, readMs, readAgainMs };
}

/** Milliseconds; into buffers that are used again, as the broker reads. */
async function readAll(log: PartitionLog): Promise<number> {
  const slabs = new SlabPool({ slabBytes: 1024 * 1024, slabsMax: 4 });
  const started = performance.now();
  for (let offset = 0; offset < log.logEndOffset;) {
    const boundOffset = log.logEndOffset;
    const result = await log.read({ offset, maxBytes: 1024 * 1024, boundOffset, slabs });
    offset = result.nextOffset;
    result.slab?.release();
  }
  return performance.now() - started;
}

function raw(work: string, batch: Buffer, count: number, syncs: boolean): number {
  const path = join(work, 'raw');
  const file = openSync(path, 'w+');
  const started = performance.now();
  for (let done = 0; done < count; done++) writeSync(file, batch);
  if (syncs) fdatasyncSync(file);
  const ms = performance.now() - started;
  const target = Buffer.alloc(1024 * 1024);
  readSync(file, target, 0, target.length, 0);
  closeSync(file);
  rmSync(path);
  return (batch.length * count) / 1e6 / (ms / 1000);
}

function batchBytes(): Buffer {
  const builder = new RecordBatchBuilder();
  const value = Buffer.alloc(100, 'x');
  const timestamp = Date.now();
  for (let at = 0; at < recordsPerBatch; at++) builder.append({ key: null, value, timestamp });
  return Buffer.from(builder.build());
}

function option(options: readonly string[], name: string, fallback: number): number {
  const at = options.indexOf(name);
  return at < 0 ? fallback : Number(options[at + 1]);
}
