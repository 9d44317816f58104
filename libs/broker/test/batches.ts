// Record batches for tests, sound ones and broken ones.

import { buildBatch, type CompressionCodec, type RecordBatchBuilder } from '@drave/protocol';

type BatchOptions = ConstructorParameters<typeof RecordBatchBuilder>[0];

/** One batch of text values; `options` as the builder takes them. */
export function batchOf(
  values: readonly string[],
  options: BatchOptions & { readonly codec?: CompressionCodec; readonly timestamp?: number } = {},
): Buffer {
  const { timestamp, ...builder } = options;
  return buildBatch(
    values.map((value) => ({
      key: Buffer.from('k'),
      value: Buffer.from(value),
      headers: [],
      timestamp: timestamp ?? 1_000,
    })),
    builder,
  );
}

/** A copy with bytes written at an offset; the CRC is not repaired. */
export function patched(batch: Buffer, at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(batch);
  copy.set(bytes, at);
  return copy;
}

export interface ProduceInput {
  readonly transactionalId?: string | null;
  readonly acks: number;
  readonly timeoutMs: number;
  readonly topicData: {
    readonly name: string;
    readonly partitionData: { readonly index: number; readonly records: Buffer | null }[];
  }[];
}

/** A Produce request for one partition. */
export function produceRequest(
  topic: string,
  records: Buffer | null,
  { acks = -1, index = 0 }: { readonly acks?: number; readonly index?: number } = {},
): ProduceInput {
  return {
    acks,
    timeoutMs: 5000,
    topicData: [{ name: topic, partitionData: [{ index, records }] }],
  };
}

export interface FetchInput {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: {
    readonly topic: string;
    readonly partitions: {
      readonly partition: number;
      readonly fetchOffset: number;
      readonly partitionMaxBytes: number;
    }[];
  }[];
}

/** A Fetch request for one partition; answers at once unless `maxWaitMs` is given. */
export function fetchRequest(
  topic: string,
  fetchOffset: number,
  options: {
    readonly maxWaitMs?: number;
    readonly minBytes?: number;
    readonly maxBytes?: number;
    readonly partitionMaxBytes?: number;
    readonly partition?: number;
  } = {},
): FetchInput {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 20, partition = 0 } = options;
  const partitionMaxBytes = options.partitionMaxBytes ?? 1 << 20;
  return {
    maxWaitMs,
    minBytes,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset, partitionMaxBytes }] }],
  };
}
