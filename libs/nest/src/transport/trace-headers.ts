// Trace context in record headers: what a dispatch hook (Nest 12) or the `metadata` option of the client puts into a packet's metadata
// travels as headers, W3C names and spelling, and comes out of `context.getMetadata()`. Protects: only text gets out, bounded; a
// traceparent that is none is not passed on. Sources: W3C Trace Context, W3C Baggage. Leaves out: spans.

import type { HeaderOfRecord } from './delivery.js';

export type TraceMetadata = Readonly<Record<string, string>>;

const traceNames = ['traceparent', 'tracestate', 'baggage'] as const;
const entriesMax = 32;
const valueCharsMax = 8_192;
const traceparent = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/;

/** Headers for a packet's metadata; entries that are no text are left out. */
export function traceHeaders(metadata: unknown): Record<string, string> {
  if (typeof metadata !== 'object' || metadata === null) return {};
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(metadata).slice(0, entriesMax)) {
    if (isAcceptable(name, value)) headers[name.toLowerCase()] = value;
  }
  return headers;
}

/** The W3C headers of a record. */
export function traceOf(headers: readonly HeaderOfRecord[]): TraceMetadata {
  const found: Record<string, string> = {};
  for (const { key, value } of headers) {
    const name = traceNames.find((known) => known === key.toLowerCase());
    const text = value?.toString('utf8');
    if (name !== undefined && isAcceptable(name, text)) found[name] = text;
  }
  return found;
}

function isAcceptable(name: string, value: unknown): value is string {
  if (typeof value !== 'string' || value.length > valueCharsMax) return false;
  return name.toLowerCase() !== 'traceparent' || traceparent.test(value);
}
