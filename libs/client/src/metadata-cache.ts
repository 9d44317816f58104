// What the cluster looks like: brokers, topics, leaders. Filled by a fetch function, read synchronously.
// Protects: a promise of `refresh` settles with an answer that was asked for after the call; a stale answer never turns
// a leader epoch back (unless the topic was recreated); at most one request is under way.
// Leaves out: patterns, authorized operations.

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import type { Clock } from '@drave/platform';
import type { MetadataResponse } from '@drave/protocol';

export interface BrokerEndpoint {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface PartitionMetadata {
  readonly partition: number;
  /** −1: none just now. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

export interface TopicMetadata {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  /** Index = partition number. */
  readonly partitions: readonly PartitionMetadata[];
  readonly fetchedAtMs: number;
}

export interface MetadataFetch {
  /** null = all topics. */
  readonly topics: readonly string[] | null;
  readonly allowAutoTopicCreation: boolean;
}

interface Waiter {
  readonly fetch: MetadataFetch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class MetadataCache {
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #fetch: (fetch: MetadataFetch) => Promise<MetadataResponse>;
  #brokers = new Map<number, BrokerEndpoint>();
  readonly #topics = new Map<string, TopicMetadata>();
  readonly #topicErrors = new Map<string, number>();
  #clusterId: string | null = null;
  #controllerId = -1;
  #waiters: Waiter[] = [];
  #isFetching = false;

  constructor(options: {
    readonly clock: Clock;
    readonly maxAgeMs: number;
    readonly fetch: (fetch: MetadataFetch) => Promise<MetadataResponse>;
  }) {
    this.#clock = options.clock;
    this.#maxAgeMs = options.maxAgeMs;
    this.#fetch = options.fetch;
  }

  get clusterId(): string | null {
    return this.#clusterId;
  }

  get controllerId(): number {
    return this.#controllerId;
  }

  brokers(): readonly BrokerEndpoint[] {
    return [...this.#brokers.values()];
  }

  broker(nodeId: number): BrokerEndpoint | undefined {
    return this.#brokers.get(nodeId);
  }

  /** The topic as last seen; undefined when unknown or older than the maximum age. */
  topic(name: string): TopicMetadata | undefined {
    const topic = this.#topics.get(name);
    if (!topic || this.#clock.monotonicMs() - topic.fetchedAtMs > this.#maxAgeMs) return undefined;
    return topic;
  }

  /** All topics of the last answers, whatever their age. */
  topics(): readonly TopicMetadata[] {
    return [...this.#topics.values()];
  }

  /** Leader of a partition; undefined when there is none or it is not known. */
  leader({
    topic,
    partition,
  }: TopicPartition): { readonly nodeId: number; readonly leaderEpoch: number } | undefined {
    const known = this.#topics.get(topic)?.partitions[partition];
    if (!known || known.leaderId < 0 || !this.#brokers.has(known.leaderId)) return undefined;
    return { nodeId: known.leaderId, leaderEpoch: known.leaderEpoch };
  }

  /** Error code of the last answer for a topic, 0 when it was fine or never asked. */
  topicError(name: string): number {
    return this.#topicErrors.get(name) ?? ErrorCode.NONE;
  }

  /** Fetches now. Calls made while a request is under way share the next one. */
  refresh(topics: readonly string[] | null, allowAutoTopicCreation = false): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ fetch: { topics, allowAutoTopicCreation }, resolve, reject });
      if (!this.#isFetching) void this.#run();
    });
  }

  /**
   * The named topics, from memory when fresh. Throws the broker's error of the first topic that has one
   * (UNKNOWN_TOPIC_OR_PARTITION is retriable: it may be under creation).
   */
  async require(
    topics: readonly string[],
    allowAutoTopicCreation = false,
  ): Promise<readonly TopicMetadata[]> {
    const missing = topics.filter((name) => !this.topic(name));
    if (missing.length > 0) await this.refresh(missing, allowAutoTopicCreation);
    return topics.map((name) => {
      const topic = this.topic(name);
      if (topic) return topic;
      const code = this.topicError(name) || ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      throw new KafkaError(code, `topic '${name}'`);
    });
  }

  async #run(): Promise<void> {
    this.#isFetching = true;
    while (this.#waiters.length > 0) {
      // One request per flag: a topic that must not be created is never asked for together with one that may.
      const flag = this.#waiters[0]?.fetch.allowAutoTopicCreation;
      const round = this.#waiters.filter((w) => w.fetch.allowAutoTopicCreation === flag);
      this.#waiters = this.#waiters.filter((w) => w.fetch.allowAutoTopicCreation !== flag);
      try {
        this.#apply(await this.#fetch(mergeFetches(round)));
        for (const waiter of round) waiter.resolve();
      } catch (error) {
        for (const waiter of round) waiter.reject(error);
      }
    }
    this.#isFetching = false;
  }

  #apply(response: MetadataResponse): void {
    const nowMs = this.#clock.monotonicMs();
    this.#clusterId = response.clusterId;
    this.#controllerId = response.controllerId;
    // An answer without brokers comes from a broker that is still starting; keep what we know.
    if (response.brokers.length > 0) {
      this.#brokers = new Map(response.brokers.map((broker) => [broker.nodeId, broker]));
    }
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      this.#topicErrors.set(topic.name, topic.errorCode);
      if (topic.errorCode !== ErrorCode.NONE) {
        if (topic.errorCode !== ErrorCode.LEADER_NOT_AVAILABLE) this.#topics.delete(topic.name);
        continue;
      }
      const known = this.#topics.get(topic.name);
      const sameTopic = known?.topicId === topic.topicId ? known : undefined;
      const partitions: PartitionMetadata[] = [];
      for (const p of topic.partitions) {
        const before = sameTopic?.partitions[p.partitionIndex];
        const isOlder =
          before !== undefined && p.leaderEpoch >= 0 && p.leaderEpoch < before.leaderEpoch;
        partitions[p.partitionIndex] = isOlder
          ? before
          : {
              partition: p.partitionIndex,
              leaderId: p.leaderId,
              leaderEpoch: p.leaderEpoch,
              replicas: p.replicaNodes,
              isr: p.isrNodes,
            };
      }
      this.#topics.set(topic.name, {
        name: topic.name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitions,
        fetchedAtMs: nowMs,
      });
    }
  }

  /** Forgets topics that were deleted. */
  forget(topic: string): void {
    this.#topics.delete(topic);
    this.#topicErrors.delete(topic);
  }
}

function mergeFetches(waiters: readonly Waiter[]): MetadataFetch {
  const names = new Set<string>();
  let isAll = false;
  for (const { fetch } of waiters) {
    if (fetch.topics === null) isAll = true;
    else for (const name of fetch.topics) names.add(name);
  }
  return {
    topics: isAll ? null : [...names],
    allowAutoTopicCreation: waiters[0]?.fetch.allowAutoTopicCreation ?? false,
  };
}
