// The settings of one log: the subset of a topic's settings that the log acts on, changeable online.
// Protects: a log never sees a setting outside the declared range (the tables in contracts check it).
// Leaves out: recompression.

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
  | 'retentionMs'
  | 'retentionBytes'
  | 'fileDeleteDelayMs'
  | 'minCleanableDirtyRatio'
  | 'minCompactionLagMs'
  | 'maxCompactionLagMs'
  | 'deleteRetentionMs'
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
    retentionMs: topicSettings.retentionMs.default,
    retentionBytes: topicSettings.retentionBytes.default,
    fileDeleteDelayMs: topicSettings.fileDeleteDelayMs.default,
    minCleanableDirtyRatio: topicSettings.minCleanableDirtyRatio.default,
    minCompactionLagMs: topicSettings.minCompactionLagMs.default,
    maxCompactionLagMs: topicSettings.maxCompactionLagMs.default,
    deleteRetentionMs: topicSettings.deleteRetentionMs.default,
    ...overrides,
  });
}

/** Until its owner says otherwise. */
export const defaultLogSettings = logSettings();
