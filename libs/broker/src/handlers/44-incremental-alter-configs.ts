// IncrementalAlterConfigs: sets, deletes, appends to and subtracts from single settings of topics.
// Versions: 0-1.
// Behaviour: operations 0 set, 1 delete, 2 append, 3 subtract (lists only, else INVALID_CONFIG); all changes of a topic or none. A
//   resource named twice is INVALID_REQUEST. Settings take effect with the next append; answered when committed.
// Not implemented: broker settings (they are fixed while it runs: INVALID_REQUEST), loggers, groups, client metrics.
// Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import { SettingError, settingByKafkaName, topicSettings } from '@drave/contracts';
import { ApiKey, type IncrementalAlterConfigsRequest } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import { altered, alterTopics } from '../topic-alteration.js';

type Change = IncrementalAlterConfigsRequest['resources'][number]['configs'][number];

const operation = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

export const incrementalAlterConfigsHandler = defineHandler({
  apiKey: ApiKey.incrementalAlterConfigs,
  name: 'IncrementalAlterConfigs',
  versions: { min: 0, max: 1 },
  async handle({ resources, validateOnly }, { broker }) {
    const responses = await alterTopics(
      {
        resources,
        validateOnly,
        change: ({ configs: changes }, current) => {
          const configs = new Map(current);
          for (const change of changes) apply(change, configs);
          return configs;
        },
      },
      broker,
    );
    return { responses };
  },
  fail({ resources }, { errorName, message }) {
    return { responses: resources.map((resource) => altered(resource, errorName, message)) };
  },
});

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
