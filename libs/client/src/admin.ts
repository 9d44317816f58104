// Administration: topics, configs, the cluster, groups and their offsets. Protects: every method settles from its own
// responses and rejects with the broker's error and message; what depends on one broker (controller, coordinators,
// listing groups) is asked of that broker. Leaves out: ACLs, quotas, reassignment, altering configs.

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import {
  ApiKey,
  decodeAssignment,
  decodeSubscription,
  ProtocolError,
  type DescribeGroupsResponse,
} from '@drave/protocol';

import { flattenPartitions } from './assignor.js';
import type { Cluster } from './cluster.js';
import { Lane } from './lane.js';
import type { TopicMetadata } from './metadata-cache.js';
import {
  fetchCommitted,
  listOffsets,
  withCoordinator,
  type CommittedOffset,
  type FoundOffset,
  type Isolation,
  type OffsetQuery,
} from './offset-requests.js';

export interface NewTopic {
  readonly topic: string;
  /** Default: the broker's num.partitions. */
  readonly partitions?: number;
  /** Default: the broker's default.replication.factor. */
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface ConfigEntry {
  readonly name: string;
  /** null for a sensitive one. */
  readonly value: string | null;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly isDefault: boolean;
  /** Kafka's number: 1 topic, 2 dynamic broker, 4 static broker, 5 default … */
  readonly source: number;
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

export interface GroupListing {
  readonly groupId: string;
  readonly protocolType: string;
  /** Empty where the broker is too old to say. */
  readonly state: string;
}

export interface GroupMemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: readonly string[];
  readonly assignment: readonly TopicPartition[];
  readonly subscriptionUserData: Buffer | null;
  readonly assignmentUserData: Buffer | null;
}

export interface GroupDescription {
  readonly groupId: string;
  /** `Dead` for a group that does not exist. */
  readonly state: string;
  readonly protocolType: string;
  /** The assignor's name. */
  readonly protocol: string;
  /** Node id of the broker that coordinates the group. */
  readonly coordinatorId: number;
  readonly members: readonly GroupMemberDescription[];
}

export interface PartitionLag extends CommittedOffset {
  readonly endOffset: number;
  /** Records between the committed offset and the end; ≥ 0. */
  readonly lag: number;
}

const zeroTopicId = '00000000-0000-0000-0000-000000000000';
const configResourceTypes = Object.freeze({ topic: 2, broker: 4 });

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

  /** Settings of a topic or of a broker (by node id as text). */
  async describeConfigs(resource: {
    readonly type: 'topic' | 'broker';
    readonly name: string;
    readonly keys?: readonly string[];
  }): Promise<ConfigEntry[]> {
    const nodeId = resource.type === 'broker' ? Number(resource.name) : 'any';
    const response = await this.#cluster.retry(() =>
      this.#cluster.request({ nodeId, lane: this.#lane }, ApiKey.describeConfigs, {
        resources: [
          {
            resourceType: configResourceTypes[resource.type],
            resourceName: resource.name,
            configurationKeys: resource.keys ? [...resource.keys] : null,
          },
        ],
      }),
    );
    const result = response.results[0];
    const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (!result || errorCode !== ErrorCode.NONE) {
      throw withMessage(
        errorCode,
        `configs of ${resource.type} '${resource.name}'`,
        result?.errorMessage,
      );
    }
    return result.configs.map((config) => ({
      name: config.name,
      value: config.value,
      isReadOnly: config.readOnly,
      isSensitive: config.isSensitive,
      isDefault: config.configSource === 5,
      source: config.configSource,
    }));
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
          return { ...describeGroup(group), coordinatorId: nodeId };
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

function describeGroup(
  group: DescribeGroupsResponse['groups'][number],
): Omit<GroupDescription, 'coordinatorId'> {
  return {
    groupId: group.groupId,
    state: group.groupState,
    protocolType: group.protocolType,
    protocol: group.protocolData,
    members: group.members.map((member) => {
      const isConsumer = group.protocolType === 'consumer';
      const subscription = isConsumer
        ? decodedOrNone(member.memberMetadata, decodeSubscription)
        : undefined;
      const assignment = isConsumer
        ? decodedOrNone(member.memberAssignment, decodeAssignment)
        : undefined;
      return {
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        topics: subscription?.topics ?? [],
        assignment: flattenPartitions(assignment?.partitions ?? []),
        subscriptionUserData: subscription?.userData ?? null,
        assignmentUserData: assignment?.userData ?? null,
      };
    }),
  };
}

/** A member that has not synced yet has no bytes; another client's may be of a form of its own: then nothing is shown. */
function decodedOrNone<T>(bytes: Buffer, decode: (bytes: Buffer) => T): T | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
