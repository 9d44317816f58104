// The topics an application needs: sources checked, repartition and changelog topics created.
// Protects: a changelog has a partition per task, is compacted, and loses nothing by the wall clock; co-read topics have
// equal partition counts. Changelog records carry the time of writing, so `min.compaction.lag.ms` protects the values
// that a rollback to the last commit may need. Leaves out: deleting topics, growing partition counts.

import type { Admin, NewTopic } from '@drave/client';
import { KafkaError } from '@drave/contracts';
import { TopologyError } from './errors.js';
import { changelogTopic, resolveTopic, type Subtopology } from './subtopology.js';
import type { Topology } from './topology.js';

/** How long a crashed instance may stay away and still roll back exactly without its local state. */
const compactionLagMs = 24 * 3_600_000;

const changelogConfigs = Object.freeze({
  'cleanup.policy': 'compact',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'min.compaction.lag.ms': String(compactionLagMs),
  'message.timestamp.type': 'CreateTime',
});
const repartitionConfigs = Object.freeze({
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  'message.timestamp.type': 'CreateTime',
});

export interface InternalTopic extends NewTopic {
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Internal topics with their partition counts, from the counts of the user's source topics. Throws TopologyError. */
export function internalTopics(
  topology: Topology,
  applicationId: string,
  sourceCounts: ReadonlyMap<string, number>,
): InternalTopic[] {
  const counts = new Map(sourceCounts);
  const topics: InternalTopic[] = [];
  for (let open = [...topology.subtopologies]; open.length > 0;) {
    const ready = open.filter((subtopology) =>
      repartitionReady(subtopology, { topology, applicationId, counts }),
    );
    if (ready.length === 0)
      throw new TopologyError('repartition topics feed each other in a circle');
    for (const subtopology of ready) {
      const partitions = taskCount(subtopology, { topology, applicationId, counts });
      for (const { topic } of subtopology.sources) {
        const name = resolveTopic(topic, applicationId);
        if (topic.kind === 'external') continue;
        counts.set(name, partitions);
        topics.push({ topic: name, partitions, configs: repartitionConfigs });
      }
      for (const { name } of subtopology.stores) {
        const topic = changelogTopic(name, applicationId);
        topics.push({ topic, partitions, configs: changelogConfigs });
      }
    }
    open = open.filter((subtopology) => !ready.includes(subtopology));
  }
  return topics;
}

interface Counting {
  readonly topology: Topology;
  readonly applicationId: string;
  readonly counts: ReadonlyMap<string, number>;
}

/** Sub-topologies that write a repartition topic this one reads. */
function writersOf(reader: Subtopology, { topology }: Counting): Subtopology[] {
  const names = reader.sources.flatMap(({ topic }) =>
    topic.kind === 'repartition' ? [topic.name] : [],
  );
  return topology.subtopologies.filter(({ sinks }) =>
    sinks.some(({ topic }) => topic.kind === 'repartition' && names.includes(topic.name)),
  );
}

function externalCounts(subtopology: Subtopology, { counts }: Counting): number[] {
  return subtopology.sources.flatMap(({ topic }) =>
    topic.kind === 'external' ? [counts.get(topic.name) ?? 0] : [],
  );
}

function countsOf(subtopology: Subtopology, counting: Counting): number[] {
  const { applicationId, counts } = counting;
  return subtopology.sources.map(
    ({ topic }) => counts.get(resolveTopic(topic, applicationId)) ?? 0,
  );
}

function repartitionReady(subtopology: Subtopology, counting: Counting): boolean {
  if (externalCounts(subtopology, counting).length > 0) return true;
  return writersOf(subtopology, counting).every((writer) =>
    countsOf(writer, counting).every((count) => count > 0),
  );
}

/** That of its external sources, which must agree; else the widest writer's. */
function taskCount(subtopology: Subtopology, counting: Counting): number {
  const external = externalCounts(subtopology, counting);
  const [first] = external;
  if (first !== undefined) {
    if (external.every((count) => count === first)) return first;
    const names = subtopology.sources.map(({ topic }) => `${topic.name}`).join(', ');
    throw new TopologyError(
      `topics ${names} are read together but have ${external.join(', ')} partitions; give them the same number, or put repartition() between`,
    );
  }
  return Math.max(
    1,
    ...writersOf(subtopology, counting).flatMap((writer) => countsOf(writer, counting)),
  );
}

/** Looks the source topics up, creates what is missing of the internal ones and checks what is there. */
export async function ensureTopics(
  admin: Admin,
  topology: Topology,
  applicationId: string,
): Promise<readonly InternalTopic[]> {
  const counts = new Map<string, number>();
  for (const topic of topology.externalTopics().sources) {
    counts.set(topic, await partitionCount(admin, topic));
  }
  const needed = internalTopics(topology, applicationId, counts);
  for (const topic of needed) {
    await createOrCheck(admin, topic);
  }
  return needed;
}

async function partitionCount(admin: Admin, topic: string): Promise<number> {
  try {
    const [description] = await admin.describeTopics([topic]);
    return description?.partitions.length ?? 0;
  } catch (cause) {
    if (!(cause instanceof KafkaError) || cause.errorName !== 'UNKNOWN_TOPIC_OR_PARTITION') {
      throw cause;
    }
    throw new TopologyError(`source topic '${topic}' does not exist; create it first`);
  }
}

async function createOrCheck(admin: Admin, topic: InternalTopic): Promise<void> {
  try {
    await admin.createTopics([topic]);
    return;
  } catch (error) {
    if (!(error instanceof KafkaError) || error.errorName !== 'TOPIC_ALREADY_EXISTS') throw error;
  }
  const count = await partitionCount(admin, topic.topic);
  if (count === topic.partitions) return;
  throw new TopologyError(
    `internal topic '${topic.topic}' has ${count} partitions, but its sources have ${topic.partitions}; reset the application or repartition`,
  );
}
