// AlterPartitionReassignments: moves partitions to other brokers.
// Versions: 0.
// Behaviour: the only legal target is the replicas a partition has already: validated, nothing changes. Null replicas
//   cancel a reassignment, of which there is none: NO_REASSIGNMENT_IN_PROGRESS.
// Not implemented: moving anything; INVALID_REPLICA_ASSIGNMENT.
// Sources: wire protocol notes §14; KIP-455; Kafka's ReplicationControlManager.alterPartitionReassignments.

import { ErrorCode, type ErrorName } from '@drave/contracts';
import { ApiKey, type AlterPartitionReassignmentsRequest } from '@drave/protocol';
import { defineHandler } from '../define-handler.js';
import type { RequestContext } from '../request-context.js';
import { assignmentProblem } from '../topic-creation.js';

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
  const partition = broker.replicas.partition(topic, partitionIndex);
  if (!partition) {
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
  const problem = assignmentProblem([replicas], broker.nodes);
  if (problem !== undefined) return refused(asked, 'INVALID_REPLICA_ASSIGNMENT', problem);
  const isSame =
    replicas.length === partition.replicas.length &&
    replicas.every((replica) => partition.replicas.includes(replica));
  if (!isSame) {
    const message = 'Virtual brokers share their files: partitions do not move between them.';
    return refused(asked, 'INVALID_REPLICA_ASSIGNMENT', message);
  }
  return { partitionIndex, errorCode: 0, errorMessage: null };
}

function refused(
  { partitionIndex }: Asked,
  error: ErrorName,
  errorMessage: string,
): PartitionAnswer {
  return { partitionIndex, errorCode: ErrorCode[error], errorMessage };
}
