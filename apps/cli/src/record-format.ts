// One record as text: kcat's placeholders, or a line of JSON.
// Protects: bytes that are no UTF-8 are shown as base64 in JSON and said to be so; nothing is silently replaced there.

import type { ConsumerRecord } from '@drave/client';
import type { OutputFormat } from './output.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A function that renders records; `format` is used unless JSON is asked for. */
export function formatRecord(
  output: OutputFormat,
  format = '%v\\n',
): (record: ConsumerRecord) => string {
  if (output === 'json') return (record) => `${JSON.stringify(toJson(record))}\n`;
  const parts = format.split(/(%[kvhpotTs%]|\\n|\\t|\\\\)/);
  return (record) => parts.map((part) => expand(part, record)).join('');
}

function expand(part: string, record: ConsumerRecord): string {
  switch (part) {
    case '%k':
      return record.key?.toString('utf8') ?? '';
    case '%v':
      return record.value?.toString('utf8') ?? '';
    case '%h':
      return record.headers
        .map(({ key, value }) => `${key}=${value?.toString('utf8') ?? ''}`)
        .join(',');
    case '%p':
      return String(record.partition);
    case '%o':
      return String(record.offset);
    case '%t':
      return record.topic;
    case '%T':
      return String(record.timestamp);
    case '%s':
      return String(record.value?.length ?? -1);
    case '%%':
      return '%';
    case '\\n':
      return '\n';
    case '\\t':
      return '\t';
    case '\\\\':
      return '\\';
    default:
      return part;
  }
}

function toJson(record: ConsumerRecord): Record<string, unknown> {
  const { topic, partition, offset, timestamp } = record;
  return {
    topic,
    partition,
    offset,
    timestamp,
    ...field('key', record.key),
    ...field('value', record.value),
    headers: record.headers.map(({ key, value }) => ({ key, ...field('value', value) })),
  };
}

function field(name: string, bytes: Buffer | null): Record<string, string | null> {
  if (bytes === null) return { [name]: null };
  try {
    return { [name]: utf8.decode(bytes) };
  } catch {
    return { [`${name}Base64`]: bytes.toString('base64') };
  }
}
