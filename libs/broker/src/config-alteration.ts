// Changing settings of topics and brokers, as AlterConfigs and IncrementalAlterConfigs do. Protects: a resource is changed as a whole
// or not at all, and only to settings that are legal. Unknown names are refused on topics and stored on brokers, as Kafka does.
// Leaves out: loggers, groups, client metrics. Sources: wire protocol notes §14; Kafka's ConfigurationControlManager.

import {
  checkTopicConfigs,
  ErrorCode,
  formatSetting,
  SettingError,
  settingByKafkaName,
  topicSettings,
  type ErrorName,
  type Setting,
} from '@drave/contracts';
import { isRefusal, type TopicImage } from '@drave/replication';
import type { BrokerContext } from './broker-context.js';
import { resourceTypes, topicConfigEntries } from './config-entries.js';
import { allBrokers, brokerSetting, checkBrokerConfigs } from './live-settings.js';

export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

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
  if (resourceType === resourceTypes.topic) {
    if (resourceName === '') throw new Refused('INVALID_REQUEST', 'The topic has no name.');
    const topic = changing.broker.metadata.image.topic(resourceName);
    if (!topic) throw new Refused('UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');
    alterTopic(resource, topic, changing);
  } else if (resourceType === resourceTypes.broker) {
    alterBroker(resource, changing);
  } else {
    const message = `Resources of type ${resourceType} have no settings here; change those of topics (2) or brokers (4).`;
    throw new Refused('INVALID_REQUEST', message);
  }
}

function alterTopic<Resource extends ConfigResource>(
  resource: Resource,
  topic: TopicImage,
  { change, validateOnly, broker, commits }: Changing<Resource>,
): void {
  const entries = topicConfigEntries(new Map(), broker);
  const configs = change(resource, {
    overrides: topic.configs,
    declared(name) {
      const found = settingByKafkaName(topicSettings, name)?.setting;
      if (!found) throw new SettingError(name, `Unknown topic config name: ${name}.`);
      return found;
    },
    effective: ({ kafkaName, default: value }) =>
      entries.find(({ name }) => name === kafkaName)?.value ?? formatSetting(value),
  });
  checkTopicConfigs(configs);
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
  checkBrokerConfigs(configs);
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
  { resourceType, resourceName }: ConfigResource,
  error: ErrorName,
  errorMessage: string | null,
): AlteredResource {
  return { errorCode: ErrorCode[error], errorMessage, resourceType, resourceName };
}
