// ConsumerGroupDescribe: epochs, members, assignments and targets of consumer groups (KIP-848).
// Versions: 0-1.
// Behaviour: the coordinator's; unknown and classic groups are GROUP_ID_NOT_FOUND. Without an authorizer every operation is allowed.
// Not implemented: nothing of these versions.
// Sources: wire protocol notes §12; KIP-848; Kafka's GroupCoordinatorService.

import { ApiKey } from '@drave/protocol';
import { groupOperations, operationsNotAsked } from '../authorized-operations.js';
import { defineHandler } from '../define-handler.js';

export const consumerGroupDescribeHandler = defineHandler({
  apiKey: ApiKey.consumerGroupDescribe,
  name: 'ConsumerGroupDescribe',
  versions: { min: 0, max: 1 },
  async handle({ groupIds, includeAuthorizedOperations }, { broker }) {
    const authorizedOperations = includeAuthorizedOperations ? groupOperations : operationsNotAsked;
    const described = await broker.coordinator.consumerGroupDescribe(groupIds);
    return { groups: described.map((group) => ({ ...group, authorizedOperations })) };
  },
  fail({ groupIds }, { code, message }) {
    return {
      groups: groupIds.map((groupId) => ({
        errorCode: code,
        errorMessage: message,
        groupId,
        groupState: '',
        groupEpoch: 0,
        assignmentEpoch: 0,
        assignorName: '',
        members: [],
      })),
    };
  },
});
