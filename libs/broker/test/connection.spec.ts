// One connection: requests start before the answers to earlier ones, answers keep the order, bounds hold.
import { describe, expect, it } from 'vitest';
import { limits } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { InboundBudget, type BudgetHolder } from '../src/inbound-budget.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

describe('Connection', () => {
  it('answers pipelined requests in their order', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const count = limits.inFlightRequestsMax * 3;
    const ids = Array.from({ length: count }, (_, index) =>
      client.send(ApiKey.produce, 9, produceRequest('t', batchOf([`v${index}`]))),
    );
    for (const [index, id] of ids.entries()) {
      const { correlationId, body } = await client.response(ApiKey.produce, 9);
      expect(correlationId).toBe(id);
      expect(body.responses[0]?.partitionResponses[0]?.baseOffset).toBe(index);
    }
  });

  it('starts what follows a parked fetch, and answers it after the fetch', async () => {
    await using broker = await startTestBroker({ topics: { t: 1, other: 1 } });
    await using client = await RawClient.connect(broker.port);
    const fetchId = client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000 }));
    const otherId = client.send(ApiKey.produce, 9, produceRequest('other', batchOf(['x'])));
    const wakeId = client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['y'])));
    expect((await client.response(ApiKey.fetch, 11)).correlationId).toBe(fetchId);
    expect((await client.response(ApiKey.produce, 9)).correlationId).toBe(otherId);
    expect((await client.response(ApiKey.produce, 9)).correlationId).toBe(wakeId);
  });

  it('runs one fetch of a connection at a time', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    for (let index = 0; index < 3; index++) {
      client.send(ApiKey.fetch, 11, fetchRequest('t', index, { maxWaitMs: 25_000 }));
    }
    for (let index = 0; index < 3; index++) {
      while (broker.broker.metrics().parkedFetches === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(broker.broker.metrics().parkedFetches).toBe(1);
      await broker.produce('t', [{ value: 'x' }]);
      await client.response(ApiKey.fetch, 11);
    }
  });

  it('takes a request that arrives byte by byte, and many that arrive in one packet', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using slow = await RawClient.connect(broker.port);
    const metadata = Buffer.from('0000000e0003000100000001ffffffffffff', 'hex');
    for (const byte of metadata) slow.sendBytes(Buffer.from([byte]));
    expect((await slow.response(ApiKey.metadata, 1)).correlationId).toBe(1);
    slow.sendBytes(Buffer.concat(Array.from({ length: 500 }, () => metadata)));
    for (let index = 0; index < 500; index++) await slow.response(ApiKey.metadata, 1);
  });

  it('carries large batches', async () => {
    await using broker = await startTestBroker();
    await broker.createTopic('t', 1, { 'max.message.bytes': '20000000' });
    await using client = await RawClient.connect(broker.port);
    const values = ['a', 'b', 'c'].map((letter) => letter.repeat(5_000_000));
    for (const value of values) {
      client.send(ApiKey.produce, 9, produceRequest('t', batchOf([value])));
    }
    for (const _ of values) await client.response(ApiKey.produce, 9);
    const stored = await broker.records('t');
    expect(stored.map((record) => record.value?.length)).toEqual([5e6, 5e6, 5e6]);
    const { responses } = await client.request(
      ApiKey.fetch,
      11,
      fetchRequest('t', 0, { maxBytes: 50_000_000, partitionMaxBytes: 50_000_000 }),
    );
    expect(responses[0]?.partitions[0]?.records?.length).toBeGreaterThan(15_000_000);
  });

  it('counts what it does', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['a', 'b'])));
    await client.request(ApiKey.fetch, 11, fetchRequest('t', 0));
    const metrics = broker.broker.metrics();
    expect(metrics.requests).toMatchObject({ Produce: 1, Fetch: 1, Metadata: 0 });
    expect(metrics).toMatchObject({ recordsIn: 2, connections: 1, topics: 1, partitions: 1 });
    expect(metrics.recordBytesIn).toBe(metrics.recordBytesOut);
    expect(metrics.bytesIn).toBeGreaterThan(metrics.recordBytesIn);
    expect(metrics.logBytes).toBe(metrics.recordBytesIn);
  });
});

describe('stopping', () => {
  it('answers what is in flight, then closes', async () => {
    const broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const fetchId = client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000 }));
    while (broker.broker.metrics().parkedFetches === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const stopped = broker.stop();
    expect((await client.response(ApiKey.fetch, 11)).correlationId).toBe(fetchId);
    expect(await client.frame()).toBeUndefined();
    await stopped;
    await expect(RawClient.connect(broker.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('can be asked for twice', async () => {
    const broker = await startTestBroker();
    await Promise.all([broker.stop(), broker.stop()]);
  });
});

describe('InboundBudget', () => {
  const holder = (): BudgetHolder & { woken: number } => ({
    woken: 0,
    onRoom() {
      this.woken++;
    },
  });

  it('pauses above the bound and wakes when answers made room', () => {
    const budget = new InboundBudget(100);
    const [one, two] = [holder(), holder()];
    budget.receive(120);
    budget.frame(one, 120);
    expect(budget.mayRead(one)).toBe(false);
    expect(budget.mayRead(two)).toBe(false);
    budget.release(120);
    expect([one.woken, two.woken]).toEqual([1, 1]);
    expect(budget.mayRead(one)).toBe(true);
  });

  it('lets one connection at a time finish its frame when only unfinished ones fill the budget', () => {
    const budget = new InboundBudget(100);
    const [one, two, three] = [holder(), holder(), holder()];
    budget.receive(150);
    expect(budget.mayRead(one)).toBe(true);
    expect(budget.mayRead(two)).toBe(false);
    expect(budget.mayRead(three)).toBe(false);
    budget.receive(50);
    budget.frame(one, 100);
    expect(two.woken).toBe(0);
    budget.release(100);
    expect([two.woken, three.woken]).toEqual([1, 0]);
    expect(budget.mayRead(two)).toBe(true);
    budget.forget(two, 60);
    expect(three.woken).toBe(1);
  });
});
