// Settings of a topic: Kafka's names, the broker setting each falls back to, and what Drave does with them today.
// Protects: a topic's effective value is override, else broker setting, else default, in one place.
// Leaves out: settings of tiered storage and of replication throttles. Source: Kafka 4.x topic configuration.

import { brokerSettings, type BrokerSettings } from './broker-settings.js';
import {
  parseSetting,
  setting,
  settingByKafkaName,
  SettingError,
  type Setting,
  type SettingValue,
  type SettingValues,
} from './setting.js';

const int32Max = 2_147_483_647;
const longMax = Number.MAX_SAFE_INTEGER;

export const topicSettings = Object.freeze({
  cleanupPolicy: setting({
    kafkaName: 'cleanup.policy',
    type: 'list',
    unit: 'none',
    default: ['delete'] as readonly string[],
    oneOf: ['delete', 'compact'],
    reload: 'live',
    brokerSynonyms: ['log.cleanup.policy'],
    sentence:
      'Whether old records are deleted, compacted by key, or both; a compacted topic refuses records without a key.',
  }),
  compressionType: setting({
    kafkaName: 'compression.type',
    type: 'string',
    unit: 'none',
    default: 'producer' as string,
    oneOf: ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'],
    reload: 'live',
    brokerSynonyms: ['compression.type'],
    sentence:
      'Codec of stored batches; producer keeps the one they were sent in, uncompressed none, any other recompresses.',
  }),
  deleteRetentionMs: setting({
    kafkaName: 'delete.retention.ms',
    type: 'long',
    unit: 'ms',
    default: 86_400_000,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.cleaner.delete.retention.ms'],
    sentence: 'How long compaction keeps tombstones, from the first compaction that met them.',
  }),
  draveDelayEnable: setting({
    kafkaName: 'drave.delay.enable',
    type: 'boolean',
    unit: 'none',
    default: false,
    reload: 'live',
    sentence:
      'Whether records with a header drave-deliver-at are kept back until then; such a topic takes no transactions.',
  }),
  fileDeleteDelayMs: setting({
    kafkaName: 'file.delete.delay.ms',
    type: 'long',
    unit: 'ms',
    default: 60_000,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.segment.delete.delay.ms'],
    sentence: 'How long the files of a segment that retention deleted stay on the disk.',
  }),
  flushMessages: setting({
    kafkaName: 'flush.messages',
    type: 'long',
    unit: 'count',
    default: longMax,
    range: [1, longMax],
    reload: 'live',
    brokerSynonyms: ['log.flush.interval.messages'],
    sentence: 'Kept for other tools; durability follows the flush mode of the broker.',
  }),
  flushMs: setting({
    kafkaName: 'flush.ms',
    type: 'long',
    unit: 'ms',
    default: longMax,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.flush.interval.ms'],
    sentence: 'Kept for other tools; durability follows the flush mode of the broker.',
  }),
  indexIntervalBytes: setting({
    kafkaName: 'index.interval.bytes',
    type: 'int',
    unit: 'bytes',
    default: 4096,
    range: [0, int32Max],
    reload: 'live',
    brokerSynonyms: ['log.index.interval.bytes'],
    sentence: 'Log bytes between two entries of the offset index.',
  }),
  maxCompactionLagMs: setting({
    kafkaName: 'max.compaction.lag.ms',
    type: 'long',
    unit: 'ms',
    default: longMax,
    range: [1, longMax],
    reload: 'live',
    brokerSynonyms: ['log.cleaner.max.compaction.lag.ms'],
    sentence: 'Age of a record after which the log is compacted whatever its dirty ratio.',
  }),
  maxMessageBytes: setting({
    kafkaName: 'max.message.bytes',
    type: 'int',
    unit: 'bytes',
    default: 1_048_588,
    range: [0, int32Max],
    reload: 'live',
    brokerSynonyms: ['message.max.bytes'],
    sentence: 'Largest record batch the topic accepts, after compression.',
  }),
  messageTimestampAfterMaxMs: setting({
    kafkaName: 'message.timestamp.after.max.ms',
    type: 'long',
    unit: 'ms',
    default: 3_600_000,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.message.timestamp.after.max.ms'],
    sentence: 'How far a CreateTime may lie in the future.',
  }),
  messageTimestampBeforeMaxMs: setting({
    kafkaName: 'message.timestamp.before.max.ms',
    type: 'long',
    unit: 'ms',
    default: longMax,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.message.timestamp.before.max.ms'],
    sentence: 'How far a CreateTime may lie in the past.',
  }),
  messageTimestampType: setting({
    kafkaName: 'message.timestamp.type',
    type: 'string',
    unit: 'none',
    default: 'CreateTime' as string,
    oneOf: ['CreateTime', 'LogAppendTime'],
    reload: 'live',
    brokerSynonyms: ['log.message.timestamp.type'],
    sentence:
      'Whether a record keeps the time its producer gave it or gets the time of the append.',
  }),
  minCleanableDirtyRatio: setting({
    kafkaName: 'min.cleanable.dirty.ratio',
    type: 'double',
    unit: 'ratio',
    default: 0.5,
    range: [0, 1],
    reload: 'live',
    brokerSynonyms: ['log.cleaner.min.cleanable.ratio'],
    sentence: 'Share of uncompacted bytes above which compaction starts.',
  }),
  minCompactionLagMs: setting({
    kafkaName: 'min.compaction.lag.ms',
    type: 'long',
    unit: 'ms',
    default: 0,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.cleaner.min.compaction.lag.ms'],
    sentence: 'Shortest time a record stays uncompacted; counted for whole segments.',
  }),
  minInsyncReplicas: setting({
    kafkaName: 'min.insync.replicas',
    type: 'int',
    unit: 'count',
    default: 1,
    range: [1, 32_767],
    reload: 'live',
    brokerSynonyms: ['min.insync.replicas'],
    sentence: 'In-sync replicas without which acks=all is refused.',
  }),
  preallocate: setting({
    kafkaName: 'preallocate',
    type: 'boolean',
    unit: 'none',
    default: false,
    reload: 'live',
    brokerSynonyms: ['log.preallocate'],
    sentence: 'Kept for other tools; Drave decides itself when to preallocate.',
  }),
  retentionBytes: setting({
    kafkaName: 'retention.bytes',
    type: 'long',
    unit: 'bytes',
    default: -1,
    range: [-1, longMax],
    reload: 'live',
    brokerSynonyms: ['log.retention.bytes'],
    sentence: 'Size a partition keeps at least while older segments go; -1 is no bound.',
  }),
  retentionMs: setting({
    kafkaName: 'retention.ms',
    type: 'long',
    unit: 'ms',
    default: 604_800_000,
    range: [-1, longMax],
    reload: 'live',
    brokerSynonyms: ['log.retention.ms', 'log.retention.minutes', 'log.retention.hours'],
    sentence:
      'How long records are kept, by the largest timestamp of their segment; -1 keeps them for ever.',
  }),
  segmentBytes: setting({
    kafkaName: 'segment.bytes',
    type: 'int',
    unit: 'bytes',
    default: 1_073_741_824,
    range: [14, int32Max],
    reload: 'live',
    brokerSynonyms: ['log.segment.bytes'],
    sentence: 'Size at which a log starts a new segment.',
  }),
  segmentIndexBytes: setting({
    kafkaName: 'segment.index.bytes',
    type: 'int',
    unit: 'bytes',
    default: 10_485_760,
    range: [4, int32Max],
    reload: 'live',
    brokerSynonyms: ['log.index.size.max.bytes'],
    sentence: 'Kept for other tools; indexes grow as needed.',
  }),
  segmentJitterMs: setting({
    kafkaName: 'segment.jitter.ms',
    type: 'long',
    unit: 'ms',
    default: 0,
    range: [0, longMax],
    reload: 'live',
    brokerSynonyms: ['log.roll.jitter.ms', 'log.roll.jitter.hours'],
    sentence:
      'Random part of the segment age, so that logs do not roll at once. Kept, not acted on yet.',
  }),
  segmentMs: setting({
    kafkaName: 'segment.ms',
    type: 'long',
    unit: 'ms',
    default: 604_800_000,
    range: [1, longMax],
    reload: 'live',
    brokerSynonyms: ['log.roll.ms', 'log.roll.hours'],
    sentence: 'Age of its first batch at which a log starts a new segment.',
  }),
  uncleanLeaderElectionEnable: setting({
    kafkaName: 'unclean.leader.election.enable',
    type: 'boolean',
    unit: 'none',
    default: false,
    reload: 'live',
    brokerSynonyms: ['unclean.leader.election.enable'],
    sentence: 'Whether a replica that is not in sync may lead. Kept, without effect on one broker.',
  }),
});

export type TopicSettings = SettingValues<typeof topicSettings>;

/** Topic overrides as users write them: Kafka's name → text. */
export type TopicConfigs = Readonly<Record<string, string>>;

/** Throws SettingError for an unknown name, an illegal text, or values that contradict each other. */
export function checkTopicConfigs(configs: ReadonlyMap<string, string>): void {
  for (const [kafkaName, text] of configs) {
    const found = settingByKafkaName(topicSettings, kafkaName);
    if (!found) throw new SettingError(kafkaName, `Unknown topic config name: ${kafkaName}.`);
    parseSetting(found.setting, text);
    if (kafkaName === 'cleanup.policy' && text.trim() === '') {
      throw new SettingError(kafkaName, 'cleanup.policy must name delete, compact or both.');
    }
  }
}

const brokerNameByKafkaName = new Map(
  Object.entries(brokerSettings).map(([name, declared]) => [declared.kafkaName, name]),
);

/** The broker setting (Drave's name) a topic setting falls back to; undefined when there is none yet. */
export function brokerFallback(brokerSynonyms: readonly string[] | undefined): string | undefined {
  for (const kafkaName of brokerSynonyms ?? []) {
    const name = brokerNameByKafkaName.get(kafkaName);
    if (name !== undefined) return name;
  }
  return undefined;
}

/** A topic's effective values: its overrides (checked), else the broker's settings, else the defaults. Throws SettingError. */
export function resolveTopicSettings(
  configs: ReadonlyMap<string, string>,
  broker: BrokerSettings,
): TopicSettings {
  checkTopicConfigs(configs);
  const values: Record<string, SettingValue> = {};
  for (const [name, declared] of Object.entries(topicSettings)) {
    const text = configs.get(declared.kafkaName);
    const fallback = brokerFallback(declared.brokerSynonyms);
    if (text !== undefined) values[name] = parseSetting(declared as Setting, text);
    else if (fallback !== undefined) {
      values[name] = (broker as Record<string, SettingValue>)[fallback] ?? declared.default;
    } else values[name] = declared.default;
  }
  return Object.freeze(values) as TopicSettings;
}
