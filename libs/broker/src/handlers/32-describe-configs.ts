// DescribeConfigs: settings of topics and of the broker with their sources.
// Versions: 1-4.
// Behaviour: resource types 2 (topic) and 4 (broker; "" is what was set for all brokers). Null names are all
//   settings; unknown names are left out; broker settings Drave does not know are shown without their values. Synonyms and documentation only when asked for.
// Not implemented: types 8 (loggers), 16 (client metrics) and 32 (groups): INVALID_REQUEST.
// Sources: wire protocol notes §14; Kafka's ConfigHelper.

import { ErrorCode, isLegalTopicName, type ErrorName } from '@drave/contracts';
import { ApiKey, type DescribeConfigsRequest, type ResponseInputMap } from '@drave/protocol';
import {
  brokerConfigEntries,
  defaultBrokerConfigEntries,
  resourceTypes,
  topicConfigEntries,
  type ConfigEntry,
} from '../config-entries.js';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { allBrokers } from '../live-settings.js';

type Asked = DescribeConfigsRequest['resources'][number];
type ResourceAnswer = ResponseInputMap[32]['results'][number];

export const describeConfigsHandler = defineHandler({
  apiKey: ApiKey.describeConfigs,
  name: 'DescribeConfigs',
  versions: { min: 1, max: 4 },
  handle(request, context) {
    return { results: request.resources.map((asked) => describe(asked, request, context)) };
  },
  fail(request, error) {
    return {
      results: request.resources.map((asked) => refused(asked, error.errorName, error.message)),
    };
  },
});

function describe(
  asked: Asked,
  request: DescribeConfigsRequest,
  { broker }: RequestContext,
): ResourceAnswer {
  const { resourceType, resourceName } = asked;
  if (resourceType === resourceTypes.topic) {
    const topic = broker.metadata.image.topic(resourceName);
    if (topic) return described(asked, request, topicConfigEntries(topic.configs, broker));
    return isLegalTopicName(resourceName)
      ? refused(asked, 'UNKNOWN_TOPIC_OR_PARTITION', `Topic '${resourceName}' does not exist.`)
      : refused(asked, 'INVALID_TOPIC_EXCEPTION', `'${resourceName}' is no legal topic name.`);
  }
  if (resourceType === resourceTypes.broker) {
    if (resourceName === allBrokers) {
      return described(asked, request, defaultBrokerConfigEntries(broker));
    }
    if (resourceName === String(broker.nodeId)) {
      return described(asked, request, brokerConfigEntries(broker));
    }
    const message = `Unexpected broker id, expected ${broker.nodeId} or empty, but received ${resourceName}.`;
    return refused(asked, 'INVALID_REQUEST', message);
  }
  return refused(asked, 'INVALID_REQUEST', `Resource type ${resourceType} is not supported.`);
}

function described(
  asked: Asked,
  request: DescribeConfigsRequest,
  entries: readonly ConfigEntry[],
): ResourceAnswer {
  const { resourceType, resourceName, configurationKeys } = asked;
  // No names at all are all of them, as null is.
  const wanted = configurationKeys?.length ? new Set(configurationKeys) : undefined;
  return {
    errorCode: 0,
    errorMessage: null,
    resourceType,
    resourceName,
    configs: entries
      .filter(({ name }) => wanted === undefined || wanted.has(name))
      .map((entry) => ({
        ...entry,
        synonyms: request.includeSynonyms ? [...entry.synonyms] : [],
        documentation: request.includeDocumentation ? entry.documentation : null,
      })),
  };
}

function refused(asked: Asked, error: ErrorName, errorMessage: string): ResourceAnswer {
  const { resourceType, resourceName } = asked;
  return { errorCode: ErrorCode[error], errorMessage, resourceType, resourceName, configs: [] };
}
