// IncrementalAlterConfigs: sets, deletes, appends to and subtracts from single settings of topics and brokers.
// Versions: 0-1.
// Behaviour: operations 0 set, 1 delete, 2 append, 3 subtract (lists only, else INVALID_CONFIG); all changes of a resource or none. A
//   resource named twice is INVALID_REQUEST. Unknown names are INVALID_CONFIG on topics and kept on brokers; settings a broker reads only
//   at its start are INVALID_REQUEST. Settings take effect with the next append; answered when committed.
// Not implemented: loggers, groups, client metrics (INVALID_REQUEST).
// Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import { SettingError } from '@drave/contracts';
import { ApiKey, type IncrementalAlterConfigsRequest } from '@drave/protocol';
import { altered, alterResources, operations, type ConfigTarget } from '../config-alteration.js';
import { defineHandler } from '../define-handler.js';

type Change = IncrementalAlterConfigsRequest['resources'][number]['configs'][number];

export const incrementalAlterConfigsHandler = defineHandler({
  apiKey: ApiKey.incrementalAlterConfigs,
  name: 'IncrementalAlterConfigs',
  versions: { min: 0, max: 1 },
  async handle({ resources, validateOnly }, { broker }) {
    const responses = await alterResources(
      {
        resources,
        validateOnly,
        change: ({ configs: changes }, target) => {
          const configs = new Map(target.overrides);
          for (const change of changes) apply(change, configs, target);
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
function apply(
  { name, configOperation, value }: Change,
  configs: Map<string, string>,
  target: ConfigTarget,
): void {
  if (configOperation === operations.delete) {
    configs.delete(name);
    return;
  }
  if (value === null) return; // refused before
  if (configOperation === operations.set) {
    configs.set(name, value);
    return;
  }
  const declared = target.declared(name);
  const isListChange =
    configOperation === operations.append || configOperation === operations.subtract;
  if (declared?.type !== 'list' || !isListChange) {
    throw new SettingError(name, `Operation ${configOperation} is not possible for ${name}.`);
  }
  const parts = value.split(',').map((part) => part.trim());
  const current = (configs.get(name) ?? target.effective(declared))
    .split(',')
    .filter((part) => part !== '');
  const rest = current.filter((part) => !parts.includes(part));
  const next = configOperation === operations.append ? [...rest, ...parts] : rest;
  configs.set(name, next.join(','));
}
