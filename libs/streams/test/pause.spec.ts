// Pausing an application against a real broker over real sockets: while it is paused its lag grows and its sums stand still,
// through a rebalance too; then everything is counted exactly once. A twin that ignores the pause must fail the same check.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { memoryPlatform } from '@drave/platform';
import { describe, expect, it, vi } from 'vitest';
import {
  long,
  StreamBuilder,
  StreamsApp,
  text,
  type StreamsAppOptions,
  type StreamsEvent,
  type Topology,
} from '../src/index.js';

const wait = { timeout: 30_000, interval: 20 };

/** Counts words; a wall-clock punctuator ticks beside it. */
function wordCount(onTick: () => void = () => undefined): Topology {
  const builder = new StreamBuilder();
  builder
    .from('lines', { value: text() })
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word, { value: text() })
    .count({ store: 'counts' })
    .to('words', { value: long() });
  builder
    .from('clock', { value: text() })
    .process<string, string>((context) => {
      context.schedule(10, 'wall-clock', onTick);
      return () => undefined;
    })
    .to('words', { value: text() });
  return builder.build();
}

class Instance extends StreamsApp {
  readonly seen: StreamsEvent[] = [];

  constructor(broker: TestBroker, options: Partial<StreamsAppOptions> = {}) {
    super({
      platform: memoryPlatform(),
      applicationId: 'wc',
      topology: wordCount(),
      brokers: [broker.bootstrap],
      commitIntervalMs: 20,
      sessionTimeoutMs: 3_000,
      ...options,
    });
    this.events.subscribe((event) => this.seen.push(event));
  }

  get runningCount(): number {
    return this.tasks().filter(({ state }) => state === 'running').length;
  }

  get records(): number {
    return this.metrics().totals.records;
  }
}

/** The defect this must find: it says that it is paused and goes on. */
class Deaf extends Instance {
  override get isPaused(): boolean {
    return true;
  }

  override pause(): boolean {
    return true;
  }
}

function lines(from: number, count: number): { key: string; value: string }[] {
  const words = ['drave', 'log', 'stream', 'actor', 'window'];
  return Array.from({ length: count }, (_, n) => ({
    key: `k${(from + n) % 7}`,
    value: `${words[(from + n) % 5]} ${words[((from + n) * 3) % 5]}`,
  }));
}

function countsOf(input: readonly { value: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { value } of input) {
    for (const word of value.split(' ')) counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

function countsIn(instances: readonly StreamsApp[]): Record<string, number> {
  return Object.fromEntries(
    instances.flatMap((app) => [...app.store<string, number>('counts').entries()]),
  );
}

const recordsOf = (instances: readonly Instance[]): number =>
  instances.reduce((sum, { records }) => sum + records, 0);

/** Two instances stop at `pause`, stay there while input arrives, and drain it after `resume`. */
async function expectPauseToHold(
  make: (broker: TestBroker) => Instance,
  holdMs = wait.timeout,
): Promise<void> {
  await using broker = await startTestBroker({ topics: { lines: 2, clock: 1, words: 1 } });
  const instances = [make(broker), make(broker)];
  try {
    for (const app of instances) await app.start();
    const shares = (): number[] => instances.map(({ runningCount }) => runningCount);
    await vi.waitUntil(() => shares().every((n) => n > 0) && sum(shares()) === 5, wait);
    const input = lines(0, 200);
    await broker.produce('lines', input);
    await vi.waitUntil(() => recordsOf(instances) === input.length * 3, wait);

    for (const app of instances) expect(app.pause()).toBe(true);
    const before = countsIn(instances);
    for (let round = 1; round <= 5; round += 1) {
      const more = lines(round * 1_000, 400);
      input.push(...more);
      await broker.produce('lines', more);
    }
    // The lag is what was written since, though nothing is fetched.
    const lag = (): number => sum(instances.map((app) => app.metrics().lag ?? 0));
    await vi.waitUntil(() => lag() === 2_000, { ...wait, timeout: holdMs });
    for (const app of instances) await app.commit();
    expect([countsIn(instances), recordsOf(instances)]).toEqual([before, 600]);
    expect(instances.map((app) => app.metrics().isPaused)).toEqual([true, true]);

    for (const app of instances) expect(app.resume()).toBe(true);
    await vi.waitUntil(() => recordsOf(instances) >= input.length * 3, wait);
    await vi.waitUntil(() => sum(instances.map((app) => app.metrics().lag ?? 1)) === 0, wait);
    expect(recordsOf(instances)).toBe(input.length * 3);
    expect(countsIn(instances)).toEqual(countsOf(input));
    const failures = instances.flatMap(({ seen }) => seen.filter(isFailure));
    expect(failures).toEqual([]);
  } finally {
    await Promise.all(instances.map((app) => app.close()));
  }
}

/** A commit may well fail while the group rebalances. */
const isFailure = ({ kind }: StreamsEvent): boolean => kind === 'task-failed';
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a paused application', () => {
  it('lets its lag grow and its sums stand still, then counts everything exactly once', async () => {
    await expectPauseToHold((broker) => new Instance(broker));
  }, 60_000);

  it('is told from one that ignores the pause', async () => {
    const twin = expectPauseToHold((broker) => new Deaf(broker), 1_500);
    await expect(twin).rejects.toThrow(/Timed out|deeply equal/);
  }, 60_000);

  it('stays paused with the tasks that another instance hands over, restored and queryable', async () => {
    await using broker = await startTestBroker({ topics: { lines: 2, clock: 1, words: 1 } });
    const input = lines(0, 100);
    await broker.produce('lines', input);
    const first = new Instance(broker);
    await first.start();
    await vi.waitUntil(() => first.records === input.length * 3, wait);
    const second = new Instance(broker);
    expect([second.pause(), second.pause(), second.isPaused]).toEqual([true, false, true]);
    await second.start();
    await vi.waitUntil(() => second.runningCount > 0, wait);
    await first.close();
    await vi.waitUntil(() => second.runningCount === 5, wait);
    const more = lines(5_000, 100);
    await broker.produce('lines', more);
    await vi.waitUntil(() => second.metrics().lag === 100, wait);
    expect(countsIn([second])).toEqual(countsOf(input));
    expect(second.metrics()).toMatchObject({ state: 'running', isPaused: true });
    expect([second.resume(), second.resume(), second.isPaused]).toEqual([true, false, false]);
    await vi.waitUntil(() => second.records === 600, wait);
    expect(countsIn([second])).toEqual(countsOf([...input, ...more]));
    const kinds = second.seen.map(({ kind }) => kind).filter((kind) => kind.startsWith('app-'));
    expect(kinds).toEqual(['app-paused', 'app-state', 'app-state', 'app-resumed']);
    await second.commit();
    const task = second.tasks().find(({ taskId }) => taskId.endsWith('_1'));
    expect(task?.commitAgeMs).toBeGreaterThanOrEqual(0);
    expect(task?.restartCount).toBe(0);
    expect(sum(second.tasks().map(({ sentCount }) => sentCount))).toBeGreaterThanOrEqual(400);
    await second.close();
  }, 60_000);

  it('punctuates nothing by the wall clock, commits what it has processed, closes in order', async () => {
    await using broker = await startTestBroker({ topics: { lines: 1, clock: 1, words: 1 } });
    let ticks = 0;
    const app = new Instance(broker, {
      topology: wordCount(() => (ticks += 1)),
      commitIntervalMs: 60_000,
    });
    await app.start();
    await broker.produce('lines', lines(0, 10));
    await vi.waitUntil(() => ticks > 0 && app.records === 30, wait);
    app.pause();
    const before = ticks;
    // A second look at the ends says that polls, and with them wake-ups, went on.
    await broker.produce('lines', lines(0, 10));
    await vi.waitUntil(() => app.metrics().lag === 10, wait);
    await broker.produce('lines', lines(0, 10));
    await vi.waitUntil(() => app.metrics().lag === 20, wait);
    expect(ticks).toBe(before);
    await app.commit();
    expect(app.metrics().commitCount).toBe(1);
    app.resume();
    await vi.waitUntil(() => ticks > before && app.records === 90, wait);
    app.pause();
    await app.close();
    expect([app.state, app.isPaused]).toEqual(['closed', true]);
  }, 60_000);
});
