// What an application hands to `emit`, `send` or returns as a reply when the value alone does not say it all: key, headers, partition,
// timestamp. Protects: only a LogRecord is taken apart; any other object is the value itself, also one that has a `key`.

import type { Bytes } from '@drave/client';

export class LogRecord<Value = unknown> {
  readonly value: Value;
  /** Text, bytes, or what the key codec takes. */
  readonly key: unknown;
  readonly headers: readonly { readonly key: string; readonly value: Bytes }[];
  readonly partition: number | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp: number | undefined;

  /** Use LogRecordBuilder. */
  constructor(parts: {
    readonly value: Value;
    readonly key: unknown;
    readonly headers: readonly { readonly key: string; readonly value: Bytes }[];
    readonly partition: number | undefined;
    readonly timestamp: number | undefined;
  }) {
    this.value = parts.value;
    this.key = parts.key;
    this.headers = parts.headers;
    this.partition = parts.partition;
    this.timestamp = parts.timestamp;
  }
}

/** `new LogRecordBuilder(order).key(order.id).header('tenant', 'eu').build()` */
export class LogRecordBuilder<Value = unknown> {
  readonly #value: Value;
  readonly #headers: { readonly key: string; readonly value: Bytes }[] = [];
  #key: unknown = undefined;
  #partition: number | undefined;
  #timestamp: number | undefined;

  constructor(value: Value) {
    this.#value = value;
  }

  /** Decides the partition (murmur2, as Kafka's clients) and the order. */
  key(key: unknown): this {
    this.#key = key;
    return this;
  }

  /** Adds a header; a name may come several times. */
  header(name: string, value: Bytes): this {
    this.#headers.push({ key: name, value });
    return this;
  }

  headers(headers: Readonly<Record<string, Bytes>>): this {
    for (const [name, value] of Object.entries(headers)) this.header(name, value);
    return this;
  }

  /** A fixed partition instead of the key's. Throws RangeError. */
  partition(partition: number): this {
    if (!Number.isSafeInteger(partition) || partition < 0) {
      throw new RangeError(`partition ${partition} is not a whole number from 0`);
    }
    this.#partition = partition;
    return this;
  }

  /** Milliseconds since the epoch, or a Date; default: when it is sent. */
  timestamp(timestamp: number | Date): this {
    const timeMs = Number(timestamp);
    if (!Number.isSafeInteger(timeMs)) {
      throw new RangeError(`timestamp ${timeMs} is not in whole milliseconds`);
    }
    this.#timestamp = timeMs;
    return this;
  }

  build(): LogRecord<Value> {
    return new LogRecord({
      value: this.#value,
      key: this.#key,
      headers: [...this.#headers],
      partition: this.#partition,
      timestamp: this.#timestamp,
    });
  }
}
