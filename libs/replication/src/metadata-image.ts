// What everybody reads of cluster metadata: topics by name and id. Protects: only replayed records show here.
// Leaves out: changing anything (metadata-log.ts). A topic image never changes; a change puts a new one in its place.

import type { ClusterSettingsShard } from './cluster-settings-shard.js';
import type { ControllerShard, TopicImage } from './controller-shard.js';

/** Told in the turn of the replay, before the record is committed. */
export interface MetadataListener {
  topicCreated?(topic: TopicImage): void;
  topicDeleted?(topic: TopicImage): void;
  partitionsAdded?(topic: TopicImage): void;
  topicConfigsSet?(topic: TopicImage): void;
  clientQuotasSet?(): void;
  brokerConfigsSet?(): void;
}

export class MetadataImage {
  readonly #shard: ControllerShard;

  constructor(shard: ControllerShard) {
    this.#shard = shard;
  }

  topic(name: string): TopicImage | undefined {
    return this.#shard.topicsByName.get(name);
  }

  topicById(topicId: string): TopicImage | undefined {
    return this.#shard.topicsById.get(topicId);
  }

  /** In the order of creation. */
  topics(): Iterable<TopicImage> {
    return this.#shard.topicsByName.values();
  }

  get topicCount(): number {
    return this.#shard.topicsByName.size;
  }

  /** Quotas, SCRAM credentials and dynamic broker settings. */
  get clusterSettings(): Omit<ClusterSettingsShard, 'replay'> {
    return this.#shard.clusterSettings;
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.#shard.partitionCount;
  }

  /** Whether the metadata log deleted the topic with this id; its files may go. */
  isDeleted(topicId: string): boolean {
    return this.#shard.deletedTopicIds.has(topicId);
  }
}
