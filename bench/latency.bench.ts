// P5: time from the send of a record to its arrival at a waiting consumer, about 1,000 records a second, acks=1, two raw connections in
// this process. Bytes on the socket, no client library: its own cost does not count. The probe is one request and answer
// (ApiVersions) over the same code. Redis Streams and NATS JetStream are measured the same way beside it.
// P6: the same while another producer writes 300 MB/s into another topic, and how long the broker's event loop stood still.
// Options: `--count MESSAGES` (default 5,000), `--rounds N` (3), `--load MEGABYTES` (per second, 300; 0 leaves P6 out).

import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';
import { numberOption } from './driver/driver.ts';
import { type ChildServer, type Figure, publish, startServer } from './harness.ts';
import { latencyPeers } from './latency-peers.ts';

type Samples = readonly number[];

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 3);
  const count = numberOption(options, '--count', 5_000);
  const load = numberOption(options, '--load', 300);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const rows = new Map<string, number[]>();
  const add = (row: string, value: number): void => {
    rows.set(row, [...(rows.get(row) ?? []), value]);
  };
  const note = (name: string, samples: Samples, percents: readonly number[] = [50, 99]): void => {
    const sorted = samples.toSorted((a, b) => a - b);
    for (const percent of percents) {
      add(`${name}, p${percent}`, sorted[Math.floor((sorted.length * percent) / 100)] ?? 0);
    }
  };
  const rates: string[] = [];
  const others = await latencyPeers(work);
  try {
    for (let round = 0; round <= rounds; round++) {
      const isCounted = round > 0; // the first warms up
      for (const flush of ['os', 'group'] as const) {
        const broker = await startBroker(join(work, `${flush}-${round}`), flush);
        const roundTrips = await measureRoundTrips(broker.firstLine, count);
        const latencies = await measure(broker.firstLine, count);
        await broker.stop();
        if (!isCounted) continue;
        if (flush === 'os') note('request and answer (probe)', roundTrips);
        note(`record to a waiting consumer, flush=${flush}`, latencies);
      }
      for (const peer of others) {
        const latencies = await peer.measure(count);
        if (isCounted) note(peer.name, latencies);
      }
      if (load === 0) continue;
      const loaded = await measureLoaded(join(work, `loaded-${round}`), count, load);
      if (!isCounted) continue;
      note(`beside ${load} MB/s, flush=os`, loaded.latencies, [50, 99, 99.9]);
      add("broker's event loop beside it, p99.9", loaded.stallMs);
      add("broker's event loop beside it, longest stall", loaded.stallMsMax);
      rates.push(loaded.rate);
    }
    publish('latency', [...rows].map(figure), [
      `${count} records of 100 bytes, one a millisecond, acks=1, ${rounds} rounds; microseconds, median of the rounds (min … max)`,
      `load average ${loadavg()[0]?.toFixed(2)}; the load wrote ${rates.join(', ') || '0'} MB/s`,
    ]);
  } finally {
    for (const peer of others) await peer.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

function startBroker(directory: string, flush: 'os' | 'group'): Promise<ChildServer> {
  return startServer([join(import.meta.dirname, 'broker-process.ts'), directory, flush]);
}

async function measureLoaded(
  directory: string,
  count: number,
  megabytes: number,
): Promise<{
  readonly latencies: Samples;
  readonly stallMs: number;
  readonly stallMsMax: number;
  readonly rate: string;
}> {
  const broker = await startBroker(directory, 'os');
  const writer = join(import.meta.dirname, 'write-load.ts');
  const load = await startServer([writer, broker.firstLine, 'load', String(megabytes)]);
  process.kill(broker.pid, 'SIGUSR2');
  const latencies = await measure(broker.firstLine, count);
  const rate = await load.stop();
  const [stallMs = 0, stallMsMax = 0] = (await broker.stop()).split(' ').map(Number);
  rmSync(directory, { recursive: true, force: true });
  return { latencies, stallMs, stallMsMax, rate };
}

function figure([name, values]: readonly [string, Samples]): Figure {
  const sorted = values.toSorted((a, b) => a - b).map((ms) => ms * 1000);
  return {
    name,
    unit: 'µs',
    probe: name.includes('probe), p50'),
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
  };
}

function connectTo(address: string): Promise<BrokerConnection> {
  const [host = '', port = '0'] = address.split(':');
  return BrokerConnection.connect({
    platform: nodePlatform(),
    host,
    port: Number(port),
    clientId: 'bench',
  });
}

async function measureRoundTrips(address: string, count: number): Promise<Samples> {
  const connection = await connectTo(address);
  const samples: number[] = [];
  for (let at = 0; at < count; at++) {
    const startedMs = performance.now();
    await connection.request(ApiKey.apiVersions, 2, {});
    samples.push(performance.now() - startedMs);
  }
  connection.close();
  return samples;
}

async function measure(address: string, count: number): Promise<Samples> {
  const [producer, consumer] = await Promise.all([connectTo(address), connectTo(address)]);
  const topics = [
    { name: 'latency', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
  ];
  await producer.request(ApiKey.createTopics, 4, { topics, timeoutMs: 10_000 });
  const sentMs: number[] = [];
  const samples: number[] = [];
  const receive = async (): Promise<void> => {
    for (let offset = 0; offset < count;) {
      const { responses } = await consumer.request(ApiKey.fetch, 11, {
        maxWaitMs: 10_000,
        minBytes: 1,
        maxBytes: 1 << 20,
        topics: [
          {
            topic: 'latency',
            partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 }],
          },
        ],
      });
      const nowMs = performance.now();
      const end = responses[0]?.partitions[0]?.highWatermark ?? 0;
      for (; offset < end; offset++) samples.push(nowMs - (sentMs[offset] ?? nowMs));
    }
  };
  const received = receive();
  const value = Buffer.alloc(100, 'x');
  let acknowledged: Promise<unknown> = Promise.resolve();
  for (let at = 0; at < count; at++) {
    const record = { key: null, value, headers: [], timestamp: Date.now() };
    const records = buildBatch([record], {});
    sentMs.push(performance.now());
    acknowledged = producer.request(ApiKey.produce, 7, {
      acks: 1,
      timeoutMs: 10_000,
      topicData: [{ name: 'latency', partitionData: [{ index: 0, records }] }],
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await received;
  await acknowledged; // A waiting consumer is told first.
  producer.close();
  consumer.close();
  return samples;
}
