// The rules under which topics come to be: by CreateTopics, by a Metadata request for an unknown name, or for Drave's own use.
// Protects: nothing illegal reaches the metadata log. Differs from Kafka: auto-creation answers with the topic at once, where
// Kafka answers UNKNOWN_TOPIC_OR_PARTITION first (all clients understand both; ours saves a round trip).
// Leaves out: replica placement (replication's). Source: wire protocol notes §5 and §14; Kafka's ReplicationControlManager.

import {
  checkTopicConfigs,
  ErrorCode,
  isInternalTopic,
  isLegalTopicName,
  KafkaError,
  limits,
  SettingError,
  type BrokerId,
  type ErrorName,
} from '@drave/contracts';
import {
  isRefusal,
  type MetadataLog,
  type PendingReply,
  type Refusal,
  type ReplicaManager,
  type TopicImage,
} from '@drave/replication';
import type { LiveSettings } from './live-settings.js';

export interface TopicRequest {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitionCount: number;
  /** −1: the broker's default. */
  readonly replicationFactor: number;
  readonly assignments: readonly {
    readonly partitionIndex: number;
    readonly brokerIds: readonly number[];
  }[];
  /** null is refused. */
  readonly configs: ReadonlyMap<string, string | null>;
}

type TopicInput = Parameters<MetadataLog['createTopic']>[0];
type Outcome = PendingReply<TopicImage | Refusal>;

interface TopicShape {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly assignments?: readonly (readonly BrokerId[])[];
}

export class TopicCreation {
  readonly #metadata: MetadataLog;
  readonly #replicas: ReplicaManager;
  readonly #settings: LiveSettings;
  readonly #nodes: readonly BrokerId[];

  constructor(options: {
    metadata: MetadataLog;
    replicas: ReplicaManager;
    settings: LiveSettings;
    nodes: readonly BrokerId[];
  }) {
    this.#metadata = options.metadata;
    this.#replicas = options.replicas;
    this.#settings = options.settings;
    this.#nodes = options.nodes;
  }

  /** Creates the topic, or with `validateOnly` answers what creating it would. */
  create(request: TopicRequest, options: { readonly validateOnly: boolean }): Outcome {
    const { name } = request;
    const configs = new Map<string, string>();
    for (const [config, value] of request.configs) configs.set(config, value ?? '');
    if (!isLegalTopicName(name)) return refused(illegalName(name));
    // Kafka's order: whoever asks whether a topic exists with counts that make no sense is told that it does.
    const taken = this.#metadata.refuseTaken(name) ?? refuseConfigs(request.configs, configs);
    if (taken) return refused(taken);
    const shape = this.#shapeOf(request);
    if ('error' in shape) return refused(shape);
    const stray = this.#refuseStray(name, shape.partitionCount);
    if (stray) return refused(stray);
    const input = { name, configs, ...shape };
    if (!options.validateOnly) return this.#write(input);
    return { reply: this.#metadata.validateTopic(input), committed: Promise.resolve() };
  }

  /** Whether clients may bring topics to life by asking for them. */
  get mayAutoCreate(): boolean {
    return this.#settings.current.autoCreateTopicsEnable;
  }

  /** Why Metadata does not know `name`. */
  unknownTopicError(name: string): number {
    return isLegalTopicName(name)
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION;
  }

  /** The topic `name`, created with defaults if there is none. The error is one that Metadata may answer. */
  ensure(name: string): Outcome {
    const topic = this.#metadata.image.topic(name);
    if (topic) return { reply: topic, committed: Promise.resolve() };
    if (isInternalTopic(name)) {
      return refused({
        error: 'UNKNOWN_TOPIC_OR_PARTITION',
        message: `Topic '${name}' is created by the broker when it is needed.`,
      });
    }
    const outcome = this.create(
      {
        name,
        partitionCount: -1,
        replicationFactor: -1,
        assignments: [],
        configs: new Map(),
      },
      { validateOnly: false },
    );
    if (isRefusal(outcome.reply) && outcome.reply.error === 'INVALID_REPLICATION_FACTOR') {
      return refused({ ...outcome.reply, error: 'UNKNOWN_TOPIC_OR_PARTITION' });
    }
    return outcome;
  }

  /** Creates `__consumer_offsets` if it is not there. */
  ensureOffsetsTopic(name: string): Outcome {
    const topic = this.#metadata.image.topic(name);
    if (topic) return { reply: topic, committed: Promise.resolve() };
    const partitionCount = this.#settings.current.offsetsTopicNumPartitions;
    const stray = this.#refuseStray(name, partitionCount);
    if (stray) return refused(stray);
    return this.#write({
      name,
      partitionCount,
      replicationFactor: Math.min(
        this.#settings.current.offsetsTopicReplicationFactor,
        this.#nodes.length,
      ),
      configs: new Map([
        ['cleanup.policy', 'compact'],
        ['compression.type', 'producer'],
        ['segment.bytes', String(this.#settings.current.offsetsTopicSegmentBytes)],
      ]),
    });
  }

  /** Creates a topic of Drave's own, of one replica. */
  createInternal(input: {
    readonly name: string;
    readonly partitionCount: number;
    readonly configs: ReadonlyMap<string, string>;
  }): Outcome {
    const stray = this.#refuseStray(input.name, input.partitionCount);
    return stray ? refused(stray) : this.#write({ ...input, replicationFactor: 1 });
  }

  /** A metadata log that takes no more records (its disk failed) refuses like everything else. */
  #write(input: TopicInput): Outcome {
    try {
      return this.#metadata.createTopic(input);
    } catch (error) {
      if (error instanceof KafkaError) return refused(refusal(error.errorName, error.message));
      throw error;
    }
  }

  #refuseStray(name: string, partitionCount: number): Refusal | undefined {
    const stray = this.#replicas.clearStrays(name, partitionCount);
    if (!stray) return undefined;
    const { partition } = stray.topicPartition;
    return refusal(
      'KAFKA_STORAGE_ERROR',
      `The data directory holds records of an unknown topic under ${name}-${partition}; move that directory away, restart and create the topic again.`,
    );
  }

  #shapeOf(request: TopicRequest): TopicShape | Refusal {
    if (request.assignments.length > 0) return this.#shapeOfAssignments(request);
    const { numPartitions, defaultReplicationFactor } = this.#settings.current;
    const replicationFactor =
      request.replicationFactor === -1 ? defaultReplicationFactor : request.replicationFactor;
    if (replicationFactor < 1) {
      return refusal(
        'INVALID_REPLICATION_FACTOR',
        `Replication factor was set to ${replicationFactor}; it must be larger than 0, or -1 for the default.`,
      );
    }
    const partitionCount = request.partitionCount === -1 ? numPartitions : request.partitionCount;
    if (partitionCount < 1 || partitionCount > limits.partitionsPerTopicMax) {
      return refusal(
        'INVALID_PARTITIONS',
        `Number of partitions was set to ${partitionCount}; it must be 1 to ${limits.partitionsPerTopicMax}, or -1 for the default.`,
      );
    }
    const alive = this.#nodes.length;
    if (replicationFactor > alive) {
      return refusal(
        'INVALID_REPLICATION_FACTOR',
        `Unable to replicate the partition ${replicationFactor} time(s): only ${alive} broker(s) alive. Use replication factor ${alive} or less.`,
      );
    }
    return { partitionCount, replicationFactor };
  }

  #shapeOfAssignments(request: TopicRequest): TopicShape | Refusal {
    const { assignments } = request;
    if (request.partitionCount !== -1 || request.replicationFactor !== -1) {
      return refusal(
        'INVALID_REQUEST',
        'With a manual assignment both the number of partitions and the replication factor must be -1.',
      );
    }
    const indexes = new Set(assignments.map(({ partitionIndex }) => partitionIndex));
    const isDense = assignments.every((_, index) => indexes.has(index));
    if (indexes.size !== assignments.length || !isDense) {
      return refusal(
        'INVALID_REPLICA_ASSIGNMENT',
        'Partitions should be a consecutive 0-based integer sequence.',
      );
    }
    const ordered = assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
    const replicas = ordered.map(({ brokerIds }) => brokerIds);
    const problem = assignmentProblem(replicas, this.#nodes);
    if (problem !== undefined) return refusal('INVALID_REPLICA_ASSIGNMENT', problem);
    const replicationFactor = replicas[0]?.length ?? 1;
    return { partitionCount: assignments.length, replicationFactor, assignments: replicas };
  }
}

/** Why these replicas cannot be, in one sentence; undefined when they can. */
export function assignmentProblem(
  assignments: readonly (readonly BrokerId[])[],
  nodes: readonly BrokerId[],
): string | undefined {
  for (const brokerIds of assignments) {
    if (brokerIds.length === 0) {
      return 'The manual partition assignment includes an empty replica list.';
    }
    const stranger = brokerIds.find((brokerId) => !nodes.includes(brokerId));
    if (stranger !== undefined) {
      return `The manual partition assignment includes broker ${stranger}, but no such broker is registered.`;
    }
    const twice = brokerIds.find((brokerId, index) => brokerIds.indexOf(brokerId) !== index);
    if (twice !== undefined) {
      return `The manual partition assignment includes the broker ${twice} more than once.`;
    }
    if (brokerIds.length !== assignments[0]?.length) {
      return 'The manual partition assignment gives partitions of one topic different replication factors.';
    }
  }
  return undefined;
}

function refuseConfigs(
  asked: ReadonlyMap<string, string | null>,
  configs: ReadonlyMap<string, string>,
): Refusal | undefined {
  for (const [name, value] of asked) {
    if (value === null) return refusal('INVALID_CONFIG', `Null value not supported for ${name}.`);
  }
  try {
    checkTopicConfigs(configs);
    return undefined;
  } catch (error) {
    if (error instanceof SettingError) return refusal('INVALID_CONFIG', error.message);
    throw error;
  }
}

function illegalName(name: string): Refusal {
  return refusal(
    'INVALID_TOPIC_EXCEPTION',
    `Topic name '${name.slice(0, 260)}' is illegal: use 1 to 249 of the characters a-z A-Z 0-9 . _ - and neither '.' nor '..'.`,
  );
}

function refusal(error: ErrorName, message: string): Refusal {
  return { error, message };
}

function refused(reply: Refusal): Outcome {
  return { reply, committed: Promise.resolve() };
}
