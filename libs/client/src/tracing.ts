// The port for spans: what Drave tells a tracing library, and what it wants back. Protects: without a Tracing nothing is made, copied or
// looked up per record; a tracer never sees payloads or keys. Names and attributes: OpenTelemetry semantic conventions for messaging
// (kafka), W3C Trace Context in record headers. Leaves out: spans of polls (one per record that is processed instead), metrics, a tracer
// of its own (open-telemetry.ts adapts one).

import type { RecordHeader } from '@drave/protocol';
import { toHeaders, type ProducerRecord, type RecordMetadata } from './producer-record.js';

export type TraceAttributes = Readonly<Record<string, string | number>>;
/** W3C names, `traceparent` above all. */
export type TraceHeaders = Readonly<Record<string, string>>;

export interface SpanStart {
  /** `send orders` */
  readonly name: string;
  /** As OpenTelemetry has them: a request that waits for its answer is a `client`, a handler a `consumer`. */
  readonly kind: 'producer' | 'consumer' | 'client';
  readonly attributes: TraceAttributes;
  /** Trace headers of the record; the parent, unless a span is active where it starts. */
  readonly carrier: TraceHeaders;
  /** The carrier is the parent also where a span is active: what is processed belongs to who sent it. */
  readonly isRemote: boolean;
}

export interface TraceSpan {
  /** What to send on, so that the receiver's span becomes a child of this one. */
  headers(): TraceHeaders;
  /** Calls `work` with this span active, also over its awaits. */
  run<Result>(work: () => Result): Result;
  set(attributes: TraceAttributes): void;
  /** Once; with an error the span has failed. */
  end(error?: unknown): void;
}

/** Its methods must not throw. */
export interface Tracing {
  start(span: SpanStart): TraceSpan;
}

const traceNames: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);
const valueCharsMax = 8_192;

/** Attributes of whatever is done with a topic. */
export function messagingAttributes(
  operation: 'send' | 'process' | 'request',
  topic: string,
): Record<string, string | number> {
  return {
    'messaging.system': 'kafka',
    'messaging.operation.name': operation,
    ...(operation === 'request' ? {} : { 'messaging.operation.type': operation }),
    'messaging.destination.name': topic,
  };
}

/** The trace headers of a record; of one given twice the first. */
export function traceHeadersOf(headers: readonly RecordHeader[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { key, value } of headers) {
    const name = key.toLowerCase();
    if (!traceNames.has(name) || name in found || !value || value.length > valueCharsMax) continue;
    found[name] = value.toString('utf8');
  }
  return found;
}

/** What a span tells of a record. */
interface TracedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: readonly RecordHeader[];
}

/** Starts the span of processing a record. */
export function startProcess(
  tracing: Tracing,
  { topic, partition, offset, headers }: TracedRecord,
  group?: string,
): TraceSpan {
  return tracing.start({
    name: `process ${topic}`,
    kind: 'consumer',
    attributes: {
      ...messagingAttributes('process', topic),
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': offset,
      ...(group === undefined ? {} : { 'messaging.consumer.group.name': group }),
    },
    carrier: traceHeadersOf(headers),
    isRemote: true,
  });
}

/**
 * Processes a record within a span of its own, a child of the one that sent it: `await traced(tracing, record, () => handle(record))`.
 * Settles as `work` does. For consumers without a framework.
 */
export async function traced<Result>(
  tracing: Tracing | undefined,
  record: TracedRecord,
  work: () => Promise<Result> | Result,
  options: { readonly group?: string } = {},
): Promise<Result> {
  if (!tracing) return work();
  const span = startProcess(tracing, record, options.group);
  try {
    const result = await span.run(work);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

interface SendSink {
  delivered(slot: number, metadata: RecordMetadata): void;
  failed(slot: number, error: Error): void;
}

/** Spans for sending `records`: what to send, with their headers, and the sink that ends each before it tells `sink`. */
export function traceSends(
  tracing: Tracing,
  records: readonly ProducerRecord[],
  sink: SendSink,
): { readonly records: readonly ProducerRecord[]; readonly sink: SendSink } {
  const started = records.map((record) => startSend(tracing, record));
  return {
    records: started.map(({ record }) => record),
    sink: {
      delivered(slot, metadata) {
        const { partition, offset } = metadata;
        const span = started[slot]?.span;
        span?.set({
          'messaging.destination.partition.id': String(partition),
          ...(offset < 0 ? {} : { 'messaging.kafka.offset': offset }),
        });
        span?.end();
        sink.delivered(slot, metadata);
      },
      failed(slot, error) {
        started[slot]?.span.end(error);
        sink.failed(slot, error);
      },
    },
  };
}

/** The record to send has the span's headers instead of those it came with. */
function startSend(
  tracing: Tracing,
  record: ProducerRecord,
): { readonly span: TraceSpan; readonly record: ProducerRecord } {
  const { topic } = record;
  const headers = toHeaders(record.headers);
  const span = tracing.start({
    name: `send ${topic}`,
    kind: 'producer',
    attributes: messagingAttributes('send', topic),
    carrier: traceHeadersOf(headers),
    isRemote: false,
  });
  const own = Object.entries(span.headers());
  const replaced = new Set(own.map(([name]) => name));
  const kept = headers.filter(({ key }) => !replaced.has(key.toLowerCase()));
  const added = own.map(([key, value]) => ({ key, value: Buffer.from(value) }));
  return { span, record: { ...record, headers: [...kept, ...added] } };
}
