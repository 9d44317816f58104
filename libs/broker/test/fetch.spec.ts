// Fetch over a real socket: limits, long polls, sessions, errors.
import { describe, expect, it, vi } from 'vitest';
import { ErrorCode, KafkaError } from '@drave/contracts';
import { ApiKey, buildMarkerBatch, forEachBatch, type FetchResponse } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const versions = [4, 5, 6, 7, 8, 9, 10, 11, 12]; // By id: fetch-sessions.spec.ts.

function only(response: FetchResponse) {
  const partition = response.responses[0]?.partitions[0];
  if (!partition) throw new Error('no partition in the answer');
  return partition;
}

function valuesOf(records: Buffer | null): string[] {
  const values: string[] = [];
  forEachBatch(records ?? Buffer.alloc(0), (batch) => {
    values.push(...batch.records().map(({ value }) => value?.toString() ?? ''));
  });
  return values;
}

describe('Fetch', () => {
  it.each(versions)('version %d returns the stored batches', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    await broker.produce('t', [{ value: 'c' }]);
    await using client = await RawClient.connect(broker.port);
    const partition = only(await client.request(ApiKey.fetch, version, fetchRequest('t', 0)));
    expect(partition).toMatchObject({ errorCode: 0, highWatermark: 3, lastStableOffset: 3 });
    expect(valuesOf(partition.records)).toEqual(['a', 'b', 'c']);
  });

  it('starts with the batch that contains the offset and ends with empty records, not null', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }, { value: 'b' }]);
    await broker.produce('t', [{ value: 'c' }]);
    await using client = await RawClient.connect(broker.port);
    const middle = only(await client.request(ApiKey.fetch, 11, fetchRequest('t', 1)));
    expect(valuesOf(middle.records)).toEqual(['a', 'b', 'c']);
    const end = only(await client.request(ApiKey.fetch, 11, fetchRequest('t', 3)));
    expect(end.errorCode).toBe(0);
    expect(end.records).toEqual(Buffer.alloc(0));
  });

  it('returns one whole batch beyond the limits, and nothing more', async () => {
    await using broker = await startTestBroker({ topics: { t: 2 } });
    for (const partition of [0, 1]) {
      await broker.produce('t', [{ value: 'x'.repeat(500), partition }]);
      await broker.produce('t', [{ value: 'y'.repeat(500), partition }]);
    }
    await using client = await RawClient.connect(broker.port);
    const small = { maxBytes: 10, partitionMaxBytes: 10 };
    const one = fetchRequest('t', 0, small);
    const { responses } = await client.request(ApiKey.fetch, 11, {
      ...one,
      topics: [
        {
          topic: 't',
          partitions: [0, 1].map((partition) => ({
            partition,
            fetchOffset: 0,
            partitionMaxBytes: 10,
          })),
        },
      ],
    });
    const [first, second] = responses[0]?.partitions ?? [];
    expect(valuesOf(first?.records ?? null)).toEqual(['x'.repeat(500)]);
    expect(second).toMatchObject({ errorCode: 0, highWatermark: 2 });
    expect(second?.records).toHaveLength(0);
    const both = fetchRequest('t', 0, { partitionMaxBytes: 800 });
    const limited = only(await client.request(ApiKey.fetch, 11, both));
    expect(valuesOf(limited.records)).toEqual(['x'.repeat(500)]);
  });

  it('waits for data and is woken by an append', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await using other = await RawClient.connect(broker.port);
    client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000 }));
    await parked(broker);
    await other.request(ApiKey.produce, 9, produceRequest('t', batchOf(['a'])));
    const { body } = await client.response(ApiKey.fetch, 11);
    expect(valuesOf(only(body).records)).toEqual(['a']);
    expect(broker.broker.metrics().parkedFetches).toBe(0);
  });

  it('waits for min_bytes, at most max_wait', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }]);
    await using client = await RawClient.connect(broker.port);
    client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000, minBytes: 150 }));
    await parked(broker);
    await broker.produce('t', [{ value: 'b'.repeat(100) }]);
    const { body } = await client.response(ApiKey.fetch, 11);
    expect(valuesOf(only(body).records)).toEqual(['a', 'b'.repeat(100)]);
    const late = fetchRequest('t', 0, { maxWaitMs: 20, minBytes: 100_000 });
    const answer = only(await client.request(ApiKey.fetch, 11, late));
    expect(valuesOf(answer.records)).toHaveLength(2);
  });

  it('forgets the long poll of a client that left', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    const client = await RawClient.connect(broker.port);
    client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000 }));
    await parked(broker);
    await client.close();
    await until(() => broker.broker.metrics().parkedFetches === 0);
    expect(broker.broker.metrics().connections).toBe(0);
  });

  it('wakes a long poll when its topic is deleted', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await using other = await RawClient.connect(broker.port);
    client.send(ApiKey.fetch, 11, fetchRequest('t', 0, { maxWaitMs: 25_000 }));
    await parked(broker);
    await other.request(ApiKey.deleteTopics, 1, { topicNames: ['t'], timeoutMs: 1000 });
    const { body } = await client.response(ApiKey.fetch, 11);
    expect(only(body).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });

  it.each([
    ['an unknown topic', 'nowhere', 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an offset below the log', 't', -5, ErrorCode.OFFSET_OUT_OF_RANGE],
    ['an offset beyond the log', 't', 2, ErrorCode.OFFSET_OUT_OF_RANGE],
  ])('answers %s at once, whatever the wait', async (_, topic, offset, error) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }]);
    await using client = await RawClient.connect(broker.port);
    const request = fetchRequest(topic, offset, { maxWaitMs: 25_000 });
    const partition = only(await client.request(ApiKey.fetch, 11, request));
    expect(partition).toMatchObject({
      errorCode: error,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      records: Buffer.alloc(0),
    });
  });

  it('fences leader epochs', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const request = fetchRequest('t', 0);
    const withEpoch = (currentLeaderEpoch: number) => ({
      ...request,
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ ...partition, currentLeaderEpoch })),
      })),
    });
    const newer = only(await client.request(ApiKey.fetch, 11, withEpoch(5)));
    expect(newer.errorCode).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
    const same = only(await client.request(ApiKey.fetch, 11, withEpoch(0)));
    expect(same.errorCode).toBe(0);
  });

  it('tells a client of version 12 where its log parts from ours', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.produce('t', [{ value: 'a' }]);
    await using client = await RawClient.connect(broker.port);
    const unsent = async (lastFetchedEpoch: number, fetchOffset: number) => {
      const request = fetchRequest('t', fetchOffset);
      const topics = request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ ...partition, lastFetchedEpoch })),
      }));
      return only(await client.request(ApiKey.fetch, 12, { ...request, topics }));
    };
    const same = await unsent(0, 1);
    expect(same.divergingEpoch).toEqual({ epoch: -1, endOffset: -1 });
    await broker.produce('t', [{ value: 'b' }]);
    expect(await unsent(0, 2)).toMatchObject({ errorCode: 0 });
    // As Kafka does: an epoch this log never had is no reason to truncate.
    expect(await unsent(4, 1)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(await unsent(0, 3)).toMatchObject({
      errorCode: 0,
      divergingEpoch: { epoch: 0, endOffset: 2 },
    });
    expect((await unsent(0, 3)).records).toHaveLength(0);
  });

  it.each([4, 9, 10])('hands zstd out as it is, in version %d too', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const records = batchOf(['a'], { codec: 'zstd' });
    await client.request(ApiKey.produce, 7, produceRequest('t', records));
    // As Kafka 4 does: kafka-python reads zstd although it stops at version 4.
    const answer = only(await client.request(ApiKey.fetch, version, fetchRequest('t', 0)));
    expect(valuesOf(answer.records)).toEqual(['a']);
  });

  it('answers read_committed with an empty list of aborted transactions', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const request = { ...fetchRequest('t', 0), isolationLevel: 1 };
    expect(only(await client.request(ApiKey.fetch, 11, request)).abortedTransactions).toEqual([]);
  });

  it('ends read_committed at the last stable offset and names the aborted transactions', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const partition = broker.broker.context.replicas.partition('t', 0);
    const nowMs = Date.now();
    const put = (records: Buffer, origin: 'client' | 'coordinator' = 'client') =>
      partition?.append(records, { nowMs, origin }).written;
    const transactional = (producerId: number) =>
      batchOf([`p${producerId}`], {
        producerId,
        producerEpoch: 0,
        baseSequence: 0,
        isTransactional: true,
      });
    await put(transactional(1)); // 0
    await put(transactional(2)); // 1
    const marker = { producerEpoch: 0, coordinatorEpoch: 0, timestamp: nowMs };
    await put(buildMarkerBatch({ ...marker, producerId: 1, type: 'abort' }), 'coordinator'); // 2
    const ask = async (offset: number, isolationLevel: number) =>
      only(
        await client.request(ApiKey.fetch, 11, { ...fetchRequest('t', offset), isolationLevel }),
      );
    const listed = async () => {
      const answer = await client.request(ApiKey.listOffsets, 5, {
        replicaId: -1,
        isolationLevel: 1,
        topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      });
      return answer.topics[0]?.partitions[0]?.offset;
    };
    expect(await ask(0, 0)).toMatchObject({ lastStableOffset: 1, abortedTransactions: null });
    const open = await ask(0, 1);
    expect(open).toMatchObject({ highWatermark: 3, lastStableOffset: 1 });
    expect(open.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(valuesOf(open.records)).toEqual(['p1']);
    expect(await listed()).toBe(1);
    await put(buildMarkerBatch({ ...marker, producerId: 2, type: 'commit' }), 'coordinator'); // 3
    const ended = await ask(1, 1);
    expect(ended).toMatchObject({ highWatermark: 4, lastStableOffset: 4 });
    expect(ended.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect((await ask(3, 1)).abortedTransactions).toEqual([]);
    expect(await listed()).toBe(4);
    expect(partition?.lastStableOffset).toBe(4);
  });

  it('lets a read_committed long poll wait while a transaction grows', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const { write, end } = transactionsOn(broker, 't');
    await write(1, 'a');
    client.send(ApiKey.fetch, 11, committedOnly({ maxWaitMs: 25_000 }));
    await parked(broker);
    await write(1, 'b'.repeat(500));
    await end(1, 'commit');
    const answer = only((await client.response(ApiKey.fetch, 11)).body);
    expect(answer).toMatchObject({ highWatermark: 3, lastStableOffset: 3 });
    expect(valuesOf(answer.records).slice(0, 2)).toEqual(['a', 'b'.repeat(500)]);
  });

  it('counts min_bytes of a read_committed long poll below the last stable offset', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const { write, end } = transactionsOn(broker, 't');
    await write(1, 'small');
    await write(2, 'x'.repeat(900));
    client.send(ApiKey.fetch, 11, committedOnly({ maxWaitMs: 25_000, minBytes: 800 }));
    await parked(broker);
    await end(1, 'commit'); // Moves the last stable offset to 1: too little.
    await parked(broker);
    await end(2, 'commit');
    const { records, lastStableOffset } = only((await client.response(ApiKey.fetch, 11)).body);
    expect(lastStableOffset).toBe(4);
    expect(valuesOf(records).slice(0, 2)).toEqual(['small', 'x'.repeat(900)]);
    await write(1, 'y'.repeat(900));
    const late = committedOnly({ maxWaitMs: 20, minBytes: 800, fetchOffset: 4 });
    const empty = only(await client.request(ApiKey.fetch, 11, late));
    expect(empty).toMatchObject({ errorCode: 0, highWatermark: 5, lastStableOffset: 4 });
    expect(empty.records).toHaveLength(0);
  });

  it('gives the room of a partition whose aborted transactions are not known to the next one', async () => {
    await using broker = await startTestBroker({ topics: { bad: 1, good: 1 } });
    await broker.produce('bad', [{ value: 'x'.repeat(500) }]);
    await broker.produce('good', [{ value: 'y'.repeat(500) }]);
    await using client = await RawClient.connect(broker.port);
    const log = broker.broker.context.replicas.partition('bad', 0)?.log;
    if (!log) throw new Error('no log');
    const request = committedOnly({ maxBytes: 700 });
    const partitions = request.topics[0]?.partitions ?? [];
    const both = { ...request, topics: ['bad', 'good'].map((topic) => ({ topic, partitions })) };
    const damaged = new KafkaError('CORRUPT_MESSAGE', 'damaged');
    const now = vi.spyOn(log, 'abortedTransactionsSync');
    const later = vi.spyOn(log, 'abortedTransactions').mockRejectedValue(damaged);
    for (const isLate of [false, true]) {
      now.mockImplementation(() => {
        if (isLate) return undefined;
        throw damaged;
      });
      const { responses } = await client.request(ApiKey.fetch, 11, both);
      const [bad, good] = responses.map((topic) => topic.partitions[0]);
      expect(bad).toMatchObject({ errorCode: ErrorCode.CORRUPT_MESSAGE });
      expect(bad?.records ?? []).toHaveLength(0);
      expect(valuesOf(good?.records ?? null)).toEqual(['y'.repeat(500)]);
    }
    expect(later).toHaveBeenCalledOnce();
  });
});

function committedOnly(options: Parameters<typeof fetchRequest>[2] & { fetchOffset?: number }) {
  return { ...fetchRequest('t', options.fetchOffset ?? 0, options), isolationLevel: 1 };
}

/** Writes and ends transactions on partition 0, past the coordinator. */
function transactionsOn(broker: Awaited<ReturnType<typeof startTestBroker>>, topic: string) {
  const partition = broker.broker.context.replicas.partition(topic, 0);
  const nowMs = Date.now();
  const producer = { producerEpoch: 0, isTransactional: true };
  const sent = new Map<number, number>();
  const write = (producerId: number, value: string) => {
    const baseSequence = sent.get(producerId) ?? 0;
    sent.set(producerId, baseSequence + 1);
    const records = batchOf([value], { ...producer, producerId, baseSequence });
    return partition?.append(records, { nowMs, origin: 'client' }).written;
  };
  const end = (producerId: number, type: 'commit' | 'abort') => {
    const marker = { producerEpoch: 0, coordinatorEpoch: 0, timestamp: nowMs, producerId, type };
    return partition?.append(buildMarkerBatch(marker), { nowMs, origin: 'coordinator' }).written;
  };
  return { write, end };
}

async function parked(broker: Awaited<ReturnType<typeof startTestBroker>>): Promise<void> {
  await until(() => broker.broker.metrics().parkedFetches === 1);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
