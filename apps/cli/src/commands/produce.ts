// `drave produce`: one record per line of standard input, or one given by `-v`. Works on any Kafka-compatible broker.
// Protects: input is read no faster than the broker takes it; the exit code is 0 only when every record was acknowledged.

import { createInterface } from 'node:readline';
import type { Producer, ProducerRecord, RecordMetadata } from '@drave/client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type CommonOptions, withCommonOptions } from '../common-options.js';
import { withClient } from '../connection.js';
import { CommandError, print, printJson } from '../output.js';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
/** Lines sent at once; bounds what waits for its acknowledgement. */
const linesPerSend = 1_000;

interface ProduceOptions extends CommonOptions {
  readonly key?: string;
  readonly value?: string;
  readonly header: Readonly<Record<string, string>>;
  readonly partition?: number;
  readonly compression: (typeof codecs)[number];
  readonly acks: '0' | '1' | 'all';
  readonly timestamp?: number;
  readonly tombstone?: true;
  readonly keySeparator?: string;
}

/** The `produce` command. */
export function produceCommand(): Command {
  const command = new Command('produce').description(
    'write records: one per line of standard input, or one with -v',
  );
  return withCommonOptions(command)
    .argument('<topic>')
    .option('-k, --key <text>', 'key of every record')
    .option('-v, --value <text>', 'one record with this value; standard input is not read')
    .option('-K, --key-separator <text>', 'each line is key, separator, value')
    .option('-H, --header <key:value>', 'a header; repeat for more', collectHeader, {})
    .option('-p, --partition <number>', 'write to this partition', parseWhole)
    .option('-Z, --tombstone', 'one record without a value; needs -k')
    .option('--timestamp <time>', 'ISO 8601 or milliseconds since the epoch', parseTimestamp)
    .addOption(new Option('-z, --compression <codec>').choices(codecs).default('none'))
    .addOption(new Option('--acks <level>').choices(['0', '1', 'all']).default('all'))
    .action(produce);
}

async function produce(topic: string, options: ProduceOptions): Promise<void> {
  if (options.tombstone && options.key === undefined) {
    throw new CommandError('a tombstone deletes a key: name it with -k');
  }
  await withClient(options.brokers, async (client) => {
    const acks = options.acks === 'all' ? -1 : options.acks === '1' ? 1 : 0;
    const producer = client.producer({
      acks,
      idempotent: acks === -1,
      compression: options.compression,
    });
    const results = await sendAll(producer, topic, options);
    await producer.flush();
    if (options.output === 'json') printJson(results);
    else if (results.length === 1 && results[0]) {
      const { partition, offset } = results[0];
      print(`${topic} partition ${partition} offset ${offset < 0 ? 'unknown (acks=0)' : offset}`);
    } else print(`${results.length} records written to ${topic}`);
  });
}

async function sendAll(
  producer: Producer,
  topic: string,
  options: ProduceOptions,
): Promise<RecordMetadata[]> {
  if (options.tombstone) return [await producer.send(recordOf(topic, null, options))];
  if (options.value !== undefined)
    return [await producer.send(recordOf(topic, options.value, options))];
  const results: RecordMetadata[] = [];
  let batch: ProducerRecord[] = [];
  const send = async (): Promise<void> => {
    // Only JSON output shows every record; a million lines need no million results.
    const sent = await producer.sendBatch(batch);
    for (const result of sent) results.push(result);
    batch = [];
  };
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    batch.push(recordOf(topic, line, options));
    if (batch.length >= linesPerSend) await send();
  }
  if (batch.length > 0) await send();
  return results;
}

function recordOf(topic: string, line: string | null, options: ProduceOptions): ProducerRecord {
  const { partition, timestamp, keySeparator, header } = options;
  let { key } = options;
  let value = line;
  if (keySeparator !== undefined && line !== null) {
    const at = line.indexOf(keySeparator);
    if (at < 0)
      throw new CommandError(
        `a line has no '${keySeparator}' between key and value: ${line.slice(0, 60)}`,
      );
    key = line.slice(0, at);
    value = line.slice(at + keySeparator.length);
  }
  return {
    topic,
    key: key ?? null,
    value,
    headers: header,
    ...(partition === undefined ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

function collectHeader(
  text: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = text.indexOf(':');
  if (at <= 0) throw new InvalidArgumentError('Give it as key:value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** A whole number ≥ 0. */
export function parseWhole(text: string): number {
  if (/^(0|[1-9]\d{0,15})$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number of at least 0.');
}

/** Milliseconds since the epoch from digits or ISO 8601. */
function parseTimestamp(text: string): number {
  const timestamp = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp;
  throw new InvalidArgumentError(
    'Give ISO 8601 (2001-01-31T23:59:00Z) or milliseconds since the epoch.',
  );
}
