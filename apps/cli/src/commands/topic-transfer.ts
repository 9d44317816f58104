// `drave topic copy`, `export`, `import`: records into another topic, or as lines of JSON (or CSV) out of a topic and into it. Works on any
// Kafka-compatible broker. Protects: what is read back are the same bytes; input is read no faster than the broker takes it; a wrong line
// is named. Leaves out: copying between clusters (export | import does), importing CSV.

import { createInterface } from 'node:readline';
import {
  copyRecords,
  parseBrowsePlace,
  recordLine,
  recordOfLine,
  type BrowsePlace,
  type BrowseRequest,
  type ProducerRecord,
} from '@drave/client';
import { nodePlatform } from '@drave/platform';
import { type Command, Option } from 'commander';
import { filterSentence, withFilter, type Predicate } from '../cel-filter.js';
import { type CommonOptions, withBrokers, withCommonOptions } from '../common-options.js';
import { csvHeader, csvLine } from '../record-csv.js';
import { withClient } from '../connection.js';
import { CommandError, print, printJson } from '../output.js';
import { orSentence, parsed } from './group-changes.js';
import { parseWhole } from './produce.js';

interface SelectionOptions {
  readonly brokers: string;
  readonly from: BrowsePlace;
  readonly until?: BrowsePlace;
  readonly partition?: readonly number[];
  readonly contains?: string;
  readonly count?: number;
  readonly filter?: string;
}

const everything = 100_000_000;
const lineBatch = 500;
const batchBytesMax = 4 * 1_048_576;
const dayMs = 86_400_000;

/** Adds the verbs to the `topic` command. */
export function addTopicTransfer(topic: Command): void {
  withSelection(withCommonOptions(topic.command('copy').description('copy records')))
    .argument('<from-topic>')
    .argument('<to-topic>')
    .option('--keep-partitions', 'into the partition each was in; else by key')
    .action(copyTopic);
  withSelection(withBrokers(topic.command('export').description('records as lines of JSON or CSV')))
    .argument('<topic>')
    .addOption(
      new Option('-o, --output <format>', 'json (import reads it) or csv')
        .choices(['json', 'csv'])
        .default('json'),
    )
    .action(exportTopic);
  withCommonOptions(
    topic.command('import').description('write lines of JSON from standard input, as exported'),
  )
    .argument('<topic>')
    .option('--keep-partitions', 'into the partition each was in; else by key')
    .option('--now', 'with the present time instead of their own')
    .action(importTopic);
}

function withSelection(command: Command): Command {
  const place = (text: string): BrowsePlace => parsed(() => parseBrowsePlace(text));
  return command
    .addOption(
      new Option('--from <place>', 'earliest, offset:N, ts:TIME, -1h or newest-1h')
        .argParser(place)
        .default({ kind: 'earliest' }, 'earliest'),
    )
    .option('--until <place>', 'up to there; default the present end', place)
    .option('-p, --partition <number>', 'only this partition; repeat for more', collect)
    .option('--contains <text>', 'only records with this in key, value or headers')
    .option('--filter <expression>', filterSentence)
    .option('-n, --count <records>', 'so many at most', parseWhole);
}

function collect(text: string, before: readonly number[] = []): number[] {
  return [...before, parseWhole(text)];
}

function requestOf(
  topic: string,
  options: SelectionOptions,
  predicate: Predicate | undefined,
): BrowseRequest {
  const { from, until, partition, contains, count = everything } = options;
  if (from.kind === 'latest') throw new CommandError('--from latest: there is nothing after it');
  return {
    ...{ topic, from, limit: count, bytesMax: Infinity, timeoutMs: dayMs },
    ...(until ? { until } : {}),
    ...(partition ? { partitions: partition } : {}),
    ...(contains === undefined ? {} : { contains }),
    ...(predicate ? { predicate } : {}),
  };
}

async function copyTopic(
  from: string,
  to: string,
  options: SelectionOptions & CommonOptions & { readonly keepPartitions?: true },
): Promise<void> {
  await withClient(options.brokers, async (client) => {
    await client.admin().describeTopics([to]);
    const target = { topic: to, keepPartitions: options.keepPartitions === true };
    const result = await withFilter(options.filter, (predicate) =>
      orSentence(() => copyRecords(client, requestOf(from, options, predicate), target)),
    );
    if (options.output === 'json') printJson({ from, to, ...result });
    else print(`copied ${result.copied} records from ${from} to ${to}`);
  });
}

async function exportTopic(
  topic: string,
  options: SelectionOptions & { readonly output: 'json' | 'csv' },
): Promise<void> {
  const lineOf = options.output === 'csv' ? csvLine : recordLine;
  await withClient(options.brokers, (client) =>
    withFilter(options.filter, (predicate) =>
      orSentence(async () => {
        if (options.output === 'csv') await write(`${csvHeader}\n`);
        for await (const event of client.browse(requestOf(topic, options, predicate))) {
          if (event.kind === 'record') await write(`${lineOf(event.record)}\n`);
          else if (event.kind === 'damaged') {
            process.stderr.write(`drave: ${event.batch.message}\n`);
          } else if (event.kind === 'done' && ['time', 'bytes'].includes(event.reason)) {
            throw new CommandError('the export did not reach the end in its time');
          }
        }
      }),
    ),
  );
}

async function importTopic(
  topic: string,
  options: CommonOptions & { readonly keepPartitions?: true; readonly now?: true },
): Promise<void> {
  const how = { topic, keepPartition: !!options.keepPartitions, keepTimestamp: !options.now };
  await withClient(options.brokers, async (client) => {
    await client.admin().describeTopics([topic]);
    const producer = client.producer();
    let batch: ProducerRecord[] = [];
    let bytes = 0;
    let imported = 0;
    let number = 0;
    const flush = async (): Promise<void> => {
      if (batch.length > 0) await producer.sendBatch(batch);
      imported += batch.length;
      batch = [];
      bytes = 0;
    };
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      try {
        batch.push(recordOfLine(line, how));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        await flush();
        throw new CommandError(
          `line ${number}: ${error.message}; ${imported} records before it were written`,
        );
      }
      bytes += line.length;
      if (batch.length >= lineBatch || bytes >= batchBytesMax) await flush();
    }
    await flush();
    if (options.output === 'json') printJson({ topic, imported });
    else print(`imported ${imported} records into ${topic}`);
  });
}

/** Waits while the reader of standard output is behind. */
async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  const { scheduler } = nodePlatform();
  while (process.stdout.writableNeedDrain) await scheduler.sleep(5);
}
