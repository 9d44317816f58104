// Changing the settings of topics, as AlterConfigs and IncrementalAlterConfigs do. Protects: a topic is changed as a whole or not at
// all, and only to settings that are legal. Leaves out: settings of the broker (fixed while it runs).

import { checkTopicConfigs, ErrorCode, SettingError, type ErrorName } from '@drave/contracts';
import { isRefusal } from '@drave/replication';
import type { BrokerContext } from './broker-context.js';

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

export interface Alteration<Resource extends ConfigResource> {
  readonly resources: readonly Resource[];
  readonly validateOnly: boolean;
  /** The overrides a topic is to have. Throws SettingError. */
  change(resource: Resource, current: ReadonlyMap<string, string>): ReadonlyMap<string, string>;
}

const topicType = 2;

/** Answers once every change is committed, in the order of the resources. */
export async function alterTopics<Resource extends ConfigResource>(
  alteration: Alteration<Resource>,
  broker: BrokerContext,
): Promise<AlteredResource[]> {
  const commits: Promise<void>[] = [];
  const answers = alteration.resources.map((resource) =>
    alter(resource, alteration, broker, commits),
  );
  await Promise.all(commits);
  return answers;
}

function alter<Resource extends ConfigResource>(
  resource: Resource,
  { resources, validateOnly, change }: Alteration<Resource>,
  { metadata }: BrokerContext,
  commits: Promise<void>[],
): AlteredResource {
  const { resourceType, resourceName } = resource;
  const isTwice = resources.some(
    (other) =>
      other !== resource &&
      other.resourceType === resourceType &&
      other.resourceName === resourceName,
  );
  if (isTwice) return altered(resource, 'INVALID_REQUEST', 'The resource is named twice.');
  if (resourceType !== topicType) {
    const message = 'Only settings of topics can be changed while the broker runs.';
    return altered(resource, 'INVALID_REQUEST', message);
  }
  const topic = metadata.image.topic(resourceName);
  if (!topic) return altered(resource, 'UNKNOWN_TOPIC_OR_PARTITION', 'There is no such topic.');
  try {
    const configs = change(resource, topic.configs);
    checkTopicConfigs(configs);
    if (validateOnly) return altered(resource, 'NONE', null);
    const { reply, committed } = metadata.setTopicConfigs(topic.topicId, configs);
    if (isRefusal(reply)) return altered(resource, reply.error, reply.message);
    commits.push(committed);
    return altered(resource, 'NONE', null);
  } catch (error) {
    if (error instanceof SettingError) return altered(resource, 'INVALID_CONFIG', error.message);
    throw error;
  }
}

/** The answer for one resource. */
export function altered(
  { resourceType, resourceName }: ConfigResource,
  error: ErrorName,
  errorMessage: string | null,
): AlteredResource {
  return { errorCode: ErrorCode[error], errorMessage, resourceType, resourceName };
}
