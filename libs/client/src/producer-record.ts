// What a caller hands to the producer and gets back, and the conversion to wire bytes.
// Leaves out: serdes (streams and applications have their own).

import type { RecordHeader } from '@drave/protocol';

/** Bytes, UTF-8 text or null (a null value is a tombstone). Bytes must stay unchanged until the send settles. */
export type Bytes = Buffer | Uint8Array | string | null;

export type HeaderInput =
  readonly { readonly key: string; readonly value: Bytes }[] | Readonly<Record<string, Bytes>>;

export interface ProducerRecord {
  readonly topic: string;
  readonly key?: Bytes;
  readonly value: Bytes;
  readonly headers?: HeaderInput;
  /** Milliseconds since the epoch; default now. */
  readonly timestamp?: number;
  /** Default: by murmur2 of the key, sticky without one. */
  readonly partition?: number;
}

export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  /** −1 with acks=0 and for a duplicate the broker no longer remembers. */
  readonly offset: number;
  /** The broker's append time where the topic says so, else the record's own. */
  readonly timestamp: number;
}

const noHeaders: RecordHeader[] = [];

export function toBytes(value: Bytes | undefined): Buffer | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return Buffer.from(value);
  if (Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

export function toHeaders(headers: HeaderInput | undefined): RecordHeader[] {
  if (headers === undefined) return noHeaders;
  if (isHeaderList(headers)) {
    return headers.map(({ key, value }) => ({ key, value: toBytes(value) }));
  }
  return Object.entries(headers).map(([key, value]) => ({ key, value: toBytes(value) }));
}

function isHeaderList(
  headers: HeaderInput,
): headers is readonly { readonly key: string; readonly value: Bytes }[] {
  return Array.isArray(headers);
}

/** Upper bound of the bytes one record takes uncompressed: varints at their longest plus the payload. */
export function recordSizeMax(
  key: Buffer | null,
  value: Buffer | null,
  headers: readonly RecordHeader[],
): number {
  let size = 36 + (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) size += 10 + header.key.length * 3 + (header.value?.length ?? 0);
  return size;
}
