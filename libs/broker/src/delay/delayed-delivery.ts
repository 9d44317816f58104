// Topics whose records may wait (`drave.delay.enable=true`): where their producers' batches go, and what moves them on.
// Protects: a batch is accepted only when the topic it waits in is durable; deliverers run as long as a delay topic exists, also
// after delaying was switched off. Leaves out: transactions (refused on such topics).

import { delayTopicPrefix, isLegalTopicName, KafkaError, limits } from '@drave/contracts';
import { join } from 'node:path';
import type { Platform } from '@drave/platform';
import { buildBatch, compressionCodecs, type CompressionCodec } from '@drave/protocol';
import {
  isRefusal,
  type HostedTopic,
  type MetadataListener,
  type MetadataLog,
  type Partition,
  type ReplicaManager,
} from '@drave/replication';
import type { TopicCreation } from '../topic-creation.js';
import { DelayCheckpointFile } from './delay-checkpoint.js';
import { cancelHeader, delayTopicOf, parkedEpoch, targetTopicOf } from './deliver-at.js';
import { DelayedPartition } from './delayed-partition.js';

/** A record that waits. */
export interface DelayedRecord {
  readonly topic: string;
  readonly partition: number;
  /** As the producer was told. */
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly deliverAtMs: number;
}

/** What a host may ask about waiting records. */
export interface DelayedRecords {
  /** Waiting records by topic; only topics where some may wait. */
  counts(): ReadonlyMap<string, number>;
  /** A page of one topic, next due first. O(waiting) per call. */
  list(topic: string, page: { readonly start: number; readonly count: number }): DelayedRecord[];
  /** Drops a waiting record, durably; false when it does not wait (any more). */
  cancel(record: Pick<DelayedRecord, 'topic' | 'partition' | 'offset'>): Promise<boolean>;
}

export interface DelayedDeliveryOptions {
  readonly platform: Platform;
  /** The broker's data directory. */
  readonly directory: string;
  readonly metadata: MetadataLog;
  readonly replicas: ReplicaManager;
  readonly topics: TopicCreation;
}

interface Deliverer {
  readonly source: Partition;
  readonly partition: DelayedPartition;
  readonly checkpoint: DelayCheckpointFile;
}

const transactionalBit = 0x10;

export class DelayedDelivery implements DelayedRecords, MetadataListener {
  readonly #options: DelayedDeliveryOptions;
  /** By target topic, then partition; complete and durable where there is an entry. */
  readonly #ready = new Map<string, Deliverer[]>();
  readonly #preparing = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(options: DelayedDeliveryOptions) {
    this.#options = options;
  }

  /** Takes up what waits; before clients are served. */
  async start(): Promise<void> {
    const { metadata } = this.#options;
    for (const { name } of [...metadata.image.topics()]) {
      const target = targetTopicOf(name) ?? (this.#isEnabled(name) ? name : undefined);
      if (target !== undefined) await this.#prepare(target);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#preparing.values());
    for (const deliverers of this.#ready.values()) {
      for (const { partition } of deliverers) await partition.stop();
    }
    this.#ready.clear();
  }

  /** Where a batch for `topic` is appended instead. Throws KafkaError: retriable while that place is being made. */
  sourceOf(topic: HostedTopic, partition: number, batch: Buffer): Partition {
    const { name } = topic.image;
    if (!isLegalTopicName(delayTopicOf(name))) {
      throw new KafkaError(
        'INVALID_TOPIC_EXCEPTION',
        `the name of a topic with drave.delay.enable has at most ${249 - delayTopicPrefix.length} characters`,
      );
    }
    if ((batch.readInt8(22) & transactionalBit) !== 0) {
      throw new KafkaError('INVALID_RECORD', `'${name}' delays records and takes no transactions`);
    }
    if (batch.readInt32BE(43) < 0 && batch.readInt16BE(51) === parkedEpoch) {
      throw new KafkaError('INVALID_RECORD', 'a batch without a producer id has no producer epoch');
    }
    const source = this.#ready.get(name)?.[partition]?.source;
    if (source === undefined) {
      void this.#prepare(name);
      throw new KafkaError('LEADER_NOT_AVAILABLE', `the delay topic of '${name}' is being made`);
    }
    if (this.#pendingCount() >= limits.delayedPendingMax) {
      throw new KafkaError('THROTTLING_QUOTA_EXCEEDED', 'too many delayed records wait');
    }
    return source;
  }

  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const [topic, deliverers] of this.#ready) {
      counts.set(
        topic,
        deliverers.reduce((sum, { partition }) => sum + partition.pendingCount, 0),
      );
    }
    return counts;
  }

  list(topic: string, { start, count }: { start: number; count: number }): DelayedRecord[] {
    const found: DelayedRecord[] = [];
    for (const [partition, deliverer] of (this.#ready.get(topic) ?? []).entries()) {
      for (const { offset, dueMs } of deliverer.partition.page(0, start + count)) {
        found.push({ topic, partition, offset, deliverAtMs: dueMs });
      }
    }
    found.sort((a, b) => a.deliverAtMs - b.deliverAtMs || a.offset - b.offset);
    return found.slice(start, start + count);
  }

  async cancel({ topic, partition, offset }: Omit<DelayedRecord, 'deliverAtMs'>): Promise<boolean> {
    const deliverer = this.#ready.get(topic)?.[partition];
    if (!deliverer?.partition.isPending(offset)) return false;
    const { source } = deliverer;
    const nowMs = this.#options.platform.clock.nowMs();
    const headers = [{ key: cancelHeader, value: Buffer.from(String(offset)) }];
    const batch = buildBatch([{ key: null, value: null, headers, timestamp: nowMs }]);
    const { lastOffset } = source.append(batch, { nowMs, origin: 'coordinator' });
    await new Promise<void>((resolve, reject) => {
      source.whenCommitted(lastOffset, (error) => (error ? reject(error) : resolve()));
    });
    return deliverer.partition.cancel(offset, lastOffset);
  }

  // MetadataListener: told in the middle of a change, so the work comes in a later turn

  topicCreated({ name }: { readonly name: string }): void {
    this.#later(name);
  }

  topicConfigsSet({ name }: { readonly name: string }): void {
    this.#later(name);
  }

  partitionsAdded({ name }: { readonly name: string }): void {
    this.#later(name);
  }

  topicDeleted({ name }: { readonly name: string }): void {
    const target = targetTopicOf(name) ?? name;
    const deliverers = this.#ready.get(target);
    if (deliverers === undefined) return;
    this.#ready.delete(target);
    for (const { partition, checkpoint } of deliverers) {
      void partition.stop().then(() => checkpoint.remove());
    }
    const { metadata, platform } = this.#options;
    platform.scheduler.nextTurn(() => {
      const delayTopic = metadata.image.topic(delayTopicOf(target));
      if (delayTopic !== undefined && !this.#isStopped) metadata.deleteTopic(delayTopic.topicId);
    });
  }

  #later(name: string): void {
    if (!this.#isEnabled(name)) return;
    this.#options.platform.scheduler.nextTurn(() => void this.#prepare(name));
  }

  /** As the topic's `compression.type` says now. */
  #codecOf(name: string, codec: CompressionCodec): CompressionCodec {
    const type = this.#options.replicas.topic(name)?.settings.compressionType ?? 'producer';
    if (type === 'producer') return codec;
    return type === 'uncompressed'
      ? 'none'
      : (compressionCodecs.find((one) => one === type) ?? codec);
  }

  #isEnabled(name: string): boolean {
    return this.#options.replicas.topic(name)?.settings.draveDelayEnable === true;
  }

  #pendingCount(): number {
    let sum = 0;
    for (const count of this.counts().values()) sum += count;
    return sum;
  }

  /** Makes the delay topic and its deliverers, once at a time per topic; never rejects. */
  #prepare(name: string): Promise<void> {
    const running = this.#preparing.get(name);
    if (running !== undefined) return running;
    if (this.#isStopped) return Promise.resolve();
    const preparing = this.#makeReady(name)
      .catch((error: unknown) => {
        const { logger } = this.#options.platform;
        logger.error('delay-topic-failed', { topic: name, error: String(error) });
      })
      .finally(() => this.#preparing.delete(name));
    this.#preparing.set(name, preparing);
    return preparing;
  }

  async #makeReady(name: string): Promise<void> {
    const { replicas, platform, directory } = this.#options;
    const target = replicas.topic(name);
    if (target === undefined || !isLegalTopicName(delayTopicOf(name))) return;
    const partitionCount = target.partitions.length;
    await this.#ensureTopic(name, partitionCount, target.settings.maxMessageBytes);
    const source = replicas.topic(delayTopicOf(name));
    if (source === undefined || this.#isStopped) return;
    const deliverers = [...(this.#ready.get(name) ?? [])];
    for (let index = deliverers.length; index < partitionCount; index += 1) {
      const from = source.partitions[index];
      const to = target.partitions[index];
      if (from === undefined || to === undefined) break;
      const { topicId } = source.image;
      const checkpoint = new DelayCheckpointFile(platform.disk, join(directory, '.delay'), {
        topicId,
        partition: index,
      });
      const codecOf = (codec: CompressionCodec): CompressionCodec => this.#codecOf(name, codec);
      const options = { source: from, target: to, checkpoint, codecOf, ...platform };
      const partition = new DelayedPartition(options);
      await partition.start();
      deliverers.push({ source: from, partition, checkpoint });
    }
    if (this.#isStopped) for (const { partition } of deliverers) await partition.stop();
    else this.#ready.set(name, deliverers);
  }

  async #ensureTopic(name: string, partitionCount: number, messageBytes: number): Promise<void> {
    const { metadata, topics } = this.#options;
    const delayTopic = delayTopicOf(name);
    const found = metadata.image.topic(delayTopic);
    if (found === undefined) {
      const configs = new Map([
        ['cleanup.policy', 'delete'],
        ['retention.ms', '-1'],
        ['retention.bytes', '-1'],
        // What was cut off is freed by whole segments.
        ['segment.bytes', String(64 * 1024 * 1024)],
        ['max.message.bytes', String(messageBytes)],
      ]);
      const { reply, committed } = topics.createInternal({
        name: delayTopic,
        partitionCount,
        configs,
      });
      if (isRefusal(reply)) throw new Error(reply.message);
      await committed;
    } else if (found.partitionCount < partitionCount) {
      const { reply, committed } = metadata.addPartitions(found.topicId, partitionCount);
      if (isRefusal(reply)) throw new Error(reply.message);
      await committed;
    } else await metadata.settling;
  }
}
