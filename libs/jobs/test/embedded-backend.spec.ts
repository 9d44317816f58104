// The embedded backend: the common suite, the completeness of its methods, and what only it has (stores kept apart, no Redis).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Queue } from 'bullmq';
import { nodePlatform } from '@drave/platform';
import { createBackend, EmbeddedBackend, EmbeddedJobStore } from '../src/index.js';
import { queueSuite } from './queue-suite.js';

queueSuite('BullMQ on the embedded store', async () => {
  const store = await EmbeddedJobStore.open({ platform: nodePlatform() });
  return { connection: { embedded: store }, close: () => store.close() };
});

describe('the embedded backend', () => {
  it('has every method of the interface', async () => {
    const store = await EmbeddedJobStore.open({ platform: nodePlatform() });
    const backend = new EmbeddedBackend(store, 'q', { connection: {} });
    const main = createRequire(import.meta.url).resolve('bullmq');
    const declared = readFileSync(
      join(dirname(main), '../esm/interfaces/queue-backend.d.ts'),
      'utf8',
    );
    const start = declared.indexOf('export interface IQueueBackend');
    const body = declared.slice(start, declared.indexOf('\n}\n', start));
    const names = [...body.matchAll(/^ {4}(?:readonly )?(\w+)[?]?(?:<[^(]*>)?[(:]/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(names.length).toBeGreaterThan(85);
    expect(names.filter((name) => !(name in backend))).toEqual([]);
    await store.close();
  });

  it('keeps the stores of one process apart', async () => {
    const [a, b] = await Promise.all(
      [1, 2].map(() => EmbeddedJobStore.open({ platform: nodePlatform() })),
    );
    const queues = [a, b].map(
      (store) =>
        new Queue('same', { connection: { embedded: store } as never }, createBackend as never),
    );
    await queues[0]?.add('x', {});
    expect(await queues[0]?.count()).toBe(1);
    expect(await queues[1]?.count()).toBe(0);
    for (const queue of queues) await queue.close();
    await a?.close();
    await b?.close();
  });

  it('refuses a queue without a connection instead of dialling a Redis nobody named', () => {
    const make = (): unknown => new Queue('q', { connection: {} }, createBackend as never);
    expect(make).toThrow(/has no connection/);
  });
});
