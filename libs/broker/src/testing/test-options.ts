// Options of a test broker, resolved to what the broker itself takes. Protects: tests begin with settings that wait for nothing.
// Leaves out: SASL and ACLs, which the broker does not have yet.

import {
  brokerSettings,
  limits,
  parseSetting,
  SettingError,
  settingByKafkaName,
  type BrokerSettings,
  type SettingValue,
} from '@drave/contracts';
import { memoryPlatform, nodePlatform, type Platform } from '@drave/platform';
import type { BrokerOptions } from '../broker.js';
import type { ApiName } from './interception.js';
import { ManualTime, realTime, type TestClock } from './test-clock.js';

export interface TestBrokerOptions extends Omit<
  BrokerOptions,
  'listen' | 'listeners' | 'advertised' | 'insecureListen'
> {
  /** Topics to create: name → partitions. `reset` brings them back, empty. */
  readonly topics?: Readonly<Record<string, number>>;
  /** Whether clients bring topics to life by asking for them; default true. */
  readonly autoCreate?: boolean;
  /** Broker settings by Kafka's names, such as `{ 'log.retention.ms': 1000 }`; `settings` takes Drave's names. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Keeps the data in this directory instead of memory: another broker started on it finds them. */
  readonly dataDir?: string;
  /** `manual`: the broker's clock moves by `clock.advance` alone. Default `real`. */
  readonly clock?: 'real' | 'manual';
  /**
   * What an older broker would serve: API → highest version, served and advertised; −1 takes an API away. A list of APIs and versions
   * is in docs/reference/protocol-support.md.
   */
  readonly maxVersions?: Readonly<Partial<Record<ApiName, number>>>;
  /** Default 0: a free port, of several brokers one each. */
  readonly port?: number;
}

const settingsForTests: Partial<BrokerSettings> = {
  groupInitialRebalanceDelayMs: 0,
  groupMinSessionTimeoutMs: 1,
  offsetsTopicNumPartitions: 3,
  offsetsTopicReplicationFactor: limits.virtualBrokersMax,
};

export interface ResolvedOptions {
  readonly platform: Platform;
  readonly clock: TestClock;
  readonly broker: BrokerOptions;
}

/** Throws SettingError for what the broker does not know or take. */
export function resolveTestOptions(options: TestBrokerOptions): ResolvedOptions {
  const { autoCreate, config, dataDir, port } = options;
  const { platform, time } = worldOf(options);
  return {
    platform,
    clock: time,
    broker: {
      directory: '/drave-test',
      ...options,
      ...(dataDir === undefined ? {} : { directory: dataDir }),
      platform,
      listen: { host: '127.0.0.1', port: port ?? 0 },
      settings: {
        ...settingsForTests,
        autoCreateTopicsEnable: autoCreate ?? true,
        ...settingsOf(config ?? {}),
        ...options.settings,
      },
    },
  };
}

function worldOf({ platform, clock, dataDir }: TestBrokerOptions): {
  readonly platform: Platform;
  readonly time: TestClock;
} {
  if (platform && (clock === 'manual' || dataDir !== undefined)) {
    throw new SettingError('platform', 'Give either a platform, or clock and dataDir.');
  }
  const onDisk = dataDir === undefined ? {} : { disk: nodePlatform().disk };
  if (clock === 'manual') {
    const time = new ManualTime();
    return { platform: { ...time.platform(), ...onDisk }, time };
  }
  const world = platform ?? { ...memoryPlatform(), ...onDisk };
  return { platform: world, time: realTime(world) };
}

function settingsOf(
  config: Readonly<Record<string, string | number | boolean>>,
): Partial<BrokerSettings> {
  const values: Record<string, SettingValue> = {};
  for (const [kafkaName, value] of Object.entries(config)) {
    const found = settingByKafkaName(brokerSettings, kafkaName);
    if (!found) {
      throw new SettingError(kafkaName, `There is no setting ${kafkaName}; check the spelling.`);
    }
    values[found.name] = parseSetting(found.setting, String(value));
  }
  return values as Partial<BrokerSettings>;
}
