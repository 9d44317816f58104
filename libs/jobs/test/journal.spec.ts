// Durability of the embedded store: a restart finds everything, a torn tail costs the torn transaction only, compaction keeps
// the state, a crash at any sync loses nothing that was confirmed, and a full disk is told.
import { Queue, Worker, type Job } from 'bullmq';
import { describe, expect, it } from 'vitest';
import { memoryPlatform, type MemoryPlatform } from '@drave/platform';
import { createBackend, EmbeddedJobStore } from '../src/index.js';
import { until } from './queue-suite.js';

const directory = '/jobs';
const open = (platform: MemoryPlatform, compactionBytes?: number): Promise<EmbeddedJobStore> =>
  EmbeddedJobStore.open({
    platform,
    directory,
    ...(compactionBytes === undefined ? {} : { compactionBytes }),
  });
const queueOn = (store: EmbeddedJobStore, name = 'q'): Queue =>
  new Queue(name, { connection: { embedded: store } as never }, createBackend as never);
const workOn = (store: EmbeddedJobStore, run: (job: Job) => Promise<unknown>): Worker =>
  new Worker('q', run, { connection: { embedded: store } as never }, createBackend as never);

/** The broken twin: files are never synced. */
function withoutSync(disk: MemoryPlatform['disk']): MemoryPlatform['disk'] {
  return new Proxy(disk, {
    get(target, name) {
      if (name !== 'open') {
        const member = Reflect.get(target, name) as unknown;
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      }
      return async (path: string, mode: 'create'): Promise<unknown> => {
        const file = await target.open(path, mode);
        return new Proxy(file, {
          get(inner, key) {
            if (key === 'sync') return async () => undefined;
            const member = Reflect.get(inner, key) as unknown;
            return typeof member === 'function' ? (member.bind(inner) as unknown) : member;
          },
        });
      };
    },
  });
}

async function journalFile(platform: MemoryPlatform): Promise<string> {
  const names = (await platform.disk.list(directory)).filter((name) => name.endsWith('.journal'));
  expect(names).toHaveLength(1);
  return `${directory}/${names[0]}`;
}

describe('the journal of the embedded store', () => {
  it('gives back jobs, order, history, schedules, meta data and children after a restart', async () => {
    const platform = memoryPlatform();
    const first = await open(platform);
    const queue = queueOn(first);
    const worker = workOn(first, async (job) => {
      await job.log('line');
      await job.updateProgress(7);
      return 'done';
    });
    const done = await queue.add('done', { n: 1 });
    await until(async () => (await queue.getJobState(done.id ?? '')) === 'completed', 'done');
    await worker.close();
    await queue.pause();
    await queue.addBulk([
      { name: 'a', data: 1 },
      { name: 'b', data: 2 },
      { name: 'p', data: 3, opts: { priority: 5 } },
      { name: 'd', data: 4, opts: { delay: 60_000 } },
      { name: 'front', data: 5, opts: { lifo: true } },
      { name: 'dd', data: 6, opts: { deduplication: { id: 'only' } } },
    ]);
    await queue.upsertJobScheduler('s', { every: 3_600_000 }, { name: 'tick' });
    const gone = await queue.add('gone', {});
    await queue.remove(gone.id ?? '');
    await queue.close();
    await first.close();

    const second = await open(platform);
    const again = queueOn(second);
    expect(await again.isPaused()).toBe(true);
    const old = (await again.getJob(done.id ?? '')) as Job;
    expect(old).toMatchObject({ returnvalue: 'done', progress: 7, data: { n: 1 } });
    expect((await again.getJobLogs(done.id ?? '')).logs).toEqual(['line']);
    expect((await again.getJobs(['waiting'], 0, -1, true)).map((job) => job.name)).toEqual([
      'front',
      'a',
      'b',
      'dd',
      'tick',
    ]);
    expect(await again.getDeduplicationJobId('only')).toBeDefined();
    expect((await again.getJobScheduler('s'))?.every).toBe(3_600_000);
    expect(await again.getJob(gone.id ?? '')).toBeUndefined();
    const next = await again.add('next', {});
    expect(Number(next.id)).toBeGreaterThan(Number(gone.id));
    await again.close();
    await second.close();
  });

  it('runs again what was active when the process died, and gives up after the limit', async () => {
    const platform = memoryPlatform();
    let store = await open(platform);
    await queueOn(store).add('x', {});
    for (let death = 1; death <= 2; death += 1) {
      const dying = new Worker(
        'q',
        null,
        { connection: { embedded: store } as never, autorun: false },
        createBackend as never,
      );
      await dying.startStalledCheckTimer();
      const job = (await dying.getNextJob('t')) as Job;
      expect(job.attemptsStarted).toBe(death);
      await store.durable();
      await dying.close(true);
      await store.close();
      store = await open(platform);
    }
    const worker = workOn(store, async () => 'never');
    const queue = queueOn(store);
    await until(async () => (await queue.getFailedCount()) === 1, 'the poison job fails');
    expect((await queue.getFailed())[0]?.failedReason).toMatch(/stalled more than/);
    await worker.close();
    await queue.close();
    await store.close();
  });

  it('cuts a torn tail and keeps every whole transaction before it', async () => {
    const platform = memoryPlatform();
    const store = await open(platform);
    const queue = queueOn(store);
    for (let n = 0; n < 5; n += 1) await queue.add('x', { n });
    await queue.close();
    await store.close();
    const path = await journalFile(platform);
    const whole = await platform.disk.readFile(path);
    let previous = 0;
    for (let length = 0; length <= whole.length; length += 7) {
      await platform.disk.writeFileAtomic(path, whole.subarray(0, length));
      const reopened = await open(platform);
      const count = await queueOn(reopened).count();
      expect(count).toBeGreaterThanOrEqual(previous);
      previous = count;
      await queueOn(reopened).add('after', {});
      await reopened.close();
      const third = await open(platform);
      expect(await queueOn(third).count()).toBe(count + 1);
      await third.close();
    }
    const flipped = Buffer.from(whole);
    flipped[flipped.length - 3] = (flipped[flipped.length - 3] ?? 0) ^ 1;
    await platform.disk.writeFileAtomic(path, Buffer.concat([flipped, Buffer.alloc(64)]));
    const last = await open(platform);
    expect(await queueOn(last).count()).toBe(4);
    await last.close();
  });

  it('compacts to the same state', async () => {
    const platform = memoryPlatform();
    const store = await open(platform, 2_000);
    const queue = queueOn(store);
    for (let n = 0; n < 60; n += 1) {
      const job = await queue.add('x', { n });
      if (n % 3 > 0) await queue.remove(job.id ?? '');
    }
    await queue.close();
    await store.close();
    expect(await journalFile(platform)).not.toContain('00000001');
    const again = await open(platform);
    const left = await queueOn(again).getJobs(['waiting'], 0, -1, true);
    expect(left.map((job) => (job.data as { n: number }).n)).toEqual(
      Array.from({ length: 20 }, (_, index) => index * 3),
    );
    await again.close();
  });

  it('refuses a second store on the directory', async () => {
    const platform = memoryPlatform();
    const store = await open(platform);
    await expect(open(platform)).rejects.toMatchObject({ code: 'ELOCKED' });
    await store.close();
  });

  /** Confirmed jobs that a power loss took, over several seeds. */
  async function lostByPowerLoss(isSyncing: boolean): Promise<number> {
    let lost = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const platform = memoryPlatform({ seed });
      const disk = isSyncing ? platform.disk : withoutSync(platform.disk);
      const store = await open({ ...platform, disk } as MemoryPlatform, 1_500); // compacts on the way
      const queue = queueOn(store);
      for (let n = 0; n < seed; n += 1) await queue.add('x', { n });
      void queue.add('x', { n: -1 }).catch(() => undefined); // under way when the power goes
      platform.disk.crash();
      const again = await open(platform);
      const jobs = await queueOn(again).getJobs(['waiting'], 0, -1, true);
      const kept = jobs.map((job) => (job.data as { n: number }).n).filter((n) => n >= 0);
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => n));
      lost += seed - kept.length;
      await again.close();
    }
    return lost;
  }

  it('loses nothing confirmed when the power goes; a twin that does not sync does', async () => {
    expect(await lostByPowerLoss(true)).toBe(0);
    expect(await lostByPowerLoss(false)).toBeGreaterThan(0);
  });

  it('tells a full disk and accepts nothing afterwards', async () => {
    const platform = memoryPlatform();
    const store = await open(platform);
    const queue = queueOn(store);
    await queue.add('x', { n: 1 });
    const fault = platform.disk.fail({ operation: 'write', code: 'ENOSPC' });
    await expect(queue.add('x', { n: 2 })).rejects.toThrow(/free space/);
    expect(fault.hitCount).toBe(1);
    await expect(queue.add('x', { n: 3 })).rejects.toThrow(/free space/);
    await queue.close();
    await store.close();
    const again = await open(platform);
    expect(await queueOn(again).count()).toBe(1);
    await again.close();
  });
});
