// Delayed records: never before their time, in order of it, once each, across restarts and power losses; list and cancel.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { manualClock, memoryPlatform, type MemoryPlatform } from '@drave/platform';
import { ApiKey, buildBatch, type RecordBatchOptions } from '@drave/protocol';
import { PendingOffsets } from '../src/delay/pending-offsets.js';
import { startTestBroker, type TestBroker } from '../src/testing/index.js';
import { produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(platform?: MemoryPlatform): Promise<TestBroker> {
  const broker = await startTestBroker(platform === undefined ? {} : { platform });
  closers.push(() => broker.stop());
  return broker;
}

const enabled = { 'drave.delay.enable': 'true' };

interface Sent {
  readonly value: string;
  readonly at?: number | string;
}

/** Sends one batch; retries while the delay topic is being made. The base offset. */
async function send(
  client: RawClient,
  records: readonly Sent[],
  options: RecordBatchOptions = {},
  index = 0,
): Promise<number> {
  return vi.waitFor(
    async () => {
      const batch = buildBatch(
        records.map(({ value, at }) => ({
          key: Buffer.from('k'),
          value: Buffer.from(value),
          headers:
            at === undefined ? [] : [{ key: 'drave-deliver-at', value: Buffer.from(String(at)) }],
          timestamp: 1_000,
        })),
        options,
      );
      const request = produceRequest('t', batch, { index });
      const { responses } = await client.request(ApiKey.produce, 9, request);
      const answer = responses[0]?.partitionResponses[0];
      if (answer?.errorCode === ErrorCode.LEADER_NOT_AVAILABLE) throw new Error('not yet');
      expect(answer?.errorCode).toBe(0);
      return answer?.baseOffset ?? -1;
    },
    { timeout: 10_000, interval: 2 },
  );
}

const valuesOf = async (broker: TestBroker): Promise<string[]> =>
  (await broker.records('t')).map(({ value }) => value?.toString() ?? '');

const eventually = (look: () => Promise<void>): Promise<void> =>
  vi.waitFor(look, { timeout: 15_000, interval: 5 });

describe('delayed records', () => {
  it('come at or after their time, those without one at once and in order', async () => {
    const clock = manualClock({ startMs: 1_000_000 });
    const platform = memoryPlatform({ clock });
    let moves = Promise.resolve();
    const advance = (ms: number): Promise<void> => (moves = moves.then(() => clock.advance(ms)));
    const ticker = setInterval(() => void advance(0), 1); // turns, no time
    closers.push(async () => clearInterval(ticker));
    const broker = await start(platform);
    await broker.createTopic('t', 1, enabled);
    await using client = await RawClient.connect(broker.port);
    await send(client, [
      { value: 'a' },
      { value: 'late', at: 1_060_000 },
      { value: 'iso', at: new Date(1_030_000).toISOString() },
      { value: 'past', at: 5 },
      { value: 'typo', at: 'tomorrow' },
      { value: 'b' },
    ]);
    await eventually(async () =>
      expect(await valuesOf(broker)).toEqual(['a', 'past', 'typo', 'b']),
    );
    expect(broker.broker.delayed.counts().get('t')).toBe(2);
    await advance(29_999);
    expect(await valuesOf(broker)).toHaveLength(4);
    await advance(1);
    await eventually(async () => expect((await valuesOf(broker)).at(-1)).toBe('iso'));
    await advance(29_999);
    expect(await valuesOf(broker)).toHaveLength(5);
    await advance(1);
    await eventually(async () => expect((await valuesOf(broker)).at(-1)).toBe('late'));
    const last = (await broker.records('t')).at(-1);
    expect(last?.timestamp).toBe(1_060_000);
    expect(last?.headers.map(({ key, value }) => [key, value?.toString()])).toEqual([
      ['drave-deliver-at', '1060000'],
      ['drave-offset', '1'],
    ]);
  });

  it('are listed by due time and cancelled for good', async () => {
    const platform = memoryPlatform();
    const broker = await start(platform);
    await broker.createTopic('t', 2, enabled);
    const farMs = Date.now() + 3_600_000;
    {
      await using client = await RawClient.connect(broker.port);
      await send(client, [
        { value: 'x', at: farMs + 2 },
        { value: 'y', at: farMs + 1 },
      ]);
      await send(client, [{ value: 'z', at: farMs + 3 }], {}, 1);
    }
    const { delayed } = broker.broker;
    const list = (): string[] =>
      delayed
        .list('t', { start: 0, count: 10 })
        .map(
          ({ partition, offset, deliverAtMs }) => `${partition}:${offset}+${deliverAtMs - farMs}`,
        );
    await eventually(async () => expect(list()).toEqual(['0:1+1', '0:0+2', '1:0+3']));
    expect(delayed.list('t', { start: 1, count: 1 })).toHaveLength(1);
    const first = { topic: 't', partition: 0, offset: 1 };
    expect(await delayed.cancel(first)).toBe(true);
    expect(await delayed.cancel(first)).toBe(false);
    expect(await delayed.cancel({ ...first, offset: 99 })).toBe(false);
    expect(list()).toEqual(['0:0+2', '1:0+3']);
    await broker.stop();
    const again = await start(platform);
    expect(again.broker.delayed.counts().get('t')).toBe(2);
  });

  it('are delivered at the limit of max.message.bytes', async () => {
    const broker = await start();
    const value = 'x'.repeat(2_000);
    const headers = [{ key: 'drave-deliver-at', value: Buffer.from('1') }];
    const record = { key: Buffer.from('k'), value: Buffer.from(value), headers, timestamp: 1_000 };
    const limit = buildBatch([record]).length;
    await broker.createTopic('t', 1, { ...enabled, 'max.message.bytes': String(limit) });
    await using client = await RawClient.connect(broker.port);
    await send(client, [{ value, at: 1 }]);
    await send(client, [{ value: 'small' }]);
    await eventually(async () => expect(await valuesOf(broker)).toEqual([value, 'small']));
  });

  it('are delivered in the codec that compression.type names', async () => {
    const broker = await start();
    await broker.createTopic('t', 1, { ...enabled, 'compression.type': 'gzip' });
    await using client = await RawClient.connect(broker.port);
    await send(client, [{ value: 'x'.repeat(2_000), at: 1 }]);
    await eventually(async () => expect(await valuesOf(broker)).toHaveLength(1));
    const log = broker.broker.context.replicas.topic('t')?.partitions[0]?.log;
    const read = await log?.read({ offset: 0, maxBytes: 10_000, boundOffset: 1 });
    expect((read?.records.readInt16BE(21) ?? 0) & 7).toBe(1);
  });

  it('take part in idempotent producing and survive a change of partitions', async () => {
    const broker = await start();
    await broker.createTopic('t', 1, enabled);
    await using client = await RawClient.connect(broker.port);
    const soonMs = Date.now() + 30;
    const ids = { producerId: 7, producerEpoch: 0 };
    await send(client, [{ value: 'a', at: soonMs }], { ...ids, baseSequence: 0 });
    await send(client, [{ value: 'b' }], { ...ids, baseSequence: 1 });
    await send(client, [{ value: 'b' }], { ...ids, baseSequence: 1 }); // sent again: no second one
    await send(client, [{ value: 'c', at: soonMs }], { ...ids, baseSequence: 2 });
    // In which order depends on how long the sending took.
    const values = async (): Promise<string[]> =>
      (await valuesOf(broker)).toSorted((a, b) => (a < b ? -1 : 1));
    await eventually(async () => expect(await values()).toEqual(['a', 'b', 'c']));
    await client.request(ApiKey.createPartitions, 3, {
      topics: [{ name: 't', count: 2, assignments: null }],
      timeoutMs: 5_000,
      validateOnly: false,
    });
    await send(client, [{ value: 'd', at: soonMs }], {}, 1);
    await eventually(async () => expect(await valuesOf(broker)).toContain('d'));
  });

  it('are each delivered once, whatever power losses come between', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      let platform = memoryPlatform({ seed });
      let broker = await startTestBroker({ platform });
      await broker.createTopic('t', 1, enabled);
      const confirmed: string[] = [];
      for (let life = 0; life < 4; life += 1) {
        await using client = await RawClient.connect(broker.port);
        for (let n = 0; n < 6; n += 1) {
          const value = `${life}-${n}`;
          const at = n % 2 === 0 ? {} : { at: Date.now() + (n % 3) * 20 };
          await send(client, [{ value, ...at }]);
          confirmed.push(value);
        }
        if (life % 2 === 0) {
          platform.disk.crash();
          platform.disk.retire(); // what the dead broker still tries reaches nothing
          platform = { ...platform, disk: platform.disk.successor() };
          broker.disconnectAll();
        } else await broker.stop();
        broker = await startTestBroker({ platform });
      }
      await eventually(async () => {
        expect(broker.broker.delayed.counts().get('t')).toBe(0);
        const values = await valuesOf(broker);
        expect(values.toSorted()).toEqual(confirmed.toSorted());
      });
      await broker.stop();
    }
  }, 60_000);

  it('keep nothing of a deleted topic', async () => {
    const broker = await start();
    await broker.createTopic('t', 1, enabled);
    await using client = await RawClient.connect(broker.port);
    await send(client, [{ value: 'old', at: Date.now() + 60_000 }]);
    await client.request(ApiKey.deleteTopics, 4, { topicNames: ['t'], timeoutMs: 5_000 });
    await eventually(async () =>
      expect(broker.broker.context.metadata.image.topic('__drave_delay.t')).toBeUndefined(),
    );
    await broker.createTopic('t', 1, enabled);
    await send(client, [{ value: 'new' }]);
    await eventually(async () => expect(await valuesOf(broker)).toEqual(['new']));
    expect(broker.broker.delayed.counts().get('t')).toBe(0);
  });
});

describe('PendingOffsets', () => {
  it('keeps a million in order, in 16 bytes each', () => {
    const pending = new PendingOffsets();
    const count = 1_000_000;
    for (let offset = 0; offset < count; offset += 1) {
      pending.add(offset, (offset * 7_919) % 1_000_003);
    }
    const { due, offsets } = pending.dump();
    expect(due.byteLength + offsets.byteLength).toBe(16 * count);
    expect(pending.page(0, 2)).toEqual([
      { offset: 0, dueMs: 0 },
      { offset: pending.page(1, 1)[0]?.offset, dueMs: 1 },
    ]);
    let last = -1;
    let taken = 0;
    for (;;) {
      const due = pending.takeDue(Infinity, 10_000);
      if (due.length === 0) break;
      for (const { dueMs } of due) {
        if (dueMs < last) throw new Error('out of order');
        last = dueMs;
      }
      taken += due.length;
    }
    expect(taken).toBe(count);
  });

  it('never gives a cancelled one', () => {
    const pending = new PendingOffsets();
    for (let offset = 0; offset < 3_000; offset += 1) pending.add(offset, 3_000 - offset);
    for (let offset = 0; offset < 3_000; offset += 2) expect(pending.cancel(offset)).toBe(true);
    expect(pending.cancel(0)).toBe(false);
    expect(pending.size).toBe(1_500);
    expect(pending.page(0, 2).map(({ offset }) => offset)).toEqual([2_999, 2_997]);
    const taken = pending.takeDue(Infinity, 5_000);
    expect(taken).toHaveLength(1_500);
    expect(taken.every(({ offset }) => offset % 2 === 1)).toBe(true);
  });
});
