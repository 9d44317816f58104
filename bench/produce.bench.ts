// P1, P2: produce rate of one librdkafka producer into one partition, acks=1, against librdkafka's own mock broker (which
// keeps nothing: the driver's ceiling), a raw write of the same bytes, and what is installed of Redis Streams and NATS JetStream.
// Each round deletes its topic: pages of the cache that a virtual machine never touched cost ten times the copy, which says
// nothing about the broker (bench/README.md). Needs a C compiler and librdkafka's headers (Debian: gcc, librdkafka-dev).

import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileDriver, drive, numberOption } from './driver/driver.ts';
import { type Contestant, interleave, publish, startServer } from './harness.ts';
import { peers, type Shape } from './peers.ts';

/** Options: `--rounds N` (default 5), `--size BYTES` (default 100), `--count MESSAGES`. */
export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 5);
  const sizeBytes = numberOption(options, '--size', 100);
  const count = numberOption(options, '--count', sizeBytes <= 200 ? 3_000_000 : 600_000);
  const shape = { sizeBytes, count };
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const servers: { stop(): Promise<unknown> }[] = [];
  try {
    const driver = compileDriver('produce', work);
    const contestants: Contestant[] = [
      {
        name: 'librdkafka → its mock broker (ceiling)',
        unit: 'msg/s',
        probe: true,
        measure: () => drive(driver, ['mock', 'bench', count, sizeBytes, 1]),
      },
    ];
    for (const flush of ['os', 'group']) {
      const server = await startServer([
        join(import.meta.dirname, 'broker-process.ts'),
        join(work, `data-${flush}`),
        flush,
      ]);
      servers.push(server);
      let topic = 0;
      contestants.push({
        name: `librdkafka → drave, flush=${flush}`,
        unit: 'msg/s',
        measure: () =>
          drive(driver, [server.firstLine, `bench-${topic++}`, count, sizeBytes, 1, 'delete']),
      });
    }
    contestants.push(...(await peers(work, shape, servers)));
    contestants.push({
      name: 'raw write of the same bytes',
      unit: 'msg/s',
      probe: true,
      measure: () => Promise.resolve(rawWrite(work, shape)),
    });
    const figures = await interleave(contestants, rounds);
    publish(sizeBytes === 100 ? 'produce' : `produce-${sizeBytes}`, figures, [
      `${count.toLocaleString('en')} messages of ${sizeBytes} bytes, one partition, acks=1, ${rounds} rounds; median (min … max), ratio to the first row`,
    ]);
  } finally {
    for (const server of servers) await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

// The bytes a produce of this shape leaves on disk, written in batches of 1 MB into a new file and not synced.
function rawWrite(work: string, { sizeBytes, count }: Shape): number {
  const path = join(work, 'raw');
  const chunk = Buffer.alloc(1_000_000, 'x');
  const chunks = Math.ceil((sizeBytes * count) / chunk.length);
  const file = openSync(path, 'w');
  const startedMs = performance.now();
  for (let i = 0; i < chunks; i++) writeSync(file, chunk);
  const seconds = (performance.now() - startedMs) / 1000;
  fdatasyncSync(file);
  closeSync(file);
  rmSync(path);
  return count / seconds;
}
