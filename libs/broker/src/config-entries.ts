// Settings as DescribeConfigs and CreateTopics show them: value, source, type, synonyms with broker-side names.
// Protects: everything derives from the declarations in contracts and what administrators set; a value that may be a secret (a broker
// setting Drave does not know) is never shown. Leaves out: loggers, groups, client metrics.
// Source: wire protocol notes §14; Kafka's ConfigHelper.

import {
  brokerFallback,
  brokerSettings,
  formatSetting,
  topicSettings,
  type BrokerId,
  type Setting,
  type SettingType,
  type SettingValue,
} from '@drave/contracts';
import type { MetadataImage } from '@drave/replication';
import { allBrokers, brokerSetting, type LiveSettings } from './live-settings.js';

/** Resource types of the config APIs. */
export const resourceTypes = Object.freeze({ topic: 2, broker: 4 });

const configSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
} as const;

const typeNumbers: Readonly<Record<SettingType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
};

export interface ConfigSynonym {
  readonly name: string;
  readonly value: string;
  readonly source: number;
}

export interface ConfigEntry {
  readonly name: string;
  /** null: kept from view. */
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  /** The effective one first. */
  readonly synonyms: readonly ConfigSynonym[];
  readonly configType: number;
  readonly documentation: string;
}

export interface ConfigContext {
  readonly nodeId: BrokerId;
  readonly liveSettings: LiveSettings;
  /** Names of the broker settings that were given explicitly. */
  readonly givenSettings: ReadonlySet<string>;
  readonly metadata: { readonly image: MetadataImage };
}

/** Every topic setting with its effective value for a topic with these overrides. */
export function topicConfigEntries(
  overrides: ReadonlyMap<string, string>,
  context: ConfigContext,
): ConfigEntry[] {
  return Object.values(topicSettings).map((declared: Setting) => {
    const { kafkaName, brokerSynonyms } = declared;
    const synonyms: ConfigSynonym[] = [];
    const override = overrides.get(kafkaName);
    if (override !== undefined) {
      synonyms.push({ name: kafkaName, value: override, source: configSource.topic });
    }
    const fallback = brokerFallback(brokerSynonyms);
    if (fallback === undefined) {
      synonyms.push({
        name: brokerSynonyms?.[0] ?? kafkaName,
        value: formatSetting(declared.default),
        source: configSource.default,
      });
    } else {
      synonyms.push(...brokerSynonymsOf(fallback, context));
    }
    return entry(declared, synonyms, false);
  });
}

/** Every broker setting with its value, and what administrators set that Drave does not know. */
export function brokerConfigEntries(context: ConfigContext): ConfigEntry[] {
  const known = Object.entries(brokerSettings).map(([name, declared]) =>
    entry(declared, brokerSynonymsOf(name, context), declared.reload !== 'live'),
  );
  const own = dynamicConfigs(String(context.nodeId), context);
  const unknown = Array.from(own.keys()).filter((name) => brokerSetting(name) === undefined);
  return [...known, ...unknown.map((name) => unknownEntry(name, configSource.dynamicBroker))];
}

/** What administrators set for all brokers. */
export function defaultBrokerConfigEntries(context: ConfigContext): ConfigEntry[] {
  return Array.from(dynamicConfigs(allBrokers, context), ([name, value]) => {
    const declared = brokerSetting(name);
    if (!declared) return unknownEntry(name, configSource.dynamicDefault);
    const { kafkaName } = declared;
    const synonym = { name: kafkaName, value, source: configSource.dynamicDefault };
    return entry(declared, [synonym], false);
  });
}

function dynamicConfigs(broker: string, { metadata }: ConfigContext): ReadonlyMap<string, string> {
  return metadata.image.clusterSettings.brokerConfigs(broker);
}

function brokerSynonymsOf(name: string, context: ConfigContext): ConfigSynonym[] {
  const declared = (brokerSettings as Readonly<Record<string, Setting>>)[name];
  if (!declared) return [];
  const { kafkaName } = declared;
  const synonyms: ConfigSynonym[] = [];
  const add = (value: string | undefined, source: number): void => {
    if (value !== undefined) synonyms.push({ name: kafkaName, value, source });
  };
  const own = dynamicConfigs(String(context.nodeId), context);
  add(own.get(kafkaName), configSource.dynamicBroker);
  add(dynamicConfigs(allBrokers, context).get(kafkaName), configSource.dynamicDefault);
  const given = (context.liveSettings.given as Readonly<Record<string, SettingValue>>)[name];
  if (context.givenSettings.has(name) && given !== undefined) {
    add(formatSetting(given), configSource.staticBroker);
  }
  add(formatSetting(declared.default), configSource.default);
  return synonyms;
}

/** Nobody knows whether it is a secret. */
function unknownEntry(name: string, source: number): ConfigEntry {
  return {
    name,
    value: null,
    readOnly: false,
    configSource: source,
    isSensitive: true,
    synonyms: [],
    configType: 0,
    documentation: '',
  };
}

function entry(
  declared: Setting,
  synonyms: readonly ConfigSynonym[],
  readOnly: boolean,
): ConfigEntry {
  const effective = synonyms[0];
  return {
    name: declared.kafkaName,
    value: effective?.value ?? formatSetting(declared.default),
    readOnly,
    configSource: effective?.source ?? configSource.default,
    isSensitive: false,
    synonyms,
    configType: typeNumbers[declared.type],
    documentation: declared.sentence,
  };
}
