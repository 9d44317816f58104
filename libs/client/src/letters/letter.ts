// What a dead letter says of itself, whoever wrote it: Drave, Spring Kafka, Kafka Connect, Kafka Streams (KIP-1034), or a plain
// `x-original-topic`. Protects: headers are foreign bytes; what is no number or no text is left out, never guessed.

import { deadLetterHeaders } from '@drave/contracts';

import type { ConsumerRecord } from '../partition-buffer.js';

export interface Letter {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  /** undefined: it does not say where it came from. */
  readonly origin:
    | {
        readonly topic: string;
        readonly partition: number | undefined;
        readonly offset: number | undefined;
      }
    | undefined;
  readonly group: string | undefined;
  readonly errorClass: string | undefined;
  readonly error: string | undefined;
  readonly attempts: number | undefined;
}

/** Of a copy that went back: topic, partition and offset of its letter. */
export const redriveIdHeader = 'x-redrive-id';

type Field = 'topic' | 'partition' | 'offset' | 'group' | 'errorClass' | 'error' | 'attempts';
const spring = 'kafka_dlt-';
const connect = '__connect.errors.';
const streams = '__streams.errors.';

/** First one that is there counts. */
const names: Readonly<Record<Field, readonly string[]>> = {
  topic: [
    deadLetterHeaders.topic,
    `${spring}original-topic`,
    `${connect}topic`,
    `${streams}topic`,
    'x-original-topic',
  ],
  partition: [
    deadLetterHeaders.partition,
    `${spring}original-partition`,
    `${connect}partition`,
    `${streams}partition`,
    'x-original-partition',
  ],
  offset: [
    deadLetterHeaders.offset,
    `${spring}original-offset`,
    `${connect}offset`,
    `${streams}offset`,
    'x-original-offset',
  ],
  group: [deadLetterHeaders.group, `${spring}original-consumer-group`],
  errorClass: [
    deadLetterHeaders.errorClass,
    `${spring}exception-cause-fqcn`,
    `${spring}exception-fqcn`,
    `${connect}exception.class.name`,
    `${streams}exception`,
  ],
  error: [
    deadLetterHeaders.error,
    `${spring}exception-message`,
    `${connect}exception.message`,
    `${streams}message`,
  ],
  attempts: [deadLetterHeaders.attempts],
};
const textCharsMax = 2_000;
const prefixes = [spring, connect, streams, 'x-original-'];
const own = new Set<string>([...Object.values(deadLetterHeaders), redriveIdHeader]);

export function letterOf(record: ConsumerRecord): Letter {
  const { partition, offset, timestamp } = record;
  const find = (field: Field): Buffer | undefined => {
    for (const name of names[field]) {
      const header = record.headers.findLast(({ key }) => key === name);
      if (header?.value) return header.value;
    }
    return undefined;
  };
  const text = (field: Field): string | undefined =>
    find(field)?.toString('utf8').slice(0, textCharsMax) || undefined;
  const topic = text('topic');
  return {
    ...{ partition, offset, timestamp },
    origin:
      topic === undefined
        ? undefined
        : { topic, partition: numberOf(find('partition')), offset: numberOf(find('offset')) },
    group: text('group'),
    errorClass: text('errorClass'),
    error: text('error'),
    attempts: numberOf(find('attempts')),
  };
}

/** Headers that the failed record had itself. */
export function headersOfOrigin(record: ConsumerRecord): ConsumerRecord['headers'] {
  return record.headers.filter(
    ({ key }) => !own.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
}

/** Decimal text, or Spring's big-endian int32 and int64. */
function numberOf(bytes: Buffer | undefined): number | undefined {
  if (!bytes) return undefined;
  const text = bytes.toString('latin1');
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const value =
    bytes.length === 4
      ? bytes.readInt32BE()
      : bytes.length === 8
        ? Number(bytes.readBigInt64BE())
        : -1;
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
