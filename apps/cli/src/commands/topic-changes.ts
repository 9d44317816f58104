// `drave topic config`, `alter`, `add-partitions`, `trim`. Works on any Kafka-compatible broker. Protects: a trim prints what it would
// delete and deletes nothing without --execute; settings change together or not at all. Leaves out: moving replicas.

import {
  applyTrim,
  parseBrowsePlace,
  planTrim,
  type BrowsePlace,
  type ConfigEntry,
} from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { type Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { CommandError, formatTable, print, printJson, printRows } from '../output.js';
import { orSentence, parsed } from './group-changes.js';

/** Adds the verbs to the `topic` command. */
export function addTopicChanges(topic: Command): void {
  withCommonOptions(topic.command('config').description('settings in effect and their source'))
    .argument('<topic>')
    .option('--all', 'also those that are the default')
    .action(showConfig);
  withCommonOptions(topic.command('alter').description('change settings'))
    .argument('<topic>')
    .option('-c, --config <name=value>', 'set; repeat for more', collectSetting, [])
    .option('-d, --delete <name>', 'back to the default; repeat for more', collectName, [])
    .option('--dry-run', 'only check')
    .action(alterTopic);
  withCommonOptions(
    topic.command('add-partitions').description('grow to so many; keys then change partitions'),
  )
    .argument('<topic>')
    .argument('<count>', 'partitions afterwards', parseTotal)
    .action(addPartitions);
  withCommonOptions(topic.command('trim').description('delete the oldest records; previews first'))
    .argument('<topic>')
    .requiredOption(
      '--before <place>',
      'offset:N, ts:TIME, -7d, newest-1d, or latest for all',
      (text) => parsed(() => parseBrowsePlace(text)),
    )
    .option('--execute', 'do it, instead of printing what would go')
    .action(trimTopic);
}

interface Setting {
  readonly name: string;
  readonly value: string | null;
}

function collectSetting(text: string, before: readonly Setting[]): Setting[] {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Give it as name=value.');
  return [...before, { name: text.slice(0, at), value: text.slice(at + 1) }];
}

function collectName(name: string, before: readonly string[]): string[] {
  return [...before, name];
}

function parseTotal(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number of at least 1.');
}

const sources: Readonly<Record<number, string>> = {
  1: 'topic',
  2: 'broker',
  3: 'all brokers',
  4: 'start of the broker',
  5: 'default',
};

async function showConfig(
  name: string,
  options: CommonOptions & { readonly all?: true },
): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    await admin.describeTopics([name]);
    const all = await admin.describeConfigs({ type: 'topic', name });
    const shown = all.filter(({ isDefault }) => options.all || !isDefault);
    printRows(
      options.output,
      [
        { title: 'SETTING', value: (entry: ConfigEntry) => entry.name },
        { title: 'VALUE', value: ({ value }) => value ?? '(hidden)' },
        { title: 'FROM', value: ({ source }) => sources[source] ?? String(source) },
      ],
      shown.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    if (shown.length === 0 && options.output !== 'json') {
      print('all settings are the defaults; --all shows them');
    }
  });
}

async function alterTopic(
  name: string,
  options: CommonOptions & {
    readonly config: readonly Setting[];
    readonly delete: readonly string[];
    readonly dryRun?: true;
  },
): Promise<void> {
  const changes = [
    ...options.config,
    ...options.delete.map((one): Setting => ({ name: one, value: null })),
  ];
  if (changes.length === 0) throw new CommandError('name a setting: -c retention.ms=86400000');
  await withClient(options.brokers, async (client) => {
    const validateOnly = options.dryRun === true;
    await client.admin().alterConfigs({ type: 'topic', name }, changes, { validateOnly });
    if (options.output === 'json') printJson({ topic: name, changes, changed: !validateOnly });
    else print(validateOnly ? `${name} would take it` : `changed ${name}`);
  });
}

async function addPartitions(topic: string, count: number, options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    await client.admin().createPartitions(topic, count);
    if (options.output === 'json') printJson({ topic, partitions: count });
    else
      print(`${topic} has ${count} partitions; records of a key may go to another one from now on`);
  });
}

async function trimTopic(
  topic: string,
  options: CommonOptions & { readonly before: BrowsePlace; readonly execute?: true },
): Promise<void> {
  const { before: place, execute = false } = options;
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    const nowMs = nodePlatform().clock.nowMs();
    const plan = await orSentence(() => planTrim(admin, topic, { place, nowMs }));
    const rows = execute ? await applyTrim(admin, topic, plan) : plan;
    const deleted = rows.reduce((sum, { before, after }) => sum + after - before, 0);
    if (options.output === 'json') {
      printJson({ topic, deleted, executed: execute, partitions: rows });
      return;
    }
    print(
      formatTable(
        [
          { title: 'PARTITION', align: 'right', value: (row) => row.partition },
          { title: 'BEGIN', align: 'right', value: (row) => row.before },
          { title: 'NEW BEGIN', align: 'right', value: (row) => row.after },
          { title: 'END', align: 'right', value: (row) => row.end },
        ],
        rows,
      ),
    );
    if (execute) print(`deleted ${deleted} records of ${topic}`);
    else print(`${deleted} records would go; add --execute to delete them`);
  });
}
