// `drave delayed`: records that wait for their time, and dropping them. Over HTTP, as the Kafka protocol knows no such thing.
// Leaves out: what is in them (browse the delay topic).

import type { DelayedRecordList, DelayedTopicList } from '@drave/contracts/rest';
import { Command, InvalidArgumentError } from 'commander';
import { print, printJson, printRows } from '../output.js';
import { askRest, withRest, type RestOptions } from '../rest-client.js';
import { parseCount } from './topic.js';

interface ListOptions extends RestOptions {
  readonly count: number;
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** The `delayed` command with its verbs. */
export function delayedCommand(): Command {
  const delayed = new Command('delayed').description('records that wait for their time');
  withRest(delayed.command('list').description('topics that delay, or what waits in one'))
    .argument('[topic]')
    .option('-n, --count <records>', 'the next due ones', parseCount, 20)
    .action(list);
  withRest(delayed.command('cancel').description('drop a waiting record'))
    .argument('<topic>')
    .argument('<partition:offset>', 'as list shows it', parsePlace)
    .action(cancel);
  return delayed;
}

async function list(topic: string | undefined, options: ListOptions): Promise<void> {
  const { output, count } = options;
  if (topic === undefined) {
    const { data } = (await askRest(options, '/api/v1/delayed')) as DelayedTopicList;
    printRows(
      output,
      [
        { title: 'TOPIC', value: (row) => row.topic },
        { title: 'WAITING', align: 'right', value: (row) => row.waiting },
      ],
      data,
    );
    return;
  }
  const path = `/api/v1/delayed/${encodeURIComponent(topic)}?count=${count}`;
  const { data, waiting } = (await askRest(options, path)) as DelayedRecordList;
  if (output === 'json') return printJson({ data, waiting });
  printRows(
    output,
    [
      { title: 'AT', value: (row) => `${row.partition}:${row.offset}` },
      { title: 'DUE', value: (row) => new Date(row.deliverAtMs).toISOString() },
    ],
    data,
  );
  if (waiting > data.length) print(`and ${waiting - data.length} more; -n shows them`);
}

async function cancel(
  topic: string,
  { partition, offset }: Place,
  options: RestOptions,
): Promise<void> {
  const path = `/api/v1/delayed/${encodeURIComponent(topic)}/${partition}/${offset}`;
  await askRest(options, path, 'DELETE');
  if (options.output === 'json') printJson({ topic, partition, offset, cancelled: true });
  else print(`cancelled ${topic} ${partition}:${offset}`);
}

function parsePlace(text: string): Place {
  const [, partition, offset] = /^(\d{1,9}):(\d{1,15})$/.exec(text) ?? [];
  if (partition === undefined) throw new InvalidArgumentError('Give it as PARTITION:OFFSET.');
  return { partition: Number(partition), offset: Number(offset) };
}
