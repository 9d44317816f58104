// The shared journal: what it makes durable survives everything, once; what is void never comes back. Several logs are written in one
// round, journaled from the second log on, on a disk that loses unsynced bytes.

import { type DiskOperation, memoryDisk, type MemoryDisk } from '@drave/platform';
import { describe, expect, it } from 'vitest';
import {
  type JournalSettings,
  type LogManager,
  logSettings,
  type PartitionLog,
} from '../src/index.js';
import {
  batchOf,
  client,
  type LoggedEvent,
  mortalDisk,
  openManager,
  platformOn,
  recordingLogger,
  topicId,
  valuesOf,
} from './log-fixture.js';

const partitionCount = 3;
const journal = {
  atStart: true,
  fromLogs: 2,
  partBytes: 4 * 4096,
  roundBytesMax: 8192,
  logBytesMax: 4096,
};
const partitions = Array.from({ length: partitionCount }, (_, at) => at);
const isReading = (operation: DiskOperation) => operation === 'read' || operation === 'list';

class World {
  readonly disk: MemoryDisk;
  readonly events: LoggedEvent[] = [];
  /** By partition: `offset:value` of what was acknowledged. */
  readonly acked: string[][] = partitions.map(() => []);
  #process: ReturnType<typeof mortalDisk> | undefined;
  #manager: LogManager | undefined;
  #serial = 0;
  #onOperation: (operation: DiskOperation) => void = () => undefined;
  /** Hears of each write. */
  onWrite: (path: string) => void = () => undefined;

  readonly #journal: Partial<JournalSettings>;

  constructor(seed: number, settings: Partial<JournalSettings> = {}) {
    this.#journal = { ...journal, ...settings };
    const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
    const observe = (operation: DiskOperation, path: string) => {
      if (operation === 'write') this.onWrite(path);
      this.#onOperation(operation);
    };
    this.disk = memoryDisk({ seed, settle, observe });
  }

  get manager(): LogManager {
    if (!this.#manager) throw new Error('not open');
    return this.#manager;
  }

  log(partition: number): PartitionLog {
    const log = this.manager.get({ topic: 'flights', partition });
    if (!log) throw new Error(`log ${partition} is gone`);
    return log;
  }

  async open(): Promise<void> {
    this.#process = mortalDisk(this.disk);
    const logger = recordingLogger(this.events);
    this.#manager = await openManager(platformOn(this.#process.disk, logger), {
      journal: this.#journal,
      tailCacheBytes: 0,
    });
    for (const partition of partitions) this.create(partition);
  }

  create(partition: number, id = topicId): void {
    const settings = logSettings({ segmentBytes: 700 });
    this.manager.create({ topic: 'flights', partition }, { topicId: id, settings });
  }

  /** One batch to each partition in one turn; settles when all are acknowledged, or their failure is known. */
  async round(only: readonly number[] = partitions): Promise<void> {
    await Promise.all(
      only.map(async (partition) => {
        const value = `v${this.#serial++}`;
        try {
          const result = this.log(partition).appendAsLeader(batchOf({ values: [value] }), client);
          await result.written;
          this.acked[partition]?.push(`${result.baseOffset}:${value}`);
        } catch {
          return; // refused or failed: no promise
        }
      }),
    );
  }

  async rounds(count: number): Promise<void> {
    for (let round = 0; round < count; round++) await this.round();
  }

  /** Kills the process after the nth operation that changes something; settles when that happened or `work` ended. */
  async dieAt(
    nth: number,
    work: () => Promise<unknown>,
  ): Promise<{ count: number; died: boolean }> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let count = 0;
    this.#onOperation = (operation) => {
      if (isReading(operation) || ++count !== nth) return;
      this.#process?.kill();
      resolve();
    };
    await Promise.race([work().catch(() => undefined), promise]);
    this.#onOperation = () => undefined;
    return { count, died: count >= nth };
  }

  kill(): void {
    this.#process?.kill();
    this.disk.endProcess();
  }

  powerOff(): void {
    this.#process?.kill();
    this.disk.crash();
  }

  /** Nothing acknowledged is missing, at its offset, and nothing is there twice. */
  async check(about: string): Promise<void> {
    for (const partition of partitions) {
      const there = await valuesOf(this.log(partition));
      const acked = this.acked[partition] ?? [];
      expect(new Set(there.map((line) => line.split(':')[1])).size, about).toBe(there.length);
      expect(there, `${about}, partition ${partition}`).toEqual(expect.arrayContaining(acked));
    }
  }

  replays(): number {
    return this.events.filter(({ event }) => event === 'log-replayed').length;
  }
}

async function started(
  seed: number,
  roundCount: number,
  settings: Partial<JournalSettings> = {},
): Promise<World> {
  const world = new World(seed, settings);
  await world.open();
  await world.rounds(roundCount);
  return world;
}

describe('the journal', () => {
  it('alone makes a round durable, and is empty after a clean stop', async () => {
    let replays = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const world = await started(seed, 4);
      expect(world.manager.journalFigures?.rounds).toBeGreaterThanOrEqual(2);
      world.powerOff();
      await world.open();
      await world.check(`seed ${seed}`);
      replays += world.replays();
      await world.rounds(2);
      await world.manager.close();
      await world.open();
      expect(world.manager.cleanStart).toBe(true);
      world.powerOff();
      const before = world.replays();
      await world.open();
      await world.check(`seed ${seed}, again`);
      expect(world.replays(), 'nothing to replay').toBe(before);
    }
    expect(replays).toBeGreaterThan(10);
  });

  it('is recycled after its segments are synced, rolls included', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = await started(seed, 30);
      expect(world.manager.journalFigures?.recycled).toBeGreaterThan(2);
      world.powerOff();
      await world.open();
      await world.check(`seed ${seed}`);
    }
  });

  it.each([true, false])('gets a turn before its segments do: %s', async (leads) => {
    const world = await started(1, 2, { leads });
    const { led, rounds = 0 } = world.manager.journalFigures ?? {};
    const written: string[] = [];
    world.onWrite = (path) => written.push(path.slice(path.lastIndexOf('/') + 1, -2));
    await world.round();
    const segments = partitions.map(() => '00000000000000000000.l');
    expect(written).toEqual(leads ? ['journal', ...segments] : [...segments, 'journal']);
    expect(world.manager.journalFigures?.rounds).toBe(rounds + 1);
    expect(world.manager.journalFigures?.led).toBe(leads ? (led ?? 0) + 1 : 0);
    world.powerOff();
    await world.open();
    await world.check('one round');
  });

  it('that has no room lets rounds be synced directly', async () => {
    const world = new World(1, { partBytes: 3 * 4096, roundBytesMax: 4096 });
    await world.open();
    await world.rounds(40);
    const { rounds = 0, refused = 0 } = world.manager.journalFigures ?? {};
    expect(Math.min(rounds, refused)).toBeGreaterThan(3);
    world.powerOff();
    await world.open();
    await world.check('full');
  });

  it.each(['cut off', 'zeros', 'garbage'])(
    'ends at its last whole record, torn at every byte with this tail: %s',
    async (tail) => {
      const world = await started(1, 3);
      const path = await partInUse(world);
      world.kill();
      const whole = await world.disk.readFile(path);
      const last = lastRecord(whole);
      const kept = await snapshotOf(world.disk);
      let shorter = 0;
      for (let from = last.start; from <= last.end; from++) {
        const torn = Buffer.from(whole);
        if (tail === 'zeros') torn.fill(0, from);
        if (tail === 'garbage') torn.fill(0xa7, from);
        const disk = await diskFrom(kept, (name, bytes) => {
          if (name === path) return tail === 'cut off' ? whole.subarray(0, from) : torn;
          return name.endsWith('.log') ? Buffer.alloc(0) : bytes;
        });
        const manager = await openManager(platformOn(disk), { journal });
        const counts = partitions.map(
          (partition) => manager.get({ topic: 'flights', partition })?.logEndOffset ?? -1,
        );
        // The records' bytes behind the last entry are padding.
        const isWhole = from === last.end;
        expect(counts, `torn at ${from}`).toEqual(counts.map(() => (isWhole ? counts[0] : 0)));
        if (!isWhole) shorter++;
        await manager.close();
      }
      expect(shorter).toBeGreaterThan(300);
    },
  );

  it('does not bring back what was truncated', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = await started(seed, 3);
      await world.log(1).truncateTo(2);
      world.acked[1]?.splice(2);
      world.powerOff();
      await world.open();
      expect(world.log(1).logEndOffset, `seed ${seed}`).toBe(2);
      await world.check(`seed ${seed}`);
      await world.rounds(2);
      world.powerOff();
      await world.open();
      await world.check(`seed ${seed}, again`);
    }
  });

  it.each([topicId, 'another'])(
    'does not bring back a deleted log when there is a new one (topic id %s)',
    async (id) => {
      for (let seed = 1; seed <= 10; seed++) {
        const world = await started(seed, 3);
        await world.manager.delete({ topic: 'flights', partition: 1 });
        world.create(1, id);
        world.acked[1]?.splice(0);
        await world.round([1]);
        world.powerOff();
        await world.open().catch((error: Error) => expect(error.message).toContain('topic id'));
        expect(await valuesOf(world.log(1)), `seed ${seed}`).toEqual(world.acked[1]);
      }
    },
  );

  it('writes again what a failed background sync lost', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const world = await started(seed, 3);
      const fault = world.disk.fail({ operation: 'sync', pathPart: '.log', code: 'EIO' });
      for (let round = 0; round < 10 && !world.manager.failure; round++) await world.round();
      expect(fault.hitCount).toBe(1);
      expect(world.manager.failure?.message).toContain('takes no more writes');
      // The process is started again, the machine is not: the page cache shows what the disk never took.
      world.kill();
      await world.open();
      await world.check(`seed ${seed}, process`);
      world.powerOff();
      await world.open();
      await world.check(`seed ${seed}, power`);
    }
  });
});

describe('a crash with a journal', () => {
  const work = async (world: World): Promise<void> => {
    await world.rounds(9); // more than both parts hold
    world.acked[2]?.splice(5); // given up by the call, done or not
    await world.log(2).truncateTo(5);
    await world.rounds(2);
    await world.log(0).deleteRecordsBefore(6);
    await world.rounds(1);
    await world.manager.close();
  };

  it.each(['kill', 'power'] as const)(
    'after any disk operation (%s) loses nothing that was acknowledged',
    { timeout: 300_000 },
    async (how) => {
      let replays = 0;
      let nth = 1;
      for (let died = true; died; nth++) {
        for (let seed = 1; seed <= (how === 'power' ? 3 : 1); seed++) {
          const about = `${how} after operation ${nth}, seed ${seed}`;
          const world = await started(seed, 2, { leads: seed !== 3 });
          ({ died } = await world.dieAt(nth, () => work(world)));
          await crashTwice(world, how, { nth, about });
          replays += world.replays();
        }
      }
      expect(nth).toBeGreaterThan(100);
      // A killed process leaves all that it wrote: then it is the journal that was ahead of the segments.
      expect(replays).toBeGreaterThan(how === 'power' ? 50 : 10);
    },
  );

  /** The first recovery dies too, somewhere; the second must find all. */
  async function crashTwice(
    world: World,
    how: 'kill' | 'power',
    { nth, about }: { readonly nth: number; readonly about: string },
  ): Promise<void> {
    const crash = () => (how === 'kill' ? world.kill() : world.powerOff());
    crash();
    await world.dieAt(1 + (nth % 40), () => world.open());
    crash();
    await world.open();
    const start = world.log(0).logStartOffset;
    if (start > 0) world.acked[0]?.splice(0, start);
    await world.check(about);
    await world.rounds(1);
    await world.check(`${about}, then`);
    crash();
    await world.open();
    await world.check(`${about}, at last`);
  }
});

describe('a disk that fails with a journal', () => {
  const operations: DiskOperation[] = ['write', 'sync', 'open', 'rename', 'sync-directory'];
  it.each(operations)(
    'at the nth %s acknowledges nothing it loses',
    { timeout: 60_000 },
    async (operation) => {
      let hits = 0;
      for (let nth = 1; nth <= 120; nth++) {
        const about = `${operation} ${nth}`;
        const world = await started(nth, 2);
        const fault = world.disk.fail({ operation, nth, code: 'EIO' });
        for (let round = 0; round < 12 && !world.manager.failure; round++) await world.round();
        await world.manager.close().catch(() => undefined);
        fault.remove();
        hits += fault.hitCount;
        world.powerOff();
        await world.open();
        await world.check(about);
        if (fault.hitCount === 0) break;
      }
      expect(hits).toBeGreaterThan(5);
    },
  );
});

/** The journal file with records in it, at its newest. */
async function partInUse(world: World): Promise<string> {
  const sizes = await Promise.all(
    ['/data/journal.0', '/data/journal.1'].map(async (path) => {
      const bytes = await world.disk.readFile(path);
      return { path, has: lastRecord(bytes).end > 4096 };
    }),
  );
  return sizes.find(({ has }) => has)?.path ?? '';
}

/** Of the records in a part, the last one. */
function lastRecord(part: Buffer): { start: number; end: number } {
  let start = 4096;
  let end = 4096;
  for (let at = 4096; at + 32 <= part.length && part.readUInt32BE(at) === 0x64724a52;) {
    const sizeBytes = part.readUInt32BE(at + 8);
    start = at;
    end = at + sizeBytes;
    at += Math.ceil(sizeBytes / 4096) * 4096;
  }
  return { start, end };
}

/** All files of the data directory. */
async function snapshotOf(disk: MemoryDisk): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const walk = async (directory: string): Promise<void> => {
    for (const name of await disk.list(directory)) {
      const path = `${directory}/${name}`;
      if ((await disk.stat(path))?.kind === 'directory') await walk(path);
      else if (name !== '.lock') files.set(path, await disk.readFile(path));
    }
  };
  await walk('/data');
  return files;
}

async function diskFrom(
  files: ReadonlyMap<string, Buffer>,
  change: (path: string, bytes: Buffer) => Buffer,
): Promise<MemoryDisk> {
  const disk = memoryDisk({});
  for (const [path, bytes] of files) {
    await disk.makeDirectory(path.slice(0, path.lastIndexOf('/')));
    await disk.writeFileAtomic(path, change(path, bytes));
  }
  return disk;
}
