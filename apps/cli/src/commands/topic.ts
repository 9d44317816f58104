// `drave topic`: list, create, describe, delete. Works on any Kafka-compatible broker.
// Changing them is in topic-changes.ts, moving records in topic-transfer.ts.

import type { Admin, ConfigEntry } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import { Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { formatTable, print, printJson, printRows } from '../output.js';
import { addTopicChanges } from './topic-changes.js';
import { addTopicTransfer } from './topic-transfer.js';

interface TopicRow {
  readonly topic: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly internal: boolean;
}

interface PartitionRow {
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly startOffset: number;
  readonly endOffset: number;
}

/** The `topic` command with its verbs. */
export function topicCommand(): Command {
  const topic = new Command('topic').description(
    'topics: list, create, describe, change, delete, copy',
  );
  withCommonOptions(topic.command('list').description('names, partitions and replicas'))
    .option('--internal', 'also topics of the broker itself')
    .action(listTopics);
  withCommonOptions(topic.command('create').description('create topics'))
    .argument('<topic...>')
    .option('-p, --partitions <count>', 'partitions of each', parseCount)
    .option('-r, --replication-factor <count>', 'copies of each partition', parseCount)
    .option('-c, --config <name=value>', 'a setting; repeat for more', collectConfig, {})
    .action(createTopics);
  withCommonOptions(topic.command('describe').description('partitions, offsets and settings'))
    .argument('<topic...>')
    .action(describeTopics);
  withCommonOptions(topic.command('delete').description('delete topics and their data'))
    .argument('<topic...>')
    .action(deleteTopics);
  addTopicChanges(topic);
  addTopicTransfer(topic);
  return topic;
}

async function listTopics(options: CommonOptions & { readonly internal?: true }): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const topics = await client.admin().describeTopics();
    const rows: TopicRow[] = topics
      .filter(({ isInternal }) => options.internal || !isInternal)
      .map(({ name, partitions, isInternal }) => ({
        topic: name,
        partitions: partitions.length,
        replicas: partitions[0]?.replicas.length ?? 0,
        internal: isInternal,
      }))
      .toSorted((a, b) => (a.topic < b.topic ? -1 : 1));
    printRows(
      options.output,
      [
        { title: 'TOPIC', value: (row) => row.topic },
        { title: 'PARTITIONS', align: 'right', value: (row) => row.partitions },
        { title: 'REPLICAS', align: 'right', value: (row) => row.replicas },
      ],
      rows,
    );
  });
}

interface CreateOptions extends CommonOptions {
  readonly partitions?: number;
  readonly replicationFactor?: number;
  readonly config: Readonly<Record<string, string>>;
}

async function createTopics(topics: readonly string[], options: CreateOptions): Promise<void> {
  const { partitions, replicationFactor, config } = options;
  await withClient(options.brokers, async (client) => {
    await client.admin().createTopics(
      topics.map((topic) => ({
        topic,
        configs: config,
        ...(partitions === undefined ? {} : { partitions }),
        ...(replicationFactor === undefined ? {} : { replicationFactor }),
      })),
    );
    if (options.output === 'json') printJson(topics.map((topic) => ({ topic, created: true })));
    else for (const topic of topics) print(`created ${topic}`);
  });
}

async function deleteTopics(topics: readonly string[], options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    await client.admin().deleteTopics(topics);
    if (options.output === 'json') printJson(topics.map((topic) => ({ topic, deleted: true })));
    else for (const topic of topics) print(`deleted ${topic}`);
  });
}

async function describeTopics(topics: readonly string[], options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    const described = await admin.describeTopics(topics);
    const results = await Promise.all(
      described.map(async ({ name, topicId, partitions }) => ({
        topic: name,
        topicId,
        partitions: await partitionRows(
          admin,
          partitions.map((partition) => ({ ...partition, topic: name })),
        ),
        configs: await admin.describeConfigs({ type: 'topic', name }),
      })),
    );
    if (options.output === 'json') printJson(results);
    else print(results.map(formatDescription).join('\n\n'));
  });
}

async function partitionRows(
  admin: Admin,
  partitions: readonly (TopicPartition & {
    readonly leaderId: number;
    readonly replicas: readonly number[];
    readonly isr: readonly number[];
  })[],
): Promise<PartitionRow[]> {
  const places = partitions.map(({ topic, partition }) => ({ topic, partition }));
  const starts = await admin.listOffsets(places.map((place) => ({ ...place, at: 'earliest' })));
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  return partitions.map(({ partition, leaderId, replicas, isr }, index) => ({
    partition,
    leader: leaderId,
    replicas,
    isr,
    startOffset: starts[index]?.offset ?? -1,
    endOffset: ends[index]?.offset ?? -1,
  }));
}

function formatDescription(description: {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: readonly PartitionRow[];
  readonly configs: readonly ConfigEntry[];
}): string {
  const partitions = formatTable(
    [
      { title: 'PARTITION', align: 'right', value: (row: PartitionRow) => row.partition },
      { title: 'LEADER', align: 'right', value: (row) => row.leader },
      { title: 'REPLICAS', value: (row) => row.replicas.join(',') },
      { title: 'ISR', value: (row) => row.isr.join(',') },
      { title: 'START', align: 'right', value: (row) => row.startOffset },
      { title: 'END', align: 'right', value: (row) => row.endOffset },
    ],
    description.partitions,
  );
  const changed = description.configs.filter(({ isDefault }) => !isDefault);
  const configs = changed.map(({ name, value }) => `  ${name}=${value ?? '(hidden)'}`);
  const settings = configs.length === 0 ? ['  none'] : configs;
  return [
    `${description.topic}  (id ${description.topicId})`,
    partitions,
    'settings other than the defaults:',
    ...settings,
  ].join('\n');
}

/** A whole number ≥ 1. */
export function parseCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number of at least 1.');
}

function collectConfig(
  text: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Give it as name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
