// Shapes of `/api/v1/groups`: resetting offsets, with what it changes. Leaves out: reading groups, which /v3 does.

import { z } from 'zod';

const text = z.string();
const offset = z.int().min(0);

export const offsetResetBody = z
  .strictObject({
    scope: z
      .array(
        z.strictObject({
          topic: text.min(1).max(249),
          partitions: z.array(z.int().min(0).max(1_000_000)).min(1).max(10_000).optional(),
        }),
      )
      .min(1)
      .max(1_000)
      .optional()
      .describe('Default: all partitions the group committed for.'),
    to: text
      .max(1_024)
      .optional()
      .describe('earliest, latest, current, offset:N, ts:TIME, -1h, shift:N or group:ID.'),
    shift: z.int().optional().describe('Records forwards, or backwards when negative.'),
    by: text.max(32).optional().describe('A duration before now, such as 1h.'),
    dryRun: z.boolean().default(true).describe('false carries it out.'),
  })
  .refine(({ to, shift, by }) => [to, shift, by].filter((one) => one !== undefined).length === 1, {
    message: 'give one of to, shift and by',
  })
  .meta({ id: 'OffsetReset' });

export const offsetResetResult = z
  .object({
    groupId: text,
    state: text,
    dryRun: z.boolean(),
    obstacle: text.nullable().describe('Why it cannot be carried out now.'),
    partitions: z.array(
      z.object({
        topic: text,
        partition: offset,
        before: offset.nullable(),
        after: offset,
        begin: offset,
        end: offset,
        lagBefore: offset.nullable(),
        lagAfter: offset,
        isClamped: z.boolean().describe('The target lay outside the log.'),
      }),
    ),
  })
  .meta({ id: 'OffsetResetResult' });

export type OffsetResetBody = z.infer<typeof offsetResetBody>;
export type OffsetResetResult = z.infer<typeof offsetResetResult>;
