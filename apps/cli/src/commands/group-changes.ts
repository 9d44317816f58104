// `drave group reset`, `delete`, `delete-offsets`. Works on any Kafka-compatible broker. Protects: a reset prints what it would change and
// changes nothing without --execute; groups with members are refused with who they are. Leaves out: evicting members.

import {
  applyOffsetReset,
  parseOffsetLines,
  parseResetTarget,
  planOffsetReset,
  type ResetPlan,
  type ResetRow,
  type ResetScope,
  type ResetTarget,
} from '@drave/client';
import { errorCode, nodePlatform } from '@drave/platform';
import { type Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { CommandError, formatTable, print, printJson } from '../output.js';

interface ResetOptions extends CommonOptions {
  readonly to?: ResetTarget | { readonly kind: 'file'; readonly path: string };
  readonly shift?: ResetTarget;
  readonly by?: ResetTarget;
  readonly topics?: readonly ResetScope[];
  readonly execute?: true;
}

/** Adds the verbs to the `group` command. */
export function addGroupChanges(group: Command): void {
  withCommonOptions(group.command('reset').description('move committed offsets; previews first'))
    .argument('<group>')
    .option(
      '--to <target>',
      'earliest, latest, current, offset:N, ts:TIME, -1h, shift:N, group:ID or file:PATH (lines topic,partition,offset)',
      parseTarget,
    )
    .option('--shift <records>', 'forwards, or backwards when negative', (text) =>
      parsed(() => parseResetTarget(`shift:${text}`)),
    )
    .option('--by <duration>', 'to what was written so long ago: 1h', (text) =>
      parsed(() => parseResetTarget(`-${text}`)),
    )
    .option('--topics <names>', 'a,b or a:0,a:1; default: all it committed for', parseScope)
    .option('--execute', 'do it, instead of printing what would change')
    .action(resetGroup);
  withCommonOptions(group.command('delete').description('delete groups without members'))
    .argument('<group...>')
    .action(deleteGroups);
  withCommonOptions(
    group.command('delete-offsets').description('forget what a group committed for topics'),
  )
    .argument('<group>')
    .argument('<topic...>')
    .action(deleteOffsets);
}

/** What the library refuses, as commander shows it. */
export function parsed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** What the library refuses while it works, as a sentence. */
export async function orSentence<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

function parseTarget(text: string): NonNullable<ResetOptions['to']> {
  if (text.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) };
  return parsed(() => parseResetTarget(text, ['file:PATH']));
}

/** The target with its file read. */
async function targetOf(given: NonNullable<ResetOptions['to']>): Promise<ResetTarget> {
  if (given.kind !== 'file') return given;
  const { path } = given;
  const text = await nodePlatform()
    .disk.readFile(path)
    .catch((cause: unknown) => {
      const code = errorCode(cause) ?? String(cause);
      throw new CommandError(`'${path}' cannot be read (${code})`, { cause });
    });
  try {
    return parseOffsetLines(text.toString('utf8'));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CommandError(`'${path}': ${cause.message}`, { cause });
  }
}

function parseScope(text: string): ResetScope[] {
  const byTopic = new Map<string, number[] | undefined>();
  for (const part of text.split(',')) {
    const [, topic, partition] = /^([\w.-]{1,249})(?::(\d{1,6}))?$/.exec(part.trim()) ?? [];
    if (topic === undefined) throw new InvalidArgumentError('Give topics as a,b or a:0,a:1.');
    if (partition === undefined) byTopic.set(topic, undefined);
    else if (!byTopic.has(topic)) byTopic.set(topic, [Number(partition)]);
    else byTopic.get(topic)?.push(Number(partition));
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}

async function resetGroup(groupId: string, options: ResetOptions): Promise<void> {
  const { topics: scope, execute = false } = options;
  const given = [options.to, options.shift, options.by].filter((one) => one !== undefined);
  const [where] = given;
  if (where === undefined || given.length > 1) {
    throw new CommandError('say where to: one of --to, --shift and --by');
  }
  const to = await targetOf(where);
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    const nowMs = nodePlatform().clock.nowMs();
    const plan = await orSentence(() => planOffsetReset(admin, { groupId, scope, to, nowMs }));
    if (execute) await applyOffsetReset(admin, plan);
    if (options.output === 'json') printJson({ ...plan, executed: execute });
    else printPlan(plan, execute);
  });
}

function printPlan({ groupId, rows, obstacle }: ResetPlan, executed: boolean): void {
  print(
    formatTable(
      [
        { title: 'TOPIC', value: (row: ResetRow) => row.topic },
        { title: 'PARTITION', align: 'right', value: (row) => row.partition },
        { title: 'BEFORE', align: 'right', value: (row) => row.before ?? '-' },
        { title: 'AFTER', align: 'right', value: (row) => row.after },
        { title: 'LAG BEFORE', align: 'right', value: (row) => row.lagBefore ?? '-' },
        { title: 'LAG AFTER', align: 'right', value: (row) => row.lagAfter },
        { title: 'NOTE', value: (row) => (row.isClamped ? 'moved into the log' : '') },
      ],
      rows,
    ),
  );
  if (executed) print(`reset ${groupId}: ${rows.length} partitions`);
  else if (obstacle !== undefined) print(`not possible now: ${obstacle}`);
  else print('nothing was changed; add --execute to do it');
}

async function deleteGroups(groups: readonly string[], options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    for (const group of groups) {
      await admin.deleteGroup(group);
      if (options.output !== 'json') print(`deleted ${group}`);
    }
    if (options.output === 'json') printJson(groups.map((group) => ({ group, deleted: true })));
  });
}

async function deleteOffsets(
  group: string,
  topics: readonly string[],
  options: CommonOptions,
): Promise<void> {
  await withClient(options.brokers, async (client) => {
    const admin = client.admin();
    const committed = await admin.groupOffsets(group);
    const missing = topics.find((topic) => !committed.some((one) => one.topic === topic));
    if (missing !== undefined) {
      throw new CommandError(`group '${group}' has committed nothing for '${missing}'`);
    }
    const partitions = committed.filter(({ topic }) => topics.includes(topic));
    await admin.deleteGroupOffsets(group, partitions);
    if (options.output === 'json') printJson({ group, topics, deleted: partitions.length });
    else print(`${group}: forgot ${partitions.length} offsets`);
  });
}
