// Produce over a real socket: what is stored, what is refused and how.
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '@drave/contracts';
import { ApiKey, buildBatch, RecordBatchView } from '@drave/protocol';
import { startTestBroker } from '../src/testing/index.js';
import { batchOf, fetchRequest, patched, produceRequest } from './batches.js';
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
    ['a cut batch', good.subarray(0, good.length - 1), ErrorCode.INVALID_RECORD],
    ['two batches', Buffer.concat([good, good]), ErrorCode.INVALID_RECORD],
    ['trailing bytes', Buffer.concat([good, Buffer.alloc(3)]), ErrorCode.INVALID_RECORD],
    ['a bad CRC', patched(good, 17, 0, 0, 0, 0), ErrorCode.CORRUPT_MESSAGE],
    ['a flipped value', patched(good, good.length - 2, 0x7f), ErrorCode.CORRUPT_MESSAGE],
    ['magic 0', patched(good, 16, 0), ErrorCode.INVALID_RECORD],
    ['magic 1', patched(good, 16, 1), ErrorCode.INVALID_RECORD],
    ['magic 3', patched(good, 16, 3), ErrorCode.CORRUPT_MESSAGE],
    ['a base offset', patched(good, 7, 5), ErrorCode.INVALID_RECORD],
    ['a negative length', patched(good, 8, 0xff), ErrorCode.CORRUPT_MESSAGE],
    ['a huge length', patched(good, 8, 0x7f), ErrorCode.INVALID_RECORD],
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

  /** One batch with a record per timestamp and key. */
  const recordsOf = (...records: { timestamp?: number; key?: string | null }[]): Buffer =>
    buildBatch(
      records.map(({ timestamp = 1_000, key = 'k' }) => ({
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from('v'),
        timestamp,
      })),
    );
  const farFuture = 4_000_000_000_000;

  it.each([
    [
      'without keys on a compacted topic',
      recordsOf({}, { key: null }, {}, { key: null }),
      ErrorCode.INVALID_RECORD,
      [1, 3],
    ],
    [
      'of the future',
      recordsOf({}, {}, { timestamp: farFuture }),
      ErrorCode.INVALID_TIMESTAMP,
      [2],
    ],
    [
      'without key, then of the future',
      recordsOf({ key: null }, { timestamp: farFuture }),
      ErrorCode.INVALID_RECORD,
      [0, 1],
    ],
  ])('tells which records %s are to blame', async (_, records, errorCode, indexes) => {
    await using broker = await startTestBroker();
    await broker.createTopic('c', 1, { 'cleanup.policy': 'compact' });
    await using client = await RawClient.connect(broker.port);
    const { responses } = await client.request(ApiKey.produce, 8, produceRequest('c', records));
    const [answer] = responses[0]?.partitionResponses ?? [];
    expect(answer?.errorCode).toBe(errorCode);
    expect(answer?.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual(indexes);
    expect(await broker.records('c')).toEqual([]);
  });

  it('refuses records that are not as their batch says, although the checksum holds', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const sound = recordsOf({}, {});
    // The first record: 61 length, 62 attributes, 63 timestamp delta, 64 offset delta, 65 key length, …
    const wrong = [61, 64, 65, 67].map((at) => {
      const batch = patched(sound, at, 0x7e);
      new RecordBatchView(batch).setMaxTimestamp(1_000); // repairs the CRC
      return batch;
    });
    for (const records of wrong) {
      const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      expect(responses[0]?.partitionResponses[0]).toMatchObject({
        errorCode: ErrorCode.INVALID_RECORD,
        recordErrors: [],
      });
    }
    expect(await broker.records('t')).toEqual([]);
  });

  it('believes the records, not the greatest time in their header', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    for (const claimed of [1_000, farFuture]) {
      const records = recordsOf({ timestamp: 1_000 }, { timestamp: 5_000 }, { timestamp: -1 });
      new RecordBatchView(records).setMaxTimestamp(claimed);
      const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    }
    const fetched = await client.request(ApiKey.fetch, 11, fetchRequest('t', 0));
    const batch = new RecordBatchView(
      fetched.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0),
    );
    expect(batch.maxTimestamp).toBe(5_000);
    expect(batch.crcIsValid()).toBe(true);
    const latest = { topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -3 }] }] };
    const listed = await client.request(ApiKey.listOffsets, 7, { replicaId: -1, ...latest });
    expect(listed.topics[0]?.partitions[0]).toMatchObject({ offset: 1, timestamp: 5_000 });
  });

  it('remembers five batches of a producer, over the end of the sequences, and one epoch', async () => {
    await using broker = await startTestBroker({ topics: { t: 1 } });
    await using client = await RawClient.connect(broker.port);
    const send = async (baseSequence: number, producerEpoch = 3) => {
      const producer = { producerId: 77, producerEpoch, baseSequence };
      const records = batchOf(['a', 'b'], producer);
      const { responses } = await client.request(ApiKey.produce, 9, produceRequest('t', records));
      const { errorCode, baseOffset } = responses[0]?.partitionResponses[0] ?? {};
      return errorCode === 0 ? baseOffset : errorCode;
    };
    const last = 0x7fff_ffff;
    const sequences = [last - 6, last - 4, last - 2, last, 1, 3];
    const results: unknown[] = [];
    for (const sequence of sequences) results.push(await send(sequence));
    expect(results).toEqual([0, 2, 4, 6, 8, 10]);
    expect(await send(last - 6)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER); // Out of the window.
    expect(await send(last - 4)).toBe(2);
    expect(await send(3)).toBe(10);
    expect(await send(5, 2)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(await send(5, 4)).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
    expect(await send(0, 4)).toBe(12);
    expect(await send(5, 3)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
  });

  it.each([1, 0, -1])('asks for in-sync replicas with acks %d as Kafka does', async (acks) => {
    await using broker = await startTestBroker();
    await broker.createTopic('t', 1, { 'min.insync.replicas': '2' });
    await using client = await RawClient.connect(broker.port);
    client.send(ApiKey.produce, 9, produceRequest('t', batchOf(['a']), { acks }));
    if (acks === -1) {
      const { body } = await client.response(ApiKey.produce, 9);
      expect(body.responses[0]?.partitionResponses[0]?.errorCode).toBe(
        ErrorCode.NOT_ENOUGH_REPLICAS,
      );
    } else expect(await broker.waitFor('t', 1)).toHaveLength(1);
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
