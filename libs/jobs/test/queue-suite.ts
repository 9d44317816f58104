// One suite for every backend BullMQ runs on here: what Queue, Worker, QueueEvents, FlowProducer and schedulers promise.
// The caller says how to connect. No sleeps: every step waits for a condition or an event.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  FlowProducer,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
  type ConnectionOptions,
  type Job,
  type JobType,
  type Processor,
  type QueueOptions,
  type WorkerOptions,
} from 'bullmq';
import { createBackend } from '../src/index.js';

export interface SuiteBackend {
  readonly connection: unknown;
  close(): Promise<void>;
}

const factory = createBackend as never;

export async function until<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
): Promise<T> {
  return vi.waitFor(
    async () => {
      const found = await look();
      if (found === undefined || found === false) throw new Error(`waited too long for: ${what}`);
      return found;
    },
    { timeout: 20_000, interval: 5 },
  );
}

export function queueSuite(title: string, open: () => Promise<SuiteBackend>): void {
  describe(title, () => {
    let backend: SuiteBackend;
    let serial = 0;
    const opened: { close(): Promise<void> }[] = [];

    beforeAll(async () => {
      backend = await open();
    });
    afterAll(async () => {
      for (const thing of opened.reverse()) await thing.close();
      await backend.close();
    });

    const connection = (): ConnectionOptions => backend.connection as ConnectionOptions;
    function newQueue(options: Partial<QueueOptions> = {}): Queue {
      serial += 1;
      const queue = new Queue(`q${serial}`, { connection: connection(), ...options }, factory);
      opened.push(queue);
      return queue;
    }
    function work(
      queue: { name: string },
      processor: Processor,
      options: Partial<WorkerOptions> = {},
    ): Worker {
      const worker = new Worker(
        queue.name,
        processor,
        { connection: connection(), ...options },
        factory,
      );
      opened.push(worker);
      return worker;
    }
    async function eventsOf(queue: Queue): Promise<QueueEvents> {
      const events = new QueueEvents(queue.name, { connection: connection() }, factory);
      opened.push(events);
      await events.waitUntilReady();
      return events;
    }
    const inState = (queue: Queue, id: string | undefined, state: string): Promise<true> =>
      until(async () => (await queue.getJobState(id ?? '')) === state, `job ${id} is ${state}`);

    it('runs a job and keeps its result', async () => {
      const queue = newQueue();
      work(queue, async (job) => ({ doubled: (job.data as { n: number }).n * 2 }));
      const added = await queue.add('double', { n: 21 });
      await inState(queue, added.id, 'completed');
      const job = (await queue.getJob(added.id ?? '')) as Job;
      expect(job.returnvalue).toEqual({ doubled: 42 });
      expect(job.attemptsMade).toBe(1);
      expect(job.data).toEqual({ n: 21 });
      expect(job.finishedOn).toBeGreaterThanOrEqual(job.processedOn ?? 0);
    });

    it('takes jobs first in, first out; lifo and priorities go their way', async () => {
      const queue = newQueue();
      await queue.pause();
      await queue.addBulk([
        { name: 'a', data: {} },
        { name: 'b', data: {} },
        { name: 'p2', data: {}, opts: { priority: 2 } },
        { name: 'p1', data: {}, opts: { priority: 1 } },
        { name: 'first', data: {}, opts: { lifo: true } },
      ]);
      expect(await queue.getCountsPerPriority([0, 1, 2])).toEqual({ '0': 3, '1': 1, '2': 1 });
      const seen: string[] = [];
      work(queue, async (job) => seen.push(job.name));
      await queue.resume();
      await until(() => seen.length === 5, 'five jobs');
      expect(seen).toEqual(['first', 'a', 'b', 'p1', 'p2']);
    });

    it('fails, backs off, tries again and gives up', async () => {
      const queue = newQueue();
      const times: number[] = [];
      work(queue, async () => {
        times.push(Date.now());
        throw new Error(`attempt ${times.length}`);
      });
      const added = await queue.add(
        'bad',
        {},
        { attempts: 3, backoff: { type: 'fixed', delay: 30 } },
      );
      await inState(queue, added.id, 'failed');
      const job = (await queue.getJob(added.id ?? '')) as Job;
      expect(job.attemptsMade).toBe(3);
      expect(job.failedReason).toBe('attempt 3');
      expect(job.stacktrace).toHaveLength(3);
      expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(29);
      await job.retry('failed');
      await until(() => times.length === 4, 'a fourth attempt');
    });

    it('does not try an unrecoverable error again', async () => {
      const queue = newQueue();
      work(queue, async () => {
        throw new UnrecoverableError('no use');
      });
      const added = await queue.add('bad', {}, { attempts: 5 });
      await inState(queue, added.id, 'failed');
      expect(((await queue.getJob(added.id ?? '')) as Job).attemptsMade).toBe(1);
    });

    it('runs a delayed job not before its time; promotes, changes and counts delays', async () => {
      const queue = newQueue();
      const ran = new Map<string, number>();
      work(queue, async (job) => ran.set(job.name, Date.now()));
      const startMs = Date.now();
      await queue.add('later', {}, { delay: 80 });
      const far = await queue.add('far', {}, { delay: 3_600_000 });
      const other = await queue.add('other', {}, { delay: 3_600_000 });
      await until(() => ran.has('later'), 'the delayed job');
      expect((ran.get('later') ?? 0) - startMs).toBeGreaterThanOrEqual(79);
      expect(await queue.getDelayedCount()).toBe(2);
      await far.promote();
      await other.changeDelay(20);
      await until(() => ran.has('far') && ran.has('other'), 'promoted and changed jobs');
    });

    it('deduplicates while unfinished, replaces delayed ones, keeps the last of an active one', async () => {
      const queue = newQueue();
      const first = await queue.add('x', { n: 1 }, { delay: 60_000, deduplication: { id: 'one' } });
      const second = await queue.add(
        'x',
        { n: 2 },
        { delay: 60_000, deduplication: { id: 'one' } },
      );
      expect(second.id).toBe(first.id);
      expect(await queue.getDeduplicationJobId('one')).toBe(first.id);
      const third = await queue.add(
        'x',
        { n: 3 },
        { delay: 60_000, deduplication: { id: 'one', replace: true } },
      );
      expect(third.id).not.toBe(first.id);
      expect(await queue.getJob(first.id ?? '')).toBeUndefined();
      expect(await queue.removeDeduplicationKey('one')).toBe(1);

      const keep = newQueue();
      const seen: unknown[] = [];
      let release = (): void => undefined;
      work(keep, async (job) => {
        seen.push(job.data);
        if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
      });
      const opts = { deduplication: { id: 'k', keepLastIfActive: true } };
      await keep.add('x', 'a', opts);
      await until(() => seen.length === 1, 'the active one');
      await keep.add('x', 'b', opts);
      await keep.add('x', 'c', opts);
      release();
      await until(() => seen.length === 2, 'the last one');
      expect(seen).toEqual(['a', 'c']);
    });

    it('adds a job with an id once', async () => {
      const queue = newQueue();
      await queue.add('x', 1, { jobId: 'only' });
      await queue.add('x', 2, { jobId: 'only' });
      expect(await queue.count()).toBe(1);
      expect(((await queue.getJob('only')) as Job).data).toBe(1);
    });

    it('tells events in order, progress and logs included', async () => {
      const queue = newQueue();
      const events = await eventsOf(queue);
      const seen: string[] = [];
      for (const name of ['added', 'waiting', 'active', 'progress', 'completed'] as const) {
        events.on(name, () => seen.push(name));
      }
      // The reader must stand before the first event: `$` means "from now on".
      const probe = newQueueEvent(events, queue);
      await probe;
      seen.length = 0;
      const worker = work(queue, async (job) => {
        await job.updateProgress({ done: 1, of: 2 });
        await job.log('half');
        return 'fine';
      });
      const job = await queue.add('x', {});
      expect(await job.waitUntilFinished(events, 20_000)).toBe('fine');
      await until(() => seen.includes('completed'), 'all events');
      expect(seen).toEqual(['added', 'waiting', 'active', 'progress', 'completed']);
      expect(((await queue.getJob(job.id ?? '')) as Job).progress).toEqual({ done: 1, of: 2 });
      expect(await queue.getJobLogs(job.id ?? '')).toEqual({ logs: ['half'], count: 1 });
      await worker.close();
    });

    /** Adds and removes jobs until the events' reader sees one. */
    async function newQueueEvent(events: QueueEvents, queue: Queue): Promise<void> {
      let isSeen = false;
      events.on('removed', () => (isSeen = true));
      await until(async () => {
        const job = await queue.add('probe', {});
        await queue.remove(job.id ?? '');
        return isSeen;
      }, 'the events reader');
      events.removeAllListeners('removed');
    }

    it('re-arms a scheduler again and again, and stops it', async () => {
      const queue = newQueue();
      let runs = 0;
      work(queue, async () => (runs += 1));
      await queue.upsertJobScheduler('tick', { every: 40 }, { name: 'tick', data: { a: 1 } });
      await until(() => runs >= 4, 'four iterations');
      expect(await queue.getJobSchedulersCount()).toBe(1);
      const scheduler = await queue.getJobScheduler('tick');
      expect(scheduler?.every).toBe(40);
      expect(scheduler?.template?.data).toEqual({ a: 1 });
      expect(scheduler?.iterationCount).toBeGreaterThanOrEqual(4);
      await queue.upsertJobScheduler('tick', { every: 3_600_000 }, { name: 'tick' });
      // Its first iteration runs at once; the one after it stands in the queue.
      const next = await until(async () => (await queue.getDelayed())[0], 'the next iteration');
      await expect(queue.remove(next.id ?? '')).rejects.toThrow(/scheduler/);
      expect(await queue.removeJobScheduler('tick')).toBe(true);
      expect(await queue.removeJobScheduler('tick')).toBe(false);
      expect(await queue.getDelayedCount()).toBe(0);
      await queue.upsertJobScheduler('cron', { pattern: '0 0 1 1 *' }, { name: 'yearly' });
      expect((await queue.getJobSchedulers())[0]?.pattern).toBe('0 0 1 1 *');
    });

    it('runs flows from the leaves to the root', async () => {
      const parents = newQueue();
      const leaves = newQueue();
      const order: string[] = [];
      work(leaves, async (job) => {
        order.push(job.name);
        return job.data as number;
      });
      let sum = 0;
      work(parents, async (job) => {
        order.push(job.name);
        const values = Object.values(await job.getChildrenValues<number>());
        sum = values.reduce((a, b) => a + b, 0);
      });
      const flows = new FlowProducer({ connection: connection() }, factory);
      opened.push(flows);
      const tree = await flows.add({
        name: 'root',
        queueName: parents.name,
        children: [1, 2, 3].map((n) => ({ name: `leaf${n}`, queueName: leaves.name, data: n })),
      });
      await inState(parents, tree.job.id, 'completed');
      expect(order.at(-1)).toBe('root');
      expect(sum).toBe(6);
      const found = await flows.getFlow({ id: tree.job.id ?? '', queueName: parents.name });
      expect(found.children).toHaveLength(3);
      expect(await (tree.job as Job).getDependenciesCount()).toMatchObject({
        processed: 3,
        unprocessed: 0,
      });
    });

    it('fails, ignores or continues a parent as its children say', async () => {
      const parents = newQueue();
      const leaves = newQueue();
      work(leaves, async () => {
        throw new Error('leaf broke');
      });
      let ran = 0;
      work(parents, async () => (ran += 1));
      const flows = new FlowProducer({ connection: connection() }, factory);
      opened.push(flows);
      const flow = (opts: object) =>
        flows.add({
          name: 'root',
          queueName: parents.name,
          children: [{ name: 'leaf', queueName: leaves.name, data: 0, opts }],
        });
      const failing = await flow({ failParentOnFailure: true });
      await inState(parents, failing.job.id, 'failed');
      const ignoring = await flow({ ignoreDependencyOnFailure: true });
      await inState(parents, ignoring.job.id, 'completed');
      expect(Object.values(await ignoring.job.getIgnoredChildrenFailures())).toEqual([
        'leaf broke',
      ]);
      const continuing = await flow({ continueParentOnFailure: true });
      await inState(parents, continuing.job.id, 'completed');
      expect(ran).toBe(2);
    });

    it('gives the job of a dead worker to another one', async () => {
      const queue = newQueue();
      const job = await queue.add('x', {});
      const dead = work(queue, async () => undefined, { autorun: false, lockDuration: 50 });
      const taken = (await dead.getNextJob('token-of-the-dead')) as Job;
      expect(taken.id).toBe(job.id);
      const stalled: string[] = [];
      const living = work(queue, async () => 'saved', { stalledInterval: 60, maxStalledCount: 1 });
      living.on('stalled', (id) => stalled.push(id));
      await inState(queue, job.id, 'completed');
      expect(stalled).toEqual([job.id]);
      await expect(taken.moveToCompleted('late', 'token-of-the-dead', false)).rejects.toThrow(
        /lock|state/i,
      );
    });

    it('pauses and resumes', async () => {
      const queue = newQueue();
      let ran = 0;
      work(queue, async () => (ran += 1));
      await queue.pause();
      expect(await queue.isPaused()).toBe(true);
      await queue.add('x', {});
      expect(await queue.getWaitingCount()).toBe(1);
      expect(ran).toBe(0);
      await queue.resume();
      await until(() => ran === 1, 'the job after resume');
    });

    it('limits rate and global concurrency', async () => {
      const queue = newQueue();
      await queue.setGlobalConcurrency(1);
      let running = 0;
      let most = 0;
      let done = 0;
      const processor = async (): Promise<void> => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        done += 1;
      };
      work(queue, processor, { concurrency: 5 });
      work(queue, processor, { concurrency: 5 });
      await queue.addBulk(Array.from({ length: 20 }, () => ({ name: 'x', data: {} })));
      await until(() => done === 20, 'twenty jobs');
      expect(most).toBe(1);

      const limited = newQueue();
      const times: number[] = [];
      work(limited, async () => times.push(Date.now()), { limiter: { max: 2, duration: 100 } });
      await limited.addBulk(Array.from({ length: 4 }, () => ({ name: 'x', data: {} })));
      await until(() => times.length === 4, 'four limited jobs');
      expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(90);
    });

    it('lists by state and page, keeps bounded history, counts metrics', async () => {
      const queue = newQueue({ defaultJobOptions: { removeOnComplete: { count: 3 } } });
      const worker = work(queue, async (job) => job.data as number, {
        metrics: { maxDataPoints: 10 },
      });
      await queue.addBulk([1, 2, 3, 4, 5].map((n) => ({ name: `n${n}`, data: n })));
      const events = (): Promise<boolean> =>
        queue.getJobCounts('wait', 'active').then((c) => c['wait'] === 0 && c['active'] === 0);
      await until(events, 'the queue is empty');
      await worker.close();
      const newestFirst = await queue.getJobs(['completed'], 0, 10, false);
      expect(newestFirst.map((job) => job.name)).toEqual(['n5', 'n4', 'n3']);
      const oldestFirst = await queue.getJobs(['completed'], 0, 1, true);
      expect(oldestFirst.map((job) => job.name)).toEqual(['n3', 'n4']);
      await queue.addBulk([6, 7, 8].map((n) => ({ name: `n${n}`, data: n })));
      const names = async (asc: boolean, type: JobType = 'waiting'): Promise<string[]> =>
        (await queue.getJobs([type], 0, 1, asc)).map((job) => job.name);
      expect(await names(true)).toEqual(['n6', 'n7']);
      expect(await names(false)).toEqual(['n8', 'n7']);
      expect((await queue.getMetrics('completed')).meta.count).toBe(5);
    });

    it('updates data, removes, cleans, drains and obliterates', async () => {
      const queue = newQueue();
      const job = await queue.add('x', { a: 1 });
      await job.updateData({ a: 2 });
      expect(((await queue.getJob(job.id ?? '')) as Job).data).toEqual({ a: 2 });
      await job.changePriority({ priority: 3 });
      expect(await queue.getJobState(job.id ?? '')).toBe('prioritized');
      expect(await queue.remove(job.id ?? '')).toBe(1);
      expect(await queue.getJobState(job.id ?? '')).toBe('unknown');

      await queue.addBulk([1, 2, 3].map((n) => ({ name: 'x', data: n })));
      await queue.add('late', {}, { delay: 60_000 });
      expect(await queue.clean(0, 2, 'wait')).toHaveLength(2);
      await queue.drain();
      expect(await queue.getJobCounts('wait', 'delayed')).toEqual({ wait: 0, delayed: 1 });
      await queue.drain(true);
      expect(await queue.count()).toBe(0);
      await queue.add('x', {});
      await queue.obliterate({ force: true });
      expect(await queue.count()).toBe(0);
    });

    it('retries many failed jobs and promotes many delayed ones', async () => {
      const queue = newQueue();
      let isBroken = true;
      let done = 0;
      work(queue, async () => {
        if (isBroken) throw new Error('broken');
        done += 1;
      });
      await queue.addBulk([1, 2, 3].map((n) => ({ name: 'x', data: n })));
      await until(async () => (await queue.getFailedCount()) === 3, 'three failures');
      isBroken = false;
      await queue.retryJobs();
      await until(() => done === 3, 'three retries');
      await queue.addBulk([1, 2].map((n) => ({ name: 'x', data: n, opts: { delay: 60_000 } })));
      await queue.promoteJobs();
      await until(() => done === 5, 'two promoted');
    });

    it('closes while workers and events wait', async () => {
      const queue = newQueue();
      const worker = work(queue, async () => undefined);
      const events = await eventsOf(queue);
      await worker.waitUntilReady();
      await worker.close();
      await events.close();
    });
  });
}
