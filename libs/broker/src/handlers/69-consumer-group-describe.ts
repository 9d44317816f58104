// ConsumerGroupDescribe: epochs, members, assignments and targets of consumer groups (KIP-848).
// Versions: 0-1.
// Behaviour: the coordinator's; unknown and classic groups are GROUP_ID_NOT_FOUND. Without an authorizer every operation is allowed.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §12; KIP-848; Kafka's GroupCoordinatorService.

import { KafkaError } from '@drave/contracts';
import { ApiKey, type ResponseInputMap } from '@drave/protocol';
import { groupOperations, operationsNotAsked } from '../authorized-operations.js';
import { coordinates } from '../cluster-nodes.js';
import { defineHandler } from '../define-handler.js';

export const consumerGroupDescribeHandler = defineHandler({
  apiKey: ApiKey.consumerGroupDescribe,
  name: 'ConsumerGroupDescribe',
  versions: { min: 0, max: 1 },
  async handle({ groupIds, includeAuthorizedOperations }, { broker }) {
    const authorizedOperations = includeAuthorizedOperations ? groupOperations : operationsNotAsked;
    const kept = groupIds.filter((groupId) => coordinates(groupId, broker));
    const described = await broker.coordinator.consumerGroupDescribe(kept);
    const foreign = groupIds.filter((groupId) => !kept.includes(groupId));
    return {
      groups: [
        ...described.map((group) =>
          group.errorCode === 0 ? { ...group, authorizedOperations } : group,
        ),
        ...foreign.map((groupId) => undescribed(groupId, new KafkaError('NOT_COORDINATOR'))),
      ],
    };
  },
  fail({ groupIds }, error) {
    return { groups: groupIds.map((groupId) => undescribed(groupId, error)) };
  },
});

function undescribed(
  groupId: string,
  { code, message }: KafkaError,
): ResponseInputMap[69]['groups'][number] {
  return {
    errorCode: code,
    errorMessage: message,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    assignorName: '',
    members: [],
  };
}
