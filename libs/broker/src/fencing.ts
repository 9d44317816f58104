// Whether this node leads the partition, and whether a client's idea of the leader epoch is ours (KIP-320). Source: wire protocol notes §9.

import { ErrorCode, type BrokerId } from '@drave/contracts';
import type { Partition } from '@drave/replication';

/** The error code for a request to `nodeId` with the client's `currentLeaderEpoch` (−1 is not checked); undefined: it may go on. */
export function fenceError(
  partition: Partition,
  nodeId: BrokerId,
  currentLeaderEpoch: number,
): number | undefined {
  if (partition.leader !== nodeId) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === partition.leaderEpoch) return undefined;
  return currentLeaderEpoch < partition.leaderEpoch
    ? ErrorCode.FENCED_LEADER_EPOCH
    : ErrorCode.UNKNOWN_LEADER_EPOCH;
}
