// Produce over a real socket: what is stored, what is refused and how.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey, RecordBatchView } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, patched, produceRequest } from './batches.js';
import { RawClient } from './raw-client.js';

const versions = [3, 4, 5, 6, 7, 8, 9, 10, 11];

describe('Produce', () => {
  it.each(versions)('version %d appends and answers the base offset', async (version) => {
    await using broker = await startTestBroker({ topics: { t: 2 } });
    await using client = await RawClient.connect(broker.port);
    for (const baseOffset of [0, 2]) {
      const answer = await client.request(
        ApiKey.produce,
        version,
        produceRequest('t', batchOf(['a', 'b']), { index: 1 }),
      );
      expect(answer.responses[0]?.partitionResponses[0]).toMatchObject({
        index: 1,
        errorCode: 0,
        baseOffset,
        logAppendTimeMs: -1,
        logStartOffset: version >= 5 ? 0 : -1,
      });
    }
    const stored = await broker.records('t');
    expect(stored.map(({ offset, value }) => [offset, value?.toString()])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'a'],
      [3, 'b'],
    ]);
  });

  it('stores compressed batches as they came', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
    for (const codec of codecs) {
      const records = batchOf([codec], { codec });
      const answer = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    }
    const stored = await broker.records('t');
    expect(stored.map(({ value }) => value?.toString())).toEqual(codecs);
  });

  const good = batchOf(['a', 'b']);
  const withAttributes = (bits: number): Buffer => {
    const batch = patched(good, 22, bits);
    new RecordBatchView(batch).setMaxTimestamp(1_000); // repairs the CRC
    return batch;
  };
  const refusals: [name: string, records: Buffer | null, error: number][] = [
    ['no records', null, ErrorCode.INVALID_RECORD],
    ['empty records', Buffer.alloc(0), ErrorCode.INVALID_RECORD],
    ['a cut header', good.subarray(0, 40), ErrorCode.INVALID_RECORD],
    ['a cut batch', good.subarray(0, good.length - 1), ErrorCode.CORRUPT_MESSAGE],
    ['two batches', Buffer.concat([good, good]), ErrorCode.INVALID_RECORD],
    ['trailing bytes', Buffer.concat([good, Buffer.alloc(3)]), ErrorCode.INVALID_RECORD],
    ['a bad CRC', patched(good, 17, 0, 0, 0, 0), ErrorCode.CORRUPT_MESSAGE],
    ['a flipped value', patched(good, good.length - 2, 0x7f), ErrorCode.CORRUPT_MESSAGE],
    ['magic 0', patched(good, 16, 0), ErrorCode.INVALID_RECORD],
    ['magic 1', patched(good, 16, 1), ErrorCode.INVALID_RECORD],
    ['magic 3', patched(good, 16, 3), ErrorCode.INVALID_RECORD],
    ['a base offset', patched(good, 7, 5), ErrorCode.INVALID_RECORD],
    ['a negative length', patched(good, 8, 0xff), ErrorCode.CORRUPT_MESSAGE],
    ['a huge length', patched(good, 8, 0x7f), ErrorCode.CORRUPT_MESSAGE],
    ['a control batch', withAttributes(0x20), ErrorCode.INVALID_RECORD],
    ['the append-time bit', withAttributes(0x08), ErrorCode.INVALID_TIMESTAMP],
    ['an unknown codec', withAttributes(0x07), ErrorCode.UNSUPPORTED_COMPRESSION_TYPE],
    [
      'a transactional batch',
      withAttributes(0x10),
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    ],
    [
      'a time in the far future',
      batchOf(['a'], { timestamp: 4_000_000_000_000 }),
      ErrorCode.INVALID_TIMESTAMP,
    ],
    ['more than max.message.bytes', batchOf(['x'.repeat(1_100_000)]), ErrorCode.MESSAGE_TOO_LARGE],
  ];

  it.each(refusals)('refuses %s and stores nothing', async (_, records, error) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
    const [answer] = responses[0]?.partitionResponses ?? [];
    expect(answer).toMatchObject({ errorCode: error, baseOffset: -1, logAppendTimeMs: -1 });
    expect(answer?.errorMessage).toBeTruthy();
    const again = await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['ok'])));
    expect(again.responses[0]?.partitionResponses[0]).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    });
  });

  it('refuses zstd below version 7 and a record without key on a compacted topic', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await broker.createTopic('c', 1, { 'cleanup.policy': 'compact' });
    await using client = await RawClient.connect(broker.port);
    const zstd = batchOf(['a'], { codec: 'zstd' });
    const old = await client.request(ApiKey.produce, 6, produceRequest('t', zstd));
    expect(old.responses[0]?.partitionResponses[0]?.errorCode).toBe(
      ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
    );
    await expect(broker.produce('c', [{ value: 'no key' }])).rejects.toThrow('INVALID_RECORD');
  });

  it.each([
    ['an unknown topic', 'nowhere', 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an unknown partition', 't', 7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['a negative partition', 't', -1, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an object key', 'constructor', 0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['an internal topic', '__consumer_offsets', 0, ErrorCode.INVALID_TOPIC_EXCEPTION],
  ])('answers %s', async (_, topic, index, error) => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    await client.request(ApiKey.findCoordinator, 0, { key: 'g' });
    const answer = await client.request(
      ApiKey.produce,
      9,
      produceRequest(topic, batchOf(['a']), { index }),
    );
    expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(error);
  });

  it('answers every partition of a request that is refused as a whole', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const odd = await client.request(ApiKey.produce, 9, produceRequest('t', good, { acks: 2 }));
    expect(odd.responses[0]?.partitionResponses[0]?.errorCode).toBe(
      ErrorCode.INVALID_REQUIRED_ACKS,
    );
    const transactional = await client.request(ApiKey.produce, 9, {
      ...produceRequest('t', good),
      transactionalId: 'x',
    });
    expect(transactional.responses[0]?.partitionResponses[0]?.errorCode).toBe(
      ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    );
    expect(await broker.records('t')).toEqual([]);
  });

  it('puts the append time into a topic that wants it', async () => {
    await using broker = await startTestBroker();
    await broker.createTopic('t', 1, { 'message.timestamp.type': 'LogAppendTime' });
    await using client = await RawClient.connect(broker.port);
    const { responses } = await client.request(
      ApiKey.produce,
      9,
      produceRequest('t', batchOf(['a'])),
    );
    const appendTimeMs = responses[0]?.partitionResponses[0]?.logAppendTimeMs;
    expect(appendTimeMs).toBeGreaterThan(1_600_000_000_000);
    const [stored] = await broker.records('t');
    expect(stored?.timestamp).toBe(appendTimeMs);
  });

  it('answers a repeated idempotent batch with the offset of the first', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const { producerId } = await client.request(ApiKey.initProducerId, 4, {
      transactionalId: null,
      transactionTimeoutMs: 0,
    });
    const send = async (baseSequence: number) => {
      const records = batchOf(['a', 'b'], { producerId, producerEpoch: 0, baseSequence });
      const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      return responses[0]?.partitionResponses[0];
    };
    expect(await send(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await send(2)).toMatchObject({ errorCode: 0, baseOffset: 2 });
    expect(await send(0)).toMatchObject({ errorCode: 0, baseOffset: 0 });
    expect(await send(9)).toMatchObject({ errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
    expect(await broker.records('t')).toHaveLength(4);
  });

  it('never answers acks=0, and closes the connection when it has to refuse', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['a']), { acks: 0 }));
    client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['b']), { acks: 0 }));
    const answer = await client.request(ApiKey.produce, 9, produceRequest('t', batchOf(['c'])));
    expect(answer.responses[0]?.partitionResponses[0]?.baseOffset).toBe(2);
    client.send(ApiKey.produce, 9, produceRequest('nowhere', batchOf(['d']), { acks: 0 }));
    expect(await client.frame()).toBeUndefined();
  });
});
