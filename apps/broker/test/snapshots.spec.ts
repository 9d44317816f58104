// Snapshots on real files: taken while producers and a group write, checked as `drave log verify` does, and a broker started on one
// has every record up to the cut, in no partition more, and no commit ahead of its records. What it writes never reaches the original.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { KafkaClient } from '@drave/client';
import { inspectLogs, type LogProblem } from '@drave/log';
import { nodePlatform, silentLogger } from '@drave/platform';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LaterJobs, startBrokerHttp } from '../src/index.js';

const platform = { ...nodePlatform(), logger: silentLogger };
let root = '';
const closing: (() => Promise<void>)[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drave-snapshots-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(root, { recursive: true, force: true });
});

async function open(dataDir: string): Promise<TestBroker> {
  const broker = await startTestBroker({ dataDir });
  closing.push(() => broker.stop());
  return broker;
}

interface Snapshot {
  readonly id: string;
  readonly linkedBytes: number;
  readonly partitions: readonly { readonly topic: string; readonly endOffset: number }[];
}

/** Runs the job over HTTP; what REST says of the snapshot. */
async function snapshot(url: string): Promise<Snapshot> {
  const started = await fetch(`${url}/api/v1/jobs`, {
    method: 'POST',
    body: JSON.stringify({ name: 'snapshot' }),
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await started.json()) as { id: string };
  const job = await vi.waitFor(
    async () => {
      const found = await (await fetch(`${url}/api/v1/jobs/${id}`)).json();
      expect(found).toMatchObject({ state: expect.stringMatching(/completed|failed/) as string });
      return found as { state: string; failedReason: string; result: { id: string } };
    },
    { timeout: 60_000, interval: 10 },
  );
  if (job.state === 'failed') throw new Error(job.failedReason);
  return (await (await fetch(`${url}/api/v1/snapshots/${job.result.id}`)).json()) as Snapshot;
}

it('copies the logs under load, and a broker starts on the copy', async () => {
  const broker = await open(join(root, 'data'));
  await broker.createTopic('orders', 1, { 'segment.bytes': '16384' });
  const options = { broker: broker.broker, platform, snapshotsDirectory: join(root, 'snapshots') };
  const jobs = new LaterJobs(options);
  closing.push(async () => void (await jobs.stop()));
  const http = await startBrokerHttp({ broker: broker.broker, jobs, platform, port: 0 });
  closing.push(() => http.stop());

  const client = new KafkaClient({ brokers: [broker.bootstrap], platform });
  closing.push(() => client.close());
  const consumer = client.consumer({ groupId: 'readers', autoOffsetReset: 'earliest' });
  let isWriting = true;
  let written = 0;
  const load = (async () => {
    for (; isWriting; written += 20) {
      const values = Array.from({ length: 20 }, (_, at) => `${written + at}:${'x'.repeat(90)}`);
      await broker.produce(
        'orders',
        values.map((value) => ({ value })),
      );
      await consumer.commit([{ topic: 'orders', partition: 0, offset: written + 20 }]);
    }
  })();
  await vi.waitFor(() => expect(written).toBeGreaterThan(1_000), { timeout: 60_000 });
  const first = await snapshot(http.url);
  const second = await snapshot(http.url);
  isWriting = false;
  await load;

  expect(second.linkedBytes).toBeGreaterThan(0);
  const list = await (await fetch(`${http.url}/api/v1/snapshots`)).json();
  expect(list).toMatchObject({ isConfigured: true, data: [{ id: second.id }, { id: first.id }] });
  expect((await fetch(`${http.url}/api/v1/snapshots/..%2F..`)).status).toBe(404);
  for (const { id, partitions } of [first, second]) {
    const directory = join(root, 'snapshots', id, 'broker');
    const problems: LogProblem[] = [];
    await inspectLogs(platform.disk, directory, { problem: (problem) => problems.push(problem) });
    expect(problems).toEqual([]);
    const end = partitions.find(({ topic }) => topic === 'orders')?.endOffset ?? 0;
    expect(end).toBeGreaterThan(1_000);
    const copy = await open(directory);
    const records = await copy.records('orders');
    expect(records.map(({ value }) => Number(value?.toString().split(':')[0]))).toEqual(
      Array.from({ length: end }, (_, at) => at),
    );
    const copyClient = new KafkaClient({ brokers: [copy.bootstrap], platform });
    closing.push(() => copyClient.close());
    const reader = copyClient.consumer({ groupId: 'readers' });
    const [committed] = await reader.committed([{ topic: 'orders', partition: 0 }]);
    expect(committed?.offset).toBeGreaterThan(0);
    expect(committed?.offset).toBeLessThanOrEqual(end);
    await copy.produce('orders', [{ value: 'only in the copy' }]);
    await reader.close();
  }
  expect(await broker.records('orders')).toHaveLength(written);
  await consumer.close();
});

it('says what to set when there is no directory for snapshots', async () => {
  const broker = await open(join(root, 'data'));
  const jobs = new LaterJobs({ broker: broker.broker, platform });
  closing.push(async () => void (await jobs.stop()));
  const http = await startBrokerHttp({ broker: broker.broker, jobs, platform, port: 0 });
  closing.push(() => http.stop());
  await expect(snapshot(http.url)).rejects.toThrow(/DRAVE_SNAPSHOTS/);
  const list = await (await fetch(`${http.url}/api/v1/snapshots`)).json();
  expect(list).toEqual({ isConfigured: false, data: [] });
});
