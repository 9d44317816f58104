// Settings of the group coordinator: one table of defaults, validated once. Kafka's names stand in the comments.

/** All times in ms. */
export interface GroupSettings {
  /** group.initial.rebalance.delay.ms: how long the first join into an empty group waits for others; ≥ 0. */
  readonly initialRebalanceDelayMs: number;
  /** group.min.session.timeout.ms; ≥ 1. */
  readonly sessionTimeoutMsMin: number;
  /** group.max.session.timeout.ms; ≥ the minimum. */
  readonly sessionTimeoutMsMax: number;
  /** group.max.size: members per group; ≥ 1. */
  readonly groupSizeMax: number;
  /** group.consumer.session.timeout.ms: how long a member of a consumer group may be silent; ≥ 1. */
  readonly consumerSessionTimeoutMs: number;
  /** group.consumer.heartbeat.interval.ms: how often it is told to report; ≥ 1, below the session timeout. */
  readonly consumerHeartbeatIntervalMs: number;
  /** group.consumer.max.size: members per consumer group; ≥ 1. */
  readonly consumerGroupSizeMax: number;
  /** A member that never got its first answer is dropped after this; Kafka fixes it to 5 min. */
  readonly newMemberJoinTimeoutMs: number;
  /** offset.metadata.max.bytes, counted in characters as Kafka does. */
  readonly offsetMetadataLengthMax: number;
  /** offsets.retention.minutes in ms: how long offsets outlive the last member of their group; ≥ 1. */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms: how often they are looked through; ≥ 1. */
  readonly offsetsCheckIntervalMs: number;
  /** Largest batch handed to the writer; stay below max.message.bytes of `__consumer_offsets`. */
  readonly appendBytesMax: number;
}

const defaults: GroupSettings = Object.freeze({
  initialRebalanceDelayMs: 3000,
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 1_800_000,
  groupSizeMax: 0x7fffffff,
  consumerSessionTimeoutMs: 45_000,
  consumerHeartbeatIntervalMs: 5000,
  consumerGroupSizeMax: 0x7fffffff,
  newMemberJoinTimeoutMs: 300_000,
  offsetMetadataLengthMax: 4096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  offsetsCheckIntervalMs: 600_000,
  appendBytesMax: 1_000_000,
});

/** Defaults with `overrides`; throws RangeError for a value outside its range. */
export function groupSettings(overrides: Partial<GroupSettings> = {}): GroupSettings {
  const settings: GroupSettings = Object.freeze({ ...defaults, ...overrides });
  const least: Record<keyof GroupSettings, number> = {
    initialRebalanceDelayMs: 0,
    sessionTimeoutMsMin: 1,
    sessionTimeoutMsMax: settings.sessionTimeoutMsMin,
    groupSizeMax: 1,
    consumerSessionTimeoutMs: settings.consumerHeartbeatIntervalMs + 1,
    consumerHeartbeatIntervalMs: 1,
    consumerGroupSizeMax: 1,
    newMemberJoinTimeoutMs: 1,
    offsetMetadataLengthMax: 0,
    offsetsRetentionMs: 1,
    offsetsCheckIntervalMs: 1,
    appendBytesMax: 1000,
  };
  for (const name of Object.keys(least) as (keyof GroupSettings)[]) {
    const value = settings[name];
    if (!Number.isInteger(value) || value < least[name]) {
      throw new RangeError(
        `group setting ${name} must be an integer of at least ${least[name]}, not ${value}`,
      );
    }
  }
  return settings;
}
