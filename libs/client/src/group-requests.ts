// Changing groups from outside: offsets without being a member, deleting. Protects: the coordinator decides; what it refuses because
// members are there says so in words. Leaves out: members of a group (group-membership.ts).

import { ErrorCode, KafkaError, type TopicPartition } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';

import type { Cluster } from './cluster.js';
import type { Lane } from './lane.js';
import { byTopic, commitOnce, withCoordinator, type OffsetToCommit } from './offset-requests.js';

/** Commits as nobody's member, which is refused while the group has members. */
export async function commitOutside(
  cluster: Cluster,
  lane: Lane,
  groupId: string,
  offsets: readonly OffsetToCommit[],
): Promise<void> {
  const identity = { groupId, generation: -1, memberId: '', instanceId: null };
  try {
    await withCoordinator(cluster, groupId, () => commitOnce(cluster, lane, identity, offsets));
  } catch (error) {
    const isRefused =
      error instanceof KafkaError &&
      ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'STALE_MEMBER_EPOCH'].includes(error.errorName);
    if (!isRefused) throw error;
    throw new KafkaError(
      'NON_EMPTY_GROUP',
      `group '${groupId}' has members; stop them, then try again`,
      { cause: error },
    );
  }
}

export function deleteGroup(cluster: Cluster, lane: Lane, groupId: string): Promise<void> {
  return withCoordinator(cluster, groupId, async (nodeId) => {
    const { results } = await cluster.request({ nodeId, lane }, ApiKey.deleteGroups, {
      groupsNames: [groupId],
    });
    const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (code !== ErrorCode.NONE) {
      throw new KafkaError(code, `cannot delete group '${groupId}'${remedyOf(code)}`);
    }
  });
}

export function deleteGroupOffsets(
  cluster: Cluster,
  lane: Lane,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  return withCoordinator(cluster, groupId, async (nodeId) => {
    const response = await cluster.request({ nodeId, lane }, ApiKey.offsetDelete, {
      groupId,
      topics: [...byTopic(partitions)].map(([name, list]) => ({
        name,
        partitions: list.map(({ partition }) => ({ partitionIndex: partition })),
      })),
    });
    const what = `cannot delete offsets of group '${groupId}'`;
    if (response.errorCode !== ErrorCode.NONE) {
      throw new KafkaError(response.errorCode, `${what}${remedyOf(response.errorCode)}`);
    }
    for (const { name, partitions: answers } of response.topics) {
      for (const { partitionIndex, errorCode } of answers) {
        if (errorCode !== ErrorCode.NONE) {
          throw new KafkaError(
            errorCode,
            `${what} for ${name}-${partitionIndex}${remedyOf(errorCode)}`,
          );
        }
      }
    }
  });
}

function remedyOf(code: number): string {
  switch (code) {
    case ErrorCode.NON_EMPTY_GROUP:
      return ': it has members; stop them first';
    case ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC:
      return ': its members read this topic; stop them first';
    default:
      return '';
  }
}
