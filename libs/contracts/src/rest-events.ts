// Catalogue of cluster events: what `/api/v1/events` tells. Protects: a name and its version mean one shape for good; a shape may gain
// fields, whatever else changes gets a new version; lists are cut, with their true length beside them. Consumers skip names they do not
// know. Leaves out: keeping and sending events (EventBus of the broker), records (they are data, not events).

import { z } from 'zod';
import { limits } from './limits.js';

const text = z.string();
const count = z.int().min(0);
const milliseconds = z.int().min(0).describe('Milliseconds.');
const { eventListMax } = limits;

const leaveReason = z.enum([
  'left',
  'lease-lapsed',
  'session-timeout',
  'rebalance-timeout',
  'sync-timeout',
  'group-full',
  'replaced',
]);
const rebalanceReason = z.enum([...leaveReason.options, 'member-joined', 'subscription-changed']);

/** By name: what an event of it carries. */
export const eventCatalogue = Object.freeze({
  'topic.created.v1': z.object({ topic: text, partitions: count }),
  'topic.deleted.v1': z.object({ topic: text }),
  'topic.grown.v1': z.object({ topic: text, partitions: count.describe('Now.') }),
  'topic.configs-changed.v1': z.object({
    topic: text,
    changed: z.record(text, text.nullable()).describe('Set to; null: back to its default.'),
  }),
  'group.rebalanced.v1': z.object({
    group: text,
    generation: count,
    reason: rebalanceReason.describe('The first of what caused it.'),
    members: count,
    durationMs: milliseconds.nullable().describe('null where a group goes on meanwhile (KIP-848).'),
  }),
  'group.member-joined.v1': z.object({
    group: text,
    member: text,
    instance: text.nullable(),
    client: text,
    host: text,
  }),
  'group.member-left.v1': z.object({ group: text, member: text }),
  'group.member-evicted.v1': z.object({ group: text, member: text, reason: leaveReason }),
  'offsets.reset.v1': z.object({
    group: text,
    count: count.describe('Partitions.'),
    partitions: z
      .array(z.object({ topic: text, partition: count, before: count.nullable(), after: count }))
      .max(eventListMax),
  }),
  'records.deleted.v1': z.object({
    topic: text,
    count: count.describe('Partitions.'),
    partitions: z
      .array(z.object({ partition: count, beforeOffset: count.describe('What is below it went.') }))
      .max(eventListMax),
  }),
  'letters.redriven.v1': z.object({ topic: text, count }),
  'letters.discarded.v1': z.object({ topic: text, count }),
  'storage.failed.v1': z.object({ directory: text, error: text }),
  'storage.full.v1': z.object({ cause: z.enum(['reserve', 'file-system']) }),
  'storage.resumed.v1': z.object({ cause: z.enum(['reserve', 'file-system']) }),
  'storage.corrupt.v1': z.object({
    place: text.describe('The file or folder.'),
    fromOffset: count,
    toOffset: count.nullable().describe('Exclusive; null while unknown.'),
    problem: text,
  }),
  'redis.connected.v1': z.object({}),
  'redis.lost.v1': z.object({ reason: text }),
  'job.started.v1': z.object({ job: text, name: text, schedule: text.nullable() }),
  'job.progressed.v1': z.object({ job: text, name: text, progress: z.unknown() }),
  'job.finished.v1': z.object({ job: text, name: text, tookMs: milliseconds }),
  'job.failed.v1': z.object({ job: text, name: text, tookMs: milliseconds, error: text }),
  'streams.instance-joined.v1': z.object({ application: text, instance: text }),
  'streams.instance-left.v1': z.object({ application: text, instance: text }),
  'streams.app-state.v1': z.object({ application: text, instance: text, state: text }),
  'streams.task-state.v1': z.object({
    application: text,
    instance: text,
    task: text,
    state: text.nullable().describe('null: it is gone from this instance.'),
  }),
  'rest.action.v1': z
    .object({
      who: text.describe('Name of the token; anonymous where none is asked for.'),
      host: text,
      method: text,
      path: text,
      route: text,
      status: count,
      tookMs: milliseconds,
    })
    .describe('A request that changes something, also one that was refused.'),
});

export type EventType = keyof typeof eventCatalogue;
/** What is told: a name and its data. */
export type ClusterEventBody = {
  [Type in EventType]: {
    readonly type: Type;
    readonly data: z.infer<(typeof eventCatalogue)[Type]>;
  };
}[EventType];
/** As it is kept and sent; `id` orders the events of one run of the broker. */
export type ClusterEvent = ClusterEventBody & { readonly id: string; readonly atMs: number };

export const eventTypes = Object.keys(eventCatalogue) as readonly EventType[];

/** `topic` and `topic.created` mean all names that begin so, in any version. */
export function matchesEventType(type: string, wanted: string): boolean {
  return type === wanted || type.startsWith(`${wanted}.`);
}

const envelope = { id: text, atMs: milliseconds.describe('Since the epoch.') };
const eventBody = z
  .union(
    eventTypes.map((type) =>
      z.object({ ...envelope, type: z.literal(type), data: eventCatalogue[type] }),
    ),
  )
  .meta({ id: 'ClusterEvent' });

export const eventsQuery = z
  .strictObject({
    types: text
      .max(2_048)
      .transform((list) => list.split(',').map((one) => one.trim()))
      .refine((wanted) => wanted.every((one) => eventTypes.some((t) => matchesEventType(t, one))), {
        message: `names of events or their beginnings: ${[...new Set(eventTypes.map((type) => type.split('.')[0]))].join(', ')}`,
      })
      .optional()
      .describe('`topic,group.rebalanced,redis.lost.v1`; default all.'),
    since: text
      .max(64)
      .regex(/^(earliest|latest|[0-9a-z]+-\d{1,15})$/, 'an id of an event, earliest or latest')
      .optional()
      .describe('What came after it. Default: a stream begins now, a list ends now.'),
    limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('Of a list.'),
  })
  .meta({ id: 'EventsQuery' });

export const eventList = z
  .object({
    data: z.array(eventBody).describe('Oldest first.'),
    dropped: count
      .nullable()
      .describe('Events between `since` and the first kept, of any name; null: of another run.'),
    next: text.describe('The `since` that goes on here.'),
  })
  .meta({ id: 'ClusterEventList' });

export type EventsQuery = z.infer<typeof eventsQuery>;
export type EventList = z.infer<typeof eventList>;
