// Groups as they are described, of both protocols. Protects: members of other clients, with bytes of a form of their own, are shown
// without assignments; a broker that does not know the newer protocol (KIP-848), or the group, is no error but no answer. Leaves out: target assignments, epochs, regular expressions subscribed to.

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import {
  ApiKey,
  decodeAssignment,
  decodeSubscription,
  ProtocolError,
  type DescribeGroupsResponse,
} from '@drave/protocol';
import { flattenPartitions } from './assignor.js';
import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';

export interface GroupMemberDescription {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly topics: readonly string[];
  readonly assignment: readonly TopicPartition[];
  readonly subscriptionUserData: Buffer | null;
  readonly assignmentUserData: Buffer | null;
}

export interface GroupDescription {
  readonly groupId: string;
  /** `consumer`: of the protocol of KIP-848. */
  readonly type: 'classic' | 'consumer';
  /** `Dead` for a group that does not exist. */
  readonly state: string;
  readonly protocolType: string;
  /** The assignor's name. */
  readonly protocol: string;
  /** Node id of the broker that coordinates the group. */
  readonly coordinatorId: number;
  readonly members: readonly GroupMemberDescription[];
}

/** Of a group of the classic protocol. */
export function describeGroup(
  group: DescribeGroupsResponse['groups'][number],
): Omit<GroupDescription, 'coordinatorId'> {
  return {
    groupId: group.groupId,
    type: 'classic',
    state: group.groupState,
    protocolType: group.protocolType,
    protocol: group.protocolData,
    members: group.members.map((member) => {
      const isConsumer = group.protocolType === 'consumer';
      const subscription = isConsumer
        ? decodedOrNone(member.memberMetadata, decodeSubscription)
        : undefined;
      const assignment = isConsumer
        ? decodedOrNone(member.memberAssignment, decodeAssignment)
        : undefined;
      return {
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        topics: subscription?.topics ?? [],
        assignment: flattenPartitions(assignment?.partitions ?? []),
        subscriptionUserData: subscription?.userData ?? null,
        assignmentUserData: assignment?.userData ?? null,
      };
    }),
  };
}

/** A member that has not synced yet has no bytes; another client's may be of a form of its own: then nothing is shown. */
function decodedOrNone<T>(bytes: Buffer, decode: (bytes: Buffer) => T): T | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return decode(bytes);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** Undefined where there is no such group of this protocol. */
export async function describeConsumerGroup(
  cluster: Cluster,
  { nodeId, lane }: { readonly nodeId: number; readonly lane: Lane },
  groupId: string,
): Promise<GroupDescription | undefined> {
  const connection = await cluster.connection(nodeId, lane);
  if (!connection.brokerVersions(ApiKey.consumerGroupDescribe)) return undefined;
  const response = await cluster.request({ nodeId, lane }, ApiKey.consumerGroupDescribe, {
    groupIds: [groupId],
    includeAuthorizedOperations: false,
  });
  const group = response.groups[0];
  if (!group || group.errorCode === ErrorCode.GROUP_ID_NOT_FOUND) return undefined;
  if (group.errorCode !== ErrorCode.NONE) {
    throw new KafkaError(group.errorCode, `group '${groupId}'`);
  }
  return {
    groupId,
    type: 'consumer',
    state: group.groupState,
    protocolType: 'consumer',
    protocol: group.assignorName,
    coordinatorId: nodeId,
    members: group.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      topics: member.subscribedTopicNames,
      assignment: member.assignment.topicPartitions.flatMap(({ topicName, partitions }) =>
        partitions.map((partition) => ({ topic: topicName, partition })),
      ),
      subscriptionUserData: null,
      assignmentUserData: null,
    })),
  };
}
