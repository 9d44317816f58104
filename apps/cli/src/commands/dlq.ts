// `drave dlq`: dead letters by cause, looked at, driven back, discarded. Works on any Kafka-compatible broker. Protects: redrive and discard
// print what they would do and do nothing without --execute; each letter goes back once. Leaves out: editing letters.

import {
  discardLetters,
  isDeadLetterName,
  letterOf,
  redriveLetters,
  surveyLetters,
  topicRows,
  type KafkaClient,
  type Letter,
  type LetterGroup,
  type LetterPlace,
} from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { Command, InvalidArgumentError } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { formatTable, print, printJson, printRows } from '../output.js';
import { orSentence } from './group-changes.js';
import { parseCount } from './topic.js';

interface ResolveOptions extends CommonOptions {
  readonly at?: readonly LetterPlace[];
  readonly errorClass?: string;
  readonly origin?: string;
  readonly rate?: number;
  readonly count?: number;
  readonly execute?: true;
}

/** The `dlq` command with its verbs. */
export function dlqCommand(): Command {
  const dlq = new Command('dlq').description('dead letters: list, peek, redrive, discard');
  withCommonOptions(dlq.command('list').description('topics of dead letters, or the causes in one'))
    .argument('[topic]')
    .action(list);
  withCommonOptions(dlq.command('peek').description('the newest letters'))
    .argument('<topic>')
    .option('-n, --count <letters>', 'so many', parseCount, 10)
    .option('--error-class <name>', 'only these')
    .action(peek);
  withResolve(dlq.command('redrive').description('copy letters back to where they came from'))
    .option('--rate <letters>', 'letters a second', parseCount)
    .action((topic: string, options: ResolveOptions) => resolve(topic, options, 'redrive'));
  withResolve(dlq.command('discard').description('note letters as done with')).action(
    (topic: string, options: ResolveOptions) => resolve(topic, options, 'discard'),
  );
  return dlq;
}

function withResolve(command: Command): Command {
  return withCommonOptions(command)
    .argument('<topic>')
    .option('--at <partition:offset>', 'this letter; repeat for more', collectPlace)
    .option('--error-class <name>', 'only letters of this error')
    .option('--origin <topic>', 'only letters from this topic')
    .option('-n, --count <letters>', 'so many at most', parseCount)
    .option('--execute', 'do it, instead of printing what would happen');
}

function collectPlace(text: string, before: readonly LetterPlace[] = []): LetterPlace[] {
  const [, partition, offset] = /^(\d{1,6}):(\d{1,15})$/.exec(text) ?? [];
  if (offset === undefined) throw new InvalidArgumentError('Give it as partition:offset.');
  return [...before, { partition: Number(partition), offset: Number(offset) }];
}

async function list(topic: string | undefined, options: CommonOptions): Promise<void> {
  await withClient(options.brokers, async (client) => {
    if (topic === undefined) return listTopics(client, options);
    const survey = await surveyLetters(client, topic);
    if (options.output === 'json') return printJson({ topic, ...survey });
    print(
      formatTable(
        [
          { title: 'ERROR', value: (group: LetterGroup) => group.errorClass ?? '-' },
          { title: 'ORIGIN', value: (group) => group.originTopic ?? '-' },
          { title: 'OPEN', align: 'right', value: (group) => group.open },
          { title: 'REDRIVEN', align: 'right', value: (group) => group.redriven },
          { title: 'DISCARDED', align: 'right', value: (group) => group.discarded },
          { title: 'NEWEST', value: (group) => new Date(group.newestMs).toISOString() },
          { title: 'SAMPLE', value: (group) => (group.sample.error ?? '').slice(0, 60) },
        ],
        survey.groups,
      ),
    );
    if (!survey.isComplete) print(`of the newest ${survey.scanned} letters`);
  });
}

async function listTopics(client: KafkaClient, { output }: CommonOptions): Promise<void> {
  const admin = client.admin();
  const names = (await admin.listTopics()).filter(isDeadLetterName);
  const { rows } = await topicRows(admin, { names, size: Math.max(1, names.length) });
  printRows(
    output,
    [
      { title: 'TOPIC', value: (row) => row.topic },
      { title: 'LETTERS', align: 'right', value: (row) => row.letters },
    ],
    rows.map(({ name, records }) => ({ topic: name, letters: records })),
  );
}

async function peek(
  topic: string,
  options: CommonOptions & { readonly count: number; readonly errorClass?: string },
): Promise<void> {
  const { errorClass, count } = options;
  await withClient(options.brokers, async (client) => {
    const letters: (Letter & { readonly value: string | null })[] = [];
    for await (const event of client.browse({
      topic,
      limit: count,
      predicate: (records) =>
        records.map(
          (record) => errorClass === undefined || letterOf(record).errorClass === errorClass,
        ),
    })) {
      if (event.kind !== 'record') continue;
      const { record } = event;
      letters.push({ ...letterOf(record), value: record.value?.toString('utf8') ?? null });
    }
    if (options.output === 'json') return printJson(letters);
    print(
      formatTable(
        [
          { title: 'AT', value: ({ partition, offset }) => `${partition}:${offset}` },
          { title: 'ORIGIN', value: ({ origin }) => placeOf(origin) },
          { title: 'ERROR', value: ({ errorClass: name }) => name ?? '-' },
          { title: 'MESSAGE', value: ({ error }) => (error ?? '').slice(0, 60) },
          { title: 'VALUE', value: ({ value }) => (value ?? '').slice(0, 60) },
        ],
        letters,
      ),
    );
  });
}

function placeOf(origin: Letter['origin']): string {
  if (!origin) return '-';
  const { topic, partition, offset } = origin;
  return partition === undefined ? topic : `${topic}-${partition}@${offset ?? '?'}`;
}

async function resolve(
  topic: string,
  options: ResolveOptions,
  verb: 'redrive' | 'discard',
): Promise<void> {
  const { execute = false, rate, count, at, errorClass, origin } = options;
  const { clock, scheduler } = nodePlatform();
  await withClient(options.brokers, async (client) => {
    const work = verb === 'redrive' ? redriveLetters : discardLetters;
    const result = await orSentence(() =>
      work(client, {
        topic,
        select: { places: at, errorClass, originTopic: origin },
        dryRun: !execute,
        recordsMax: count,
        recordsPerSecond: rate,
        nowMs: () => clock.nowMs(),
        sleep: (ms) => scheduler.sleep(ms),
      }),
    );
    if (options.output === 'json') return printJson({ topic, executed: execute, ...result });
    const { count: done, already, skipped, byTopic } = result;
    for (const [name, letters] of Object.entries(byTopic)) print(`${name || '-'}  ${letters}`);
    const rest = `${already} were resolved before, ${skipped} without an origin stay`;
    if (execute) print(`${verb === 'redrive' ? 'redriven' : 'discarded'}: ${done}; ${rest}`);
    else print(`${done} letters would go; ${rest}; add --execute to do it`);
  });
}
