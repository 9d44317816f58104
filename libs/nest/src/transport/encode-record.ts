// From what the application gave to a record on the wire. Protects: trace headers the application set itself win over those of a hook.

import type { Bytes, ProducerRecord } from '@drave/client';
import type { Codec } from './codec.js';
import { LogRecord } from './log-record.js';

export interface Encoding {
  readonly codec: Codec;
  readonly keyCodec: Codec | undefined;
}

/** Encodes `data` (a value or a LogRecord) for `topic`; `extra` headers come after the record's own and never replace them. */
export async function encodeRecord(
  topic: string,
  data: unknown,
  { codec, keyCodec }: Encoding,
  extra: Readonly<Record<string, Bytes>> = {},
): Promise<ProducerRecord> {
  const record = data instanceof LogRecord ? data : undefined;
  const own = record?.headers ?? [];
  const named = new Set(own.map(({ key }) => key));
  const added = Object.entries(extra)
    .filter(([key]) => !named.has(key))
    .map(([key, value]) => ({ key, value }));
  const headers = [...own, ...added];
  const context = {
    topic,
    header: (name: string): Buffer | undefined => {
      const value = headers.find(({ key }) => key === name)?.value;
      return value === undefined || value === null ? undefined : Buffer.from(value as string);
    },
  };
  const value = await codec.encode(record ? record.value : data, { ...context, part: 'value' });
  const key = await encodeKey(record?.key, keyCodec, { ...context, part: 'key' });
  return {
    topic,
    key,
    value,
    headers,
    ...(record?.partition === undefined ? {} : { partition: record.partition }),
    ...(record?.timestamp === undefined ? {} : { timestamp: record.timestamp }),
  };
}

/** Without a codec: bytes and text as they are, numbers and the like as their text. */
function encodeKey(
  key: unknown,
  codec: Codec | undefined,
  context: Parameters<Codec['encode']>[1],
): Bytes | Promise<Bytes> {
  if (key === undefined || key === null) return null;
  if (codec) return codec.encode(key, context);
  if (typeof key === 'string' || key instanceof Uint8Array) return key;
  if (typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean') {
    return String(key);
  }
  throw new TypeError(
    `the key of a record for '${context.topic}' is an object; give text, bytes or a key codec`,
  );
}
