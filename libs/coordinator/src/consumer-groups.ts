// The consumer groups (KIP-848) of one `__consumer_offsets` partition at work: shard and deadlines tied to the runtime.
// Protects: everything a heartbeat decides is appended in order before its answer is made; the caller sends that answer only when
// it is committed. Leaves out: classic groups and offsets (GroupPartition), argument routing (GroupCoordinator).

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { type Platform, type Timer, assert } from '@drave/platform';
import { encodeAssignment, encodeSubscription } from '@drave/protocol';

import type { ConsumerGroup, ConsumerMember } from './consumer-group.js';
import type { ConsumerGroupRecord } from './consumer-group-records.js';
import type {
  ConsumerHeartbeatInput,
  ConsumerHeartbeatResult,
  DescribedAssignment,
  DescribedConsumerGroup,
} from './consumer-group-requests.js';
import { ConsumerGroupShard } from './consumer-group-shard.js';
import { type HeartbeatRefusal, identityRefusal, leaveEpoch } from './consumer-heartbeat-rules.js';
import type { ClientContext, DescribedMember, LeavingMember } from './group-requests.js';
import type { LeaveReason, RebalanceReason, TellGroup } from './group-events.js';
import type { GroupSettings } from './group-settings.js';
import { type GroupTopics, SubscriptionResolver } from './group-topics.js';
import { MemberDeadlinesMachine } from './member-deadlines-machine.js';
import { type TopicPartitions, fromList, isSamePartitions, toList } from './topic-partitions.js';

const consumerMemberType = 1;
const lapses = { session: 'session-timeout', rebalance: 'rebalance-timeout' } as const;

/** Where decisions go. */
export interface ConsumerGroupLog {
  /** As one batch, replayed at once. False, and nothing was done: it is too large. */
  append(records: readonly ConsumerGroupRecord[]): boolean;
  /** For records that may be cut into several batches, each of which stands alone. */
  appendSplit(records: readonly ConsumerGroupRecord[]): void;
  /** A bug in a callback nobody awaits costs the memory, not the process. */
  attempt(action: () => void): void;
}

export class ConsumerGroups {
  readonly #platform: Platform;
  readonly #settings: GroupSettings;
  readonly #topics: GroupTopics;
  readonly #log: ConsumerGroupLog;
  readonly #tell: TellGroup;
  /** Why the groups that will get a new target get one. */
  readonly #reasons = new Map<string, RebalanceReason>();
  #shard = new ConsumerGroupShard();
  #deadlines = new MemberDeadlinesMachine();
  /** For the topics as they are; replaced when they change. */
  #resolver: SubscriptionResolver;
  /** Groups whose topics were looked at with the resolver of now. */
  readonly #checked = new Set<string>();
  #timer: Timer | undefined;
  #timerAtMs = Infinity;
  #rebalances = 0;

  constructor(options: {
    readonly platform: Platform;
    readonly settings: GroupSettings;
    readonly topics: GroupTopics;
    readonly log: ConsumerGroupLog;
    readonly tell: TellGroup;
  }) {
    this.#platform = options.platform;
    this.#settings = options.settings;
    this.#topics = options.topics;
    this.#log = options.log;
    this.#tell = options.tell;
    this.#resolver = new SubscriptionResolver(options.topics);
  }

  group(groupId: string): ConsumerGroup | undefined {
    return this.#shard.group(groupId);
  }

  groups(): Iterable<ConsumerGroup> {
    return this.#shard.groups();
  }

  /** Read only. */
  get shard(): ConsumerGroupShard {
    return this.#shard;
  }

  replay(record: ConsumerGroupRecord): void {
    this.#shard.replay(record);
  }

  reset(): void {
    this.#shard = new ConsumerGroupShard();
    this.#deadlines = new MemberDeadlinesMachine();
    this.#checked.clear();
    this.#reasons.clear();
    this.#arm(Infinity);
  }

  /** Members of before the restart get one session, and one rebalance timeout, to show up. */
  onLoaded(): void {
    const nowMs = this.#platform.clock.monotonicMs();
    for (const group of this.#shard.groups()) {
      for (const member of group.members()) this.#expect(group.groupId, member, nowMs, true);
    }
  }

  /** Topics came, went or grew: each group looks at its next heartbeat. */
  onTopicsChanged(): void {
    this.#resolver = new SubscriptionResolver(this.#topics);
    this.#checked.clear();
  }

  isSubscribed(groupId: string, topic: string): boolean {
    return this.#shard.isSubscribed(groupId, topic, this.#resolver);
  }

  /** The request is legal in itself. */
  heartbeat(request: ConsumerHeartbeatInput, client: ClientContext): ConsumerHeartbeatResult {
    if (request.memberEpoch < 0) return this.#leave(request);
    const { groupId, memberEpoch } = request;
    const group = this.#shard.group(groupId);
    if (!group && memberEpoch !== 0) {
      return refused({
        error: 'GROUP_ID_NOT_FOUND',
        message: `Consumer group ${groupId} not found.`,
      });
    }
    const memberId = request.memberId || this.#platform.random.uuid();
    const before = group?.member(memberId)?.current.assigned;
    const instance = request.instanceId === null ? undefined : group?.holderOf(request.instanceId);
    const refusal = this.#join({ ...request, memberId }, client);
    if (refusal) return refused(refusal);
    if (!before) this.#tellJoined({ ...request, memberId }, client);
    if (instance && instance.memberId !== memberId) {
      this.#deadlines.onRemoved({ groupId, memberId: instance.memberId });
    }
    this.#makeTarget(groupId);
    const owned = request.topicPartitions && fromList(request.topicPartitions);
    const step = this.#shard.decideReconciliation(groupId, memberId, owned);
    this.#log.appendSplit(step.records);

    const member = this.#shard.group(groupId)?.member(memberId);
    assert(member !== undefined, 'a-member-is-there-after-its-heartbeat', { groupId, memberId });
    this.#expect(groupId, member, this.#platform.clock.monotonicMs(), step.records.length > 0);
    const { assigned } = member.current;
    const isTold = isFull(request) || !before || !isSamePartitions(before, assigned);
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId,
      memberEpoch: member.current.memberEpoch,
      heartbeatIntervalMs: this.#settings.consumerHeartbeatIntervalMs,
      assignment: isTold ? { topicPartitions: toList(assigned) } : null,
    };
  }

  /** Assignments made since the start. */
  get rebalanceCount(): number {
    return this.#rebalances;
  }

  #makeTarget(groupId: string): void {
    const { records } = this.#shard.decideTarget(groupId, this.#resolver);
    this.#log.appendSplit(records);
    if (records.length === 0) return;
    this.#rebalances += 1;
    const group = this.#shard.group(groupId);
    const facts = { groupId, generation: group?.epoch, members: group?.size };
    this.#platform.logger.info('group-rebalanced', facts);
    const reason = this.#reasons.get(groupId) ?? 'subscription-changed';
    this.#reasons.delete(groupId);
    const { epoch: generation = 0, size: members = 0 } = group ?? {};
    const durationMs = undefined;
    this.#tell(groupId, { kind: 'rebalanced', generation, reason, members, durationMs });
  }

  #tellJoined(
    { groupId, memberId, instanceId: groupInstanceId }: ConsumerHeartbeatInput,
    { clientId, clientHost }: ClientContext,
  ): void {
    if (!this.#reasons.has(groupId)) this.#reasons.set(groupId, 'member-joined');
    const member = { memberId, groupInstanceId, clientId, clientHost };
    this.#tell(groupId, { kind: 'member-joined', ...member });
  }

  #tellLeft(groupId: string, memberId: string, reason: LeaveReason): void {
    // Without members nobody asks for a target any more.
    if (!this.#shard.group(groupId)?.size) this.#reasons.delete(groupId);
    else if (!this.#reasons.has(groupId)) this.#reasons.set(groupId, reason);
    this.#tell(groupId, { kind: 'member-left', memberId, reason });
  }

  /** An administrator removes a member by its id, or with '' a static one by its instance. */
  remove(groupId: string, leaving: LeavingMember): ErrorName {
    const { memberId: given, groupInstanceId = null, isEvicted } = leaving;
    const group = this.#shard.group(groupId);
    const holder = groupInstanceId === null ? undefined : group?.holderOf(groupInstanceId);
    const memberId = given === '' ? (holder?.memberId ?? '') : given;
    if (!group) return 'UNKNOWN_MEMBER_ID';
    const refusal = identityRefusal(group, { memberId, instanceId: groupInstanceId });
    if (refusal) return refusal.error;
    this.#remove(groupId, memberId, isEvicted ? 'lease-lapsed' : 'left');
    return 'NONE';
  }

  describe(groupId: string): DescribedConsumerGroup | undefined {
    const group = this.#shard.group(groupId);
    if (!group) return undefined;
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      groupId,
      groupState: group.state,
      groupEpoch: group.epoch,
      assignmentEpoch: group.assignmentEpoch,
      assignorName: group.assignor,
      members: [...group.members()].map(({ memberId, metadata, current }) => ({
        memberId,
        instanceId: metadata.instanceId,
        rackId: metadata.rackId,
        memberEpoch: current.memberEpoch,
        clientId: metadata.clientId,
        clientHost: metadata.clientHost,
        subscribedTopicNames: metadata.subscribedTopicNames,
        // As in Kafka never null.
        subscribedTopicRegex: metadata.subscribedTopicRegex ?? '',
        assignment: this.#named(current.assigned),
        targetAssignment: this.#named(group.target(memberId)),
        memberType: consumerMemberType,
      })),
    };
  }

  /** In the form that members of classic groups have. */
  membersOf(groupId: string): readonly DescribedMember[] {
    return (this.describe(groupId)?.members ?? []).map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: encodeSubscription({ topics: member.subscribedTopicNames }),
      memberAssignment: encodeAssignment({
        partitions: member.assignment.topicPartitions.map(({ topicName, partitions }) => ({
          topic: topicName,
          partitions,
        })),
      }),
    }));
  }

  /** With topic names; topics that are gone are left out. */
  #named(partitions: TopicPartitions): DescribedAssignment {
    const topicPartitions = [];
    for (const listed of toList(partitions)) {
      const topicName = this.#topics.topicById(listed.topicId)?.name;
      if (topicName !== undefined) topicPartitions.push({ ...listed, topicName });
    }
    return { topicPartitions };
  }

  #join(request: ConsumerHeartbeatInput, client: ClientContext): HeartbeatRefusal | undefined {
    const { groupId } = request;
    const hasCheckedTopics = this.#checked.has(groupId);
    const groupSizeMax = this.#settings.consumerGroupSizeMax;
    const input = { request, client, groupSizeMax, hasCheckedTopics };
    const { records, reply } = this.#shard.decideMembership(input, this.#resolver);
    if (reply) return reply;
    if (!this.#log.append(records)) {
      return { error: 'INVALID_REQUEST', message: 'The subscription is too long to be stored.' };
    }
    this.#checked.add(groupId);
    return undefined;
  }

  #leave(request: ConsumerHeartbeatInput): ConsumerHeartbeatResult {
    const { memberId, memberEpoch } = request;
    const { records, reply } = this.#shard.decideLeave(request, this.#resolver);
    if (reply) return refused(reply);
    this.#log.appendSplit(records);
    if (memberEpoch === leaveEpoch) {
      this.#deadlines.onRemoved(request);
      this.#tellLeft(request.groupId, memberId, 'left');
    } else this.#deadlines.onRevocation(request, Infinity);
    return {
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: 0,
      assignment: null,
    };
  }

  #remove(groupId: string, memberId: string, reason: LeaveReason): void {
    this.#log.appendSplit(this.#shard.decideRemoval(groupId, [memberId], this.#resolver).records);
    this.#deadlines.onRemoved({ groupId, memberId });
    this.#tellLeft(groupId, memberId, reason);
  }

  /** From now on the member has a session, and a rebalance timeout when it was just told to give up partitions. */
  #expect(
    groupId: string,
    { memberId, metadata, current }: ConsumerMember,
    nowMs: number,
    isNewStep: boolean,
  ): void {
    const ids = { groupId, memberId };
    this.#deadlines.onHeartbeat(ids, nowMs + this.#settings.consumerSessionTimeoutMs);
    const mustRevoke = current.state === 'unrevoked';
    const untilMs = mustRevoke ? nowMs + Math.max(0, metadata.rebalanceTimeoutMs) : Infinity;
    if (isNewStep || !mustRevoke) this.#deadlines.onRevocation(ids, untilMs);
    if (this.#deadlines.wakeAtMs < this.#timerAtMs) this.#arm(this.#deadlines.wakeAtMs);
  }

  #arm(atMs: number): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAtMs = atMs;
    if (atMs === Infinity) return;
    const delayMs = Math.max(0, atMs - this.#platform.clock.monotonicMs());
    this.#timer = this.#platform.scheduler.setTimer(delayMs, () =>
      this.#log.attempt(() => this.#onTimer()),
    );
  }

  #onTimer(): void {
    this.#deadlines.tick(this.#platform.clock.monotonicMs());
    for (const { groupId, memberId, reason } of this.#deadlines.drain()) {
      this.#platform.logger.info('consumer-group-member-lapsed', { groupId, memberId, reason });
      this.#remove(groupId, memberId, lapses[reason]);
    }
    this.#arm(this.#deadlines.wakeAtMs);
  }
}

export function refused({ error, message }: HeartbeatRefusal): ConsumerHeartbeatResult {
  return {
    errorCode: ErrorCode[error],
    errorMessage: message,
    memberId: null,
    memberEpoch: 0,
    heartbeatIntervalMs: 0,
    assignment: null,
  };
}

/** A member that names everything asks for everything: it joins, or lost an answer. */
function isFull(request: ConsumerHeartbeatInput): boolean {
  const { memberEpoch, rebalanceTimeoutMs, topicPartitions } = request;
  const { subscribedTopicNames, subscribedTopicRegex } = request;
  if (memberEpoch === 0) return true;
  const isSubscribing = subscribedTopicNames !== null || subscribedTopicRegex !== null;
  return rebalanceTimeoutMs !== -1 && isSubscribing && topicPartitions !== null;
}
