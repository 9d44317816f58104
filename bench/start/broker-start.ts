// A bare broker process from nothing to its first acknowledged record, and what a start finds: an empty directory, many partitions
// left by a clean stop, many bytes left by kill -9. Linux only (memory is read from /proc).

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';

const platform = nodePlatform();
const fillTopic = 'fill';
const unansweredMax = 8;
const small = { key: null, value: Buffer.from('x'), headers: [], timestamp: Date.now() };
const large = { ...small, value: Buffer.alloc(1_024, 'y') };
const smallBatch = buildBatch([small], {});
const largeBatch = buildBatch(
  Array.from({ length: 900 }, () => large),
  {},
);

export interface StartFigures {
  /** Process start to the first acknowledged record, milliseconds. */
  readonly startMs: number;
  /** Resident memory `idleMs` after that, MiB. */
  readonly idleMiB: number;
}

interface Started {
  readonly pid: number;
  readonly connection: BrokerConnection;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Starts a broker on the directory, writes a record, lets it idle, and ends it as told. */
export async function measureStart(
  directory: string,
  { idleMs, signal }: { readonly idleMs: number; readonly signal: 'SIGTERM' | 'SIGKILL' },
): Promise<StartFigures> {
  const startedMs = performance.now();
  const broker = await startBroker(directory);
  try {
    await createTopic(broker.connection, 'start', 1);
    await produce(broker.connection, 'start', smallBatch);
    const startMs = performance.now() - startedMs;
    await wait(idleMs);
    return { startMs, idleMiB: residentMiB(broker.pid) };
  } finally {
    await broker.end(signal);
  }
}

/** Leaves `count` partitions behind, each with a record, and a clean stop. */
export async function preparePartitions(directory: string, count: number): Promise<void> {
  const broker = await startBroker(directory);
  try {
    await createTopic(broker.connection, fillTopic, count);
    const indexes = Array.from({ length: count }, (_, index) => index);
    for (let at = 0; at < count; at += 500) {
      const partitionData = indexes
        .slice(at, at + 500)
        .map((index) => ({ index, records: smallBatch }));
      const request = { acks: 1, timeoutMs: 60_000 };
      await broker.connection.request(ApiKey.produce, 7, {
        ...request,
        topicData: [{ name: fillTopic, partitionData }],
      });
    }
  } finally {
    await broker.end('SIGTERM');
  }
}

/** Leaves at least `gib` GiB of records in one partition and a broker killed while it was writing. */
export async function prepareBytes(directory: string, gib: number): Promise<void> {
  const broker = await startBroker(directory);
  await createTopic(broker.connection, fillTopic, 1);
  const waiting: Promise<void>[] = [];
  for (let sent = 0; sent < gib * 2 ** 30; sent += largeBatch.length) {
    if (waiting.length === unansweredMax) await waiting.shift();
    waiting.push(produce(broker.connection, fillTopic, largeBatch));
  }
  await waiting.shift();
  await Promise.all([broker.end('SIGKILL'), Promise.allSettled(waiting)]);
}

async function startBroker(directory: string): Promise<Started> {
  const script = join(import.meta.dirname, '..', 'broker-process.ts');
  // The drave command switches Node's compile cache on before it loads anything; this script is started the same way.
  const start = `require('node:module').enableCompileCache(); import(${JSON.stringify(script)})`;
  const child = spawn(process.execPath, ['-e', start, '-', directory, 'group'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString().trim()));
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  const [host = '', port = '0'] = line.split(':');
  const address = { platform, host, port: Number(port), clientId: 'bench' };
  const connection = await BrokerConnection.connect(address);
  return {
    pid: child.pid ?? 0,
    connection,
    async end(signal) {
      connection.close();
      child.kill(signal);
      await exited;
    },
  };
}

async function createTopic(
  connection: BrokerConnection,
  name: string,
  numPartitions: number,
): Promise<void> {
  const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
  await connection.request(ApiKey.createTopics, 4, { topics: [topic], timeoutMs: 60_000 });
}

async function produce(connection: BrokerConnection, name: string, records: Buffer): Promise<void> {
  const { responses } = await connection.request(ApiKey.produce, 7, {
    acks: 1,
    timeoutMs: 10_000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  });
  const errorCode = responses[0]?.partitionResponses[0]?.errorCode;
  if (errorCode !== 0) throw new Error(`a record was refused with error ${errorCode}`);
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
