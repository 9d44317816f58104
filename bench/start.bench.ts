// P7, P8: time from the start of the process to the first acknowledged record on an empty directory, and resident memory when idle.
// The probe is a Node process that does nothing. Options: `--rounds N` (default 7). Linux only (memory is read from /proc).

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';
import { numberOption } from './driver/driver.ts';
import { type Figure, publish } from './harness.ts';

const idleMs = 2_000;

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 7);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const bare: number[] = [];
  const starts: number[] = [];
  const idle: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const startedMs = performance.now();
      execFileSync(process.execPath, ['-e', '0']);
      const bareMs = performance.now() - startedMs;
      const { startMs, idleMiB } = await startOnce(join(work, `${round}`));
      if (round === 0) continue; // warm-up
      bare.push(bareMs);
      starts.push(startMs);
      idle.push(idleMiB);
    }
    const figures = [
      figure('a Node process that does nothing', 'ms', bare, true),
      figure('start → first acknowledged record, empty', 'ms', starts),
      figure(`resident memory ${idleMs / 1000} s later, idle`, 'MiB', idle),
    ];
    publish('start', figures, [
      `bare broker, flush=group, ${rounds} rounds; median (min … max), ratio to the first row`,
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function startOnce(directory: string): Promise<{ startMs: number; idleMiB: number }> {
  const startedMs = performance.now();
  const script = join(import.meta.dirname, 'broker-process.ts');
  // The drave command switches Node's compile cache on before it loads anything; this script is started the same way.
  const start = `require('node:module').enableCompileCache(); import(${JSON.stringify(script)})`;
  const child = spawn(process.execPath, ['-e', start, '-', directory, 'group'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    const line = await new Promise<string>((resolve) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
    });
    const [host = '', port = '0'] = line.split(':');
    const platform = nodePlatform();
    const broker = { platform, host, port: Number(port), clientId: 'bench' };
    const connection = await BrokerConnection.connect(broker);
    await connection.request(ApiKey.createTopics, 4, {
      topics: [
        { name: 'start', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
      ],
      timeoutMs: 10_000,
    });
    const record = { key: null, value: Buffer.from('x'), headers: [], timestamp: Date.now() };
    const { responses } = await connection.request(ApiKey.produce, 7, {
      acks: 1,
      timeoutMs: 10_000,
      topicData: [
        { name: 'start', partitionData: [{ index: 0, records: buildBatch([record], {}) }] },
      ],
    });
    const startMs = performance.now() - startedMs;
    const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
    if (errorCode !== 0) throw new Error(`the first record was refused with error ${errorCode}`);
    connection.close();
    await wait(idleMs);
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    const idleMiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    return { startMs, idleMiB };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

function figure(name: string, unit: string, values: readonly number[], probe = false): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return { name, unit, probe, median, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}
