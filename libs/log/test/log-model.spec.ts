// Random operations against a naive model: a list of records with an acknowledged part. The log may have more than the model
// promises only right after a crash, when batches under way may have made it.

import {
  assert,
  asyncProperty,
  constantFrom,
  integer,
  array,
  oneof,
  record,
  boolean,
} from 'fast-check';
import type { Disk } from '@drave/platform';
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
  recordingLogger,
  memory,
  mortalDisk,
  platformOn,
  nowMs,
  openManager,
  topicId,
  tp,
  valuesOf,
} from './log-fixture.js';

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly waits: boolean }
  | { readonly kind: 'turns'; readonly count: number }
  | { readonly kind: 'read'; readonly at: number; readonly maxBytes: number }
  | { readonly kind: 'truncate' | 'deleteBefore'; readonly at: number }
  | { readonly kind: 'time'; readonly at: number }
  | {
      readonly kind: 'crashIn';
      readonly work: 'truncate' | 'deleteBefore' | 'close';
      readonly at: number;
      readonly turns: number;
    }
  | { readonly kind: 'crash' | 'kill' | 'reopen' };

const step = oneof(
  {
    weight: 6,
    arbitrary: record({
      kind: constantFrom('append' as const),
      count: integer({ min: 1, max: 4 }),
      waits: boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      kind: constantFrom('turns' as const),
      count: integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: record({
      kind: constantFrom('read' as const),
      at: integer({ min: 0, max: 100 }),
      maxBytes: integer({ min: 1, max: 600 }),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      kind: constantFrom('truncate' as const, 'deleteBefore' as const),
      at: integer({ min: 0, max: 100 }),
    }),
  },
  {
    weight: 1,
    arbitrary: record({ kind: constantFrom('time' as const), at: integer({ min: 0, max: 100 }) }),
  },
  {
    weight: 1,
    arbitrary: record({
      kind: constantFrom('crashIn' as const),
      work: constantFrom('truncate' as const, 'deleteBefore' as const, 'close' as const),
      at: integer({ min: 0, max: 100 }),
      turns: integer({ min: 0, max: 40 }),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      kind: constantFrom('crash' as const, 'kill' as const, 'reopen' as const),
    }),
  },
);

/** One batch of the model. */
interface Batch {
  readonly base: number;
  readonly values: readonly string[];
  readonly timestamp: number;
  readonly baseSequence: number;
}

class Model {
  batches: Batch[] = [];
  start = 0;
  /** Below it everything was acknowledged. */
  acked = 0;
  /** What the producer sends next. */
  sequence = 0;
  /** The same before the first of `batches`. */
  #sequenceBefore = 0;

  get end(): number {
    const last = this.batches.at(-1);
    return last ? last.base + last.values.length : this.start;
  }

  /** `offset:value` of what can be read. */
  visible(): string[] {
    return this.batches
      .flatMap(({ base, values }) => values.map((value, at) => ({ offset: base + at, value })))
      .filter(({ offset }) => offset >= this.start)
      .map(({ offset, value }) => `${offset}:${value}`);
  }

  /** Drops the batch that contains `offset` and all after it. */
  truncateTo(offset: number): void {
    const first = this.batches.find(({ base, values }) => base + values.length > offset);
    this.cutAt(first?.base ?? this.end);
  }

  /** The log ends at `end`, a batch boundary, or is empty at its start. */
  cutAt(end: number): void {
    this.batches = this.batches.filter(({ base, values }) => base + values.length <= end);
    const last = this.batches.at(-1);
    this.sequence = last ? last.baseSequence + last.values.length : this.#sequenceBefore;
    if (end <= this.start) {
      this.batches = [];
      this.#sequenceBefore = this.sequence;
    }
    this.acked = Math.min(this.acked, this.end);
  }
}

interface Totals {
  rounds: number;
  synced: number;
  recycled: number;
  replayed: number;
}

class World {
  readonly model = new Model();
  readonly #memory;
  #process: { disk: Disk; kill(): void } | undefined;
  readonly #flush;
  #manager: LogManager | undefined;
  #serial = 0;

  readonly #journal: Partial<JournalSettings>;
  readonly #totals: Totals;

  constructor(options: {
    readonly seed: number;
    readonly flush: 'group' | 'os';
    readonly isSlow: boolean;
    readonly journal: Partial<JournalSettings>;
    readonly totals: Totals;
  }) {
    this.#memory = memory(options.seed, options.isSlow);
    this.#flush = options.flush;
    this.#journal = options.journal;
    this.#totals = options.totals;
  }

  get log(): PartitionLog {
    const log = this.#manager?.get(tp);
    if (!log) throw new Error('the log is gone');
    return log;
  }

  async open(): Promise<void> {
    this.#count();
    this.#process = mortalDisk(this.#memory.disk);
    const events: LoggedEvent[] = [];
    const logger = recordingLogger(events);
    this.#manager = await openManager(platformOn(this.#process.disk, logger), {
      flush: this.#flush,
      tailCacheBytes: 400,
      openFilesMax: 2,
      journal: this.#journal,
      producerIdExpirationMs: 1e15, // appends carry a time of their own
    });
    for (const { event } of events) if (event === 'log-replayed') this.#totals.replayed++;
    this.#manager.create(tp, {
      topicId,
      settings: logSettings({
        segmentBytes: this.#journal.atStart ? 800 : 256,
        indexIntervalBytes: 0,
      }),
    });
  }

  async run(step: Step): Promise<void> {
    const { model, log } = this;
    const within = (at: number) => model.start + Math.round((at / 100) * (model.end - model.start));
    switch (step.kind) {
      case 'append':
        return this.#append(step.count, step.waits);
      case 'turns':
        return turns(step.count);
      case 'read':
        return this.#read(within(step.at), step.maxBytes);
      case 'time':
        return this.#lookUp(nowMs + step.at);
      case 'truncate':
        await log.truncateTo(within(step.at));
        if (within(step.at) < model.end) model.acked = model.end; // it waited for all
        model.truncateTo(within(step.at));
        expect(log.logEndOffset).toBe(
          Math.max(model.end, model.batches.length === 0 ? log.logEndOffset : 0),
        );
        return;
      case 'deleteBefore':
        await log.deleteRecordsBefore(within(step.at));
        model.start = within(step.at);
        expect(log.logStartOffset).toBe(model.start);
        return;
      case 'crashIn':
        return this.#crashIn(step.work, within(step.at), step.turns);
      case 'kill':
      case 'crash':
        this.#process?.kill();
        // Only `group` promises anything for a power loss.
        if (step.kind === 'crash' && this.#flush === 'group') this.#memory.disk.crash();
        else await turns(5); // what the kernel has begun for a killed process ends before the next one starts
        await this.open();
        return this.#afterCrash();
      case 'reopen':
        await this.#manager?.close();
        model.acked = model.end;
        await this.open();
        expect(this.#manager?.cleanStart).toBe(true);
        return;
    }
  }

  async check(): Promise<void> {
    await this.log.flush();
    expect(await valuesOf(this.log)).toEqual(this.model.visible());
    const last = this.model.batches.at(-1);
    if (last) {
      const { baseSequence, values, timestamp } = last;
      const again = batchOf({ values, timestamp, producerId: 1, producerEpoch: 0, baseSequence });
      const { duplicate, baseOffset } = this.log.appendAsLeader(again, {
        ...client,
        nowMs: timestamp,
      });
      expect([duplicate, baseOffset]).toEqual([true, last.base]);
    }
    await this.#manager?.close();
    this.#count();
  }

  /** Which ways the life that ends went. */
  #count(): void {
    const figures = this.#manager?.journalFigures;
    if (figures === undefined) return;
    this.#totals.rounds += figures.rounds;
    this.#totals.synced += figures.synced;
    this.#totals.recycled += figures.recycled;
  }

  async #append(count: number, waits: boolean): Promise<void> {
    const { model, log } = this;
    const values = Array.from({ length: count }, () => `v${this.#serial++}`);
    const timestamp = nowMs + this.#serial;
    const baseSequence = model.sequence;
    const result = log.appendAsLeader(
      batchOf({ values, timestamp, producerId: 1, producerEpoch: 0, baseSequence }),
      {
        ...client,
        nowMs: timestamp,
      },
    );
    expect(result.baseOffset).toBe(
      Math.max(model.end, result.baseOffset * (model.batches.length === 0 ? 1 : 0)),
    );
    model.batches.push({ base: result.baseOffset, values, timestamp, baseSequence });
    model.sequence += count;
    const end = result.lastOffset + 1;
    // After a crash the promises of the dead manager are nobody's any more.
    const acknowledged = result.written.then(
      () => {
        if (log !== this.#manager?.get(tp)) return;
        model.acked = Math.max(model.acked, Math.min(end, model.end));
      },
      () => undefined,
    );
    if (waits) await acknowledged;
  }

  async #read(offset: number, maxBytes: number): Promise<void> {
    const { model, log } = this;
    const boundOffset = log.durableOffset;
    if (offset >= boundOffset) return;
    const { records, nextOffset } = await log.read({ offset, maxBytes, boundOffset });
    const first = model.batches.find(({ base, values }) => base + values.length > offset);
    expect(records.readInt32BE(4)).toBe(first?.base);
    expect(nextOffset).toBeGreaterThan(offset);
    expect(nextOffset).toBeLessThanOrEqual(boundOffset);
    if (nextOffset > (first?.base ?? 0) + (first?.values.length ?? 0))
      expect(records.length).toBeLessThanOrEqual(maxBytes);
  }

  async #lookUp(timestamp: number): Promise<void> {
    await this.log.flush();
    const { model, log } = this;
    const expected = model.batches.find(
      (batch) => batch.timestamp >= timestamp && batch.base + batch.values.length > model.start,
    );
    const found = await log.offsetForTimestamp(timestamp);
    expect(found?.offset).toBe(expected && Math.max(expected.base, model.start));
  }

  /** The work may have been done, or not, or in part; nothing else may be lost by it. */
  async #crashIn(
    work: 'truncate' | 'deleteBefore' | 'close',
    offset: number,
    turnCount: number,
  ): Promise<void> {
    const { model, log } = this;
    const before = model.start;
    const done =
      work === 'close'
        ? this.#manager?.close()
        : work === 'truncate'
          ? log.truncateTo(offset)
          : log.deleteRecordsBefore(offset);
    done?.catch(() => undefined);
    await turns(turnCount);
    this.#process?.kill();
    if (this.#flush === 'group') this.#memory.disk.crash();
    else await turns(5);
    if (work === 'truncate') {
      const cut = model.batches.find(({ base, values }) => base + values.length > offset);
      model.acked = Math.min(model.acked, Math.max(cut?.base ?? model.end, model.start));
    }
    await this.open();
    if (work === 'deleteBefore') {
      expect([before, offset]).toContain(this.log.logStartOffset);
      model.start = this.log.logStartOffset;
    }
    this.#afterCrash();
  }

  /** What was acknowledged is there; what was under way is there up to some batch, or not at all. */
  #afterCrash(): void {
    const { model, log } = this;
    expect(log.logStartOffset).toBe(model.start);
    expect(log.logEndOffset).toBeGreaterThanOrEqual(model.acked);
    model.cutAt(log.logEndOffset);
    expect(log.logEndOffset).toBe(
      Math.max(model.end, log.logEndOffset * (model.batches.length === 0 ? 1 : 0)),
    );
    model.acked = model.end;
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Full after a few batches; larger batches and more than one batch of 300 B a round are synced directly. */
const smallJournal = {
  atStart: true,
  fromLogs: 1,
  partBytes: 4 * 4096,
  roundBytesMax: 2048,
  logBytesMax: 600,
};

const longJournal = { ...smallJournal, logBytesMax: 100_000 };
/** Found by seed 2059702230: the segment that a crash left without a snapshot goes from the head, then the log is cut to its start. */
const headAfterCrash: readonly Step[] = [
  { kind: 'append', count: 1, waits: false },
  { kind: 'deleteBefore', at: 50 },
  { kind: 'append', count: 4, waits: true },
  { kind: 'reopen' },
  { kind: 'crashIn', work: 'close', at: 99, turns: 36 },
  ...[3, 1, 3, 3, 4, 2, 1].map((count) => ({ kind: 'append', count, waits: true }) as const),
  { kind: 'append', count: 4, waits: false },
  { kind: 'kill' },
  { kind: 'append', count: 4, waits: false },
  { kind: 'turns', count: 3 },
  { kind: 'kill' },
  { kind: 'append', count: 2, waits: true },
  { kind: 'deleteBefore', at: 85 },
  { kind: 'truncate', at: 40 },
  { kind: 'crashIn', work: 'truncate', at: 45, turns: 36 },
  { kind: 'append', count: 2, waits: true },
];

const variants = [
  ['group', 'synced directly', { isEnabled: false }],
  ['group', 'journaled', longJournal],
  ['group', 'now this, now that', smallJournal],
  ['os', 'written', {}],
] as const;

type Variant = Pick<ConstructorParameters<typeof World>[0], 'flush' | 'journal' | 'totals'>;

function noTotals(): Totals {
  return { rounds: 0, synced: 0, recycled: 0, replayed: 0 };
}

function propertyOf(variant: Variant) {
  return asyncProperty(
    // Short lists hardly ever get a journal into use.
    array(step, { minLength: 'atStart' in variant.journal ? 25 : 1, maxLength: 60 }),
    integer({ min: 1, max: 1_000_000 }),
    boolean(),
    async (list, seed, isSlow) => {
      const world = new World({ seed, isSlow, ...variant });
      await world.open();
      for (const step of list) await world.run(step as Step);
      await world.check();
    },
  );
}

describe('a log', () => {
  it.each(variants)(
    'behaves as the naive model says, flush=%s, %s',
    { timeout: 120_000 },
    async (flush, _name, journal) => {
      const totals = noTotals();
      await assert(propertyOf({ flush, journal, totals }), {
        numRuns: Number(process.env['DRAVE_MODEL_RUNS'] ?? 150),
        // Shrinking ends in time to be reported.
        interruptAfterTimeLimit: 90_000,
      });
      if (!('atStart' in journal)) return;
      expect(totals.rounds).toBeGreaterThan(100);
      expect(totals.synced).toBeGreaterThan(10);
      expect(totals.recycled).toBeGreaterThan(10);
      expect(totals.replayed).toBeGreaterThan(3);
    },
  );

  it.each([
    ['journaled', longJournal],
    ['now this, now that', smallJournal],
  ])(
    'knows its producer when a crash and the retention left no snapshot, %s',
    async (_name, journal) => {
      for (const isSlow of [false, true]) {
        const world = new World({ seed: 2, flush: 'group', isSlow, journal, totals: noTotals() });
        await world.open();
        for (const step of headAfterCrash) await world.run(step);
        await world.check();
      }
    },
  );
});
