// DeleteTopics: by name, from version 6 by name or id.
// Versions: 1-6.
// Behaviour: unknown names are UNKNOWN_TOPIC_OR_PARTITION, unknown ids UNKNOWN_TOPIC_ID, neither or both given is INVALID_REQUEST;
//   with delete.topic.enable=false everything is TOPIC_DELETION_DISABLED. Clients see the topic gone at once; the answer waits until
//   the deletion is committed, its files go afterwards.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §14; Kafka's ReplicationControlManager.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type DeleteTopicsRequest, type ResponseInputMap } from '@drave/protocol';
import { isRefusal } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type TopicAnswer = ResponseInputMap[20]['responses'][number];

interface AskedTopic {
  readonly name: string | null;
  readonly topicId: string;
}

const zeroId = '00000000-0000-0000-0000-000000000000';
const byIdVersionMin = 6;

export const deleteTopicsHandler = defineHandler({
  apiKey: ApiKey.deleteTopics,
  name: 'DeleteTopics',
  versions: { min: 1, max: 6 },
  async handle(request, context) {
    const commits: Promise<void>[] = [];
    const responses = askedTopics(request, context.apiVersion).map((asked) =>
      deleteTopic(asked, context, commits),
    );
    await Promise.all(commits);
    return { responses };
  },
  fail(request, error, { apiVersion }) {
    return {
      responses: askedTopics(request, apiVersion).map((asked) =>
        refused(asked, error.errorName, error.message),
      ),
    };
  },
});

function askedTopics(request: DeleteTopicsRequest, apiVersion: number): readonly AskedTopic[] {
  if (apiVersion >= byIdVersionMin) return request.topics;
  return request.topicNames.map((name) => ({ name, topicId: zeroId }));
}

function deleteTopic(
  asked: AskedTopic,
  { broker }: RequestContext,
  commits: Promise<void>[],
): TopicAnswer {
  const { name, topicId } = asked;
  if (!broker.settings.deleteTopicEnable) {
    return refused(asked, 'TOPIC_DELETION_DISABLED', 'delete.topic.enable is false.');
  }
  const isById = topicId !== zeroId;
  if (isById === (name !== null)) {
    return refused(asked, 'INVALID_REQUEST', 'Give either the name or the id of a topic.');
  }
  const { image } = broker.metadata;
  const topic = name === null ? image.topicById(topicId) : image.topic(name);
  if (!topic) {
    return isById
      ? refused(asked, 'UNKNOWN_TOPIC_ID', 'This server does not host this topic id.')
      : refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION', 'This server does not host this topic.');
  }
  const { reply, committed } = broker.metadata.deleteTopic(topic.topicId);
  if (isRefusal(reply)) return refused(asked, reply.error, reply.message);
  commits.push(committed);
  return { name: topic.name, topicId: topic.topicId, errorCode: 0, errorMessage: null };
}

function refused(
  { name, topicId }: AskedTopic,
  error: ErrorName,
  errorMessage: string,
): TopicAnswer {
  return { name, topicId, errorCode: ErrorCode[error], errorMessage };
}
