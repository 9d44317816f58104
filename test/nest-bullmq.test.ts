// @nestjs/bullmq on the embedded store, as the README of @drave/jobs tells it: no Redis, unchanged decorators, jobs that survive
// a restart of the application.

import 'reflect-metadata';
import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module, type DynamicModule, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { EmbeddedJobStore, installBackendFactory } from '@drave/jobs';
import { memoryPlatform, nodePlatform, type Platform } from '@drave/platform';
import type { Job, Queue } from 'bullmq';
import { beforeAll, expect, it, vi } from 'vitest';

const done: string[] = [];

@Processor('mail')
class MailProcessor extends WorkerHost {
  override async process(job: Job<{ readonly to: string }>): Promise<string> {
    if (job.name === 'flaky' && job.attemptsMade === 0) throw new Error('try again');
    done.push(`${job.name} ${job.data.to}`);
    return `sent to ${job.data.to}`;
  }
}

@Injectable()
class Mails {
  readonly queue: Queue;

  constructor(@InjectQueue('mail') queue: Queue) {
    this.queue = queue;
  }
}

@Module({})
class MailModule {
  static with(store: EmbeddedJobStore, processors: readonly Type[]): DynamicModule {
    return {
      module: MailModule,
      imports: [
        BullModule.forRoot({ connection: { embedded: store } as never }),
        BullModule.registerQueue({ name: 'mail' }),
      ],
      providers: [Mails, ...processors],
    };
  }
}

beforeAll(() => installBackendFactory());

async function start(
  platform: Platform,
  processors: readonly Type[],
): Promise<{ app: TestingModule; queue: Queue; store: EmbeddedJobStore }> {
  const store = await EmbeddedJobStore.open({ platform, directory: '/jobs' });
  const app = await Test.createTestingModule({
    imports: [MailModule.with(store, processors)],
  }).compile();
  await app.init();
  return { app, queue: app.get(Mails).queue, store };
}

it('runs queues and processors of a Nest application without Redis, over a restart', async () => {
  const platform = { ...nodePlatform(), disk: memoryPlatform().disk };
  const producer = await start(platform, []);
  await producer.queue.add('welcome', { to: 'a@b.c' });
  await producer.queue.add('flaky', { to: 'd@e.f' }, { attempts: 2 });
  await producer.app.close();
  await producer.store.close();
  expect(done).toEqual([]);

  const worker = await start(platform, [MailProcessor]);
  await vi.waitFor(
    async () => expect(await worker.queue.getJobCounts('completed')).toEqual({ completed: 2 }),
    { timeout: 20_000, interval: 5 },
  );
  expect(done).toEqual(['welcome a@b.c', 'flaky d@e.f']);
  const [last] = await worker.queue.getCompleted();
  expect(last).toMatchObject({ returnvalue: 'sent to d@e.f', attemptsMade: 2 });
  await worker.app.close();
  await worker.store.close();
});

it('refuses a queue without a connection instead of dialling a Redis', async () => {
  const app = Test.createTestingModule({ imports: [BullModule.registerQueue({ name: 'lost' })] });
  await expect(app.compile()).rejects.toThrow(/queue "lost" has no connection/);
});
