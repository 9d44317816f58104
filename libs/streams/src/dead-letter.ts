// Dead letters: the raw record with the reason it was put aside.
// Protects: key, value and headers stay as they came; the timestamp is the time of dead-lettering, so letters about old
// events are neither deleted by retention nor sorted among them. Names: `deadLetterHeaders` of @drave/contracts.

import { deadLetterHeaders } from '@drave/contracts';
import { errorClassOf, errorText } from './errors.js';
import { forwardedHeaders, type InputRecord, type OutputRecord } from './record.js';

const errorTextMax = 1000;

export function deadLetter(options: {
  readonly record: InputRecord;
  readonly topic: string;
  readonly partition: number;
  readonly deadLetterTopic: string;
  readonly group: string;
  readonly node: string;
  readonly error: unknown;
  readonly nowMs: number;
}): OutputRecord {
  const { record, nowMs } = options;
  const reasons: [string, string][] = [
    [deadLetterHeaders.topic, options.topic],
    [deadLetterHeaders.partition, String(options.partition)],
    [deadLetterHeaders.offset, String(record.offset)],
    [deadLetterHeaders.group, options.group],
    [deadLetterHeaders.node, options.node],
    [deadLetterHeaders.errorClass, errorClassOf(options.error)],
    [deadLetterHeaders.error, errorText(options.error).slice(0, errorTextMax)],
    [deadLetterHeaders.attempts, '1'],
    [deadLetterHeaders.at, isoTime(nowMs)],
  ];
  return {
    purpose: 'dead-letter',
    topic: options.deadLetterTopic,
    key: record.key,
    value: record.value,
    timestamp: nowMs,
    headers: [
      ...forwardedHeaders(record.headers),
      ...reasons.map(([key, value]) => ({ key, value: Buffer.from(value) })),
    ],
  };
}

function isoTime(nowMs: number): string {
  return new Date(nowMs).toISOString();
}
