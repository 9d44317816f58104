// P4: consume rate of one librdkafka consumer out of the page cache, against a file of the page cache sent one way over TCP.
// Options: `--rounds N` (default 5), `--count-100 MESSAGES`, `--count-1024 MESSAGES`.

import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { consumePeers } from './consume-peers.ts';
import { compileDriver, drive, numberOption } from './driver/driver.ts';
import { type ChildServer, type Contestant, interleave, publish, startServer } from './harness.ts';

const probeBytes = 1_000_000_000;
const probeFileBytes = 256_000_000;

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 5);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const servers: Pick<ChildServer, 'stop'>[] = [];
  try {
    const producer = compileDriver('produce', work);
    const consumer = compileDriver('consume', work);
    const file = join(work, 'probe');
    writeFileSync(file, randomFillSync(Buffer.allocUnsafe(probeFileBytes)));
    const source = join(import.meta.dirname, 'tcp-source.ts');
    const probe = await startServer([source, file]);
    const zeros = await startServer([source]);
    servers.push(probe, zeros);
    const broker = await startServer([
      join(import.meta.dirname, 'broker-process.ts'),
      join(work, 'data'),
      'os',
    ]);
    servers.push(broker);
    const contestants: Contestant[] = [
      {
        name: 'a file of the page cache over TCP, one Node to another',
        unit: 'MB/s',
        probe: true,
        measure: () => tcpProbe(Number(probe.firstLine)),
      },
      {
        name: 'the same megabyte of zeros over TCP',
        unit: 'MB/s',
        measure: () => tcpProbe(Number(zeros.firstLine)),
      },
    ];
    for (const [sizeBytes, otherwise] of [
      [100, 3_000_000],
      [1024, 600_000],
    ] as const) {
      const count = numberOption(options, `--count-${sizeBytes}`, otherwise);
      const topic = `consume-${sizeBytes}`;
      await drive(producer, [broker.firstLine, topic, count, sizeBytes, 1]);
      contestants.push({
        name: `drave → librdkafka, ${sizeBytes} B messages`,
        unit: 'MB/s',
        async measure() {
          const rate = await drive(consumer, [broker.firstLine, topic, count]);
          return (rate * sizeBytes) / 1e6;
        },
      });
      const folder = mkdtempSync(join(work, 'peers-'));
      contestants.push(...(await consumePeers(folder, { sizeBytes, count }, servers)));
    }
    publish('consume', await interleave(contestants, rounds), [
      `one partition from its beginning, page cache, MB/s of payload (10^6 bytes), ${rounds} rounds; median (min … max), ratio to the first row`,
    ]);
  } finally {
    for (const server of servers) await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** MB/s at which a socket of this process takes what `tcp-source.ts` sends. */
function tcpProbe(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let bytes = 0;
    const socket = connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(256 * 1024),
        callback(count) {
          bytes += count;
          if (bytes < probeBytes) return true;
          socket.destroy();
          resolve(bytes / 1e3 / (performance.now() - startedMs));
          return false;
        },
      },
    });
    socket.once('error', reject);
  });
}
