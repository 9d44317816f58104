// A partition over a real log: offsets at once, waiters and long polls when the high watermark moves.
import { describe, expect, it } from 'vitest';
import { KafkaError } from '@drave/contracts';
import { LogManager } from '@drave/log';
import { manualClock, memoryPlatform } from '@drave/platform';
import { buildBatch } from '@drave/protocol';
import { FetchPurgatory, LogOffsets, Partition } from '../src/index.js';

async function openPartition(): Promise<{ partition: Partition; logs: LogManager }> {
  const platform = memoryPlatform({ seed: 1 });
  const logs = await LogManager.open({ platform, directory: '/d', flush: 'group', nodeId: 1 });
  const log = logs.create({ topic: 't', partition: 0 }, { topicId: platform.random.uuid() });
  return { partition: new Partition({ log, replicas: [1], leaderEpoch: 0 }), logs };
}

const batch = (count: number): Buffer =>
  buildBatch(
    Array.from({ length: count }, () => ({
      key: null,
      value: Buffer.from('x'),
      headers: [],
      timestamp: 1,
    })),
    {},
  );
const now = { nowMs: 10, origin: 'client' } as const;

describe('Partition', () => {
  it('fixes offsets at once and moves the high watermark when they are durable', async () => {
    const { partition, logs } = await openPartition();
    const first = partition.append(batch(3), now);
    const second = partition.append(batch(2), now);
    expect([first.baseOffset, second.baseOffset]).toEqual([0, 3]);
    expect(partition.logEndOffset).toBe(5);
    expect(partition.highWatermark).toBe(0);
    await second.written;
    expect(partition.highWatermark).toBe(5);
    expect(partition.lastStableOffset).toBe(5);
    await logs.close();
  });

  it('tells waiters in the order of their offsets, and at once when there is nothing to wait for', async () => {
    const { partition, logs } = await openPartition();
    const told: number[] = [];
    partition.append(batch(1), now);
    partition.append(batch(1), now);
    const committed = new Promise<void>((resolve) => {
      partition.whenCommitted(0, () => told.push(0));
      partition.whenCommitted(1, () => {
        told.push(1);
        resolve();
      });
    });
    expect(told).toEqual([]);
    await committed;
    partition.whenCommitted(1, (error) => told.push(error ? -1 : 2));
    expect(told).toEqual([0, 1, 2]);
    await logs.close();
  });

  it('tells readers before writers when records are committed', async () => {
    const { partition, logs } = await openPartition();
    const told: string[] = [];
    partition.onHighWatermark(() => told.push('reader'));
    const { lastOffset, written } = partition.append(batch(1), now);
    partition.whenCommitted(lastOffset, () => told.push('writer'));
    await written;
    expect(told).toEqual(['reader', 'writer']);
    await logs.close();
  });

  it('answers waiters and refuses appends when it is closed', async () => {
    const { partition, logs } = await openPartition();
    const { lastOffset } = partition.append(batch(1), now);
    const told: unknown[] = [];
    partition.whenCommitted(lastOffset, (error) => told.push(error?.errorName));
    partition.close(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'));
    expect(told).toEqual(['UNKNOWN_TOPIC_OR_PARTITION']);
    expect(() => partition.append(batch(1), now)).toThrow(KafkaError);
    await logs.close();
  });
});

describe('FetchPurgatory', () => {
  it('wakes when enough bytes became readable', async () => {
    const { partition, logs } = await openPartition();
    const clock = manualClock();
    const purgatory = new FetchPurgatory(clock, { parkedMax: 2 });
    const one = batch(1);
    let woken = 0;
    const parked = purgatory.park({
      partitions: [partition],
      missingBytes: one.length + 1,
      isCommittedOnly: false,
      waitMs: 100,
      complete: () => void woken++,
    });
    expect(parked).toBeDefined();
    await partition.append(one, now).written;
    expect(woken).toBe(0);
    await partition.append(batch(1), now).written;
    expect(woken).toBe(1);
    await clock.advance(1000);
    expect(woken).toBe(1);
    expect(purgatory.parkedCount).toBe(0);
    await logs.close();
  });

  it('wakes at its timeout exactly, and never after a cancel', async () => {
    const { partition, logs } = await openPartition();
    const clock = manualClock();
    const purgatory = new FetchPurgatory(clock, { parkedMax: 2 });
    const woken: string[] = [];
    const park = (name: string, waitMs: number) =>
      purgatory.park({
        partitions: [partition],
        missingBytes: 1,
        isCommittedOnly: false,
        waitMs,
        complete: () => void woken.push(name),
      });
    park('a', 100);
    park('b', 50)?.cancel();
    await clock.advance(99);
    expect(woken).toEqual([]);
    await clock.advance(1);
    expect(woken).toEqual(['a']);
    await logs.close();
  });

  it('has a bound, and wakes everybody when the partition ends', async () => {
    const { partition, logs } = await openPartition();
    const purgatory = new FetchPurgatory(manualClock(), { parkedMax: 2 });
    let woken = 0;
    const fetch = {
      partitions: [partition],
      missingBytes: 1,
      isCommittedOnly: false,
      waitMs: 100,
      complete: () => void woken++,
    };
    expect(purgatory.park(fetch)).toBeDefined();
    expect(purgatory.park(fetch)).toBeDefined();
    expect(purgatory.park(fetch)).toBeUndefined();
    partition.close(new KafkaError('UNKNOWN_TOPIC_OR_PARTITION'));
    expect(woken).toBe(2);
    await logs.close();
  });
});

describe('LogOffsets', () => {
  it('refuses offsets that contradict each other', () => {
    const offsets = new LogOffsets(0, 5);
    offsets.set({ logEnd: 8 });
    offsets.set({ lastStable: 7, highWatermark: 7 });
    expect(() => offsets.set({ highWatermark: 9 })).toThrow('high-watermark-below-log-end');
    expect(() => offsets.set({ lastStable: 6, highWatermark: 6 })).toThrow(
      'high-watermark-forward',
    );
    expect(() => offsets.set({ logStart: 8 })).toThrow('log-start-below-last-stable');
    expect(offsets.highWatermark).toBe(7);
  });
});
