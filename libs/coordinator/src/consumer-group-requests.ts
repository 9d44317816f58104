// What a coordinator is asked about consumer groups (KIP-848) and what it answers: plain objects with the protocol's field names.
// Leaves out: throttle times and authorized operations (the handler's).

import type { ListedTopicPartitions } from './topic-partitions.js';

export interface ConsumerHeartbeatInput {
  /** From 1 on clients make their own member ids. */
  readonly apiVersion: number;
  readonly groupId: string;
  readonly memberId: string;
  /** 0 joins, −1 leaves, −2 leaves for a while (static members). */
  readonly memberEpoch: number;
  /** null here and below: unchanged since the last heartbeat. */
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** −1: unchanged. */
  readonly rebalanceTimeoutMs: number;
  readonly subscribedTopicNames: readonly string[] | null;
  /** RE2 syntax; '' ends such a subscription. */
  readonly subscribedTopicRegex: string | null;
  readonly serverAssignor: string | null;
  /** What the member owns. */
  readonly topicPartitions: readonly ListedTopicPartitions[] | null;
}

export interface ConsumerHeartbeatResult {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** null: as before. */
  readonly assignment: { readonly topicPartitions: readonly ListedTopicPartitions[] } | null;
}

export interface DescribedAssignment {
  readonly topicPartitions: readonly {
    readonly topicId: string;
    readonly topicName: string;
    readonly partitions: readonly number[];
  }[];
}

export interface DescribedConsumer {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly memberEpoch: number;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex: string | null;
  readonly assignment: DescribedAssignment;
  readonly targetAssignment: DescribedAssignment;
  /** 1: consumer protocol. */
  readonly memberType: number;
}

export interface DescribedConsumerGroup {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly groupEpoch: number;
  readonly assignmentEpoch: number;
  readonly assignorName: string;
  readonly members: readonly DescribedConsumer[];
}
