// What makes a ConsumerGroupHeartbeat illegal, before and after the group is looked at. Protects: a member that was fenced, or a
// second one with its instance id, changes nothing. Leaves out: what a legal one changes (ConsumerGroupShard).
// Source: KIP-848; Kafka's GroupMetadataManager. Messages name the field, as Kafka's do.

import type { ErrorName } from '@drave/contracts';

import { assignorNames, isAssignorName } from './consumer-assignors.js';
import { type ConsumerGroup, type ConsumerMember, awayEpoch } from './consumer-group.js';
import type { ConsumerHeartbeatInput } from './consumer-group-requests.js';
import { fromList, isSubset } from './topic-partitions.js';
import { topicPattern } from './topic-pattern.js';

export interface HeartbeatRefusal {
  readonly error: ErrorName;
  readonly message: string;
}

export const leaveEpoch = -1;
const idBytesMax = 32_767; // what the key of a record holds
const clientMadeIdVersion = 1;

/** What is wrong with the request whatever the group is; undefined: nothing. */
export function requestRefusal(request: ConsumerHeartbeatInput): HeartbeatRefusal | undefined {
  const { apiVersion, memberEpoch, memberId } = request;
  const invalid = (message: string) => ({ error: 'INVALID_REQUEST', message }) as const;
  if (request.groupId === '') return invalid("GroupId can't be empty.");
  if (request.instanceId === '') return invalid("InstanceId can't be empty.");
  if (request.rackId === '') return invalid("RackId can't be empty.");
  for (const id of [request.groupId, memberId, request.instanceId ?? '']) {
    if (Buffer.byteLength(id) > idBytesMax) return invalid('An id is too long.');
  }
  if (memberId === '' && (memberEpoch !== 0 || apiVersion >= clientMadeIdVersion)) {
    return invalid("MemberId can't be empty.");
  }
  if (memberEpoch < awayEpoch) {
    return invalid('MemberEpoch is invalid.');
  }
  if (memberEpoch === awayEpoch && request.instanceId === null) {
    return invalid("InstanceId can't be null.");
  }
  if (memberEpoch === 0) {
    if (request.rebalanceTimeoutMs === -1) {
      return invalid('RebalanceTimeoutMs must be provided in first request.');
    }
    if (request.topicPartitions === null || request.topicPartitions.length > 0) {
      return invalid('TopicPartitions must be empty when (re-)joining.');
    }
    if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
      return invalid(
        'Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.',
      );
    }
  }
  if (request.serverAssignor !== null && !isAssignorName(request.serverAssignor)) {
    const message = `ServerAssignor ${request.serverAssignor} is not supported. Supported assignors: ${assignorNames.join(', ')}.`;
    return { error: 'UNSUPPORTED_ASSIGNOR', message };
  }
  if (request.subscribedTopicRegex && !topicPattern(request.subscribedTopicRegex)) {
    const message = `SubscribedTopicRegex \`${request.subscribedTopicRegex}\` is not a valid regular expression.`;
    return { error: 'INVALID_REGULAR_EXPRESSION', message };
  }
  return undefined;
}

/** May this member join (epoch 0) or go on in the group? `groupSizeMax`: members. */
export function membershipRefusal(
  group: ConsumerGroup,
  request: ConsumerHeartbeatInput,
  groupSizeMax: number,
): HeartbeatRefusal | undefined {
  const { memberId, instanceId, memberEpoch } = request;
  const known = group.member(memberId);
  const holder = instanceId === null ? undefined : group.holderOf(instanceId);
  if (memberEpoch !== 0) {
    return identityRefusal(group, request) ?? (known && epochRefusal(known, request));
  }
  // A member that joins again passes once, when the answer to its first join got lost: a late copy must not free what it holds.
  if (known && known.current.memberEpoch !== awayEpoch) {
    const refusal = epochRefusal(known, request);
    if (refusal) return refusal;
  }
  if (holder && holder.current.memberEpoch !== awayEpoch) {
    const message = `Static member ${memberId} with instance id ${instanceId} cannot join the group because the instance id is owned by ${holder.memberId} member.`;
    return { error: 'UNRELEASED_INSTANCE_ID', message };
  }
  if (!known && !holder && group.size >= groupSizeMax) {
    const message = `The consumer group has reached its maximum capacity of ${groupSizeMax} members.`;
    return { error: 'GROUP_MAX_SIZE_REACHED', message };
  }
  return undefined;
}

/** Is there such a member, and does it hold the instance it names? */
export function identityRefusal(
  group: ConsumerGroup,
  { memberId, instanceId }: Pick<ConsumerHeartbeatInput, 'memberId' | 'instanceId'>,
): HeartbeatRefusal | undefined {
  if (instanceId !== null) {
    const holder = group.holderOf(instanceId);
    if (!holder)
      return { error: 'UNKNOWN_MEMBER_ID', message: `Instance id ${instanceId} is unknown.` };
    if (holder.memberId !== memberId) {
      const message = `Static member ${memberId} with instance id ${instanceId} was fenced by member ${holder.memberId}.`;
      return { error: 'FENCED_INSTANCE_ID', message };
    }
  }
  if (group.member(memberId)) return undefined;
  const message = `Member ${memberId} is not a member of group ${group.groupId}.`;
  return { error: 'UNKNOWN_MEMBER_ID', message };
}

/** The previous epoch passes when the member owns nothing it has lost since: the answer that told the new one got lost. */
function epochRefusal(
  { current }: ConsumerMember,
  { memberEpoch, topicPartitions }: ConsumerHeartbeatInput,
): HeartbeatRefusal | undefined {
  const fenced = (relation: string) => ({
    error: 'FENCED_MEMBER_EPOCH' as const,
    message: `The consumer group member has a ${relation} member epoch (${memberEpoch}) than the one known by the group coordinator (${current.memberEpoch}). The member must abandon all its partitions and rejoin.`,
  });
  if (memberEpoch > current.memberEpoch) return fenced('greater');
  if (memberEpoch === current.memberEpoch) return undefined;
  const isRetry =
    memberEpoch === current.previousMemberEpoch &&
    topicPartitions !== null &&
    isSubset(fromList(topicPartitions), current.assigned);
  return isRetry ? undefined : fenced('smaller');
}
