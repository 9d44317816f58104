// How values become bytes and back. Protects: bytes stay bytes unless a codec says otherwise; what cannot be decoded is a PayloadError,
// which no retry mends. A codec may be asynchronous and is told topic and part, which is what a schema registry needs (subject
// `<topic>-value`, magic byte and schema id at the front). Leaves out: a registry client, Avro, Protobuf.

import type { Bytes } from '@drave/client';

export interface CodecContext {
  readonly topic: string;
  readonly part: 'key' | 'value';
  /** First value of a header; undefined when there is none. */
  header(name: string): Buffer | undefined;
}

export interface Codec<Value = unknown> {
  /** null is a tombstone. Throws or rejects for what it cannot write. */
  encode(value: Value, context: CodecContext): Bytes | Promise<Bytes>;
  /** `bytes` is never null: a null value skips the codec. The buffer may be kept. Throws or rejects for what it cannot read. */
  decode(bytes: Buffer, context: CodecContext): Value | Promise<Value>;
}

/** A record's bytes are not what the codec expects. Never retried. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError';
}

/** Strict JSON. Bytes are sent as they are, for those who have encoded already. */
export const jsonCodec: Codec = Object.freeze({
  encode(value: unknown): Bytes {
    if (value === null || value === undefined) return null;
    if (value instanceof Uint8Array) return value;
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) throw new TypeError(`a ${typeof value} cannot be written as JSON`);
    return text;
  },
  decode: (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8')) as unknown,
});

/** Bytes in, bytes out. */
export const bytesCodec: Codec<Uint8Array> = Object.freeze({
  encode: (value: Uint8Array): Bytes => {
    if (value instanceof Uint8Array) return value;
    throw new TypeError('this topic takes bytes (Buffer or Uint8Array)');
  },
  decode: (bytes: Buffer): Uint8Array => bytes,
});

/** UTF-8 text. */
export const textCodec: Codec<string> = Object.freeze({
  encode: (value: string): Bytes => String(value),
  decode: (bytes: Buffer): string => bytes.toString('utf8'),
});

/**
 * What Nest's built-in Kafka transport does: text stays text, objects become JSON; read back, `{` and `[` begin JSON, a first byte 0
 * means bytes of a schema registry, all else is text. For talking to built-in clients and servers that send plain text.
 */
export const builtInKafkaCodec: Codec = Object.freeze({
  encode(value: unknown): Bytes {
    if (value === null || value === undefined) return null;
    if (typeof value === 'string' || value instanceof Uint8Array) return value;
    return JSON.stringify(value);
  },
  decode(bytes: Buffer): unknown {
    if (bytes[0] === 0) return bytes;
    const text = bytes.toString('utf8');
    const looksLikeJson = text.startsWith('{') || text.startsWith('[');
    if (!looksLikeJson) return text;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  },
});

/** Decodes a value; a null value is null. At once where the codec can; throws or rejects with PayloadError. */
export function decodeValue(codec: Codec, bytes: Buffer | null, context: CodecContext): unknown {
  if (bytes === null) return null;
  try {
    const value = codec.decode(bytes, context);
    if (!(value instanceof Promise)) return value;
    return value.catch((cause: unknown) => {
      throw payloadError(cause, context);
    });
  } catch (cause) {
    throw payloadError(cause, context);
  }
}

function payloadError(cause: unknown, { part, topic }: CodecContext): PayloadError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PayloadError(`a ${part} of '${topic}' cannot be read: ${reason}`, { cause });
}
