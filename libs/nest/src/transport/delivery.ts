// One record on its way to a handler, wherever it came from: its topic, or a retry topic of the group. Protects: handlers see the record
// as it was first written (topic, offset, timestamp, headers); what a retry header says is checked, and a wait never exceeds the delay
// of the retry topic it stands in.

import { deadLetterHeaders, retryHeaders } from '@drave/contracts';
import type { ConsumerRecord, ProducerRecord } from '@drave/client';

/** Where a record was first. */
export interface Origin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

export interface Delivery {
  /** As it was read; its offset is what gets committed. */
  readonly record: ConsumerRecord;
  readonly origin: Origin;
  /** Without the transport's own retry headers. */
  readonly headers: readonly HeaderOfRecord[];
  /** Attempts that failed before it came here. */
  readonly failedBefore: number;
  /** Wall clock; 0 for at once. */
  readonly dueAtMs: number;
}

export interface HeaderOfRecord {
  readonly key: string;
  readonly value: Buffer | null;
}

const retryNames = new Set<string>(Object.values(retryHeaders));
const deadLetterNames = new Set<string>(Object.values(deadLetterHeaders));

export function firstHeader(headers: readonly HeaderOfRecord[], name: string): Buffer | undefined {
  return headers.find(({ key }) => key === name)?.value ?? undefined;
}

/** A record of a topic the handlers consume. */
export function fresh(record: ConsumerRecord): Delivery {
  const { topic, partition, offset, timestamp, headers } = record;
  const origin = { topic, partition, offset, timestamp };
  return { record, origin, headers, failedBefore: 0, dueAtMs: 0 };
}

/** A record of a retry topic; undefined when it does not say where it comes from. */
export function retried(
  record: ConsumerRecord,
  { delayMs, nowMs }: { readonly delayMs: number; readonly nowMs: number },
): Delivery | undefined {
  const topic = firstHeader(record.headers, retryHeaders.topic)?.toString();
  const partition = numberIn(record, retryHeaders.partition);
  const offset = numberIn(record, retryHeaders.offset);
  const failedBefore = numberIn(record, retryHeaders.attempts);
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  if (failedBefore === undefined || failedBefore < 1) return undefined;
  const timestamp = numberIn(record, retryHeaders.timestamp) ?? record.timestamp;
  const dueAtMs = Math.min(numberIn(record, retryHeaders.due) ?? 0, nowMs + delayMs);
  const headers = record.headers.filter(({ key }) => !retryNames.has(key));
  return {
    record,
    origin: { topic, partition, offset, timestamp },
    headers,
    failedBefore,
    dueAtMs,
  };
}

export interface Failure {
  readonly error: unknown;
  /** Attempts that failed, this one included. */
  readonly attempts: number;
}

/** The record for the retry topic `topic`. */
export function retryRecord(
  { record, origin, headers }: Delivery,
  { error, attempts }: Failure,
  to: { readonly topic: string; readonly dueAtMs: number; readonly nowMs: number },
): ProducerRecord {
  const facts: Record<string, string> = {
    [retryHeaders.topic]: origin.topic,
    [retryHeaders.partition]: String(origin.partition),
    [retryHeaders.offset]: String(origin.offset),
    [retryHeaders.timestamp]: String(origin.timestamp),
    [retryHeaders.attempts]: String(attempts),
    [retryHeaders.due]: String(Math.ceil(to.dueAtMs)),
    [retryHeaders.error]: `${errorClass(error)}: ${errorSentence(error)}`,
  };
  return {
    topic: to.topic,
    key: record.key,
    value: record.value,
    headers: [...headers, ...toHeaders(facts)],
    timestamp: to.nowMs,
  };
}

/** The dead letter for `topic`. */
export function deadLetter(
  { record, origin, headers }: Delivery,
  { error, attempts }: Failure,
  to: {
    readonly topic: string;
    readonly group: string;
    readonly node: string;
    readonly nowMs: number;
  },
): ProducerRecord {
  const facts: Record<string, string> = {
    [deadLetterHeaders.topic]: origin.topic,
    [deadLetterHeaders.partition]: String(origin.partition),
    [deadLetterHeaders.offset]: String(origin.offset),
    [deadLetterHeaders.group]: to.group,
    [deadLetterHeaders.node]: to.node,
    [deadLetterHeaders.errorClass]: errorClass(error),
    [deadLetterHeaders.error]: errorSentence(error),
    [deadLetterHeaders.attempts]: String(attempts),
    [deadLetterHeaders.at]: new Date(to.nowMs).toISOString(),
  };
  const kept = headers.filter(({ key }) => !deadLetterNames.has(key));
  return {
    topic: to.topic,
    key: record.key,
    value: record.value,
    headers: [...kept, ...toHeaders(facts)],
    timestamp: to.nowMs,
  };
}

const sentenceCharsMax = 1_000;

/** Name of the class of what was thrown; `Error` for a plain object. */
export function errorClass(error: unknown): string {
  if (error instanceof Error) return error.constructor.name || error.name;
  return 'Error';
}

/** What a reader needs; at most 1,000 characters. */
export function errorSentence(error: unknown): string {
  return sentenceOf(error).slice(0, sentenceCharsMax);
}

function sentenceOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { message } = error;
    if (typeof message === 'string') return message;
  }
  return typeof error === 'string' ? error : (JSON.stringify(error) ?? String(error));
}

function toHeaders(facts: Readonly<Record<string, string>>): HeaderOfRecord[] {
  return Object.entries(facts).map(([key, text]) => ({ key, value: Buffer.from(text) }));
}

function numberIn({ headers }: ConsumerRecord, name: string): number | undefined {
  const text = firstHeader(headers, name)?.toString();
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
