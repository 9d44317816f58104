// Shapes of producing records over the v3 API. Protects: data of type JSON is not described further, because its text goes to the
// topic as it was sent. Leaves out: AVRO, JSONSCHEMA and PROTOBUF, which are refused until there is a schema registry.

import { z } from 'zod';
import { count, text } from './rest-shapes.js';

/** Records of one :batch request. */
export const batchEntriesMax = 1_000;

const base64 = z.base64({ error: 'must be base64' });

const recordData = z
  .strictObject({
    type: z
      .enum(['BINARY', 'JSON', 'STRING', 'AVRO', 'JSONSCHEMA', 'PROTOBUF'])
      .describe('AVRO, JSONSCHEMA and PROTOBUF answer 42201: they need a schema registry.'),
    data: z
      .unknown()
      .optional()
      .describe('BINARY: base64; STRING: a text; JSON: anything; null: no data.'),
  })
  .meta({ id: 'RecordData' });

/** One record of POST …/records. */
export const produceBody = z
  .strictObject({
    partition_id: z.int().min(0).max(2_147_483_647).optional(),
    headers: z
      .array(z.strictObject({ name: z.string(), value: base64.nullable().optional() }))
      .max(1_000)
      .optional(),
    key: recordData.optional(),
    value: recordData.optional(),
    timestamp: z.iso
      .datetime({ offset: true, error: 'must be ISO 8601 with a zone: 2026-01-31T12:00:00Z' })
      .optional(),
  })
  .meta({ id: 'ProduceRequest' });

const dataReport = z.object({ type: text, size: count.describe('Bytes.') });
const produced = {
  cluster_id: text,
  topic_name: text,
  partition_id: count,
  offset: count,
  timestamp: text.describe('ISO 8601.'),
  key: dataReport.optional(),
  value: dataReport.optional(),
};

/** The report of one record: `error_code` 200, or that of an error with `message`. */
export const produceReport = z
  .object({ error_code: z.literal(200), ...produced })
  .meta({ id: 'ProduceReport' });

export const batchEntryId = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'is 1 to 80 of A-Za-z0-9_-');

/** Body of POST …/records:batch. */
export const produceBatchBody = z
  .strictObject({
    entries: z
      .array(produceBody.extend({ id: batchEntryId }))
      .min(1)
      .max(batchEntriesMax),
  })
  .meta({ id: 'ProduceBatch' });

export const produceBatchReport = z
  .object({
    successes: z.array(z.object({ id: text, ...produced })),
    failures: z.array(z.object({ id: text, error_code: z.int(), message: text })),
  })
  .meta({ id: 'ProduceBatchReport' });

export type ProduceBody = z.infer<typeof produceBody>;
export type ProduceReport = z.infer<typeof produceReport>;
export type ProduceBatchReport = z.infer<typeof produceBatchReport>;
