// Changing settings of topics and brokers, as AlterConfigs and IncrementalAlterConfigs do. Protects: a resource is changed as a whole
// or not at all, and only to settings that are legal. Unknown names are refused on topics and stored on brokers, as Kafka does.
// Leaves out: loggers, groups, client metrics. Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import {
  checkTopicConfigs,
  ErrorCode,
  formatSetting,
  isLegalTopicName,
  SettingError,
  settingByKafkaName,
  topicSettings,
  type ErrorName,
  type Setting,
} from '@drave/contracts';
import { isRefusal } from '@drave/replication';
import type { BrokerContext } from './broker-context.js';
import { resourceTypes, topicConfigEntries } from './config-entries.js';
import { allBrokers, brokerSetting, checkBrokerConfigs } from './live-settings.js';

export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly configOperation?: number;
  }[];
}

/** How IncrementalAlterConfigs changes a setting. */
export const operations = Object.freeze({ set: 0, delete: 1, append: 2, subtract: 3 });

export interface AlteredResource {
  errorCode: number;
  errorMessage: string | null;
  resourceType: number;
  resourceName: string;
}

/** What a change of one resource starts from. */
export interface ConfigTarget {
  /** Set on the resource itself. */
  readonly overrides: ReadonlyMap<string, string>;
  /** The declaration of a name; undefined when it is unknown and may be stored. Throws SettingError when it may not. */
  declared(name: string): Setting | undefined;
  /** The text in force for a declared setting that is not overridden. */
  effective(declared: Setting): string;
}

export interface Alteration<Resource extends ConfigResource> {
  readonly resources: readonly Resource[];
  readonly validateOnly: boolean;
  /** The overrides a resource is to have. Throws SettingError. */
  readonly change: (resource: Resource, target: ConfigTarget) => ReadonlyMap<string, string>;
}

interface Changing<Resource extends ConfigResource> extends Alteration<Resource> {
  readonly broker: BrokerContext;
  readonly commits: Promise<void>[];
}

/** A refusal that is no SettingError; its message is for the user. */
class Refused extends Error {
  readonly errorName: ErrorName;

  constructor(errorName: ErrorName, message: string) {
    super(message);
    this.errorName = errorName;
  }
}

/** Answers once every change is committed, in the order of the resources. */
export async function alterResources<Resource extends ConfigResource>(
  alteration: Alteration<Resource>,
  broker: BrokerContext,
): Promise<AlteredResource[]> {
  const commits: Promise<void>[] = [];
  const answers = alteration.resources.map((resource) =>
    alterSafely(resource, { ...alteration, broker, commits }),
  );
  await Promise.all(commits);
  return answers;
}

function alterSafely<Resource extends ConfigResource>(
  resource: Resource,
  changing: Changing<Resource>,
): AlteredResource {
  try {
    alter(resource, changing);
    return altered(resource, 'NONE', null);
  } catch (error) {
    if (error instanceof SettingError) return altered(resource, 'INVALID_CONFIG', error.message);
    if (error instanceof Refused) return altered(resource, error.errorName, error.message);
    throw error;
  }
}

function alter<Resource extends ConfigResource>(
  resource: Resource,
  changing: Changing<Resource>,
): void {
  const { resourceType, resourceName } = resource;
  const isTwice = changing.resources.some(
    (other) =>
      other !== resource &&
      other.resourceType === resourceType &&
      other.resourceName === resourceName,
  );
  if (isTwice) throw new Refused('INVALID_REQUEST', 'The resource is named twice.');
  checkChanges(resource.configs);
  if (resourceType === resourceTypes.topic) {
    alterTopic(resource, changing);
  } else if (resourceType === resourceTypes.broker) {
    alterBroker(resource, changing);
  } else {
    const message = `Resources of type ${resourceType} have no settings here; change those of topics (2) or brokers (4).`;
    throw new Refused('INVALID_REQUEST', message);
  }
}

/** What Kafka refuses in any resource, before it looks at the resource. */
function checkChanges(configs: ConfigResource['configs']): void {
  const names = new Set(configs.map(({ name }) => name));
  if (names.size < configs.length) throw new Refused('INVALID_REQUEST', 'A config is named twice.');
  for (const { name, value, configOperation = operations.set } of configs) {
    if (configOperation < operations.set || configOperation > operations.subtract) {
      throw new Refused('INVALID_REQUEST', `Unknown operation ${configOperation}.`);
    }
    if (value === null && configOperation !== operations.delete) {
      throw new Refused('INVALID_REQUEST', `Null value not supported for ${name}.`);
    }
  }
}

/** In Kafka's order: whether the settings make sense comes before whether there is such a topic. */
function alterTopic<Resource extends ConfigResource>(
  resource: Resource,
  { change, validateOnly, broker, commits }: Changing<Resource>,
): void {
  const { resourceName } = resource;
  const topic = broker.metadata.image.topic(resourceName);
  const entries = topicConfigEntries(new Map(), broker);
  const configs = change(resource, {
    overrides: topic?.configs ?? new Map(),
    declared(name) {
      const found = settingByKafkaName(topicSettings, name)?.setting;
      if (!found) throw new SettingError(name, `Unknown topic config name: ${name}.`);
      return found;
    },
    effective: ({ kafkaName, default: value }) =>
      entries.find(({ name }) => name === kafkaName)?.value ?? formatSetting(value),
  });
  if (resourceName === '') throw new Refused('INVALID_REQUEST', 'The topic has no name.');
  if (!isLegalTopicName(resourceName)) {
    throw new Refused('INVALID_TOPIC_EXCEPTION', 'No topic can have this name.');
  }
  checkTopicConfigs(configs);
  if (!topic) throw new Refused('UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');
  if (validateOnly) return;
  const { reply, committed } = broker.metadata.setTopicConfigs(topic.topicId, configs);
  if (isRefusal(reply)) throw new Refused(reply.error, reply.message);
  commits.push(committed);
}

function alterBroker<Resource extends ConfigResource>(
  resource: Resource,
  { change, validateOnly, broker, commits }: Changing<Resource>,
): void {
  const { resourceName } = resource;
  if (resourceName !== allBrokers && resourceName !== String(broker.nodeId)) {
    const message = `Unexpected broker id, expected ${broker.nodeId} or empty, but received ${resourceName}.`;
    throw new Refused('INVALID_REQUEST', message);
  }
  if (resourceName !== allBrokers && broker.nodeId !== broker.nodes[0]) {
    const message = 'Virtual brokers share their settings: change them for all brokers.';
    throw new Refused('INVALID_REQUEST', message);
  }
  const overrides = broker.metadata.image.clusterSettings.brokerConfigs(resourceName);
  const configs = change(resource, {
    overrides,
    declared: brokerSetting,
    effective: ({ kafkaName, default: value }) =>
      broker.liveSettings.text(kafkaName) ?? formatSetting(value),
  });
  for (const name of configs.keys()) {
    const reload = brokerSetting(name)?.reload ?? 'live';
    if (reload === 'live') continue;
    throw new Refused('INVALID_REQUEST', `Cannot update these configs dynamically: ${name}.`);
  }
  try {
    checkBrokerConfigs(configs);
  } catch (error) {
    // Of brokers Kafka says so, of topics INVALID_CONFIG.
    if (error instanceof SettingError) throw new Refused('INVALID_REQUEST', error.message);
    throw error;
  }
  if (validateOnly) return;
  const { committed } = broker.metadata.setClusterSettings([
    {
      kind: 'broker-configs-set',
      version: 1,
      broker: resourceName,
      configs: Object.fromEntries(configs),
    },
  ]);
  commits.push(committed);
}

/** The answer for one resource. */
export function altered(
  { resourceType, resourceName }: Pick<ConfigResource, 'resourceType' | 'resourceName'>,
  error: ErrorName,
  errorMessage: string | null,
): AlteredResource {
  return { errorCode: ErrorCode[error], errorMessage, resourceType, resourceName };
}
