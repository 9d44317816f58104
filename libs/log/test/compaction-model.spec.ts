// Random appends, rolls, compactions, crashes and restarts against a naive model of the compacted log: a list of batches whose records
// are filtered. After a compaction that came through the log must be exactly the model; after one that died it must still hold each
// key's last value, and the model takes over which of the superseded records are left.

import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  oneof,
  record,
} from 'fast-check';
import type { Disk } from '@drave/platform';
import { forEachBatch } from '@drave/protocol';
import { describe, expect, it } from 'vitest';
import { type LogManager, logSettings, type PartitionLog } from '../src/index.js';
import { keyed } from './compaction-fixture.js';
import {
  client,
  memory,
  mortalDisk,
  nowMs,
  openManager,
  platformOn,
  topicId,
  tp,
} from './log-fixture.js';

const retentionMs = 1000;
const settings = logSettings({
  cleanupPolicy: ['compact'],
  segmentBytes: 500,
  indexIntervalBytes: 200,
  deleteRetentionMs: retentionMs,
});

type Step =
  | { readonly kind: 'append'; readonly keys: readonly number[]; readonly producer: number }
  | {
      readonly kind: 'compact';
      readonly bound: number;
      readonly room: number;
      readonly laterMs: number;
      readonly dies: number;
    }
  | { readonly kind: 'read' | 'deleteBefore' | 'truncate'; readonly at: number }
  | { readonly kind: 'roll' | 'crash' | 'kill' | 'reopen' };

const step = <Value extends object>(kind: Step['kind'], rest: Value) =>
  record({ kind: constantFrom(kind), ...rest });
const percent = integer({ min: 0, max: 100 });
const steps = array(
  oneof(
    // Below zero: a tombstone.
    {
      weight: 8,
      arbitrary: step('append', {
        keys: array(integer({ min: -5, max: 9 }), { minLength: 1, maxLength: 4 }),
        producer: integer({ min: -1, max: 1 }),
      }),
    },
    {
      weight: 4,
      arbitrary: step('compact', {
        bound: integer({ min: 60, max: 130 }),
        room: constantFrom(24 * 4, 24 * 8, 1_000_000),
        laterMs: constantFrom(0, 1, 600, 1000),
        dies: integer({ min: -20, max: 12 }),
      }),
    },
    { weight: 2, arbitrary: step('read', { at: percent }) },
    { weight: 1, arbitrary: step('deleteBefore', { at: integer({ min: 0, max: 40 }) }) },
    { weight: 1, arbitrary: step('truncate', { at: integer({ min: 70, max: 100 }) }) },
    { weight: 1, arbitrary: step('roll', {}) },
    { weight: 2, arbitrary: step('reopen', { isCrash: boolean() }) },
    { weight: 1, arbitrary: constantFrom({ kind: 'crash' }, { kind: 'kill' }) },
  ),
  { minLength: 5, maxLength: 60 },
);

interface Entry {
  readonly offset: number;
  readonly key: string;
  readonly value: string | undefined;
}

interface Batch {
  readonly base: number;
  readonly last: number;
  entries: Entry[];
  horizonMs: number | undefined;
}

const line = ({ offset, key, value }: Entry) => `${offset}:${key}=${value}`;

class Model {
  batches: Batch[] = [];
  start = 0;

  visible(): string[] {
    return this.batches
      .flatMap(({ entries }) => entries)
      .filter(({ offset }) => offset >= this.start)
      .map(line);
  }

  /** The last record of each key. */
  lasts(): Map<string, Entry> {
    return new Map(
      this.batches.flatMap(({ entries }) => entries).map((entry) => [entry.key, entry]),
    );
  }

  compact(endOffset: number, timeMs: number): void {
    const below = this.batches.filter(({ base }) => base < endOffset);
    const last = new Map(
      below.flatMap(({ entries }) => entries).map(({ key, offset }) => [key, offset]),
    );
    for (const batch of below) {
      const isOver = batch.horizonMs !== undefined && timeMs >= batch.horizonMs;
      batch.entries = batch.entries.filter(
        ({ key, offset, value }) => last.get(key) === offset && (value !== undefined || !isOver),
      );
      const hasTombstone = batch.entries.some(({ value }) => value === undefined);
      if (hasTombstone) batch.horizonMs ??= timeMs + retentionMs;
    }
  }
}

class World {
  model = new Model();
  readonly #memory;
  #process: { disk: Disk; kill(): void } | undefined;
  #manager: LogManager | undefined;
  #timeMs = nowMs;
  #serial = 0;
  #producers = [100, 101].map((id) => ({ id, sequence: 0, last: [] as string[] }));

  constructor(seed: number) {
    this.#memory = memory(seed);
  }

  get log(): PartitionLog {
    const log = this.#manager?.get(tp);
    if (!log) throw new Error('the log is gone');
    return log;
  }

  async open(): Promise<void> {
    this.#process = mortalDisk(this.#memory.disk);
    this.#manager = await openManager(platformOn(this.#process.disk), {
      tailCacheBytes: 300,
      openFilesMax: 2,
    });
    this.#manager.create(tp, { topicId, settings });
  }

  async run(one: Step): Promise<void> {
    const { model, log } = this;
    const within = (at: number) =>
      model.start + Math.round((at / 100) * (log.logEndOffset - model.start));
    switch (one.kind) {
      case 'append':
        return this.#append(one.keys, one.producer);
      case 'roll':
        log.updateSettings({ ...settings, segmentBytes: 14 });
        await this.#append([0], -1);
        log.updateSettings(settings);
        return;
      case 'compact':
        return this.#compact(one);
      case 'read':
        return this.#read(within(one.at));
      case 'deleteBefore':
        await log.deleteRecordsBefore(within(one.at));
        model.start = within(one.at);
        return;
      case 'truncate': {
        const offset = within(one.at);
        if (offset >= log.logEndOffset) return;
        await log.truncateTo(offset);
        expect(log.logEndOffset).toBeLessThanOrEqual(offset);
        model.batches = model.batches.filter(({ last }) => last < offset);
        this.#producers = this.#producers.map(({ id }) => ({ id: id + 2, sequence: 0, last: [] }));
        return this.#check();
      }
      case 'kill':
      case 'crash':
        this.#process?.kill();
        if (one.kind === 'crash') this.#memory.disk.crash();
        await this.open();
        return this.#check();
      case 'reopen':
        await this.#manager?.close();
        await this.open();
        return this.#check();
    }
  }

  /** The log is the model, and its producers are known. */
  async #check(): Promise<void> {
    const found = await this.#batches(this.model.start);
    expect(
      found
        .flatMap(({ entries }) => entries)
        .filter(({ offset }) => offset >= this.model.start)
        .map(line),
    ).toEqual(this.model.visible());
    for (const { id, sequence, last } of this.#producers) {
      if (last.length === 0) continue;
      const batch = this.#batchOf(last, { producerId: id, baseSequence: sequence - last.length });
      expect(this.log.appendAsLeader(batch, client).duplicate, `producer ${id}`).toBe(true);
    }
  }

  async #append(keys: readonly number[], index: number): Promise<void> {
    const specs = keys.map((key) => (key < 0 ? `k${-1 - key}` : `k${key}=v${this.#serial++}`));
    const producer = this.#producers[index];
    const identity = producer && { producerId: producer.id, baseSequence: producer.sequence };
    const result = this.log.appendAsLeader(this.#batchOf(specs, identity), {
      ...client,
      nowMs: this.#timeMs,
    });
    expect(result.duplicate).toBe(false);
    if (producer)
      Object.assign(producer, { sequence: producer.sequence + specs.length, last: specs });
    const entries = specs.map((spec, at): Entry => {
      const [key = '', value] = spec.split('=');
      return { offset: result.baseOffset + at, key, value };
    });
    this.model.batches.push({
      base: result.baseOffset,
      last: result.lastOffset,
      entries,
      horizonMs: undefined,
    });
    await result.written;
  }

  #batchOf(
    specs: readonly string[],
    producer?: { producerId: number; baseSequence: number },
  ): Buffer {
    return keyed(specs, { timestamp: nowMs, ...(producer && { ...producer, producerEpoch: 0 }) });
  }

  async #compact(one: Extract<Step, { kind: 'compact' }>): Promise<void> {
    const { log, model } = this;
    this.#timeMs += one.laterMs;
    const boundOffset = Math.min(
      log.durableOffset,
      Math.round((one.bound / 100) * log.durableOffset),
    );
    const request = { nowMs: this.#timeMs, boundOffset, dedupeBufferBytes: one.room };
    const cleanedBelow = log.state.cleaner.cleanedBelow;
    const isHorizonOver = log.cleaningPlan(request)?.isHorizonOver ?? false;
    const run = log.compact(request);
    if (one.dies < 0) {
      const result = await run;
      if (result !== undefined && (result.endOffset > cleanedBelow || isHorizonOver)) {
        expect(result.endOffset).toBeLessThanOrEqual(
          boundOffset > cleanedBelow ? boundOffset : cleanedBelow,
        );
        model.compact(result.endOffset, this.#timeMs);
      }
      return this.#check();
    }
    run.catch(() => undefined); // its process dies
    for (let turn = 0; turn < one.dies; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    this.#process?.kill();
    if (one.dies % 2 === 0) this.#memory.disk.crash();
    await this.open();
    await this.#adopt();
  }

  /** What is left after a compaction died: nothing new, no key without its last value. */
  async #adopt(): Promise<void> {
    const { model } = this;
    const found = await this.#batches(model.start);
    const lines = found
      .flatMap(({ entries }) => entries)
      .filter(({ offset }) => offset >= model.start)
      .map(line);
    expect(lines.filter((one) => !model.visible().includes(one))).toEqual([]);
    expect(lines).toEqual(model.visible().filter((one) => lines.includes(one)));
    for (const [key, last] of model.lasts()) {
      if (last.offset < model.start) continue;
      const rest = lines.filter((one) => one.includes(`:${key}=`));
      if (last.value === undefined && rest.length === 0) continue; // its horizon has passed
      expect(rest.at(-1), `last of ${key}`).toBe(line(last));
    }
    // The batches below the log start cannot be read; they count no more.
    model.batches = found;
    return this.#check();
  }

  async #read(offset: number): Promise<void> {
    const { log, model } = this;
    if (offset >= log.durableOffset) return;
    const boundOffset = log.durableOffset;
    const { records, nextOffset } = await log.read({ offset, maxBytes: 1, boundOffset });
    const seen: number[] = [];
    forEachBatch(records, (batch) => {
      expect(batch.crcIsValid()).toBe(true);
      expect(batch.lastOffset).toBeGreaterThanOrEqual(offset);
      seen.push(...batch.records().map((one) => one.offset));
    });
    const expected = model.batches
      .flatMap(({ entries }) => entries)
      .find((entry) => entry.offset >= offset);
    if (seen.some((at) => at >= offset)) expect(seen).toContain(expected?.offset);
    if (expected) expect(nextOffset).toBeGreaterThan(offset);
  }

  async #batches(from: number): Promise<Batch[]> {
    const { log } = this;
    const found: Batch[] = [];
    for (let offset = from; offset < log.logEndOffset;) {
      const { records, nextOffset } = await log.read({
        offset,
        maxBytes: 200,
        boundOffset: log.logEndOffset,
      });
      if (records.length === 0) break; // the log ends behind a gap
      forEachBatch(records, (batch) => {
        const entries = batch.records().map(({ offset: at, key, value }): Entry => ({
          offset: at,
          key: String(key),
          value: value === null ? undefined : String(value),
        }));
        const horizonMs = batch.hasDeleteHorizon ? batch.baseTimestamp : undefined;
        found.push({ base: batch.baseOffset, last: batch.lastOffset, entries, horizonMs });
      });
      offset = nextOffset;
    }
    return found;
  }
}

describe('a compacted log', () => {
  it('behaves as the naive model says', { timeout: 240_000 }, async () => {
    await assert(
      asyncProperty(steps, integer({ min: 1, max: 1_000_000 }), async (list, seed) => {
        const world = new World(seed);
        await world.open();
        for (const one of list) await world.run(one as Step);
      }),
      {
        numRuns: Number(process.env['DRAVE_MODEL_RUNS'] ?? 150),
        // Shrinking ends in time to be reported.
        interruptAfterTimeLimit: 200_000,
      },
    );
  });
});
