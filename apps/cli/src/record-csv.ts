// Records as lines of CSV (RFC 4180, lines end with a newline alone). Protects: whatever is in a record stays in its field; bytes that are
// no UTF-8 are base64 and said to be so; a missing key or value is told from an empty one. Leaves out: reading it back (JSON does that).

import type { ConsumerRecord } from '@drave/client';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const csvHeader = 'topic,partition,offset,timestamp,key,value,headers,keyIs,valueIs';

/** `keyIs` and `valueIs` are text, base64 or null; headers are a JSON object of lists, bytes that are no UTF-8 as base64. */
export function csvLine(record: ConsumerRecord): string {
  const { topic, partition, offset, timestamp, headers } = record;
  const [key, value] = [textOf(record.key), textOf(record.value)];
  const byName: Record<string, string[]> = {};
  for (const header of headers) (byName[header.key] ??= []).push(textOf(header.value).text);
  const json = headers.length === 0 ? '' : JSON.stringify(byName);
  return [topic, partition, offset, timestamp, key.text, value.text, json, key.is, value.is]
    .map((field) => quoted(String(field)))
    .join(',');
}

function textOf(bytes: Buffer | null): { readonly text: string; readonly is: string } {
  if (bytes === null) return { text: '', is: 'null' };
  try {
    return { text: utf8.decode(bytes), is: 'text' };
  } catch {
    return { text: bytes.toString('base64'), is: 'base64' };
  }
}

function quoted(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
