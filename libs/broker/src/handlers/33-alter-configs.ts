// AlterConfigs: replaces all settings of topics and brokers (kafkajs uses it; newer clients change single ones).
// Versions: 0-2.
// Behaviour: what is not named goes back to its default; all of a resource or nothing. A resource named twice is INVALID_REQUEST.
//   Unknown names are INVALID_CONFIG on topics and kept on brokers; settings a broker reads only at its start are INVALID_REQUEST.
// Not implemented: loggers, groups, client metrics (INVALID_REQUEST).
// Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import { altered, alterResources } from '../config-alteration.js';

export const alterConfigsHandler = defineHandler({
  apiKey: ApiKey.alterConfigs,
  name: 'AlterConfigs',
  versions: { min: 0, max: 2 },
  async handle({ resources, validateOnly }, { broker }) {
    const responses = await alterResources(
      {
        resources,
        validateOnly,
        change: ({ configs }) => new Map(configs.map(({ name, value }) => [name, value ?? ''])), // null is refused before
      },
      broker,
    );
    return { responses };
  },
  fail({ resources }, { errorName, message }) {
    return { responses: resources.map((resource) => altered(resource, errorName, message)) };
  },
});
