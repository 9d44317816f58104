// Settings as DescribeConfigs and CreateTopics show them: value, source, type, synonyms with broker-side names.
// Protects: everything derives from the declarations in contracts. Leaves out: dynamic broker configs (none yet).
// Source: wire protocol notes §14; Kafka's ConfigHelper.

import {
  brokerFallback,
  brokerSettings,
  formatSetting,
  topicSettings,
  type BrokerSettings,
  type Setting,
  type SettingType,
  type SettingValue,
} from '@drave/contracts';

const configSource = { topic: 1, staticBroker: 4, default: 5 } as const;

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
  readonly value: string;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
  /** The effective one first. */
  readonly synonyms: readonly ConfigSynonym[];
  readonly configType: number;
  readonly documentation: string;
}

export interface ConfigContext {
  readonly settings: BrokerSettings;
  /** Names of the broker settings that were given explicitly. */
  readonly givenSettings: ReadonlySet<string>;
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

/** Every broker setting with its value; read-only as long as the broker cannot be reconfigured while it runs. */
export function brokerConfigEntries(context: ConfigContext): ConfigEntry[] {
  return Object.entries(brokerSettings).map(([name, declared]) =>
    entry(declared, brokerSynonymsOf(name, context), true),
  );
}

function brokerSynonymsOf(name: string, context: ConfigContext): ConfigSynonym[] {
  const declared = (brokerSettings as Readonly<Record<string, Setting>>)[name];
  if (!declared) return [];
  const { kafkaName } = declared;
  const value = (context.settings as Readonly<Record<string, SettingValue>>)[name];
  const synonyms: ConfigSynonym[] = [];
  if (context.givenSettings.has(name) && value !== undefined) {
    synonyms.push({
      name: kafkaName,
      value: formatSetting(value),
      source: configSource.staticBroker,
    });
  }
  synonyms.push({
    name: kafkaName,
    value: formatSetting(declared.default),
    source: configSource.default,
  });
  return synonyms;
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
