// AlterPartitionReassignments: moves partitions to other brokers.
// Versions: 0.
// Behaviour: the only legal target is this broker, where every partition is already: validated, nothing changes. Null replicas
//   cancel a reassignment, of which there is none: NO_REASSIGNMENT_IN_PROGRESS.
// Not implemented: several brokers.
// Sources: wire protocol notes §14; KIP-455; Kafka's ReplicationControlManager.alterPartitionReassignments.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type AlterPartitionReassignmentsRequest } from '@drave/protocol';
import { defineHandler, type RequestContext } from '../define-handler.js';

type Asked = AlterPartitionReassignmentsRequest['topics'][number]['partitions'][number];

interface PartitionAnswer {
  partitionIndex: number;
  errorCode: number;
  errorMessage: string | null;
}

export const alterPartitionReassignmentsHandler = defineHandler({
  apiKey: ApiKey.alterPartitionReassignments,
  name: 'AlterPartitionReassignments',
  versions: { min: 0, max: 0 },
  handle(request, context) {
    return {
      errorCode: 0,
      errorMessage: null,
      responses: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => reassign(name, asked, context)),
      })),
    };
  },
  fail(_request, { code, message }) {
    return { errorCode: code, errorMessage: message, responses: [] };
  },
});

function reassign(topic: string, asked: Asked, { broker }: RequestContext): PartitionAnswer {
  const { partitionIndex, replicas } = asked;
  if (!broker.replicas.partition(topic, partitionIndex)) {
    return refused(
      asked,
      'UNKNOWN_TOPIC_OR_PARTITION',
      `There is no partition ${topic}-${partitionIndex}.`,
    );
  }
  if (replicas === null) {
    return refused(
      asked,
      'NO_REASSIGNMENT_IN_PROGRESS',
      'No partition reassignment is in progress.',
    );
  }
  const problem = problemOf(replicas, broker.nodeId);
  if (problem !== undefined) return refused(asked, 'INVALID_REPLICA_ASSIGNMENT', problem);
  return { partitionIndex, errorCode: 0, errorMessage: null };
}

function problemOf(replicas: readonly number[], nodeId: number): string | undefined {
  if (replicas.length === 0)
    return 'The manual partition assignment includes an empty replica list.';
  const stranger = replicas.find((replica) => replica !== nodeId);
  if (stranger !== undefined) {
    return `The manual partition assignment includes broker ${stranger}, but no such broker is registered.`;
  }
  return replicas.length > 1
    ? `The manual partition assignment includes the broker ${nodeId} more than once.`
    : undefined;
}

function refused(
  { partitionIndex }: Asked,
  error: ErrorName,
  errorMessage: string,
): PartitionAnswer {
  return { partitionIndex, errorCode: ErrorCode[error], errorMessage };
}
