// DeleteRecords: moves the log start offset of partitions forward.
// Versions: 0-2.
// Behaviour: offset -1 is the high watermark; beyond it, or below -1, OFFSET_OUT_OF_RANGE; internal topics are
//   INVALID_TOPIC_EXCEPTION, topics that are compacted only POLICY_VIOLATION. Answers the new log start once it is durable.
// Not implemented: waiting for followers (there are none).
// Sources: wire protocol notes §14; Kafka's ReplicaManager.deleteRecords.

import { ErrorCode, isInternalTopic, KafkaError, limits } from '@drave/contracts';
import { ApiKey } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import type { EventBus } from '../events/event-bus.js';
import type { RequestContext } from '../request-context.js';

interface PartitionAnswer {
  partitionIndex: number;
  lowWatermark: number;
  errorCode: number;
}

export const deleteRecordsHandler = defineHandler({
  apiKey: ApiKey.deleteRecords,
  name: 'DeleteRecords',
  versions: { min: 0, max: 2 },
  async handle(request, context) {
    const { events } = context.broker;
    const topics = await Promise.all(
      request.topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map((asked) => deleteRecords(name, asked, context)),
        ),
      })),
    );
    for (const { name, partitions } of topics) tellDeleted(events, name, partitions);
    return { topics };
  },
  fail(request, { code }) {
    return {
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => refused(partitionIndex, code)),
      })),
    };
  },
});

async function deleteRecords(
  name: string,
  { partitionIndex, offset }: { readonly partitionIndex: number; readonly offset: number },
  { broker }: RequestContext,
): Promise<PartitionAnswer> {
  const topic = broker.replicas.topic(name);
  const partition = topic?.partitions[partitionIndex];
  if (!topic || !partition) return refused(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  if (partition.leader !== broker.nodeId) {
    return refused(partitionIndex, ErrorCode.NOT_LEADER_OR_FOLLOWER);
  }
  if (isInternalTopic(name)) return refused(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION);
  if (!topic.settings.cleanupPolicy.includes('delete')) {
    return refused(partitionIndex, ErrorCode.POLICY_VIOLATION);
  }
  try {
    const lowWatermark = await partition.deleteRecordsBefore(offset);
    return { partitionIndex, lowWatermark, errorCode: 0 };
  } catch (error) {
    if (error instanceof KafkaError) return refused(partitionIndex, error.code);
    throw error;
  }
}

function tellDeleted(events: EventBus, topic: string, answers: readonly PartitionAnswer[]): void {
  const done = answers.filter(({ errorCode }) => errorCode === 0);
  if (done.length === 0) return;
  const partitions = done.slice(0, limits.eventListMax).map(({ partitionIndex, lowWatermark }) => ({
    partition: partitionIndex,
    beforeOffset: lowWatermark,
  }));
  events.publish({ type: 'records.deleted.v1', data: { topic, count: done.length, partitions } });
}

function refused(partitionIndex: number, errorCode: number): PartitionAnswer {
  return { partitionIndex, lowWatermark: -1, errorCode };
}
