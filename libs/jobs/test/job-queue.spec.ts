// The JobQueue port: the same promises on BullMQ over the embedded store and on the store directly; the latter on a clock that
// the test owns.
import { manualClock, memoryPlatform, nodePlatform } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { BullmqJobQueue, DirectJobQueue, EmbeddedJobStore, type JobQueue } from '../src/index.js';
import { until } from './queue-suite.js';

const platform = nodePlatform();

const adapters: [string, (store: EmbeddedJobStore) => JobQueue][] = [
  ['BullMQ', (store) => new BullmqJobQueue('q', { connection: { embedded: store }, ...platform })],
  ['direct', (store) => new DirectJobQueue('q', store)],
];

describe.each(adapters)('JobQueue on %s', (_title, make) => {
  it('runs, retries, fails, keeps history, schedules', async () => {
    const store = await EmbeddedJobStore.open({ platform });
    const queue = make(store);
    let attempts = 0;
    let ticks = 0;
    queue.work(async (job) => {
      if (job.name === 'tick') {
        expect(job).toMatchObject({ scheduleId: 's', everyMs: 15 });
        return (ticks += 1);
      }
      if (job.name === 'idle') job.forget();
      if (job.name === 'bad') {
        attempts += 1;
        throw new Error('broke');
      }
      await job.progress({ done: 3 });
      await job.log('hello');
      return { got: job.data };
    });
    const good = await queue.add('good', { a: 1 });
    const view = await until(async () => {
      const found = await queue.get(good);
      return found?.state === 'completed' ? found : undefined;
    }, 'the good job');
    expect(view).toMatchObject({
      name: 'good',
      data: { a: 1 },
      progress: { done: 3 },
      result: { got: { a: 1 } },
      queue: 'q',
    });
    expect(await queue.logs(good)).toEqual(['hello']);
    const bad = await queue.add('bad', {}, { attempts: 2, backoff: { type: 'fixed', delayMs: 5 } });
    await until(async () => (await queue.get(bad))?.state === 'failed', 'the bad job');
    expect(attempts).toBe(2);
    expect((await queue.get(bad))?.failedReason).toBe('broke');
    await queue.retry(bad);
    await until(() => attempts === 3, 'the retry');
    await queue.schedule('s', { everyMs: 15 }, 'tick');
    await until(() => ticks >= 3, 'three ticks');
    expect((await queue.schedules())[0]).toMatchObject({ id: 's', everyMs: 15 });
    expect(await queue.unschedule('s')).toBe(true);
    expect((await queue.list(['completed'], { start: 0, count: 100 })).length).toBeGreaterThan(3);
    const idle = await queue.add('idle', {});
    await until(async () => (await queue.get(idle)) === undefined, 'the job that is forgotten');
    const later = await queue.add('later', {}, { delayMs: 60_000, id: 'mine' });
    expect(later).toBe('mine');
    expect((await queue.counts())['delayed']).toBe(1);
    expect(await queue.remove('mine')).toBe(true);
    await queue.close();
    await store.close();
  });
});

describe('the direct adapter', () => {
  it('follows the clock it is given: a day passes at once, and no job runs early', async () => {
    const clock = manualClock({ startMs: 1_000_000 });
    const store = await EmbeddedJobStore.open({ platform: memoryPlatform({ clock }) });
    const queue = new DirectJobQueue('q', store);
    const ranAtMs: number[] = [];
    queue.work(async () => ranAtMs.push(clock.nowMs()));
    await queue.add('later', {}, { delayMs: 86_400_000 });
    await clock.advance(86_399_999);
    expect(ranAtMs).toEqual([]);
    await clock.advance(1);
    await until(() => ranAtMs.length === 1, 'the job');
    expect(ranAtMs).toEqual([87_400_000]);
    await queue.close();
    await store.close();
  });
});
