// What becomes an event by itself: topics from the metadata log, groups from the coordinator, storage and Redis from what they log.
// Protects: nobody who works for clients waits for it or sees it fail. Leaves out: offsets, letters, jobs, REST (apps/broker tells).
// Logged events are taken from the logger because log and membership lie below and know no bus; their names are a catalogue.

import type { ClusterEventBody } from '@drave/contracts';
import type { GroupHappening } from '@drave/coordinator';
import type { LogFields, Logger } from '@drave/platform';
import type { MetadataImage, MetadataListener } from '@drave/replication';
import type { EventBus } from './event-bus.js';

type Publish = Pick<EventBus, 'publish'>;

/** Topics from now on. */
export function topicEvents(image: MetadataImage, events: Publish): MetadataListener {
  const known = new Map<string, ReadonlyMap<string, string>>();
  for (const { topicId, configs } of image.topics()) known.set(topicId, configs);
  return {
    topicCreated({ topicId, name: topic, partitionCount: partitions, configs }) {
      known.set(topicId, configs);
      events.publish({ type: 'topic.created.v1', data: { topic, partitions } });
    },
    topicDeleted({ topicId, name: topic }) {
      known.delete(topicId);
      events.publish({ type: 'topic.deleted.v1', data: { topic } });
    },
    partitionsAdded({ name: topic, partitionCount: partitions }) {
      events.publish({ type: 'topic.grown.v1', data: { topic, partitions } });
    },
    topicConfigsSet({ topicId, name: topic, configs }) {
      const changed = difference(known.get(topicId) ?? new Map(), configs);
      known.set(topicId, configs);
      events.publish({ type: 'topic.configs-changed.v1', data: { topic, changed } });
    },
  };
}

function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Record<string, string | null> {
  const gone = [...before.keys()].filter((name) => !after.has(name));
  const set = [...after].filter(([name, value]) => before.get(name) !== value);
  return Object.fromEntries([...gone.map((name) => [name, null] as const), ...set]);
}

export function groupEvent(group: string, happening: GroupHappening): ClusterEventBody {
  switch (happening.kind) {
    case 'member-joined': {
      const { memberId: member, groupInstanceId: instance, clientId, clientHost } = happening;
      const data = { group, member, instance, client: clientId, host: clientHost };
      return { type: 'group.member-joined.v1', data };
    }
    case 'member-left': {
      const { memberId: member, reason } = happening;
      return reason === 'left'
        ? { type: 'group.member-left.v1', data: { group, member } }
        : { type: 'group.member-evicted.v1', data: { group, member, reason } };
    }
    case 'rebalanced': {
      const { generation, reason, members } = happening;
      const durationMs = happening.durationMs === undefined ? null : ms(happening.durationMs);
      const data = { group, generation, reason, members, durationMs };
      return { type: 'group.rebalanced.v1', data };
    }
  }
}

/** By the name it is logged under. */
const loggedEvents: Readonly<Record<string, (fields: LogFields) => ClusterEventBody>> = {
  'log-directory-failed': ({ directory, error }) => ({
    type: 'storage.failed.v1',
    data: { directory: String(directory), error: String(error) },
  }),
  'disk-nearly-full': () => ({ type: 'storage.full.v1', data: { cause: 'reserve' } }),
  'disk-has-room-again': () => ({ type: 'storage.resumed.v1', data: { cause: 'reserve' } }),
  'disk-full': () => ({ type: 'storage.full.v1', data: { cause: 'file-system' } }),
  'disk-takes-writes-again': () => ({
    type: 'storage.resumed.v1',
    data: { cause: 'file-system' },
  }),
  'log-damaged': corruptRange,
  'log-lost-its-tail': corruptRange,
  'store-connected': () => ({ type: 'redis.connected.v1', data: {} }),
  'store-lost': ({ reason }) => ({ type: 'redis.lost.v1', data: { reason: String(reason) } }),
};

/** What must be logged under just these names, or its events fall silent. */
export const announcedNames: readonly string[] = Object.keys(loggedEvents);

function corruptRange(fields: LogFields): ClusterEventBody {
  const { path, directory, fromOffset, toOffset, problem } = fields;
  const data = {
    place: textOf(path ?? directory),
    fromOffset: whole(fromOffset) ?? 0,
    toOffset: whole(toOffset),
    problem: textOf(problem ?? 'the end of the log is missing'),
  };
  return { type: 'storage.corrupt.v1', data };
}

/** `logger`, of which what others want to know becomes an event too. */
export function announcingLogger(logger: Logger, events: Publish): Logger {
  const tell = (event: string, fields: LogFields = {}): void => {
    const eventOf = loggedEvents[event];
    if (eventOf) events.publish(eventOf(fields));
  };
  return {
    debug: (event, fields) => logger.debug(event, fields),
    info(event, fields) {
      logger.info(event, fields);
      tell(event, fields);
    },
    warn(event, fields) {
      logger.warn(event, fields);
      tell(event, fields);
    },
    error(event, fields) {
      logger.error(event, fields);
      tell(event, fields);
    },
    child: (fields) => announcingLogger(logger.child(fields), events),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function whole(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : null;
}

function ms(value: number): number {
  return Math.max(0, Math.round(value));
}
