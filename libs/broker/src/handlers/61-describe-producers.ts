// DescribeProducers: the producers a partition remembers.
// Versions: 0.
// Behaviour: producer id and epoch, last sequence (-1 when only markers are known), last timestamp, coordinator epoch and the first
//   offset of an open transaction (-1). Unknown partitions are UNKNOWN_TOPIC_OR_PARTITION.
// Not implemented: nothing of this version.
// Sources: wire protocol notes §14; KIP-664.

import { ErrorCode } from '@drave/contracts';
import { ApiKey, type ResponseInputMap } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';

type PartitionAnswer = ResponseInputMap[61]['topics'][number]['partitions'][number];

export const describeProducersHandler = defineHandler({
  apiKey: ApiKey.describeProducers,
  name: 'DescribeProducers',
  versions: { min: 0, max: 0 },
  handle({ topics }, context) {
    return {
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => describe(name, index, context)),
      })),
    };
  },
  fail({ topics }, { code, message }) {
    return {
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => refused(index, code, message)),
      })),
    };
  },
});

function describe(topic: string, index: number, { broker }: RequestContext): PartitionAnswer {
  const partition = broker.replicas.partition(topic, index);
  if (!partition) {
    const message = `There is no partition ${topic}-${index}.`;
    return refused(index, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
  }
  if (partition.leader !== broker.nodeId) {
    const message = `Broker ${partition.leader} leads ${topic}-${index}.`;
    return refused(index, ErrorCode.NOT_LEADER_OR_FOLLOWER, message);
  }
  return {
    partitionIndex: index,
    errorCode: 0,
    errorMessage: null,
    activeProducers: partition.log.activeProducers(),
  };
}

function refused(partitionIndex: number, errorCode: number, errorMessage: string): PartitionAnswer {
  return { partitionIndex, errorCode, errorMessage, activeProducers: [] };
}
