// CreateTopics: topics with partitions, a replication factor and configs.
// Versions: 2-7.
// Behaviour: -1 is the broker's default; validate_only creates nothing but answers an id that nothing has, as Kafka does; a name given twice is INVALID_REQUEST; more replicas
//   than brokers is INVALID_REPLICATION_FACTOR; unknown or illegal configs are INVALID_CONFIG. From version 5 the answer carries
//   counts and effective configs, from 7 the topic id. Answered when the topics are committed.
// Not implemented: several brokers, create-topic policies.
// Sources: wire protocol notes §14; Kafka's ReplicationControlManager.createTopics.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type CreateTopicsRequest, type ResponseInputMap } from '@drave/protocol';
import { isRefusal, type TopicImage } from '@drave/replication';
import { topicConfigEntries } from '../config-entries.js';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type AskedTopic = CreateTopicsRequest['topics'][number];
type TopicAnswer = ResponseInputMap[19]['topics'][number];

const zeroId = '00000000-0000-0000-0000-000000000000';

export const createTopicsHandler = defineHandler({
  apiKey: ApiKey.createTopics,
  name: 'CreateTopics',
  versions: { min: 2, max: 7 },
  async handle(request, context) {
    const twice = namedTwice(request.topics);
    const commits: Promise<void>[] = [];
    const topics = request.topics
      .filter(({ name }, index) => !twice.has(name) || firstIndex(request, name) === index)
      .map((asked) =>
        twice.has(asked.name)
          ? refused(asked.name, 'INVALID_REQUEST', `Duplicate topic name '${asked.name}'.`)
          : createTopic(asked, request.validateOnly, context, commits),
      );
    await Promise.all(commits);
    return { topics };
  },
  fail(request, error) {
    return {
      topics: request.topics.map(({ name }) => refused(name, error.errorName, error.message)),
    };
  },
});

function namedTwice(topics: readonly AskedTopic[]): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of topics) {
    if (seen.has(name)) twice.add(name);
    seen.add(name);
  }
  return twice;
}

function firstIndex({ topics }: CreateTopicsRequest, name: string): number {
  return topics.findIndex((topic) => topic.name === name);
}

function createTopic(
  asked: AskedTopic,
  validateOnly: boolean,
  context: RequestContext,
  commits: Promise<void>[],
): TopicAnswer {
  const { name, assignments } = asked;
  const configs = new Map(asked.configs.map((config) => [config.name, config.value] as const));
  const request = {
    name,
    partitionCount: asked.numPartitions,
    replicationFactor: asked.replicationFactor,
    assignments,
    configs,
  };
  const { reply, committed } = context.broker.topics.create(request, { validateOnly });
  if (isRefusal(reply)) return refused(name, reply.error, reply.message);
  commits.push(committed);
  return created(reply, context);
}

function created(topic: TopicImage, context: RequestContext): TopicAnswer {
  return {
    name: topic.name,
    topicId: topic.topicId,
    errorCode: 0,
    errorMessage: null,
    topicConfigErrorCode: 0,
    numPartitions: topic.partitionCount,
    replicationFactor: topic.replicationFactor,
    configs: topicConfigEntries(topic.configs, context.broker).map(
      ({ name, value, readOnly, configSource, isSensitive }) => ({
        name,
        value,
        readOnly,
        configSource,
        isSensitive,
      }),
    ),
  };
}

function refused(name: string, error: ErrorName, message: string): TopicAnswer {
  return {
    name,
    topicId: zeroId,
    errorCode: ErrorCode[error],
    errorMessage: message,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  };
}
