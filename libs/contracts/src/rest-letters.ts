// Shapes of `/api/v1/dlq`: dead letters by topic and cause, driving them back, discarding them.

import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);

export const deadLetterTopicList = z
  .object({
    data: z.array(z.object({ topic: text, partitions: count, records: count })),
  })
  .meta({ id: 'DeadLetterTopicList' });

export const letterBody = z
  .object({
    partition: count,
    offset: count,
    timestamp: z.int(),
    origin: z
      .object({ topic: text, partition: count.nullable(), offset: count.nullable() })
      .nullable(),
    group: text.nullable(),
    errorClass: text.nullable(),
    error: text.nullable(),
    attempts: count.nullable(),
  })
  .meta({ id: 'Letter' });

export const deadLetterSurveyBody = z
  .object({
    topic: text,
    groups: z
      .array(
        z.object({
          errorClass: text.nullable(),
          originTopic: text.nullable(),
          count,
          open: count,
          redriven: count,
          discarded: count,
          oldestMs: z.int(),
          newestMs: z.int(),
          sample: letterBody.describe('The newest one.'),
        }),
      )
      .describe('By error class and origin, most open ones first.'),
    scanned: count,
    isComplete: z.boolean().describe('false: the newest letters alone were looked at.'),
  })
  .meta({ id: 'DeadLetterSurvey' });

export const resolveLettersBody = z
  .strictObject({
    select: z
      .strictObject({
        places: z
          .array(
            z.strictObject({ partition: z.int().min(0).max(1_000_000), offset: z.int().min(0) }),
          )
          .min(1)
          .max(1_000)
          .optional(),
        errorClass: text.min(1).max(2_000).optional(),
        originTopic: text.min(1).max(249).optional(),
      })
      .default({})
      .describe('Default: all.'),
    dryRun: z.boolean().default(true).describe('false carries it out.'),
    rate: z.number().min(1).max(1_000_000).optional().describe('Letters a second.'),
    limit: z
      .int()
      .min(1)
      .max(100_000)
      .default(10_000)
      .describe('Letters at most; the job dead-letter-redrive takes more.'),
  })
  .meta({ id: 'ResolveLetters' });

export const resolveLettersResult = z
  .object({
    dryRun: z.boolean(),
    count: count.describe('Resolved, or to be resolved.'),
    already: count.describe('Chosen, but resolved before.'),
    skipped: count.describe('Without an origin; they stay.'),
    byTopic: z.record(text, count),
  })
  .meta({ id: 'ResolveLettersResult' });

export type LetterBody = z.infer<typeof letterBody>;
export type DeadLetterSurveyBody = z.infer<typeof deadLetterSurveyBody>;
export type ResolveLettersBody = z.infer<typeof resolveLettersBody>;
export type ResolveLettersResult = z.infer<typeof resolveLettersResult>;
