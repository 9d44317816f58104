// The settings of one log: the subset of a topic's settings that the log acts on, changeable online.
// Protects: a log never sees a setting outside the declared range (the tables in contracts check it).
// Leaves out: retention, compaction and recompression (`cleanupPolicy` only makes keys mandatory today).

import { topicSettings, type TopicSettings } from '@drave/contracts';

/** What a log needs to know of its topic. A whole `TopicSettings` fits. */
export type LogSettings = Pick<
  TopicSettings,
  | 'segmentBytes'
  | 'segmentMs'
  | 'indexIntervalBytes'
  | 'maxMessageBytes'
  | 'messageTimestampType'
  | 'messageTimestampBeforeMaxMs'
  | 'messageTimestampAfterMaxMs'
  | 'cleanupPolicy'
>;

/** The declared defaults with `overrides` on top. */
export function logSettings(overrides: Partial<LogSettings> = {}): LogSettings {
  return Object.freeze({
    segmentBytes: topicSettings.segmentBytes.default,
    segmentMs: topicSettings.segmentMs.default,
    indexIntervalBytes: topicSettings.indexIntervalBytes.default,
    maxMessageBytes: topicSettings.maxMessageBytes.default,
    messageTimestampType: topicSettings.messageTimestampType.default,
    messageTimestampBeforeMaxMs: topicSettings.messageTimestampBeforeMaxMs.default,
    messageTimestampAfterMaxMs: topicSettings.messageTimestampAfterMaxMs.default,
    cleanupPolicy: topicSettings.cleanupPolicy.default,
    ...overrides,
  });
}
