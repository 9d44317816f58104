// CreatePartitions: grows topics.
// Versions: 0-3.
// Behaviour: `count` is the new total, above the current one (else INVALID_PARTITIONS); assignments, if given, are one per new
//   partition and name brokers that are there (else INVALID_REPLICA_ASSIGNMENT); a topic named twice is INVALID_REQUEST. Answered when committed.
// Not implemented: mutation quotas. Differs from Kafka: internal topics are refused with INVALID_TOPIC_EXCEPTION,
//   because which broker coordinates a group follows from their number of partitions.
// Sources: wire protocol notes §14; Kafka's ReplicationControlManager.createPartitions.

import { ErrorCode, isInternalTopic, limits, type ErrorName } from '@drave/contracts';
import { ApiKey, type CreatePartitionsRequest } from '@drave/protocol';
import { isRefusal } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { assignmentProblem } from '../topic-creation.js';

type Asked = CreatePartitionsRequest['topics'][number];

interface TopicAnswer {
  name: string;
  errorCode: number;
  errorMessage: string | null;
}

export const createPartitionsHandler = defineHandler({
  apiKey: ApiKey.createPartitions,
  name: 'CreatePartitions',
  versions: { min: 0, max: 3 },
  async handle(request, context) {
    const commits: Promise<void>[] = [];
    const results = request.topics
      .filter(({ name }, index) => firstIndex(request, name) === index)
      .map((asked) => grow(asked, request, context, commits));
    await Promise.all(commits);
    return { results };
  },
  fail(request, error) {
    return {
      results: request.topics.map(({ name }) => refused(name, error.errorName, error.message)),
    };
  },
});

function firstIndex({ topics }: CreatePartitionsRequest, name: string): number {
  return topics.findIndex((topic) => topic.name === name);
}

function grow(
  asked: Asked,
  request: CreatePartitionsRequest,
  { broker }: RequestContext,
  commits: Promise<void>[],
): TopicAnswer {
  const { name, count, assignments } = asked;
  if (request.topics.some((other) => other !== asked && other.name === name)) {
    return refused(name, 'INVALID_REQUEST', `Duplicate topic name '${name}'.`);
  }
  const topic = broker.metadata.image.topic(name);
  if (!topic) return refused(name, 'UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`);
  if (isInternalTopic(name)) {
    return refused(name, 'INVALID_TOPIC_EXCEPTION', `The partitions of '${name}' are fixed.`);
  }
  if (count > limits.partitionsPerTopicMax) {
    const message = `A topic has at most ${limits.partitionsPerTopicMax} partitions.`;
    return refused(name, 'INVALID_PARTITIONS', message);
  }
  const added = count - topic.partitionCount;
  const replicas = (assignments ?? []).map(({ brokerIds }) => brokerIds);
  if (assignments !== null && added > 0) {
    const problem =
      replicas.length === added
        ? assignmentProblem(replicas, broker.nodes)
        : `Give one assignment per new partition (${added}), or none.`;
    if (problem !== undefined) return refused(name, 'INVALID_REPLICA_ASSIGNMENT', problem);
  }
  if (request.validateOnly) {
    const reply = broker.metadata.validatePartitions(topic.topicId, count);
    return isRefusal(reply) ? refused(name, reply.error, reply.message) : grown(name);
  }
  const { reply, committed } = broker.metadata.addPartitions(topic.topicId, count, replicas);
  if (isRefusal(reply)) return refused(name, reply.error, reply.message);
  commits.push(committed);
  return grown(name);
}

function grown(name: string): TopicAnswer {
  return { name, errorCode: 0, errorMessage: null };
}

function refused(name: string, error: ErrorName, errorMessage: string): TopicAnswer {
  return { name, errorCode: ErrorCode[error], errorMessage };
}
