// A posted record: from JSON to what the producer takes, and its report. Protects: data of type JSON goes to the topic with the
// characters it was sent in, so that no number is rounded; base64 is exact; what needs a schema registry is refused (42201).

import type { ProducerRecord, RecordMetadata } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import type { z } from 'zod';
import { elementsOf, membersOf } from './json-stream.js';

const codes = rest.restErrorCodes;

export interface PostedRecord {
  readonly record: ProducerRecord;
  readonly keyReport: DataReport | undefined;
  readonly valueReport: DataReport | undefined;
}
interface DataReport {
  readonly type: string;
  readonly size: number;
}

/** One record out of its JSON text. Throws RestError 40001, 40003, 42201. */
export function parseRecord(text: string, topic: string): PostedRecord {
  const body = checked(rest.produceBody, parsed(text), 'record');
  return postedRecord(body, text, topic);
}

export interface BatchEntry {
  readonly id: string;
  /** A thunk, because each entry fails for itself. */
  readonly posted: () => PostedRecord;
}

/** The entries of a :batch body. Throws RestError when the batch as a whole is wrong. */
export function parseBatch(text: string, topic: string): BatchEntry[] {
  const value = parsed(text);
  const entryIds = checkedIds(value);
  const entries = elementsOf(membersOf(text).get('entries') ?? '[]');
  const entrySchema = rest.produceBatchBody.shape.entries.element;
  return entries.map((entry, i) => ({
    id: entryIds[i] ?? '',
    posted: () => postedRecord(checked(entrySchema, JSON.parse(entry), 'entry'), entry, topic),
  }));
}

/** Ids first: a batch whose reports could not be told apart is refused whole. */
function checkedIds(value: unknown): string[] {
  const given = (value as { readonly entries?: unknown } | null)?.entries;
  const isBatch = Array.isArray(given) && given.length > 0 && given.length <= rest.batchEntriesMax;
  if (!isBatch || Object.keys(value as object).length > 1) {
    throw new RestError(
      codes.invalidRequest,
      `body: give {"entries": […]} with 1 to ${rest.batchEntriesMax} records`,
    );
  }
  const ids = given.map((entry: unknown, i) =>
    checked(rest.batchEntryId, (entry as { id?: unknown } | null)?.id, `body.entries.${i}.id`),
  );
  if (new Set(ids).size < ids.length) {
    throw new RestError(codes.invalidRequest, 'body.entries: an id is there twice');
  }
  return ids;
}

function postedRecord(body: rest.ProduceBody, text: string, topic: string): PostedRecord {
  const members = membersOf(text);
  const key = bytesOf(body.key, members.get('key'), 'key');
  const value = bytesOf(body.value, members.get('value'), 'value');
  return {
    record: {
      topic,
      key: key ?? null,
      value: value ?? null,
      ...(body.partition_id === undefined ? {} : { partition: body.partition_id }),
      ...(body.timestamp === undefined ? {} : { timestamp: Date.parse(body.timestamp) }),
      headers: (body.headers ?? []).map((header) => ({
        key: header.name,
        value: typeof header.value === 'string' ? Buffer.from(header.value, 'base64') : null,
      })),
    },
    keyReport: key && { type: body.key?.type ?? '', size: key.length },
    valueReport: value && { type: body.value?.type ?? '', size: value.length },
  };
}

function bytesOf(
  given: rest.ProduceBody['key'],
  text: string | undefined,
  what: string,
): Buffer | undefined {
  if (given === undefined || given.data === null || given.data === undefined) return undefined;
  const { type, data } = given;
  switch (type) {
    case 'JSON':
      return Buffer.from(membersOf(text ?? '{}').get('data') ?? 'null');
    case 'STRING':
      if (typeof data === 'string') return Buffer.from(data);
      throw new RestError(codes.invalidRequest, `${what}.data: must be a text for type STRING`);
    case 'BINARY':
      if (typeof data === 'string' && base64.test(data)) return Buffer.from(data, 'base64');
      throw new RestError(codes.invalidRequest, `${what}.data: must be base64 for type BINARY`);
    default:
      throw new RestError(
        codes.needsSchemaRegistry,
        `${what}.type: ${type} needs a schema registry, which there is not; use BINARY, JSON or STRING`,
      );
  }
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/[\n\r]/g, ' ') : '';
    throw new RestError(codes.malformedBody, `no JSON: ${reason.slice(0, 200)}`, { cause: error });
  }
}

function checked<Output>(schema: z.ZodType<Output>, value: unknown, what: string): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const sentences = result.error.issues
    .slice(0, 5)
    .map(({ path, message }) => `${[what, ...path].join('.')}: ${message}`);
  throw new RestError(codes.invalidRequest, sentences.join('; '));
}

/** The fields of a success, without `error_code`. */
export function producedFields(
  { keyReport, valueReport }: PostedRecord,
  { topic, partition, offset, timestamp }: RecordMetadata,
  clusterId: string,
) {
  return {
    cluster_id: clusterId,
    topic_name: topic,
    partition_id: partition,
    offset,
    timestamp: isoTime(timestamp),
    ...(keyReport ? { key: keyReport } : {}),
    ...(valueReport ? { value: valueReport } : {}),
  };
}

function isoTime(timestampMs: number): string {
  const date = new Date(timestampMs);
  return Number.isNaN(date.getTime()) ? String(timestampMs) : date.toISOString();
}
