// The batches of one partition on their way out: open, waiting, in flight, to be retried; and their sequence numbers.
// Protects: batches reach the log in the order of the appends. After a failure nothing new leaves until everything in
// flight came back; then the failed ones go first, with the sequences they had. Renumbering happens only when no request
// holds the bytes: after a batch was refused for good (the gap closes) or under a new producer epoch (from 0).
// Pure: no clock, no sockets. Leaves out: splitting a batch the broker finds too large.
// Sources: Kafka's idempotent producer (KIP-98), KIP-360 (epoch bump).

import { assert } from '@drave/platform';
import {
  crc32c,
  RecordBatchBuilder,
  type CompressionCodec,
  type RecordHeader,
} from '@drave/protocol';

import type { RecordMetadata } from './producer-record.js';

/** Hears about each record exactly once. */
export interface DeliverySink {
  delivered(slot: number, metadata: RecordMetadata): void;
  failed(slot: number, error: Error): void;
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

export interface EncodedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeader[];
  readonly timestamp: number;
  /** Upper bound, as accounted against the buffer. */
  readonly sizeBytes: number;
}

const producerIdAt = 43;
const sequenceModulus = 2 ** 31;

/** Some records of one partition that travel together. */
export class ProducerBatch {
  readonly createdAtMs: number;
  readonly timestamps: number[] = [];
  readonly sinks: DeliverySink[] = [];
  readonly slots: number[] = [];
  /** Position among all batches of the partition. */
  readonly order: number;
  reservedBytes = 0;
  isSealed = false;
  attempts = 0;
  baseSequence = -1;
  #builder: RecordBatchBuilder | undefined;
  #bytes: Buffer | undefined;
  readonly #doneCallbacks: (() => void)[] = [];

  constructor(options: {
    readonly order: number;
    readonly nowMs: number;
    readonly codec: CompressionCodec;
  }) {
    this.order = options.order;
    this.createdAtMs = options.nowMs;
    this.#builder = new RecordBatchBuilder({ codec: options.codec });
  }

  get recordCount(): number {
    return this.timestamps.length;
  }

  append(record: EncodedRecord, sink: DeliverySink, slot: number): void {
    assert(this.#builder !== undefined, 'append-to-open-batch');
    this.#builder.append(record);
    this.timestamps.push(record.timestamp);
    this.sinks.push(sink);
    this.slots.push(slot);
    this.reservedBytes += record.sizeBytes;
  }

  /** The encoded batch; built at the first call, the same bytes later. */
  bytes(): Buffer {
    if (this.#bytes) return this.#bytes;
    assert(this.#builder !== undefined, 'batch-has-builder');
    this.isSealed = true;
    this.#bytes = this.#builder.build();
    this.#builder = undefined;
    return this.#bytes;
  }

  /** Writes identity and sequence into the header and renews the CRC. No request may hold the bytes. */
  stamp(identity: ProducerIdentity, baseSequence: number): void {
    const bytes = this.bytes();
    bytes.writeBigInt64BE(BigInt(identity.producerId), producerIdAt);
    bytes.writeInt16BE(identity.epoch, producerIdAt + 8);
    bytes.writeInt32BE(baseSequence, producerIdAt + 10);
    bytes.writeUInt32BE(crc32c(bytes, 21, bytes.length), 17);
    this.baseSequence = baseSequence;
  }

  onDone(callback: () => void): void {
    this.#doneCallbacks.push(callback);
  }

  /** `baseOffset` −1: not known. `logAppendTimeMs` −1: the records keep their own timestamps. */
  complete(topic: string, partition: number, baseOffset: number, logAppendTimeMs: number): void {
    for (let i = 0; i < this.sinks.length; i++) {
      this.sinks[i]?.delivered(this.slots[i] ?? 0, {
        topic,
        partition,
        offset: baseOffset < 0 ? -1 : baseOffset + i,
        timestamp: logAppendTimeMs >= 0 ? logAppendTimeMs : (this.timestamps[i] ?? -1),
      });
    }
    this.#done();
  }

  fail(error: Error): void {
    for (let i = 0; i < this.sinks.length; i++) this.sinks[i]?.failed(this.slots[i] ?? 0, error);
    this.#done();
  }

  #done(): void {
    for (const callback of this.#doneCallbacks.splice(0)) callback();
  }
}

/** What the broker's error means for the batch. */
export type FailureKind =
  /** The outcome is unknown or the condition passes: send the same bytes again. */
  | 'retry'
  /** The broker has no use for this sequence: everything outstanding needs a new epoch. */
  | 'sequence'
  /** Refused for good; nothing was appended. */
  | 'final';

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly #codec: CompressionCodec;
  readonly #batchBytes: number;
  readonly #waiting: ProducerBatch[] = [];
  readonly #retries: ProducerBatch[] = [];
  readonly #inFlight: ProducerBatch[] = [];
  #nextOrder = 0;
  #identity: ProducerIdentity | undefined;
  #nextSequence = 0;
  #renumberFrom: number | undefined;
  #needsNewEpoch = false;
  #retryAtMs = 0;

  constructor(options: {
    readonly topic: string;
    readonly partition: number;
    readonly codec: CompressionCodec;
    readonly batchBytes: number;
  }) {
    this.topic = options.topic;
    this.partition = options.partition;
    this.#codec = options.codec;
    this.#batchBytes = options.batchBytes;
  }

  get isEmpty(): boolean {
    return this.#waiting.length + this.#retries.length + this.#inFlight.length === 0;
  }

  /** The identity that must be replaced before this partition can go on, if there is one. */
  get identityToReplace(): ProducerIdentity | undefined {
    return this.#needsNewEpoch ? this.#identity : undefined;
  }

  /** Batches not settled yet, oldest first. */
  unsettled(): readonly ProducerBatch[] {
    return [...this.#inFlight, ...this.#retries, ...this.#waiting];
  }

  append(record: EncodedRecord, sink: DeliverySink, slot: number, nowMs: number): void {
    let open = this.#waiting.at(-1);
    if (open && open.reservedBytes + record.sizeBytes > this.#batchBytes) open.isSealed = true;
    if (!open || open.isSealed) {
      open = new ProducerBatch({ order: this.#nextOrder++, nowMs, codec: this.#codec });
      this.#waiting.push(open);
    }
    open.append(record, sink, slot);
    if (open.reservedBytes >= this.#batchBytes) open.isSealed = true;
  }

  /** Makes the open batch ready whatever its age (flush). */
  seal(): void {
    const open = this.#waiting.at(-1);
    if (open) open.isSealed = true;
  }

  /** When the next batch may leave; Infinity while that depends on an answer, not on time. */
  readyAtMs(lingerMs: number): number {
    const isHeld =
      this.#retries.length > 0 || this.#needsNewEpoch || this.#renumberFrom !== undefined;
    if (isHeld && this.#inFlight.length > 0) return Infinity;
    if (this.#retries.length > 0) return this.#retryAtMs;
    const head = this.#waiting[0];
    if (!head) return Infinity;
    const leavesAtMs = head.isSealed ? head.createdAtMs : head.createdAtMs + lingerMs;
    return Math.max(leavesAtMs, this.#retryAtMs);
  }

  /** Creation of the oldest batch that is not in flight; undefined when there is none. */
  get oldestIdleAtMs(): number | undefined {
    return (this.#retries[0] ?? this.#waiting[0])?.createdAtMs;
  }

  /** Size of the batch `take` would return. */
  get nextSizeBytes(): number {
    const next = this.#retries[0] ?? this.#waiting[0];
    return next?.reservedBytes ?? 0;
  }

  /** The next batch, stamped and in flight. `identity` undefined: without idempotence. Call only when ready. */
  take(identity: ProducerIdentity | undefined): ProducerBatch | undefined {
    if (identity) this.#settleSequences(identity);
    const retry = this.#retries.shift();
    const batch = retry ?? this.#waiting.shift();
    if (!batch) return undefined;
    batch.bytes();
    if (!retry && identity && this.#identity) {
      batch.stamp(this.#identity, this.#nextSequence);
      this.#nextSequence = (this.#nextSequence + batch.recordCount) % sequenceModulus;
    }
    batch.attempts++;
    this.#inFlight.push(batch);
    return batch;
  }

  onDelivered(batch: ProducerBatch): void {
    this.#leaveFlight(batch);
    this.#retryAtMs = 0;
  }

  /**
   * The batch came back with an error. True: it stays queued for another attempt, not before `retryAtMs`.
   * False: the caller must fail it.
   */
  onFailed(
    batch: ProducerBatch,
    failure: {
      readonly kind: FailureKind;
      readonly isExpired: boolean;
      readonly retryAtMs: number;
    },
  ): boolean {
    this.#leaveFlight(batch);
    const isOldest =
      !this.#retries.some((r) => r.order < batch.order) &&
      !this.#inFlight.some((f) => f.order < batch.order);
    if (failure.kind === 'final') {
      if (batch.baseSequence >= 0) this.#closeGap(batch.baseSequence);
      return false;
    }
    if (failure.kind === 'sequence' && isOldest && this.#renumberFrom === undefined) {
      this.#needsNewEpoch = true;
    }
    if (failure.isExpired) {
      // It may or may not be in the log: only a new epoch makes the following sequences acceptable for certain.
      if (batch.baseSequence >= 0) this.#needsNewEpoch = true;
      return false;
    }
    const at = this.#retries.findIndex((r) => r.order > batch.order);
    this.#retries.splice(at < 0 ? this.#retries.length : at, 0, batch);
    this.#retryAtMs = Math.max(this.#retryAtMs, failure.retryAtMs);
    return true;
  }

  /** Removes and returns the idle batches created at or before `createdBeforeMs`; the caller fails them. */
  expire(createdBeforeMs: number): ProducerBatch[] {
    const expired: ProducerBatch[] = [];
    while (this.#retries[0] && this.#retries[0].createdAtMs <= createdBeforeMs) {
      expired.push(...this.#retries.splice(0, 1));
      if (this.#identity) this.#needsNewEpoch = true;
    }
    while (this.#waiting[0] && this.#waiting[0].createdAtMs <= createdBeforeMs) {
      expired.push(...this.#waiting.splice(0, 1));
    }
    return expired;
  }

  /** Removes every batch that is not in flight (close, fatal error); the caller fails them. */
  drainIdle(): ProducerBatch[] {
    return [...this.#retries.splice(0), ...this.#waiting.splice(0)];
  }

  #settleSequences(identity: ProducerIdentity): void {
    if (this.#inFlight.length > 0) return;
    const isOtherIdentity =
      this.#identity?.producerId !== identity.producerId || this.#identity.epoch !== identity.epoch;
    if (this.#needsNewEpoch) {
      assert(isOtherIdentity, 'new-epoch-before-renumbering', { ...identity });
    }
    // Batches to be retried keep their identity (the broker may know them) unless it proved useless.
    if (isOtherIdentity && (this.#needsNewEpoch || this.#retries.length === 0)) {
      this.#identity = identity;
      this.#renumber(identity, 0);
    } else if (this.#renumberFrom !== undefined && this.#identity) {
      this.#renumber(this.#identity, this.#renumberFrom);
    }
  }

  #renumber(identity: ProducerIdentity, from: number): void {
    let sequence = from;
    for (const batch of this.#retries) {
      batch.stamp(identity, sequence);
      sequence = (sequence + batch.recordCount) % sequenceModulus;
    }
    this.#nextSequence = sequence;
    this.#renumberFrom = undefined;
    this.#needsNewEpoch = false;
  }

  #closeGap(sequence: number): void {
    this.#renumberFrom =
      this.#renumberFrom === undefined ? sequence : Math.min(this.#renumberFrom, sequence);
  }

  #leaveFlight(batch: ProducerBatch): void {
    const index = this.#inFlight.indexOf(batch);
    assert(index >= 0, 'batch-in-flight', { topic: this.topic, partition: this.partition });
    this.#inFlight.splice(index, 1);
  }
}
