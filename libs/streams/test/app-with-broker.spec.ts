// The whole application against a real broker over real sockets: word count over a repartition topic with instances that
// come, go and are killed. Final counts must equal a loop over the input.

import { startTestBroker, type TestBroker } from '@drave/broker/testing';
import { memoryPlatform, type MemoryPlatform, type Platform, type Socket } from '@drave/platform';
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

function wordCount(): Topology {
  const builder = new StreamBuilder();
  builder
    .from('lines', { value: text() })
    .flatMapValues((line) => line.split(' '))
    .groupBy((word) => word, { value: text() })
    .count({ store: 'counts' })
    .to('words', { value: long() });
  return builder.build();
}

/** A machine whose network can be cut for good and whose disk loses what was not synced: kill −9 and more. */
interface Machine extends Platform {
  /** Every open connection breaks; new ones work. */
  cut(): void;
  kill(): void;
}

function killableMachine(disk: MemoryPlatform['disk']): Machine {
  const platform = memoryPlatform();
  const sockets = new Set<Socket>();
  let dead = false;
  return {
    ...platform,
    disk,
    network: {
      listen: (address, onConnection) => platform.network.listen(address, onConnection),
      async connect(address, options) {
        if (dead) throw Object.assign(new Error('killed'), { code: 'ECONNREFUSED' });
        const socket = await platform.network.connect(address, options);
        sockets.add(socket);
        return socket;
      },
    },
    cut() {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
    kill() {
      dead = true;
      for (const socket of sockets) socket.destroy();
      disk.crash();
    },
  };
}

interface Instance {
  readonly app: StreamsApp;
  readonly machine: Machine;
  readonly events: StreamsEvent[];
}

async function startInstance(
  broker: TestBroker,
  disk = memoryPlatform().disk,
  options: Partial<StreamsAppOptions> = {},
): Promise<Instance> {
  const machine = killableMachine(disk);
  const app = new StreamsApp({
    platform: machine,
    applicationId: 'wc',
    topology: wordCount(),
    brokers: [broker.bootstrap],
    stateDirectory: '/state',
    commitIntervalMs: 20,
    sessionTimeoutMs: 1000,
    ...options,
  });
  const events: StreamsEvent[] = [];
  app.events.subscribe((event) => events.push(event));
  await app.start();
  return { app, machine, events };
}

/** Resolves when exactly `count` tasks of the app run. */
function tasksRunning({ app }: Instance, count: number): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      const running = app.tasks().filter(({ state }) => state === 'running').length;
      if (running !== count || app.tasks().length !== count) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = app.events.subscribe(check);
    check();
  });
}

const words = ['drave', 'log', 'stream', 'actor', 'window', 'task', 'epoch', 'offset'];

function lines(from: number, count: number): { key: string; value: string }[] {
  return Array.from({ length: count }, (_, n) => {
    const i = from + n;
    const value = [words[i % 8], words[(i * 3) % 8], words[(i * i) % 8]].join(' ');
    return { key: `k${i % 7}`, value };
  });
}

function countsOf(input: readonly { value: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { value } of input)
    for (const word of value.split(' ')) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Resolves when the last value per word equals the counts of the input. */
async function expectCounts(
  broker: TestBroker,
  input: readonly { value: string }[],
): Promise<void> {
  const expected = countsOf(input);
  let last: Record<string, number> = {};
  const settled = broker.waitFor(
    'words',
    (records) => {
      last = Object.fromEntries(
        records.map(({ key, value }) => [String(key), Number(value?.readBigInt64BE())]),
      );
      return (
        JSON.stringify(last, Object.keys(expected).sort()) ===
        JSON.stringify(expected, Object.keys(expected).sort())
      );
    },
    { timeoutMs: 20_000 },
  );
  await settled.catch(() => undefined);
  expect(last).toEqual(expected);
}

describe('an application with a broker', () => {
  it('counts over a repartition topic while an instance joins and another leaves', async () => {
    await using broker = await startTestBroker({ topics: { lines: 3, words: 1 } });
    const input = lines(0, 300);
    const first = await startInstance(broker);
    await broker.produce('lines', input);
    await expectCounts(broker, input);
    const second = await startInstance(broker);
    await Promise.all([tasksRunning(first, 3), tasksRunning(second, 3)]);
    for (let round = 1; round <= 5; round += 1) {
      const more = lines(round * 300, 60);
      input.push(...more);
      await broker.produce('lines', more);
    }
    await expectCounts(broker, input);
    const { records } = second.app.metrics().totals;
    expect(records).toBeGreaterThan(300);
    await first.app.close();
    const last = lines(9000, 100);
    input.push(...last);
    await broker.produce('lines', last);
    await expectCounts(broker, input);
    expect(second.app.tasks().length).toBe(6);
    expect(second.app.metrics().totals.records).toBe(input.length * 4);
    const counts = [...second.app.store<string, number>('counts').entries()];
    expect(Object.fromEntries(counts)).toEqual(countsOf(input));
    await second.app.close();
    expect(second.app.state).toBe('closed');
  });

  it.each([
    { where: 'the same disk', fresh: false, rounds: 12, sessionTimeoutMs: 6000 },
    { where: 'an empty disk', fresh: true, rounds: 6, sessionTimeoutMs: 300 },
  ])('is exact after kills at any moment, restarted on $where', async (shape) => {
    const { fresh, rounds, sessionTimeoutMs } = shape;
    await using broker = await startTestBroker({ topics: { lines: 2, words: 1 } });
    const input: { key: string; value: string }[] = [];
    const killed: Instance[] = [];
    const disk = memoryPlatform().disk;
    const options = { commitIntervalMs: 5, sessionTimeoutMs };
    for (let round = 0; round < rounds; round += 1) {
      const instance = await startInstance(broker, fresh ? undefined : disk, options);
      const more = lines(round * 1000, 300);
      input.push(...more);
      const seen = (await broker.records('words')).length;
      await broker.produce('lines', more);
      await broker.waitFor('words', seen + 30 + round * 67, { timeoutMs: 20_000 });
      instance.machine.kill();
      killed.push(instance);
    }
    const survivor = await startInstance(broker, fresh ? undefined : disk, options);
    await expectCounts(broker, input);
    // The last one killed may have written every result; the survivor has its tasks only later.
    const records = (): number => survivor.app.metrics().totals.records;
    await vi.waitUntil(() => records() >= input.length * 4, { timeout: 20_000 });
    expect(records()).toBe(input.length * 4);
    expect(Object.fromEntries(survivor.app.store('counts').entries())).toEqual(countsOf(input));
    await survivor.app.close();
    for (const { app } of killed) await app.kill();
  });

  it('a clean stop and start on another disk restores from the changelog and counts on', async () => {
    await using broker = await startTestBroker({ topics: { lines: 2, words: 1 } });
    const input = lines(0, 200);
    await broker.produce('lines', input);
    const first = await startInstance(broker);
    await expectCounts(broker, input);
    await first.app.close();
    const second = await startInstance(broker);
    const more = lines(777, 50);
    input.push(...more);
    await broker.produce('lines', more);
    await expectCounts(broker, input);
    const restored = second.events.flatMap((event) =>
      event.kind === 'task-running' ? [event.restored] : [],
    );
    expect(restored.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(words.length);
    expect(second.app.metrics().totals.duplicates).toBe(0);
    await second.app.close();
  });

  it('is exact when its connections break again and again', async () => {
    await using broker = await startTestBroker({ topics: { lines: 2, words: 1 } });
    const { app, machine } = await startInstance(broker);
    const input: { key: string; value: string }[] = [];
    for (let round = 0; round < 15; round += 1) {
      const more = lines(round * 1000, 60);
      input.push(...more);
      const seen = (await broker.records('words')).length;
      await broker.produce('lines', more);
      await broker.waitFor('words', seen + 1 + round * 11, { timeoutMs: 20_000 });
      machine.cut();
    }
    await expectCounts(broker, input);
    expect(Object.fromEntries(app.store('counts').entries())).toEqual(countsOf(input));
    await app.close();
  });

  it('keeps a bounded number of records in memory, whatever waits in the topic', async () => {
    await using broker = await startTestBroker({ topics: { lines: 1, words: 1 } });
    const input = Array.from({ length: 40 }, (_, n) => lines(n * 500, 500));
    for (const batch of input) await broker.produce('lines', batch);
    let buffered = 0;
    let instance: Instance | undefined;
    const builder = new StreamBuilder();
    builder
      .from('lines', { value: text() })
      .peek(() => {
        const counts = instance?.app.tasks().map(({ bufferedCount }) => bufferedCount) ?? [];
        buffered = Math.max(buffered, ...counts);
      })
      .to('words', { value: text() });
    instance = await startInstance(broker, undefined, { topology: builder.build() });
    const copied = await broker.waitFor('words', 20_000, { timeoutMs: 20_000 });
    expect(copied.map(({ value }) => String(value))).toEqual(
      input.flat().map(({ value }) => value),
    );
    expect(buffered).toBeGreaterThan(100);
    expect(buffered).toBeLessThanOrEqual(1500);
    await instance.app.close();
  });

  it('restarts a task whose operator throws from the last commit, and fails when told to stop', async () => {
    await using broker = await startTestBroker({ topics: { lines: 1, words: 1 } });
    let thrown = 0;
    const topology = (): Topology => {
      const builder = new StreamBuilder();
      builder
        .from('lines', { value: text() })
        .peek((line) => {
          if (line === 'bad' && thrown < 2) {
            thrown += 1;
            throw new Error('not today');
          }
        })
        .groupByKey()
        .count({ store: 'counts' })
        .to('words', { value: long() });
      return builder.build();
    };
    const { app, events } = await startInstance(broker, undefined, { topology: topology() });
    const values = ['good', 'bad', 'good', 'good'].map((value) => ({ key: 'k', value }));
    await broker.produce('lines', values);
    await broker.waitFor('words', (records) => records.at(-1)?.value?.readBigInt64BE() === 4n);
    expect(events.filter(({ kind }) => kind === 'task-failed').length).toBe(2);
    await app.close();

    thrown = 0;
    const strict = await startInstance(broker, undefined, {
      topology: topology(),
      onTaskFailure: 'stop',
    });
    const failed = new Promise<void>((resolve) => {
      strict.app.events.subscribe((event) => {
        if (event.kind === 'app-state' && event.state === 'failed') resolve();
      });
    });
    await broker.produce('lines', values);
    await failed;
    expect(strict.app.failure?.message).toMatch(/task 0_0: source-000 failed on lines-0 offset 5/);
    await strict.app.close();
  });

  it('refuses a second instance on one state directory and a missing source topic', async () => {
    await using broker = await startTestBroker({
      topics: { lines: 1, words: 1 },
      autoCreate: false,
    });
    const disk = memoryPlatform().disk;
    const first = await startInstance(broker, disk);
    await expect(startInstance(broker, disk)).rejects.toThrow(/give each instance its own/);
    await first.app.close();
    const builder = new StreamBuilder();
    builder.from('absent').to('words');
    await expect(startInstance(broker, undefined, { topology: builder.build() })).rejects.toThrow(
      /source topic 'absent' does not exist/,
    );
  });
});
