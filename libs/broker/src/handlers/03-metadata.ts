// Metadata: the brokers, and topics with their partitions and leaders.
// Versions: 0-12.
// Behaviour: null topics (version 0: empty) are all topics, an empty list is none. A topic asked for by name is created when the
//   broker and the request allow it, and answered at once. Broker address: that of the listener the request came in on.
// Differs from Kafka: auto-creation answers the new topic, not UNKNOWN_TOPIC_OR_PARTITION first.
// Not implemented: racks, version 13. The controller is the first broker; every one answers its requests.
// Sources: wire protocol notes §5; Kafka's KafkaApis.handleTopicMetadataRequest.

import { ErrorCode, isInternalTopic, type BrokerId } from '@drave/contracts';
import { ApiKey, type MetadataRequest, type ResponseInputMap } from '@drave/protocol';
import { isRefusal, type Partition, type TopicImage } from '@drave/replication';
import {
  clusterOperations,
  operationsNotAsked,
  topicOperations,
} from '../authorized-operations.js';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type TopicAnswer = ResponseInputMap[3]['topics'][number];
type AskedTopic = NonNullable<MetadataRequest['topics']>[number];

const zeroId = '00000000-0000-0000-0000-000000000000';
const lookUpByIdVersionMin = 12;
const noLeader = -1;

export const metadataHandler = defineHandler({
  apiKey: ApiKey.metadata,
  name: 'Metadata',
  versions: { min: 0, max: 12 },
  async handle(request, context) {
    const commits: Promise<void>[] = [];
    const topics = answerTopics(request, context, commits);
    await context.broker.metadata.settling; // Nobody may act on a topic that a crash could take back.
    await Promise.all(commits);
    return answerWith(topics, request, context);
  },
  fail(request, { code }, context) {
    const topics = (request.topics ?? []).map((asked) => refused(asked, code, asked.name ?? ''));
    return answerWith(topics, request, context);
  },
});

function answerWith(
  topics: TopicAnswer[],
  request: MetadataRequest,
  { broker, client }: RequestContext,
): ResponseInputMap[3] {
  return {
    brokers: client.endpoints.map((endpoint) => ({ ...endpoint, rack: null })),
    clusterId: broker.clusterId,
    controllerId: broker.nodes[0] ?? broker.nodeId,
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? clusterOperations
      : operationsNotAsked,
  };
}

function answerTopics(
  request: MetadataRequest,
  context: RequestContext,
  commits: Promise<void>[],
): TopicAnswer[] {
  const { image } = context.broker.metadata;
  const operations = request.includeTopicAuthorizedOperations
    ? topicOperations
    : operationsNotAsked;
  const asked = request.topics;
  const isAll = asked === null || (context.apiVersion === 0 && asked.length === 0);
  if (isAll) return Array.from(image.topics(), (topic) => describe(topic, operations, context));
  return asked.map((topic) => answerTopic(topic, { request, operations, context, commits }));
}

interface AnswerContext {
  readonly request: MetadataRequest;
  readonly operations: number;
  readonly context: RequestContext;
  /** Of the topics created on the way. */
  readonly commits: Promise<void>[];
}

function answerTopic(
  asked: AskedTopic,
  { request, operations, context, commits }: AnswerContext,
): TopicAnswer {
  const { broker, apiVersion } = context;
  const isById = asked.topicId !== zeroId;
  if (apiVersion < lookUpByIdVersionMin && (isById || asked.name === null)) {
    return refused(asked, ErrorCode.INVALID_REQUEST, asked.name ?? '');
  }
  if (isById) {
    const topic = broker.metadata.image.topicById(asked.topicId);
    return topic
      ? describe(topic, operations, context)
      : refused({ ...asked, name: null }, ErrorCode.UNKNOWN_TOPIC_ID);
  }
  if (asked.name === null) return refused(asked, ErrorCode.INVALID_REQUEST);
  const found = broker.metadata.image.topic(asked.name);
  if (found) return describe(found, operations, context);
  if (!broker.topics.mayAutoCreate || !request.allowAutoTopicCreation) {
    const error = broker.topics.unknownTopicError(asked.name);
    return { ...refused(asked, error), topicAuthorizedOperations: operations };
  }
  const { reply, committed } = broker.topics.ensure(asked.name);
  if (isRefusal(reply)) {
    return { ...refused(asked, ErrorCode[reply.error]), topicAuthorizedOperations: operations };
  }
  commits.push(committed);
  return describe(reply, operations, context);
}

function describe(topic: TopicImage, operations: number, context: RequestContext): TopicAnswer {
  const { replicas } = context.broker;
  return {
    errorCode: 0,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: (replicas.topic(topic.name)?.partitions ?? []).map((partition) =>
      describePartition(partition, context.broker.nodes),
    ),
    topicAuthorizedOperations: operations,
  };
}

function describePartition(
  partition: Partition,
  nodes: readonly BrokerId[],
): TopicAnswer['partitions'][number] {
  const hasLeader = nodes.includes(partition.leader);
  return {
    errorCode: hasLeader ? 0 : ErrorCode.LEADER_NOT_AVAILABLE,
    partitionIndex: partition.topicPartition.partition,
    leaderId: hasLeader ? partition.leader : noLeader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: partition.replicas.filter((replica) => nodes.includes(replica)),
    offlineReplicas: partition.replicas.filter((replica) => !nodes.includes(replica)),
  };
}

function refused(asked: AskedTopic, errorCode: number, name = asked.name): TopicAnswer {
  return {
    errorCode,
    name,
    topicId: asked.topicId,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: operationsNotAsked,
  };
}
