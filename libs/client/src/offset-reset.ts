// Moving a group's committed offsets: what it would change, and changing it. Used by the command line, REST and jobs alike. Protects:
// nothing is committed outside a log; a group with members is refused with who they are; after the commit the offsets are read back.
// Leaves out: evicting members.

import { KafkaError, type TopicPartition } from '@drave/contracts';
import { topicPartitionKey } from '@drave/contracts';

import type { Admin } from './admin.js';
import { parseDuration, parseTime } from './browse/browse-place.js';
import type { GroupDescription } from './group-descriptions.js';

/** Where offsets go: an end of the log, a place, a time, relative to now or to what is committed, or where another group is. */
export type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' | 'current' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'ago'; readonly ms: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'group'; readonly groupId: string }
  /** Partitions that are not named stay as they are. */
  | {
      readonly kind: 'places';
      readonly places: readonly (TopicPartition & { readonly offset: number })[];
    };

/** Of a topic all partitions, or some. */
export interface ResetScope {
  readonly topic: string;
  readonly partitions?: readonly number[] | undefined;
}

export interface ResetRow extends TopicPartition {
  /** null: nothing was committed. */
  readonly before: number | null;
  readonly after: number;
  readonly begin: number;
  readonly end: number;
  readonly lagBefore: number | null;
  readonly lagAfter: number;
  /** The target lay outside the log and was moved to its end. */
  readonly isClamped: boolean;
}

export interface ResetPlan {
  readonly groupId: string;
  /** As the coordinator says it; `Dead` for a group that does not exist yet. */
  readonly state: string;
  /** Why it cannot be carried out now; undefined when it can. */
  readonly obstacle: string | undefined;
  /** By topic and partition. */
  readonly rows: readonly ResetRow[];
}

/** Throws RangeError that lists what is possible; `others` are targets that the caller knows besides. */
export function parseResetTarget(text: string, others: readonly string[] = []): ResetTarget {
  if (text === 'earliest' || text === 'latest' || text === 'current') return { kind: text };
  const [, kind = '', rest = ''] = /^(offset|ts|shift|group):(.+)$/s.exec(text) ?? [];
  if (kind === 'offset' && /^\d{1,15}$/.test(rest)) return { kind, offset: Number(rest) };
  if (kind === 'shift' && /^[+-]?\d{1,15}$/.test(rest)) return { kind, by: Number(rest) };
  if (kind === 'group') return { kind, groupId: rest };
  const timestampMs = kind === 'ts' ? parseTime(rest) : undefined;
  if (timestampMs !== undefined) return { kind: 'time', timestampMs };
  const ms = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined;
  if (ms !== undefined) return { kind: 'ago', ms };
  const last = ['shift:N', 'group:ID', ...others];
  const choice = `${last.slice(0, -1).join(', ')} or ${last.at(-1)}`;
  throw new RangeError(
    `'${text.slice(0, 60)}' is no target; give earliest, latest, current, offset:N, ts:TIME (ISO 8601 or milliseconds), -1h, ${choice}`,
  );
}

const fileLinesMax = 1_000_000;

/**
 * The places of a text of lines `topic,partition,offset`, as Kafka's own tool writes them; empty lines, a heading of these words and lines
 * that begin with # do not count. Throws RangeError that names the line.
 */
export function parseOffsetLines(text: string): ResetTarget {
  const places = new Map<string, TopicPartition & { readonly offset: number }>();
  for (const [index, line] of text.split('\n', fileLinesMax + 1).entries()) {
    const trimmed = line.replace(/^\uFEFF/, '').trim();
    const isHeading = /^"?topic"?, *"?partition"?, *"?offset"?$/i.test(trimmed);
    if (trimmed === '' || trimmed.startsWith('#') || isHeading) continue;
    if (index >= fileLinesMax) throw new RangeError(`more than ${fileLinesMax} lines`);
    const [, topic = '', partition = '', offset = ''] =
      /^"?([\w.-]{1,249})"? *, *(\d{1,6}) *, *(\d{1,15})$/.exec(trimmed) ?? [];
    if (topic === '') {
      const found = trimmed.slice(0, 60);
      throw new RangeError(`line ${index + 1}: '${found}' is not topic,partition,offset`);
    }
    const place = { topic, partition: Number(partition), offset: Number(offset) };
    if (places.has(topicPartitionKey(place))) {
      throw new RangeError(`line ${index + 1}: ${topic}-${partition} is there twice`);
    }
    places.set(topicPartitionKey(place), place);
  }
  if (places.size === 0) throw new RangeError('it names no offsets; write topic,partition,offset');
  return { kind: 'places', places: [...places.values()] };
}

/** Those of the target that the scope names, so that only they are looked at. */
function scopeOf(to: ResetTarget, scope: readonly ResetScope[] | undefined): typeof scope {
  if (to.kind !== 'places' || scope) return scope;
  const topics = [...new Set(to.places.map(({ topic }) => topic))];
  return topics.map((topic) => ({
    topic,
    partitions: to.places.filter((one) => one.topic === topic).map(({ partition }) => partition),
  }));
}

/**
 * What a reset would change. Without scope: all partitions the group committed for. Partitions without a commit have no row when the
 * target is relative to one. Rejects with RangeError when there is nothing to reset.
 */
export async function planOffsetReset(
  admin: Admin,
  request: {
    readonly groupId: string;
    readonly scope?: readonly ResetScope[] | undefined;
    readonly to: ResetTarget;
    readonly nowMs: number;
  },
): Promise<ResetPlan> {
  const { groupId, to } = request;
  const [group] = await admin.describeGroups([groupId]);
  const committed = await offsetsOf(admin, groupId);
  const scope = scopeOf(to, request.scope);
  const places = scope
    ? await placesOf(admin, scope)
    : [...committed.values()].map(({ topic, partition }) => ({ topic, partition }));
  if (places.length === 0) {
    throw new RangeError(`group '${groupId}' has committed nothing; name the topics to reset`);
  }
  const at = (where: 'earliest' | 'latest' | number) =>
    admin.listOffsets(places.map((place) => ({ ...place, at: where })));
  const [begins, ends, wanted] = [
    await at('earliest'),
    await at('latest'),
    await targets(admin, { to, places, committed, at, nowMs: request.nowMs }),
  ];
  const rows = places.flatMap((place, i): ResetRow[] => {
    const begin = begins[i]?.offset ?? 0;
    const end = Math.max(begin, ends[i]?.offset ?? 0);
    const target = wanted[i];
    if (target === undefined) return [];
    const before = committed.get(topicPartitionKey(place))?.offset ?? null;
    const after = Math.min(end, Math.max(begin, target));
    const lagBefore = before === null ? null : Math.max(0, end - before);
    const isClamped = Number.isFinite(target) && target !== after;
    return [{ ...place, before, after, begin, end, lagBefore, lagAfter: end - after, isClamped }];
  });
  rows.sort((a, b) => compareText(a.topic, b.topic) || a.partition - b.partition);
  return { groupId, state: group?.state ?? 'Dead', obstacle: obstacleOf(group), rows };
}

/** Carries a plan out and reads the offsets back. Rejects with NON_EMPTY_GROUP when there are members. */
export async function applyOffsetReset(admin: Admin, plan: ResetPlan): Promise<void> {
  const { groupId, rows, obstacle } = plan;
  if (obstacle !== undefined) throw new KafkaError('NON_EMPTY_GROUP', obstacle);
  if (rows.length === 0) return;
  await admin.commitGroupOffsets(
    groupId,
    rows.map(({ topic, partition, after }) => ({ topic, partition, offset: after })),
  );
  const now = await offsetsOf(admin, groupId);
  const other = rows.find((row) => now.get(topicPartitionKey(row))?.offset !== row.after);
  if (!other) return;
  throw new KafkaError(
    'UNKNOWN_SERVER_ERROR',
    `after the reset ${other.topic}-${other.partition} is not at ${other.after}: somebody else committed for '${groupId}' meanwhile`,
  );
}

function obstacleOf(group: GroupDescription | undefined): string | undefined {
  if (!group || group.state === 'Empty' || group.state === 'Dead') return undefined;
  const { groupId, state, members } = group;
  const named = members.slice(0, 3).map(({ clientId, clientHost }) => `${clientId}@${clientHost}`);
  const more = members.length > named.length ? ` and ${members.length - named.length} more` : '';
  return `group '${groupId}' is ${state} with ${members.length} members (${named.join(', ')}${more}): they would commit over the reset; stop them first`;
}

async function offsetsOf(
  admin: Admin,
  groupId: string,
): Promise<Map<string, TopicPartition & { readonly offset: number }>> {
  const offsets = await admin.groupOffsets(groupId);
  return new Map(offsets.map((offset) => [topicPartitionKey(offset), offset]));
}

async function placesOf(admin: Admin, scope: readonly ResetScope[]): Promise<TopicPartition[]> {
  const described = await admin.describeTopics([...new Set(scope.map(({ topic }) => topic))]);
  const places = scope.flatMap(({ topic, partitions }) => {
    const all = described.find(({ name }) => name === topic)?.partitions ?? [];
    const wrong = partitions?.find((one) => !Number.isInteger(one) || one < 0 || one >= all.length);
    if (wrong !== undefined) {
      throw new RangeError(`topic '${topic}' has partitions 0 to ${all.length - 1}, not ${wrong}`);
    }
    const chosen = partitions ?? all.map(({ partition }) => partition);
    return chosen.map((partition) => ({ topic, partition }));
  });
  return [...new Map(places.map((place) => [topicPartitionKey(place), place])).values()];
}

/** Per place; undefined: it stays as it is. */
async function targets(
  admin: Admin,
  {
    to,
    places,
    committed,
    at,
    nowMs,
  }: {
    readonly to: ResetTarget;
    readonly places: readonly TopicPartition[];
    readonly committed: ReadonlyMap<string, { readonly offset: number }>;
    readonly at: (where: number) => Promise<{ readonly offset: number }[]>;
    readonly nowMs: number;
  },
): Promise<(number | undefined)[]> {
  const own = places.map((place) => committed.get(topicPartitionKey(place))?.offset);
  switch (to.kind) {
    case 'earliest':
      return places.map(() => -Infinity);
    case 'latest':
      return places.map(() => Infinity);
    case 'current':
      return own;
    case 'offset':
      return places.map(() => to.offset);
    case 'shift':
      return own.map((offset) => (offset === undefined ? undefined : offset + to.by));
    case 'group': {
      const others = await offsetsOf(admin, to.groupId);
      if (others.size === 0) throw new RangeError(`group '${to.groupId}' has committed nothing`);
      return places.map((place) => others.get(topicPartitionKey(place))?.offset);
    }
    case 'places': {
      const named = new Map(to.places.map((one) => [topicPartitionKey(one), one.offset]));
      return places.map((place) => named.get(topicPartitionKey(place)));
    }
    case 'time':
    case 'ago': {
      const found = await at(to.kind === 'time' ? to.timestampMs : Math.max(0, nowMs - to.ms));
      return found.map(({ offset }) => (offset < 0 ? Infinity : offset));
    }
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
