// Settings of topics and brokers over the wire: describe and alter. Protects: a change of several settings is one request, which the
// broker makes as a whole or not at all. Leaves out: loggers, client metrics, groups.

import { ErrorCode, KafkaError } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';

/** A topic by name or a broker by node id; the broker '' stands for the default of all of them. */
export interface ConfigResource {
  readonly type: 'topic' | 'broker';
  readonly name: string;
}

export interface ConfigEntry {
  readonly name: string;
  /** null for a sensitive one. */
  readonly value: string | null;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  readonly isDefault: boolean;
  /** Kafka's number: 1 topic, 2 dynamic broker, 4 static broker, 5 default … */
  readonly source: number;
  /** Where the value comes from, most specific first; the first one counts. */
  readonly synonyms: readonly {
    readonly name: string;
    readonly value: string | null;
    readonly source: number;
  }[];
}

export interface ConfigChange {
  readonly name: string;
  /** null goes back to the default. */
  readonly value: string | null;
}

const resourceTypes = Object.freeze({ topic: 2, broker: 4 });
const operations = Object.freeze({ set: 0, delete: 1 });

/** One list per resource, in their order. Rejects with the first one's error. All of one type; brokers one by one. */
export async function describeConfigs(
  cluster: Cluster,
  lane: Lane,
  {
    resources,
    keys,
  }: { readonly resources: readonly ConfigResource[]; readonly keys?: readonly string[] },
): Promise<ConfigEntry[][]> {
  const response = await cluster.retry(() =>
    cluster.request({ nodeId: nodeOf(resources[0]), lane }, ApiKey.describeConfigs, {
      resources: resources.map(({ type, name }) => ({
        resourceType: resourceTypes[type],
        resourceName: name,
        configurationKeys: keys ? [...keys] : null,
      })),
      includeSynonyms: true,
    }),
  );
  return resources.map((resource) => {
    const result = response.results.find(
      ({ resourceName, resourceType }) =>
        resourceName === resource.name && resourceType === resourceTypes[resource.type],
    );
    throwUnlessFine(result, `configs of ${resource.type} '${resource.name}'`);
    return (result?.configs ?? []).map((config) => ({
      name: config.name,
      value: config.value,
      isReadOnly: config.readOnly,
      isSensitive: config.isSensitive,
      isDefault: config.configSource === 5,
      source: config.configSource,
      synonyms: config.synonyms,
    }));
  });
}

/** Changes some settings of one resource, or only judges the change. */
export async function alterConfigs(
  cluster: Cluster,
  lane: Lane,
  change: {
    readonly resource: ConfigResource;
    readonly changes: readonly ConfigChange[];
    readonly validateOnly?: boolean;
  },
): Promise<void> {
  const { type, name } = change.resource;
  const response = await cluster.retry(() =>
    cluster.request({ nodeId: nodeOf(change.resource), lane }, ApiKey.incrementalAlterConfigs, {
      resources: [
        {
          resourceType: resourceTypes[type],
          resourceName: name,
          configs: change.changes.map((one) => ({
            name: one.name,
            configOperation: one.value === null ? operations.delete : operations.set,
            value: one.value,
          })),
        },
      ],
      validateOnly: change.validateOnly ?? false,
    }),
  );
  throwUnlessFine(response.responses[0], `cannot alter configs of ${type} '${name}'`);
}

/** A broker answers for itself; everything else any broker answers. */
function nodeOf(resource: ConfigResource | undefined): number | 'any' {
  return resource?.type === 'broker' && resource.name !== '' ? Number(resource.name) : 'any';
}

function throwUnlessFine(
  result: { readonly errorCode: number; readonly errorMessage: string | null } | undefined,
  what: string,
): void {
  const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (errorCode === ErrorCode.NONE) return;
  throw new KafkaError(errorCode, result?.errorMessage ? `${what} (${result.errorMessage})` : what);
}
