// The partitions of this broker, kept in step with the metadata image. Protects: a partition exists exactly as long as its topic;
// a log whose topic id is not the topic's is never opened under its name, and only logs of deleted topics, or empty ones, go.
// Leaves out: followers; with virtual brokers all replicas are this one log. Source: Kafka's ReplicaManager and LogManager (stray partitions).

import { KafkaError, type BrokerId, type TopicSettings } from '@drave/contracts';
import type { Logger } from '@drave/platform';
import type { LogManager, LogSettings, PartitionLog } from '@drave/log';
import type { TopicImage } from './controller-shard.js';
import type { MetadataImage, MetadataListener } from './metadata-image.js';
import { metadataTopic } from './metadata-log.js';
import { Partition } from './partition.js';
import { placeReplicas } from './replica-placement.js';

export interface ReplicaManagerOptions {
  readonly logs: LogManager;
  /** The brokers of this process; not empty. */
  readonly nodes: readonly BrokerId[];
  readonly logger: Logger;
  /** Effective settings of a topic; called at creation, at start and when its configs change. */
  readonly topicSettings: (topic: TopicImage) => TopicSettings;
  readonly logSettings: (settings: TopicSettings) => LogSettings;
}

/** A topic whose partitions the brokers of this process lead. */
export interface HostedTopic {
  readonly image: TopicImage;
  readonly settings: TopicSettings;
  /** By partition number, none missing. */
  readonly partitions: readonly Partition[];
}

export class ReplicaManager implements MetadataListener {
  readonly #options: ReplicaManagerOptions;
  readonly #topics = new Map<string, HostedTopic>();
  readonly #removals = new Set<Promise<void>>();
  #partitionCount = 0;

  constructor(options: ReplicaManagerOptions) {
    this.#options = options;
  }

  /** Takes up the logs found on disk; call once, before the first request. */
  open(image: MetadataImage): void {
    const { logs, logger } = this.#options;
    for (const log of logs.logs()) {
      const { topicPartition, topicId } = log;
      if (topicPartition.topic === metadataTopic || image.topicById(topicId)) continue;
      if (image.isDeleted(topicId)) this.#remove(log);
      else logger.warn('stray-log-ignored', { topicPartition, topicId });
    }
    for (const topic of image.topics()) this.topicCreated(topic);
  }

  topic(name: string): HostedTopic | undefined {
    return this.#topics.get(name);
  }

  /** Undefined when the topic or the partition does not exist. */
  partition(topic: string, partition: number): Partition | undefined {
    return this.#topics.get(topic)?.partitions[partition];
  }

  *partitions(): Iterable<Partition> {
    for (const { partitions } of this.#topics.values()) yield* partitions;
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /**
   * Makes room for a topic about to be created: logs left under its name by a creation that was never committed go when they are
   * empty. Returns the first one that holds records: its topic cannot be created, because records are never thrown away here.
   */
  clearStrays(topic: string, partitionCount: number): PartitionLog | undefined {
    if (this.#topics.has(topic)) return undefined;
    for (let partition = 0; partition < partitionCount; partition++) {
      const stray = this.#options.logs.get({ topic, partition });
      if (stray && stray.logEndOffset > 0) return stray;
      if (stray) this.#remove(stray);
    }
    return undefined;
  }

  topicCreated(image: TopicImage): void {
    this.#host(image, []);
  }

  partitionsAdded(image: TopicImage): void {
    this.#host(image, this.#topics.get(image.name)?.partitions ?? []);
  }

  /** Opens the partitions of `image` beyond those already there. */
  #host(image: TopicImage, existing: readonly Partition[]): void {
    const { logs, nodes } = this.#options;
    const settings = this.#options.topicSettings(image);
    const logSettings = this.#options.logSettings(settings);
    const { topicId } = image;
    const partitions = [...existing];
    for (let partition = existing.length; partition < image.partitionCount; partition++) {
      const topicPartition = { topic: image.name, partition };
      const log = logs.create(topicPartition, { topicId, settings: logSettings });
      partitions.push(
        new Partition({ log, replicas: placeReplicas(image, partition, nodes), leaderEpoch: 0 }),
      );
    }
    this.#topics.set(image.name, { image, settings, partitions });
    this.#partitionCount += partitions.length - existing.length;
  }

  topicConfigsSet(image: TopicImage): void {
    const hosted = this.#topics.get(image.name);
    if (!hosted) return;
    const settings = this.#options.topicSettings(image);
    const logSettings = this.#options.logSettings(settings);
    for (const { log } of hosted.partitions) log.updateSettings(logSettings);
    this.#topics.set(image.name, { image, settings, partitions: hosted.partitions });
  }

  /** The settings that topics fall back to have changed. */
  brokerConfigsSet(): void {
    for (const { image } of [...this.#topics.values()]) this.topicConfigsSet(image);
  }

  topicDeleted(image: TopicImage): void {
    const hosted = this.#topics.get(image.name);
    if (!hosted) return;
    this.#topics.delete(image.name);
    this.#partitionCount -= hosted.partitions.length;
    const error = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic '${image.name}' was deleted`);
    for (const partition of hosted.partitions) {
      partition.close(error);
      this.#remove(partition.log);
    }
  }

  /** Answers what still waits with `error`; settles when the files of deleted topics are gone. */
  async close(error: KafkaError): Promise<void> {
    for (const partition of this.partitions()) partition.close(error);
    await Promise.all(this.#removals);
  }

  #remove(log: PartitionLog): void {
    const { logs, logger } = this.#options;
    const { topicPartition } = log;
    const removal = logs.delete(topicPartition).catch((cause: unknown) => {
      // The record of the deletion stays in the metadata log: the next start tries again.
      logger.error('log-deletion-failed', { topicPartition, cause });
    });
    this.#removals.add(removal);
    void removal.then(() => this.#removals.delete(removal));
  }
}
