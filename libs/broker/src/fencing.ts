// Whether a client's idea of the leader epoch is ours (KIP-320). Source: wire protocol notes §9.

import { ErrorCode } from '@drave/contracts';
import type { Partition } from '@drave/replication';

/** The error code for `currentLeaderEpoch` as the client sent it; undefined when it may go on (−1 is not checked). */
export function fenceError(partition: Partition, currentLeaderEpoch: number): number | undefined {
  if (currentLeaderEpoch === -1 || currentLeaderEpoch === partition.leaderEpoch) return undefined;
  return currentLeaderEpoch < partition.leaderEpoch
    ? ErrorCode.FENCED_LEADER_EPOCH
    : ErrorCode.UNKNOWN_LEADER_EPOCH;
}
