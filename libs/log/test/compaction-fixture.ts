// What the tests of compaction and retention share: keyed batches, compacting with the bounds of a lone leader, what is left.

import {
  type CompressionCodec,
  type KafkaRecord,
  RecordBatchBuilder,
  type RecordBatchOptions,
} from '@drave/protocol';
import type { CleaningRequest, CleaningResult, PartitionLog } from '../src/index.js';
import { client, nowMs, readAll } from './log-fixture.js';

/** `a=1` is a value, `a` a tombstone. */
export function keyed(
  specs: readonly string[],
  options: RecordBatchOptions & { readonly timestamp?: number } = {},
): Buffer {
  const { timestamp = nowMs, ...rest } = options;
  const builder = new RecordBatchBuilder(rest);
  for (const spec of specs) {
    const [key = '', value] = spec.split('=');
    const headers = [{ key: 'h', value: Buffer.from(spec) }];
    builder.append({
      key: Buffer.from(key),
      value: value === undefined ? null : Buffer.from(value),
      timestamp,
      headers,
    });
  }
  return Buffer.from(builder.build());
}

/** Appends one batch and waits until it is durable; returns its base offset. */
export async function put(
  log: PartitionLog,
  specs: readonly string[],
  options: RecordBatchOptions & { readonly timestamp?: number } = {},
): Promise<number> {
  const result = log.appendAsLeader(keyed(specs, options), client);
  await result.written;
  return result.baseOffset;
}

/** Appends batches so that what came before lies in sealed segments. */
export async function seal(log: PartitionLog): Promise<void> {
  log.updateSettings({ ...log.settings, segmentBytes: 14 });
  await put(log, ['seal=x']);
  log.updateSettings({ ...log.settings, segmentBytes: 1_000_000 });
}

export function compact(
  log: PartitionLog,
  request: Partial<CleaningRequest> = {},
): Promise<CleaningResult | undefined> {
  const boundOffset = log.durableOffset;
  return log.compact({ nowMs, boundOffset, dedupeBufferBytes: 1_000_000, ...request });
}

export function text(record: KafkaRecord): string {
  const value = record.value === null ? '' : `=${record.value}`;
  return `${record.offset}:${record.key}${value}`;
}

/** `offset:key=value`, `offset:key` for a tombstone; without what `seal` wrote. */
export async function left(log: PartitionLog, offset?: number): Promise<string[]> {
  return (await readAll(log, offset)).map(text).filter((line) => !line.endsWith(':seal=x'));
}

export const codecs: readonly CompressionCodec[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
