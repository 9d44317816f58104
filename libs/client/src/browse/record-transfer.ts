// Records as lines of JSON (NDJSON), and copies of them: what export, import and copy share. Protects: a line read back gives the same
// bytes; texts are texts, never parsed, so no number in them changes; bytes that are no UTF-8 are base64 under a name that says so.
// Leaves out: CSV.

import type { KafkaClient } from '../client.js';
import type { ConsumerRecord } from '../partition-buffer.js';
import type { ProducerRecord } from '../producer-record.js';
import type { BrowseRequest } from './record-browser.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const batchRecords = 500;
const batchBytes = 4 * 1_048_576;

/** Without the line's end. */
export function recordLine(record: ConsumerRecord): string {
  const { partition, offset, timestamp, headers } = record;
  return JSON.stringify({
    partition,
    offset,
    timestamp,
    ...member('key', record.key),
    ...member('value', record.value),
    ...(headers.length > 0
      ? { headers: headers.map(({ key, value }) => ({ name: key, ...member('value', value) })) }
      : {}),
  });
}

function member(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  try {
    return { [name]: utf8.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: bytes.toString('base64') };
  }
}

export interface LineOptions {
  readonly topic: string;
  /** As the line says; else by key. Default false. */
  readonly keepPartition?: boolean;
  /** As the line says; else now. Default true. */
  readonly keepTimestamp?: boolean;
}

/** The record a line describes. Throws RangeError that names the member. */
export function recordOfLine(line: string, options: LineOptions): ProducerRecord {
  const { topic, keepPartition = false, keepTimestamp = true } = options;
  const parsed = parseObject(line);
  const known = new Set(
    'partition offset timestamp key keyBase64 value valueBase64 headers'.split(' '),
  );
  const unknown = Object.keys(parsed).find((name) => !known.has(name));
  if (unknown !== undefined) throw new RangeError(`there is no member '${unknown.slice(0, 40)}'`);
  const headers = parsed['headers'] ?? [];
  if (!Array.isArray(headers)) throw new RangeError('headers: a list of {name, value}');
  const partition = whole(parsed['partition'], 'partition');
  const timestamp = whole(parsed['timestamp'], 'timestamp');
  return {
    topic,
    key: bytesOf(parsed, 'key'),
    value: bytesOf(parsed, 'value'),
    headers: headers.map((header: unknown) => {
      const { name, ...rest } = asObject(header, 'headers');
      if (typeof name !== 'string') throw new RangeError('headers: each needs a name');
      return { key: name, value: bytesOf(rest, 'value') };
    }),
    ...(keepPartition && partition !== undefined ? { partition } : {}),
    ...(keepTimestamp && timestamp !== undefined ? { timestamp } : {}),
  };
}

function parseObject(line: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new RangeError('it is no JSON');
  }
  return asObject(parsed, 'the line');
}

function asObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new RangeError(`${what}: an object is needed`);
}

function bytesOf(from: Readonly<Record<string, unknown>>, name: string): Buffer | null {
  const text = from[name];
  const base64 = from[`${name}Base64`];
  if (base64 === undefined) {
    if (text === undefined || text === null) return null;
    if (typeof text === 'string') return Buffer.from(text);
    throw new RangeError(`${name}: a text or null; put JSON into a text`);
  }
  if (text !== undefined) throw new RangeError(`${name}: give it once, as text or as base64`);
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined;
  if (bytes?.toString('base64') === base64) return bytes as Buffer;
  throw new RangeError(`${name}Base64: it is no base64`);
}

function whole(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= 0) return Number(value);
  throw new RangeError(`${name}: a whole number from 0 on`);
}

export interface CopyResult {
  readonly copied: number;
  readonly scanned: number;
  /** false: the limit or a budget of the request ended it. */
  readonly isComplete: boolean;
}

/** Copies what a browse finds, forwards, into another topic. Headers and timestamps stay; partitions by key unless kept. */
export async function copyRecords(
  client: KafkaClient,
  request: BrowseRequest,
  to: { readonly topic: string; readonly keepPartitions?: boolean },
): Promise<CopyResult> {
  const producer = client.producer();
  let batch: ProducerRecord[] = [];
  let bytes = 0;
  let copied = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await producer.sendBatch(batch);
    copied += batch.length;
    batch = [];
    bytes = 0;
  };
  try {
    for await (const event of client.browse({ from: { kind: 'earliest' }, ...request })) {
      if (event.kind === 'record') {
        const { key, value, headers, timestamp, partition } = event.record;
        const place = to.keepPartitions ? { partition } : {};
        batch.push({ topic: to.topic, key, value, headers, timestamp, ...place });
        bytes += (key?.length ?? 0) + (value?.length ?? 0);
        if (batch.length >= batchRecords || bytes >= batchBytes) await flush();
      } else if (event.kind === 'done') {
        await flush();
        return {
          copied,
          scanned: event.progress.scannedRecords,
          isComplete: event.reason === 'end',
        };
      }
    }
    return { copied, scanned: copied, isComplete: false };
  } finally {
    await producer.close();
  }
}
