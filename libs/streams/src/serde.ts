// Bytes to values and back. Protects: what does not decode throws MalformedRecordError, never a half value.
// A null key or value never reaches a serde. Windowed keys use the layout of Kafka Streams' TimeWindowedSerializer
// (key bytes, then int64 window start, big endian). Leaves out: schema registry framing.

import { MalformedRecordError } from './errors.js';
import type { Windowed } from './window.js';

export interface Serde<T> {
  serialize(value: T): Buffer;
  /** Throws MalformedRecordError. May keep views of `bytes`. */
  deserialize(bytes: Buffer): T;
}

/** The part of the Standard Schema interface (standardschema.dev) that is used: zod, valibot, arktype … fit. */
export interface ValidationSchema<T> {
  readonly '~standard': {
    validate(value: unknown): ValidationResult<T> | Promise<ValidationResult<T>>;
  };
}
type ValidationResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const textSerde: Serde<string> = {
  serialize(value) {
    if (typeof value !== 'string') {
      throw new TypeError(
        `a text serde got ${typeof value}; name the key or value serde of this operator in its options`,
      );
    }
    return Buffer.from(value, 'utf8');
  },
  deserialize(bytes) {
    try {
      return utf8.decode(bytes);
    } catch (cause) {
      throw new MalformedRecordError('not-utf8', 'the bytes are no UTF-8 text', { cause });
    }
  },
};

/** UTF-8 text. */
export function text(): Serde<string> {
  return textSerde;
}

export interface JsonOptions<T> {
  /** Any Standard Schema; must validate synchronously. */
  readonly schema?: ValidationSchema<T>;
  /** Returns the checked (or repaired) value or throws; a MalformedRecordError names its own error class. */
  readonly validate?: (value: unknown) => T;
}

/** JSON in UTF-8, checked by `schema` or `validate` when given. */
export function json<T = unknown>(options: JsonOptions<T> = {}): Serde<T> {
  const check = checkOf(options);
  return {
    serialize(value) {
      const encoded = JSON.stringify(value) as string | undefined;
      if (encoded === undefined) throw new TypeError(`${typeof value} has no JSON form`);
      return Buffer.from(encoded, 'utf8');
    },
    deserialize(bytes) {
      let parsed: unknown;
      try {
        parsed = JSON.parse(bytes.toString('utf8'));
      } catch (cause) {
        throw new MalformedRecordError('broken-json', (cause as Error).message, { cause });
      }
      return check(parsed);
    },
  };
}

function checkOf<T>(options: JsonOptions<T>): (value: unknown) => T {
  const { schema, validate } = options;
  if (schema) return (value) => checkedBySchema(schema, value);
  if (!validate) return (value) => value as T;
  return (value) => {
    try {
      return validate(value);
    } catch (cause) {
      if (cause instanceof MalformedRecordError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new MalformedRecordError('invalid-value', message, { cause });
    }
  };
}

function checkedBySchema<T>(schema: ValidationSchema<T>, value: unknown): T {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    throw new TypeError('the schema validates asynchronously; a serde needs a synchronous one');
  }
  if (result.issues === undefined) return result.value;
  throw new MalformedRecordError(
    'invalid-value',
    result.issues.map(({ message }) => message).join('; '),
  );
}

/** int32, big endian, 4 bytes (Kafka's IntegerSerializer). */
export function int(): Serde<number> {
  return {
    serialize(value) {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeInt32BE(value);
      return bytes;
    },
    deserialize: (bytes) => sized(bytes, 4).readInt32BE(),
  };
}

/** int64 as a safe integer, big endian, 8 bytes (Kafka's LongSerializer). */
export function long(): Serde<number> {
  return {
    serialize(value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64BE(BigInt(value));
      return bytes;
    },
    deserialize: (bytes) => Number(sized(bytes, 8).readBigInt64BE()),
  };
}

/** IEEE 754 double, big endian, 8 bytes (Kafka's DoubleSerializer). */
export function float(): Serde<number> {
  return {
    serialize(value) {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeDoubleBE(value);
      return bytes;
    },
    deserialize: (bytes) => sized(bytes, 8).readDoubleBE(),
  };
}

/** The bytes themselves. */
export function bytes(): Serde<Buffer> {
  return { serialize: (value) => value, deserialize: (value) => value };
}

/** A key with its window; `sizeMs` rebuilds the window's end, which is not on the wire. */
export function windowed<K>(key: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  return {
    serialize(value) {
      const start = Buffer.allocUnsafe(8);
      start.writeBigInt64BE(BigInt(value.startMs));
      return Buffer.concat([key.serialize(value.key), start]);
    },
    deserialize(encoded) {
      if (encoded.length < 8) throw new MalformedRecordError('short-key', 'no windowed key');
      const startMs = Number(encoded.readBigInt64BE(encoded.length - 8));
      const inner = key.deserialize(encoded.subarray(0, encoded.length - 8));
      return { key: inner, startMs, endMs: startMs + sizeMs };
    },
  };
}

function sized(value: Buffer, sizeBytes: number): Buffer {
  if (value.length === sizeBytes) return value;
  throw new MalformedRecordError('wrong-size', `expected ${sizeBytes} bytes, got ${value.length}`);
}
