// Shapes of messages under `/api/v1/topics/{topic}`: what is asked for, and records as they are shown. Protects: payloads are texts as
// they were written, so no number in them is rounded. Leaves out: decoding by schema.

import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);

const place = text
  .max(64)
  .describe('latest, earliest, offset:N, ts:TIME (ISO 8601 or milliseconds), -15m or newest-15m.');
const partitions = text
  .regex(/^\d{1,6}(,\d{1,6}){0,999}$/, 'partition numbers, separated by commas')
  .transform((list) => list.split(',').map(Number));
const format = z.enum(['auto', 'text', 'base64', 'hex']);
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const payloadFormats = format.options;

const matching = {
  partitions: partitions.optional(),
  key: text
    .max(65_536)
    .optional()
    .describe(
      'Exactly this key; reads its partition alone. In keyFormat base64 or hex, else UTF-8.',
    ),
  contains: text.min(1).max(4_096).optional().describe('Text within key, value or headers.'),
  header: text.min(1).max(4_096).optional().describe('NAME, or NAME=VALUE.'),
  filter: text
    .min(1)
    .max(16_384)
    .optional()
    .describe('CEL over key, value (JSON where it is), headers, offset, partition, timestamp.'),
  keyFormat: format.default('auto'),
  valueFormat: format.default('auto'),
  isolation: z.enum(['read_uncommitted', 'read_committed']).default('read_uncommitted'),
};

const span = {
  from: place.default('latest'),
  until: place.optional().describe('Forwards only: where it ends, the place itself left out.'),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: text.max(262_144).optional().describe('Goes on where an earlier answer ended.'),
  maxBytes: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_073_741_824)
    .default(67_108_864)
    .describe('Bytes read before it stops.'),
};

export const messagesQuery = z.strictObject({ ...span, ...matching }).meta({ id: 'MessagesQuery' });
export const messageStreamQuery = z
  .strictObject({
    ...span,
    ...matching,
    limit: z.coerce.number().int().min(1).max(10_000).default(500),
    follow: flag
      .default(false)
      .describe('Stays at the end for what comes; latest then is the end.'),
  })
  .meta({ id: 'MessageStreamQuery' });

export const payloadBody = z
  .object({
    format: z.enum(['json', 'text', 'base64', 'hex']).describe('json: text that is JSON.'),
    data: text.describe('At most 64 KiB of it.'),
    sizeBytes: count,
    truncated: z.boolean(),
  })
  .meta({ id: 'Payload' });

export const messageBody = z
  .object({
    partition: count,
    offset: count,
    timestamp: z.int(),
    key: payloadBody.nullable(),
    value: payloadBody.nullable().describe('null: a tombstone.'),
    headers: z.array(z.object({ name: text, value: payloadBody.nullable() })),
    sizeBytes: count.describe('Key, value and headers.'),
  })
  .meta({ id: 'Message' });

export const browseProgressBody = z
  .object({
    scannedRecords: count,
    scannedBytes: count,
    matched: count,
    elapsedMs: count,
    filterFailures: count.describe('Records of which the filter could say nothing.'),
    filterFailure: text.nullable(),
  })
  .meta({ id: 'BrowseProgress' });

export const messageList = z
  .object({
    data: z.array(messageBody),
    cursor: text
      .nullable()
      .describe('Gives what follows; null: the beginning of the log was reached.'),
    reason: z
      .enum(['limit', 'end', 'bytes', 'time'])
      .describe('Why it stopped: enough found, nothing more there, or a budget used up.'),
    progress: browseProgressBody,
    damaged: z.array(z.object({ partition: count, nextOffset: count, message: text })),
  })
  .meta({ id: 'MessageList' });

export type MessagesQuery = z.infer<typeof messagesQuery>;
export type MessageStreamQuery = z.infer<typeof messageStreamQuery>;
export type PayloadBody = z.infer<typeof payloadBody>;
export type MessageBody = z.infer<typeof messageBody>;
export type BrowseProgressBody = z.infer<typeof browseProgressBody>;
export type MessageList = z.infer<typeof messageList>;

export const recordQuery = z
  .strictObject({
    raw: z.enum(['key', 'value']).optional().describe('Its bytes, as a download.'),
    view: z.enum(['hex']).optional().describe('The batch it lies in, with named fields.'),
    keyFormat: format.default('auto'),
    valueFormat: format.default('auto'),
  })
  .meta({ id: 'RecordQuery' });

export const batchBody = z
  .object({
    baseOffset: count,
    lastOffset: count,
    sizeBytes: count,
    isCrcValid: z.boolean(),
    fields: z.array(
      z.object({ name: text, at: count.describe('Byte in the batch.'), hex: text, value: text }),
    ),
    records: z.object({ at: count, sizeBytes: count, hex: text, truncated: z.boolean() }),
  })
  .meta({ id: 'Batch' });

export const recordBody = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('message'), message: messageBody }),
    z.object({ kind: z.literal('batch'), batch: batchBody }),
  ])
  .meta({ id: 'Record' });

export type RecordQuery = z.infer<typeof recordQuery>;
export type BatchBody = z.infer<typeof batchBody>;
export type RecordBody = z.infer<typeof recordBody>;
