// IncrementalAlterConfigs: sets, deletes, appends to and subtracts from single settings of topics.
// Versions: 0-1.
// Behaviour: operations 0 set, 1 delete, 2 append, 3 subtract (lists only, else INVALID_CONFIG); all changes of a topic or none. A
//   resource named twice is INVALID_REQUEST. Settings take effect with the next append; answered when committed.
// Not implemented: broker settings (they are fixed while it runs: INVALID_REQUEST), loggers, groups, client metrics.
// Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import {
  checkTopicConfigs,
  ErrorCode,
  SettingError,
  settingByKafkaName,
  topicSettings,
  type ErrorName,
} from '@drave/contracts';
import { ApiKey, type IncrementalAlterConfigsRequest } from '@drave/protocol';
import { isRefusal } from '@drave/replication';
import { defineHandler, type RequestContext } from '../define-handler.js';

type Resource = IncrementalAlterConfigsRequest['resources'][number];
type Change = Resource['configs'][number];

interface ResourceAnswer {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

const topicType = 2;
const operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export const incrementalAlterConfigsHandler = defineHandler({
  apiKey: ApiKey.incrementalAlterConfigs,
  name: 'IncrementalAlterConfigs',
  versions: { min: 0, max: 1 },
  async handle(request, context) {
    const commits: Promise<void>[] = [];
    const responses = request.resources.map((resource) =>
      alter(resource, request, context, commits),
    );
    await Promise.all(commits);
    return { responses };
  },
  fail(request, error) {
    return {
      responses: request.resources.map((resource) =>
        answer(resource, error.errorName, error.message),
      ),
    };
  },
});

function alter(
  resource: Resource,
  request: IncrementalAlterConfigsRequest,
  { broker }: RequestContext,
  commits: Promise<void>[],
): ResourceAnswer {
  const { resourceType, resourceName } = resource;
  const isTwice = request.resources.some(
    (other) =>
      other !== resource &&
      other.resourceType === resourceType &&
      other.resourceName === resourceName,
  );
  if (isTwice) return answer(resource, 'INVALID_REQUEST', 'The resource is named twice.');
  if (resourceType !== topicType) {
    const message = 'Only settings of topics can be changed while the broker runs.';
    return answer(resource, 'INVALID_REQUEST', message);
  }
  const topic = broker.metadata.image.topic(resourceName);
  if (!topic) return answer(resource, 'UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');
  const configs = new Map(topic.configs);
  try {
    for (const change of resource.configs) apply(change, configs);
    checkTopicConfigs(configs);
  } catch (error) {
    if (error instanceof SettingError) return answer(resource, 'INVALID_CONFIG', error.message);
    throw error;
  }
  if (request.validateOnly) return answer(resource, 'NONE', null);
  const { reply, committed } = broker.metadata.setTopicConfigs(topic.topicId, configs);
  if (isRefusal(reply)) return answer(resource, reply.error, reply.message);
  commits.push(committed);
  return answer(resource, 'NONE', null);
}

/** Changes `configs`. Throws SettingError. */
function apply({ name, configOperation, value }: Change, configs: Map<string, string>): void {
  const found = settingByKafkaName(topicSettings, name)?.setting;
  if (!found) throw new SettingError(name, `Unknown topic config name: ${name}.`);
  if (configOperation === operation.delete) {
    configs.delete(name);
    return;
  }
  if (value === null) throw new SettingError(name, `Null value not supported for ${name}.`);
  if (configOperation === operation.set) {
    configs.set(name, value);
    return;
  }
  const isList = found.type === 'list';
  if (!isList || (configOperation !== operation.append && configOperation !== operation.subtract)) {
    throw new SettingError(name, `Operation ${configOperation} is not possible for ${name}.`);
  }
  const parts = value.split(',').map((part) => part.trim());
  const current = (configs.get(name) ?? [found.default].flat().join(','))
    .split(',')
    .filter((part) => part !== '');
  const rest = current.filter((part) => !parts.includes(part));
  const next = configOperation === operation.append ? [...rest, ...parts] : rest;
  configs.set(name, next.join(','));
}

function answer(
  { resourceType, resourceName }: Resource,
  error: ErrorName,
  errorMessage: string | null,
): ResourceAnswer {
  return { errorCode: ErrorCode[error], errorMessage, resourceType, resourceName };
}
