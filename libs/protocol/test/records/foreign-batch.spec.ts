import { createRequire } from 'node:module';
import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { buildBatch, compressionCodecs, RecordBatchView } from '../../src/index.js';

const require = createRequire(import.meta.url);
const encodeKafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (
  record: object,
) => object;
const { RecordBatch: encodeKafkajsBatch } = require('kafkajs/src/protocol/recordBatch/v0') as {
  RecordBatch: (batch: object) => Promise<{ buffer: Buffer }>;
};
const decodeKafkajsBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (
  decoder: object,
) => Promise<{
  records: { offset: string; timestamp: string; key: Buffer; value: Buffer; headers: object }[];
}>;
const KafkajsDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => object;
const KafkajsLong = require('kafkajs/src/utils/long') as { fromValue(value: number): object };

const baseTime = 980_000_000_000;
const records = Array.from({ length: 50 }, (_, index) => ({
  key: index % 7 === 0 ? null : Buffer.from(`SFO-${index}`),
  value: index % 11 === 3 ? null : Buffer.from('delayed '.repeat(index)),
  timestamp: baseTime + index * 1000 - (index % 5) * 4000,
  headers: index % 3 === 0 ? [{ key: 'größe', value: Buffer.from([index, 0, 255]) }] : [],
}));
const expected = records.map((record, offset) => ({ ...record, offset }));

describe('batches of @platformatic/kafka', () => {
  it.each(compressionCodecs)('are read with codec %s', (codec) => {
    const messages = records.map(({ key, value, timestamp, headers }) => ({
      topic: 't',
      ...(key === null ? {} : { key }),
      value: value as Buffer,
      timestamp: BigInt(timestamp),
      headers: new Map(headers.map((header) => [Buffer.from(header.key), header.value])),
    }));
    const bytes = createRecordsBatch(messages, { compression: codec } as never).buffer;
    const view = new RecordBatchView(bytes);
    expect(view.crcIsValid()).toBe(true);
    expect(view.codec).toBe(codec);
    expect(view.end).toBe(bytes.length);
    expect(view.records()).toEqual(expected);
  });

  it.each(compressionCodecs)('are written by us so that it reads them, with codec %s', (codec) => {
    const batch = buildBatch(records, { codec, producerId: 5, producerEpoch: 1, baseSequence: 9 });
    const read = readRecordsBatch(Reader.from(batch));
    expect(read).toMatchObject({ producerId: 5n, producerEpoch: 1, firstSequence: 9 });
    expect(
      read.records.map((record) => ({
        key: record.key,
        value: record.value,
        timestamp: baseTime + Number(record.timestampDelta),
        headers: record.headers.map(([key, value]) => ({ key: String(key), value })),
        offset: record.offsetDelta,
      })),
    ).toEqual(expected);
  });
});

describe('batches of kafkajs', () => {
  it.each([
    ['none', 0],
    ['gzip', 1],
  ] as const)('are read with codec %s', async (codec, compression) => {
    const { buffer } = await encodeKafkajsBatch({
      compression,
      firstTimestamp: baseTime,
      maxTimestamp: baseTime + 49_000,
      lastOffsetDelta: 49,
      records: records.map(({ key, value, timestamp, headers }, offsetDelta) =>
        encodeKafkajsRecord({
          offsetDelta,
          timestampDelta: KafkajsLong.fromValue(timestamp - baseTime),
          key,
          value,
          headers: Object.fromEntries(headers.map((header) => [header.key, header.value])),
        }),
      ),
    });
    // Their encoder puts the batch behind the first offset as "bytes": offset, length, batch.
    const view = new RecordBatchView(buffer);
    expect(view.crcIsValid()).toBe(true);
    expect(view.codec).toBe(codec);
    expect(view.records()).toEqual(expected);
  });

  it.each(['none', 'gzip'] as const)('are read by it when written by us, %s', async (codec) => {
    const decoded = await decodeKafkajsBatch(new KafkajsDecoder(buildBatch(records, { codec })));
    expect(
      decoded.records.map(({ offset, timestamp, key, value, headers }) => ({
        key,
        value,
        timestamp: Number(timestamp),
        headers: Object.entries(headers).map(([name, bytes]) => ({ key: name, value: bytes })),
        offset: Number(offset),
      })),
    ).toEqual(expected);
  });
});
