// The swap of cleaned segments survives everything: the process or the machine dies after any disk operation of a compaction or a
// retention sweep, or any of them fails. Nothing is lost, nothing comes back, nothing is there twice.

import { type DiskOperation, memoryDisk, type MemoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import { type LogManager, logSettings, type PartitionLog } from '../src/index.js';
import { compact, left, put } from './compaction-fixture.js';
import { createLog, mortalDisk, nowMs, openManager, platformOn, tp } from './log-fixture.js';

const settings = { cleanupPolicy: ['compact'], segmentBytes: 400, deleteRetentionMs: 0 };
/** Now several of them fit one. */
const wide = { ...settings, segmentBytes: 1500 };
const later = nowMs + 10_000;

interface World {
  readonly disk: MemoryDisk;
  readonly manager: LogManager;
  readonly log: PartitionLog;
  /** Counts operations from now on and kills the process after the `nth`; undefined: only counts. */
  arm(nth?: number): { readonly count: () => number; readonly died: Promise<void> };
  kill(): void;
}

/** A log of many small segments with a few keys, some deleted, cleaned once with tombstones waiting. */
async function prepared(seed: number): Promise<World> {
  let observe: (operation: DiskOperation) => void = () => undefined;
  const disk = memoryDisk({ seed, observe: (operation) => observe(operation) });
  const process = mortalDisk(disk);
  const manager = await openManager(platformOn(process.disk), { tailCacheBytes: 0 });
  const log = createLog(manager, settings);
  // Some keys are written once and last there, the others again and again.
  const update = (at: number) => {
    const key = at % 3 === 1 ? `k${100 + at}` : `k${at % 4}`;
    return put(log, [at % 9 === 4 ? key : `${key}=${at}`]);
  };
  for (let at = 0; at < 24; at++) await update(at);
  await compact(log, { nowMs });
  for (let at = 24; at < 40; at++) await update(at);
  await log.flush();
  log.updateSettings(logSettings(wide));
  return {
    disk,
    manager,
    log,
    kill: () => process.kill(),
    arm: (nth) => {
      let count = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      observe = (operation) => {
        if (operation === 'read' || operation === 'list') return;
        if (++count !== nth) return;
        process.kill();
        resolve();
      };
      return { count: () => count, died: promise };
    },
  };
}

/** Each key's last record, as `key` → line. */
function lastByKey(lines: readonly string[]): Map<string, string> {
  const last = new Map<string, string>();
  for (const line of lines) {
    const key = /:(k\d+)/.exec(line)?.[1];
    if (key !== undefined) last.set(key, line);
  }
  return last;
}

const isTombstone = (line: string) => !line.includes('=');

/** What a reader must find, whichever step was reached. */
function checkLeft(before: readonly string[], after: readonly string[], about: string): void {
  expect(new Set(after).size, `${about}: twice`).toBe(after.length);
  const order = after.map((line) => Number(line.split(':')[0]));
  expect(order, `${about}: order`).toEqual([...order].sort((one, other) => one - other));
  for (const line of after) expect(before, `${about}: from nowhere`).toContain(line);
  const expected = lastByKey(before);
  const found = lastByKey(after);
  for (const [key, line] of expected) {
    if (isTombstone(line) && !found.has(key)) continue; // its horizon has passed
    expect(found.get(key), `${about}: ${key}`).toBe(line);
  }
}

async function reopened(disk: MemoryDisk): Promise<{ manager: LogManager; log: PartitionLog }> {
  const manager = await openManager(platformOn(disk), { tailCacheBytes: 0 });
  const log = manager.get(tp);
  if (!log) throw new Error('the log is gone');
  log.updateSettings(logSettings(wide));
  return { manager, log };
}

async function finalState(): Promise<{ before: string[]; after: string[]; operations: number }> {
  const world = await prepared(1);
  const before = await left(world.log);
  const counter = world.arm();
  await compact(world.log, { nowMs: later });
  const operations = counter.count();
  // Tombstones beyond the first compaction go with the next ones.
  for (let run = 0; run < 3; run++) await compact(world.log, { nowMs: later });
  return { before, after: await left(world.log), operations };
}

describe('a compaction that dies', () => {
  it.each(['kill', 'crash'] as const)(
    'after any disk operation (%s) leaves a sound log',
    { timeout: 60_000 },
    async (how) => {
      const { before, after, operations } = await finalState();
      expect(operations).toBeGreaterThan(30);
      expect(after.length).toBeLessThan(before.length);
      for (let nth = 1; nth <= operations; nth++) {
        for (let seed = 1; seed <= (how === 'crash' ? 4 : 1); seed++) {
          const about = `${how} ${nth}/${operations} seed ${seed}`;
          const world = await prepared(seed);
          const { died } = world.arm(nth);
          const end = world.log.logEndOffset;
          await Promise.race([compact(world.log, { nowMs: later }), died]);
          await died;
          if (how === 'crash') world.disk.crash();
          const { manager, log } = await reopened(world.disk);
          expect(log.logEndOffset, about).toBe(end);
          checkLeft(before, await left(log, 0), about);
          const names = await world.disk.list('/data/flights-0');
          expect(
            names.filter((name) => /cleaned|swap|deleted/.test(name)),
            about,
          ).toEqual([]);
          // The next one ends what this one began, horizons set a moment later included.
          for (let run = 0; run < 3; run++) await compact(log, { nowMs: later });
          checkLeft(before, await left(log, 0), `${about}, again`);
          expect(lastByKey(await left(log, 0)), about).toEqual(lastByKey(after));
          await put(log, ['k1=new']);
          expect(await left(log, end), about).toEqual([`${end}:k1=new`]);
          await manager.close();
        }
      }
    },
  );
});

describe('a compaction on a disk that fails', () => {
  const operations: DiskOperation[] = [
    'write',
    'sync',
    'open',
    'rename',
    'sync-directory',
    'remove',
    'read',
  ];
  it.each(operations)('once in %s loses nothing', async (operation) => {
    const { before } = await finalState();
    let hits = 0;
    for (let nth = 1; nth <= 200; nth++) {
      const about = `${operation} ${nth}`;
      const world = await prepared(nth);
      const fault = world.disk.fail({ operation, nth, code: 'EIO' });
      await compact(world.log, { nowMs: later }).catch(() => undefined);
      if (fault.hitCount === 0) break;
      hits++;
      fault.remove();
      world.kill();
      world.disk.crash();
      const { log } = await reopened(world.disk);
      checkLeft(before, await left(log, 0), about);
    }
    expect(hits).toBeGreaterThan(0);
  });
});

describe('a retention sweep that dies', () => {
  it.each(['kill', 'crash'] as const)(
    'after any disk operation (%s) keeps what it must',
    async (how) => {
      const request = (log: PartitionLog) => ({ nowMs: later, boundOffset: log.durableOffset });
      const byTime = {
        ...settings,
        cleanupPolicy: ['delete'],
        retentionBytes: 900,
        retentionMs: -1,
      };
      const counted = await prepared(1);
      counted.log.updateSettings(logSettings(byTime));
      const counter = counted.arm();
      expect(await counted.log.applyRetention(request(counted.log))).toBeGreaterThan(1);
      const operations = counter.count();
      const start = counted.log.logStartOffset;
      const expected = await left(counted.log, start);
      for (let nth = 1; nth <= operations; nth++) {
        const about = `${how} ${nth}`;
        const world = await prepared(1);
        world.log.updateSettings(logSettings(byTime));
        const { died } = world.arm(nth);
        void world.log.applyRetention(request(world.log)).catch(() => undefined);
        await died;
        if (how === 'crash') world.disk.crash();
        const { log } = await reopened(world.disk);
        expect([0, start], about).toContain(log.logStartOffset);
        expect(await left(log, start), about).toEqual(expected);
        log.updateSettings(logSettings(byTime));
        await log.applyRetention(request(log));
        expect(log.logStartOffset, about).toBe(start);
      }
    },
  );
});
