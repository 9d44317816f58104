// Background jobs a second, BullMQ on a real redis-server (no persistence) and on the embedded store, in one run: adding, and adding
// until completed, through the JobQueue port with 50 jobs at a time. The embedded store is measured with its journal on the disk
// (every add is confirmed after fdatasync) and in memory. Goal: embedded ≥ 3 × Redis. Options: `--jobs N` (default 10,000).

import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BullmqJobQueue, EmbeddedJobStore, type JobQueue } from '@drave/jobs';
import { nodePlatform } from '@drave/platform';
import { RedisServer } from '../test/redis/redis-server.ts';
import { numberOption } from './driver/driver.ts';
import { type Contestant, interleave, publish } from './harness.ts';

const concurrency = 50;

export async function run(options: readonly string[]): Promise<void> {
  const count = numberOption(options, '--jobs', 10_000);
  const rounds = numberOption(options, '--rounds', 5);
  const platform = nodePlatform();
  const directory = join(tmpdir(), `drave-bench-jobs-${process.pid}`);
  const redis = await RedisServer.start();
  const durable = await EmbeddedJobStore.open({ platform, directory });
  const volatile = await EmbeddedJobStore.open({ platform });
  const backends = {
    'Redis, no persistence': { host: '127.0.0.1', port: redis.port },
    'embedded, journal': { embedded: durable },
    'embedded, memory': { embedded: volatile },
  };
  const contestants: Contestant[] = [];
  let serial = 0;
  for (const [name, connection] of Object.entries(backends)) {
    const open = (): JobQueue =>
      new BullmqJobQueue(`bench${(serial += 1)}`, {
        connection,
        ...platform,
        historyMax: 100,
      });
    contestants.push(
      { name: `${name}: add`, unit: 'jobs/s', probe: false, measure: () => added(open(), count) },
      {
        name: `${name}: add → completed`,
        unit: 'jobs/s',
        probe: false,
        measure: () => completed(open(), count),
      },
    );
  }
  try {
    const figures = await interleave(contestants, rounds);
    const median = (name: string): number =>
      figures.find((figure) => figure.name === name)?.median ?? 0;
    const ratio = (what: string): string =>
      (median(`embedded, journal: ${what}`) / median(`Redis, no persistence: ${what}`)).toFixed(2);
    publish('jobs', figures, [
      `${count.toLocaleString('en')} jobs a round, ${concurrency} at a time, ${rounds} rounds; Redis in a process of its own`,
      `embedded with journal ÷ Redis: add ${ratio('add')}, add → completed ${ratio('add → completed')}; goal 3`,
    ]);
  } finally {
    await durable.close();
    await volatile.close();
    await redis.kill();
    await rm(directory, { recursive: true });
  }
}

const rate = (count: number, startedMs: number): number =>
  (count * 1_000) / (performance.now() - startedMs);

/** The queue is empty again afterwards: what waits would burden the rounds of the others. */
async function added(queue: JobQueue, count: number): Promise<number> {
  const startedMs = performance.now();
  await addAll(queue, count);
  const result = rate(count, startedMs);
  await workedOff(queue, count);
  await queue.close();
  return result;
}

async function completed(queue: JobQueue, count: number): Promise<number> {
  const startedMs = performance.now();
  const all = workedOff(queue, count);
  await addAll(queue, count);
  await all;
  const result = rate(count, startedMs);
  await queue.close();
  return result;
}

function workedOff(queue: JobQueue, count: number): Promise<void> {
  let done = 0;
  return new Promise((resolve) => {
    queue.work(
      async () => {
        done += 1;
        if (done === count) resolve();
      },
      { concurrency },
    );
  });
}

async function addAll(queue: JobQueue, count: number): Promise<void> {
  const adds: Promise<string>[] = [];
  for (let n = 0; n < count; n += 1) adds.push(queue.add('job', { n }));
  await Promise.all(adds);
}
