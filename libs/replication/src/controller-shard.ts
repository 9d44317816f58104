// Cluster metadata as a replicated state machine: topics with their ids, partition counts and configs, and producer-id blocks.
// Protects: a name and an id each belong to one topic; a producer id is handed out once, across restarts.
// `decide*` reads and returns records with the reply; `replay` alone changes state and is deterministic.
// Leaves out: leaders and in-sync replicas (one voter; where replicas are follows from replica-placement.ts). Sources: Kafka's ReplicationControlManager.

import { assert, unreachable } from '@drave/platform';
import { limits, type BrokerId, type ErrorName, type ProducerId } from '@drave/contracts';
import { ClusterSettingsShard, type ClusterSettingsRecord } from './cluster-settings-shard.js';

/** What the metadata log holds; every record carries its version, and an unknown one stops the shard. */
export type MetadataRecord =
  | {
      readonly kind: 'topic-created';
      readonly version: 1;
      readonly name: string;
      readonly topicId: string;
      readonly partitionCount: number;
      readonly replicationFactor: number;
      /** Replicas by partition where somebody chose them; an empty list, or none, leaves the choice to the placement. */
      readonly assignments?: readonly (readonly BrokerId[])[];
      readonly configs: Readonly<Record<string, string>>;
      readonly createdAtMs: number;
    }
  | { readonly kind: 'topic-deleted'; readonly version: 1; readonly topicId: string }
  | {
      readonly kind: 'topic-configs-set';
      readonly version: 1;
      readonly topicId: string;
      readonly configs: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'partitions-added';
      readonly version: 1;
      readonly topicId: string;
      /** All of them, the new ones included. */
      readonly partitionCount: number;
      /** As above, for all partitions. */
      readonly assignments?: readonly (readonly BrokerId[])[];
    }
  | {
      readonly kind: 'producer-ids-allocated';
      readonly version: 1;
      /** First id not handed out yet. */
      readonly nextProducerId: ProducerId;
    }
  | ClusterSettingsRecord;

/** One topic as committed metadata describes it. */
export interface TopicImage {
  readonly name: string;
  /** A uuid in its hexadecimal text form with hyphens. */
  readonly topicId: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Replicas by partition where somebody chose them; an empty list, or none, leaves the choice to the placement. */
  readonly assignments?: readonly (readonly BrokerId[])[];
  readonly configs: ReadonlyMap<string, string>;
}

export interface Refusal {
  readonly error: ErrorName;
  /** One sentence for the user. */
  readonly message: string;
}

export interface Decision<Reply> {
  /** Appended as one batch, in this order. */
  readonly records: readonly MetadataRecord[];
  /** Sent once the high watermark has passed the last record. */
  readonly reply: Reply;
}

export interface CreateTopicInput {
  readonly name: string;
  /** Fresh; drawn by the caller so that deciding stays deterministic. */
  readonly topicId: string;
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly assignments?: readonly (readonly BrokerId[])[];
  readonly configs: ReadonlyMap<string, string>;
}

export class ControllerShard {
  /** Quotas, SCRAM credentials, broker settings. */
  readonly clusterSettings = new ClusterSettingsShard();
  readonly #topicsByName = new Map<string, TopicImage>();
  readonly #topicsById = new Map<string, TopicImage>();
  readonly #deletedTopicIds = new Set<string>();
  /** Names with '.' and '_' made equal, because both become '_' in metric names. */
  readonly #collisionKeys = new Map<string, string>();
  #partitionCount = 0;
  #nextProducerId: ProducerId = 0;

  get topicsByName(): ReadonlyMap<string, TopicImage> {
    return this.#topicsByName;
  }

  get topicsById(): ReadonlyMap<string, TopicImage> {
    return this.#topicsById;
  }

  /** Ids of topics deleted since the oldest record; their files may be removed. */
  get deletedTopicIds(): ReadonlySet<string> {
    return this.#deletedTopicIds;
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  get nextProducerId(): ProducerId {
    return this.#nextProducerId;
  }

  /** Refuses a taken or colliding name and what exceeds the limits; the name itself is checked by the caller. */
  decideCreateTopic(input: CreateTopicInput, nowMs: number): Decision<TopicImage | Refusal> {
    const refusal = this.#refuseCreation(input);
    if (refusal) return { records: [], reply: refusal };
    const { name, topicId, partitionCount, replicationFactor, assignments, configs } = input;
    const chosen = assignments ? { assignments } : {};
    return {
      records: [
        {
          kind: 'topic-created',
          version: 1,
          name,
          topicId,
          partitionCount,
          replicationFactor,
          ...chosen,
          configs: Object.fromEntries(configs),
          createdAtMs: nowMs,
        },
      ],
      reply: {
        name,
        topicId,
        partitionCount,
        replicationFactor,
        ...chosen,
        configs: new Map(configs),
      },
    };
  }

  /** Why no topic of this name can be created; undefined when one can. */
  refuseTaken(name: string): Refusal | undefined {
    if (this.#topicsByName.has(name)) {
      return { error: 'TOPIC_ALREADY_EXISTS', message: `Topic '${name}' already exists.` };
    }
    const collides = this.#collisionKeys.get(collisionKey(name));
    if (collides !== undefined) {
      return {
        error: 'INVALID_TOPIC_EXCEPTION',
        message: `Topic '${name}' collides with existing topic: ${collides}; '.' and '_' count as equal.`,
      };
    }
    return undefined;
  }

  #refuseCreation({ name, topicId, partitionCount }: CreateTopicInput): Refusal | undefined {
    const taken = this.refuseTaken(name);
    if (taken) return taken;
    if (
      this.#topicsByName.size >= limits.topicsMax ||
      this.#partitionCount + partitionCount > limits.partitionsMax
    ) {
      return {
        error: 'POLICY_VIOLATION',
        message: `The cluster holds at most ${limits.topicsMax} topics and ${limits.partitionsMax} partitions; delete some first.`,
      };
    }
    assert(!this.#topicsById.has(topicId), 'topic-id-fresh', { topicId });
    return undefined;
  }

  decideDeleteTopic(topicId: string): Decision<TopicImage | Refusal> {
    const topic = this.#topicsById.get(topicId);
    if (!topic) {
      return {
        records: [],
        reply: { error: 'UNKNOWN_TOPIC_ID', message: `There is no topic with id ${topicId}.` },
      };
    }
    return { records: [{ kind: 'topic-deleted', version: 1, topicId }], reply: topic };
  }

  /** Replaces all overrides of a topic; names and texts are checked by the caller. */
  decideSetTopicConfigs(
    topicId: string,
    configs: ReadonlyMap<string, string>,
  ): Decision<TopicImage | Refusal> {
    const topic = this.#topicsById.get(topicId);
    if (!topic) {
      return {
        records: [],
        reply: { error: 'UNKNOWN_TOPIC_ID', message: `There is no topic with id ${topicId}.` },
      };
    }
    return {
      records: [
        { kind: 'topic-configs-set', version: 1, topicId, configs: Object.fromEntries(configs) },
      ],
      reply: { ...topic, configs: new Map(configs) },
    };
  }

  /** Grows a topic to `partitionCount` partitions in all; `assignments` are those of the new ones, in order. */
  decideAddPartitions(
    topicId: string,
    partitionCount: number,
    assignments: readonly (readonly BrokerId[])[] = [],
  ): Decision<TopicImage | Refusal> {
    const topic = this.#topicsById.get(topicId);
    if (!topic) {
      return {
        records: [],
        reply: { error: 'UNKNOWN_TOPIC_ID', message: `There is no topic with id ${topicId}.` },
      };
    }
    const added = partitionCount - topic.partitionCount;
    if (added <= 0 || this.#partitionCount + added > limits.partitionsMax) {
      const message =
        added <= 0
          ? `Topic currently has ${topic.partitionCount} partitions, which is higher than or equal to the requested ${partitionCount}.`
          : `The cluster holds at most ${limits.partitionsMax} partitions.`;
      return { records: [], reply: { error: 'INVALID_PARTITIONS', message } };
    }
    const known = Array.from(
      { length: topic.partitionCount },
      (_, i) => topic.assignments?.[i] ?? [],
    );
    const isChosen = assignments.length > 0 || topic.assignments !== undefined;
    const chosen = isChosen ? { assignments: [...known, ...assignments] } : {};
    return {
      records: [{ kind: 'partitions-added', version: 1, topicId, partitionCount, ...chosen }],
      reply: { ...topic, partitionCount, ...chosen },
    };
  }

  /** Quotas, credentials and broker settings as the caller checked them; all or none of the records. */
  decideClusterSettings(records: readonly ClusterSettingsRecord[]): Decision<undefined> {
    return { records, reply: undefined };
  }

  /** A block of fresh producer ids: `first` … `first + limits.producerIdBlock − 1`. */
  decideAllocateProducerIds(): Decision<{ readonly first: ProducerId; readonly count: number }> {
    const first = this.#nextProducerId;
    const nextProducerId = first + limits.producerIdBlock;
    return {
      records: [{ kind: 'producer-ids-allocated', version: 1, nextProducerId }],
      reply: { first, count: limits.producerIdBlock },
    };
  }

  replay(record: MetadataRecord): void {
    const { kind, version } = record;
    assert(version === 1, 'metadata-record-version', { kind, version });
    switch (record.kind) {
      case 'topic-created':
        return this.#replayTopicCreated(record);
      case 'topic-deleted':
        return this.#replayTopicDeleted(record.topicId);
      case 'topic-configs-set': {
        const topic = this.#topicsById.get(record.topicId);
        assert(topic !== undefined, 'topic-known', { record });
        this.#replayTopic({ ...topic, configs: new Map(Object.entries(record.configs)) });
        return;
      }
      case 'partitions-added': {
        const topic = this.#topicsById.get(record.topicId);
        assert(topic !== undefined, 'topic-known', { record });
        assert(record.partitionCount > topic.partitionCount, 'partitions-grow', { record });
        const { partitionCount, assignments } = record;
        this.#replayTopic({ ...topic, partitionCount, ...(assignments ? { assignments } : {}) });
        this.#partitionCount += record.partitionCount - topic.partitionCount;
        return;
      }
      case 'producer-ids-allocated':
        assert(record.nextProducerId > this.#nextProducerId, 'producer-ids-advance', { record });
        this.#nextProducerId = record.nextProducerId;
        return;
      case 'client-quotas-set':
      case 'scram-credential-set':
      case 'broker-configs-set':
        this.clusterSettings.replay(record);
        return;
      default:
        unreachable(record);
    }
  }

  #replayTopicCreated(record: MetadataRecord & { kind: 'topic-created' }): void {
    const { name, topicId, partitionCount, replicationFactor, assignments } = record;
    assert(!this.#topicsByName.has(name), 'topic-name-free', { record });
    const configs = new Map(Object.entries(record.configs));
    const chosen = assignments ? { assignments } : {};
    this.#replayTopic({ name, topicId, partitionCount, replicationFactor, ...chosen, configs });
    this.#collisionKeys.set(collisionKey(name), name);
    this.#partitionCount += partitionCount;
  }

  #replayTopic(topic: TopicImage): void {
    this.#topicsByName.set(topic.name, topic);
    this.#topicsById.set(topic.topicId, topic);
  }

  #replayTopicDeleted(topicId: string): void {
    const topic = this.#topicsById.get(topicId);
    assert(topic !== undefined, 'topic-known', { topicId });
    this.#topicsById.delete(topicId);
    this.#topicsByName.delete(topic.name);
    this.#collisionKeys.delete(collisionKey(topic.name));
    this.#partitionCount -= topic.partitionCount;
    this.#deletedTopicIds.add(topicId);
  }
}

function collisionKey(name: string): string {
  return name.replaceAll('.', '_');
}
