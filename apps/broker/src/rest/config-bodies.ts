// Configs of topics, brokers and all brokers as answers, and changes of them out of requests. Protects: values stay texts.

import type { ConfigChange, ConfigEntry } from '@drave/client';
import * as rest from '@drave/contracts/rest';
import { RestError } from '@drave/nest/http';
import type { OpenCluster } from './cluster-access.js';

/** By Kafka's number of a config's source. */
const sources: readonly rest.TopicConfigBody['source'][] = [
  'UNKNOWN',
  'DYNAMIC_TOPIC_CONFIG',
  'DYNAMIC_BROKER_CONFIG',
  'DYNAMIC_DEFAULT_BROKER_CONFIG',
  'STATIC_BROKER_CONFIG',
  'DEFAULT_CONFIG',
];
export const dynamicDefaultSource = sources.indexOf('DYNAMIC_DEFAULT_BROKER_CONFIG');

function configFields(config: ConfigEntry) {
  return {
    name: config.name,
    value: config.value,
    is_default: config.isDefault,
    is_read_only: config.isReadOnly,
    is_sensitive: config.isSensitive,
    source: sources[config.source] ?? 'UNKNOWN',
    synonyms: config.synonyms.map(({ name, value, source }) => ({
      name,
      value,
      source: sources[source] ?? 'UNKNOWN',
    })),
  };
}

export function topicConfigBody(
  { clusterId, links }: OpenCluster,
  topic: string,
  config: ConfigEntry,
): rest.TopicConfigBody {
  const { name } = config;
  return {
    kind: 'KafkaTopicConfig',
    metadata: links.metadata(['topics', topic, 'configs', name], ['topic', topic, 'config', name]),
    cluster_id: clusterId,
    topic_name: topic,
    ...configFields(config),
  };
}

export function brokerConfigBody(
  { clusterId, links }: OpenCluster,
  broker: number,
  config: ConfigEntry,
): rest.BrokerConfigBody {
  const { name } = config;
  return {
    kind: 'KafkaBrokerConfig',
    metadata: links.metadata(
      ['brokers', broker, 'configs', name],
      ['broker', broker, 'config', name],
    ),
    cluster_id: clusterId,
    broker_id: broker,
    ...configFields(config),
  };
}

export function clusterConfigBody(
  { clusterId, links }: OpenCluster,
  config: ConfigEntry,
): rest.ClusterConfigBody {
  const { name } = config;
  return {
    kind: 'KafkaClusterConfig',
    metadata: links.metadata(['broker-configs', name], ['broker-config', name]),
    cluster_id: clusterId,
    config_type: 'BROKER',
    ...configFields(config),
  };
}

/** The config called `name`. Throws 40407. */
export function configNamed(
  configs: readonly ConfigEntry[],
  name: string,
  of: string,
): ConfigEntry {
  const config = configs.find((one) => one.name === name);
  if (config) return config;
  throw new RestError(rest.restErrorCodes.unknownConfig, `${of} has no config '${name}'`);
}

/** Changes of a `configs:alter` body. Throws 40001 where a value and its operation contradict each other. */
export function changesOf({ data }: rest.ConfigsAlterBody): ConfigChange[] {
  return data.map(({ name, value, operation }, i) => {
    const isDelete = operation === 'DELETE';
    if (isDelete !== (value === undefined || value === null) && operation !== undefined) {
      throw new RestError(
        rest.restErrorCodes.invalidRequest,
        `body.data.${i}: SET needs a value, DELETE takes none`,
      );
    }
    if (operation === undefined && value === undefined) {
      throw new RestError(
        rest.restErrorCodes.invalidRequest,
        `body.data.${i}: give a value, or the operation DELETE`,
      );
    }
    return { name, value: value ?? null };
  });
}
