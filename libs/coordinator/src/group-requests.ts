// What the coordinator is asked and what it answers: plain objects with the protocol's own field names, for all versions.
// Absent-in-version fields take Kafka's defaults. Leaves out: throttle times and authorized operations (the handler's).

import type { StoredGroup } from './offsets-topic-codec.js';

/** One assignor a member offers, the first being its favourite. */
export interface MemberProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

/** Who is asking. */
export interface ClientContext {
  readonly clientId: string;
  readonly clientHost: string;
}

export interface JoinGroupInput {
  /** Decides on MEMBER_ID_REQUIRED (v4), the leader's name (v9) and null fields (v7). */
  readonly apiVersion: number;
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** −1 (v0): the session timeout. */
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly protocolType: string;
  /** Copied: may be views of a socket buffer. */
  readonly protocols: readonly MemberProtocol[];
}

export interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Buffer;
}

export interface JoinGroupResult {
  readonly errorCode: number;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly leader: string;
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** Filled for the leader alone. */
  readonly members: readonly JoinedMember[];
}

export interface SyncGroupInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  /** null: not checked. */
  readonly protocolType?: string | null;
  readonly protocolName?: string | null;
  /** From the leader alone. Copied. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[];
}

export interface SyncGroupResult {
  readonly errorCode: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignment: Buffer;
}

export interface HeartbeatInput {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
}

export interface LeavingMember {
  /** '' with an instance id: removed by an administrator. */
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  /** By the broker itself, which knows it to be dead; no client can say so. */
  readonly isEvicted?: boolean;
}

export interface LeaveGroupInput {
  /** v0–2: give the one member; its error is also the top-level one. */
  readonly apiVersion: number;
  readonly groupId: string;
  readonly members: readonly LeavingMember[];
}

export interface LeaveGroupResult {
  readonly errorCode: number;
  readonly members: readonly {
    readonly memberId: string;
    readonly groupInstanceId: string | null;
    readonly errorCode: number;
  }[];
}

export interface OffsetCommitInput {
  readonly apiVersion: number;
  readonly groupId: string;
  /** −1 for a simple group. */
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  /** v2–4; −1: the group's retention. */
  readonly retentionTimeMs?: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly {
      readonly partitionIndex: number;
      readonly committedOffset: number;
      readonly committedLeaderEpoch?: number;
      readonly committedMetadata?: string | null;
    }[];
  }[];
}

export interface PartitionError {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

export interface OffsetCommitResult {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly PartitionError[];
  }[];
}

export interface OffsetDeleteInput {
  readonly groupId: string;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number }[];
  }[];
}

export interface OffsetDeleteResult {
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly PartitionError[];
  }[];
}

export interface OffsetFetchGroupInput {
  readonly groupId: string;
  /** v9+, with the epoch: a member of a consumer group; null: anybody. */
  readonly memberId?: string | null;
  readonly memberEpoch?: number;
  /** null: every committed offset. */
  readonly topics:
    | readonly {
        readonly name: string;
        readonly partitionIndexes: readonly number[];
      }[]
    | null;
}

export interface OffsetFetchInput {
  /** One group for versions below 8. */
  readonly groups: readonly OffsetFetchGroupInput[];
}

export interface FetchedOffset {
  readonly partitionIndex: number;
  /** −1: nothing committed. */
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string;
  readonly errorCode: number;
}

export interface OffsetFetchGroupResult {
  readonly groupId: string;
  /** With an error every partition asked for carries it too (v0 and v1 have no other place). */
  readonly errorCode: number;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly FetchedOffset[];
  }[];
}

export interface DescribedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Empty unless the group is Stable. */
  readonly memberMetadata: Buffer;
  readonly memberAssignment: Buffer;
}

export interface DescribedGroup {
  readonly errorCode: number;
  readonly errorMessage: string | null;
  readonly groupId: string;
  readonly groupState: string;
  readonly protocolType: string;
  /** The selected protocol; '' unless the group is Stable. */
  readonly protocolData: string;
  readonly members: readonly DescribedMember[];
}

export type GroupType = 'classic' | 'consumer';

export interface ListGroupsInput {
  /** Empty: all. Case-insensitive, as are the types. */
  readonly statesFilter?: readonly string[];
  readonly typesFilter?: readonly string[];
}

export interface ListGroupsResult {
  readonly errorCode: number;
  readonly groups: readonly {
    readonly groupId: string;
    readonly protocolType: string;
    readonly groupState: string;
    readonly groupType: GroupType;
  }[];
}

export interface DeleteGroupResult {
  readonly groupId: string;
  readonly errorCode: number;
}

/** For the admin REST: everything known of one group. */
export interface GroupSummary {
  readonly groupId: string;
  readonly state: string;
  readonly type: GroupType;
  readonly protocolType: string;
  /** Of a consumer group its assignor. */
  readonly protocol: string | null;
  /** Of a consumer group its epoch. */
  readonly generation: number;
  readonly leader: string | null;
  /** Of `__consumer_offsets`. */
  readonly coordinatorPartition: number;
  readonly members: readonly DescribedMember[];
  readonly offsets: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    readonly metadata: string;
  }[];
}

/** A group of which the log knows nothing. */
export const emptyStoredGroup: StoredGroup = Object.freeze({
  protocolType: '',
  generation: 0,
  protocol: null,
  leader: null,
  currentStateTimestampMs: -1,
  members: [],
});
