// ElectLeaders: makes the preferred replica the leader, or any replica in an unclean election.
// Versions: 0-2.
// Behaviour: every replica is in sync, so the preferred one gets the partition in either type of election. A partition that has its
//   preferred leader is ELECTION_NOT_NEEDED when named and left out for null topics, as in Kafka. Unknown partitions are UNKNOWN_TOPIC_OR_PARTITION, an unknown
//   election type INVALID_REQUEST.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §14; Kafka's ReplicationControlManager.electLeaders.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type ElectLeadersRequest, type ResponseInputMap } from '@drave/protocol';
import type { Partition } from '@drave/replication';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type TopicResult = ResponseInputMap[43]['replicaElectionResults'][number];

const preferred = 0;
const unclean = 1;

export const electLeadersHandler = defineHandler({
  apiKey: ApiKey.electLeaders,
  name: 'ElectLeaders',
  versions: { min: 0, max: 2 },
  handle(request, context) {
    const { electionType } = request;
    const isKnown = electionType === preferred || electionType === unclean;
    if (!isKnown) return refused(request, ErrorCode.INVALID_REQUEST, 'Unknown election type.');
    return { errorCode: 0, replicaElectionResults: elect(request, context) };
  },
  fail(request, { code, message }) {
    return refused(request, code, message);
  },
});

function refused(
  { topicPartitions }: ElectLeadersRequest,
  errorCode: number,
  errorMessage: string,
): { errorCode: number; replicaElectionResults: TopicResult[] } {
  const replicaElectionResults = (topicPartitions ?? []).map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
  }));
  return { errorCode, replicaElectionResults };
}

function elect(
  { topicPartitions }: ElectLeadersRequest,
  { broker }: RequestContext,
): TopicResult[] {
  const { image } = broker.metadata;
  if (topicPartitions === null) {
    return Array.from(image.topics(), ({ name }) => ({
      topic: name,
      partitionResult: (broker.replicas.topic(name)?.partitions ?? [])
        .filter(restorePreferred)
        .map(({ topicPartition }) => ({
          partitionId: topicPartition.partition,
          errorCode: 0,
          errorMessage: null,
        })),
    }));
  }
  return topicPartitions.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => {
      const partition = broker.replicas.partition(topic, partitionId);
      if (!partition) {
        return {
          partitionId,
          errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          errorMessage: `No such partition as ${topic}-${partitionId}.`,
        };
      }
      if (restorePreferred(partition)) return { partitionId, errorCode: 0, errorMessage: null };
      return {
        partitionId,
        errorCode: ErrorCode.ELECTION_NOT_NEEDED,
        errorMessage: 'Leader election not needed for topic partition.',
      };
    }),
  }));
}

/** Whether another replica led. */
function restorePreferred(partition: Partition): boolean {
  const [preferred] = partition.replicas;
  if (preferred === undefined || partition.leader === preferred) return false;
  partition.moveLeader(preferred);
  return true;
}
