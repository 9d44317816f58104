// Topics as rows of a table, a page at a time: what metadata says of all, and sizes, records, settings, groups and lag of those on the
// page alone. Protects: a page costs a handful of requests whatever the number of topics; sorting by a figure asks for that one figure
// of all topics, in one request per broker. Leaves out: measuring rates, which a cluster does not tell over the protocol; they are given.

import type { TopicPartition } from '@drave/contracts';

import type { Admin } from './admin.js';
import type { TopicMetadata } from './metadata-cache.js';

const rateSorts = ['recordsInPerSecond', 'bytesInPerSecond', 'bytesOutPerSecond'] as const;
export const topicSorts = [
  'name',
  'partitions',
  'sizeBytes',
  'records',
  'lag',
  ...rateSorts,
] as const;
/** null: nobody counts. */
export type TopicRowRates = Readonly<Record<(typeof rateSorts)[number], number | null>>;
export type TopicSort = (typeof topicSorts)[number];

export interface TopicRowsRequest {
  /** Part of the name, in any case. */
  readonly q?: string | undefined;
  /** Only these; default all. */
  readonly names?: readonly string[];
  readonly sort?: TopicSort;
  readonly isDescending?: boolean;
  /** From 1 on. */
  readonly page?: number;
  readonly size?: number;
  readonly includeInternal?: boolean;
  /** Committed offsets of all groups, perhaps of a moment ago; absent: groups and lag are left out. */
  readonly groups?: GroupIndex;
  /** Of a topic, where somebody counts; undefined for one not seen yet. */
  readonly rates?: (topic: string) => TopicRowRates | undefined;
}

export interface TopicRow extends TopicRowRates {
  readonly name: string;
  readonly isInternal: boolean;
  /** By its name: `x.dlq`, `x.DLT`, `x-dlt` … */
  readonly isDlq: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly underReplicated: number;
  /** All replicas together; null where brokers do not tell. */
  readonly sizeBytes: number | null;
  /** Offsets between begin and end: an upper bound for compacted topics. */
  readonly records: number;
  /** As set, −1 for ever; null where it is not told. */
  readonly retentionMs: string | null;
  readonly cleanupPolicy: string | null;
  readonly groups: readonly string[];
  /** Of all its groups together. */
  readonly lag: number;
}

export interface TopicRowsPage {
  readonly rows: readonly TopicRow[];
  /** Topics that match. */
  readonly total: number;
}

/** By topic: by group: committed offset by partition. */
export type GroupIndex = ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, number>>>;

const noRates: TopicRowRates = Object.freeze({
  recordsInPerSecond: null,
  bytesInPerSecond: null,
  bytesOutPerSecond: null,
});
const groupsMax = 5_000;
const parallelGroups = 16;
const dlqName = /(?:^|[._-])(?:dlq|dlt|dead-letters?)$/i;

export function isDeadLetterName(topic: string): boolean {
  return dlqName.test(topic);
}

/** Of the first 5,000 groups; those that cannot be read are left out. */
export async function indexGroups(admin: Admin): Promise<GroupIndex> {
  const listed = (await admin.listGroups()).slice(0, groupsMax);
  const index = new Map<string, Map<string, Map<number, number>>>();
  for (let i = 0; i < listed.length; i += parallelGroups) {
    const some = listed.slice(i, i + parallelGroups);
    const results = await Promise.allSettled(
      some.map(({ groupId }) => admin.groupOffsets(groupId)),
    );
    for (const [j, result] of results.entries()) {
      const groupId = some[j]?.groupId;
      if (result.status !== 'fulfilled' || groupId === undefined) continue;
      for (const { topic, partition, offset } of result.value) {
        const groups = index.get(topic) ?? new Map<string, Map<number, number>>();
        const offsets = groups.get(groupId) ?? new Map<number, number>();
        index.set(topic, groups.set(groupId, offsets.set(partition, offset)));
      }
    }
  }
  return index;
}

export async function topicRows(
  admin: Admin,
  request: TopicRowsRequest = {},
): Promise<TopicRowsPage> {
  const { q = '', sort = 'name', page = 1, size = 50, groups = new Map() } = request;
  const { rates = () => undefined } = request;
  const needle = q.toLowerCase();
  const names = request.names && new Set(request.names);
  const all = (await admin.describeTopics()).filter(
    ({ name, isInternal }) =>
      (!names || names.has(name)) &&
      (request.includeInternal || !isInternal) &&
      name.toLowerCase().includes(needle),
  );
  const order = await orderOf(admin, all, sort, { groups, rates });
  const sign = request.isDescending ? -1 : 1;
  const sorted = all.toSorted(
    (a, b) => sign * order(a, b) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  );
  const chosen = sorted.slice((page - 1) * size, page * size);
  return { rows: await rowsOf(admin, chosen, { groups, rates }), total: all.length };
}

type Figures = Required<Pick<TopicRowsRequest, 'groups' | 'rates'>>;
type Order = (a: TopicMetadata, b: TopicMetadata) => number;

async function orderOf(
  admin: Admin,
  topics: readonly TopicMetadata[],
  sort: TopicSort,
  { groups, rates }: Figures,
): Promise<Order> {
  const by =
    (figure: (topic: TopicMetadata) => number): Order =>
    (a, b) =>
      figure(a) - figure(b);
  switch (sort) {
    case 'name':
      return (a, b) => (a.name < b.name ? -1 : Number(a.name > b.name));
    case 'partitions':
      return by(({ partitions }) => partitions.length);
    case 'sizeBytes': {
      const sizes = (await sizesOf(admin)) ?? new Map<string, number>();
      return by(({ name }) => sizes.get(name) ?? 0);
    }
    case 'records': {
      const ranges = await rangesOf(admin, topics);
      return by(({ name }) => recordsOf(ranges.get(name)));
    }
    case 'lag': {
      const read = topics.filter(({ name }) => groups.has(name));
      const ranges = await rangesOf(admin, read);
      return by(({ name }) => lagOf(groups.get(name), ranges.get(name)));
    }
    case 'recordsInPerSecond':
    case 'bytesInPerSecond':
    case 'bytesOutPerSecond':
      return by(({ name }) => rates(name)?.[sort] ?? 0);
  }
}

async function rowsOf(
  admin: Admin,
  topics: readonly TopicMetadata[],
  { groups, rates }: Figures,
): Promise<TopicRow[]> {
  if (topics.length === 0) return [];
  const names = topics.map(({ name }) => name);
  const [sizes, ranges, configs] = await Promise.all([
    sizesOf(admin, topics),
    rangesOf(admin, topics),
    admin.describeTopicConfigs(names, ['retention.ms', 'cleanup.policy']),
  ]);
  return topics.map((topic, i) => {
    const { name, isInternal, partitions } = topic;
    const setting = (key: string): string | null =>
      configs[i]?.find((entry) => entry.name === key)?.value ?? null;
    const range = ranges.get(name);
    return {
      name,
      isInternal,
      isDlq: isDeadLetterName(name),
      partitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? 0,
      underReplicated: partitions.filter(({ isr, replicas }) => isr.length < replicas.length)
        .length,
      sizeBytes: sizes?.get(name) ?? (sizes ? 0 : null),
      records: recordsOf(range),
      retentionMs: setting('retention.ms'),
      cleanupPolicy: setting('cleanup.policy'),
      groups: [...(groups.get(name)?.keys() ?? [])].toSorted(),
      lag: lagOf(groups.get(name), range),
      ...(rates(name) ?? noRates),
    };
  });
}

/** Begin and end by partition. */
type Ranges = ReadonlyMap<number, readonly [number, number]>;

async function rangesOf(
  admin: Admin,
  topics: readonly TopicMetadata[],
): Promise<Map<string, Ranges>> {
  const places: TopicPartition[] = topics.flatMap(({ name: topic, partitions }) =>
    // A partition without a leader tells nothing; asking would wait for one.
    partitions.filter((one) => one.leaderId >= 0).map(({ partition }) => ({ topic, partition })),
  );
  const [begins, ends] = await Promise.all([
    admin.listOffsets(places.map((place) => ({ ...place, at: 'earliest' as const }))),
    admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' as const }))),
  ]);
  const ranges = new Map<string, Map<number, readonly [number, number]>>();
  for (const [i, { topic, partition }] of places.entries()) {
    const ofTopic = ranges.get(topic) ?? new Map<number, readonly [number, number]>();
    ranges.set(topic, ofTopic.set(partition, [begins[i]?.offset ?? 0, ends[i]?.offset ?? 0]));
  }
  return ranges;
}

/** undefined where brokers do not allow or know it. */
async function sizesOf(
  admin: Admin,
  topics?: readonly TopicMetadata[],
): Promise<Map<string, number> | undefined> {
  try {
    return await admin.logSizes(
      topics?.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partition }) => partition),
      })),
    );
  } catch {
    return undefined;
  }
}

function recordsOf(ranges: Ranges | undefined): number {
  let records = 0;
  for (const [begin, end] of ranges?.values() ?? []) records += Math.max(0, end - begin);
  return records;
}

function lagOf(
  groups: ReadonlyMap<string, ReadonlyMap<number, number>> | undefined,
  ranges: Ranges | undefined,
): number {
  let lag = 0;
  for (const offsets of groups?.values() ?? []) {
    for (const [partition, offset] of offsets) {
      lag += Math.max(0, (ranges?.get(partition)?.[1] ?? offset) - offset);
    }
  }
  return lag;
}
