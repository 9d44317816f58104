// Topics with a codec of their own, over a real socket: what is stored, in which order, what is refused.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey, buildBatch, forEachBatch, RecordBatchView } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, patched, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

async function start(compressionType: string, configs: Readonly<Record<string, string>> = {}) {
  const broker = await startTestBroker();
  await broker.createTopic('t', 1, { 'compression.type': compressionType, ...configs });
  const client = await RawClient.connect(broker.port);
  return {
    broker,
    client,
    async produce(records: Buffer) {
      const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      return responses[0]?.partitionResponses[0];
    },
    async stored(): Promise<RecordBatchView[]> {
      const { responses } = await client.request(ApiKey.fetch, 11, fetchRequest('t', 0));
      const batches: RecordBatchView[] = [];
      forEachBatch(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0), (batch) => {
        batches.push(batch);
      });
      return batches;
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await broker.stop();
    },
  };
}

describe('compression.type', () => {
  it.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'])(
    '%s is the codec of what is stored, whatever was sent',
    async (target) => {
      await using world = await start(target);
      for (const codec of codecs) {
        expect(await world.produce(batchOf([codec, 'x'.repeat(500)], { codec }))).toMatchObject({
          errorCode: 0,
        });
      }
      const stored = await world.stored();
      const wanted = target === 'uncompressed' ? 'none' : target;
      expect(stored.map(({ codec }) => codec)).toEqual(codecs.map(() => wanted));
      expect(stored.every((batch) => batch.crcIsValid())).toBe(true);
      const values = stored.map((batch) => batch.records().map(({ value }) => value?.toString()));
      expect(values).toEqual(codecs.map((codec) => [codec, 'x'.repeat(500)]));
      expect(stored.map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4, 6, 8]);
    },
  );

  it('keeps the order of what is sent without waiting, and the sequences of its producer', async () => {
    await using world = await start('gzip');
    const { broker, client } = world;
    const count = 40;
    for (let index = 0; index < count; index++) {
      // Sizes differ widely and every third batch has the codec already: whoever is ready first must not be first.
      const value = String(index).padEnd(index % 4 === 0 ? 200_000 : 10, '.');
      const codec = index % 3 === 0 ? 'gzip' : 'none';
      const batch = batchOf([value], {
        codec,
        producerId: 5,
        producerEpoch: 0,
        baseSequence: index,
      });
      client.send(ApiKey.produce, 9, produceRequest('t', batch));
    }
    for (let index = 0; index < count; index++) {
      const { body } = await client.response(ApiKey.produce, 9);
      expect(body.responses[0]?.partitionResponses[0]).toMatchObject({
        errorCode: 0,
        baseOffset: index,
      });
    }
    const values = (await broker.records('t')).map(({ value }) =>
      parseInt(value?.toString() ?? ''),
    );
    expect(values).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it('answers a repeated batch with its offset, stamps the append time, believes the records', async () => {
    await using world = await start('zstd', { 'message.timestamp.type': 'LogAppendTime' });
    const batch = (): Buffer =>
      batchOf(['a'], { producerId: 5, producerEpoch: 0, baseSequence: 0 });
    const first = await world.produce(batch());
    expect(first?.logAppendTimeMs).toBeGreaterThan(1_600_000_000_000);
    expect(await world.produce(batch())).toMatchObject({ errorCode: 0, baseOffset: 0 });
    const [stored, ...others] = await world.stored();
    expect(others).toEqual([]);
    expect(stored).toMatchObject({ timestampType: 'LogAppendTime', codec: 'zstd' });
    expect(stored?.maxTimestamp).toBe(first?.logAppendTimeMs);
  });

  it('refuses damage, bad records and what is larger than the topic takes', async () => {
    await using world = await start('lz4', { 'max.message.bytes': '10000' });
    const resealed = (batch: Buffer): Buffer => {
      new RecordBatchView(batch).setMaxTimestamp(1_000);
      return batch;
    };
    const gzip = batchOf(['a'.repeat(100)], { codec: 'gzip' });
    const cases: [Buffer, number][] = [
      [patched(gzip, 20, 1), ErrorCode.CORRUPT_MESSAGE],
      [resealed(patched(gzip, 75, 0xff, 0xff, 0xff)), ErrorCode.INVALID_RECORD],
      [batchOf(['x'.repeat(20_000)]), ErrorCode.MESSAGE_TOO_LARGE],
      [batchOf(['x'.repeat(20_000_000)], { codec: 'gzip' }), ErrorCode.MESSAGE_TOO_LARGE],
      [
        batchOf(['x'.repeat(9_000_000), 'x'.repeat(9_000_000)], { codec: 'zstd' }),
        ErrorCode.INVALID_RECORD,
      ],
    ];
    for (const [records, errorCode] of cases) {
      expect(await world.produce(records)).toMatchObject({ errorCode, baseOffset: -1 });
    }
    const late = buildBatch(
      [1_000, 4_000_000_000_000].map((timestamp) => ({ key: null, value: null, timestamp })),
      { codec: 'gzip' },
    );
    expect(await world.produce(late)).toMatchObject({
      errorCode: ErrorCode.INVALID_TIMESTAMP,
      recordErrors: [{ batchIndex: 1 }],
    });
    expect(await world.stored()).toEqual([]);
    expect(await world.produce(batchOf(['fine']))).toMatchObject({ errorCode: 0, baseOffset: 0 });
  });

  it('takes effect at once when it is altered', async () => {
    await using world = await start('producer');
    await world.produce(batchOf(['a']));
    await world.client.request(ApiKey.incrementalAlterConfigs, 1, {
      resources: [
        {
          resourceType: 2,
          resourceName: 't',
          configs: [{ name: 'compression.type', configOperation: 0, value: 'gzip' }],
        },
      ],
      validateOnly: false,
    });
    await world.produce(batchOf(['b']));
    expect((await world.stored()).map(({ codec }) => codec)).toEqual(['none', 'gzip']);
  });
});
