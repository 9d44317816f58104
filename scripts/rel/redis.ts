// Redis faults under load: a broker and two processors as processes of their own coordinate through a Redis that is flushed every few
// seconds, slowed, stopped, filled with foreign data, killed and restarted empty, while records are written, read and counted.
// `--minutes N` (default 2), `--seconds N` instead for a short run with shorter faults; `--broken`: Redis' answers decide over writes,
// which must fail the bar. Protects: nothing acknowledged is lost, no sum is wrong, no task moves, and Redis' failures cost no write.

import { join } from 'node:path';
import { makeTemporaryDirectory, nodePlatform } from '@drave/platform';
import { openRedisStore } from '@drave/membership';
import { MainProcess } from '../../test/redis/main-process.ts';
import { RedisServer } from '../../test/redis/redis-server.ts';
import { numberOption, type Proof } from './proof.ts';
import { storm } from './redis/storm.ts';
import { Workload, type WorkloadFigures } from './redis/workload.ts';

const platform = nodePlatform();
const availableMin = 99.9;
const recoveryMsMax = 5_000;

/** Runs the storm; the directory is removed only after a pass. */
export async function prove(options: readonly string[]): Promise<Proof> {
  const seconds = numberOption(options, '--seconds', 0);
  const isShort = seconds > 0;
  const durationMs = isShort ? seconds * 1_000 : numberOption(options, '--minutes', 2) * 60_000;
  const directory = makeTemporaryDirectory('drave-redis-');
  const redis = await RedisServer.start();
  const processes: MainProcess[] = [];
  try {
    const { bootstrap, urls } = await startAll(redis, directory, processes);
    const gate = options.includes('--broken') ? await brokenGate(redis.url) : undefined;
    const workload = await Workload.start({
      bootstrap,
      processors: urls,
      // On a machine that is busy with other tests a late answer says nothing about Redis.
      lateMs: isShort ? 2_500 : 1_000,
      ...(gate ? { gate } : {}),
    });
    const faults = await storm({
      redis,
      registered: 3,
      flushEveryMs: isShort ? 200 : 5_000,
      stopMs: isShort ? 3_000 : 10_000,
      downMs: isShort ? 500 : 3_000,
      durationMs,
    });
    const load = await workload.finish();
    const pass = isHeld(load) && faults.recoveryMsMax <= recoveryMsMax;
    return {
      figure: { seconds: Math.round(durationMs / 1_000), ...faults, ...load },
      bar: `lost=duplicated=reordered=invented=wrongSums=interruptions=0 produceAvailable,fetchAvailable>=${availableMin} recoveryMsMax<=${recoveryMsMax}`,
      pass,
      seed: 'none',
    };
  } finally {
    await Promise.all(processes.map((process) => process.kill('SIGKILL')));
    await redis.kill();
    await platform.disk.remove(directory);
  }
}

/** Whether the load saw nothing of Redis. */
export function isHeld(load: WorkloadFigures): boolean {
  const { lost, duplicated, reordered, invented, wrongSums, interruptions } = load;
  const wrong = lost + duplicated + reordered + invented + wrongSums + interruptions;
  const isAvailable = load.produceAvailable >= availableMin && load.fetchAvailable >= availableMin;
  return wrong === 0 && isAvailable && load.acknowledged > 0 && load.flights > 0;
}

async function startAll(redis: RedisServer, directory: string, processes: MainProcess[]) {
  const run = (app: 'broker' | 'processor', name: string): MainProcess => {
    const process = new MainProcess(app, {
      DRAVE_REDIS_URL: redis.url,
      DRAVE_HTTP: '127.0.0.1:0',
      DRAVE_LISTEN: '127.0.0.1:0',
      DRAVE_DATA: join(directory, name),
      DRAVE_LOG_LEVEL: 'info',
    });
    processes.push(process);
    return process;
  };
  const { address } = await run('broker', 'broker').line('broker-started');
  const workers = [run('processor', 'one'), run('processor', 'two')];
  const urls: string[] = [];
  for (const worker of workers) urls.push((await worker.line('processor-started')).url ?? '');
  await shared(urls);
  return { bootstrap: `${address?.host}:${address?.port}`, urls };
}

/** Waits until the two run three tasks each. */
async function shared(urls: readonly string[]): Promise<void> {
  for (;;) {
    const counts = await Promise.all(
      urls.map(async (url) => {
        const response = await fetch(`${url}/api/v1/streams/apps/flight-delays`);
        return ((await response.json()) as { runningTaskCount: number }).runningTaskCount;
      }),
    );
    if (counts.every((count) => count === 3)) return;
    await platform.scheduler.sleep(50);
  }
}

/** What Drave must not do: ask Redis before a write. */
async function brokenGate(url: string): Promise<() => Promise<unknown>> {
  const store = await openRedisStore({ platform, url, namespace: 'broken' });
  return () => store.put('gate', 'open');
}
