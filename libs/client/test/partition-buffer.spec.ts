// Records of one partition: order, positions over holes, read_committed.

import { describe, expect, it } from 'vitest';

import { buildBatch, buildMarkerBatch, type CompressionCodec } from '@drave/protocol';

import {
  PartitionBuffer,
  type ConsumerRecord,
  type FetchedChunk,
} from '../src/partition-buffer.js';

function batch(
  baseOffset: number,
  values: string[],
  options: { producerId?: number; codec?: CompressionCodec } = {},
): Buffer {
  const { producerId, codec } = options;
  return buildBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1 })),
    {
      baseOffset,
      partitionLeaderEpoch: 4,
      codec: codec ?? 'none',
      ...(producerId === undefined
        ? {}
        : { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }),
    },
  );
}

function marker(baseOffset: number, producerId: number, type: 'abort' | 'commit'): Buffer {
  return buildMarkerBatch({
    type,
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    timestamp: 1,
    baseOffset,
  });
}

function chunk(records: Buffer[], aborted: [number, number][] = []): FetchedChunk {
  return {
    records: Buffer.concat(records),
    abortedTransactions: aborted.map(([producerId, firstOffset]) => ({ producerId, firstOffset })),
    highWatermark: 100,
    lastStableOffset: 100,
    logStartOffset: 0,
  };
}

function bufferAt(offset: number): PartitionBuffer {
  const buffer = new PartitionBuffer({ topic: 't', partition: 0 });
  buffer.seek(offset);
  return buffer;
}

function takeAll(buffer: PartitionBuffer): string[] {
  const records: ConsumerRecord[] = [];
  buffer.take(1000, records);
  return records.map(({ offset, value }) => `${offset}:${String(value)}`);
}

describe('PartitionBuffer', () => {
  it('hands out records up to the maximum and moves the position with them', () => {
    const buffer = bufferAt(0);
    buffer.add(chunk([batch(0, ['a', 'b', 'c']), batch(3, ['d'])]), 0, 'read_uncommitted');
    const records: ConsumerRecord[] = [];
    expect(buffer.take(2, records)).toBe(2);
    expect(buffer.position).toBe(2);
    expect(takeAll(buffer)).toEqual(['2:c', '3:d']);
    expect(buffer.position).toBe(4);
    expect(buffer.bufferedBytes).toBe(0);
    expect(records[0]?.leaderEpoch).toBe(4);
  });

  it('skips what lies before the position in a batch', () => {
    const buffer = bufferAt(1);
    buffer.add(chunk([batch(0, ['a', 'b'], { codec: 'gzip' })]), 1, 'read_uncommitted');
    expect(takeAll(buffer)).toEqual(['1:b']);
  });

  it('drops an answer that was asked for at another position', () => {
    const buffer = bufferAt(0);
    buffer.seek(7);
    expect(buffer.add(chunk([batch(0, ['a'])]), 0, 'read_uncommitted')).toBe(false);
    expect(buffer.hasData).toBe(false);
  });

  it('leaves a cut tail batch for the next fetch', () => {
    const buffer = bufferAt(0);
    const tail = batch(1, ['b']);
    buffer.add(chunk([batch(0, ['a']), tail.subarray(0, 30)]), 0, 'read_uncommitted');
    expect(takeAll(buffer)).toEqual(['0:a']);
    expect(buffer.fetchOffset).toBe(1);
  });

  it('moves over control batches in both isolation levels', () => {
    for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
      const buffer = bufferAt(0);
      const records = [batch(0, ['a'], { producerId: 1 }), marker(1, 1, 'commit')];
      buffer.add(chunk(records), 0, isolation);
      expect(takeAll(buffer)).toEqual(['0:a']);
      expect(takeAll(buffer)).toEqual([]);
      expect(buffer.position).toBe(2);
    }
  });

  it('read_committed: drops both of two aborted transactions of one producer, keeps the committed one between', () => {
    const buffer = bufferAt(0);
    const records = [
      batch(0, ['no1'], { producerId: 1 }),
      marker(1, 1, 'abort'),
      batch(2, ['yes'], { producerId: 1 }),
      batch(3, ['other'], { producerId: 2 }),
      marker(4, 1, 'commit'),
      batch(5, ['no2'], { producerId: 1 }),
      batch(6, ['plain']),
      marker(7, 1, 'abort'),
    ];
    const aborted: [number, number][] = [
      [1, 5],
      [1, 0],
    ];
    buffer.add(chunk(records, aborted), 0, 'read_committed');
    expect(takeAll(buffer)).toEqual(['2:yes', '3:other', '6:plain']);
    expect(takeAll(buffer)).toEqual([]);
    expect(buffer.position).toBe(8);
  });

  it('read_committed: an aborted transaction whose marker comes with a later fetch', () => {
    const buffer = bufferAt(0);
    buffer.add(chunk([batch(0, ['no'], { producerId: 1 })], [[1, 0]]), 0, 'read_committed');
    expect(takeAll(buffer)).toEqual([]);
    const rest = [batch(1, ['no'], { producerId: 1 }), marker(2, 1, 'abort')];
    buffer.add(chunk(rest, [[1, 0]]), 1, 'read_committed');
    expect(takeAll(buffer)).toEqual([]);
    buffer.add(chunk([batch(3, ['yes'], { producerId: 1 })]), 3, 'read_committed');
    expect(takeAll(buffer)).toEqual(['3:yes']);
  });

  it('stays before a damaged batch and says how to skip it', () => {
    const buffer = bufferAt(0);
    const damaged = batch(1, ['bad']);
    damaged.writeUInt8((damaged.at(-3) ?? 0) ^ 1, damaged.length - 3);
    buffer.add(chunk([batch(0, ['a']), damaged, batch(2, ['c'])]), 0, 'read_uncommitted');
    const records: ConsumerRecord[] = [];
    expect(() => buffer.take(10, records)).toThrow(/t-0: the batch at offset 1.*seek to 2/);
    expect(records.map(({ offset }) => offset)).toEqual([0]);
    expect(buffer.position).toBe(1);
  });

  it('hands out raw batches without control batches', () => {
    const buffer = bufferAt(1);
    const records = [batch(0, ['a', 'b']), marker(2, 1, 'commit'), batch(3, ['d'])];
    buffer.add(chunk(records), 1, 'read_uncommitted');
    const taken = buffer.takeBatches();
    expect(taken?.batches.map((view) => view.baseOffset)).toEqual([0, 3]);
    expect([taken?.firstOffset, taken?.nextOffset, buffer.position]).toEqual([1, 4, 4]);
  });
});
