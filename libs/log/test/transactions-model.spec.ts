// Random transactions, truncations, deletions, crashes, restarts and losses of index files against a naive model: one entry an offset.
// What a reader of committed data is told must be what the model says of the records that are still there. That the model sees a log that
// forgets aborted transactions, or what producers did, is shown by twins: a disk that hands out side files without their entries.

import {
  array,
  assert,
  asyncProperty,
  check,
  constantFrom,
  integer,
  oneof,
  record,
} from 'fast-check';
import type { Disk, DiskFile } from '@drave/platform';
import { buildMarkerBatch, crc32c, type MarkerType } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { type LogManager, logSettings, type PartitionLog } from '../src/index.js';
import {
  append,
  client,
  memory,
  nowMs,
  openManager,
  platformOn,
  readAll,
  topicId,
  tp,
} from './log-fixture.js';

type Step =
  | { readonly kind: 'send'; readonly producer: number }
  | { readonly kind: 'end'; readonly producer: number; readonly type: MarkerType }
  | { readonly kind: 'plain' | 'crash' | 'reopen' | 'look' }
  | { readonly kind: 'truncate' | 'deleteBefore' | 'lose'; readonly at: number };

const kind = <Kind extends Step['kind']>(name: Kind) => constantFrom(name);
const producer = integer({ min: 1, max: 4 });
const percent = integer({ min: 0, max: 100 });
const step = oneof(
  { weight: 8, arbitrary: record({ kind: kind('send'), producer }) },
  {
    weight: 5,
    arbitrary: record({ kind: kind('end'), producer, type: constantFrom('abort', 'commit') }),
  },
  { weight: 3, arbitrary: record({ kind: constantFrom('plain', 'look') }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('crash', 'reopen') }) },
  { weight: 1, arbitrary: record({ kind: kind('truncate'), at: integer({ min: 60, max: 100 }) }) },
  { weight: 1, arbitrary: record({ kind: kind('deleteBefore'), at: percent }) },
  { weight: 2, arbitrary: record({ kind: kind('lose'), at: percent }) },
);

/** What lies at one offset. */
interface Entry {
  readonly producer: number;
  readonly kind: 'plain' | 'data' | MarkerType;
}

interface Transaction {
  readonly producer: number;
  readonly offsets: readonly number[];
  readonly end: { readonly offset: number; readonly type: MarkerType } | undefined;
}

/** All transactions of the entries, in the order of their beginnings. */
function transactionsOf(entries: readonly Entry[]): Transaction[] {
  const all: { producer: number; offsets: number[]; end: Transaction['end'] }[] = [];
  for (const [offset, entry] of entries.entries()) {
    const open = all.find((one) => one.producer === entry.producer && one.end === undefined);
    if (entry.kind === 'plain') continue;
    if (entry.kind !== 'data') {
      if (open) open.end = { offset, type: entry.kind };
    } else if (open) open.offsets.push(offset);
    else all.push({ producer: entry.producer, offsets: [offset], end: undefined });
  }
  return all;
}

class World {
  readonly #memory;
  readonly #twin: Twin | undefined;
  #manager: LogManager | undefined;
  #entries: Entry[] = [];
  #start = 0;
  #sequences = new Map<number, number>();
  readonly counts = { aborted: 0, lost: 0 };

  constructor(seed: number, twin?: Twin) {
    this.#memory = memory(seed);
    this.#twin = twin;
  }

  get log(): PartitionLog {
    const log = this.#manager?.get(tp);
    if (!log) throw new Error('the log is gone');
    return log;
  }

  async open(): Promise<void> {
    const { disk } = this.#memory;
    const platform = platformOn(this.#twin ? emptying(disk, this.#twin) : disk);
    this.#manager = await openManager(platform, { producerIdExpirationMs: 1e15 });
    this.#manager.create(tp, { topicId, settings: logSettings({ segmentBytes: 300 }) });
  }

  async run(step: Step): Promise<void> {
    const { log } = this;
    const within = (at: number) =>
      this.#start + Math.round((at / 100) * (this.#entries.length - this.#start));
    switch (step.kind) {
      case 'send':
        return this.#send(step.producer);
      case 'end':
        return this.#end(step.producer, step.type);
      case 'plain':
        await append(log);
        this.#entries.push({ producer: -1, kind: 'plain' });
        return;
      case 'look':
        return this.look();
      case 'truncate':
        await log.truncateTo(within(step.at));
        this.#entries.length = log.logEndOffset;
        for (const [id] of this.#sequences) this.#sequences.set(id, this.#sentBy(id));
        return;
      case 'deleteBefore':
        await log.deleteRecordsBefore(within(step.at));
        this.#start = log.logStartOffset;
        return;
      case 'lose':
        return this.#lose(step.at);
      case 'crash':
        this.#memory.disk.crash();
        await this.open();
        return this.look();
      case 'reopen':
        await this.#manager?.close();
        await this.open();
        return this.look();
    }
  }

  /** Compares what may be seen of transactions. */
  async look(): Promise<void> {
    const { log } = this;
    expect(log.logEndOffset).toBe(this.#entries.length);
    const all = transactionsOf(this.#entries);
    const open = all.filter(({ end }) => end === undefined);
    const stable = log.lastStableOffset;
    const first = Math.min(log.logEndOffset, ...open.map(({ offsets }) => offsets[0] ?? 0));
    expect(stable).toBeGreaterThanOrEqual(Math.max(this.#start, first));
    // Of a transaction whose head was deleted the log may remember no more than what is left.
    const visible = open.flatMap(({ offsets }) => offsets).filter((at) => at >= this.#start);
    expect(stable).toBeLessThanOrEqual(Math.min(log.logEndOffset, ...visible));
    const middle = Math.floor((this.#start + stable) / 2);
    for (const [from, to] of [
      [this.#start, stable],
      [this.#start, middle],
      [middle, stable],
    ] as const) {
      const told = (await log.abortedTransactions(from, to)).map(
        ({ producerId, lastOffset }) => `${producerId} until ${lastOffset}`,
      );
      const reaches = ({ offsets, end }: Transaction): boolean =>
        end?.type === 'abort' && end.offset >= from && (offsets[0] ?? 0) < to;
      const may = all.filter(reaches).map(labelOf);
      const must = all
        .filter((one) => reaches(one) && one.offsets.some((at) => at >= from && at < to))
        .map(labelOf);
      expect(may).toEqual(expect.arrayContaining(told));
      expect(told).toEqual(expect.arrayContaining(must));
      expect(new Set(told).size).toBe(told.length);
      this.counts.aborted += must.length;
    }
  }

  async check(): Promise<void> {
    await this.look();
    expect(await readAll(this.log)).toHaveLength(this.#entries.length - this.#start);
    await this.#manager?.close();
  }

  #sentBy(id: number): number {
    return this.#entries.filter(({ producer, kind }) => producer === id && kind === 'data').length;
  }

  async #send(producerId: number): Promise<void> {
    const baseSequence = this.#sequences.get(producerId) ?? 0;
    this.#sequences.set(producerId, baseSequence + 1);
    await append(this.log, { producerId, producerEpoch: 0, baseSequence, isTransactional: true });
    this.#entries.push({ producer: producerId, kind: 'data' });
  }

  async #end(producerId: number, type: MarkerType): Promise<void> {
    const options = { producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: nowMs };
    const bytes = buildMarkerBatch({ ...options, type });
    await this.log.appendAsLeader(bytes, { ...client, origin: 'coordinator' }).written;
    this.#entries.push({ producer: producerId, kind: type });
  }

  /** A clean stop, then one of the files that can be rebuilt is gone. */
  async #lose(at: number): Promise<void> {
    await this.#manager?.close();
    const { disk } = this.#memory;
    const names = (await disk.list('/data/flights-0')).filter((name) => name.endsWith('.txnindex'));
    const name = names[Math.floor((at / 101) * names.length)];
    if (name !== undefined) {
      await disk.remove(`/data/flights-0/${name}`);
      await disk.syncDirectory('/data/flights-0');
      this.counts.lost++;
    }
    await this.open();
    await this.look();
  }
}

function labelOf({ producer, end }: Transaction): string {
  return `${producer} until ${end?.offset}`;
}

/** Side files read as if they had no entries: of `sizeBytes`, with the counts at these bytes zero. */
interface Twin {
  readonly ending: string;
  readonly sizeBytes: number;
  readonly counts: readonly number[];
}

function emptying(disk: Disk, twin: Twin): Disk {
  const openSync: Disk['openSync'] = (path, mode) => {
    const file = disk.openSync(path, mode);
    return path.endsWith(twin.ending) ? emptied(file, twin) : file;
  };
  return new Proxy(disk, {
    get: (_, name: keyof Disk) => {
      if (name === 'openSync') return openSync;
      const member: unknown = disk[name];
      return typeof member === 'function' ? (member.bind(disk) as unknown) : member;
    },
  });
}

function emptied(file: DiskFile, { sizeBytes, counts }: Twin): DiskFile {
  const bytes = Buffer.alloc(sizeBytes);
  file.readSync(bytes, 0, sizeBytes, 0);
  for (const at of counts) bytes.writeInt32BE(0, at);
  bytes.writeUInt32BE(crc32c(bytes, 6), 2);
  const changed: Partial<DiskFile> = {
    sizeSync: () => sizeBytes,
    readSync: (target, start, length, position) => {
      const part = bytes.subarray(position, position + length);
      target.set(part, start);
      return part.length;
    },
  };
  return new Proxy(file, {
    get: (_, name: keyof DiskFile) => {
      const member: unknown = changed[name] ?? file[name];
      return typeof member === 'function' ? (member.bind(file) as unknown) : member;
    },
  });
}

type Counts = World['counts'];

function property(totals: Counts, twin?: Twin) {
  const steps = array(step, { minLength: 20, maxLength: 60 });
  return asyncProperty(steps, integer({ min: 1, max: 1_000_000 }), async (list, seed) => {
    const world = new World(seed, twin);
    await world.open();
    for (const one of list) await world.run(one as Step);
    await world.check();
    totals.aborted += world.counts.aborted;
    totals.lost += world.counts.lost;
  });
}

describe('transactions in a log', () => {
  it('are what the naive model says', { timeout: 120_000 }, async () => {
    const totals = { aborted: 0, lost: 0 };
    await assert(property(totals), {
      numRuns: Number(process.env['DRAVE_MODEL_RUNS'] ?? 60),
      // Shrinking ends in time to be reported.
      interruptAfterTimeLimit: 90_000,
    });
    expect(totals.aborted).toBeGreaterThan(100);
    expect(totals.lost).toBeGreaterThan(10);
  });

  it.each([
    { ending: '.txnindex', sizeBytes: 38, counts: [30, 34] },
    { ending: '.snapshot', sizeBytes: 18, counts: [14] },
  ])(
    'show in ten runs a log that takes its $ending files for empty',
    async (twin) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const totals = { aborted: 0, lost: 0 };
        const found = await check(property(totals, twin), {
          numRuns: 10,
          seed,
          endOnFailure: true,
        });
        expect(found.failed, `seed ${seed}`).toBe(true);
      }
    },
    60_000,
  );
});
