// Settings: texts become typed values in range, topic values fall back to the broker's.
import { describe, expect, it } from 'vitest';
import {
  brokerSettings,
  checkTopicConfigs,
  formatSetting,
  parseSetting,
  resolveSettings,
  resolveTopicSettings,
  setting,
  SettingError,
  topicSettings,
} from '../src/index.js';

describe('parseSetting', () => {
  it.each([
    [topicSettings.retentionMs, '-1', -1],
    [topicSettings.retentionMs, ' 86400000 ', 86_400_000],
    [topicSettings.retentionMs, '9223372036854775807', Number.MAX_SAFE_INTEGER],
    [topicSettings.minCleanableDirtyRatio, '0.25', 0.25],
    [topicSettings.preallocate, 'TRUE', true],
    [topicSettings.cleanupPolicy, 'compact, delete', ['compact', 'delete']],
    [topicSettings.messageTimestampType, 'LogAppendTime', 'LogAppendTime'],
  ])('reads %# as Kafka does', (declared, text, value) => {
    expect(parseSetting(declared as never, text)).toEqual(value);
  });

  it.each([
    [topicSettings.retentionMs, '-2'],
    [topicSettings.retentionMs, '1e3'],
    [topicSettings.retentionMs, ''],
    [topicSettings.preallocate, 'yes'],
    [topicSettings.minCleanableDirtyRatio, '1.5'],
    [topicSettings.cleanupPolicy, 'shred'],
    [topicSettings.messageTimestampType, 'createtime'],
  ])('refuses %# with the name of the setting', (declared, text) => {
    expect(() => parseSetting(declared as never, text)).toThrow(SettingError);
    expect(() => parseSetting(declared as never, text)).toThrow(declared.kafkaName);
  });

  it('prints what it read', () => {
    expect(formatSetting(parseSetting(topicSettings.cleanupPolicy, 'compact,delete'))).toBe(
      'compact,delete',
    );
  });
});

describe('tables', () => {
  it('a declaration whose default breaks its range does not load', () => {
    expect(() =>
      setting({
        kafkaName: 'x',
        type: 'int',
        unit: 'count',
        default: 0,
        range: [1, 2],
        reload: 'live',
        sentence: 'X.',
      }),
    ).toThrow(SettingError);
  });

  it('overrides are checked and unknown names refused', () => {
    expect(resolveSettings(brokerSettings, { numPartitions: 3 }).numPartitions).toBe(3);
    expect(() => resolveSettings(brokerSettings, { numPartitions: 0 })).toThrow('num.partitions');
    expect(() => resolveSettings(brokerSettings, { nope: 1 } as never)).toThrow('nope');
  });

  it('a topic value is its override, else the setting of the broker, else the default', () => {
    const broker = resolveSettings(brokerSettings, { messageMaxBytes: 5000, logRetentionMs: 7 });
    const topic = resolveTopicSettings(new Map([['retention.ms', '9']]), broker);
    expect(topic.retentionMs).toBe(9);
    expect(topic.maxMessageBytes).toBe(5000);
    expect(topic.deleteRetentionMs).toBe(86_400_000);
  });

  it('topic configs with an unknown name are refused', () => {
    expect(() => checkTopicConfigs(new Map([['retention.hours', '1']]))).toThrow(
      'Unknown topic config name: retention.hours',
    );
    expect(() => checkTopicConfigs(new Map([['cleanup.policy', '']]))).toThrow(SettingError);
  });

  it('every sentence is one sentence or two, and every name is unique', () => {
    for (const table of [brokerSettings, topicSettings]) {
      const names = Object.values(table).map((declared) => declared.kafkaName);
      expect(new Set(names).size).toBe(names.length);
      for (const declared of Object.values(table)) expect(declared.sentence).toMatch(/^[A-Z].*\.$/);
    }
  });
});
