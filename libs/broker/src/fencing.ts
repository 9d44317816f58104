// Whether this node leads the partition, whether a client's idea of the leader epoch is ours, where an epoch ended (KIP-320). Source: wire protocol notes §9.

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

/** Where `epoch` ended, or the one before it that has records; undefined for an epoch newer than the leader's and for none. */
export function epochEnd(
  epoch: number,
  partition: Partition,
): { readonly epoch: number; readonly endOffset: number } | undefined {
  if (epoch < 0 || epoch > partition.leaderEpoch) return undefined;
  if (epoch === partition.leaderEpoch) return { epoch, endOffset: partition.logEndOffset };
  return partition.log.endOffsetForEpoch(epoch) ?? { epoch, endOffset: partition.logStartOffset };
}
