// OffsetForLeaderEpoch: where an epoch ended in this log, so that a client can see whether its own position still exists.
// Versions: 2-4.
// Behaviour: the current epoch answers the log end; a higher one -1/-1; one below the first known answers the log start under its own
//   number; else the largest known epoch at or below it and its end. The client's leader epoch is fenced as in Fetch.
// Not implemented: followers (they use the same answers later).
// Sources: wire protocol notes §10; KIP-101, KIP-279, KIP-320.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type OffsetForLeaderEpochRequest } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { epochEnd, fenceError } from '../fencing.js';

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number];

interface PartitionAnswer {
  partition: number;
  errorCode: number;
  leaderEpoch: number;
  endOffset: number;
}

export const offsetForLeaderEpochHandler = defineHandler({
  apiKey: ApiKey.offsetForLeaderEpoch,
  name: 'OffsetForLeaderEpoch',
  versions: { min: 2, max: 4 },
  handle(request, context) {
    return {
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => answer(topic, asked, context)),
      })),
    };
  },
  fail(request, { code }) {
    return {
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => refused(asked, code)),
      })),
    };
  },
});

function answer(topic: string, asked: Asked, { broker }: RequestContext): PartitionAnswer {
  const partition = broker.replicas.partition(topic, asked.partition);
  if (!partition) return refused(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const fenced = fenceError(partition, broker.nodeId, asked.currentLeaderEpoch);
  if (fenced) return refused(asked, fenced);
  return { partition: asked.partition, errorCode: 0, ...endOf(asked.leaderEpoch, partition) };
}

function endOf(
  asked: number,
  partition: Partition,
): { readonly leaderEpoch: number; readonly endOffset: number } {
  const { epoch, endOffset } = epochEnd(asked, partition) ?? { epoch: -1, endOffset: -1 };
  return { leaderEpoch: epoch, endOffset };
}

function refused({ partition }: Asked, errorCode: number): PartitionAnswer {
  return { partition, errorCode, leaderEpoch: -1, endOffset: -1 };
}
