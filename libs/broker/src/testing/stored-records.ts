// Records as tests give and read them. Leaves out: transactions, the batches they came in.

import { partitionForKey, forEachBatch, forEachRecord, type KafkaRecord } from '@drave/protocol';
import type { Partition } from '@drave/replication';

export interface TestRecord {
  readonly key?: string | Buffer | null;
  readonly value?: string | Buffer | null;
  readonly headers?: Readonly<Record<string, string | Buffer>>;
  /** Milliseconds; default now. */
  readonly timestamp?: number;
  /** Default: by key as Kafka's clients do, without a key partition 0. */
  readonly partition?: number;
}

export type StoredRecord = KafkaRecord & { readonly topic: string; readonly partition: number };

const readBytes = 1024 * 1024;

/** By partition, each in the order given. */
export function byPartition(
  records: readonly TestRecord[],
  { partitionCount, nowMs }: { readonly partitionCount: number; readonly nowMs: number },
): Map<number, KafkaRecord[]> {
  const found = new Map<number, KafkaRecord[]>();
  for (const record of records) {
    const stored = toKafkaRecord(record, nowMs);
    const byKey = stored.key === null ? 0 : partitionForKey(stored.key, partitionCount);
    const partition = record.partition ?? byKey;
    const batch = found.get(partition);
    if (batch) batch.push(stored);
    else found.set(partition, [stored]);
  }
  return found;
}

/** Appends every committed record to `found`. */
export async function readPartition(partition: Partition, found: StoredRecord[]): Promise<void> {
  const { log, highWatermark } = partition;
  const { topic, partition: index } = partition.topicPartition;
  let offset = log.logStartOffset;
  while (offset < highWatermark) {
    const { records } = await log.read({
      offset,
      maxBytes: readBytes,
      boundOffset: highWatermark,
      minOneBatch: true,
    });
    const from = offset;
    forEachBatch(records, (batch) => {
      if (!batch.isControl) {
        forEachRecord(batch, (record) => {
          // A batch may begin before what was deleted.
          if (record.offset >= from) found.push({ ...record, topic, partition: index });
        });
      }
      offset = batch.lastOffset + 1;
    });
    if (offset === from) return; // Compaction took the rest.
  }
}

function toKafkaRecord(record: TestRecord, nowMs: number): KafkaRecord {
  return {
    offset: -1,
    timestamp: record.timestamp ?? nowMs,
    key: bytes(record.key),
    value: bytes(record.value),
    headers: Object.entries(record.headers ?? {}).map(([key, value]) => ({
      key,
      value: bytes(value),
    })),
  };
}

function bytes(value: string | Buffer | null | undefined): Buffer | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}
