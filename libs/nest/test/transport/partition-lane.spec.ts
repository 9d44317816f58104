import type { ConsumerRecord } from '@drave/client';
import { nodePlatform, SeededRandom } from '@drave/platform';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fresh, type Delivery } from '../../src/transport/delivery.js';
import { OffsetTracker } from '../../src/transport/offset-tracker.js';
import { PartitionLane, type LaneOptions } from '../../src/transport/partition-lane.js';

const { scheduler } = nodePlatform();

function delivery(offset: number, key: string | null): Delivery {
  const record: ConsumerRecord = {
    topic: 't',
    partition: 0,
    offset,
    timestamp: 0,
    leaderEpoch: 0,
    key: key === null ? null : Buffer.from(key),
    value: null,
    headers: [],
  };
  return fresh(record);
}

interface Run {
  readonly started: number[];
  readonly ended: number[];
  readonly atOnceMax: number;
}

/** Runs all deliveries through a lane whose workers end in a random order. */
async function run(
  deliveries: readonly Delivery[],
  options: Pick<LaneOptions, 'ordering' | 'concurrency'>,
  seed: number,
): Promise<Run> {
  const random = new SeededRandom(seed);
  const started: number[] = [];
  const ended: number[] = [];
  let atOnce = 0;
  let atOnceMax = 0;
  await new Promise<void>((resolve) => {
    const lane = new PartitionLane({
      ...options,
      batchSize: 1,
      lingerMs: 0,
      scheduler,
      nowMs: () => 0,
      onRoom: () => undefined,
      work: async ([one]) => {
        const offset = one?.record.offset ?? -1;
        started.push(offset);
        atOnceMax = Math.max(atOnceMax, ++atOnce);
        for (let turns = random.nextInt(4); turns > 0; turns--) await Promise.resolve();
        atOnce--;
        ended.push(offset);
        if (ended.length === deliveries.length) resolve();
      },
    });
    lane.push(deliveries);
  });
  return { started, ended, atOnceMax };
}

const keys = fc.array(fc.constantFrom('a', 'b', 'c', null), { minLength: 1, maxLength: 40 });

describe('a lane', () => {
  it('keeps the order of the partition', async () => {
    const deliveries = [0, 1, 2, 3, 4].map((offset) => delivery(offset, 'a'));
    const { ended, atOnceMax } = await run(
      deliveries,
      { ordering: 'partition', concurrency: 1 },
      1,
    );
    expect(ended).toEqual([0, 1, 2, 3, 4]);
    expect(atOnceMax).toBe(1);
  });

  it('keeps the order of each key, runs no key twice at once and stays within its bound', async () => {
    await fc.assert(
      fc.asyncProperty(keys, fc.integer({ min: 1, max: 8 }), fc.nat(), async (list, max, seed) => {
        const deliveries = list.map((key, offset) => delivery(offset, key));
        const { ended, atOnceMax } = await run(
          deliveries,
          { ordering: 'key', concurrency: max },
          seed,
        );
        expect(atOnceMax).toBeLessThanOrEqual(max);
        for (const key of ['a', 'b', 'c']) {
          const own = ended.filter((offset) => list[offset] === key);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
        expect(ended.length).toBe(list.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a lane of a retry topic', () => {
  it('starts nothing before it is due, and what is due in order', () => {
    let nowMs = 1_000;
    const timers: { readonly delayMs: number; readonly fire: () => void }[] = [];
    const started: number[] = [];
    const lane = new PartitionLane({
      ordering: 'partition',
      concurrency: 5,
      batchSize: 1,
      lingerMs: 0,
      scheduler: {
        ...scheduler,
        setTimer: (delayMs, fire) => {
          timers.push({ delayMs, fire });
          return { cancel: () => undefined };
        },
      },
      nowMs: () => nowMs,
      onRoom: () => undefined,
      work: async ([one]) => void started.push(one?.record.offset ?? -1),
    });
    lane.push([
      { ...delivery(0, null), dueAtMs: 1_500 },
      { ...delivery(1, null), dueAtMs: 1_600 },
      { ...delivery(2, null), dueAtMs: 1_500 },
    ]);
    expect(started).toEqual([]);
    expect(timers.at(-1)?.delayMs).toBe(500);
    nowMs = 1_500;
    timers.at(-1)?.fire();
    expect(started).toEqual([0]);
    nowMs = 1_600;
    timers.at(-1)?.fire();
    expect(started).toEqual([0, 1, 2]);
  });
});

describe('an offset tracker', () => {
  it('never lets a commit pass a record that is not done', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500), { minLength: 1 }), fc.nat(), (unsorted, seed) => {
        const offsets = unsorted.toSorted((a, b) => a - b);
        const random = new SeededRandom(seed);
        const tracker = new OffsetTracker();
        for (const offset of offsets) tracker.add(offset);
        const open = [...offsets];
        while (open.length > 0) {
          const [done = 0] = open.splice(random.nextInt(open.length), 1);
          tracker.complete(done);
          tracker.complete(done);
          const firstOpen = open[0] ?? Infinity;
          const last = offsets.findLast((offset) => offset < firstOpen);
          expect(tracker.committable).toBe(last === undefined ? undefined : last + 1);
        }
      }),
    );
  });

  it('tells an offset once', () => {
    const tracker = new OffsetTracker();
    tracker.add(7);
    tracker.complete(7);
    tracker.committed(8);
    expect(tracker.committable).toBeUndefined();
  });
});
