// One member's next step from what it has towards its target: give up, wait, take. Protects: a partition is handed out only while
// nobody holds it or has yet to give it up; a member that must give up partitions stays at its old epoch until it lists none of
// them. Leaves out: who the owners are and what the target is (ConsumerGroup). Source: KIP-848, reconciliation.
//
//   stable ──new target──► unrevoked (something to give up) ──no longer listed──► unreleased (others still hold some of it) ──► stable
//      └────────────────────────► unreleased, stable (nothing to give up) ◄───────────────┘

import { unreachable } from '@drave/platform';

import type { MemberAssignment } from './consumer-group-records.js';
import {
  type TopicPartitions,
  difference,
  filterPartitions,
  intersection,
  meets,
  noPartitions,
  union,
} from './topic-partitions.js';

export interface ReconciliationInput {
  readonly target: TopicPartitions;
  readonly targetEpoch: number;
  /** What the member says it owns; null: as at its last heartbeat. */
  readonly owned: TopicPartitions | null;
  /** No other member holds the partition or has yet to give it up. */
  readonly isFree: (topicId: string, partition: number) => boolean;
}

/** The same object when there is nothing to do. */
export function reconciled(
  current: MemberAssignment,
  input: ReconciliationInput,
): MemberAssignment {
  switch (current.state) {
    case 'stable':
      if (current.memberEpoch === input.targetEpoch) return current;
      return nextStep(current, current.memberEpoch, input);
    case 'unrevoked': {
      if (stillOwns(current.pendingRevocation, input.owned)) return current;
      // One epoch on for what it has done, should the newest target take more from it.
      const epoch = Math.min(current.memberEpoch + 1, input.targetEpoch);
      return nextStep(current, epoch, input);
    }
    case 'unreleased':
      return nextStep(current, current.memberEpoch, input);
    default:
      return unreachable(current.state);
  }
}

function nextStep(
  current: MemberAssignment,
  revokingEpoch: number,
  { target, targetEpoch, owned, isFree }: ReconciliationInput,
): MemberAssignment {
  const kept = intersection(current.assigned, target);
  const pendingRevocation = difference(current.assigned, target);
  if (pendingRevocation.size > 0 && stillOwns(pendingRevocation, owned)) {
    return at(current, revokingEpoch, { state: 'unrevoked', assigned: kept, pendingRevocation });
  }
  const missing = difference(target, current.assigned);
  const free = filterPartitions(missing, isFree);
  const isComplete = difference(missing, free).size === 0;
  const assigned = union(kept, free);
  const state = isComplete ? 'stable' : 'unreleased';
  if (state === current.state && current.memberEpoch === targetEpoch && free.size === 0) {
    const isSettled = current.previousMemberEpoch === targetEpoch;
    if (pendingRevocation.size === 0 && isSettled) return current;
  }
  return at(current, targetEpoch, { state, assigned, pendingRevocation: noPartitions });
}

function at(
  current: MemberAssignment,
  memberEpoch: number,
  rest: Pick<MemberAssignment, 'state' | 'assigned' | 'pendingRevocation'>,
): MemberAssignment {
  // As in Kafka also when the epoch stays: the epoch before the step counts as heard of.
  return { memberEpoch, previousMemberEpoch: current.memberEpoch, ...rest };
}

function stillOwns(partitions: TopicPartitions, owned: TopicPartitions | null): boolean {
  return owned === null || meets(owned, partitions);
}
