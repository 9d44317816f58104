// Durable state of the consumer groups (KIP-848) of one `__consumer_offsets` partition, and what heartbeats decide about it.
// Protects: `replay` alone changes it. A heartbeat is decided in three steps, each replayed before the next: membership
// (raises the group epoch), target (made for that epoch), reconciliation of the one member. They are written as one batch; should
// a large group need several and only some survive, the next heartbeat goes on from there. Leaves out: timers (MemberDeadlinesMachine), offsets (GroupShard).
// Source: KIP-848; Kafka's GroupMetadataManager, TargetAssignmentBuilder.

import type { ErrorName } from '@drave/contracts';
import { assert, unreachable } from '@drave/platform';

import { type AssignedMember, type AssignedTopic, assignors } from './consumer-assignors.js';
import {
  ConsumerGroup,
  type ConsumerMember,
  awayEpoch,
  isSameAssignment,
  isSameMetadata,
  isSameSubscription,
  noSubscription,
  noAssignment,
} from './consumer-group.js';
import type { ConsumerGroupRecord, ConsumerMemberMetadata } from './consumer-group-records.js';
import type { ConsumerHeartbeatInput } from './consumer-group-requests.js';
import {
  type HeartbeatRefusal,
  identityRefusal,
  leaveEpoch,
  membershipRefusal,
} from './consumer-heartbeat-rules.js';
import type { ClientContext } from './group-requests.js';
import type { SubscriptionResolver } from './group-topics.js';
import { reconciled } from './member-reconciliation.js';
import { type TopicPartitions, isSamePartitions } from './topic-partitions.js';

export interface ConsumerDecision<Reply> {
  readonly records: readonly ConsumerGroupRecord[];
  readonly reply: Reply;
}

/** A heartbeat with the member id it has or is given. */
export interface MembershipInput {
  readonly request: ConsumerHeartbeatInput;
  readonly client: ClientContext;
  readonly groupSizeMax: number;
  /** The group's topics were looked at since they last changed. */
  readonly hasCheckedTopics: boolean;
}

export class ConsumerGroupShard {
  readonly #groups = new Map<string, ConsumerGroup>();

  group(groupId: string): ConsumerGroup | undefined {
    return this.#groups.get(groupId);
  }

  groups(): Iterable<ConsumerGroup> {
    return this.#groups.values();
  }

  /** Step one of a heartbeat that does not leave: joins, changed subscriptions, changed topics. */
  decideMembership(
    { request, client, groupSizeMax, hasCheckedTopics }: MembershipInput,
    topics: SubscriptionResolver,
  ): ConsumerDecision<HeartbeatRefusal | undefined> {
    const { groupId, memberId } = request;
    const group = this.#groups.get(groupId) ?? new ConsumerGroup(groupId);
    const refusal = membershipRefusal(group, request, groupSizeMax);
    if (refusal) return { records: [], reply: refusal };

    const records: ConsumerGroupRecord[] = [];
    const known = group.member(memberId);
    const holder =
      request.instanceId === null || known ? undefined : group.holderOf(request.instanceId);
    const before = known ?? holder;
    const metadata = metadataAfter(before?.metadata, request, client);
    if (holder) records.push(...replacement(group, holder, memberId, metadata));
    else if (!before || !isSameMetadata(before.metadata, metadata)) {
      records.push({ kind: 'consumer-member-stored', groupId, memberId, value: metadata });
    }
    // A member that reads nothing changes nothing, nor does another wish for the assignor; a group begins at epoch 1 though.
    const isChanged = !isSameSubscription(before?.metadata ?? noSubscription, metadata);
    // A batch was lost between the epoch and the target made for it.
    const isTorn = group.assignmentEpoch > group.epoch;
    if (!isChanged && !isTorn && group.epoch > 0 && hasCheckedTopics)
      return { records, reply: undefined };
    const others = [...group.members()].filter((member) => member !== before);
    const metadataHash = topics.hash([metadata, ...others.map((member) => member.metadata)]);
    if (isChanged || isTorn || group.epoch === 0 || metadataHash !== group.metadataHash) {
      const epoch = Math.max(group.epoch, group.assignmentEpoch) + 1;
      // First, so that whoever reads the log meets the group before its members.
      records.unshift({ kind: 'consumer-group-stored', groupId, epoch, metadataHash });
    }
    return { records, reply: undefined };
  }

  /** Step two: a target for the group's epoch. Its epoch comes last; until it is there the target is made again. */
  decideTarget(groupId: string, topics: SubscriptionResolver): ConsumerDecision<undefined> {
    const group = this.#groups.get(groupId);
    if (!group || group.epoch <= group.assignmentEpoch) return { records: [], reply: undefined };
    const members: AssignedMember[] = [];
    const reached = new Map<string, AssignedTopic>();
    for (const { memberId, metadata } of group.members()) {
      const subscribed = topics.resolve(metadata);
      for (const topic of subscribed) reached.set(topic.name, topic);
      const topicIds = new Set([...subscribed].map(({ topicId }) => topicId));
      const { instanceId } = metadata;
      members.push({ memberId, instanceId, topicIds, target: group.target(memberId) });
    }
    const sorted = [...reached].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, topic]) => topic);
    const targets = assignors[group.assignor](members, sorted);
    const records: ConsumerGroupRecord[] = [];
    for (const [memberId, partitions] of targets) {
      if (group.hasTarget(memberId) && isSamePartitions(group.target(memberId), partitions))
        continue;
      records.push({ kind: 'target-member-stored', groupId, memberId, partitions });
    }
    for (const memberId of group.targetMembers()) {
      if (!targets.has(memberId))
        records.push({ kind: 'target-member-deleted', groupId, memberId });
    }
    records.push({ kind: 'target-epoch-stored', groupId, assignmentEpoch: group.epoch });
    return { records, reply: undefined };
  }

  /** Step three: the member's next step towards its target. `owned` null: as at its last heartbeat. */
  decideReconciliation(
    groupId: string,
    memberId: string,
    owned: TopicPartitions | null,
  ): ConsumerDecision<undefined> {
    const group = this.#groups.get(groupId);
    const member = group?.member(memberId);
    assert(group !== undefined && member !== undefined, 'a-member-reconciles', {
      groupId,
      memberId,
    });
    const value = reconciled(member.current, {
      target: group.target(memberId),
      targetEpoch: group.assignmentEpoch,
      owned,
      isFree: (topicId, partition) => {
        const owner = group.ownerOf(topicId, partition);
        return owner === undefined || owner === memberId;
      },
    });
    if (isSameAssignment(value, member.current)) return { records: [], reply: undefined };
    const records = [{ kind: 'current-assignment-stored', groupId, memberId, value } as const];
    return { records, reply: undefined };
  }

  /** A heartbeat with epoch −1 or −2. */
  decideLeave(
    request: Pick<ConsumerHeartbeatInput, 'groupId' | 'memberId' | 'memberEpoch' | 'instanceId'>,
    topics: SubscriptionResolver,
  ): ConsumerDecision<HeartbeatRefusal | undefined> {
    const { groupId, memberId, memberEpoch } = request;
    const group = this.#groups.get(groupId);
    if (!group) {
      const message = `Group ${groupId} not found.`;
      return { records: [], reply: { error: 'GROUP_ID_NOT_FOUND', message } };
    }
    const refusal = identityRefusal(group, request);
    const member = group.member(memberId);
    if (refusal || !member) return { records: [], reply: refusal };
    if (memberEpoch === leaveEpoch) {
      return { records: this.decideRemoval(groupId, [memberId], topics).records, reply: undefined };
    }
    // It keeps its partitions for the one that comes back with its instance id, and holds back none that it was to give up.
    const { assigned } = member.current;
    const value = { ...noAssignment, memberEpoch: awayEpoch, previousMemberEpoch: 0, assigned };
    const record = { kind: 'current-assignment-stored', groupId, memberId, value } as const;
    return { records: [record], reply: undefined };
  }

  /** Removes members (leaving, lapsed or expelled) and raises the epoch; strangers are passed over. */
  decideRemoval(
    groupId: string,
    memberIds: readonly string[],
    topics: SubscriptionResolver,
  ): ConsumerDecision<undefined> {
    const group = this.#groups.get(groupId);
    const removed = new Set(memberIds.filter((memberId) => group?.member(memberId)));
    if (!group || removed.size === 0) return { records: [], reply: undefined };
    const records: ConsumerGroupRecord[] = [];
    for (const memberId of removed) records.push(...memberDeletion(groupId, memberId));
    const left = [...group.members()].filter(({ memberId }) => !removed.has(memberId));
    const metadataHash = topics.hash(left.map(({ metadata }) => metadata));
    const epoch = Math.max(group.epoch, group.assignmentEpoch) + 1;
    records.push({ kind: 'consumer-group-stored', groupId, epoch, metadataHash });
    return { records, reply: undefined };
  }

  /** Everything the log holds of the group's membership; nothing for other groups. */
  deletionOf(groupId: string): readonly ConsumerGroupRecord[] {
    const group = this.#groups.get(groupId);
    if (!group) return [];
    const memberIds = new Set(group.targetMembers());
    for (const { memberId } of group.members()) memberIds.add(memberId);
    return [
      ...[...memberIds].flatMap((memberId) => memberDeletion(groupId, memberId)),
      { kind: 'target-epoch-deleted', groupId },
      { kind: 'consumer-group-deleted', groupId },
    ];
  }

  /** May offsets be committed so? Only the current epoch may; without members also those outside the group. */
  commitVerdict(
    groupId: string,
    request: {
      readonly memberId: string;
      readonly memberEpoch: number;
      readonly apiVersion: number;
    },
  ): ErrorName {
    const group = this.#groups.get(groupId);
    const { memberId, memberEpoch, apiVersion } = request;
    if (!group) return 'GROUP_ID_NOT_FOUND';
    if (memberEpoch < 0 && group.size === 0) return 'NONE';
    const member = group.member(memberId);
    if (!member) return 'UNKNOWN_MEMBER_ID';
    // A generation is no epoch: before version 9 a client cannot mean this protocol.
    if (apiVersion < 9) return 'UNSUPPORTED_VERSION';
    return memberEpoch === member.current.memberEpoch ? 'NONE' : 'STALE_MEMBER_EPOCH';
  }

  /** May offsets be read so? Without a member id everybody may. */
  fetchVerdict(groupId: string, memberId: string | null, memberEpoch: number): ErrorName {
    const group = this.#groups.get(groupId);
    if (!group || (memberId === null && memberEpoch < 0)) return 'NONE';
    const member = group.member(memberId ?? '');
    if (!member) return 'UNKNOWN_MEMBER_ID';
    return memberEpoch === member.current.memberEpoch ? 'NONE' : 'STALE_MEMBER_EPOCH';
  }

  /** Whether a member subscribes to the topic. */
  isSubscribed(groupId: string, topicName: string, topics: SubscriptionResolver): boolean {
    for (const { metadata } of this.#groups.get(groupId)?.members() ?? []) {
      if (metadata.subscribedTopicNames.includes(topicName)) return true;
      for (const { name } of topics.resolve(metadata)) if (name === topicName) return true;
    }
    return false;
  }

  /** The only mutator. */
  replay(record: ConsumerGroupRecord): void {
    switch (record.kind) {
      case 'consumer-group-stored':
        return this.#replayed(record.groupId).replayEpoch(record.epoch, record.metadataHash);
      case 'consumer-group-deleted':
        this.#groups.delete(record.groupId);
        return;
      case 'consumer-member-stored':
        return this.#replayed(record.groupId).replayMember(record.memberId, record.value);
      case 'consumer-member-deleted':
        return this.#groups.get(record.groupId)?.replayMember(record.memberId, undefined);
      case 'target-epoch-stored':
        return this.#replayed(record.groupId).replayAssignmentEpoch(record.assignmentEpoch);
      case 'target-epoch-deleted':
        return this.#groups.get(record.groupId)?.replayAssignmentEpoch(0);
      case 'target-member-stored':
        return this.#replayed(record.groupId).replayTarget(record.memberId, record.partitions);
      case 'target-member-deleted':
        return this.#groups.get(record.groupId)?.replayTarget(record.memberId, undefined);
      case 'current-assignment-stored':
        return this.#replayed(record.groupId).replayCurrent(record.memberId, record.value);
      case 'current-assignment-deleted':
        return this.#groups.get(record.groupId)?.replayCurrent(record.memberId, undefined);
      case 'derived-state':
        return;
      default:
        unreachable(record);
    }
  }

  #replayed(groupId: string): ConsumerGroup {
    const group = this.#groups.get(groupId) ?? new ConsumerGroup(groupId);
    this.#groups.set(groupId, group);
    return group;
  }
}

function metadataAfter(
  before: ConsumerMemberMetadata | undefined,
  request: ConsumerHeartbeatInput,
  client: ClientContext,
): ConsumerMemberMetadata {
  const { subscribedTopicNames, subscribedTopicRegex, rebalanceTimeoutMs } = request;
  const names = subscribedTopicNames && [...new Set(subscribedTopicNames)].sort();
  const regex = subscribedTopicRegex ?? before?.subscribedTopicRegex ?? null;
  return {
    instanceId: request.instanceId ?? before?.instanceId ?? null,
    rackId: request.rackId ?? before?.rackId ?? null,
    clientId: client.clientId,
    clientHost: client.clientHost,
    subscribedTopicNames: names ?? before?.subscribedTopicNames ?? [],
    subscribedTopicRegex: regex === '' ? null : regex,
    rebalanceTimeoutMs:
      rebalanceTimeoutMs === -1 ? (before?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? before?.serverAssignor ?? null,
  };
}

/** A static member came back under another id: it takes the place, the target and the partitions of the one that went. */
function replacement(
  group: ConsumerGroup,
  gone: ConsumerMember,
  memberId: string,
  value: ConsumerMemberMetadata,
): ConsumerGroupRecord[] {
  const { groupId } = group;
  const { assigned } = gone.current;
  return [
    ...memberDeletion(groupId, gone.memberId),
    { kind: 'consumer-member-stored', groupId, memberId, value },
    {
      kind: 'target-member-stored',
      groupId,
      memberId,
      partitions: group.target(gone.memberId),
    },
    { kind: 'current-assignment-stored', groupId, memberId, value: { ...noAssignment, assigned } },
  ];
}

function memberDeletion(groupId: string, memberId: string): ConsumerGroupRecord[] {
  return [
    { kind: 'current-assignment-deleted', groupId, memberId },
    { kind: 'target-member-deleted', groupId, memberId },
    { kind: 'consumer-member-deleted', groupId, memberId },
  ];
}
