// The producer: records in, promises out. Protects: the records of one topic reach their partitions in the order of the
// calls; memory is bounded by `bufferBytes` (send waits for room); each promise settles from its own record's answer.
// Leaves out: transactions, interceptors, splitting a batch the broker finds too large.

import { KafkaError } from '@drave/contracts';
import type { CompressionCodec } from '@drave/protocol';

import { ClientClosedError } from './client-closed-error.js';
import type { Cluster } from './cluster.js';
import { Lane } from './lane.js';
import { clientLimits, producerDefaults } from './limits.js';
import type { TopicMetadata } from './metadata-cache.js';
import type { DeliverySink, EncodedRecord } from './partition-queue.js';
import { DefaultPartitioner, type Partitioner } from './partitioner.js';
import {
  recordSizeMax,
  toBytes,
  toHeaders,
  type ProducerRecord,
  type RecordMetadata,
} from './producer-record.js';
import { Sender } from './sender.js';
import { traceSends, type Tracing } from './tracing.js';

export interface ProducerOptions {
  /** −1 all in-sync replicas (default), 1 the leader, 0 nobody (offsets are then −1). */
  readonly acks?: -1 | 0 | 1;
  /** How long a batch that is not full waits for more; milliseconds, default 5. */
  readonly lingerMs?: number;
  /** Size of a full batch before compression; bytes, default 65,536. */
  readonly batchBytes?: number;
  readonly compression?: CompressionCodec;
  /** No duplicates and no reordering through retries; default true with acks −1. */
  readonly idempotent?: boolean;
  /** Unanswered requests per broker, 1 … 5; default 5. */
  readonly maxInFlight?: number;
  /** Memory for records on their way; bytes, default 32 MiB. */
  readonly bufferBytes?: number;
  readonly maxRequestBytes?: number;
  /** From append to the final answer, retries included; milliseconds, default 120,000. */
  readonly deliveryTimeoutMs?: number;
  /** How long a send waits for metadata or for room; milliseconds, default 60,000. */
  readonly maxBlockMs?: number;
  readonly partitioner?: Partitioner;
  /**
   * The first record that fails aborts the producer: nothing accepted after it reaches the broker, so what its partition
   * holds has no gap. For callers that start again from a known point; default false.
   */
  readonly failFast?: boolean;
}

interface WaitingSend {
  readonly records: readonly ProducerRecord[];
  readonly sink: DeliverySink;
  /** First slot not yet appended. */
  next: number;
  readonly startedAtMs: number;
}

class PromiseSink implements DeliverySink {
  readonly #resolve: (metadata: RecordMetadata) => void;
  readonly #reject: (error: Error) => void;

  constructor(resolve: (metadata: RecordMetadata) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  delivered(_slot: number, metadata: RecordMetadata): void {
    this.#resolve(metadata);
  }

  failed(_slot: number, error: Error): void {
    this.#reject(error);
  }
}

/** Calls of one topic that could not be appended at once, in order. */
interface Intake {
  readonly waiting: WaitingSend[];
  readonly idle: (() => void)[];
}

export class Producer {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<ProducerOptions, 'partitioner'>>;
  readonly #partitioner: Partitioner | undefined;
  readonly #defaultPartitioner: DefaultPartitioner;
  readonly #sender: Sender;
  readonly #tracing: Tracing | undefined;
  readonly #lane = new Lane('producer');
  readonly #intakes = new Map<string, Intake>();
  readonly #roomWaiters: (() => void)[] = [];
  #waitingCount = 0;
  #usedBytes = 0;
  #isClosed = false;
  #isAborted = false;

  /** Made by `KafkaClient.producer()`. */
  constructor(cluster: Cluster, options: ProducerOptions = {}, tracing?: Tracing) {
    this.#cluster = cluster;
    this.#tracing = tracing;
    this.#options = checkOptions(options);
    this.#partitioner = options.partitioner;
    this.#defaultPartitioner = new DefaultPartitioner({
      random: cluster.platform.random,
      stickyBytes: this.#options.batchBytes,
    });
    this.#sender = new Sender(cluster, {
      lane: this.#lane,
      acks: this.#options.acks,
      lingerMs: this.#options.lingerMs,
      batchBytes: this.#options.batchBytes,
      codec: this.#options.compression,
      isIdempotent: this.#options.idempotent,
      maxInFlight: this.#options.maxInFlight,
      maxRequestBytes: this.#options.maxRequestBytes,
      deliveryTimeoutMs: this.#options.deliveryTimeoutMs,
      onReleased: (bytes) => this.#release(bytes),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Bytes of records accepted and not yet settled. */
  get bufferedBytes(): number {
    return this.#usedBytes;
  }

  /** True when a further record has to wait for room. */
  get isFull(): boolean {
    return this.#usedBytes >= this.#options.bufferBytes || this.#waitingCount > 0;
  }

  /**
   * Appends one record; resolves when the broker acknowledged it. Rejects with the broker's error, REQUEST_TIMED_OUT
   * after the delivery timeout, MESSAGE_TOO_LARGE above `maxRequestBytes`. Creates the topic where the broker allows it.
   */
  send(record: ProducerRecord): Promise<RecordMetadata> {
    return new Promise((resolve, reject) => {
      const plain = new PromiseSink(resolve, reject);
      const traced = this.#tracing && traceSends(this.#tracing, [record], plain);
      const sink = this.#guarded(traced?.sink ?? plain);
      const sent = traced?.records[0] ?? record;
      if (!this.#appendNow(sent, sink)) this.#accept([sent], sink);
    });
  }

  /**
   * Appends the records in order; resolves with their metadata in the same order when all are acknowledged. If some fail,
   * rejects with the first error after the others are settled too.
   */
  sendBatch(records: readonly ProducerRecord[]): Promise<RecordMetadata[]> {
    if (records.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const byTopic = new Map<string, { records: ProducerRecord[]; slots: number[] }>();
      for (let slot = 0; slot < records.length; slot++) {
        const record = records[slot];
        if (!record) continue;
        let group = byTopic.get(record.topic);
        if (!group) {
          group = { records: [], slots: [] };
          byTopic.set(record.topic, group);
        }
        group.records.push(record);
        group.slots.push(slot);
      }
      const results: RecordMetadata[] = Array.from({ length: records.length });
      let open = records.length;
      let failure: Error | undefined;
      const settle = (): void => {
        if (--open > 0) return;
        if (failure) reject(failure);
        else resolve(results);
      };
      for (const group of byTopic.values()) {
        const plain: DeliverySink = {
          delivered: (index, metadata) => {
            results[group.slots[index] ?? 0] = metadata;
            settle();
          },
          failed: (_index, error) => {
            failure ??= error;
            settle();
          },
        };
        const traced = this.#tracing && traceSends(this.#tracing, group.records, plain);
        this.#accept(traced?.records ?? group.records, this.#guarded(traced?.sink ?? plain));
      }
    });
  }

  /** Settles when every record accepted before the call is settled, whatever the outcome. Does not linger. */
  async flush(): Promise<void> {
    await Promise.all(
      [...this.#intakes.values()].map(
        (intake) => new Promise<void>((resolve) => intake.idle.push(resolve)),
      ),
    );
    await this.#sender.flush();
  }

  /**
   * Flushes for at most `timeoutMs` (default 30,000), then closes the connections; what is not acknowledged by then
   * rejects. Later sends reject. Idempotent.
   */
  async close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const timer = this.#cluster.platform.scheduler.setTimer(
      options.timeoutMs ?? producerDefaults.closeTimeoutMs,
      () => this.abort(),
    );
    await this.flush();
    timer.cancel();
    this.abort();
  }

  /** Closes at once; what is not acknowledged rejects (it may have been written). */
  abort(): void {
    this.#isClosed = true;
    this.#isAborted = true;
    const error = new ClientClosedError('producer');
    for (const intake of this.#intakes.values()) {
      for (const send of intake.waiting.splice(0)) failRest(send, error);
      for (const resolve of intake.idle.splice(0)) resolve();
    }
    this.#intakes.clear();
    this.#waitingCount = 0;
    this.#sender.close(error);
    this.#wakeRoomWaiters();
    this.#lane.close();
  }

  /** The common case: the topic is known, nobody waits, there is room. False: take the long way. */
  #appendNow(record: ProducerRecord, sink: DeliverySink): boolean {
    if (this.#isClosed || this.#intakes.has(record.topic)) return false;
    const topic = this.#cluster.metadata.topic(record.topic);
    if (!topic) return false;
    try {
      const nowMs = this.#cluster.platform.clock.monotonicMs();
      return this.#append(topic, record, { sink, slot: 0, nowMs });
    } catch (error) {
      sink.failed(0, error instanceof Error ? error : new Error(String(error)));
      return true;
    }
  }

  /** All `records` are of one topic. */
  #accept(records: readonly ProducerRecord[], sink: DeliverySink): void {
    if (this.#isClosed) {
      const error = new ClientClosedError('producer');
      for (let slot = 0; slot < records.length; slot++) sink.failed(slot, error);
      return;
    }
    const topicName = records[0]?.topic ?? '';
    const startedAtMs = this.#cluster.platform.clock.monotonicMs();
    const send: WaitingSend = { records, sink, next: 0, startedAtMs };
    let intake = this.#intakes.get(topicName);
    if (!intake) {
      const topic = this.#cluster.metadata.topic(topicName);
      if (topic && this.#appendAll(topic, send)) return;
      intake = { waiting: [], idle: [] };
      this.#intakes.set(topicName, intake);
      intake.waiting.push(send);
      this.#waitingCount++;
      void this.#runIntake(topicName, intake);
      return;
    }
    if (this.#waitingCount >= clientLimits.waitingSendsMax) {
      const error = new KafkaError(
        'POLICY_VIOLATION',
        `${this.#waitingCount} sends already wait for room; await send() before sending more`,
      );
      for (let slot = 0; slot < records.length; slot++) sink.failed(slot, error);
      return;
    }
    intake.waiting.push(send);
    this.#waitingCount++;
  }

  async #runIntake(topicName: string, intake: Intake): Promise<void> {
    for (let send = intake.waiting[0]; send; send = intake.waiting[0]) {
      try {
        for (;;) {
          const topic = await this.#topic(topicName);
          if (this.#isAborted) return; // abort has settled them
          if (this.#appendAll(topic, send)) break;
          await this.#room(send);
        }
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        if (this.#isAborted) return;
        failRest(send, reason);
      }
      if (this.#isAborted) return;
      intake.waiting.shift();
      this.#waitingCount--;
    }
    this.#intakes.delete(topicName);
    for (const resolve of intake.idle) resolve();
  }

  async #topic(name: string): Promise<TopicMetadata> {
    const known = this.#cluster.metadata.topic(name);
    if (known) return known;
    return this.#cluster.retry(async () => {
      const [topic] = await this.#cluster.metadata.require([name], true);
      if (!topic || topic.partitions.length === 0) {
        throw new KafkaError('LEADER_NOT_AVAILABLE', `topic '${name}' has no partitions yet`);
      }
      return topic;
    }, this.#options.maxBlockMs);
  }

  async #room(send: WaitingSend): Promise<void> {
    const { platform } = this.#cluster;
    const leftMs = send.startedAtMs + this.#options.maxBlockMs - platform.clock.monotonicMs();
    let isTimedOut = leftMs <= 0;
    if (!isTimedOut) {
      await new Promise<void>((resolve) => {
        const timer = platform.scheduler.setTimer(leftMs, () => {
          isTimedOut = true;
          resolve();
        });
        this.#roomWaiters.push(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    if (isTimedOut) {
      throw new KafkaError(
        'REQUEST_TIMED_OUT',
        `no room in the ${this.#options.bufferBytes} bytes of bufferBytes for ${this.#options.maxBlockMs} ms; the broker is slower than the caller or away`,
      );
    }
  }

  /** False: the buffer is full, `send.next` says from where to go on. */
  #appendAll(topic: TopicMetadata, send: WaitingSend): boolean {
    const nowMs = this.#cluster.platform.clock.monotonicMs();
    for (; send.next < send.records.length; send.next++) {
      const record = send.records[send.next];
      if (!record) continue;
      // A failure may have aborted the producer (failFast): what follows has nowhere to go.
      if (this.#isAborted) {
        failRest(send, new ClientClosedError('producer'));
        return true;
      }
      try {
        if (!this.#append(topic, record, { sink: send.sink, slot: send.next, nowMs })) return false;
      } catch (error) {
        send.sink.failed(send.next, error instanceof Error ? error : new Error(String(error)));
      }
    }
    return true;
  }

  /** False: no room. Throws for a record that can never be sent. */
  #append(
    topic: TopicMetadata,
    record: ProducerRecord,
    to: { readonly sink: DeliverySink; readonly slot: number; readonly nowMs: number },
  ): boolean {
    const key = toBytes(record.key);
    const value = toBytes(record.value);
    const headers = toHeaders(record.headers);
    const sizeBytes = recordSizeMax(key, value, headers);
    if (sizeBytes > this.#options.maxRequestBytes) {
      throw new KafkaError(
        'MESSAGE_TOO_LARGE',
        `a record of ${sizeBytes} bytes is above maxRequestBytes (${this.#options.maxRequestBytes})`,
      );
    }
    if (this.#usedBytes > 0 && this.#usedBytes + sizeBytes > this.#options.bufferBytes) {
      return false;
    }
    const timestamp = record.timestamp ?? this.#cluster.platform.clock.nowMs();
    if (!Number.isSafeInteger(timestamp)) {
      throw new TypeError(`timestamp ${timestamp} is not in whole milliseconds`);
    }
    const encoded: EncodedRecord = { key, value, headers, timestamp, sizeBytes };
    const queue = this.#sender.queue(topic.name, this.#choose(topic, record, encoded));
    queue.append(encoded, to.sink, to.slot, to.nowMs);
    this.#usedBytes += sizeBytes;
    this.#sender.wake(queue);
    return true;
  }

  #choose(topic: TopicMetadata, record: ProducerRecord, encoded: EncodedRecord): number {
    const partitionCount = topic.partitions.length;
    let partition = record.partition;
    if (partition === undefined) {
      if (!this.#partitioner) {
        return this.#defaultPartitioner.partition(topic, encoded.key, encoded.sizeBytes);
      }
      const { key, value } = encoded;
      partition = this.#partitioner({ topic: topic.name, key, value, partitionCount });
    }
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount) {
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `topic '${topic.name}' has ${partitionCount} partitions, there is no partition ${partition}`,
      );
    }
    return partition;
  }

  /** With `failFast`: failures are told before the next request can leave, so aborting here is in time. */
  #guarded(sink: DeliverySink): DeliverySink {
    if (!this.#options.failFast) return sink;
    return {
      delivered: (slot, metadata) => sink.delivered(slot, metadata),
      failed: (slot, error) => {
        sink.failed(slot, error);
        if (!this.#isClosed) this.abort();
      },
    };
  }

  #release(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#roomWaiters.length > 0) this.#wakeRoomWaiters();
  }

  #wakeRoomWaiters(): void {
    for (const wake of this.#roomWaiters.splice(0)) wake();
  }
}

function failRest(send: WaitingSend, error: Error): void {
  while (send.next < send.records.length) send.sink.failed(send.next++, error);
}

function checkOptions(options: ProducerOptions): Required<Omit<ProducerOptions, 'partitioner'>> {
  const acks = options.acks ?? producerDefaults.acks;
  const idempotent = options.idempotent ?? acks === -1;
  if (idempotent && acks !== -1) throw new TypeError('idempotent needs acks -1');
  const maxInFlight = options.maxInFlight ?? producerDefaults.maxInFlight;
  if (!(maxInFlight >= 1 && maxInFlight <= 5)) throw new TypeError('maxInFlight must be 1 to 5');
  const maxRequestBytes = options.maxRequestBytes ?? producerDefaults.maxRequestBytes;
  const batchBytes = options.batchBytes ?? producerDefaults.batchBytes;
  if (batchBytes > maxRequestBytes)
    throw new TypeError('batchBytes must not exceed maxRequestBytes');
  return Object.freeze({
    acks,
    idempotent,
    maxInFlight,
    maxRequestBytes,
    batchBytes,
    lingerMs: options.lingerMs ?? producerDefaults.lingerMs,
    compression: options.compression ?? 'none',
    bufferBytes: options.bufferBytes ?? producerDefaults.bufferBytes,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? producerDefaults.deliveryTimeoutMs,
    maxBlockMs: options.maxBlockMs ?? producerDefaults.maxBlockMs,
    failFast: options.failFast ?? false,
  });
}
