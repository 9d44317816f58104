// Shapes of `/api/v1/streams`: stream applications with topology, tasks, figures, store queries, pause and resume. An application may
// have several instances in one process; its tasks are shown together. A broker shows those of other processes the same way. Protects: a
// field that older processors do not send has a default. Leaves out: entities, restart.

import { z } from 'zod';

const text = z.string();
const count = z.int().min(0);

const totals = z
  .object({
    records: count,
    late: count,
    partlyLate: count,
    deadLetters: count,
    skipped: count,
    duplicates: count,
  })
  .meta({ id: 'StreamsTotals' });

const appState = z.enum([
  'created',
  'starting',
  'running',
  'closing',
  'closed',
  'failed',
  'unreachable',
]);
const taskState = z.enum(['restoring', 'running', 'failed', 'closed']);

/** Of which an answer of a broker says nothing. */
const unreachable = z.array(z.object({ instance: text, reason: text }));

export const streamsAppBody = z
  .object({
    applicationId: text,
    state: appState.describe('running when one instance runs.'),
    isPaused: z.boolean().default(false).describe('All instances that answer are paused.'),
    instances: z.array(
      z.object({
        instance: text.optional().describe('Its id in the directory; where a broker shows it.'),
        state: appState.describe('unreachable: it did not answer; failure says why.'),
        isPaused: z
          .boolean()
          .default(false)
          .describe(
            'It processes nothing until it is resumed; its tasks, commits and stores stay.',
          ),
        failure: text.nullable(),
        tasks: z.array(text),
        commitCount: count,
      }),
    ),
    taskCount: count,
    runningTaskCount: count,
    lag: count.nullable().describe('Records behind the ends of the inputs; null while unknown.'),
    totals,
    stores: z.array(
      z.object({
        name: text,
        kind: z.enum(['key-value', 'window']),
        entries: count.describe('In this process.'),
      }),
    ),
    links: z.object({ self: text, topology: text, tasks: text }),
  })
  .meta({ id: 'StreamsApp' });

export const streamsAppList = z
  .object({ data: z.array(streamsAppBody) })
  .meta({ id: 'StreamsAppList' });

export const topologyBody = z
  .object({
    applicationId: text,
    subtopologies: z.array(
      z.object({
        id: count,
        nodes: z.array(
          z.object({
            name: text,
            kind: z.enum(['source', 'operator', 'sink']),
            operation: text,
            topic: text.optional(),
            stores: z.array(text),
            next: z.array(z.object({ node: text, port: text })),
          }),
        ),
        stores: z.array(
          z.object({ name: text, kind: z.enum(['key-value', 'window']), changelog: text }),
        ),
      }),
    ),
    mermaid: text,
  })
  .meta({ id: 'Topology' });

export const taskBody = z
  .object({
    taskId: text,
    subtopology: count,
    partition: count,
    state: taskState,
    streamTimeMs: z.int().describe('-1 before the first record.'),
    bufferedCount: count,
    inputs: z.array(z.object({ topic: text, lag: count.nullable() })),
    totals,
    instance: text.optional().describe('The instance it runs in; where a broker shows it.'),
    actor: z
      .object({
        path: text,
        mailboxDepth: count.describe('Messages that wait.'),
        state: z.enum(['running', 'stopped']),
      })
      .optional()
      .describe('The actor that runs it; absent before it has one.'),
  })
  .meta({ id: 'StreamsTask' });

export const streamsStoreBody = z
  .object({
    name: text,
    kind: z.enum(['key-value', 'window']),
    subtopology: count,
    changelog: text,
    entries: count.describe('In this process; asked of a broker: in all instances.'),
    tasks: z
      .array(z.object({ taskId: text, state: taskState }))
      .describe('Those that keep a part of it.'),
    unreachable: unreachable.optional(),
  })
  .meta({ id: 'StreamsStore' });

export const taskList = z
  .object({ data: z.array(taskBody), unreachable: unreachable.optional() })
  .meta({ id: 'StreamsTaskList' });

/** Figures of an application by task. */
export const streamsMetricsBody = z
  .object({
    applicationId: text,
    instances: z.array(
      z.object({
        instance: text.optional().describe('Its id in the directory; where a broker shows it.'),
        state: appState,
        isPaused: z.boolean(),
        commitCount: count,
        commitMs: z.number().min(0).describe('All commits together, milliseconds.'),
        taskFailures: count.describe('Restarted ones included.'),
      }),
    ),
    tasks: z.array(
      z.object({
        taskId: text,
        instance: text.optional(),
        state: taskState,
        recordsIn: count.describe('Processed since the application first started.'),
        recordsOut: count.describe(
          'Sent to output and repartition topics since this instance has the task.',
        ),
        lag: count.nullable().describe('Of all inputs; null while one is unknown.'),
        bufferedCount: count,
        streamTimeMs: z.int().describe('-1 before the first record.'),
        commitAgeMs: count.nullable().describe('Since its last commit here; null before one.'),
        late: count.describe('Too late for each of their windows.'),
        partlyLate: count,
        deadLetters: count,
        skipped: count,
        duplicates: count,
        restarts: count.describe('Opened again here because it had failed.'),
      }),
    ),
    unreachable: unreachable.optional(),
  })
  .meta({ id: 'StreamsMetrics' });

/** Answer of pause and resume. */
export const pauseBody = z
  .object({
    applicationId: text,
    isPaused: z.boolean().describe('Of the instances that did it; false when they differ.'),
    instances: z.array(
      z.object({
        instance: text.optional().describe('Its id; absent: it has none.'),
        status: z.int().describe('200, or that of the error.'),
        isPaused: z.boolean().nullable().describe('null: not known.'),
        error_code: z.int().optional(),
        message: text.optional(),
      }),
    ),
  })
  .meta({ id: 'StreamsPause' });

/** Query of a store lookup. */
export const storeQuery = z
  .strictObject({
    keyFormat: z.enum(['text', 'json']).default('text'),
    route: z
      .enum(['proxy', 'redirect', 'local'])
      .default('proxy')
      .describe(
        'When another instance owns the key: ask it, send the caller there, or look only here.',
      ),
    from: z.coerce.number().int().min(0).optional(),
    to: z.coerce.number().int().min(0).optional(),
  })
  .meta({ id: 'StoreQuery' });

const keyValueEntry = z.object({
  store: text,
  kind: z.literal('key-value'),
  key: z.unknown(),
  value: z.unknown(),
});
const windowEntries = z.object({
  store: text,
  kind: z.literal('window'),
  key: z.unknown(),
  windows: z.array(z.object({ startMs: count, endMs: count, value: z.unknown() })),
  isComplete: z.boolean().describe('false: there are more windows; ask again from the last start.'),
});

export const storeEntryBody = z
  .discriminatedUnion('kind', [keyValueEntry, windowEntries])
  .meta({ id: 'StoreEntry' });

export type StreamsAppBody = z.infer<typeof streamsAppBody>;
export type TaskBody = z.infer<typeof taskBody>;
export type StreamsMetricsBody = z.infer<typeof streamsMetricsBody>;
export type PauseBody = z.infer<typeof pauseBody>;
export type StreamsStoreBody = z.infer<typeof streamsStoreBody>;
export type StoreQuery = z.infer<typeof storeQuery>;
export type StoreEntryBody = z.infer<typeof storeEntryBody>;
