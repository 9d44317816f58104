// What consumers of classic groups tell each other through JoinGroup and SyncGroup: the "consumer" protocol, opaque to the broker
// (but for OffsetDelete). Protects: payloads of Java, librdkafka, kafkajs and others are read, of any version: a newer one is read
// as the newest known, and trailing bytes are left alone. Leaves out: the user data of the sticky assignors.
//
//   subscription: version i16 | topics [string] | userData bytes? | v1+ owned [topic string, partitions [i32]]
//                 | v2+ generationId i32 | v3+ rackId string?
//   assignment:   version i16 | partitions [topic string, partitions [i32]] | userData bytes?
//   string: i16 length, utf-8 (-1 = null);  bytes: i32 length (-1 = null);  array: i32 count
//
// Sources: ConsumerProtocolSubscription.json, ConsumerProtocolAssignment.json; KIP-429, KIP-792, KIP-881.

import { ProtocolError } from '../protocol-error.js';
import { int16At, int32At, setInt16, setInt32 } from './int64.js';

/** The newest version this file writes. */
export const consumerProtocolVersionMax = 3;

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

export interface ConsumerSubscription {
  readonly version: number;
  readonly topics: readonly string[];
  readonly userData: Buffer | null;
  /** Version 1 on; before: empty. */
  readonly ownedPartitions: readonly TopicPartitions[];
  /** Version 2 on; before: -1. */
  readonly generationId: number;
  /** Version 3 on; before: null. */
  readonly rackId: string | null;
}

export type ConsumerSubscriptionInput = Pick<ConsumerSubscription, 'topics'> &
  Partial<ConsumerSubscription>;

export interface ConsumerAssignment {
  readonly version: number;
  readonly partitions: readonly TopicPartitions[];
  readonly userData: Buffer | null;
}

export type ConsumerAssignmentInput = Pick<ConsumerAssignment, 'partitions'> &
  Partial<ConsumerAssignment>;

/** Default version 3; fields a version does not have are left out. Throws RangeError for a version outside 0 … 3. */
export function encodeSubscription(subscription: ConsumerSubscriptionInput): Buffer {
  const version = checkedVersion(subscription.version);
  const writer = new PayloadWriter();
  writer.int16(version);
  writer.int32(subscription.topics.length);
  for (const topic of subscription.topics) writer.string(topic);
  writer.bytes(subscription.userData ?? null);
  if (version >= 1) writer.topicPartitions(subscription.ownedPartitions ?? []);
  if (version >= 2) writer.int32(subscription.generationId ?? -1);
  if (version >= 3) writer.string(subscription.rackId ?? null);
  return writer.finish();
}

/** Throws ProtocolError for damaged bytes. `userData` is a view of `bytes`. */
export function decodeSubscription(bytes: Buffer): ConsumerSubscription {
  const reader = new PayloadReader(bytes);
  const version = reader.version();
  return {
    version,
    topics: reader.array(2, () => reader.string()),
    userData: reader.bytes(),
    // Some clients raised the version without writing the new fields: what is not there has its default.
    ownedPartitions: version >= 1 && reader.hasMore ? reader.topicPartitions() : [],
    generationId: version >= 2 && reader.hasMore ? reader.int32() : -1,
    rackId: version >= 3 && reader.hasMore ? reader.nullableString() : null,
  };
}

/** Default version 3; the layout is the same in all. */
export function encodeAssignment(assignment: ConsumerAssignmentInput): Buffer {
  const writer = new PayloadWriter();
  writer.int16(checkedVersion(assignment.version));
  writer.topicPartitions(assignment.partitions);
  writer.bytes(assignment.userData ?? null);
  return writer.finish();
}

/** No bytes at all (a member the leader gave nothing) are an empty assignment. Throws ProtocolError for damaged bytes. */
export function decodeAssignment(bytes: Buffer): ConsumerAssignment {
  if (bytes.length === 0) return { version: 0, partitions: [], userData: null };
  const reader = new PayloadReader(bytes);
  return {
    version: reader.version(),
    partitions: reader.topicPartitions(),
    userData: reader.bytes(),
  };
}

function checkedVersion(version = consumerProtocolVersionMax): number {
  if (!Number.isInteger(version) || version < 0 || version > consumerProtocolVersionMax) {
    throw new RangeError(`consumer protocol version ${version} is not in 0 … 3`);
  }
  return version;
}

class PayloadWriter {
  readonly #chunks: Buffer[] = [];

  int16(value: number): void {
    const chunk = Buffer.allocUnsafe(2);
    setInt16(chunk, 0, value);
    this.#chunks.push(chunk);
  }

  int32(value: number): void {
    const chunk = Buffer.allocUnsafe(4);
    setInt32(chunk, 0, value);
    this.#chunks.push(chunk);
  }

  string(text: string | null): void {
    const chunk = text === null ? null : Buffer.from(text);
    if (chunk !== null && chunk.length > 0x7fff) {
      throw new RangeError(`a name of ${chunk.length} bytes is longer than 32767`);
    }
    this.int16(chunk === null ? -1 : chunk.length);
    if (chunk !== null) this.#chunks.push(chunk);
  }

  bytes(bytes: Buffer | null): void {
    this.int32(bytes === null ? -1 : bytes.length);
    if (bytes !== null) this.#chunks.push(bytes);
  }

  topicPartitions(list: readonly TopicPartitions[]): void {
    this.int32(list.length);
    for (const { topic, partitions } of list) {
      this.string(topic);
      this.int32(partitions.length);
      for (const partition of partitions) this.int32(partition);
    }
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

class PayloadReader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get hasMore(): boolean {
    return this.#position < this.#bytes.length;
  }

  version(): number {
    const version = this.#int16();
    if (version < 0) throw new ProtocolError(`consumer protocol version ${version}`);
    return version;
  }

  int32(): number {
    return int32At(this.#bytes, this.#advance(4));
  }

  string(): string {
    const text = this.nullableString();
    if (text === null) throw new ProtocolError('a topic name is null');
    return text;
  }

  nullableString(): string | null {
    const length = this.#int16();
    if (length === -1) return null;
    const start = this.#advance(length);
    return this.#bytes.toString('utf8', start, this.#position);
  }

  bytes(): Buffer | null {
    const length = this.int32();
    if (length === -1) return null;
    const start = this.#advance(length);
    return this.#bytes.subarray(start, this.#position);
  }

  /** A count is believed only if that many elements of at least `bytesMin` can follow. */
  array<T>(bytesMin: number, read: () => T): T[] {
    const count = this.int32();
    if (count < 0 || count * bytesMin > this.#bytes.length - this.#position) {
      throw new ProtocolError(`${count} elements cannot lie in the rest of the payload`);
    }
    const elements: T[] = [];
    for (let index = 0; index < count; index++) elements.push(read());
    return elements;
  }

  topicPartitions(): TopicPartitions[] {
    return this.array(6, () => ({
      topic: this.string(),
      partitions: this.array(4, () => this.int32()),
    }));
  }

  #int16(): number {
    return int16At(this.#bytes, this.#advance(2));
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length < 0 || length > this.#bytes.length - start) {
      throw new ProtocolError(`the payload is cut off: ${length} bytes wanted`);
    }
    this.#position = start + length;
    return start;
  }
}
