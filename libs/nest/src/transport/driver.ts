// The port between transport and client: what the transport needs of a Kafka client, no more, so that another one can be put in its
// place. The default is @drave/client, which works with any Kafka. Protects: contracts named at each method.

import { KafkaError, type TopicPartition } from '@drave/contracts';
import {
  KafkaClient,
  type Admin,
  type ConsumerOptions,
  type ConsumerRecord,
  type KafkaClientOptions,
  type NewTopic,
  type OffsetToCommit,
  type ProducerOptions,
  type ProducerRecord,
} from '@drave/client';

export interface DriverProducer {
  /** Settles when the record is acknowledged; keeps the order of calls per partition. Rejects when it never will be. */
  send(record: ProducerRecord): Promise<unknown>;
  /** Flushes, then closes. */
  close(): Promise<void>;
  abort(): void;
}

/** The part of ConsumerOptions a driver has to heed. */
export type DriverConsumerOptions = Pick<
  ConsumerOptions,
  | 'groupId'
  | 'instanceId'
  | 'autoOffsetReset'
  | 'sessionTimeoutMs'
  | 'heartbeatIntervalMs'
  | 'isolation'
  | 'fetch'
  | 'onAssigned'
  | 'onRevoked'
  | 'onLost'
>;

export interface DriverConsumer {
  /** Joins the group for these topics instead of earlier ones. Heartbeats go on between polls. */
  subscribe(topics: readonly string[]): void;
  /** Reads partitions without a group. */
  assign(partitions: readonly TopicPartition[]): void;
  seek(partition: TopicPartition, offset: number): void;
  /** In offset order per partition; only what this consumer owns at that moment. */
  poll(options: {
    readonly maxRecords: number;
    readonly timeoutMs: number;
  }): Promise<ConsumerRecord[]>;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  assignment(): readonly TopicPartition[];
  /** Records between the position and the end; undefined while unknown. */
  lag(partition: TopicPartition): number | undefined;
  /** Rejects with ILLEGAL_GENERATION when a partition is not owned any more. */
  commit(offsets: readonly OffsetToCommit[]): Promise<void>;
  /** Generation −1 before the first assignment. */
  groupMetadata(): { readonly generation: number };
  /** Runs `onRevoked`, leaves the group. */
  close(): Promise<void>;
  abort(): void;
}

export interface TransportDriver {
  /** Rejects when no broker answers. */
  connect(): Promise<void>;
  producer(options: ProducerOptions): DriverProducer;
  consumer(options: DriverConsumerOptions): DriverConsumer;
  /** All topics without internal ones. */
  listTopics(): Promise<readonly string[]>;
  /** Creates the topics that do not exist; leaves the others alone. */
  ensureTopics(topics: readonly NewTopic[]): Promise<void>;
  partitionCount(topic: string): Promise<number>;
  /** The offset of the next record. */
  endOffset(partition: TopicPartition): Promise<number>;
  close(): Promise<void>;
  abort(): void;
}

/** @drave/client as a driver. */
export class KafkaDriver implements TransportDriver {
  readonly client: KafkaClient;
  readonly #admin: Admin;

  constructor(options: KafkaClientOptions) {
    this.client = new KafkaClient(options);
    this.#admin = this.client.admin();
  }

  async connect(): Promise<void> {
    await this.#admin.describeCluster();
  }

  producer(options: ProducerOptions): DriverProducer {
    return this.client.producer(options);
  }

  consumer(options: DriverConsumerOptions): DriverConsumer {
    return this.client.consumer(options);
  }

  listTopics(): Promise<readonly string[]> {
    return this.#admin.listTopics();
  }

  async ensureTopics(topics: readonly NewTopic[]): Promise<void> {
    const existing = new Set(await this.#admin.listTopics({ includeInternal: true }));
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    // One by one: another instance may create some of them at the same time.
    await Promise.all(
      missing.map(async (topic) => {
        try {
          await this.#admin.createTopics([topic]);
        } catch (error) {
          const isThere = error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS';
          if (!isThere) throw error;
        }
      }),
    );
  }

  async partitionCount(topic: string): Promise<number> {
    const [description] = await this.#admin.describeTopics([topic]);
    return description?.partitions.length ?? 0;
  }

  async endOffset(partition: TopicPartition): Promise<number> {
    const [found] = await this.#admin.listOffsets([{ ...partition, at: 'latest' }]);
    return found?.offset ?? 0;
  }

  async close(): Promise<void> {
    await this.client.close();
    this.#admin.close();
  }

  abort(): void {
    this.client.abort();
    this.#admin.close();
  }
}
