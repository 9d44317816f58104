// Shapes of `/api/v1/jobs` and `/api/v1/delayed`: the platform's background jobs with progress and history, and records that wait
// for their time. Times are milliseconds since the epoch. Leaves out: what each job does (apps/broker/src/jobs).

import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);
const timeMs = z.int().min(0);

export const platformJobNames = [
  'retention-sweep',
  'compaction-sweep',
  'segment-scrub',
  'topic-purge',
  'dead-letter-redrive',
  'offset-reset',
  'snapshot',
] as const;

const jobState = z.enum([
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'waiting-children',
  'completed',
  'failed',
  'unknown',
]);

export const jobBody = z
  .object({
    id: text,
    name: text,
    data: z.unknown(),
    state: jobState,
    progress: z.unknown(),
    attemptsMade: count,
    createdAtMs: timeMs,
    startedAtMs: timeMs.nullable(),
    finishedAtMs: timeMs.nullable(),
    result: z.unknown(),
    failedReason: text.nullable(),
  })
  .meta({ id: 'Job' });

export const jobList = z
  .object({ data: z.array(jobBody), counts: z.record(text, count), isPaused: z.boolean() })
  .meta({ id: 'JobList' });

export const jobWithLogs = jobBody.extend({ logs: z.array(text) }).meta({ id: 'JobWithLogs' });

const number = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

export const jobListQuery = z.strictObject({
  state: jobState.optional(),
  start: number(0, 1_000_000).default(0),
  count: number(1, 1_000).default(50),
});

const topic = z.string().min(1).max(249);

/** What a job is given; by name. */
export const jobDataSchemas = {
  'retention-sweep': z.strictObject({}),
  'compaction-sweep': z.strictObject({ force: z.boolean().default(false) }),
  snapshot: z.strictObject({}),
  'segment-scrub': z.strictObject({ bytesPerSecond: z.int().min(1).optional() }),
  'topic-purge': z.strictObject({ topic }),
  'dead-letter-redrive': z.strictObject({
    topic: topic.describe('The dead-letter topic.'),
    recordsMax: z.int().min(1).max(100_000_000).optional(),
    recordsPerSecond: z.number().min(0.1).max(1_000_000).optional(),
    dryRun: z.boolean().default(false),
  }),
  'offset-reset': z.strictObject({
    group: z.string().min(1).max(32_767),
    topic,
    to: z.union([
      z.enum(['earliest', 'latest']),
      z.strictObject({ timestampMs: timeMs }),
      z.strictObject({ offset: count }),
    ]),
    dryRun: z.boolean().default(false),
  }),
} as const;

export const jobStartBody = z
  .strictObject({
    name: z.enum(platformJobNames),
    data: z.record(text, z.unknown()).default({}),
    delayMs: z.int().min(0).max(315_576_000_000).optional(),
    attempts: z.int().min(1).max(100).optional(),
  })
  .meta({ id: 'JobStart' });

export const jobStarted = z.object({ id: text }).meta({ id: 'JobStarted' });

export const jobScheduleBody = z
  .strictObject({
    name: z.enum(platformJobNames),
    data: z.record(text, z.unknown()).default({}),
    everyMs: z.int().min(1_000).max(31_557_600_000).optional(),
    pattern: z.string().max(200).optional().describe('Cron, five or six fields.'),
  })
  .refine(({ everyMs, pattern }) => (everyMs === undefined) !== (pattern === undefined), {
    message: 'give either everyMs or pattern',
  })
  .meta({ id: 'JobSchedule' });

export const jobScheduleList = z
  .object({
    data: z.array(
      z.object({
        id: text,
        name: text,
        everyMs: count.nullable(),
        pattern: text.nullable(),
        nextAtMs: timeMs.nullable(),
      }),
    ),
  })
  .meta({ id: 'JobScheduleList' });

export const snapshotBody = z
  .object({
    id: text.describe('Its folder: a broker starts on it, `drave log verify` checks it.'),
    createdAtMs: timeMs,
    clusterId: text,
    nodeId: count,
    linkedBytes: count.describe('Shared with the original as long as that keeps them.'),
    copiedBytes: count,
    partitions: z.array(
      z.object({
        topic: text,
        partition: count,
        topicId: text,
        logStartOffset: count,
        endOffset: count,
        linkedBytes: count,
        copiedBytes: count,
      }),
    ),
  })
  .meta({ id: 'Snapshot' });

export const snapshotList = z
  .object({
    isConfigured: z.boolean().describe('False: the broker was given no directory for snapshots.'),
    data: z.array(snapshotBody.omit({ partitions: true }).extend({ partitionCount: count })),
  })
  .meta({ id: 'SnapshotList' });

export const delayedTopicList = z
  .object({ data: z.array(z.object({ topic: text, waiting: count })) })
  .meta({ id: 'DelayedTopicList' });

export const delayedRecordList = z
  .object({
    data: z.array(z.object({ topic: text, partition: count, offset: count, deliverAtMs: timeMs })),
    waiting: count,
  })
  .meta({ id: 'DelayedRecordList' });

export const delayedListQuery = z.strictObject({
  start: number(0, 10_000_000).default(0),
  count: number(1, 1_000).default(50),
});

export type SnapshotBody = z.infer<typeof snapshotBody>;
export type JobBody = z.infer<typeof jobBody>;
export type JobStartBody = z.infer<typeof jobStartBody>;
export type JobScheduleBody = z.infer<typeof jobScheduleBody>;
export type JobListQuery = z.infer<typeof jobListQuery>;
export type DelayedTopicList = z.infer<typeof delayedTopicList>;
export type DelayedRecordList = z.infer<typeof delayedRecordList>;
export type DelayedListQuery = z.infer<typeof delayedListQuery>;
export type PlatformJobName = (typeof platformJobNames)[number];
