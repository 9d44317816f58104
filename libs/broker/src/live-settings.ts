// The broker's settings as they are now: given at the start, then changed by administrators while it runs.
// Protects: one place knows the order: set for this broker, set for all brokers, given at the start, default; only settings declared
// `live` ever change. Leaves out: storing changes (the metadata log). Sources: KIP-226; Kafka's DynamicBrokerConfig.

import {
  brokerSettings,
  formatSetting,
  parseSetting,
  SettingError,
  settingByKafkaName,
  type BrokerId,
  type BrokerSettings,
  type Setting,
  type SettingValue,
} from '@drave/contracts';
import type { MetadataImage, MetadataListener } from '@drave/replication';

/** Name of the resource that stands for all brokers. */
export const allBrokers = '';

export class LiveSettings implements MetadataListener {
  readonly #given: BrokerSettings;
  readonly #image: MetadataImage;
  readonly #nodeId: BrokerId;
  #current: BrokerSettings;

  /** Reads the image; subscribe it before whoever uses `current` in a listener. */
  constructor(given: BrokerSettings, image: MetadataImage, nodeId: BrokerId) {
    this.#given = given;
    this.#image = image;
    this.#nodeId = nodeId;
    this.#current = this.#resolve();
  }

  get current(): BrokerSettings {
    return this.#current;
  }

  /** As given at the start. */
  get given(): BrokerSettings {
    return this.#given;
  }

  /** The text of what is in force under `kafkaName`; undefined for a name Drave does not know. */
  text(kafkaName: string): string | undefined {
    const found = settingByKafkaName(brokerSettings, kafkaName);
    if (!found) return undefined;
    const value = (this.#current as Readonly<Record<string, SettingValue>>)[found.name];
    return formatSetting(value ?? found.setting.default);
  }

  brokerConfigsSet(): void {
    this.#current = this.#resolve();
  }

  #resolve(): BrokerSettings {
    const values: Record<string, SettingValue> = { ...this.#given };
    for (const broker of [allBrokers, String(this.#nodeId)]) {
      for (const [kafkaName, text] of this.#image.clusterSettings.brokerConfigs(broker)) {
        const found = settingByKafkaName(brokerSettings, kafkaName);
        if (found?.setting.reload === 'live')
          values[found.name] = parseSetting(found.setting, text);
      }
    }
    return Object.freeze(values) as BrokerSettings;
  }
}

/** The broker setting Kafka calls `kafkaName`. */
export function brokerSetting(kafkaName: string): Setting | undefined {
  return settingByKafkaName(brokerSettings, kafkaName)?.setting;
}

/** Throws SettingError for an illegal text; a name Drave does not know is stored as it is, as Kafka does. */
export function checkBrokerConfigs(configs: ReadonlyMap<string, string>): void {
  for (const [kafkaName, text] of configs) {
    const declared = brokerSetting(kafkaName);
    if (declared) parseSetting(declared, text);
    if (kafkaName === 'log.cleanup.policy' && text.trim() === '') {
      throw new SettingError(kafkaName, 'log.cleanup.policy must name delete, compact or both.');
    }
  }
}
