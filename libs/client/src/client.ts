// The entrance: one KafkaClient shares metadata between its producers, consumers and admins; each of them has its own
// connections. Protects: close ends all of it. Leaves out: SASL, TLS.

import type { TopicPartition } from '@drave/contracts';
import type { Platform } from '@drave/platform';

import { Admin } from './admin.js';
import { readRecord, type FoundRecord } from './browse/read-record.js';
import { browse, type BrowseEvent, type BrowseRequest } from './browse/record-browser.js';
import { Cluster } from './cluster.js';
import { Consumer, type ConsumerOptions } from './consumer.js';
import { clientLimits } from './limits.js';
import { Producer, type ProducerOptions } from './producer.js';
import type { Tracing } from './tracing.js';

export interface KafkaClientOptions {
  readonly platform: Platform;
  /** Bootstrap list, `host:port` each. */
  readonly brokers: readonly string[];
  /** Appears in the broker's logs and group descriptions; default `drave`. */
  readonly clientId?: string;
  /** Milliseconds, default 30,000. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds, default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long one call retries; milliseconds, default 60,000. */
  readonly apiTimeoutMs?: number;
  /** Milliseconds, default 300,000. */
  readonly metadataMaxAgeMs?: number;
  /** Spans of what producers send; default none, at no cost. */
  readonly tracing?: Tracing;
}

export class KafkaClient {
  readonly #cluster: Cluster;
  readonly #tracing: Tracing | undefined;
  readonly #producers = new Set<Producer>();
  readonly #consumers = new Set<Consumer>();

  /** Opens nothing yet; throws TypeError for a broker that is not `host:port`. */
  constructor(options: KafkaClientOptions) {
    this.#tracing = options.tracing;
    this.#cluster = new Cluster({
      platform: options.platform,
      brokers: options.brokers,
      clientId: options.clientId ?? 'drave',
      requestTimeoutMs: options.requestTimeoutMs ?? clientLimits.requestTimeoutMs,
      connectTimeoutMs: options.connectTimeoutMs ?? clientLimits.connectTimeoutMs,
      apiTimeoutMs: options.apiTimeoutMs ?? clientLimits.apiTimeoutMs,
      metadataMaxAgeMs: options.metadataMaxAgeMs ?? clientLimits.metadataMaxAgeMs,
    });
  }

  producer(options: ProducerOptions = {}): Producer {
    forgetClosed(this.#producers);
    const producer = new Producer(this.#cluster, options, this.#tracing);
    this.#producers.add(producer);
    return producer;
  }

  consumer(options: ConsumerOptions = {}): Consumer {
    forgetClosed(this.#consumers);
    const consumer = new Consumer(this.#cluster, options);
    this.#consumers.add(consumer);
    return consumer;
  }

  admin(): Admin {
    return new Admin(this.#cluster);
  }

  /** Searches a topic without a group; events come as they are found. Ending the iteration ends the search. */
  browse(request: BrowseRequest): AsyncGenerator<BrowseEvent, void, undefined> {
    return browse(this.#cluster, request);
  }

  /** The record at an offset and the batch that holds it. Rejects with UNKNOWN_TOPIC_OR_PARTITION, OFFSET_OUT_OF_RANGE. */
  readRecord(place: TopicPartition & { readonly offset: number }): Promise<FoundRecord> {
    return readRecord(this.#cluster, place);
  }

  /** Ends all of it at once: groups are not left, unacknowledged records reject (they may have been written). */
  abort(): void {
    for (const consumer of this.#consumers) consumer.abort();
    for (const producer of this.#producers) producer.abort();
    this.#consumers.clear();
    this.#producers.clear();
    this.#cluster.close();
  }

  /** Leaves groups, flushes producers, closes every connection. Idempotent. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.#consumers].map((consumer) => consumer.close()));
    await Promise.allSettled([...this.#producers].map((producer) => producer.close()));
    this.#consumers.clear();
    this.#producers.clear();
    this.#cluster.close();
  }
}

/** So that a client which opens and closes many does not keep them. */
function forgetClosed(members: Set<{ readonly isClosed: boolean }>): void {
  for (const member of members) if (member.isClosed) members.delete(member);
}
