// `drave consume`: prints records, from a place in the log or as a member of a group. Works on any Kafka-compatible broker.
// Protects: with a group the position is committed for what was printed, and only for that.
// Leaves out: time ranges with an end.

import type { Admin, Consumer, ConsumerRecord, KafkaClient } from '@drave/client';
import type { TopicPartition } from '@drave/contracts';
import { nodePlatform } from '@drave/platform';
import { Command, InvalidArgumentError } from 'commander';
import { filterSentence, withFilter, type Predicate } from '../cel-filter.js';
import { withBrokers } from '../common-options.js';
import { withClient } from '../connection.js';
import { parseOffsetSpec, type OffsetSpec } from '../offset-spec.js';
import { CommandError, type OutputFormat } from '../output.js';
import { formatRecord } from '../record-format.js';
import { parseCount } from './topic.js';
import { parseWhole } from './produce.js';

interface Selection {
  readonly format: OutputFormat;
  readonly offset: OffsetSpec | undefined;
}

interface ConsumeOptions {
  readonly brokers: string;
  readonly output: Selection;
  readonly group?: string;
  readonly partition?: readonly number[];
  readonly count?: number;
  readonly exit?: true;
  readonly format?: string;
  readonly filter?: string;
}

const nothingChosen: Selection = { format: 'table', offset: undefined };

/** The `consume` command. */
export function consumeCommand(): Command {
  const command = new Command('consume').description(
    'print records as they arrive, or up to the end with -e',
  );
  return withBrokers(command)
    .argument('<topic>')
    .option(
      '-o, --output <json|offset>',
      'json, and/or where to start: start, end, N, -N (before the end), +N (after the start), @TIME',
      choose,
      nothingChosen,
    )
    .option('-g, --group <id>', 'read as a member of this group and commit')
    .option('-p, --partition <number>', 'only this partition; repeat for more', collectPartition)
    .option('-n, --count <records>', 'end after so many records', parseCount)
    .option('--filter <expression>', filterSentence)
    .option('-e, --exit', 'end at the present end of the topic')
    .option('-f, --format <text>', 'with %k %v %h %p %o %t %T %s %%, \\n and \\t; default %v\\n')
    .action(consume);
}

async function consume(topic: string, options: ConsumeOptions): Promise<void> {
  if (options.group !== undefined && (options.partition || options.output.offset)) {
    throw new CommandError(
      'a group decides partitions and offsets itself: leave out -p and the offset, or -g',
    );
  }
  await withClient(options.brokers, async (client) => {
    const consumer =
      options.group === undefined
        ? await assignedConsumer(client, topic, options)
        : await groupConsumer(client, topic, options.group);
    const ends = await endsToReach(client.admin(), topic, options);
    await withFilter(options.filter, (predicate) => run(consumer, ends, { ...options, predicate }));
  });
}

async function groupConsumer(
  client: KafkaClient,
  topic: string,
  groupId: string,
): Promise<Consumer> {
  const consumer = client.consumer({ groupId, autoOffsetReset: 'earliest' });
  consumer.subscribe([topic]);
  return consumer;
}

async function assignedConsumer(
  client: KafkaClient,
  topic: string,
  options: ConsumeOptions,
): Promise<Consumer> {
  const admin = client.admin();
  const places = await partitionsOf(admin, topic, options.partition);
  const starts = await resolveStarts(
    admin,
    places,
    options.output.offset ?? { from: 'end', shift: 0 },
  );
  const consumer = client.consumer({ autoOffsetReset: 'earliest' });
  consumer.assign(places);
  for (const [index, place] of places.entries()) consumer.seek(place, starts[index] ?? 0);
  return consumer;
}

async function partitionsOf(
  admin: Admin,
  topic: string,
  wanted: readonly number[] | undefined,
): Promise<TopicPartition[]> {
  const [described] = await admin.describeTopics([topic]);
  const all = described?.partitions.map(({ partition }) => partition) ?? [];
  const unknown = wanted?.find((partition) => !all.includes(partition));
  if (unknown !== undefined) {
    throw new CommandError(
      `topic '${topic}' has no partition ${unknown}; it has 0 to ${all.length - 1}`,
    );
  }
  return (wanted ?? all).map((partition) => ({ topic, partition }));
}

async function resolveStarts(
  admin: Admin,
  places: readonly TopicPartition[],
  spec: OffsetSpec,
): Promise<number[]> {
  if (spec.from === 'offset') return places.map(() => spec.offset);
  if (spec.from === 'time') {
    const found = await admin.listOffsets(
      places.map((place) => ({ ...place, at: spec.timestampMs })),
    );
    const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
    return found.map(({ offset }, index) => (offset >= 0 ? offset : (ends[index]?.offset ?? 0)));
  }
  const starts = await admin.listOffsets(places.map((place) => ({ ...place, at: 'earliest' })));
  if (spec.from === 'start') return starts.map(({ offset }) => offset + spec.shift);
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  return ends.map(({ offset }, index) => Math.max(starts[index]?.offset ?? 0, offset - spec.shift));
}

/** Per partition the offset at which `-e` ends; empty without it. */
async function endsToReach(
  admin: Admin,
  topic: string,
  options: ConsumeOptions,
): Promise<Map<number, number>> {
  if (!options.exit) return new Map();
  const places = await partitionsOf(admin, topic, options.partition);
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: 'latest' })));
  return new Map(ends.map(({ partition, offset }) => [partition, offset]));
}

async function run(
  consumer: Consumer,
  ends: ReadonlyMap<number, number>,
  options: ConsumeOptions & { readonly predicate: Predicate | undefined },
): Promise<void> {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const show = formatRecord(options.output.format, options.format);
  let left = options.count ?? Number.POSITIVE_INFINITY;
  while (!stopped && left > 0 && !(await reached(consumer, ends, options.exit ?? false))) {
    const { predicate } = options;
    const maxRecords = predicate ? 500 : Math.min(left, 500);
    const records = await consumer.poll({ maxRecords, timeoutMs: 200 });
    if (records.length === 0) continue;
    const { shown, seen } = chosen(records, await predicate?.(records), left);
    left -= shown.length;
    await write(shown.map(show).join(''));
    if (options.group !== undefined) await consumer.commit(nextOffsets(seen));
  }
}

/** Those that match, up to `most`, and all that were looked at for them. */
function chosen(
  records: readonly ConsumerRecord[],
  answers: readonly boolean[] | undefined,
  most: number,
): { readonly shown: readonly ConsumerRecord[]; readonly seen: readonly ConsumerRecord[] } {
  if (!answers) return { shown: records, seen: records };
  const shown: ConsumerRecord[] = [];
  for (const [index, record] of records.entries()) {
    if (answers[index]) shown.push(record);
    if (shown.length >= most) return { shown, seen: records.slice(0, index + 1) };
  }
  return { shown, seen: records };
}

// A group member ends once its own partitions are at their ends; one without partitions yet waits for them.
async function reached(
  consumer: Consumer,
  ends: ReadonlyMap<number, number>,
  exit: boolean,
): Promise<boolean> {
  if (!exit) return false;
  const mine = consumer.assignment();
  if (mine.length === 0) return false;
  for (const place of mine) {
    const position = consumer.position(place);
    if (position === undefined || position < (ends.get(place.partition) ?? 0)) return false;
  }
  return true;
}

function nextOffsets(
  records: readonly ConsumerRecord[],
): { topic: string; partition: number; offset: number }[] {
  const next = new Map(
    records.map(({ topic, partition, offset }) => [
      partition,
      { topic, partition, offset: offset + 1 },
    ]),
  );
  return [...next.values()];
}

async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return;
  const { scheduler } = nodePlatform();
  while (process.stdout.writableNeedDrain) await scheduler.sleep(5);
}

// `-o` says the format or the place, as often as needed.
function choose(text: string, before: Selection): Selection {
  if (text === 'json' || text === 'table') return { ...before, format: text };
  const offset = parseOffsetSpec(text);
  if (offset) return { ...before, offset };
  throw new InvalidArgumentError(
    'Give json, start, end, N, -N, +N or @TIME (ISO 8601 or milliseconds).',
  );
}

function collectPartition(text: string, before: readonly number[] | undefined): number[] {
  return [...(before ?? []), parseWhole(text)];
}
