// One consumer group (KIP-848) as the log tells it: epochs, members, the target and what each member has of it.
// Protects: every partition that a member holds or has yet to give up has an owner here, so nobody else gets it.
// Changed by ConsumerGroupShard's replay alone. Tolerates any order of the records of one group, as compaction leaves them.
// Leaves out: timers (MemberDeadlinesMachine), decisions (ConsumerGroupShard).

import { type AssignorName, defaultAssignor, isAssignorName } from './consumer-assignors.js';
import type { ConsumerMemberMetadata, MemberAssignment } from './consumer-group-records.js';
import { type TopicPartitions, isSamePartitions, noPartitions } from './topic-partitions.js';

/** Epoch of a static member that said it will be back. */
export const awayEpoch = -2;

export interface ConsumerMember {
  readonly memberId: string;
  readonly metadata: ConsumerMemberMetadata;
  readonly current: MemberAssignment;
}

/** Assigning: the target is older than the group; Reconciling: a member has not reached the target. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

export const noAssignment: MemberAssignment = Object.freeze({
  memberEpoch: 0,
  previousMemberEpoch: 0,
  state: 'stable',
  assigned: noPartitions,
  pendingRevocation: noPartitions,
});

const noMetadata: ConsumerMemberMetadata = Object.freeze({
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
  subscribedTopicRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
});

export class ConsumerGroup {
  readonly groupId: string;
  #epoch = 0;
  #metadataHash = 0;
  #assignmentEpoch = 0;
  readonly #members = new Map<string, ConsumerMember>();
  readonly #targets = new Map<string, TopicPartitions>();
  readonly #memberOfInstance = new Map<string, string>();
  /** topic id → partition → who holds it or has yet to give it up. */
  readonly #owners = new Map<string, Map<number, string>>();

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  /** Grows with every change of members, subscriptions or topics. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Of the topics at `epoch`. */
  get metadataHash(): number {
    return this.#metadataHash;
  }

  /** The group epoch for which the target was made. */
  get assignmentEpoch(): number {
    return this.#assignmentEpoch;
  }

  get size(): number {
    return this.#members.size;
  }

  get state(): ConsumerGroupState {
    if (this.#members.size === 0) return 'Empty';
    if (this.#epoch > this.#assignmentEpoch) return 'Assigning';
    for (const { current } of this.#members.values()) {
      const isReached = current.state === 'stable' && current.memberEpoch === this.#assignmentEpoch;
      if (!isReached) return 'Reconciling';
    }
    return 'Stable';
  }

  /** The one most members ask for, the default without a wish; of equals the first by name. */
  get assignor(): AssignorName {
    const votes = new Map<AssignorName, number>();
    for (const { metadata } of this.#members.values()) {
      const { serverAssignor: name } = metadata;
      if (name !== null && isAssignorName(name)) votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    const [first] = [...votes].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    return first?.[0] ?? defaultAssignor;
  }

  member(memberId: string): ConsumerMember | undefined {
    return this.#members.get(memberId);
  }

  /** In the order of admission. */
  members(): Iterable<ConsumerMember> {
    return this.#members.values();
  }

  holderOf(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#memberOfInstance.get(instanceId);
    return memberId === undefined ? undefined : this.#members.get(memberId);
  }

  /** Also of members that are gone, until its record is deleted. */
  targetMembers(): Iterable<string> {
    return this.#targets.keys();
  }

  target(memberId: string): TopicPartitions {
    return this.#targets.get(memberId) ?? noPartitions;
  }

  hasTarget(memberId: string): boolean {
    return this.#targets.has(memberId);
  }

  /** undefined: free. */
  ownerOf(topicId: string, partition: number): string | undefined {
    return this.#owners.get(topicId)?.get(partition);
  }

  replayEpoch(epoch: number, metadataHash: number): void {
    this.#epoch = epoch;
    this.#metadataHash = metadataHash;
  }

  replayAssignmentEpoch(epoch: number): void {
    this.#assignmentEpoch = epoch;
  }

  /** undefined: deleted. */
  replayTarget(memberId: string, partitions: TopicPartitions | undefined): void {
    if (partitions) this.#targets.set(memberId, partitions);
    else this.#targets.delete(memberId);
  }

  replayMember(memberId: string, metadata: ConsumerMemberMetadata | undefined): void {
    const known = this.#members.get(memberId);
    const { instanceId: instanceBefore } = known?.metadata ?? noMetadata;
    if (instanceBefore !== null && this.#memberOfInstance.get(instanceBefore) === memberId) {
      this.#memberOfInstance.delete(instanceBefore);
    }
    if (!metadata) {
      if (known) this.#disown(known);
      this.#members.delete(memberId);
      return;
    }
    this.#members.set(memberId, { memberId, metadata, current: known?.current ?? noAssignment });
    if (metadata.instanceId !== null) this.#memberOfInstance.set(metadata.instanceId, memberId);
  }

  replayCurrent(memberId: string, current: MemberAssignment | undefined): void {
    const known = this.#members.get(memberId);
    if (known) this.#disown(known);
    else if (!current) return;
    const metadata = known?.metadata ?? noMetadata;
    this.#members.set(memberId, { memberId, metadata, current: current ?? noAssignment });
    for (const sets of current ? [current.assigned, current.pendingRevocation] : []) {
      for (const [topicId, partitions] of sets) {
        const owners = this.#owners.get(topicId) ?? new Map<number, string>();
        this.#owners.set(topicId, owners);
        for (const partition of partitions) owners.set(partition, memberId);
      }
    }
  }

  #disown({ memberId, current }: ConsumerMember): void {
    for (const sets of [current.assigned, current.pendingRevocation]) {
      for (const [topicId, partitions] of sets) {
        const owners = this.#owners.get(topicId);
        for (const partition of partitions) {
          if (owners?.get(partition) === memberId) owners.delete(partition);
        }
        if (owners?.size === 0) this.#owners.delete(topicId);
      }
    }
  }
}

/** Equal in everything that is stored. */
export function isSameMetadata(a: ConsumerMemberMetadata, b: ConsumerMemberMetadata): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    isSameSubscription(a, b)
  );
}

type Subscription = Pick<ConsumerMemberMetadata, 'subscribedTopicNames' | 'subscribedTopicRegex'>;

export const noSubscription: Subscription = {
  subscribedTopicNames: [],
  subscribedTopicRegex: null,
};

/** Equal in what makes a new epoch, and so a new target. */
export function isSameSubscription(a: Subscription, b: Subscription): boolean {
  return (
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.subscribedTopicNames.length === b.subscribedTopicNames.length &&
    a.subscribedTopicNames.every((name, i) => name === b.subscribedTopicNames[i])
  );
}

export function isSameAssignment(a: MemberAssignment, b: MemberAssignment): boolean {
  return (
    a.memberEpoch === b.memberEpoch &&
    a.previousMemberEpoch === b.previousMemberEpoch &&
    a.state === b.state &&
    isSamePartitions(a.assigned, b.assigned) &&
    isSamePartitions(a.pendingRevocation, b.pendingRevocation)
  );
}
