// Shapes of `/api/v1/topics`: topics as rows with their figures, trimming, copying, exporting and importing records.

import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);
const rate = z.number().min(0).nullable();
const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const topicRowsQuery = z
  .strictObject({
    q: text.max(249).optional().describe('Part of the name, in any case.'),
    sort: text
      .regex(
        /^-?(name|partitions|sizeBytes|records|lag|recordsInPerSecond|bytesInPerSecond|bytesOutPerSecond)$/,
        'name, partitions, sizeBytes, records, lag, recordsInPerSecond, bytesInPerSecond or bytesOutPerSecond, - before it for descending',
      )
      .default('name'),
    page: z.coerce.number().int().min(1).max(100_000).default(1),
    size: z.coerce.number().int().min(1).max(1_000).default(50),
    internal: flag.default(false).describe('Also topics of the broker itself.'),
  })
  .meta({ id: 'TopicRowsQuery' });

export const topicRowBody = z
  .object({
    name: text,
    isInternal: z.boolean(),
    isDlq: z.boolean().describe('Holds dead letters, by its name.'),
    partitions: count,
    replicationFactor: count,
    underReplicated: count,
    sizeBytes: count.nullable().describe('All replicas together; null where brokers do not tell.'),
    records: count.describe('Offsets between begin and end.'),
    retentionMs: text.nullable(),
    cleanupPolicy: text.nullable(),
    groups: z.array(text),
    lag: count.describe('Of all its groups together.'),
    recordsInPerSecond: rate.describe(
      'Over the last 15 s; null where no broker of this process counts.',
    ),
    bytesInPerSecond: rate,
    bytesOutPerSecond: rate,
  })
  .meta({ id: 'TopicRow' });

export const topicRowList = z
  .object({ data: z.array(topicRowBody), page: count, size: count, total: count })
  .meta({ id: 'TopicRowList' });

export const topicTrimBody = z
  .strictObject({
    partitions: z
      .array(
        z.strictObject({
          partition: z.int().min(0).max(1_000_000),
          beforeOffset: z.int().min(0).describe('Records below it are deleted.'),
        }),
      )
      .min(1)
      .max(10_000)
      .optional(),
    before: text
      .max(64)
      .optional()
      .describe('A place: earliest, latest, offset:N, ts:TIME, -1h, newest-1h.'),
    dryRun: z.boolean().default(true).describe('false carries it out.'),
  })
  .refine(({ partitions, before }) => (partitions === undefined) !== (before === undefined), {
    message: 'give partitions or before',
  })
  .meta({ id: 'TopicTrim' });

export const topicTrimResult = z
  .object({
    dryRun: z.boolean(),
    deleted: count.describe('Offsets that go, or went.'),
    partitions: z.array(z.object({ partition: count, before: count, after: count, end: count })),
  })
  .meta({ id: 'TopicTrimResult' });

export const topicPurgeBody = z
  .strictObject({ dryRun: z.boolean().default(true).describe('false carries it out.') })
  .meta({ id: 'TopicPurge' });

const selection = {
  from: text.max(64).default('earliest'),
  until: text.max(64).optional(),
  partitions: z.array(z.int().min(0)).min(1).max(1_000).optional(),
  contains: text.min(1).max(4_096).optional(),
  filter: text.min(1).max(16_384).optional().describe('CEL.'),
  limit: z.int().min(1).max(1_000_000).default(100_000),
};

export const topicCopyBody = z
  .strictObject({
    ...selection,
    to: text.min(1).max(249),
    keepPartitions: z.boolean().default(false).describe('Else by key.'),
  })
  .meta({ id: 'TopicCopy' });
export const topicCopyResult = z
  .object({
    copied: count,
    scanned: count,
    isComplete: z.boolean().describe('false: the limit or a budget ended it.'),
  })
  .meta({ id: 'TopicCopyResult' });
export const topicExportBody = z.strictObject(selection).meta({ id: 'TopicExport' });

const bytes = {
  key: text.nullish(),
  keyBase64: text.optional(),
  value: text.nullish(),
  valueBase64: text.optional(),
};
export const exportedRecord = z
  .strictObject({
    ...bytes,
    partition: z.int().min(0).optional(),
    offset: z.int().min(0).optional(),
    timestamp: z.int().min(0).optional(),
    headers: z
      .array(z.strictObject({ name: text, value: text.nullish(), valueBase64: text.optional() }))
      .max(10_000)
      .optional(),
  })
  .meta({ id: 'ExportedRecord' });
export const topicImportQuery = z
  .strictObject({ keepPartitions: flag.default(false), keepTimestamps: flag.default(true) })
  .meta({ id: 'TopicImportQuery' });
export const topicImportResult = z.object({ imported: count }).meta({ id: 'TopicImportResult' });

export type TopicRowsQuery = z.infer<typeof topicRowsQuery>;
export type TopicRowList = z.infer<typeof topicRowList>;
export type TopicTrimBody = z.infer<typeof topicTrimBody>;
export type TopicTrimResult = z.infer<typeof topicTrimResult>;
export type TopicPurgeBody = z.infer<typeof topicPurgeBody>;
export type TopicCopyBody = z.infer<typeof topicCopyBody>;
export type TopicExportBody = z.infer<typeof topicExportBody>;
export type ExportedRecord = z.infer<typeof exportedRecord>;
export type TopicImportQuery = z.infer<typeof topicImportQuery>;
