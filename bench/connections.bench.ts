// P10: 5,000 idle connections beside 50 active ones. How long accepting them takes, what each costs the broker in memory, and what
// they do to the latency of the active ones (p99 with and without the idle ones, in turns).
// Linux only: memory is read from /proc.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform, parseSocketAddress } from '@drave/platform';
import { ApiKey, buildBatch, encodeRequest } from '@drave/protocol';
import { type Contestant, interleave, publish, startServer } from './harness.ts';

const idleCount = 5_000;
const activeCount = 50;
const requestsPerRound = 5_000;
const openAtOnce = 200;
const topic = 'bench-connections';

/** Options: `--rounds N` (default 3). */
export async function run(options: readonly string[]): Promise<void> {
  const index = options.indexOf('--rounds');
  const rounds = index < 0 ? 3 : Number(options[index + 1]);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const server = await startServer([join(import.meta.dirname, 'broker-process.ts'), work, 'os']);
  const active: BrokerConnection[] = [];
  let idle: Socket[] = [];
  const notes: string[] = [];
  try {
    const address = parseSocketAddress(server.firstLine);
    if (!address) throw new Error(`no address in '${server.firstLine}'`);
    for (let i = 0; i < activeCount; i++) {
      active.push(
        await BrokerConnection.connect({
          platform: nodePlatform(),
          clientId: 'active',
          ...address,
          ...connectTimes,
        }),
      );
    }
    await active[0]?.request(ApiKey.metadata, 9, {
      topics: [{ name: topic }],
      allowAutoTopicCreation: true,
    });
    await latencies(active);
    const setIdle = async (count: number): Promise<void> => {
      if (idle.length === count) return;
      for (const socket of idle.splice(0)) socket.destroy();
      const before = residentKiB(server.pid);
      const startedMs = performance.now();
      idle = await openIdle(address.port, count);
      if (count === 0) return;
      const seconds = (performance.now() - startedMs) / 1000;
      const each = (residentKiB(server.pid) - before) / count;
      notes.push(
        `${count} connections opened and answered in ${seconds.toFixed(2)} s, ${each.toFixed(1)} KiB each`,
      );
    };
    const contestants: Contestant[] = [0, idleCount].map((count) => ({
      name: `p99 of ${activeCount} active beside ${count} idle`,
      unit: 'µs',
      async measure() {
        await setIdle(count);
        await latencies(active); // Opening and closing thousands of sockets has its echo; it is not the question here.
        const sorted = (await latencies(active)).toSorted((a, b) => a - b);
        return (sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 1_000;
      },
    }));
    publish('connections', await interleave(contestants, rounds), notes);
  } finally {
    for (const socket of idle) socket.destroy();
    for (const connection of active) connection.close();
    await server.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

const connectTimes = { connectTimeoutMs: 5_000, requestTimeoutMs: 10_000 };

// Each connection sends ApiVersions once, as a client does, and then nothing.
async function openIdle(port: number, count: number): Promise<Socket[]> {
  const hello = Buffer.concat(
    encodeRequest(
      { apiKey: ApiKey.apiVersions, apiVersion: 0, correlationId: 1, clientId: 'idle' },
      {},
    ),
  );
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const wave = Math.min(openAtOnce, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: wave }, () => openOne(port, hello)))));
  }
  return sockets;
}

function openOne(port: number, hello: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(hello));
    socket.once('data', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function latencies(active: readonly BrokerConnection[]): Promise<number[]> {
  const times: number[] = [];
  await Promise.all(
    active.map(async (connection) => {
      for (let i = 0; i < requestsPerRound / active.length; i++) {
        const records = buildBatch(
          [{ key: null, value: Buffer.alloc(100), timestamp: Date.now() }],
          {},
        );
        const startedMs = performance.now();
        await connection.request(ApiKey.produce, 7, {
          acks: 1,
          timeoutMs: 5_000,
          topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
        });
        times.push(performance.now() - startedMs);
      }
    }),
  );
  return times;
}

function residentKiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
