// Shapes of `/api/v1/metrics/query`: the history a broker keeps of its own figures, in columns as charts want them.

import { z } from 'zod';

/** Also kept per topic. */
export const topicMetricNames = [
  'recordsInPerSecond',
  'bytesInPerSecond',
  'bytesOutPerSecond',
] as const;
export const clusterMetricNames = [
  ...topicMetricNames,
  'requestsPerSecond',
  'connections',
  'logBytes',
  'residentBytes',
] as const;

const units = { s: 1_000, m: 60_000, h: 3_600_000 } as const;
const rangeMsMax = 24 * units.h;

export const metricsQuery = z
  .strictObject({
    metrics: z
      .string()
      .max(1_000)
      .default(topicMetricNames.join(','))
      .transform((list) => list.split(',').map((one) => one.trim()))
      .pipe(z.array(z.enum(clusterMetricNames)).min(1))
      .describe(`Of ${clusterMetricNames.join(', ')}.`),
    topic: z.string().min(1).max(249).optional().describe('Its own records and bytes.'),
    range: z
      .string()
      .regex(/^\d{1,5}[smh]$/, 'a duration such as 15m, at most 24h')
      .default('15m')
      .transform((text) => Number(text.slice(0, -1)) * units[text.slice(-1) as keyof typeof units])
      .refine((ms) => ms >= 1_000 && ms <= rangeMsMax, { message: '1s to 24h' })
      .describe('Up to 1h in steps of 5 s, else of a minute.'),
  })
  .refine(
    ({ topic, metrics }) =>
      topic === undefined || metrics.every((name) => topicMetricNames.some((own) => own === name)),
    { message: `of a topic there are ${topicMetricNames.join(', ')}` },
  )
  .meta({ id: 'MetricsQuery' });

export const metricsHistory = z
  .object({
    stepMs: z.int(),
    atMs: z.array(z.int()).describe('Begin of each step, since the epoch; oldest first.'),
    series: z
      .record(z.string(), z.array(z.number().nullable()))
      .describe('By metric: means over the steps; null where nothing was sampled.'),
    isKept: z
      .boolean()
      .describe('false: no history of this topic is kept, because others have more traffic.'),
  })
  .meta({ id: 'MetricsHistory' });

export type MetricsQuery = z.infer<typeof metricsQuery>;
export type MetricsHistory = z.infer<typeof metricsHistory>;
