// P5: time from the send of a record to its arrival at a waiting consumer, about 1,000 records a second, acks=1, two raw connections in
// this process. Bytes on the socket, no client library: its own cost does not count. The probe is one request and answer
// (ApiVersions) over the same code. Options: `--count MESSAGES` (default 5,000), `--rounds N` (default 3).
// Leaves out: load beside it (P6).

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BrokerConnection } from '@drave/client/connection';
import { nodePlatform } from '@drave/platform';
import { ApiKey, buildBatch } from '@drave/protocol';
import { numberOption } from './driver/driver.ts';
import { type Figure, publish, startServer } from './harness.ts';

type Samples = readonly number[];

export async function run(options: readonly string[]): Promise<void> {
  const rounds = numberOption(options, '--rounds', 3);
  const count = numberOption(options, '--count', 5_000);
  const work = mkdtempSync(join(tmpdir(), 'drave-bench-'));
  const rows = new Map<string, number[]>();
  const note = (name: string, samples: Samples): void => {
    const sorted = samples.toSorted((a, b) => a - b);
    for (const percent of [50, 99]) {
      const row = `${name}, p${percent}`;
      const value = sorted[Math.floor((sorted.length * percent) / 100)] ?? 0;
      rows.set(row, [...(rows.get(row) ?? []), value]);
    }
  };
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const flush of ['os', 'group']) {
        const directory = join(work, `${flush}-${round}`);
        const broker = await startServer([
          join(import.meta.dirname, 'broker-process.ts'),
          directory,
          flush,
        ]);
        const roundTrips = await measureRoundTrips(broker.firstLine, count);
        const latencies = await measure(broker.firstLine, count);
        await broker.stop();
        if (round === 0) continue; // warm-up
        if (flush === 'os') note('request and answer (probe)', roundTrips);
        note(`record to a waiting consumer, flush=${flush}`, latencies);
      }
    }
    publish('latency', [...rows].map(figure), [
      `${count} records of 100 bytes, one a millisecond, acks=1, ${rounds} rounds; microseconds, median of the rounds (min … max)`,
    ]);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
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
  for (let at = 0; at < count; at++) {
    const record = { key: null, value, headers: [], timestamp: Date.now() };
    const records = buildBatch([record], {});
    sentMs.push(performance.now());
    void producer.request(ApiKey.produce, 7, {
      acks: 1,
      timeoutMs: 10_000,
      topicData: [{ name: 'latency', partitionData: [{ index: 0, records }] }],
    });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await received;
  producer.close();
  consumer.close();
  return samples;
}
