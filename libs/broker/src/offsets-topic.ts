// `__consumer_offsets` as the group coordinator's log: created when it is first needed, appended to and read through partitions.
// Protects: a record is acknowledged only once the high watermark has passed it. Fills the coordinator's PartitionWriter port.
// The topic is compacted by the log. Source: Kafka's GroupCoordinator and CoordinatorPartitionWriter.

import { internalTopics, KafkaError } from '@drave/contracts';
import type { PartitionWriter } from '@drave/coordinator';
import type { Clock } from '@drave/platform';
import { assert } from '@drave/platform';
import { buildBatch, forEachBatch, forEachRecord, type KafkaRecord } from '@drave/protocol';
import {
  isRefusal,
  type MetadataLog,
  type Partition,
  type ReplicaManager,
} from '@drave/replication';
import type { TopicCreation } from './topic-creation.js';

const readBytes = 1024 * 1024;

export interface OffsetsTopicOptions {
  readonly metadata: MetadataLog;
  readonly replicas: ReplicaManager;
  readonly topics: TopicCreation;
  readonly clock: Clock;
  /** Partitions of the topic while it does not exist. */
  readonly partitionCount: number;
}

export class OffsetsTopic implements PartitionWriter {
  readonly #options: OffsetsTopicOptions;

  constructor(options: OffsetsTopicOptions) {
    this.#options = options;
  }

  /** Of the topic once it exists, before that of the settings. */
  get partitionCount(): number {
    const topic = this.#options.metadata.image.topic(internalTopics.consumerOffsets);
    return topic?.partitionCount ?? this.#options.partitionCount;
  }

  /** Creates the topic if it is not there; settles when it is durable. Rejects with KafkaError. */
  async ensure(): Promise<void> {
    const { reply, committed } = this.#create();
    await committed;
    if (isRefusal(reply)) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', reply.message);
  }

  async append(
    partition: number,
    records: readonly { readonly key: Buffer; readonly value: Buffer | null }[],
  ): Promise<number> {
    const { committed } = this.#create();
    const target = this.#partition(partition);
    if (!target) throw new KafkaError('COORDINATOR_NOT_AVAILABLE');
    const nowMs = this.#options.clock.nowMs();
    const batch = buildBatch(
      records.map(({ key, value }) => ({ key, value, headers: [], timestamp: nowMs })),
      {},
    );
    const { lastOffset } = target.append(batch, { nowMs, origin: 'coordinator' });
    await new Promise<void>((resolve, reject) => {
      target.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
    });
    await committed;
    return lastOffset;
  }

  /** Every record below the high watermark, in order; nothing while the topic does not exist. */
  async readAll(partition: number, visit: (record: KafkaRecord) => void): Promise<void> {
    const source = this.#partition(partition);
    if (!source) return;
    const { log, highWatermark } = source;
    let offset = log.logStartOffset;
    while (offset < highWatermark) {
      const { records } = await log.read({
        offset,
        maxBytes: readBytes,
        boundOffset: highWatermark,
        minOneBatch: true,
      });
      const before = offset;
      forEachBatch(records, (batch) => {
        if (!batch.isControl) forEachRecord(batch, visit);
        offset = batch.lastOffset + 1;
      });
      assert(offset > before, 'offsets-topic-read-advances', { partition, offset, highWatermark });
    }
  }

  #create(): ReturnType<TopicCreation['ensureOffsetsTopic']> {
    return this.#options.topics.ensureOffsetsTopic(internalTopics.consumerOffsets);
  }

  #partition(partition: number): Partition | undefined {
    return this.#options.replicas.partition(internalTopics.consumerOffsets, partition);
  }
}
