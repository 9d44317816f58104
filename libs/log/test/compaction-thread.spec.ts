// Compaction in a thread of its own: it leaves the very files that the loop leaves, and whatever becomes of the thread (killed, out of
// memory, told to stop, on a disk that fails), the log stays whole and the next run works.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Disk,
  manualClock,
  type MemoryDisk,
  nodePlatform,
  type Platform,
  type Threads,
} from '@drave/platform';
import { buildMarkerBatch } from '@drave/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { LogManager, logSettings, type PartitionLog } from '../src/index.js';
import { errorOf, failureOf } from '../src/compaction-job.js';
import { serveCompactions } from '../src/compaction-service.js';
import type { Compactor } from '../src/compactor.js';
import { LoopCompactor } from '../src/loop-compactor.js';
import { Pace } from '../src/pace.js';
import { ThreadCompactor } from '../src/thread-compactor.js';
import { codecs, compact, left, put, seal } from './compaction-fixture.js';
import {
  client,
  type LoggedEvent,
  memory,
  platformOn,
  recordingLogger,
  temporaryDirectory,
  topicId,
  tp,
} from './log-fixture.js';

const settings = logSettings({ cleanupPolicy: ['compact'], segmentBytes: 1_000_000 });
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Opened {
  readonly manager: LogManager;
  readonly log: PartitionLog;
  readonly events: LoggedEvent[];
  readonly directory: string;
}

async function opened(
  options: {
    readonly compactor?: Compactor;
    readonly disk?: Disk;
    readonly path?: string;
  } = {},
): Promise<Opened> {
  let { path } = options;
  if (path === undefined) {
    const made = await temporaryDirectory();
    cleanups.push(() => made.remove());
    ({ path } = made);
  }
  const events: LoggedEvent[] = [];
  const platform: Platform = {
    ...nodePlatform({ logger: recordingLogger(events) }),
    ...(options.disk ? { disk: options.disk } : {}),
  };
  const base = { platform, directory: path, flush: 'os', nodeId: 1, tailCacheBytes: 0 } as const;
  const { compactor } = options;
  const manager = await LogManager.open(compactor ? { ...base, compactor } : base);
  cleanups.push(() => manager.close().catch(() => undefined));
  const log = manager.create(tp, { topicId, settings });
  return { manager, log, events, directory: join(path, 'flights-0') };
}

const value = (at: number) => `${at}`.padEnd(200, '.');

/** Many keys in several segments; most of the first half is superseded by the second. */
async function filled(log: PartitionLog, batches = 60, perBatch = 200): Promise<string[]> {
  const last = new Map<string, string>();
  const half = (batches * perBatch) / 2;
  let offset = 0;
  for (let batch = 0; batch < batches; batch++) {
    const specs: string[] = [];
    for (let at = 0; at < perBatch; at++) {
      const key = offset % 10 === 0 ? `k${offset}.` : `k${(offset * 7919) % half}`;
      specs.push(`${key}=${value(offset)}`);
      last.set(key, `${offset++}:${specs.at(-1)}`);
    }
    await put(log, specs, { codec: codecs[batch % codecs.length] ?? 'none' });
  }
  await seal(log);
  return [...last.values()].sort(
    (one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
  );
}

/** The disk's threads as `wrap` changes them. */
function diskWith(threads: Threads): Disk {
  const { disk } = nodePlatform();
  return new Proxy(disk, {
    get(target, name) {
      if (name === 'threads') return threads;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const realThreads = (): Threads => {
  const { threads } = nodePlatform().disk;
  if (!threads) throw new Error('the real disk has threads');
  return threads;
};

/** Nothing comes from the thread any more; it ends after `moment`. */
type Kill = (moment?: Promise<void>) => void;

/** Real threads; `onPost` hears of each request to one and may kill it. */
function watchedThreads(onPost: (kind: string, kill: Kill) => void): Threads {
  return {
    start: (url, options) => {
      let isDead = false;
      const onMessage = (message: unknown) => void (isDead || options.onMessage(message));
      const thread = realThreads().start(url, { ...options, onMessage });
      const kill: Kill = (moment = Promise.resolve()) => {
        isDead = true;
        void moment.then(() => thread.end());
      };
      return {
        post: (message, transfer) => {
          thread.post(message, transfer);
          onPost((message as { kind: string }).kind, kill);
        },
        end: () => thread.end(),
      };
    },
  };
}

const names = (directory: string) =>
  readdirSync(directory).filter((name) => !/^\d+\.snapshot$/.test(name));

/** Settles when the new segment has some bytes. */
async function untilWritten(directory: string): Promise<void> {
  const path = join(directory, '00000000000000000000.log.cleaned');
  while ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a compaction in a thread', () => {
  it('leaves the files that one on the loop leaves, byte by byte', async () => {
    const files: Map<string, string>[] = [];
    for (const compactor of [undefined, new LoopCompactor(nodePlatform())]) {
      const world = await opened(compactor ? { compactor } : {});
      const { log, manager, directory } = world;
      const producer = { producerId: 7, producerEpoch: 0, isTransactional: true };
      await put(log, ['a=1', 'b=1'], { ...producer, baseSequence: 0 });
      await log.appendAsLeader(
        buildMarkerBatch({
          producerId: 7,
          producerEpoch: 0,
          type: 'abort',
          coordinatorEpoch: 0,
          timestamp: 5,
        }),
        { ...client, origin: 'coordinator' },
      ).written;
      const expected = await filled(log);
      await put(log, ['c', 'd'], { timestamp: 77 });
      await seal(log);
      expect(await compact(log, { dedupeBufferBytes: 24 * 10_000 })).toMatchObject({ keys: 6603 });
      const withoutOffset = (line: string) => line.replace(/^\d+:/, '');
      const lines = (await left(log)).map(withoutOffset).filter((line) => line.startsWith('k'));
      expect(lines).toEqual(expected.map(withoutOffset));
      const found = new Map<string, string>();
      for (const name of names(directory)) {
        found.set(name, readFileSync(join(directory, name)).toString('base64'));
      }
      expect([...found.keys()].some((name) => name.endsWith('.index'))).toBe(true);
      files.push(found);
      await manager.close();
    }
    expect(files[0]).toEqual(files[1]);
  });

  it('starts it late and ends it when nothing is compacted for ten seconds', async () => {
    const clock = manualClock();
    const compactor = new ThreadCompactor({ scheduler: clock }, realThreads());
    const { log, manager } = await opened({ compactor });
    await filled(log, 4);
    expect(compactor.isRunning).toBe(false);
    expect(await compact(log)).toBeDefined();
    expect(compactor.isRunning).toBe(true);
    await clock.advance(9_000);
    await put(log, ['k0=new']);
    await seal(log);
    expect(await compact(log)).toBeDefined();
    await clock.advance(9_000);
    expect(compactor.isRunning).toBe(true);
    await clock.advance(2_000);
    expect(compactor.isRunning).toBe(false);
    await put(log, ['k0=newest']);
    await seal(log);
    expect(await compact(log)).toBeDefined();
    await manager.close();
    expect(compactor.isRunning).toBe(false);
  });

  it('keeps to the memory of its map, also when the keys need several runs', async () => {
    const { log } = await opened();
    const expected = await filled(log, 30, 100);
    const dedupeBufferBytes = 24 * 500;
    const ends: number[] = [];
    for (;;) {
      const result = await compact(log, { dedupeBufferBytes });
      if (result === undefined || result.endOffset === ends.at(-1)) break;
      ends.push(result.endOffset);
      expect(result.mapBytes).toBeLessThanOrEqual(dedupeBufferBytes);
      expect(result.keys).toBeLessThanOrEqual(450);
      expect(ends.length).toBeLessThan(20);
    }
    expect(ends.length).toBeGreaterThanOrEqual(3000 / 450);
    expect(await left(log)).toEqual(expected);
  });
});

describe('a thread that dies', () => {
  it.each(['map', 'rewrite'])(
    'in %s leaves the log whole, and the next run works',
    async (when) => {
      let directory = '';
      let isArmed = true;
      const threads = watchedThreads((kind, kill) => {
        if (kind !== when || !isArmed) return;
        isArmed = false;
        kill(kind === 'map' ? undefined : untilWritten(directory));
      });
      const world = await opened({ disk: diskWith(threads) });
      const { log, manager, events } = world;
      ({ directory } = world);
      const expected = await filled(log, 40);
      const before = await left(log);
      expect(await compact(log)).toBeUndefined();
      expect(events.filter(({ level }) => level === 'error').map(({ event }) => event)).toEqual([
        'log-compactor-failed',
      ]);
      expect(await left(log)).toEqual(before);
      expect(names(directory).filter((name) => /cleaned|swap/.test(name))).toEqual([]);
      expect(await compact(log)).toBeDefined();
      expect(await left(log)).toEqual(expected);
      expect(manager.failure).toBeUndefined();
    },
  );

  it('of want of memory takes nothing else with it', async () => {
    const hungry = new URL('data:text/javascript,const all = []; for (;;) all.push({});');
    const start: Threads['start'] = (_url, options) =>
      realThreads().start(hungry, { ...options, heapMiB: 16 });
    const { log, events } = await opened({ disk: diskWith({ start }) });
    await filled(log, 4);
    const before = await left(log);
    expect(await compact(log)).toBeUndefined();
    expect(events.find(({ event }) => event === 'log-compactor-failed')?.fields).toMatchObject({
      error: expect.stringMatching(/memory limit/),
    });
    expect(await left(log)).toEqual(before);
  });

  it('would be noticed if what it had written by then were taken for all', async () => {
    const loop = new LoopCompactor(nodePlatform());
    const twin: Compactor = {
      begin: async (signal) => {
        const run = await loop.begin(signal);
        const half = { map: run.map.bind(run), end: run.end.bind(run) };
        return {
          ...half,
          rewrite: (group) => run.rewrite({ ...group, segments: group.segments.slice(0, 1) }),
        };
      },
      close: () => loop.close(),
    };
    const { log } = await opened({ compactor: twin });
    log.updateSettings({ ...settings, segmentBytes: 100_000 });
    const expected = await filled(log);
    await compact(log);
    expect(await left(log)).not.toEqual(expected);
  });
});

describe('a compaction in a thread that is told to stop', () => {
  it('by closing, does so, and nothing of it stays', async () => {
    const started = Promise.withResolvers<void>();
    const threads = watchedThreads((kind) => kind === 'rewrite' && started.resolve());
    const { log, manager, directory } = await opened({ disk: diskWith(threads) });
    const expected = await filled(log, 40);
    const before = await left(log);
    const compaction = compact(log);
    await started.promise;
    await manager.close();
    const result = await compaction;
    expect(names(directory).filter((name) => /cleaned|swap/.test(name))).toEqual([]);
    const again = await opened({ path: join(directory, '..') });
    expect(await left(again.log)).toEqual(result ? expected : before);
    await compact(again.log);
    expect(await left(again.log)).toEqual(expected);
  });

  it('by the deletion of its log, does so, and others get their turn', async () => {
    const started = Promise.withResolvers<void>();
    const threads = watchedThreads((kind) => kind === 'map' && started.resolve());
    const { log, manager, directory } = await opened({ disk: diskWith(threads) });
    await filled(log, 40);
    const other = manager.create({ topic: 'other', partition: 0 }, { topicId: 'other', settings });
    await put(other, ['a=1', 'a=2']);
    await seal(other);
    const compactions = [compact(log), compact(other)];
    await started.promise;
    await manager.delete(tp);
    const [first, second] = await Promise.all(compactions);
    expect(first).toBeUndefined();
    expect(second).toMatchObject({ keys: 1 });
    expect(() => readdirSync(directory)).toThrow(/ENOENT/);
    expect(manager.failure).toBeUndefined();
  });

  it('while it waits for its turn, does not wait any longer', async () => {
    const compactor = new ThreadCompactor({ scheduler: manualClock() }, realThreads());
    const run = await compactor.begin(new AbortController().signal);
    const cancel = new AbortController();
    const waiting = compactor.begin(cancel.signal);
    const next = compactor.begin(new AbortController().signal);
    cancel.abort();
    await expect(waiting).rejects.toThrow('cancelled');
    await run.end();
    await (await next).end();
    await compactor.close();
  });
});

/** The thread's side in this thread, over a disk in memory; what goes between is copied as by a real one. */
function nearThreads(disk: MemoryDisk): Threads {
  return {
    start: (_url, { onMessage, onEnd }) => {
      let hear: (message: unknown) => void = () => undefined;
      const later = (work: () => void) => queueMicrotask(work);
      const port = {
        onMessage: (callback: typeof hear) => void (hear = callback),
        post: (message: unknown, transfer: readonly ArrayBuffer[] = []) => {
          const copy: unknown = structuredClone(message, { transfer: [...transfer] });
          later(() => onMessage(copy));
        },
      };
      serveCompactions(port, () => ({
        disk,
        pace: new Pace(nodePlatform()),
        codecBytesMax: Infinity,
      }));
      return {
        post: (message) => {
          const copy: unknown = structuredClone(message);
          later(() => hear(copy));
        },
        end: async () => onEnd(undefined),
      };
    },
  };
}

describe('a disk that fails under the thread', () => {
  async function near() {
    const { disk } = memory();
    const events: LoggedEvent[] = [];
    const platform = platformOn(disk, recordingLogger(events));
    const compactor = new ThreadCompactor(platform, nearThreads(disk));
    const options = { platform, directory: '/data', flush: 'os', nodeId: 1 } as const;
    const manager = await LogManager.open({ ...options, compactor, tailCacheBytes: 0 });
    const log = manager.create(tp, { topicId, settings });
    const expected = await filled(log, 10);
    return { disk, events, manager, log, expected };
  }

  it('because it is full postpones the compaction', async () => {
    const { disk, events, log, manager, expected } = await near();
    const fault = disk.fail({ operation: 'write', pathPart: 'cleaned', nth: 1, code: 'ENOSPC' });
    expect(await compact(log)).toBeUndefined();
    expect(events.map(({ event }) => event)).toContain('log-compaction-postponed');
    fault.remove();
    expect(manager.failure).toBeUndefined();
    expect(await compact(log)).toBeDefined();
    expect(await left(log)).toEqual(expected);
  });

  it.each(['write', 'sync'] as const)(
    'in %s takes the directory out of service',
    async (operation) => {
      const { disk, log, manager } = await near();
      disk.fail({ operation, pathPart: 'cleaned', nth: 1, code: 'EIO' });
      await expect(compact(log)).rejects.toThrow(/KAFKA_STORAGE_ERROR|EIO/);
      expect(String(manager.failure)).toMatch(/compact .*EIO/);
    },
  );

  it('in bytes at rest makes the log uncleanable', async () => {
    const { disk, events, log } = await near();
    disk.flipBit('/data/flights-0/00000000000000000000.log', 8 * 100);
    expect(await compact(log)).toBeUndefined();
    expect(events.map(({ event }) => event)).toContain('log-uncleanable');
  });

  it('is told with the kind of its error, and its cause', () => {
    const cause = Object.assign(new Error('EIO: no'), { code: 'EIO' });
    for (const error of [cause, new Error('a', { cause })]) {
      const found = errorOf(structuredClone(failureOf(error)));
      expect(found).toEqual(error);
      expect(found.cause).toEqual(error.cause);
      expect((found as { code?: string }).code).toBe((error as { code?: string }).code);
    }
  });
});
