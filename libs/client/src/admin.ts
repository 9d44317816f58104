// Administration: topics, configs, the cluster, groups and their offsets. Protects: every method settles from its own
// responses and rejects with the broker's error and message; what depends on one broker (controller, coordinators,
// listing groups) is asked of that broker. Leaves out: quotas, starting a reassignment.

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';

import { createAcls, deleteAcls, describeAcls, type Acl, type AclFilter } from './acl-requests.js';
import type { Cluster } from './cluster.js';
import {
  alterConfigs,
  describeConfigs,
  type ConfigChange,
  type ConfigEntry,
  type ConfigResource,
} from './config-requests.js';
import {
  describeConsumerGroup,
  describeGroup,
  type GroupDescription,
} from './group-descriptions.js';
import { commitOutside, deleteGroup, deleteGroupOffsets } from './group-requests.js';
import { Lane } from './lane.js';
import { deleteRecords, logSizes, type TrimTarget } from './log-requests.js';
import type { TopicMetadata } from './metadata-cache.js';
import {
  fetchCommitted,
  listOffsets,
  withCoordinator,
  type CommittedOffset,
  type FoundOffset,
  type Isolation,
  type OffsetQuery,
  type OffsetToCommit,
} from './offset-requests.js';

export interface NewTopic {
  readonly topic: string;
  /** Default: the broker's num.partitions. */
  readonly partitions?: number;
  /** Default: the broker's default.replication.factor. */
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface ClusterDescription {
  readonly clusterId: string | null;
  readonly controllerId: number;
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string | null;
  }[];
}

/** A move of a partition's replicas under way. */
export interface Reassignment extends TopicPartition {
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  /** Empty where the broker is too old to say. */
  readonly state: string;
}

export interface PartitionLag extends CommittedOffset {
  readonly endOffset: number;
  /** Records between the committed offset and the end; ≥ 0. */
  readonly lag: number;
}

const zeroTopicId = '00000000-0000-0000-0000-000000000000';

export class Admin {
  readonly #cluster: Cluster;
  readonly #lane = new Lane('admin');

  /** Made by `KafkaClient.admin()`. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Creates topics; rejects with the first one's error (TOPIC_ALREADY_EXISTS …), the others may then exist. */
  async createTopics(
    topics: readonly NewTopic[],
    options: { readonly validateOnly?: boolean; readonly timeoutMs?: number } = {},
  ): Promise<void> {
    const response = await this.#cluster.retry(async () =>
      this.#cluster.request(await this.#controller(), ApiKey.createTopics, {
        topics: topics.map(({ topic, partitions, replicationFactor, configs }) => ({
          name: topic,
          numPartitions: partitions ?? -1,
          replicationFactor: replicationFactor ?? -1,
          assignments: [],
          configs: Object.entries(configs ?? {}).map(([name, value]) => ({ name, value })),
        })),
        timeoutMs: options.timeoutMs ?? this.#cluster.requestTimeoutMs,
        validateOnly: options.validateOnly ?? false,
      }),
    );
    for (const { name, errorCode, errorMessage } of response.topics) {
      if (errorCode !== ErrorCode.NONE) {
        throw withMessage(errorCode, `cannot create topic '${name}'`, errorMessage);
      }
    }
    if (options.validateOnly) return;
    await this.#awaitTopics(topics.map(({ topic }) => topic));
  }

  /** Deletes topics; rejects with the first one's error. */
  async deleteTopics(topics: readonly string[]): Promise<void> {
    const response = await this.#cluster.retry(async () =>
      this.#cluster.request(await this.#controller(), ApiKey.deleteTopics, {
        topics: topics.map((name) => ({ name, topicId: zeroTopicId })),
        topicNames: [...topics],
        timeoutMs: this.#cluster.requestTimeoutMs,
      }),
    );
    for (const { name, errorCode, errorMessage } of response.responses) {
      if (errorCode !== ErrorCode.NONE) {
        throw withMessage(errorCode, `cannot delete topic '${name ?? '?'}'`, errorMessage);
      }
      if (name !== null) this.#cluster.metadata.forget(name);
    }
  }

  /** Names of all topics, sorted; internal ones only when asked for. */
  async listTopics(options: { readonly includeInternal?: boolean } = {}): Promise<string[]> {
    const topics = await this.#allTopics();
    return topics
      .filter((topic) => options.includeInternal || !topic.isInternal)
      .map((topic) => topic.name)
      .sort();
  }

  /** Partitions with leaders and replicas; rejects with UNKNOWN_TOPIC_OR_PARTITION. Undefined: all topics. */
  async describeTopics(topics?: readonly string[]): Promise<TopicMetadata[]> {
    if (topics === undefined) return this.#allTopics();
    const { metadata } = this.#cluster;
    await this.#cluster.retry(() => metadata.refresh(topics));
    return topics.map((name) => {
      const topic = metadata.topic(name);
      if (topic) return topic;
      const code = metadata.topicError(name) || ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      throw new KafkaError(code, `topic '${name}'`);
    });
  }

  /** Settings of a topic, of a broker (by node id as text), or of all brokers by default (''). */
  async describeConfigs(
    resource: ConfigResource & { readonly keys?: readonly string[] },
  ): Promise<ConfigEntry[]> {
    const { keys } = resource;
    const [configs = []] = await describeConfigs(this.#cluster, this.#lane, {
      resources: [resource],
      ...(keys ? { keys } : {}),
    });
    return configs;
  }

  /** Settings of many topics in one request, in the order of the names. */
  describeTopicConfigs(
    topics: readonly string[],
    keys?: readonly string[],
  ): Promise<ConfigEntry[][]> {
    const resources = topics.map((name) => ({ type: 'topic' as const, name }));
    return describeConfigs(this.#cluster, this.#lane, { resources, ...(keys ? { keys } : {}) });
  }

  /** Changes settings of a topic or broker, all or none; rejects with INVALID_CONFIG and the reason. */
  alterConfigs(
    resource: ConfigResource,
    changes: readonly ConfigChange[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return alterConfigs(this.#cluster, this.#lane, { ...options, resource, changes });
  }

  /** Grows a topic to `count` partitions; keys then go to other partitions than before. */
  async createPartitions(
    topic: string,
    count: number,
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    const response = await this.#cluster.retry(async () =>
      this.#cluster.request(await this.#controller(), ApiKey.createPartitions, {
        topics: [{ name: topic, count, assignments: null }],
        timeoutMs: this.#cluster.requestTimeoutMs,
        validateOnly: options.validateOnly ?? false,
      }),
    );
    const { errorCode, errorMessage } = response.results[0] ?? {
      errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
    };
    if (errorCode !== ErrorCode.NONE) {
      throw withMessage(errorCode, `cannot grow topic '${topic}' to ${count}`, errorMessage);
    }
    if (!options.validateOnly) await this.#awaitTopics([topic]);
  }

  /** Moves of replicas under way, of one topic or of all. */
  async listReassignments(topic?: {
    readonly name: string;
    readonly partitions: readonly number[];
  }): Promise<Reassignment[]> {
    const response = await this.#cluster.retry(async () =>
      this.#cluster.request(await this.#controller(), ApiKey.listPartitionReassignments, {
        timeoutMs: this.#cluster.requestTimeoutMs,
        topics: topic ? [{ name: topic.name, partitionIndexes: [...topic.partitions] }] : null,
      }),
    );
    if (response.errorCode !== ErrorCode.NONE) {
      throw withMessage(response.errorCode, 'cannot list reassignments', response.errorMessage);
    }
    return response.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex: partition, ...replicas }) => ({
        topic: name,
        partition,
        ...replicas,
      })),
    );
  }

  /** Rejects with SECURITY_DISABLED where the broker has no authorizer; so do the two below. */
  describeAcls(filter: AclFilter = {}): Promise<Acl[]> {
    return describeAcls(this.#cluster, this.#lane, filter);
  }

  createAcls(acls: readonly Acl[]): Promise<void> {
    return createAcls(this.#cluster, this.#lane, acls);
  }

  /** Resolves with those that were deleted. */
  deleteAcls(filter: AclFilter): Promise<Acl[]> {
    return deleteAcls(this.#cluster, this.#lane, filter);
  }

  /** Brokers, cluster id and controller. */
  async describeCluster(): Promise<ClusterDescription> {
    const { metadata } = this.#cluster;
    await this.#cluster.retry(() => metadata.refresh([]));
    const { clusterId, controllerId } = metadata;
    return { clusterId, controllerId, brokers: metadata.brokers() };
  }

  /** Groups of every broker. */
  async listGroups(): Promise<GroupListing[]> {
    const { brokers } = await this.describeCluster();
    const responses = await Promise.all(
      brokers.map(({ nodeId }) =>
        this.#cluster.retry(async () => {
          const response = await this.#cluster.request(
            { nodeId, lane: this.#lane },
            ApiKey.listGroups,
            {},
          );
          if (response.errorCode !== ErrorCode.NONE) {
            throw new KafkaError(response.errorCode, `groups of broker ${nodeId}`);
          }
          return response.groups;
        }),
      ),
    );
    return responses
      .flat()
      .map(({ groupId, protocolType, groupState }) => ({
        groupId,
        protocolType,
        state: groupState,
      }))
      .sort((a, b) => (a.groupId < b.groupId ? -1 : 1));
  }

  /** States, members, their subscriptions and assignments. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    return Promise.all(
      groupIds.map((groupId) =>
        withCoordinator(this.#cluster, groupId, async (nodeId) => {
          const response = await this.#cluster.request(
            { nodeId, lane: this.#lane },
            ApiKey.describeGroups,
            { groups: [groupId] },
          );
          const group = response.groups[0];
          const errorCode = group?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
          if (!group || errorCode !== ErrorCode.NONE) {
            throw new KafkaError(errorCode, `group '${groupId}'`);
          }
          const described = { ...describeGroup(group), coordinatorId: nodeId };
          if (described.state !== 'Dead') return described;
          // A group of the newer protocol is dead to the older request.
          const to = { nodeId, lane: this.#lane };
          return (await describeConsumerGroup(this.#cluster, to, groupId)) ?? described;
        }),
      ),
    );
  }

  /** Where logs begin, end, or pass a point in time; answers in the order of the queries. */
  listOffsets(
    queries: readonly OffsetQuery[],
    options: { readonly isolation?: Isolation } = {},
  ): Promise<FoundOffset[]> {
    return listOffsets(this.#cluster, this.#lane, queries, options.isolation);
  }

  /** Committed offsets of a group, of all partitions it has any for. */
  groupOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
  ): Promise<CommittedOffset[]> {
    return fetchCommitted(this.#cluster, this.#lane, { groupId, partitions, requireStable: false });
  }

  /** Committed offsets together with the ends of the logs. */
  async groupLag(groupId: string): Promise<PartitionLag[]> {
    const committed = await this.groupOffsets(groupId);
    const ends = await this.listOffsets(
      committed.map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const })),
    );
    return committed.map((offset, i) => {
      const endOffset = ends[i]?.offset ?? -1;
      return { ...offset, endOffset, lag: Math.max(0, endOffset - offset.offset) };
    });
  }

  /** Commits for a group from outside. Rejects with NON_EMPTY_GROUP while it has members. Creates the group when there is none. */
  commitGroupOffsets(groupId: string, offsets: readonly OffsetToCommit[]): Promise<void> {
    return commitOutside(this.#cluster, this.#lane, groupId, offsets);
  }

  /** Rejects with GROUP_ID_NOT_FOUND, and with NON_EMPTY_GROUP while it has members. */
  deleteGroup(groupId: string): Promise<void> {
    return deleteGroup(this.#cluster, this.#lane, groupId);
  }

  /** Rejects with GROUP_SUBSCRIBED_TO_TOPIC while members read the topic, with GROUP_ID_NOT_FOUND. */
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#cluster, this.#lane, groupId, partitions);
  }

  /** Deletes the records below an offset (−1: all); resolves with where the partitions begin now. OFFSET_OUT_OF_RANGE beyond the end. */
  deleteRecords(targets: readonly TrimTarget[]): Promise<TrimTarget[]> {
    return deleteRecords(this.#cluster, this.#lane, targets);
  }

  /** Bytes on disk by topic, all replicas together. */
  logSizes(
    topics?: readonly { readonly name: string; readonly partitions: readonly number[] }[],
  ): Promise<Map<string, number>> {
    return logSizes(this.#cluster, this.#lane, topics);
  }

  close(): void {
    this.#lane.close();
  }

  async #controller(): Promise<{ nodeId: number | 'any'; lane: Lane }> {
    const { metadata } = this.#cluster;
    if (metadata.brokers().length === 0) await metadata.refresh([]);
    const { controllerId } = metadata;
    return { nodeId: controllerId >= 0 ? controllerId : 'any', lane: this.#lane };
  }

  async #allTopics(): Promise<TopicMetadata[]> {
    const { metadata } = this.#cluster;
    const askedAtMs = this.#cluster.platform.clock.monotonicMs();
    await this.#cluster.retry(() => metadata.refresh(null));
    return metadata.topics().filter((topic) => topic.fetchedAtMs >= askedAtMs);
  }

  // Created topics reach other brokers and their leaders a moment later; a produce right after should find them.
  async #awaitTopics(topics: readonly string[]): Promise<void> {
    const { metadata } = this.#cluster;
    await this.#cluster.retry(async () => {
      await metadata.refresh(topics);
      for (const topic of await metadata.require(topics)) {
        if (topic.partitions.some((partition) => partition.leaderId < 0)) {
          throw new KafkaError('LEADER_NOT_AVAILABLE', `topic '${topic.name}'`);
        }
      }
    });
  }
}

function withMessage(code: number, what: string, message: string | null | undefined): KafkaError {
  return new KafkaError(code, message ? `${what} (${message})` : what);
}
