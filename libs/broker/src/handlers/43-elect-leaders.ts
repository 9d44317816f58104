// ElectLeaders: makes the preferred replica the leader, or any replica in an unclean election.
// Versions: 0-2.
// Behaviour: on one broker every partition has its preferred leader: ELECTION_NOT_NEEDED for each partition named, and for null
//   topics an answer without partitions, as Kafka leaves those out. Unknown partitions are UNKNOWN_TOPIC_OR_PARTITION, an unknown
//   election type INVALID_REQUEST.
// Not implemented: several replicas.
// Sources: wire protocol notes §14; Kafka's ReplicationControlManager.electLeaders.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type ElectLeadersRequest, type ResponseInputMap } from '@drave/protocol';
import { defineHandler, type RequestContext } from '../define-handler.js';

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
    return Array.from(image.topics(), ({ name }) => ({ topic: name, partitionResult: [] }));
  }
  return topicPartitions.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => {
      const isHere = broker.replicas.partition(topic, partitionId) !== undefined;
      return isHere
        ? {
            partitionId,
            errorCode: ErrorCode.ELECTION_NOT_NEEDED,
            errorMessage: 'Leader election not needed for topic partition.',
          }
        : {
            partitionId,
            errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
            errorMessage: `No such partition as ${topic}-${partitionId}.`,
          };
    }),
  }));
}
